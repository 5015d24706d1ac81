"""What the sample room refuses."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class TooManyHouseholds(BangfuError):
    code = "SAM-001"
    what = gettext_noop("样县数据最多可生成 {most} 户，不能生成 {households} 户。")
    next_step = gettext_noop("请把户数改为 1 到 {most} 之间的数。")


class CountyIsThere(BangfuError):
    code = "SAM-002"
    what = gettext_noop("本库已有区划“{name}”，样县只能装入空库。")
    next_step = gettext_noop("请换一个数据目录（--home）后重新装入样县。")


class FolderInUse(BangfuError):
    code = "SAM-003"
    what = gettext_noop("目录 {folder} 里已有其他文件。")
    next_step = gettext_noop("请换一个空目录，或先移走其中的文件。")
