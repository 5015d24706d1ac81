"""Addresses of plans: documents with what was read in them, and targets."""

from typing import Any

from django.urls import path

from bangfu.web.plans import adding, desk, documents, proposal, target_edit, target_sheets, targets

urlpatterns: list[Any] = [
    path("documents/", documents.document_list, name="plan-document-list"),
    path("documents/new/", documents.document_new, name="plan-document-new"),
    path("documents/<int:pk>/", desk.document, name="plan-document"),
    path("documents/<int:pk>/file/", documents.document_file, name="plan-document-file"),
    path("documents/<int:pk>/again/", documents.document_again, name="plan-document-again"),
    path("documents/<int:pk>/withdraw/", documents.document_withdraw, name="plan-document-withdraw"),
    path("documents/<int:pk>/add/", adding.document_add, name="plan-document-add"),
    path("documents/<int:pk>/refuse/", desk.refuse_shown, name="plan-document-refuse"),
    path("proposals/<int:pk>/", proposal.proposal, name="plan-proposal"),
    path("proposals/<int:pk>/decide/", desk.decide, name="plan-proposal-decide"),
    path("proposals/<int:pk>/mend/", proposal.mend, name="plan-proposal-mend"),
    path("proposals/<int:pk>/accept/", proposal.accept, name="plan-proposal-accept"),
    path("proposals/<int:pk>/refuse/", proposal.refuse, name="plan-proposal-refuse"),
    path("", targets.target_list, name="target-list"),
    path("targets/new/", target_edit.target_new, name="target-new"),
    path("targets/chart/", target_sheets.target_chart, name="target-chart"),
    path("targets/dispatch/", target_sheets.target_dispatch, name="target-dispatch"),
    path("targets/dispatch/export/", target_sheets.target_export, name="target-export"),
    path("targets/<int:pk>/", targets.target, name="target"),
    path("targets/<int:pk>/households/", targets.target_households, name="target-households"),
    path("targets/<int:pk>/change/", target_edit.target_change, name="target-change"),
    path("targets/<int:pk>/withdraw/", target_edit.target_withdraw, name="target-withdraw"),
    path("targets/<int:pk>/break-down/", target_edit.target_break, name="target-break"),
    path("targets/<int:pk>/stages/", target_edit.target_stages, name="target-stages"),
    path("targets/<int:pk>/stages/<int:stage>/", target_edit.stage_done, name="target-stage-done"),
    path("targets/<int:pk>/report/", target_edit.target_report, name="target-report"),
    path("targets/<int:pk>/reports/<int:report>/", target_edit.report_paper, name="target-report-paper"),
    path("targets/<int:pk>/reports/<int:report>/withdraw/", target_edit.report_withdraw, name="target-report-withdraw"),
]
