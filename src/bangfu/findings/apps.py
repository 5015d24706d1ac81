from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "bangfu.findings"
    label = "findings"
    verbose_name = "疑点"
