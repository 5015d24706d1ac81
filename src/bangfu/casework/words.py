"""What channels, recognitions and the ends of cases are called, on every page alike."""

from django.utils.translation import gettext as _

from bangfu.casework.procedures import Channel, Effect, Recognised


def channel_label(channel: str) -> str:
    return {
        Channel.APPLICATION: _("农户申请"),
        Channel.PUBLIC_FORM: _("扫码申报"),
        Channel.FINDING: _("疑点核实"),
        Channel.SWEEP: _("干部排查"),
        Channel.DEPARTMENT: _("部门推送"),
        Channel.ROUND: _("集中核查"),
        Channel.LINKAGE: _("两项制度比对"),
    }[Channel(channel)]


def recognised_label(recognised: str) -> str:
    return {
        Recognised.NONE: _("未建档"),
        Recognised.POOR: _("贫困户"),
        Recognised.EXITED: _("脱贫户"),
        Recognised.RETURNED: _("返贫户"),
    }[Recognised(recognised)]


def effect_label(effect: str) -> str:
    return {
        Effect.NONE: _("不改变认定"),
        Effect.IDENTIFY: _("识别为贫困户"),
        Effect.EXIT: _("脱贫退出"),
        Effect.RETURN: _("返贫"),
        Effect.WATCH: _("纳入监测"),
        Effect.UNWATCH: _("风险消除"),
        Effect.CANCEL: _("取消识别"),
        Effect.MERGE: _("合并建档"),
        Effect.KEEP: _("保留"),
        Effect.VILLAGE_EXIT: _("贫困村退出"),
    }[Effect(effect)]


def past_label(once_registered: bool) -> str:
    return _("曾经建档立卡") if once_registered else _("从未建档立卡")
