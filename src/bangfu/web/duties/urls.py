"""Addresses of duties."""

from typing import Any

from django.urls import path

from bangfu.web.duties import behind, calendars, records

urlpatterns: list[Any] = [
    path("", calendars.mine, name="duty-mine"),
    path("rules/", behind.duty_rules, name="duty-rules"),
    path("behind/", behind.duty_behind, name="duty-behind"),
    path("behind/export/", behind.duty_export, name="duty-export"),
    path("units/<int:pk>/", calendars.of_unit, name="duty-unit"),
    path("teams/<int:pk>/", calendars.of_team, name="duty-team"),
    path("areas/<int:pk>/", calendars.of_area, name="duty-area"),
    path("helpers/<int:pk>/", calendars.of_helper, name="duty-helper"),
    path("records/", records.record_list, name="duty-record-list"),
    path("records/new/", records.record_new, name="duty-record-new"),
    path("records/<int:pk>/", records.record_page, name="duty-record"),
    path("records/<int:pk>/withdraw/", records.record_withdraw, name="duty-record-withdraw"),
    path("records/<int:pk>/papers/", records.paper_add, name="duty-paper-add"),
    path("records/<int:pk>/papers/<int:paper>/", records.paper, name="duty-paper"),
    path("records/<int:pk>/papers/<int:paper>/remove/", records.paper_remove, name="duty-paper-remove"),
]
