"""What may be wrong with procedures and with the counting of days, said to whoever writes or keeps them."""

from typing import Self

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError
from bangfu.rulebook.errors import RuleFileWrong


class ProcedureWrong(BangfuError):
    """A fault of a procedure file or of a list of exit checks: `file`, `line`, `where` (the step it is in), `reason`
    and `proposal`."""

    code = "CAS-201"
    what = gettext_noop("{file} 第 {line} 行（{where}）：{reason}。")
    next_step = gettext_noop("{proposal}。")

    @classmethod
    def of(cls, fault: RuleFileWrong) -> Self:
        """The same fault as the reader of policy files tells it."""
        facts = fault.facts
        return cls(
            file=facts["file"],
            line=facts["line"],
            where=facts["rule"],
            reason=facts["reason"],
            proposal=facts["proposal"],
        )


class ProcedureUnknown(BangfuError):
    code = "CAS-202"
    what = gettext_noop("没有程序 {procedure}，或者它今天在本地没有施行。")
    next_step = gettext_noop("请核对名称；现行程序可在“办理程序”页面或用 bangfu procedures list 查看。")


class ExitCheckUnknown(BangfuError):
    code = "CAS-203"
    what = gettext_noop("没有退出核查清单 {check}。")
    next_step = gettext_noop("请在 policy/china/exit_checks/ 中补上，或改正程序文件里的名称。")


class HolidaysUnknown(BangfuError):
    """Working days of a year for which nobody has entered the holidays."""

    code = "CAS-210"
    what = gettext_noop("{year} 年的放假调休安排还没有登记，无法推算工作日。")
    next_step = gettext_noop(
        "请县级经办人在“放假安排”中登记国务院办公厅公布的 {year} 年放假和调休上班日期；按日历日计算的期限不受影响。"
    )


class HolidaysKnown(BangfuError):
    code = "CAS-211"
    what = gettext_noop("{year} 年的放假调休安排系统已有，不用登记。")
    next_step = gettext_noop("如与国务院办公厅公布的不一致，请联系系统管理员更新 chinesecalendar 后再核对。")


class HolidayOutside(BangfuError):
    code = "CAS-212"
    what = gettext_noop("{day} 不在 {year} 年内。")
    next_step = gettext_noop("请只填写 {year} 年的日期；跨年的假期分别登记在两个年度。")


class WorkingWeekendWrong(BangfuError):
    code = "CAS-213"
    what = gettext_noop("{day} 是{weekday}，本来就上班，不能登记为调休上班日。")
    next_step = gettext_noop("请只填写需要上班的星期六、星期日。")


class HolidayTwice(BangfuError):
    code = "CAS-214"
    what = gettext_noop("{day} 既列为放假，又列为调休上班。")
    next_step = gettext_noop("请对照放假通知，留其一。")


class HolidaysEmpty(BangfuError):
    code = "CAS-215"
    what = gettext_noop("没有填写 {year} 年的放假日期。")
    next_step = gettext_noop("请按国务院办公厅的放假通知逐日填写，至少应有元旦、春节、清明、劳动节、端午、中秋和国庆。")


class HolidayDocumentMissing(BangfuError):
    code = "CAS-216"
    what = gettext_noop("没有写明放假安排的文件。")
    next_step = gettext_noop("请填写通知的名称和文号，例如“国务院办公厅关于2027年部分节假日安排的通知”。")


class DaysNegative(BangfuError):
    code = "CAS-217"
    what = gettext_noop("天数不能是 {days}。")
    next_step = gettext_noop("请填写零或正的整数；公示至少一天。")


class HolidayUnreadable(BangfuError):
    code = "CAS-218"
    what = gettext_noop("“{text}”不是日期或起止日期。")
    next_step = gettext_noop("请写成 2027-01-01 或 2027-02-05至2027-02-11，一段不超过一个月。")
