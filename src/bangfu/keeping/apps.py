from django.apps import AppConfig


class KeepingConfig(AppConfig):
    name = "bangfu.keeping"
    label = "keeping"
    verbose_name = "保管"
