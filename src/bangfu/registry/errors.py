"""What the registry refuses, and in which words.

Codes: 100-199 a cell or a row that cannot be taken, 200-299 a row that contradicts what is on file, 300-399 verbs of
the household page. Files, import batches and exports (002-099, 400-499) stand in `file_errors`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError
from bangfu.registry import file_errors  # noqa: F401  (whoever has this catalogue has the whole of it)


class Severity(StrEnum):
    """A row with a refused cell is left out; one with warnings is taken as it is."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell (`column`), one row (`column` "") or one table (`row` None).

    `table` and `column` are names of `registry.columns`; `row` is the row as the reader's `row` column numbers it.
    """

    table: str
    row: int | None
    column: str
    error: BangfuError | type[BangfuError]
    severity: Severity = Severity.REFUSE

    @property
    def fault(self) -> BangfuError:
        return self.error if isinstance(self.error, BangfuError) else self.error()

    @property
    def code(self) -> str:
        return self.error.code

    @property
    def message(self) -> str:
        return self.fault.message

    @property
    def refuses(self) -> bool:
        return self.severity is Severity.REFUSE


class RowsRefused(BangfuError):
    """At least one row cannot be taken. `problems` holds all of them, refusals and warnings."""

    code = "REG-001"
    what = gettext_noop("有 {rows} 处不符合填报要求：{first}")
    next_step = gettext_noop("请改正后再提交。")

    def __init__(self, problems: Sequence[Problem] = (), **facts: Any) -> None:
        self.problems = list(problems)
        refused = [p for p in self.problems if p.refuses]
        super().__init__(**{"rows": len(refused), "first": "", **facts})

    @property
    def message(self) -> str:
        first = next((p.message for p in self.problems if p.refuses), "")
        self.facts["first"] = first
        return super().message

    @property
    def by_code(self) -> Counter[str]:
        return Counter(p.code for p in self.problems if p.refuses)


# --- 100-199 cells and rows ------------------------------------------------------------------------------------------


class CellEmpty(BangfuError):
    code = "REG-100"
    what = gettext_noop("{label}没有填写。")
    next_step = gettext_noop("请补填。")


class TextTooLong(BangfuError):
    code = "REG-101"
    what = gettext_noop("{label}有 {length} 个字，最多 {limit} 个字。")
    next_step = gettext_noop("请缩短。")


class TextGarbled(BangfuError):
    code = "REG-102"
    what = gettext_noop("{label}“{value}”里有乱码或看不见的控制字符。")
    next_step = gettext_noop("请重新录入这一格。")


class CodeUnknown(BangfuError):
    code = "REG-103"
    what = gettext_noop("{label}“{value}”不在可选项中。")
    next_step = gettext_noop("请从下列各项中选一项：{choices}。")


class CodeNotInForce(BangfuError):
    code = "REG-104"
    what = gettext_noop("{label}“{value}”已不再使用（使用期 {period}）。")
    next_step = gettext_noop("新填报请改用现行选项；以往年度的记录可以保留。")


class FlagUnknown(BangfuError):
    code = "REG-105"
    what = gettext_noop("{label}“{value}”看不出是“是”还是“否”。")
    next_step = gettext_noop("请填“是”或“否”；不知道时留空。")


class DateUnknown(BangfuError):
    code = "REG-106"
    what = gettext_noop("{label}“{value}”不是有效的日期。")
    next_step = gettext_noop("请写成 1985-03-02 或 1985年3月2日，并核对是否有这一天。")


class MonthUnknown(BangfuError):
    code = "REG-107"
    what = gettext_noop("{label}“{value}”不是有效的年月。")
    next_step = gettext_noop("请写成 198503、1985-03 或 1985年3月。")


class NumberUnknown(BangfuError):
    code = "REG-108"
    what = gettext_noop("{label}“{value}”不是数字。")
    next_step = gettext_noop("请只填数字，如 1234.50，不要写单位和说明。")


class TooManyDecimals(BangfuError):
    code = "REG-109"
    what = gettext_noop("{label}“{value}”的小数多于 {places} 位。")
    next_step = gettext_noop("请四舍五入到 {places} 位小数后填写。")


class OutOfRange(BangfuError):
    code = "REG-110"
    what = gettext_noop("{label} {value} 不在 {low} 至 {high} 之间。")
    next_step = gettext_noop("请核对数值和单位（{unit}）。")


class FormulaWithoutValue(BangfuError):
    code = "REG-111"
    what = gettext_noop("这一格是公式，但文件里没有保存计算结果。")
    next_step = gettext_noop("请用表格软件打开并保存一次，或把这一列“复制—选择性粘贴为数值”。")


class FormulaFailed(BangfuError):
    code = "REG-112"
    what = gettext_noop("这一格的公式出错，显示为 {value}。")
    next_step = gettext_noop("请改正公式，或直接填入数值。")


class NumberNotText(BangfuError):
    """An identity number typed into a cell of numbers: the workbook keeps 15 digits and the rest is lost."""

    code = "REG-113"
    what = gettext_noop("{label}在表格里是数字格式（{value}），Excel 只保留前 15 位，后面的位数已经丢失，无法还原。")
    next_step = gettext_noop("请先把这一列的单元格格式设为“文本”，再对照证件重新录入完整号码。")


class IdOld15(BangfuError):
    code = "REG-114"
    what = gettext_noop("证件号码是 15 位的旧号码，已停止使用。")
    next_step = gettext_noop("请对照户口簿或新身份证填写 18 位号码；不要自行推算，以公安登记为准。")


class IdLength(BangfuError):
    code = "REG-115"
    what = gettext_noop("证件号码有 {length} 位；身份证应为 18 位，残疾人证应为 20 位或 22 位。")
    next_step = gettext_noop("请对照证件检查是否少录、多录。")


class IdCharacters(BangfuError):
    code = "REG-116"
    what = gettext_noop("证件号码里有不该出现的字符；前 17 位只能是数字，第 18 位是数字或 X。")
    next_step = gettext_noop("请对照证件重新录入。")


class IdBirth(BangfuError):
    code = "REG-117"
    what = gettext_noop("证件号码第 7 至 14 位“{value}”不是有效的出生日期。")
    next_step = gettext_noop("请对照证件检查这几位数字。")


class IdCheckDigit(BangfuError):
    code = "REG-118"
    what = gettext_noop("证件号码的校验码不对，说明 18 位里至少有一位录错了。")
    next_step = gettext_noop("请对照证件逐位核对，不要只改最后一位。")


class IdDisability(BangfuError):
    code = "REG-119"
    what = gettext_noop("残疾人证号第 19、20 位“{value}”不是有效的残疾类别（1–7）和等级（1–4）。")
    next_step = gettext_noop("请对照残疾人证填写。")


class BirthDiffers(BangfuError):
    code = "REG-120"
    what = gettext_noop("出生日期 {value} 与证件号码中的 {in_id} 不一致。")
    next_step = gettext_noop("请对照证件改正其中一项；留空时系统按证件号码填写。")


class SexDiffers(BangfuError):
    code = "REG-121"
    what = gettext_noop("性别“{value}”与证件号码第 17 位（{in_id}）不一致。")
    next_step = gettext_noop("请对照证件改正其中一项；留空时系统按证件号码填写。")


class NameWrong(BangfuError):
    code = "REG-122"
    what = gettext_noop("姓名“{value}”不像姓名：应为 2 至 60 个汉字，少数民族姓名中间可用“·”。")
    next_step = gettext_noop("请按身份证上的写法填写，不要加称呼、空格和备注。")


class PhoneWrong(BangfuError):
    code = "REG-123"
    what = gettext_noop("联系电话“{value}”不是 11 位手机号，也不是带区号的固定电话。")
    next_step = gettext_noop("请核对号码；没有电话时留空。")


class AccountWrong(BangfuError):
    code = "REG-124"
    what = gettext_noop("银行账号“{value}”应为 {low} 至 {high} 位数字。")
    next_step = gettext_noop("请对照存折或银行卡核对；没有时留空。")


class DisabilityDiffers(BangfuError):
    code = "REG-125"
    what = gettext_noop("{label}“{value}”与残疾人证号中的“{in_id}”不一致。")
    next_step = gettext_noop("请对照残疾人证改正其中一项；留空时系统按证号填写。")


class HealthyAndIll(BangfuError):
    code = "REG-126"
    what = gettext_noop("健康状况同时填了“健康”和其他情况。")
    next_step = gettext_noop("“健康”只能单独填写，请改正。")


class EducationAndStudent(BangfuError):
    code = "REG-127"
    what = gettext_noop("文化程度和在校生状况同时填写了。")
    next_step = gettext_noop("在校的人只填在校生状况，不在校的人只填文化程度。")


class EducationMissing(BangfuError):
    code = "REG-128"
    what = gettext_noop("文化程度、在校生状况、失学或辍学原因三项都没有填。")
    next_step = gettext_noop("请按实际情况填写其中一项。")


class RelationSex(BangfuError):
    code = "REG-129"
    what = gettext_noop("与户主关系“{relation}”与性别“{sex}”不相符。")
    next_step = gettext_noop("请核对这两项。")


class HeadMissing(BangfuError):
    code = "REG-130"
    what = gettext_noop("这一户（{household_no}）的成员里没有户主。")
    next_step = gettext_noop("请把其中一人的“与户主关系”填为“户主”。")


class HeadTwice(BangfuError):
    code = "REG-131"
    what = gettext_noop("这一户（{household_no}）有 {count} 个户主。")
    next_step = gettext_noop("请只保留一人为“户主”，其余改为与户主的关系。")


class MainCauseMissing(BangfuError):
    code = "REG-132"
    what = gettext_noop("建档立卡户没有填主要致贫原因。")
    next_step = gettext_noop("请填写一项主要致贫原因。")


class CauseTwice(BangfuError):
    code = "REG-133"
    what = gettext_noop("致贫原因“{value}”重复填写了。")
    next_step = gettext_noop("主要原因和其他原因应各不相同，请删去重复的一项。")


class OtherCausesTooMany(BangfuError):
    code = "REG-134"
    what = gettext_noop("其他致贫原因填了 {count} 项，最多 {limit} 项。")
    next_step = gettext_noop("请保留最重要的 {limit} 项。")


class DateInFuture(BangfuError):
    code = "REG-135"
    what = gettext_noop("{label} {value} 还没有到。")
    next_step = gettext_noop("请核对年份。")


class DatesOutOfOrder(BangfuError):
    code = "REG-136"
    what = gettext_noop("{label} {value} 早于{earlier_label} {earlier}。")
    next_step = gettext_noop("请核对这两个日期。")


class KeyTwice(BangfuError):
    code = "REG-137"
    what = gettext_noop("{label}“{value}”在本文件中出现了不止一次，第一次在第 {first_row} 行。")
    next_step = gettext_noop("请合并成一行，或改正写错的编号。")


class IdTwice(BangfuError):
    code = "REG-138"
    what = gettext_noop("这个证件号码在本文件第 {first_row} 行已经用过（人编号 {first}）。")
    next_step = gettext_noop("同一个人只能登记一次，请核对是哪一行录错。")


class HouseholdContradicts(BangfuError):
    code = "REG-139"
    what = gettext_noop("同一户（{household_no}）的{label}前后不一致：第 {first_row} 行是“{first}”，这里是“{value}”。")
    next_step = gettext_noop("请把这一户各行的{label}改成一样。")


class HouseholdRefused(BangfuError):
    code = "REG-140"
    what = gettext_noop("所在的户（{household_no}）没有通过，这一行也就没有导入。")
    next_step = gettext_noop("请先改正户的问题，本行一并重新上传。")


class ItemUnknown(BangfuError):
    code = "REG-141"
    what = gettext_noop("收支项目“{value}”不在项目表中。")
    next_step = gettext_noop("请对照模板中“收支项目”的选项填写。")


class AmountNegative(BangfuError):
    code = "REG-142"
    what = gettext_noop("{label} {value} 是负数。")
    next_step = gettext_noop("收入和支出都填正数；亏损请分别填收入和支出。")


class WindowWrong(BangfuError):
    code = "REG-143"
    what = gettext_noop("核算期 {start} 至 {end} 有 {months} 个月，应为 {low} 至 {high} 个月。")
    next_step = gettext_noop("请核对核算期的起止日期。")


class ListWrong(BangfuError):
    code = "REG-144"
    what = gettext_noop("{label}“{value}”里有不认识的项“{part}”。")
    next_step = gettext_noop("多项之间用逗号隔开，每一项从下列各项中选：{choices}。")


class VillageUnknown(BangfuError):
    code = "REG-145"
    what = gettext_noop("找不到村“{value}”。")
    next_step = gettext_noop("请填写 12 位行政村代码，或与“区划”页面一致的乡镇、村名称。")


class VillageAmbiguous(BangfuError):
    code = "REG-146"
    what = gettext_noop("有不止一个村叫“{value}”。")
    next_step = gettext_noop("请同时填写乡镇名称，或填写 12 位行政村代码。")


class IncomeYearMissing(BangfuError):
    code = "REG-147"
    what = gettext_noop("{year} 年的收支明细没有对应的核算期。")
    next_step = gettext_noop("请填写核算期起、核算期止，或使用“年度收入”表。")


class LeftWithoutReason(BangfuError):
    code = "REG-148"
    what = gettext_noop("{first_label}和{second_label}只填了一项。")
    next_step = gettext_noop("请两项都填，或都不填。")


class PartlyRefused(BangfuError):
    """Items of a household's year replace each other as a whole: one bad line keeps all of them out."""

    code = "REG-149"
    what = gettext_noop("同一户同一年（{household_no}，{year} 年）的另一行收支明细没有通过，这一行也就没有导入。")
    next_step = gettext_noop("请先改正那一行，本户当年各行一并重新上传。")


