"""What may go wrong with submissions of ODK Collect: VIS-1xx."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class XmlUnreadable(BangfuError):
    code = "VIS-101"
    what = gettext_noop("ODK 发来的表单无法读取：{reason}。")
    next_step = gettext_noop("内容仍在手机上，请在 ODK Collect 中更新空白表单后重新填写或再发一次。")


class Edited(BangfuError):
    """A finished form was changed and sent again as a new version of an older one."""

    code = "VIS-102"
    what = gettext_noop("这是对已发送表单的修改（原编号 {number}）。")
    next_step = gettext_noop("走访记录不改写。请核对后另存为新的走访，或作废。")


class FileMissing(BangfuError):
    code = "VIS-103"
    what = gettext_noop("照片“{name}”没有随表单一起发来。")
    next_step = gettext_noop("走访已照常记录；请在 ODK Collect 中再发一次，或在网页上补充。")


class NoKey(BangfuError):
    code = "VIS-104"
    what = gettext_noop("采集密钥或登录名、密码不对，或已停用。")
    next_step = gettext_noop("请在网页“走访—手机采集设置”中核对；启用动态口令的账号请用采集密钥。")
