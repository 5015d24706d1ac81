"""Pages of the registry."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def household_list(request: HttpRequest) -> HttpResponse:
    return render(request, "registry/household_list.html", {})
