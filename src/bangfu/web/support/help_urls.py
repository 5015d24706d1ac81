"""Addresses of measures, of households' plans and promises, and of villages' plans."""

from typing import Any

from django.urls import path

from bangfu.web.support import help_household, help_lists, help_measures, promises, village_plans

urlpatterns: list[Any] = [
    path("", help_lists.measure_list, name="help-list"),
    path("lacking/", help_lists.lacking_list, name="help-lacking"),
    path("lacking/give/", help_measures.give, name="help-give"),
    path("households/<int:pk>/", help_household.household, name="help-household"),
    path("households/<int:pk>/should-have/", help_household.should_have, name="help-should-have"),
    path("households/<int:pk>/measures/new/", help_measures.measure_new, name="help-measure-new"),
    path("households/<int:pk>/promises/new/", promises.promise_new, name="help-promise-new"),
    path("promises/<int:pk>/", promises.promise, name="help-promise"),
    path("measures/<int:pk>/", help_measures.measure, name="help-measure"),
    path("measures/<int:pk>/change/", help_measures.measure_change, name="help-measure-change"),
    path("measures/<int:pk>/move/", help_measures.measure_move, name="help-measure-move"),
    path("villages/", village_plans.village_list, name="help-villages"),
    path("villages/<int:pk>/", village_plans.village, name="help-village"),
    path("villages/<int:pk>/projects/new/", village_plans.project_new, name="help-project-new"),
    path("projects/<int:pk>/", village_plans.project_change, name="help-project"),
]
