"""Addresses of areas: the tree, an area's page, what it reports, and the changes that officers make to it."""

from typing import Any

from django.urls import path

from bangfu.web.areas import change, page, report, tree

urlpatterns: list[Any] = [
    path("", tree.tree, name="area-tree"),
    path("<int:pk>/", page.page, name="area-page"),
    path("<int:pk>/below/", tree.below, name="area-below"),
    path("<int:pk>/profile/", report.profile_edit, name="area-profile-edit"),
    path("<int:pk>/standards/", page.standards, name="area-standards"),
    path("<int:pk>/standards/edit/", report.standards_edit, name="area-standards-edit"),
    *(
        path(f"<int:pk>/{kind}/", change.change, {"kind": kind}, name=f"area-{kind}")
        for kind in ("found", "groups", "rename", "recode", "move", "merge", "split")
    ),
]
