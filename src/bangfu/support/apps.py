from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "bangfu.support"
    label = "support"
    verbose_name = "帮扶"
