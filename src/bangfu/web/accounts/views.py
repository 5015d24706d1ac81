"""Signing in and out, officers and posts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None) -> HttpResponse:
    return render(request, "error.html", {"status": 429}, status=429)
