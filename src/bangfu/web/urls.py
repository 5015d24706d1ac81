"""Every address of the site; each folder of pages brings its own."""

from django.urls import include, path

from bangfu.web import home

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("bangfu.web.accounts.urls")),
    path("areas/", include("bangfu.web.areas.urls")),
    path("households/", include("bangfu.web.registry.urls")),
    path("findings/", include("bangfu.web.findings.urls")),
    path("rules/", include("bangfu.web.rulebook.urls")),
    path("measures/", include("bangfu.web.measuring.urls")),
    path("audit/", include("bangfu.web.audit.urls")),
]
handler403 = "bangfu.web.home.refused"
handler404 = "bangfu.web.home.not_found"
handler500 = "bangfu.web.home.broken"
