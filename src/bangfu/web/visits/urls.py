"""Addresses of visits."""

from typing import Any

from django.urls import path

from bangfu.web.visits import lists, phone, settling, visit

urlpatterns: list[Any] = [
    path("", lists.visit_list, name="visit-list"),
    path("export/", lists.visit_export, name="visit-export"),
    path("villages/", lists.villages, name="visit-villages"),
    path("new/", visit.visit_new, name="visit-new"),
    path("corrections/", settling.corrections, name="visit-corrections"),
    path("corrections/<int:pk>/", settling.correction_decide, name="correction-decide"),
    path("tray/", settling.tray, name="visit-tray"),
    path("tray/<int:pk>/", settling.tray_entry, name="visit-tray-entry"),
    path("<int:pk>/", visit.visit, name="visit"),
    path("<int:pk>/photos/<int:photo>/", visit.visit_photo, name="visit-photo"),
    path("<int:pk>/doubts/<int:doubt>/", visit.visit_explain, name="visit-explain"),
    path("phone/pack/", phone.pack, name="phone-pack"),
    path("phone/token/", phone.token, name="phone-token"),
    path("phone/send/", phone.send, name="phone-send"),
    path("phone/photos/<uuid:uuid>/", phone.photo, name="phone-photo"),
]
