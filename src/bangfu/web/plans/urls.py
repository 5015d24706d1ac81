"""Addresses of plans: documents with what was read in them."""

from typing import Any

from django.urls import path

from bangfu.web.plans import desk, documents, proposal

urlpatterns: list[Any] = [
    path("documents/", documents.document_list, name="plan-document-list"),
    path("documents/new/", documents.document_new, name="plan-document-new"),
    path("documents/<int:pk>/", desk.document, name="plan-document"),
    path("documents/<int:pk>/file/", documents.document_file, name="plan-document-file"),
    path("documents/<int:pk>/again/", documents.document_again, name="plan-document-again"),
    path("documents/<int:pk>/withdraw/", documents.document_withdraw, name="plan-document-withdraw"),
    path("documents/<int:pk>/refuse/", desk.refuse_shown, name="plan-document-refuse"),
    path("proposals/<int:pk>/", proposal.proposal, name="plan-proposal"),
    path("proposals/<int:pk>/decide/", desk.decide, name="plan-proposal-decide"),
    path("proposals/<int:pk>/mend/", proposal.mend, name="plan-proposal-mend"),
    path("proposals/<int:pk>/accept/", proposal.accept, name="plan-proposal-accept"),
    path("proposals/<int:pk>/refuse/", proposal.refuse, name="plan-proposal-refuse"),
]
