"""Addresses of support: who helps whom, teams in villages."""

from typing import Any

from django.urls import path

from bangfu.web.support import board, helpers, households, imports, proposals, teams, units

urlpatterns: list[Any] = [
    path("", households.my_households, name="my-households"),
    path("board/", board.pairing_board, name="pairing-board"),
    path("without/", board.without_helper, name="without-helper"),
    path("over/", board.over_limit, name="over-limit"),
    path("households/<int:household_pk>/pair/", households.pair, name="pair"),
    path("pairings/<int:pk>/end/", households.pairing_end, name="pairing-end"),
    path("helpers/", helpers.helper_list, name="helper-list"),
    path("helpers/new/", helpers.helper_new, name="helper-new"),
    path("helpers/<int:pk>/", helpers.helper, name="helper"),
    path("helpers/<int:pk>/edit/", helpers.helper_edit, name="helper-edit"),
    path("helpers/<int:pk>/phone/", helpers.helper_phone, name="helper-phone"),
    path("helpers/<int:pk>/hand-over/", helpers.hand_over, name="hand-over"),
    path("helpers/<int:pk>/leave/", helpers.helper_leave, name="helper-leave"),
    path("handovers/<int:pk>/paper/", helpers.handover_paper, name="handover-paper"),
    path("units/", units.unit_list, name="unit-list"),
    path("units/new/", units.unit_new, name="unit-new"),
    path("units/<int:pk>/", units.unit, name="unit"),
    path("villages/<int:village_pk>/charges/", units.charge_new, name="charge-new"),
    path("charges/<int:pk>/end/", units.charge_end, name="charge-end"),
    path("imports/", imports.pairing_import_list, name="pairing-import-list"),
    path("imports/new/", imports.pairing_import_new, name="pairing-import-new"),
    path("imports/template/", imports.pairing_template, name="pairing-template"),
    path("imports/<int:pk>/", imports.pairing_import, name="pairing-import"),
    path("imports/<int:pk>/report/", imports.pairing_report, name="pairing-report"),
    path("imports/<int:pk>/write/", imports.pairing_import_write, name="pairing-import-write"),
    path("imports/<int:pk>/drop/", imports.pairing_import_drop, name="pairing-import-drop"),
    path("proposals/", proposals.proposal_list, name="proposal-list"),
    path("proposals/new/", proposals.proposal_new, name="proposal-new"),
    path("proposals/<int:pk>/", proposals.proposal, name="proposal"),
    path("proposals/<int:pk>/decide/", proposals.proposal_decide, name="proposal-decide"),
    path("teams/", teams.team_list, name="team-list"),
    path("teams/new/", teams.team_new, name="team-new"),
    path("teams/<int:pk>/", teams.team, name="team"),
    path("teams/<int:pk>/end/", teams.team_end, name="team-end"),
    path("teams/<int:pk>/join/", teams.team_join, name="team-join"),
    path("team-members/<int:pk>/leave-team/", teams.member_leave, name="team-member-leave"),
    path("team-members/<int:pk>/days/", teams.member_days, name="team-member-days"),
    path("team-members/<int:pk>/leaves/", teams.leave_new, name="leave-new"),
    path("leaves/<int:pk>/withdraw/", teams.leave_withdraw, name="leave-withdraw"),
]
