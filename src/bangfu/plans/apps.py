from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "bangfu.plans"
    label = "plans"
    verbose_name = "目标任务"
