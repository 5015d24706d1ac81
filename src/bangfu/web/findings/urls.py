"""Addresses of findings and of the runs that found them."""

from typing import Any

from django.urls import path

from bangfu.web.findings import exports, finding, outside, runs, totals, views

urlpatterns: list[Any] = [
    path("", views.finding_list, name="finding-list"),
    path("export/", exports.finding_export, name="finding-export"),
    path("rules/", totals.by_rule, name="finding-rules"),
    path("areas/", totals.by_area, name="finding-areas"),
    path("runs/", runs.run_list, name="run-list"),
    path("runs/new/", runs.run_new, name="run-new"),
    path("runs/compare/", runs.compare, name="run-compare"),
    path("runs/<int:pk>/", runs.run_page, name="run"),
    path("runs/<int:pk>/progress/", runs.run_progress, name="run-progress"),
    path("lists/", outside.outside_lists, name="outside-lists"),
    path("lists/new/", outside.outside_list_new, name="outside-list-new"),
    path("lists/<slug:held>/", outside.outside_list, name="outside-list"),
    path("lists/<slug:held>/remove/", outside.outside_list_remove, name="outside-list-remove"),
    path("<int:pk>/", finding.finding, name="finding"),
    path("<int:pk>/verify/", finding.verify, name="finding-verify"),
    path("<int:pk>/assign/", finding.assign, name="finding-assign"),
    path("<int:pk>/reopen/", finding.reopen, name="finding-reopen"),
    path("<int:pk>/reveal/", finding.reveal, name="finding-reveal"),
]
