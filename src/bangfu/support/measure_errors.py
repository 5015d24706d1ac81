"""What may go wrong with measures, promises and a village's projects, said in the words of those who enter them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class KindUnknown(BangfuError):
    code = "SUP-101"
    what = gettext_noop("帮扶措施目录里没有种类“{kind}”。")
    next_step = gettext_noop("请从列表中选择。")


class KindEnded(BangfuError):
    code = "SUP-102"
    what = gettext_noop("“{kind}”自 {day} 起不再使用，不能新登记在这天以后开始的措施。")
    next_step = gettext_noop("请改选其他种类；确是以前的措施，请核对开始日期。")


class HouseholdLeft(BangfuError):
    code = "SUP-103"
    what = gettext_noop("{name}户（{household_no}）已于 {day} 销户，不能再登记帮扶措施。")
    next_step = gettext_noop("已并入其他户的，请登记到现在的户。")


class PersonLeft(BangfuError):
    code = "SUP-104"
    what = gettext_noop("{member}已于 {day} 离开本户，措施从 {start} 开始，不能登记给此人。")
    next_step = gettext_noop("请改选现在的成员，或核对开始日期。")


class MemberElsewhere(BangfuError):
    code = "SUP-105"
    what = gettext_noop("{member}不是{name}户的成员。")
    next_step = gettext_noop("请从本户成员中选择受益人。")


class MemberMissing(BangfuError):
    code = "SUP-106"
    what = gettext_noop("“{kind}”是给个人的帮扶，没有写明受益成员。")
    next_step = gettext_noop("请选择本户的一名成员；几个人受益的，每人登记一条。")


class EndBeforeStart(BangfuError):
    code = "SUP-107"
    what = gettext_noop("结束日期 {end} 早于开始日期 {start}。")
    next_step = gettext_noop("请核对两个日期；还没有结束的，结束日期可以不填。")


class StartTooFar(BangfuError):
    code = "SUP-108"
    what = gettext_noop("开始日期 {start} 在 {years} 年以后。")
    next_step = gettext_noop("请填写今后 {years} 年以内的日期，并核对年份。")


class QuantityWithoutUnit(BangfuError):
    code = "SUP-109"
    what = gettext_noop("填了数量 {quantity}，没有填计量单位。")
    next_step = gettext_noop("请选择单位：{units}；不需要数量的，请把数量清空。")


class UnitUnfit(BangfuError):
    code = "SUP-110"
    what = gettext_noop("“{kind}”不用“{unit}”计量。")
    next_step = gettext_noop("请选择单位：{units}。")


class KindNotCounted(BangfuError):
    code = "SUP-111"
    what = gettext_noop("“{kind}”不计数量。")
    next_step = gettext_noop("请把数量和单位清空，只填金额。")


class QuantityOutOfRange(BangfuError):
    code = "SUP-112"
    what = gettext_noop("数量 {quantity} 不在 0 到 {most} 之间。")
    next_step = gettext_noop("请核对数量和单位。")


class MoneyNegative(BangfuError):
    code = "SUP-113"
    what = gettext_noop("金额 {money} 小于零。")
    next_step = gettext_noop("请填写实际给予的金额；没有金额的可以不填。")


class MoneyBeyondLimit(BangfuError):
    code = "SUP-114"
    what = gettext_noop("“{kind}”金额 {money} 元，超过政策上限 {most} 元（{basis}）。")
    next_step = gettext_noop("请核对金额；分几次给予的请分别登记，当地另有标准的由县级在政策文件中写明。")


class YearBeyondLimit(BangfuError):
    code = "SUP-115"
    what = gettext_noop(
        "“{kind}”{year} 年已登记 {before} 元，加上这次的 {money} 元，超过全年上限 {most} 元（{basis}）。"
    )
    next_step = gettext_noop("请核对是否重复登记；属于其他年度的，请改开始日期。")


class OwnerMissing(BangfuError):
    code = "SUP-116"
    what = gettext_noop("没有写明谁负责落实。")
    next_step = gettext_noop("请选择帮扶责任人，或填写责任人、责任单位。")


class StateUnfit(BangfuError):
    code = "SUP-117"
    what = gettext_noop("措施现为“{state}”，不能改为“{to}”。")
    next_step = gettext_noop("现在可以改为：{possible}。")


class NotBegunYet(BangfuError):
    code = "SUP-118"
    what = gettext_noop("措施从 {start} 开始，今天还没有到，不能登记为“{to}”。")
    next_step = gettext_noop("已经提前实施的，请先改开始日期。")


class NotEndedYet(BangfuError):
    code = "SUP-119"
    what = gettext_noop("措施到 {end} 结束，今天还没有到，不能登记为已完成。")
    next_step = gettext_noop("已经提前完成的，请填写实际结束日期。")


class ResultMissing(BangfuError):
    code = "SUP-120"
    what = gettext_noop("登记为已完成，没有写明帮扶成效。")
    next_step = gettext_noop("请写明实际给了什么、有什么效果，如“增收1200元”。")


class MeasureChanged(BangfuError):
    code = "SUP-122"
    what = gettext_noop("这条措施刚才已由{who}修改。")
    next_step = gettext_noop("您这次的修改没有保存。请刷新页面看最新情况，仍需修改时再提交。")


class MeasureTwice(BangfuError):
    code = "SUP-123"
    what = gettext_noop("{name}户已登记过同一天开始的“{kind}”。")
    next_step = gettext_noop("请查看该条措施；确是另外一项的，请在具体内容里写明区别。")


class TooManyTogether(BangfuError):
    code = "SUP-124"
    what = gettext_noop("一次登记 {count} 条措施，超过 {most} 条。")
    next_step = gettext_noop("请分几次登记，例如一个村一次。")


class ProofElsewhere(BangfuError):
    code = "SUP-126"
    what = gettext_noop("材料“{paper}”不在{name}户的档案里，或者已经移除。")
    next_step = gettext_noop("请选择本户的材料，或重新上传。")


class PromiseMissing(BangfuError):
    code = "SUP-131"
    what = gettext_noop("双向承诺没有写明{side}。")
    next_step = gettext_noop("帮扶责任人和户要各自写明承诺什么。")


class SignedOtherYear(BangfuError):
    code = "SUP-133"
    what = gettext_noop("{year} 年度的承诺书，签字日期是 {day}。")
    next_step = gettext_noop("请填写该年度或前一年年底签字的承诺书，或核对年度。")


class CommitmentTwice(BangfuError):
    code = "SUP-134"
    what = gettext_noop("{name}户与{helper} {year} 年度的双向承诺已经登记。")
    next_step = gettext_noop("请查看已登记的承诺；换了帮扶责任人的，请填写现在的责任人。")


class CommitmentSettled(BangfuError):
    code = "SUP-135"
    what = gettext_noop("这份承诺已于 {day} 评价。")
    next_step = gettext_noop("评价有误的，请联系上级说明情况。")


class OutcomeMissing(BangfuError):
    code = "SUP-136"
    what = gettext_noop("没有选择双方承诺是否兑现。")
    next_step = gettext_noop("请为双方各选一项；部分兑现或没有兑现的，写明情况。")


class NoHelper(BangfuError):
    code = "SUP-137"
    what = gettext_noop("没有写明与{name}户互相承诺的帮扶责任人。")
    next_step = gettext_noop("请选择本户的帮扶责任人；还没有结对的，先办理结对。")


class ProjectKindUnknown(BangfuError):
    code = "SUP-141"
    what = gettext_noop("村级项目没有种类“{kind}”。")
    next_step = gettext_noop("请从列表中选择。")


class ProjectNameMissing(BangfuError):
    code = "SUP-142"
    what = gettext_noop("没有填写项目名称。")
    next_step = gettext_noop("请写明是什么、在哪里，如“6组通7组道路硬化”。")


class ProjectYearWrong(BangfuError):
    code = "SUP-143"
    what = gettext_noop("项目年度 {year} 不在 {first} 年到 {last} 年之间。")
    next_step = gettext_noop("请核对年度。")


class ProjectTwice(BangfuError):
    code = "SUP-144"
    what = gettext_noop("{village} {year} 年已有项目“{name}”。")
    next_step = gettext_noop("请查看该项目；确是另外一个的，请在名称里写明区别。")


class FewerPeopleThanHouseholds(BangfuError):
    code = "SUP-145"
    what = gettext_noop("受益 {households} 户，只有 {people} 人。")
    next_step = gettext_noop("请核对受益户数和人数。")


class MoreThanInVillage(BangfuError):
    code = "SUP-146"
    what = gettext_noop("受益 {count}{unit}，超过{village}现有的 {most}{unit}。")
    next_step = gettext_noop("请核对受益户数和人数。")


class NotAVillage(BangfuError):
    code = "SUP-147"
    what = gettext_noop("{area}不是行政村。")
    next_step = gettext_noop("请选择一个村。")


class ProjectChanged(BangfuError):
    code = "SUP-148"
    what = gettext_noop("项目“{name}”刚才已由他人修改。")
    next_step = gettext_noop("您这次的修改没有保存。请刷新页面看最新情况，仍需修改时再提交。")


class NumberNegative(BangfuError):
    code = "SUP-149"
    what = gettext_noop("{field}小于零。")
    next_step = gettext_noop("请核对数字。")