class PersonElsewhere(BangfuError):
    code = "REG-150"
    what = gettext_noop("人编号 {person_no} 在本文件中属于两户：{first} 和 {second}。")
    next_step = gettext_noop("一个人同一时间只属于一户，请改正其中一行。")


class IdTypeDiffers(BangfuError):
    code = "REG-151"
    what = gettext_noop("证件类型是“{value}”，但号码有 {length} 位。")
    next_step = gettext_noop("身份证为 18 位，残疾人证为 20 位或 22 位，请改正其中一项。")


class HeadRefused(BangfuError):
    code = "REG-152"
    what = gettext_noop("这一户（{household_no}）另有成员没有通过，去掉以后就没有户主了，所以整户没有导入。")
    next_step = gettext_noop("请先改正没有通过的那一行，本户各行一并重新上传。")


# --- 200-299 against what is on file ---------------------------------------------------------------------------------


class HouseholdUnknown(BangfuError):
    code = "REG-200"
    what = gettext_noop("户编号 {household_no} 不在户档里，本次也没有新建这一户。")
    next_step = gettext_noop("请核对户编号；新增的户要先有户的信息，再填成员和收入。")


class HouseholdOutside(BangfuError):
    code = "REG-201"
    what = gettext_noop("户编号 {household_no} 不在您负责的区域内。")
    next_step = gettext_noop("请核对户编号；确需修改时，请由这一户所在村或乡镇办理。")


