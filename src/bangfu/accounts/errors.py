"""What may be refused when officers and posts are looked after, in the words of those who do it."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class RoleNotAtThisLevel(BangfuError):
    code = "ACC-001"
    what = gettext_noop("“{role}”不能设在{area}：这一级没有这个岗位。")
    next_step = gettext_noop("请改选负责区域，或改选岗位。")


class DutiesKeptApart(BangfuError):
    code = "ACC-002"
    what = gettext_noop("{name}在同一时期已任“{held}”，不能再任“{role}”：系统、安全、审计三类管理员须由不同的人担任。")
    next_step = gettext_noop("请改由他人担任，或先结束原来的任职。")


class NotForOneself(BangfuError):
    code = "ACC-003"
    what = gettext_noop("不能为自己办理这件事。")
    next_step = gettext_noop("请由另一位有权限的管理员办理。")


class UsernameTaken(BangfuError):
    code = "ACC-004"
    what = gettext_noop("登录名“{username}”已有人使用。")
    next_step = gettext_noop("请换一个登录名，例如在后面加数字。")


class UsernameWrong(BangfuError):
    code = "ACC-005"
    what = gettext_noop("登录名“{username}”不能使用。")
    next_step = gettext_noop("请用 3 到 60 个小写字母、数字、点、下划线或连字符，以字母开头。")


class CurrentPasswordWrong(BangfuError):
    code = "ACC-006"
    what = gettext_noop("现在的密码不对。")
    next_step = gettext_noop("请重新输入；如已忘记，请联系系统管理员重设。")


class PasswordTooWeak(BangfuError):
    code = "ACC-007"
    what = gettext_noop("这个密码不能使用：{reasons}")
    next_step = gettext_noop("请另设一个密码。")


class PasswordUnchanged(BangfuError):
    code = "ACC-008"
    what = gettext_noop("新密码与现在的密码相同。")
    next_step = gettext_noop("请另设一个密码。")


class CodeWrong(BangfuError):
    code = "ACC-009"
    what = gettext_noop("动态口令不对或已经用过。")
    next_step = gettext_noop("请输入手机上现在显示的六位数字；如一直不对，请核对手机时间是否准确。")


class CodeTooSoon(BangfuError):
    code = "ACC-010"
    what = gettext_noop("动态口令多次输错，暂时不能再试。")
    next_step = gettext_noop("请等 {seconds} 秒后再输入；如手机已遗失，请联系安全管理员取消动态口令。")


class OfficerOutOfReach(BangfuError):
    code = "ACC-011"
    what = gettext_noop("{name}在您负责的区域之外还有单位或任职，您不能办理。")
    next_step = gettext_noop("请由上一级管理员办理。")


class AreaOutOfReach(BangfuError):
    code = "ACC-012"
    what = gettext_noop("{area}不在您负责的区域内。")
    next_step = gettext_noop("请改选您负责的区域，或由上一级管理员办理。")


class PostDaysWrong(BangfuError):
    code = "ACC-013"
    what = gettext_noop("离任日期{ends_on}早于任职日期{starts_on}。")
    next_step = gettext_noop("请核对两个日期。")


class PostHeldAlready(BangfuError):
    code = "ACC-014"
    what = gettext_noop("{name}在这一时期已任{area}的“{role}”。")
    next_step = gettext_noop("不必重复登记；如要改起止日期，请先结束原来的任职。")


class LanguageUnknown(BangfuError):
    code = "ACC-015"
    what = gettext_noop("没有“{language}”这种语言。")
    next_step = gettext_noop("请在简体中文、繁體中文、English 中选择。")


class AdministratorByHigher(BangfuError):
    code = "ACC-016"
    what = gettext_noop("{name}是另一类管理员，同级管理员不能重设其密码。")
    next_step = gettext_noop("请由上一级系统管理员重设，或在服务器上运行 bangfu officers reset-password {username}。")


class AdministratorsThere(BangfuError):
    code = "ACC-017"
    what = gettext_noop("{area}已经有管理员，不能再次初始建立。")
    next_step = gettext_noop("请用现有的系统管理员账号登录，在“人员与岗位”中办理。")


class AccountClosed(BangfuError):
    code = "ACC-018"
    what = gettext_noop("{name}的账号已停用。")
    next_step = gettext_noop("请先恢复账号，再办理这件事。")


class PhoneWrong(BangfuError):
    code = "ACC-019"
    what = gettext_noop("“{phone}”不是手机号码。")
    next_step = gettext_noop("请填 1 开头的 11 位数字，或留空。")


class NoSuchOfficer(BangfuError):
    code = "ACC-020"
    what = gettext_noop("没有登录名为“{username}”的人员。")
    next_step = gettext_noop("请核对登录名。")


class NoSecondStep(BangfuError):
    code = "ACC-021"
    what = gettext_noop("还没有开始设置动态口令，或已经设置好。")
    next_step = gettext_noop("请在“我的账号”中重新打开设置页面。")


class NoSuchArea(BangfuError):
    code = "ACC-022"
    what = gettext_noop("没有代码为“{code}”的现存区划。")
    next_step = gettext_noop("请核对 12 位代码；如区划尚未导入，请先运行 bangfu areas import。")
