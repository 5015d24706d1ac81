"""Addresses of the registry."""

from typing import Any

from django.urls import include, path

from bangfu.web.registry import change, household, papers, statement, views

urlpatterns: list[Any] = [
    path("", views.household_list, name="household-list"),
    path("", include("bangfu.web.registry.import_urls")),
    path("add/", change.add, name="household-add"),
    path("<int:pk>/", household.household, name="household"),
    path("<int:pk>/edit/<slug:section>/", change.edit, name="household-edit"),
    path("<int:pk>/split/", change.split, name="household-split"),
    path("<int:pk>/merge/", change.merge, name="household-merge"),
    path("<int:pk>/history/", household.history, name="household-history"),
    path("<int:pk>/reveal/<slug:field>/", household.reveal, name="household-reveal"),
    path("<int:pk>/members/add/", change.member_add, name="member-add"),
    path("<int:pk>/members/<int:member_pk>/", household.member, name="member"),
    path("<int:pk>/members/<int:member_pk>/edit/", change.member_edit, name="member-edit"),
    path("<int:pk>/members/<int:member_pk>/leave/", change.member_leave, name="member-leave"),
    path("<int:pk>/members/<int:member_pk>/reveal/<slug:field>/", household.reveal, name="member-reveal"),
    path("<int:pk>/members/<int:member_pk>/work-records/add/", change.work, name="work-add"),
    path("<int:pk>/members/<int:member_pk>/work-records/<int:record_pk>/", change.work, name="work-edit"),
    path("<int:pk>/income/", household.income, name="household-income"),
    path("<int:pk>/income/add/", statement.statement, name="statement-add"),
    path("<int:pk>/income/<int:year>/edit/", statement.statement, name="statement-edit"),
    path("<int:pk>/papers/", household.papers, name="household-papers"),
    path("<int:pk>/papers/add/", papers.add, name="paper-add"),
    path("<int:pk>/papers/<int:paper_pk>/", papers.look, name="paper"),
    path("<int:pk>/papers/<int:paper_pk>/remove/", papers.remove, name="paper-remove"),
]
