"""Addresses of visits."""

from typing import Any

from django.urls import path

from bangfu.web.visits import phone

urlpatterns: list[Any] = [
    path("phone/pack/", phone.pack, name="phone-pack"),
    path("phone/token/", phone.token, name="phone-token"),
    path("phone/send/", phone.send, name="phone-send"),
    path("phone/photos/<uuid:uuid>/", phone.photo, name="phone-photo"),
]
