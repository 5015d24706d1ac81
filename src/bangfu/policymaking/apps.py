from django.apps import AppConfig


class PolicymakingConfig(AppConfig):
    name = "bangfu.policymaking"
    label = "policymaking"
    verbose_name = "地方标准与规则"
