"""Addresses of the trail."""

from typing import Any

from django.urls import path

from bangfu.web.audit import views

urlpatterns: list[Any] = [
    path("", views.audit_list, name="audit-list"),
    path("export/", views.audit_export, name="audit-export"),
    path("check/", views.audit_check, name="audit-check"),
]
