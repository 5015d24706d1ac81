"""What may go wrong with cases, said in the words of those who act on them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class CaseMoved(BangfuError):
    """Somebody else was first."""

    code = "CAS-001"
    what = gettext_noop("案件 {case_no} 刚才已由他人办理，现在“{step}”环节。")
    next_step = gettext_noop("您这次的办理没有保存。请刷新页面看最新情况，仍需办理时再提交。")


class MoveNotThere(BangfuError):
    code = "CAS-002"
    what = gettext_noop("案件 {case_no} 现在“{step}”环节，不能办理“{move}”。")
    next_step = gettext_noop("现在可办：{moves}。请刷新页面看最新情况。")


class CaseClosed(BangfuError):
    code = "CAS-003"
    what = gettext_noop("案件 {case_no} 已于 {day} 办结，结果为“{step}”。")
    next_step = gettext_noop("办结的案件不再变动；情况有变时请另行开案。")


class NotYourStep(BangfuError):
    code = "CAS-004"
    what = gettext_noop("“{step}”由{level}的{roles}办理，您在该地没有这样的岗位。")
    next_step = gettext_noop("请转告有岗位的同志办理；岗位有误的，由安全管理员在“人员与岗位”中登记。")


class ProposerApproves(BangfuError):
    code = "CAS-005"
    what = gettext_noop("案件 {case_no} 由您开案或提交，您不能再审批它。")
    next_step = gettext_noop("请由同一岗位的其他同志审批。")


class ActedElsewhere(BangfuError):
    code = "CAS-006"
    what = gettext_noop("案件 {case_no} 在{level}一级已由您办理，您不能再以另一级的岗位办理或审批它。")
    next_step = gettext_noop("请由本级其他同志办理。")


class DayInFuture(BangfuError):
    code = "CAS-007"
    what = gettext_noop("日期 {day} 晚于今天。")
    next_step = gettext_noop("请填写今天或更早的日期。")


class DayBeforeLast(BangfuError):
    code = "CAS-008"
    what = gettext_noop("日期 {day} 早于案件 {case_no} 上一次办理的日期 {last}。")
    next_step = gettext_noop("请填写 {last} 或以后的日期。")


class ReasonMissing(BangfuError):
    code = "CAS-009"
    what = gettext_noop("办理“{move}”须说明理由。")
    next_step = gettext_noop("请写明理由后再提交。")


class AnswerMissing(BangfuError):
    code = "CAS-010"
    what = gettext_noop("“{question}”还没有答复，“不清楚”不算答复。")
    next_step = gettext_noop("请核实清楚并填写后再提交。")


class AnswerWrong(BangfuError):
    code = "CAS-011"
    what = gettext_noop("“{question}”的答复“{answer}”不是{expected}。")
    next_step = gettext_noop("请改正后再提交。")


class AnswerForbids(BangfuError):
    code = "CAS-012"
    what = gettext_noop("“{question}”的答复是“{answer}”，只有答复为“{wanted}”时才能办理“{move}”。")
    next_step = gettext_noop("请核对答复；情况属实的，按规定退回或不予通过。")


class AnswerUnasked(BangfuError):
    code = "CAS-013"
    what = gettext_noop("“{step}”环节没有“{question}”这一问。")
    next_step = gettext_noop("请刷新页面后重新填写。")


class PaperMissing(BangfuError):
    code = "CAS-014"
    what = gettext_noop("缺少材料“{paper}”：需要 {minimum} 份，现有 {found} 份。")
    next_step = gettext_noop("请在案件页上传后再提交。")


class TooEarly(BangfuError):
    code = "CAS-015"
    what = gettext_noop("案件 {case_no} 的“{step}”须满法定时间，最早 {day} 方可办理，填写的日期是 {on}。")
    next_step = gettext_noop("请到 {day} 再办理。")


class NotHandedIn(BangfuError):
    code = "CAS-016"
    what = gettext_noop("案件 {case_no} 提交审批时没有固定当时的情况，不能审批。")
    next_step = gettext_noop("请退回，由经办人重新提交。")


class FactsChanged(BangfuError):
    code = "CAS-017"
    what = gettext_noop("案件 {case_no} 提交以后户档有变化：{labels}。")
    next_step = gettext_noop("请看清前后不同之处，勾选“已知悉变化”后审批，或者退回重办。")


class CaseUnknown(BangfuError):
    code = "CAS-018"
    what = gettext_noop("没有编号为 {case} 的案件。")
    next_step = gettext_noop("请回到案件列表重新选择。")


class TextTooLong(BangfuError):
    code = "CAS-019"
    what = gettext_noop("“{field}”有 {length} 个字，最多 {limit} 个字。")
    next_step = gettext_noop("请删减后再提交，已填的内容没有丢失。")


class FactsBroken(BangfuError):
    """What was frozen no longer bears its own mark: somebody altered the database by hand."""

    code = "CAS-020"
    what = gettext_noop("案件 {case_no} 提交时固定的情况与其校验值不符，可能被改动过。")
    next_step = gettext_noop("请不要审批，立即报告审计管理员；核实后退回，由经办人重新提交。")


class ChannelClosed(BangfuError):
    code = "CAS-021"
    what = gettext_noop("“{procedure}”不能以“{channel}”开案。")
    next_step = gettext_noop("请选择该程序规定的来源：{channels}。")


class NotYourOpening(BangfuError):
    code = "CAS-022"
    what = gettext_noop("“{procedure}”由{roles}开案，您在该地没有这样的岗位。")
    next_step = gettext_noop("请转告有岗位的同志开案；岗位有误的，由安全管理员在“人员与岗位”中登记。")


class SubjectWrong(BangfuError):
    code = "CAS-023"
    what = gettext_noop("“{procedure}”的对象应为{subject}。")
    next_step = gettext_noop("请选择相应的户或村，或者改用其他程序。")


class HouseholdEnded(BangfuError):
    code = "CAS-024"
    what = gettext_noop("{name}户已于 {day} 销户。")
    next_step = gettext_noop("请对现存的户办理；已在办理的案件请撤回。")


class RecognitionUnfit(BangfuError):
    code = "CAS-025"
    what = gettext_noop("{name}户现认定为“{recognised}”，不适用“{procedure}”。")
    next_step = gettext_noop("该程序适用于：{wanted}。认定有误的，请先按相应程序办理。")


class WatchUnfit(BangfuError):
    code = "CAS-026"
    what = gettext_noop("{name}户{watched}，不适用“{procedure}”。")
    next_step = gettext_noop("请在户页查看认定情况，选择适用的程序。")


class AlreadyRunning(BangfuError):
    code = "CAS-027"
    what = gettext_noop("{name}已有正在办理的“{procedure}”案件 {case_no}。")
    next_step = gettext_noop("请在原案件中继续办理。")


class FindingNotConfirmed(BangfuError):
    code = "CAS-028"
    what = gettext_noop("这条疑点还没有核实属实（现为“{state}”），不能据此开案。")
    next_step = gettext_noop("请先核实疑点；“规则有误”的疑点不能开案。")


class FindingUnfit(BangfuError):
    code = "CAS-029"
    what = gettext_noop("规则 {rule} 的疑点不在“{procedure}”的受理范围内。")
    next_step = gettext_noop("请选择受理这类疑点的程序。")


class ApplicationDecided(BangfuError):
    code = "CAS-030"
    what = gettext_noop("{name}的申请刚才已由他人处理，现为“{state}”。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class ApplicationIncomplete(BangfuError):
    code = "CAS-031"
    what = gettext_noop("没有填写“{field}”。")
    next_step = gettext_noop("请填写后再提交。")


class TooManyApplications(BangfuError):
    """Says nothing about anybody's applications: only that this sender, or this village, has sent too many."""

    code = "CAS-032"
    what = gettext_noop("提交得太频繁，这次没有登记。")
    next_step = gettext_noop("请稍后再试，或者直接到村委会、拨打 12317 申报。")


