"""What may go wrong with findings, said in the words of those who verify them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class FindingMoved(BangfuError):
    """Somebody else was first, or the latest run changed it meanwhile."""

    code = "FIN-001"
    what = gettext_noop("这条疑点刚才已由他人处理或被新的筛查更新，现为“{state}”。")
    next_step = gettext_noop("您填写的内容没有保存。请刷新页面看最新情况，仍需核实时再登记。")


class FindingNotOpen(BangfuError):
    code = "FIN-002"
    what = gettext_noop("这条疑点现为“{state}”，不能再登记核实结果。")
    next_step = gettext_noop("如认为仍有问题，请由乡镇或县级经办人“退回重新核实”。")


class NoteMissing(BangfuError):
    code = "FIN-003"
    what = gettext_noop("没有填写说明。")
    next_step = gettext_noop("请写明核实的经过和结论，例如何时入户、看了什么材料。")


class ProofMissing(BangfuError):
    code = "FIN-004"
    what = gettext_noop("登记“情况属实”须有证明材料。")
    next_step = gettext_noop("请拍照上传，或选择本户已有的材料。")


class ProofElsewhere(BangfuError):
    code = "FIN-005"
    what = gettext_noop("所选的材料不是本户的，或已经移除。")
    next_step = gettext_noop("请选择本户现有的材料，或重新上传。")


class OfficerNotThere(BangfuError):
    code = "FIN-006"
    what = gettext_noop("{name}在{village}没有核实疑点的岗位。")
    next_step = gettext_noop("请选择在该村、其乡镇或县任职、可以核实疑点的人员。")


class NothingToReopen(BangfuError):
    code = "FIN-007"
    what = gettext_noop("这条疑点现为“{state}”，没有可以退回的核实结果。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class OutcomesOlder(BangfuError):
    """Findings would go back to what the registry no longer says."""

    code = "FIN-010"
    what = gettext_noop("这次筛查用的快照制作于 {taken}，早于 {run} 号筛查所用的快照（{newer}），不能再登记为疑点。")
    next_step = gettext_noop("请重新制作快照后再筛查。")


class OutcomesGone(BangfuError):
    code = "FIN-011"
    what = gettext_noop("{run} 号筛查的结果文件已不在数据目录中，无法逐条比较。")
    next_step = gettext_noop("请选择结果文件仍在的两次筛查。")


class RunBusy(BangfuError):
    code = "FIN-012"
    what = gettext_noop("{area}已有一次筛查正在进行。")
    next_step = gettext_noop("请等它完成后再发起。")


class RunInterrupted(BangfuError):
    code = "FIN-013"
    what = gettext_noop("{run} 号筛查中途中断（服务停止或断电），没有登记任何疑点。")
    next_step = gettext_noop("请重新发起一次筛查。")


class RunFailed(BangfuError):
    code = "FIN-014"
    what = gettext_noop("{run} 号筛查因系统故障未完成，没有登记任何疑点。")
    next_step = gettext_noop("请把筛查号告诉系统管理员，由其查看服务日志。")


class DayInFuture(BangfuError):
    code = "FIN-015"
    what = gettext_noop("数据截止日 {day} 晚于今天。")
    next_step = gettext_noop("请填写今天或更早的日期。")


class RunsNotComparable(BangfuError):
    code = "FIN-016"
    what = gettext_noop("{first} 号和 {second} 号筛查的区域没有重合，无法比较。")
    next_step = gettext_noop("请选择同一区域的两次筛查。")


class ValueNotSecret(BangfuError):
    code = "FIN-017"
    what = gettext_noop("“{field}”不是这条疑点中打码的项目。")
    next_step = gettext_noop("请回到疑点页面，点需要查看的号码。")


class ListOfFuture(BangfuError):
    code = "FIN-018"
    what = gettext_noop("名单日期 {day} 晚于今天。")
    next_step = gettext_noop("请填写名单所反映的那一天，不能晚于今天。")


class ListReasonMissing(BangfuError):
    code = "FIN-019"
    what = gettext_noop("没有填写移除“{list}”的原因，名单仍在。")
    next_step = gettext_noop("请写明原因，例如“传错了文件”，它会记入留痕。")


class ListTooLarge(BangfuError):
    code = "FIN-020"
    what = gettext_noop("名单 {file} 有 {size} MB，超过 {limit} MB 的上限，没有导入。")
    next_step = gettext_noop("请只留证件号码和需要的几栏，另存为 CSV 或 Parquet 后再导入。")
