"""What may go wrong with pairings, hand-overs, proposals and teams, said in the words of those who arrange them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class MainHelperThere(BangfuError):
    """A household has one main helper at a time."""

    code = "SUP-001"
    what = gettext_noop("{household} 已有主要帮扶责任人 {helper}（自 {since} 起），不能再结对第二名。")
    next_step = gettext_noop("需要换人的，请在该责任人页面办理移交；只是协助的，请选“其他帮扶人”。")


class PairedTwice(BangfuError):
    code = "SUP-002"
    what = gettext_noop("{helper} 与 {household} 已结对（自 {since} 起）。")
    next_step = gettext_noop("不必重复登记；要改类别的，请先结束原来的结对。")


class LimitReached(BangfuError):
    code = "SUP-003"
    what = gettext_noop("{helper}（{rank}）按规定最多帮扶 {limit} 户，现已有 {load} 户，再加 {more} 户就超过了。")
    next_step = gettext_noop("请换一名责任人，或先把其中的户移交出去；职级有误的，请先更正职级。")


class HelperLeft(BangfuError):
    code = "SUP-004"
    what = gettext_noop("{helper} 已于 {day} 调离，不能再结对。")
    next_step = gettext_noop("请另选在岗的责任人。")


class HouseholdGone(BangfuError):
    code = "SUP-005"
    what = gettext_noop("{household} 已于 {day} 销户。")
    next_step = gettext_noop("销户的户不再安排结对；请核对户编号。")


class DayAhead(BangfuError):
    code = "SUP-006"
    what = gettext_noop("日期 {day} 晚于今天。")
    next_step = gettext_noop("请填写今天或更早的日期。")


class DayTooEarly(BangfuError):
    code = "SUP-007"
    what = gettext_noop("日期 {day} 早于 {household} 上一次结对变动的日期 {last}。")
    next_step = gettext_noop("请填写 {last} 或以后的日期。")


class PairingOver(BangfuError):
    code = "SUP-008"
    what = gettext_noop("{helper} 与 {household} 的结对已于 {day} 结束。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class ReasonNeeded(BangfuError):
    code = "SUP-009"
    what = gettext_noop("没有写明原因。")
    next_step = gettext_noop("请写明原因后再提交，例如：工作调动。")


class TextTooLong(BangfuError):
    code = "SUP-010"
    what = gettext_noop("“{field}”有 {length} 个字，最多 {limit} 个字。")
    next_step = gettext_noop("请写得简短一些。")


class NotInYourPlace(BangfuError):
    code = "SUP-011"
    what = gettext_noop("{name} 不在您可以安排结对的区域内。")
    next_step = gettext_noop("请由所在乡镇或县级的同志办理。")


class NothingToHandOver(BangfuError):
    code = "SUP-012"
    what = gettext_noop("没有选中 {helper} 现在帮扶的户。")
    next_step = gettext_noop("请至少勾选一户再办理移交。")


class SuccessorIsSame(BangfuError):
    code = "SUP-013"
    what = gettext_noop("移交人和接手人都是 {helper}。")
    next_step = gettext_noop("请选择另一名接手人。")


class UnitThere(BangfuError):
    code = "SUP-014"
    what = gettext_noop("{area} 已登记有“{name}”。")
    next_step = gettext_noop("请直接使用已登记的单位。")


class HelperThere(BangfuError):
    code = "SUP-015"
    what = gettext_noop("“{unit}”已登记有 {helper}，电话也相同。")
    next_step = gettext_noop("同一人不必再登记；确为同名的另一人，请填写各自的电话。")


class AccountTaken(BangfuError):
    code = "SUP-016"
    what = gettext_noop("登录账号 {username} 已属于帮扶责任人 {helper}。")
    next_step = gettext_noop("请核对登录名；一个账号只能属于一名责任人。")


class StillHelping(BangfuError):
    code = "SUP-017"
    what = gettext_noop("{helper} 名下还有 {number} 户。")
    next_step = gettext_noop("请先办理移交，再登记调离。")


class FieldMissing(BangfuError):
    code = "SUP-018"
    what = gettext_noop("“{field}”没有填写。")
    next_step = gettext_noop("请填写后再提交。")


class CodeUnknown(BangfuError):
    code = "SUP-019"
    what = gettext_noop("“{field}”的“{value}”不在可选范围内。")
    next_step = gettext_noop("可以填写：{choices}。")


class PhoneWrong(BangfuError):
    code = "SUP-020"
    what = gettext_noop("联系电话“{phone}”不是有效的号码。")
    next_step = gettext_noop("请填写 11 位手机号，或带区号的座机号。")


class ChargeThere(BangfuError):
    code = "SUP-021"
    what = gettext_noop("{name} 已在负责 {village}（自 {since} 起）。")
    next_step = gettext_noop("不必重复登记。")


class VillagesReached(BangfuError):
    code = "SUP-022"
    what = gettext_noop("{helper}（{rank}）按规定最多包 {limit} 个村，现已包 {load} 个。")
    next_step = gettext_noop("请换一名干部，或先结束其中一个村。")


class NoVillage(BangfuError):
    code = "SUP-023"
    what = gettext_noop("{name} 不是现有的村。")
    next_step = gettext_noop("请选择现有的村。")


class ProposalUnready(BangfuError):
    code = "SUP-024"
    what = gettext_noop("{area} 的结对方案现为“{state}”，不能采纳。")
    next_step = gettext_noop("请等方案算好；已处理完的，请另算一份。")


class ProposalOpen(BangfuError):
    code = "SUP-025"
    what = gettext_noop("{area} 已有一份方案正在计算或等待采纳。")
    next_step = gettext_noop("请先处理完那份方案，再算新的。")


class NothingChosen(BangfuError):
    code = "SUP-026"
    what = gettext_noop("没有选中任何一户。")
    next_step = gettext_noop("请至少勾选一户。")


class ProposalBroken(BangfuError):
    code = "SUP-027"
    what = gettext_noop("{area} 的结对方案没有算出来。")
    next_step = gettext_noop("请重新计算一次；仍不行的，请告知系统管理员查看运行日志。")


class NobodyToPair(BangfuError):
    code = "SUP-028"
    what = gettext_noop("{area} 没有需要结对的户。")
    next_step = gettext_noop("请换一个区域，或核对户类型和监测对象是否已登记。")


class HelperChanged(BangfuError):
    code = "SUP-029"
    what = gettext_noop("{household} 原来的帮扶责任人已不再帮扶该户。")
    next_step = gettext_noop("方案算出后情况有了变化，请另算一份方案，或在页面上登记结对。")


class TeamThere(BangfuError):
    code = "SUP-030"
    what = gettext_noop("{village} 已有驻村工作队（自 {since} 起）。")
    next_step = gettext_noop("请在原工作队里增减队员；整队轮换的，先登记撤出。")


class FirstSecretaryThere(BangfuError):
    code = "SUP-031"
    what = gettext_noop("{village} 的第一书记现为 {helper}（自 {since} 起）。")
    next_step = gettext_noop("一个村同时只有一名第一书记，请先登记原第一书记离队。")


class InATeam(BangfuError):
    code = "SUP-032"
    what = gettext_noop("{helper} 已在 {village} 驻村（自 {since} 起）。")
    next_step = gettext_noop("请先登记其离开原工作队。")


class TermTooShort(BangfuError):
    code = "SUP-033"
    what = gettext_noop("任期 {since} 至 {until} 不足规定的 {months} 个月。")
    next_step = gettext_noop("请把任期填到 {earliest} 或以后；提前离队的，到时登记离队日期和原因。")


class OutsideService(BangfuError):
    code = "SUP-034"
    what = gettext_noop("{day} 不在 {helper} 的驻村期间内。")
    next_step = gettext_noop("请核对日期；驻村期间为 {since} 至 {until}。")


class OnLeave(BangfuError):
    code = "SUP-035"
    what = gettext_noop("{helper} 在 {day} 登记为请假，不能同时登记在村。")
    next_step = gettext_noop("提前销假的，请先撤销那次请假并按实际日期重新登记。")


class LeaveOverlaps(BangfuError):
    code = "SUP-036"
    what = gettext_noop("{helper} 在 {first} 至 {last} 已登记请假，与这次重叠。")
    next_step = gettext_noop("请核对日期，或先撤销那次请假。")


class InVillageThen(BangfuError):
    code = "SUP-037"
    what = gettext_noop("{helper} 在 {day} 登记为在村，不能同时请假。")
    next_step = gettext_noop("请核对日期，或先取消那天的在村登记。")


class DaysTurned(BangfuError):
    code = "SUP-038"
    what = gettext_noop("结束日期 {last} 早于开始日期 {first}。")
    next_step = gettext_noop("请核对两个日期。")


class MemberLeft(BangfuError):
    code = "SUP-039"
    what = gettext_noop("{helper} 已于 {day} 离队。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class TeamOver(BangfuError):
    code = "SUP-040"
    what = gettext_noop("{village} 的这支工作队已于 {day} 撤出。")
    next_step = gettext_noop("请刷新页面看最新情况。")


class HouseholdNotFound(BangfuError):
    code = "SUP-053"
    what = gettext_noop("户编号 {number} 不在您可以安排结对的户档里。")
    next_step = gettext_noop("请核对户编号；外乡镇的户由所在乡镇或县级导入。")


class HeadDiffers(BangfuError):
    code = "SUP-054"
    what = gettext_noop("户编号 {number} 的户主是“{on_file}”，文件里写的是“{given}”。")
    next_step = gettext_noop("请核对户编号和户主姓名，改成一致。")


class UnitNotFound(BangfuError):
    code = "SUP-055"
    what = gettext_noop("没有登记“{unit}”这个帮扶单位。")
    next_step = gettext_noop("请先登记该单位，或把名称改成与登记的一致。")


class UnitsAlike(BangfuError):
    code = "SUP-056"
    what = gettext_noop("叫“{unit}”的帮扶单位不止一个。")
    next_step = gettext_noop("请在页面上为这些户登记结对，那里可以选定单位。")


class HelpersAlike(BangfuError):
    code = "SUP-057"
    what = gettext_noop("“{unit}”有几名 {helper}，分不清是哪一名。")
    next_step = gettext_noop("请填写其联系电话。")


class RankMissing(BangfuError):
    code = "SUP-058"
    what = gettext_noop("“{unit}”还没有登记 {helper}，新登记须填写职级。")
    next_step = gettext_noop("请填写职级：{choices}。")


class DayUnreadable(BangfuError):
    code = "SUP-059"
    what = gettext_noop("“{value}”不是日期。")
    next_step = gettext_noop("请填写如 2026-03-01 的日期。")


class TwiceInFile(BangfuError):
    code = "SUP-060"
    what = gettext_noop("第 {other} 行已为 {household} 写了主要帮扶责任人。")
    next_step = gettext_noop("每户只能有一名主要帮扶责任人，请留下正确的一行，另一行改为“其他”。")


class RowTwiceInFile(BangfuError):
    code = "SUP-061"
    what = gettext_noop("第 {other} 行已写了同一户和同一名责任人。")
    next_step = gettext_noop("请删去重复的一行。")


class ImportOver(BangfuError):
    code = "SUP-062"
    what = gettext_noop("导入 {file} 现为“{state}”，不能再写入。")
    next_step = gettext_noop("需要时请重新上传文件。")
