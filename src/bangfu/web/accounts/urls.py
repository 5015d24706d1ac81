"""Addresses of signing in, officers and posts."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

urlpatterns: list[Any] = [
    path("sign-in/", LoginView.as_view(template_name="accounts/sign_in.html"), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
