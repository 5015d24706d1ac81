"""Addresses of the page for the field. The service worker lies beside the page, so that it may serve it."""

from django.urls import path

from bangfu.web.field import views

urlpatterns = [
    path("", views.field, name="field"),
    path("key/", views.key, name="field-key"),
    path("worker.js", views.worker, name="field-worker"),
    path("app.webmanifest", views.manifest, name="field-manifest"),
]
