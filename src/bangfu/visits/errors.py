"""What may go wrong with visits, said in the words of those who make them. VIS-001 to VIS-099; those of ODK Collect are
VIS-1xx in `odk/errors.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError
from bangfu.registry.intake.remembering import pack, unpack


class Severity(StrEnum):
    """A refused visit goes into the tray; with warnings it is taken, and the warning stays with it."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True)
class Problem:
    """What is wrong with an answer (`question`, of a person `member`), or with the visit as a whole ("")."""

    error: BangfuError
    question: str = ""
    member: int | None = None
    severity: Severity = Severity.REFUSE

    @property
    def code(self) -> str:
        return self.error.code

    @property
    def message(self) -> str:
        return self.error.message

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.REFUSE

    def plain(self) -> dict[str, Any]:
        """For a phone: with the sentence in the language now active."""
        return {
            "question": self.question,
            "member": self.member,
            "code": self.code,
            "message": self.message,
            "severity": self.severity.value,
        }

    def packed(self) -> dict[str, Any]:
        """For the database: with the facts, so that it can be said in any language later."""
        return {
            "question": self.question,
            "member": self.member,
            "code": self.code,
            "facts": pack(self.error.facts),
            "severity": self.severity.value,
        }


def unpacked(kept: Mapping[str, Any]) -> Problem | None:
    """A problem as it was packed; None when the catalogue no longer has it."""
    error = unpack(kept["code"], kept["facts"])
    if error is None:
        return None
    return Problem(error, kept["question"], kept["member"], Severity(kept["severity"]))


class ChecklistUnknown(BangfuError):
    code = "VIS-001"
    what = gettext_noop("没有叫“{checklist}”的走访清单，或它现在不用了。")
    next_step = gettext_noop("请更新手机上的清单，或改用现行的走访清单重新填写。")


class VersionUnknown(BangfuError):
    code = "VIS-002"
    what = gettext_noop("走访清单“{checklist}”没有“{version}”这个版本。")
    next_step = gettext_noop("请更新手机上的清单；已填的内容留在待处理中，可改用现行的清单补全。")


class AnswerUnasked(BangfuError):
    code = "VIS-003"
    what = gettext_noop("走访清单没有“{question}”这一项。")
    next_step = gettext_noop("请更新手机上的清单；多出的内容请写进备注。")


class AnswerWrong(BangfuError):
    code = "VIS-004"
    what = gettext_noop("“{question}”不能填“{answer}”。")
    next_step = gettext_noop("请填写{expected}。")


class AnswerMissing(BangfuError):
    code = "VIS-005"
    what = gettext_noop("“{question}”没有填写。")
    next_step = gettext_noop("请填写后再提交。")


class AnswerTooSmall(BangfuError):
    code = "VIS-006"
    what = gettext_noop("“{question}”填了 {answer}，小于允许的 {limit}。")
    next_step = gettext_noop("请核对后改正。")


class AnswerTooLarge(BangfuError):
    code = "VIS-007"
    what = gettext_noop("“{question}”填了 {answer}，大于允许的 {limit}。")
    next_step = gettext_noop("请核对后改正。")


class TextTooLong(BangfuError):
    code = "VIS-008"
    what = gettext_noop("“{question}”有 {length} 个字，超过允许的 {limit} 个字。")
    next_step = gettext_noop("请缩短后再提交，细节可分写在其他项目中。")


class MemberUnknown(BangfuError):
    code = "VIS-009"
    what = gettext_noop("“{question}”中有一人不是这户的成员。")
    next_step = gettext_noop("请更新手机上的户档后重填这一人；新增人口请在户档中登记。")


class MemberTwice(BangfuError):
    code = "VIS-010"
    what = gettext_noop("“{question}”中 {name} 填了两次。")
    next_step = gettext_noop("请只留一次。")


class DayAfterVisit(BangfuError):
    code = "VIS-011"
    what = gettext_noop("“{question}”填的日期 {answer} 晚于走访日期 {day}。")
    next_step = gettext_noop("请核对日期。")


class HouseholdUnknown(BangfuError):
    code = "VIS-012"
    what = gettext_noop("找不到走访的户：它不在您负责的范围内，或已不在户档中。")
    next_step = gettext_noop("请在待处理中选对户；如该户应由您走访，请由安全管理员登记岗位。")


class VillageUnknown(BangfuError):
    code = "VIS-013"
    what = gettext_noop("找不到走访的村：它不在您负责的范围内。")
    next_step = gettext_noop("请在待处理中选对村。")


class VisitInFuture(BangfuError):
    code = "VIS-014"
    what = gettext_noop("走访日期 {day} 晚于今天。")
    next_step = gettext_noop("请核对手机的日期，改为实际走访的日期。")


class VisitTooEarly(BangfuError):
    code = "VIS-015"
    what = gettext_noop("走访日期 {day} 早于 {earliest}，那时还没有建档立卡。")
    next_step = gettext_noop("请改为实际走访的日期。")


class VisitBeforeHousehold(BangfuError):
    code = "VIS-016"
    what = gettext_noop("走访日期 {day} 早于这户立户的日期 {first}。")
    next_step = gettext_noop("请核对日期和所选的户；分户前的走访请记在原来的户。")


class VisitAfterEnd(BangfuError):
    code = "VIS-017"
    what = gettext_noop("户 {household_no} 已于 {day} 销户，此后不能再记走访。")
    next_step = gettext_noop("请改选并入的户或现在的户。")


