"""Addresses of visits."""

from typing import Any

from django.urls import path

from bangfu.web.visits import closing, lists, odk, phone, settling, visit

# What ODK Collect asks for below the address of its server, which it is told once.
OPENROSA = (
    ("", odk.root, "root"),
    ("formList", odk.form_list, "list"),
    ("submission", odk.submission, "submission"),
    ("forms/<slug:form>.xml", odk.form, "form"),
    ("forms/<slug:form>/manifest", odk.manifest, "manifest"),
    ("forms/<slug:form>/<str:name>", odk.media, "media"),
)

urlpatterns: list[Any] = [
    *(path(f"odk/{route}", view, name=f"odk-{name}") for route, view, name in OPENROSA),
    *(path(f"odk/key/<str:key>/{route}", view, name=f"odk-key-{name}") for route, view, name in OPENROSA),
    path("apps/", odk.settings, name="odk-settings"),
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
    path("for-case/<int:case>/", closing.take_for_case, name="visit-for-case"),
    path("phone/pack/", phone.pack, name="phone-pack"),
    path("phone/token/", phone.token, name="phone-token"),
    path("phone/send/", phone.send, name="phone-send"),
    path("phone/photos/<uuid:uuid>/", phone.photo, name="phone-photo"),
]
