"""What the registry refuses about the status of a household: 332-339."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class StatusByCases(BangfuError):
    """A form or an import would change as what a household on file is recognised."""

    code = "REG-332"
    what = gettext_noop("户 {household_no} 的“{label}”由案件办理决定，不能在页面或导入中直接修改。")
    next_step = gettext_noop(
        "请把这一项改回系统中的内容（或留空、删去该列）后再保存；确需改变的，按识别、退出或监测程序办理。"
    )