class HouseholdEnded(BangfuError):
    code = "REG-202"
    what = gettext_noop("户编号 {household_no} 已经销户，不能再修改。")
    next_step = gettext_noop("请核对户编号；并入他户的，请在并入的那一户里填写。")


class VillageMissing(BangfuError):
    code = "REG-203"
    what = gettext_noop("没有写明这一户在哪个村，或者这个村已经撤销。")
    next_step = gettext_noop("请选择一个现有的行政村。")


class VillageOutside(BangfuError):
    code = "REG-204"
    what = gettext_noop("这一户所在的村不在您负责的区域内。")
    next_step = gettext_noop("请核对村名；外村的户请由该村或所属乡镇填报。")


class PersonUnknown(BangfuError):
    code = "REG-205"
    what = gettext_noop("人编号“{person_no}”不在户档里。")
    next_step = gettext_noop("请核对人编号；新增的人要同时写明所在户的户编号。")


class PersonOfOtherHousehold(BangfuError):
    code = "REG-206"
    what = gettext_noop("人编号 {person_no} 登记在另一户，不在户编号 {household_no} 的户里。")
    next_step = gettext_noop("请核对编号；确实换了户的，请用“分户”“并户”或成员变动办理，不要改户编号。")


class IdTaken(BangfuError):
    code = "REG-207"
    what = gettext_noop("这个证件号码已登记在户编号 {household_no} 的户里。")
    next_step = gettext_noop("同一个人只能登记在一户：请核对号码；人已离开那一户的，先在那一户办理成员减少。")


