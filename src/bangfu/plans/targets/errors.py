"""What may go wrong with targets, said in the words of those who keep them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class TargetTitleMissing(BangfuError):
    code = "PLA-301"
    what = gettext_noop("没有填写目标名称。")
    next_step = gettext_noop("请用一句话写明要做成什么。")


class DeadlineBeforeStart(BangfuError):
    code = "PLA-302"
    what = gettext_noop("完成期限 {deadline} 不晚于开始日期 {start}。")
    next_step = gettext_noop("请核对两个日期；期限已过的旧目标，请把开始日期写成当时的日期。")


class AmountNegative(BangfuError):
    code = "PLA-303"
    what = gettext_noop("目标值 {amount} 小于零。")
    next_step = gettext_noop("请填写零或正数；要减少的，写明减少到多少。")


class RangeUpsideDown(BangfuError):
    """Only a range has an upper end, and that lies above the lower one."""

    code = "PLA-304"
    what = gettext_noop("目标值的上限和下限对不上：{amount} 至 {amount_to}。")
    next_step = gettext_noop("要求为“介于”的，请填写下限和不小于它的上限；其他要求不填上限。")


class MeasureUnknown(BangfuError):
    code = "PLA-305"
    what = gettext_noop("没有编号为“{measure}”的计量口径。")
    next_step = gettext_noop("请从列出的口径中选择；没有合适的，留空，由责任单位报送进展。")


class UnitsDiffer(BangfuError):
    """A target measured by the house is in the measure's unit."""

    code = "PLA-306"
    what = gettext_noop("目标的单位是“{unit}”，口径“{measure}”的单位是“{other}”。")
    next_step = gettext_noop("请改用单位相同的口径，或把目标值换算成该单位。")


class TargetWithdrawn(BangfuError):
    code = "PLA-307"
    what = gettext_noop("目标“{title}”已于 {day} 撤销。")
    next_step = gettext_noop("撤销的目标不再变动；需要时请重新登记。")


class TargetReasonMissing(BangfuError):
    code = "PLA-308"
    what = gettext_noop("没有说明理由。")
    next_step = gettext_noop("目标、分解和期限的每次变动都要留下理由，请用一句话写明。")


class PartFollowsWhole(BangfuError):
    """The amount of a part changes with the breakdown of its whole: the parts always add up."""

    code = "PLA-309"
    what = gettext_noop("“{title}”是从上级目标分解来的，目标值不能单独改动，也不能单独撤销。")
    next_step = gettext_noop("请打开上级目标重新分解，各部分合计始终等于总数。")


class PartsDoNotAddUp(BangfuError):
    code = "PLA-310"
    what = gettext_noop("各部分合计 {sum}，与总数 {amount} 相差 {gap}。")
    next_step = gettext_noop("请改到合计与总数一致再保存。")


class NoWeights(BangfuError):
    """Nothing to share by: everything is zero."""

    code = "PLA-311"
    what = gettext_noop("“{figure}”在这些地区或年度都是零，无法据此分解。")
    next_step = gettext_noop("请换一个依据，或手工填写。")


class NoParts(BangfuError):
    code = "PLA-312"
    what = gettext_noop("没有可以分解到的地区或年度。")
    next_step = gettext_noop("请至少选择一个下级地区，或核对开始日期和期限所跨的年度。")


class TooManyParts(BangfuError):
    code = "PLA-313"
    what = gettext_noop("一次分解成 {number} 部分，超过上限 {limit}。")
    next_step = gettext_noop("请逐级分解。")


class WayNotForRates(BangfuError):
    """Rates do not add up: they are shared by RATE alone, and nothing else is."""

    code = "PLA-314"
    what = gettext_noop("以“{unit}”计的目标不能用“{way}”的办法分解。")
    next_step = gettext_noop("比率不能相加：各地区执行同一比率；数量请按占比、按历史或手工分解。")


class AreaNotBelow(BangfuError):
    code = "PLA-315"
    what = gettext_noop("“{area}”不是“{whole}”的直接下级地区。")
    next_step = gettext_noop("请只选择直接下级地区，再由下级继续分解。")


class YearsNotWithin(BangfuError):
    code = "PLA-316"
    what = gettext_noop("目标没有期限，或不跨年度，不能分到年度。")
    next_step = gettext_noop("请先填写跨年度的期限，或按地区分解。")


class ReportEmpty(BangfuError):
    """A report says how much, or why."""

    code = "PLA-317"
    what = gettext_noop("没有填写完成值，也没有进展说明。")
    next_step = gettext_noop("由系统计量的目标只写说明即可；其他目标请填写完成值。")


class ReportInFuture(BangfuError):
    code = "PLA-318"
    what = gettext_noop("截至日期 {day} 晚于今天。")
    next_step = gettext_noop("请填写今天或更早的日期。")


class ReportBeforeStart(BangfuError):
    code = "PLA-319"
    what = gettext_noop("截至日期 {day} 早于目标开始的 {start}。")
    next_step = gettext_noop("请核对日期；起点值在目标里填写。")


class ValueIsMeasured(BangfuError):
    code = "PLA-320"
    what = gettext_noop("“{title}”由系统按“{measure}”计量，不接受报送的数值。")
    next_step = gettext_noop("数值有误的，请核对户档等原始记录；这里只写进展说明和附件。")


class EvidenceMissing(BangfuError):
    """A value that somebody reports comes with a paper."""

    code = "PLA-321"
    what = gettext_noop("报送的完成值没有附佐证材料。")
    next_step = gettext_noop("请附验收单、名册、照片等材料。")


class ReportWithdrawn(BangfuError):
    code = "PLA-322"
    what = gettext_noop("这条进展报送已经撤回。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class StageWrong(BangfuError):
    """Stages have a name, follow each other, and end within the target's time."""

    code = "PLA-323"
    what = gettext_noop(
        "第 {number} 个阶段的名称或日期不对：阶段要有名称，截止日期在 {start} 之后、{deadline} 以前，并依次递增。"
    )
    next_step = gettext_noop("请改正后保存。")


class StageAmountsWrong(BangfuError):
    code = "PLA-324"
    what = gettext_noop("第 {number} 个阶段到期应达到的数 {amount} 与前后阶段或目标值不衔接。")
    next_step = gettext_noop("请填写累计数：从起点值逐段走向目标值。")


class TargetChangedMeanwhile(BangfuError):
    code = "PLA-325"
    what = gettext_noop("“{title}”在您打开页面之后已被他人改动。")
    next_step = gettext_noop("请刷新页面，看过最新情况再保存。")


class NoHistory(BangfuError):
    code = "PLA-326"
    what = gettext_noop("没有“{title}”以往的完成数，无法按历史分解。")
    next_step = gettext_noop("请按占比或手工分解。")


class NodesWanted(BangfuError):
    """A plan by nodes needs a stage with an amount."""

    code = "PLA-327"
    what = gettext_noop("按节点倒排的目标还没有带数量的阶段。")
    next_step = gettext_noop("请先在“阶段”里写明各节点应达到的数，再选择按节点倒排。")


class OwnerNotHere(BangfuError):
    code = "PLA-328"
    what = gettext_noop("没有名为“{name}”的在用账号。")
    next_step = gettext_noop("请填写责任人的登录名；没有账号的，只选责任单位。")


class DeadlineBeforeParts(BangfuError):
    """Years of a breakdown end with the whole."""

    code = "PLA-329"
    what = gettext_noop("目标已按年度分解，期限不能改到 {deadline}。")
    next_step = gettext_noop("请把期限改在同一年度之内，或先重新分解。")
