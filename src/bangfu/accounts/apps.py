from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "bangfu.accounts"
    label = "accounts"
    verbose_name = "人员"

    def ready(self) -> None:
        from bangfu.accounts import permissions

        permissions.register()
