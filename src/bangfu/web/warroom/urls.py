"""Addresses of the war room, and of the outlines its maps are drawn from."""

from typing import Any

from django.urls import path

from bangfu.web.warroom import outlines, rooms

urlpatterns: list[Any] = [
    path("", rooms.war_room, name="war-room"),
    path("wall/", rooms.war_room_wall, name="war-room-wall"),
    path("sheet/", rooms.war_room_sheet, name="war-room-sheet"),
    path("households/", rooms.war_room_households, name="war-room-households"),
    path("outlines/<int:pk>/", outlines.outlines, name="outlines"),
    path("outlines/sets/<int:pk>/revoke/", outlines.outlines_revoke, name="outlines-revoke"),
]
