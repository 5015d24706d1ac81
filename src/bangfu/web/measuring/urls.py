"""Addresses of what is computed over a snapshot: measures, suppositions, and what a snapshot holds."""

from typing import Any

from django.urls import path

from bangfu.web.measuring import views

urlpatterns: list[Any] = [
    path("", views.measures, name="measures"),
    path("what-if/", views.what_if_page, name="what-if"),
    path("snapshots/", views.snapshots, name="snapshot-list"),
    path("dictionary/", views.dictionary, name="dictionary"),
]
