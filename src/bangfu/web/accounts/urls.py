"""Addresses of signing in, of one's own account, of officers and posts."""

from typing import Any

from django.urls import path

from bangfu.web.accounts import views

urlpatterns: list[Any] = [
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-in/code/", views.sign_in_code, name="sign-in-code"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("language/", views.set_language, name="set-language"),
]