class PhoneWrong(BangfuError):
    code = "CAS-033"
    what = gettext_noop("“{phone}”不是电话号码。")
    next_step = gettext_noop("请填写手机号或带区号的固定电话，只用数字和短横线。")


class VillageWrong(BangfuError):
    code = "CAS-034"
    what = gettext_noop("没有选择现有的村。")
    next_step = gettext_noop("请在列表中选择所在的村。")


class PaperNotWanted(BangfuError):
    code = "CAS-035"
    what = gettext_noop("“{step}”环节没有要求“{paper}”这种材料。")
    next_step = gettext_noop("请刷新页面，在所列的材料下上传。")


class PaperPassed(BangfuError):
    code = "CAS-036"
    what = gettext_noop("材料“{paper}”属于已办完的环节，不能移除。")
    next_step = gettext_noop("材料有误的，请退回到该环节后移除并重新上传。")


class PaperGone(BangfuError):
    code = "CAS-037"
    what = gettext_noop("材料“{paper}”已经移除。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class SubjectElsewhere(BangfuError):
    code = "CAS-038"
    what = gettext_noop("{name}户不在{village}。")
    next_step = gettext_noop("请选择该村的户；还没有户档的，请先登记户档。")


class BulkEmpty(BangfuError):
    code = "CAS-040"
    what = gettext_noop("没有选择案件。")
    next_step = gettext_noop("请先在列表中选择案件。")


class BulkTooMany(BangfuError):
    code = "CAS-041"
    what = gettext_noop("选择了 {number} 件，一次最多 {limit} 件。")
    next_step = gettext_noop("请分批办理，例如按村选择。")


class BulkMixed(BangfuError):
    code = "CAS-042"
    what = gettext_noop("所选案件不都在同一程序的同一环节。")
    next_step = gettext_noop("请按程序和环节筛选后再选择。")


class BulkFailed(BangfuError):
    code = "CAS-043"
    what = gettext_noop("{bulk} 号批量办理因系统故障中断，已办 {moved} 件，其余没有变动。")
    next_step = gettext_noop("请重新选择其余案件办理，并把编号告诉系统管理员。")


class BulkBusy(BangfuError):
    code = "CAS-044"
    what = gettext_noop("{bulk} 号批量办理正在进行或已经结束。")
    next_step = gettext_noop("请在批量办理页看进度和结果。")


class RoundUntitled(BangfuError):
    code = "CAS-050"
    what = gettext_noop("没有填写集中核查的名称。")
    next_step = gettext_noop("请填写名称，例如“2016年秋季回头看”。")


class RoundDueBefore(BangfuError):
    code = "CAS-051"
    what = gettext_noop("完成期限 {due} 早于开始日期 {day}。")
    next_step = gettext_noop("请改正完成期限。")


class RoundElsewhere(BangfuError):
    code = "CAS-052"
    what = gettext_noop("您不能在{area}发起“{procedure}”的集中核查。")
    next_step = gettext_noop("请选择您岗位所在的区域，或者由该区域有权的同志发起。")


class OpenedBeforeCause(BangfuError):
    code = "CAS-053"
    what = gettext_noop("开案日期 {day} 早于来源的日期 {cause}。")
    next_step = gettext_noop("请填写 {cause} 或以后的日期。")


class RoundFailed(BangfuError):
    code = "CAS-054"
    what = gettext_noop("{round} 号集中核查因系统故障中断，已开案 {opened} 件，其余没有变动。")
    next_step = gettext_noop("请重新发起：已经开案的户不会重复开案。并把编号告诉系统管理员。")


class RoundBusy(BangfuError):
    code = "CAS-055"
    what = gettext_noop("{round} 号集中核查正在进行或已经结束。")
    next_step = gettext_noop("请在集中核查页看进度和结果。")
