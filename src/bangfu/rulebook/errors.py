"""What can be wrong with policy files, said to whoever writes them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class ConditionWrong(BangfuError):
    """A condition that is not of the language of conditions; nothing of it ever reaches an engine."""

    code = "RUL-001"
    what = gettext_noop("条件写得不对：{reason}。")
    next_step = gettext_noop("{proposal}。")

    @property
    def reason(self) -> str:
        return str(self.facts["reason"])

    @property
    def proposal(self) -> str:
        return str(self.facts["proposal"])


class RuleFileWrong(BangfuError):
    """A fault of a policy file, with its place: `file`, `line`, and `rule`, the id of the rule or figure it is in."""

    code = "RUL-002"
    what = gettext_noop("{file} 第 {line} 行（{rule}）：{reason}。")
    next_step = gettext_noop("{proposal}。")


class FigureUnknown(BangfuError):
    """Nobody has said what a figure is for that place and day. It has no default."""

    code = "RUL-003"
    what = gettext_noop("缺少政策数值“{label}”（{figure}）：没有适用于 {place}、{day} 的值。")
    next_step = gettext_noop("请在政策数值中为该地、该日登记这一数值及其依据；在此之前，用到它的规则在该地不运行。")


class FigureOutOfRange(BangfuError):
    """A value that the arithmetic of conditions could not carry safely."""

    code = "RUL-004"
    what = gettext_noop("政策数值 {figure} 不能是 {value}。")
    next_step = gettext_noop(
        "请填写绝对值不超过十亿的数；整数型不带小数，金额型最多四位小数，日期型写作八位数，如 20200930。"
    )


class RuleUnknown(BangfuError):
    code = "RUL-005"
    what = gettext_noop("没有规则 {rule}。")
    next_step = gettext_noop("请核对编号；现有规则可用 bangfu rules list 查看。")


class PlaceUnknown(BangfuError):
    code = "RUL-006"
    what = gettext_noop("“{place}”不是区划代码。")
    next_step = gettext_noop("请写 2 至 12 位数字的区划代码，如 990121。")