class IdTakenElsewhere(BangfuError):
    code = "REG-208"
    what = gettext_noop("这个证件号码已登记在您负责区域以外的一户里。")
    next_step = gettext_noop("请核对号码；确是同一个人时，请报乡镇或县主管部门查明应归哪一户。")


class NobodyCounted(BangfuError):
    code = "REG-209"
    what = gettext_noop("户编号 {household_no} 在 {year} 年没有可以计算人均收入的家庭成员。")
    next_step = gettext_noop("请先登记家庭成员，或写明计算人口（至少 1 人）。")


class PersonNotOfHousehold(BangfuError):
    code = "REG-210"
    what = gettext_noop("人编号 {person_no} 不是户编号 {household_no} 的成员。")
    next_step = gettext_noop("请改成本户成员的人编号，或者留空。")


class PersonRefused(BangfuError):
    code = "REG-211"
    what = gettext_noop("人编号 {person_no} 的成员信息没有通过，这一行也就没有导入。")
    next_step = gettext_noop("请先改正成员的问题，本行一并重新上传。")


# --- 300-399 verbs of the household page -----------------------------------------------------------------------------


class ChangedMeanwhile(BangfuError):
    code = "REG-300"
    what = gettext_noop("您打开这一页以后，{who}在 {when} 改过同一份记录。")
    next_step = gettext_noop("您的内容还没有保存：请重新打开本页，看过对方的修改后再填写。")


