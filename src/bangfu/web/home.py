"""The home page, and the pages for addresses that lead nowhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {})


def refused(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 403}, status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 404}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    return render(request, "error.html", {"status": 500}, status=500)
