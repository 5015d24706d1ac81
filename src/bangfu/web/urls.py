"""Every address of the site; each folder of pages brings its own."""

from django.urls import include, path

from bangfu.web import home
from bangfu.web.casework import applications, public

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("bangfu.web.accounts.urls")),
    path("areas/", include("bangfu.web.areas.urls")),
    path("households/", include("bangfu.web.registry.urls")),
    path("findings/", include("bangfu.web.findings.urls")),
    path("cases/", include("bangfu.web.casework.urls")),
    path("visits/", include("bangfu.web.visits.urls")),
    path("field/", include("bangfu.web.field.urls")),
    path("help/", include("bangfu.web.support.help_urls")),
    path("public/apply/<int:village>/", applications.public_apply, name="public-apply"),
    path("public/postings/", public.public_postings, name="public-postings"),
    path("public/postings/<int:pk>/", public.public_posting, name="public-posting"),
    path("support/", include("bangfu.web.support.urls")),
    path("duties/", include("bangfu.web.duties.urls")),
    path("plans/", include("bangfu.web.plans.urls")),
    path("warroom/", include("bangfu.web.warroom.urls")),
    path("rules/", include("bangfu.web.rulebook.urls")),
    path("measures/", include("bangfu.web.measuring.urls")),
    path("audit/", include("bangfu.web.audit.urls")),
]
handler403 = "bangfu.web.home.refused"
handler404 = "bangfu.web.home.not_found"
handler500 = "bangfu.web.home.broken"
