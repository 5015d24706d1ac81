"""What may go wrong with the checks of an exit, said in the words of those who verify them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class CheckNotMet(BangfuError):
    code = "CAS-401"
    what = gettext_noop("“{item}”未达标：{why}")
    next_step = gettext_noop("请继续帮扶；户档有误的，先在户档中更正。")


class CheckUnknown(BangfuError):
    code = "CAS-402"
    what = gettext_noop("“{item}”还不清楚：{why}")
    next_step = gettext_noop("请核实后登记，说不清的不能退出。")


class CheckNotAsked(BangfuError):
    code = "CAS-403"
    what = gettext_noop("“{item}”不在本环节要核查的项目中。")
    next_step = gettext_noop("请刷新页面，按现行的核查清单登记。")


class CheckByRule(BangfuError):
    code = "CAS-404"
    what = gettext_noop("“{item}”已由户档判定，不能另行登记。")
    next_step = gettext_noop("判定不对的，请先在户档中更正，判定会随之改变。")


class CheckFromElsewhere(BangfuError):
    code = "CAS-405"
    what = gettext_noop("“{item}”不接受这种依据。")
    next_step = gettext_noop("可以接受的依据：{sources}。")


class CheckWithoutEvidence(BangfuError):
    code = "CAS-406"
    what = gettext_noop("“{item}”没有写明依据。")
    next_step = gettext_noop("请写明看到了什么、谁提供的证明：{evidence}。")


class CheckStepOver(BangfuError):
    code = "CAS-407"
    what = gettext_noop("案件已不在核查环节（现为“{step}”），不能再登记核查结果。")
    next_step = gettext_noop("需要重新核查的，请先退回案件。")


class StopRuleHit(BangfuError):
    code = "CAS-410"
    what = gettext_noop("按规则“{rule}”，本程序不能批准：{message}")
    next_step = gettext_noop("户档有误的，先在户档中更正；属实的，请办理退回或不予通过。")


class StopRuleUnknown(BangfuError):
    code = "CAS-411"
    what = gettext_noop("规则“{rule}”所需的情况不清楚，不能批准。")
    next_step = gettext_noop("请先在户档中补全有关情况。")