class TimesReversed(BangfuError):
    code = "VIS-018"
    what = gettext_noop("走访的结束时间早于开始时间。")
    next_step = gettext_noop("请改正时间，或把时间留空。")


class DayMissing(BangfuError):
    code = "VIS-019"
    what = gettext_noop("没有走访日期。")
    next_step = gettext_noop("请填写实际走访的日期。")


class PositionUnusable(BangfuError):
    code = "VIS-020"
    what = gettext_noop("手机给出的位置（{latitude}，{longitude}）不是有效的位置，没有采用。")
    next_step = gettext_noop("走访已照常记录；下次请在室外打开定位后再记录位置。")


class FieldWrong(BangfuError):
    code = "VIS-021"
    what = gettext_noop("发来的内容中“{field}”有误：{value}。")
    next_step = gettext_noop("请在待处理中改正；手机程序过旧的请更新。")


class PayloadUnreadable(BangfuError):
    code = "VIS-022"
    what = gettext_noop("发来的内容无法读取：{reason}。")
    next_step = gettext_noop("内容仍在手机上，请更新程序后再发一次。")


class UuidTaken(BangfuError):
    code = "VIS-023"
    what = gettext_noop("这份走访的编号已被另一次走访使用。")
    next_step = gettext_noop("请在待处理中核对后另存为新的走访。")


class OfficerUnknown(BangfuError):
    code = "VIS-024"
    what = gettext_noop("找不到填写的走访人。")
    next_step = gettext_noop("请选择有账号的走访人；没有账号的人写进同行人。")


class ReasonMissing(BangfuError):
    code = "VIS-025"
    what = gettext_noop("没有写明理由。")
    next_step = gettext_noop("请写明理由后再提交。")


class CorrectionDecided(BangfuError):
    code = "VIS-026"
    what = gettext_noop("这条更正已由 {name} 处理，结果为“{state}”。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class CorrectionOvertaken(BangfuError):
    code = "VIS-027"
    what = gettext_noop("“{column}”现在登记为“{now}”，与您看到的不同。")
    next_step = gettext_noop("您这次的确认没有执行。请对照现在的登记和走访所见，再作决定。")


class SubmissionDecided(BangfuError):
    code = "VIS-028"
    what = gettext_noop("这份待处理的走访已由 {name} 处理。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class StillRefused(BangfuError):
    """Carries the problems that are left (`problems`)."""

    code = "VIS-029"
    what = gettext_noop("还有 {count} 处须改正：{first}")
    next_step = gettext_noop("内容仍在待处理中，请改正后再提交。")

    def __init__(self, problems: list[Problem] | None = None, **facts: Any) -> None:
        self.problems = problems or []
        first = next((each.message for each in self.problems), "")
        super().__init__(**{"count": len(self.problems), "first": first, **facts})


class PhotoUnknown(BangfuError):
    code = "VIS-040"
    what = gettext_noop("没有预告过这张照片。")
    next_step = gettext_noop("请先发送走访记录，再上传它的照片。")


class PhotoTooLarge(BangfuError):
    code = "VIS-041"
    what = gettext_noop("照片“{name}”有 {size} MB，超过 {limit} MB 的上限。")
    next_step = gettext_noop("请用手机缩小后再上传；原片请自行保留。")


class PhotoNotImage(BangfuError):
    code = "VIS-042"
    what = gettext_noop("“{name}”不是照片。可以上传的有：{types}。")
    next_step = gettext_noop("请换成照片后再上传；其他材料请在户档的材料页上传。")


class PhotoDamaged(BangfuError):
    code = "VIS-043"
    what = gettext_noop("照片“{name}”打不开，或像素过多。")
    next_step = gettext_noop("请重新拍摄或另选一张。")


class PhotoOutOfStep(BangfuError):
    code = "VIS-044"
    what = gettext_noop("照片“{name}”应从第 {received} 字节接着传。")
    next_step = gettext_noop("手机会自动从该处续传；反复出现时请重新选择照片。")


class PhotoChanged(BangfuError):
    code = "VIS-045"
    what = gettext_noop("照片“{name}”传来的内容与预告的不一致。")
    next_step = gettext_noop("已收到的部分作废，请从头再传一次。")


class PhotosMissing(BangfuError):
    code = "VIS-046"
    what = gettext_noop("“{question}”只有 {number} 张照片，至少要 {limit} 张。")
    next_step = gettext_noop("请补拍后再提交。")


class PhotosTooMany(BangfuError):
    code = "VIS-047"
    what = gettext_noop("“{question}”有 {number} 张照片，最多 {limit} 张。")
    next_step = gettext_noop("请只留最能说明情况的几张。")


class PhotoEmpty(BangfuError):
    code = "VIS-048"
    what = gettext_noop("照片“{name}”是空的。")
    next_step = gettext_noop("请重新拍摄或另选一张。")


class PartWrong(BangfuError):
    code = "VIS-049"
    what = gettext_noop("上传的这一段照片的起止位置有误：{range}。")
    next_step = gettext_noop("请更新手机程序后再传。")


class KeyUnknown(BangfuError):
    code = "VIS-050"
    what = gettext_noop("没有这把采集密钥，或它不是您的。")
    next_step = gettext_noop("请在“手机采集设置”中查看自己的密钥。")


class TooManyPhones(BangfuError):
    code = "VIS-051"
    what = gettext_noop("同时上传的手机太多，暂时排不上。")
    next_step = gettext_noop("不用操作，手机过几秒会自动再传；已填的内容都在手机里。")
