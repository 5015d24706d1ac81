"""What may go wrong with meetings, postings, objections and samples, said in the words of those who hold them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class MeetingNotPossible(BangfuError):
    code = "CAS-101"
    what = gettext_noop("“{step}”不是评议会议环节，不能召开会议。")
    next_step = gettext_noop("请在案件到达民主评议等会议环节后再登记会议。")


class CasesNotTogether(BangfuError):
    code = "CAS-102"
    what = gettext_noop("所选案件不在同一区域、同一环节：{cases}。")
    next_step = gettext_noop("一次会议、一份公示只办理同一区域、同一环节的案件，请重新选择。")


class MeetingClosed(BangfuError):
    code = "CAS-103"
    what = gettext_noop("会议“{title}”已经定稿，不能再改。")
    next_step = gettext_noop("如记录有误，请退回案件后重新召开会议。")


class NobodyExpected(BangfuError):
    code = "CAS-104"
    what = gettext_noop("没有登记应到人员。")
    next_step = gettext_noop("请先登记应到会的村民代表和其他人员，再登记到会和表决。")


class VotesDoNotAddUp(BangfuError):
    code = "CAS-105"
    what = gettext_noop(
        "{case}的表决数不符：赞成 {in_favour}、反对 {against}、弃权 {abstained}，合计 {total} 票"
        "，而有表决权的到会人员（不含回避）为 {voters} 人。"
    )
    next_step = gettext_noop("请核对到会、回避和票数：没有投赞成或反对票的计入弃权，三项之和应等于有表决权的到会人数。")


class AsideUnknown(BangfuError):
    code = "CAS-107"
    what = gettext_noop("登记为回避的人员不在到会名单中。")
    next_step = gettext_noop("请先登记到会人员，再从中勾选回避人员。")


class VoteMissing(BangfuError):
    code = "CAS-108"
    what = gettext_noop("还有 {count} 个案件没有登记表决结果：{cases}。")
    next_step = gettext_noop("请逐案登记赞成、反对、弃权票数后再定稿。")


class MinutesMissing(BangfuError):
    code = "CAS-109"
    what = gettext_noop("没有会议记录。")
    next_step = gettext_noop("请写明会议经过和主要意见，或上传会议记录照片后写明“见照片”。")


class NotMet(BangfuError):
    """An obstacle at a move: no closed meeting has decided on the case since it came to the step."""

    code = "CAS-110"
    what = gettext_noop("本环节还没有定稿的会议对该案件作出表决。")
    next_step = gettext_noop("请召开会议、登记表决并定稿后再办理。")


class NoQuorum(BangfuError):
    code = "CAS-111"
    what = gettext_noop("{held_on} 的会议应到 {expected} 人、实到 {present} 人，未达到法定到会人数。")
    next_step = gettext_noop("请另行召开会议。")


class VotedDown(BangfuError):
    code = "CAS-112"
    what = gettext_noop("{held_on} 的会议表决未通过：赞成 {in_favour} 票，反对 {against} 票，弃权 {abstained} 票。")
    next_step = gettext_noop("请办理“不予通过”，或退回补充核查后重新评议。")


class MeetingInFuture(BangfuError):
    code = "CAS-113"
    what = gettext_noop("会议日期 {day} 还没有到。")
    next_step = gettext_noop("会议开过以后再登记到会和表决。")


class PostingNotPossible(BangfuError):
    code = "CAS-120"
    what = gettext_noop("“{step}”不是公示（公告）环节，不能公示。")
    next_step = gettext_noop("请在案件到达公示环节后再登记公示。")


class PostingEndsEarly(BangfuError):
    code = "CAS-121"
    what = gettext_noop("公示期不能从 {starts_on} 到 {ends_on}：规定至少 {days} 天，最早到 {earliest}。")
    next_step = gettext_noop("请改正开始日期或结束日期。")


class PostingInPast(BangfuError):
    code = "CAS-122"
    what = gettext_noop("公示开始日期 {starts_on} 早于案件进入本环节的日期 {since}（{case}）。")
    next_step = gettext_noop("请按实际张贴日期登记；张贴早于本环节的，须重新张贴。")


class SheetHoldsNumbers(BangfuError):
    code = "CAS-123"
    what = gettext_noop("公示内容“{where}”中有像证件号码、电话或账号的数字：{text}。")
    next_step = gettext_noop("公示表不得出现个人号码。请改正后再公示。")


class HotlineWrong(BangfuError):
    code = "CAS-124"
    what = gettext_noop("监督电话“{text}”不是单位电话号码。")
    next_step = gettext_noop("请填写单位固定电话（如 0990-6234567）或 12317、12345 等热线，不填个人手机号。")


class BoardMissing(BangfuError):
    code = "CAS-125"
    what = gettext_noop("没有填写公示地点。")
    next_step = gettext_noop("请写明张贴的位置，例如“村委会公示栏”。")


class AlreadyPosted(BangfuError):
    code = "CAS-126"
    what = gettext_noop("所选案件在本环节已有正在进行的公示：{cases}。")
    next_step = gettext_noop("请等该公示结束，或先撤下该公示并写明原因。")


class NotPosted(BangfuError):
    code = "CAS-130"
    what = gettext_noop("本环节还没有公示。")
    next_step = gettext_noop("请先生成公示表，张贴并登记。")


class PostingRunning(BangfuError):
    code = "CAS-131"
    what = gettext_noop("公示到 {ends_on} 结束，期满以前不能办理。")
    next_step = gettext_noop("请在 {after} 及以后办理。")


class PhotoMissing(BangfuError):
    code = "CAS-132"
    what = gettext_noop("公示缺少照片：{views}。")
    next_step = gettext_noop("请上传公示栏近景（看得清文字）和远景（看得出地点）照片。")


class ObjectionOpen(BangfuError):
    code = "CAS-133"
    what = gettext_noop("有 {count} 条异议还没有答复。")
    next_step = gettext_noop("请调查核实并答复后再办理。")


class ObjectionUpheld(BangfuError):
    code = "CAS-134"
    what = gettext_noop("对该案件的异议成立。")
    next_step = gettext_noop("请办理退回或不予通过。")


class PostingOver(BangfuError):
    code = "CAS-135"
    what = gettext_noop("公示已于 {ends_on} 结束，公示期内的异议才在此登记。")
    next_step = gettext_noop("请按来信来访登记，需要时由县级发起重新核查。")


class PostingNotBegun(BangfuError):
    code = "CAS-136"
    what = gettext_noop("公示 {starts_on} 才开始。")
    next_step = gettext_noop("请在公示期内登记异议。")


class ObjectionEmpty(BangfuError):
    code = "CAS-137"
    what = gettext_noop("没有填写异议内容。")
    next_step = gettext_noop("请写明对谁、对哪一点有什么意见。")


class ObjectionAnswered(BangfuError):
    code = "CAS-138"
    what = gettext_noop("这条异议已于 {day} 答复。")
    next_step = gettext_noop("如有新的情况，请另行登记异议。")


class AnswerEmpty(BangfuError):
    code = "CAS-139"
    what = gettext_noop("没有填写答复，或没有选择异议是否成立。")
    next_step = gettext_noop("请写明调查核实的经过和结论。")


class CaseNotOnSheet(BangfuError):
    code = "CAS-140"
    what = gettext_noop("所选案件不在这份公示名单中。")
    next_step = gettext_noop("请选择名单中的户，或登记为对整份名单的异议。")


class PostingDown(BangfuError):
    code = "CAS-141"
    what = gettext_noop("这份公示已于 {day} 撤下。")
    next_step = gettext_noop("请查看新的公示。")


class NoReason(BangfuError):
    code = "CAS-142"
    what = gettext_noop("没有写明原因。")
    next_step = gettext_noop("请写明原因，便于日后查考。")


class DayWrong(BangfuError):
    code = "CAS-143"
    what = gettext_noop("日期 {day} 不对：应在 {first} 至 {last} 之间。")
    next_step = gettext_noop("请按实际日期填写。")


class SampleNotPossible(BangfuError):
    code = "CAS-150"
    what = gettext_noop("“{step}”没有规定抽查，或现在没有待抽查的案件。")
    next_step = gettext_noop("请等下级报送案件后再抽查。")


class NotSampled(BangfuError):
    code = "CAS-151"
    what = gettext_noop("该案件还没有参加本环节的抽查。")
    next_step = gettext_noop("请先在“抽查”中抽取样本。")


class SampleOpen(BangfuError):
    code = "CAS-152"
    what = gettext_noop("该案件被抽中，还没有登记核查结果。")
    next_step = gettext_noop("请入户核查并登记结果后再办理。")


class SampleWrong(BangfuError):
    code = "CAS-153"
    what = gettext_noop("抽查发现该案件情况不实：{note}。")
    next_step = gettext_noop("请办理退回或不予通过。")


class PhotoNotPicture(BangfuError):
    code = "CAS-144"
    what = gettext_noop("“{file}”不是照片。")
    next_step = gettext_noop("请上传 JPG、PNG 等格式的公示栏照片。")


class NotDrawn(BangfuError):
    code = "CAS-154"
    what = gettext_noop("该案件没有被抽中，不登记抽查结果。")
    next_step = gettext_noop("请只登记被抽中案件的核查结果。")


class SampleDone(BangfuError):
    code = "CAS-155"
    what = gettext_noop("该案件的抽查结果已于 {day} 登记。")
    next_step = gettext_noop("如结果有误，请退回案件后重新抽查。")
