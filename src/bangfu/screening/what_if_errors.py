"""What can be wrong with a supposition."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class FigureNotKnown(BangfuError):
    code = "SCR-061"
    what = gettext_noop("没有名为“{figure}”的标准或参数。")
    next_step = gettext_noop("可以假设的有：{figures}。")


class SuppositionWrong(BangfuError):
    code = "SCR-062"
    what = gettext_noop("看不懂“{given}”。")
    next_step = gettext_noop("请写成“编号=数值”，如 monitoring_line=7500。")


class NothingDepends(BangfuError):
    code = "SCR-063"
    what = gettext_noop("没有规则会因此改变结果。")
    next_step = gettext_noop("请换一个标准，或换一个数值再试。")
