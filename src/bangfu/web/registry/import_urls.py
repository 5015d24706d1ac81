"""Addresses of import and export, below those of the registry."""

from django.urls import path

from bangfu.web.registry import exports, imports

urlpatterns = [
    path("import/", imports.import_list, name="import-list"),
    path("import/new/", imports.import_new, name="import-new"),
    path("import/template/", imports.import_template, name="import-template"),
    path("import/<int:pk>/", imports.import_page, name="import-page"),
    path("import/<int:pk>/progress/", imports.import_progress, name="import-progress"),
    path("import/<int:pk>/report/", imports.import_report, name="import-report"),
    path("import/<int:pk>/confirm/", imports.import_confirm, name="import-confirm"),
    path("import/<int:pk>/undo/", imports.import_undo, name="import-undo"),
    path("export/", exports.household_export, name="household-export"),
]
