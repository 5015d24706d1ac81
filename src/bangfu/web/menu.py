"""The main menu: a line here for every page that people start from, with the right that shows it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Item:
    url_name: str
    label: Any
    icon: str
    right: str = ""
    # What is done there, for those whose home page has no figures.
    hint: Any = ""

    @property
    def url(self) -> str:
        return reverse(self.url_name)


MENU = (
    Item("home", _("首页"), "outline/home"),
    Item("household-list", _("户档"), "outline/users-group", "registry.view"),
    Item("visit-list", _("走访"), "outline/home-heart", "visits.view", _("查看走访记录和各村进度")),
    Item("field", _("手机走访"), "outline/device-mobile", "visits.record"),
    Item("finding-list", _("疑点"), "outline/alert-square-rounded", "findings.view"),
    Item("case-list", _("办理"), "outline/checklist", "cases.view"),
    Item("my-households", _("结对帮扶"), "outline/heart-handshake", "support.view"),
    Item("help-list", _("帮扶措施"), "outline/gift", "support.view", _("查看帮扶措施和村级规划")),
    Item("duty-mine", _("履职"), "outline/calendar-check", "duties.view"),
    Item("target-list", _("目标任务"), "outline/target-arrow", "plans.view", _("查看规划文件、目标和完成进度")),
    Item("war-room", _("挂图作战"), "outline/map-pins", "plans.view", _("在地图上看指标和目标，一直看到户")),
    Item("area-tree", _("区划与村情"), "outline/map-2", "areas.view", _("查看区划、村情和历次区划变更")),
    Item("import-list", _("导入"), "outline/table-import", "registry.import"),
    Item("rule-list", _("规则与标准"), "outline/gavel", "rules.view"),
    Item("measures", _("贫困程度测算"), "outline/chart-histogram", "registry.view"),
    Item("officer-list", _("人员与岗位"), "outline/id-badge-2", "accounts.view", _("人员、岗位与账号的登记情况")),
    Item("audit-list", _("留痕"), "outline/fingerprint", "audit.view", _("查看谁在何时做了什么，核对留痕是否完整")),
)


def menu_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The items whose right the officer holds somewhere, the one being visited marked: of several that fit the one
    with the longest address, since 导入 lies below 户档."""
    path = request.path
    home = reverse("home")
    visited = max((item.url for item in MENU if item.url != home and path.startswith(item.url)), key=len, default=home)
    shown = []
    for item in MENU:
        if item.right and not request.user.has_perm(item.right):
            continue
        url = item.url
        here = url == visited and (url != home or path == home)
        shown.append({"url": url, "label": item.label, "icon": item.icon, "active": here, "hint": item.hint})
    return shown
