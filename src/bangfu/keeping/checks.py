"""`bangfu check`: whatever is wrong with a home, each fault in one sentence."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from bangfu.accounts.roles import roles
from bangfu.areas.outlines.policy import outline_policy
from bangfu.areas.profile import village_profile
from bangfu.areas.reading import headers as headers_of_divisions
from bangfu.areas.standards import checklists
from bangfu.audit.selectors import chain_state
from bangfu.casework import loading as procedures
from bangfu.casework.counting import disagreements
from bangfu.casework.policy import policy as casework_policy
from bangfu.casework.postings import policy as posting_policy
from bangfu.casework.recognition_policy import policy as recognition_policy
from bangfu.casework.visited import policy as checks_on_visits
from bangfu.casework.watch_lists import headers as watch_headers
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_lists
from bangfu.findings.policy import policy as findings_policy
from bangfu.keeping.errors import DatabaseNewer, DatabaseUnreachable, HomeNotPrepared
from bangfu.keeping.papers import paper_hashes, sound_paper
from bangfu.keeping.tables import known_migrations, recorded_migrations
from bangfu.plans.documents.fitting import fitting as reading_fitting
from bangfu.plans.duties.loading import check_files as check_duties
from bangfu.plans.reading.files import limits as reading_limits
from bangfu.plans.reading.words import grammar as reading_words
from bangfu.plans.targets.measuring import check_file as target_measures
from bangfu.plans.warroom.terms import war_room_terms
from bangfu.registry.income_items import ledger
from bangfu.registry.intake.headers import header_file
from bangfu.registry.intake.limits import limits
from bangfu.registry.ledger.income import policy as income_policy
from bangfu.registry.papers import policy as paper_policy
from bangfu.registry.selectors import counts_differ
from bangfu.rulebook import services as rulebook
from bangfu.rulebook.errors import RuleFileWrong
from bangfu.screening.deprivations import check_files as check_measures
from bangfu.support.catalogue import every_catalogue as help_measures
from bangfu.support.policy import every_policy as pairing_policies
from bangfu.support.policy import headers as pairing_headers
from bangfu.visits.loading import check_files as visit_checklists
from bangfu.visits.policy import policy as visit_policy

Fault = str


def measures() -> object:
    """The lines and deprivations that are measured with figures and features of the rulebook."""
    try:
        book = rulebook.book()
    except RuleFileWrong:
        return None  # what is wrong with the rulebook itself is found by another check
    return check_measures(book, Path(settings.POLICY))


# Each reads the policy files of one kind, and refuses a wrong one with its name and what is wrong with it.
POLICY_READERS: tuple[Callable[[], object], ...] = (
    roles,
    code_lists,
    headers_of_divisions,
    village_profile,
    checklists,
    header_file,
    ledger,
    income_policy,
    limits,
    paper_policy,
    findings_policy,
    casework_policy,
    posting_policy,
    checks_on_visits,
    checks_on_visits,
    recognition_policy,
    watch_headers,
    pairing_policies,
    pairing_headers,
    help_measures,
    visit_policy,
    visit_checklists,
    measures,
    reading_words,
    reading_limits,
    reading_fitting,
    check_duties,
    target_measures,
    outline_policy,
    war_room_terms,
)


@dataclass(frozen=True)
class Check:
    """One thing that is looked at: its name, and what finds its faults."""

    name: str
    faults: Callable[[], Iterator[Fault]]


def policy_faults() -> Iterator[Fault]:
    """Every policy file is readable, and is what it should be."""
    for read in POLICY_READERS:
        try:
            read()
        except BangfuError as error:
            yield str(error)
    _book, faults = rulebook.look()
    yield from map(str, faults)
    yield from procedure_faults()


def procedure_faults() -> Iterator[Fault]:
    """Every procedure, and every list of exit checks, can be followed to an end."""
    try:
        _shelf, faults = procedures.look_everywhere()
    except BangfuError:
        return  # roles or code lists are wrong, which has been told
    yield from map(str, faults)


def database_faults() -> Iterator[Fault]:
    """The database answers and has the structure of this program; without that nothing else can be asked."""
    from django.db.migrations.executor import MigrationExecutor

    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        yield str(HomeNotPrepared(home=settings.HOME))
        return
    try:
        recorded = recorded_migrations()
    except OperationalError as error:
        yield str(DatabaseUnreachable(reason=str(error).strip().splitlines()[0]))
        return
    executor = MigrationExecutor(connection)
    if unknown := set(recorded) - known_migrations(executor):
        yield str(DatabaseNewer(migration=".".join(min(unknown))))
    elif executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield str(HomeNotPrepared(home=settings.HOME))


def audit_faults() -> Iterator[Fault]:
    """The trail is one unbroken chain."""
    state = chain_state()
    if state.broken_at is not None:
        yield _("留痕链在第 {number} 条断开：该条记录缺失或被改动过，请立即报告审计管理员并保全数据库。").format(
            number=state.broken_at
        )


def count_faults() -> Iterator[Fault]:
    """The yearly counts of every village are what a recount finds."""
    with transaction.atomic():
        different = counts_differ()
    for village, year in different:
        yield _("{village} {year} 年的统计与重新清点的结果不一致：请修改该村任一户的备注并保存，统计随即重算。").format(
            village=village, year=year
        )


def recognition_faults() -> Iterator[Fault]:
    """The files of households say what their recognitions say."""
    for each in disagreements():
        yield _("户 {number} 在册的认定（{on_file}）与案件认定（{recognised}）不一致：请按程序更正。").format(
            number=each.household.household_no, on_file=each.on_file or "—", recognised=each.recognised or "—"
        )


def paper_faults() -> Iterator[Fault]:
    """Every paper that the registry names lies on disk, unaltered."""
    for sha256 in paper_hashes():
        if sound_paper(sha256) is None:
            yield _("材料文件 {name} 缺失或被改动过：请从备份中找回 papers/{folder}/{rest}。").format(
                name=sha256[:12], folder=sha256[:2], rest=sha256[2:]
            )


POLICY = Check("policy", policy_faults)
DATABASE = Check("database", database_faults)
CONTENT = (
    Check("audit", audit_faults),
    Check("counts", count_faults),
    Check("recognitions", recognition_faults),
    Check("papers", paper_faults),
)


def faults(progress: Callable[[str], None] = lambda _name: None) -> dict[str, list[Fault]]:
    """The faults of each check, none for a sound one; checks of the content need a sound database."""
    found: dict[str, list[Fault]] = {}
    for check in (POLICY, DATABASE):
        progress(check.name)
        found[check.name] = list(check.faults())
    for check in CONTENT if not found[DATABASE.name] else ():
        progress(check.name)
        found[check.name] = list(check.faults())
    return found