class ReasonMissing(BangfuError):
    code = "REG-301"
    what = gettext_noop("没有写明修改的原因。")
    next_step = gettext_noop("请用一句话说明原因（如“入户核实”），它会留在变更记录里。")


class NewHeadNeeded(BangfuError):
    code = "REG-302"
    what = gettext_noop("{name}是户主，离开以后这一户就没有户主了。")
    next_step = gettext_noop("请同时指定一位新户主，并核对其他成员与新户主的关系。")


class NotAMember(BangfuError):
    code = "REG-303"
    what = gettext_noop("{name}现在不是这一户的成员。")
    next_step = gettext_noop("请刷新页面，从现有成员中选择。")


class NobodyChosen(BangfuError):
    code = "REG-304"
    what = gettext_noop("没有选择要分出去的成员，或者选了全部成员。")
    next_step = gettext_noop("请至少选一人、至少留一人；整户离开请逐人办理成员减少。")


class SameHousehold(BangfuError):
    code = "REG-305"
    what = gettext_noop("一户不能并入它自己。")
    next_step = gettext_noop("请选择另外一户。")


class EventUnknown(BangfuError):
    code = "REG-306"
    what = gettext_noop("“{value}”不是可以选择的变动原因。")
    next_step = gettext_noop("请从列表中选择；分户、并户请用专门的功能。")


class DayInFuture(BangfuError):
    code = "REG-307"
    what = gettext_noop("变动日期 {day} 还没有到。")
    next_step = gettext_noop("请填写实际发生的日期。")


class DayBeforeJoining(BangfuError):
    code = "REG-308"
    what = gettext_noop("变动日期 {day} 早于{name}的出生或进入本户日期 {earlier}。")
    next_step = gettext_noop("请核对日期。")


class WrittenMeanwhile(BangfuError):
    code = "REG-309"
    what = gettext_noop("另一项保存正好在写同一户、同一编号或同一证件号码，本次没有保存。")
    next_step = gettext_noop("请稍候再保存一次。")


class RelationMissing(BangfuError):
    code = "REG-310"
    what = gettext_noop("没有写明{name}与户主的关系。")
    next_step = gettext_noop("请为每一位成员选择与新户主的关系。")


class NewPersonWithoutReason(BangfuError):
    code = "REG-311"
    what = gettext_noop("新增成员没有写明增加的原因和日期。")
    next_step = gettext_noop("请选择原因（出生、婚入、迁入……）并填写日期。")


class PaperTooLarge(BangfuError):
    code = "REG-320"
    what = gettext_noop("文件“{file}”有 {size} MB，超过 {limit} MB 的上限。")
    next_step = gettext_noop("请压缩图片或分成几个文件再上传。")


class PaperTypeRefused(BangfuError):
    code = "REG-321"
    what = gettext_noop("文件“{file}”的内容不是可以保存的类型。")
    next_step = gettext_noop("请上传 {types}；只改扩展名是不行的。")


class PaperDamaged(BangfuError):
    code = "REG-322"
    what = gettext_noop("文件“{file}”已损坏，或者图片大得不正常，系统打不开。")
    next_step = gettext_noop("请重新拍照或扫描后再上传。")


class PaperEmpty(BangfuError):
    code = "REG-323"
    what = gettext_noop("文件“{file}”是空的（0 字节）。")
    next_step = gettext_noop("请重新选择文件后再上传。")


class PaperGone(BangfuError):
    code = "REG-324"
    what = gettext_noop("材料“{title}”的文件不在服务器上，或者内容与登记的不一致。")
    next_step = gettext_noop("请告诉系统管理员，从备份中恢复 papers 目录。")


class ChangedSince(BangfuError):
    code = "REG-330"
    what = gettext_noop("这一批导入以后，其中 {count} 条记录又被改过（如 {first}），不能整批撤销。")
    next_step = gettext_noop("请先逐户核对这些记录；需要时在户的页面上分别更正。")


class NothingToUndo(BangfuError):
    code = "REG-331"
    what = gettext_noop("这一批现为“{state}”，没有可以撤销的内容。")
    next_step = gettext_noop("只有“已入库”的批次可以撤销，请刷新页面查看。")
