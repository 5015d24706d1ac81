from django.apps import AppConfig


class VisitsConfig(AppConfig):
    name = "bangfu.visits"
    label = "visits"
    verbose_name = "走访"
