"""What can go wrong when a place decides for itself."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class PlaceWithoutCode(BangfuError):
    code = "POM-001"
    what = gettext_noop("{area}还没有区划代码，不能订立本地标准与规则。")
    next_step = gettext_noop("请先由区划维护人员登记它的代码。")


class DraftRefused(BangfuError):
    code = "POM-002"
    what = gettext_noop("草案未通过核对：{reason}")
    next_step = gettext_noop("请按提示修改后重新保存。")


class DraftNotOpen(BangfuError):
    code = "POM-003"
    what = gettext_noop("草案“{title}”现为“{state}”，不能进行此项操作。")
    next_step = gettext_noop("请刷新页面，查看是谁在何时办理的。")


class DraftNotTried(BangfuError):
    code = "POM-004"
    what = gettext_noop("草案“{title}”修改后还没有试算。")
    next_step = gettext_noop("请先按“试算”，看清会影响哪些户，再提交审批。")


class SameOfficer(BangfuError):
    code = "POM-005"
    what = gettext_noop("草案“{title}”是您自己起草的。")
    next_step = gettext_noop("请由另一位有审批权的人员审批。")


class NothingToEnd(BangfuError):
    code = "POM-006"
    what = gettext_noop("本地现行的标准与规则中没有“{subject}”。")
    next_step = gettext_noop("请从列表中选择要停用的标准或规则。")
