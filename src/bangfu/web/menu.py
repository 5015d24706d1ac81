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

    @property
    def url(self) -> str:
        return reverse(self.url_name)


MENU = (
    Item("home", _("首页"), "outline/home"),
    Item("household-list", _("户档"), "outline/users-group", "registry.view"),
    Item("area-tree", _("区划与村情"), "outline/map-2", "areas.view"),
    Item("import-list", _("导入"), "outline/table-import", "registry.import"),
    Item("officer-list", _("人员与岗位"), "outline/id-badge-2", "accounts.view"),
    Item("audit-list", _("留痕"), "outline/fingerprint", "audit.view"),
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
        shown.append({"url": url, "label": item.label, "icon": item.icon, "active": here})
    return shown
