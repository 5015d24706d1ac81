"""What may go wrong with duties and their records, said in the words of those who keep them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class DutyNotHere(BangfuError):
    """No duty of that name holds for that unit or team on that day."""

    code = "PLA-001"
    what = gettext_noop("“{doer}”在 {day} 没有“{duty}”这项履职要求。")
    next_step = gettext_noop("请核对日期和单位；要求有变化的，以县里公布的履职要求为准。")


class DutiesNotAlike(BangfuError):
    """One record serves several duties of one kind only."""

    code = "PLA-002"
    what = gettext_noop("一条记录只能对应同一类履职要求，所选的既有“{first}”，又有“{second}”。")
    next_step = gettext_noop("请分开登记。")


class DutyMissing(BangfuError):
    code = "PLA-003"
    what = gettext_noop("没有选择对应的履职要求。")
    next_step = gettext_noop("请至少选择一项。")


class DayInFuture(BangfuError):
    code = "PLA-004"
    what = gettext_noop("日期 {day} 晚于今天。")
    next_step = gettext_noop("请填写今天或更早的日期；还没有做的，做完再登记。")


class AboutWrong(BangfuError):
    """A report is on the period it was made in, or on an earlier one."""

    code = "PLA-005"
    what = gettext_noop("所属日期 {about} 晚于完成日期 {day}。")
    next_step = gettext_noop("所属日期是这份材料所反映的那一期中的任意一天，请填写完成日期或更早的日期。")


class TitleMissing(BangfuError):
    code = "PLA-006"
    what = gettext_noop("没有填写名称。")
    next_step = gettext_noop("请用一句话写明会议、督查、报告或信息的名称。")


class NobodyTookPart(BangfuError):
    code = "PLA-007"
    what = gettext_noop("没有登记参加人员。")
    next_step = gettext_noop("请至少登记一人，每行一人。")


class RecordWithdrawn(BangfuError):
    code = "PLA-008"
    what = gettext_noop("“{title}”这条履职记录已于 {day} 作废。")
    next_step = gettext_noop("作废的记录不再变动；需要时请重新登记。")


class ReasonMissing(BangfuError):
    code = "PLA-009"
    what = gettext_noop("作废履职记录须说明理由。")
    next_step = gettext_noop("请填写理由。")


class PaperNotWanted(BangfuError):
    code = "PLA-010"
    what = gettext_noop("“{title}”这条履职记录没有“{paper}”这项材料。")
    next_step = gettext_noop("请从列出的材料中选择。")


class PaperGone(BangfuError):
    code = "PLA-011"
    what = gettext_noop("材料“{paper}”已经移除。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class UnitOrTeamWanted(BangfuError):
    """A record is of one unit or of one team."""

    code = "PLA-012"
    what = gettext_noop("履职记录要么属于一个单位，要么属于一支工作队。")
    next_step = gettext_noop("请选择一个。")


class RecordedTwice(BangfuError):
    """The same unit, day, kind and title."""

    code = "PLA-013"
    what = gettext_noop("“{doer}”在 {day} 已登记过“{title}”。")
    next_step = gettext_noop(
        "同一件事只登记一次；一次会议对应多项要求的，在一条记录里选中各项。确是两件事的，请用不同的名称。"
    )
