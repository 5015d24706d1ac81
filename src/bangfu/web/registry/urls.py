"""Addresses of the registry."""

from typing import Any

from django.urls import path

from bangfu.web.registry import views

urlpatterns: list[Any] = [
    path("", views.household_list, name="household-list"),
]
