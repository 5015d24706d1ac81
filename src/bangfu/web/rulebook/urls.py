"""Addresses of rules and figures: the book, a rule, a figure, and what a place decides for itself."""

from typing import Any

from django.urls import path

from bangfu.web.rulebook import drafts, views

urlpatterns: list[Any] = [
    path("", views.rules, name="rule-list"),
    path("waiting/", views.waiting, name="rule-waiting"),
    path("figures/", views.figures, name="figure-list"),
    path("figures/<slug:figure>/", views.figure, name="figure"),
    path("local/", drafts.listed, name="draft-list"),
    path("local/figure/", drafts.new_figure, name="draft-figure"),
    path("local/rule/", drafts.new_rule, name="draft-rule"),
    path("local/end/", drafts.new_end, name="draft-end"),
    path("local/export/", drafts.export, name="draft-export"),
    path("local/<int:pk>/", drafts.page, name="draft"),
    path("local/<int:pk>/try/", drafts.try_out, name="draft-try"),
    path("local/<int:pk>/submit/", drafts.submit, name="draft-submit"),
    path("local/<int:pk>/withdraw/", drafts.withdraw, name="draft-withdraw"),
    path("local/<int:pk>/decide/", drafts.decide, name="draft-decide"),
    path("<slug:rule>/", views.rule, name="rule"),
]
