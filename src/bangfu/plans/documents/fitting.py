"""Where in policy a thing belongs that was read in a document: the figures that a standard may be a value of, the
duties that a duty may be another word for. Suggestions for a person; nothing is decided here.

Likeness is the share of neighbouring pairs of characters of a policy's name that stand in the document's words too:
"到村帮扶" has 到村, 村帮, 帮扶. Chinese needs no cutting into words for that.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml
from pydantic import model_validator

from bangfu.areas.models import Area
from bangfu.common.policy import Strict, policy_file, read_yaml
from bangfu.plans.duties.loading import Regimes
from bangfu.plans.duties.periods import Every
from bangfu.plans.duties.shapes import Duty, Often, What
from bangfu.plans.models import Proposal
from bangfu.plans.reading.plain import plain
from bangfu.plans.reading.words import grammar
from bangfu.plans.targets.catalogue import measures_in
from bangfu.rulebook.models import Figure, FigureValue
from bangfu.rulebook.services import book

# Below it two names share little more than the words that all of them have.
ALIKE = 0.4
# A measure is only offered when nearly all of its name is there: a share of people is not one of households.
MEASURED = 0.7
SHOWN = 3
# The reader's names of periods that policy writes otherwise. Nothing in policy comes round every day.
_PERIODS = {"half-month": "half_month", "2-month": "two_months", "half-year": "half_year"}


class Fitting(Strict):
    """The file `policy/china/reading/fitting.yaml`."""

    deeds: Mapping[What, tuple[str, ...]]

    @model_validator(mode="after")
    def _names_every_deed(self) -> "Fitting":
        if missing := sorted(set(What) - set(self.deeds)):
            raise ValueError(f"no words for {missing}")
        return self


@cache
def fitting() -> Fitting:
    return read_yaml(policy_file("reading", "fitting.yaml"), Fitting)


@dataclass(frozen=True)
class FigureFit:
    """A figure of policy that a standard may be a value of; `now` is what holds in the place today (None: nothing)."""

    figure: Figure
    likeness: float
    now: FigureValue | None


@dataclass(frozen=True)
class DutyFit:
    """A duty of policy that the document may mean; `same`: as often as the document says."""

    duty: Duty
    likeness: float
    same: bool


def likeness(name: str, words: str) -> float:
    """How much of a name stands in the words, from 0 to 1."""
    pairs = {name[n : n + 2] for n in range(len(name) - 1)}
    return sum(pair in words for pair in pairs) / len(pairs) if pairs else float(bool(name) and name in words)


def headings_of(proposal: Proposal) -> list[str]:
    """The headings above a thing. One that goes on as the sentence itself would bring in its neighbours' words and is
    left out."""
    quote = plain(proposal.quote)
    return [heading for heading in proposal.heading if quote not in plain(heading)]


def words_of(proposal: Proposal) -> str:
    """What the document says of a thing: its headings, its own words, what is measured; in the form of the reader."""
    return plain("\n".join([*headings_of(proposal), proposal.quote, proposal.subject]))


# --- targets ---------------------------------------------------------------------------------------------------------


def measure_for(proposal: Proposal) -> str:
    """The measure of the catalogue by whose name the document seems to call what is to be reached, in the same unit;
    "" when none is alike."""
    words = words_of(proposal)
    found = [(likeness(each.label.zh, words), each.id) for each in measures_in(proposal.unit)]
    share, id = max(found, default=(0.0, ""))
    return id if share >= MEASURED else ""


# --- standards -------------------------------------------------------------------------------------------------------


def figures_for(proposal: Proposal, code: str, today: date) -> list[FigureFit]:
    """The figures that a standard may be a value of in the place of an area code (its beginning), the likeliest first.
    Only those that are counted in the same unit."""
    words, here = words_of(proposal), book(code)
    found = [
        FigureFit(figure, share, here.value_in_force(figure.id, code, today))
        for figure in here.figures.values()
        if same_unit(proposal.unit, figure.unit.zh) and (share := likeness(figure.label.zh, words)) >= ALIKE
    ]
    return sorted(found, key=lambda fit: (-fit.likeness, fit.figure.id))[:SHOWN]


def same_unit(read: str, figure: str) -> bool:
    """Whether two units may mean the same: what they are counted in, whatever stands below the bar (元/人/年, 元), in
    either of its spellings (周岁, 岁)."""
    same = grammar().units.same
    one, other = (same.get(head, head) for head in (unit.split("/")[0].strip() for unit in (read, figure)))
    return bool(one and other) and (one.endswith(other) or other.endswith(one))


# --- duties ----------------------------------------------------------------------------------------------------------


def duties_for(proposal: Proposal, area: Area, today: date) -> list[DutyFit]:
    """The duties that hold in the area and may be meant, the likeliest first: of a kind of deed that the document
    names, and either as often as it says or alike in words."""
    words, every, times = words_of(proposal), every_of(proposal), proposal.cadence_times
    named = {what for what, deeds in fitting().deeds.items() if any(deed in words for deed in deeds)}
    found = []
    for duty in Regimes.now().at(area.place, today).values():
        if duty.what not in named:
            continue
        share = max(likeness(name, words) for name in (duty.title.zh, duty.source.clause))
        same = duty.often.every is every and duty.often.at_least == times
        if same or duty.often.every is every or share >= ALIKE:
            found.append(DutyFit(duty, share, same))
    return sorted(found, key=lambda fit: (not fit.same, -fit.likeness, fit.duty.id))[:SHOWN]


def every_of(proposal: Proposal) -> Every | None:
    """The rhythm of a duty that was read, as policy names it; None when policy has no such period."""
    name = _PERIODS.get(proposal.cadence_period, proposal.cadence_period)
    return Every(name) if name in set(Every) else None


def local_duty(proposal: Proposal, duty: Duty) -> str | None:
    """The file of a place that says a duty as the document does, for `policy/places/<code>/duties/`: the duty of policy
    as often as was read, by the document. None when the rhythm is none of policy's, or no whole number."""
    often = _often(proposal, duty)
    if often is None:
        return None
    said = duty.model_copy(update={"often": often})
    entry = _entry(said) | {
        "id": f"{duty.id}_local"[:60],
        "source": {
            "document": proposal.document.title,
            "clause": " / ".join([*headings_of(proposal)[-1:], proposal.quote]),
        },
    }
    return _written({"label": {"zh": duty.title.zh, "en": duty.title.en}, "drops": [duty.id], "duties": [entry]})


def _often(proposal: Proposal, duty: Duty) -> Often | None:
    every, times = every_of(proposal), proposal.cadence_times
    if every is None or times is None or times < 1 or not float(times).is_integer():
        return None
    return Often(at_least=int(times), every=every, counted=duty.often.counted)


def difference(proposal: Proposal, duty: Duty) -> list[str]:
    """What a place's own file would change in a duty, as lines that begin with "-", "+" or a blank; empty when nothing,
    or when it cannot be written."""
    often = _often(proposal, duty)
    if often is None or often == duty.often:
        return []
    before, after = (_written(_entry(each)) for each in (duty, duty.model_copy(update={"often": often})))
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _entry(duty: Duty) -> dict[str, Any]:
    """A duty as its file would hold it, without what says nothing."""
    told = _bare(duty.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True))
    return dict(told)


def _bare(told: Any) -> Any:
    if isinstance(told, dict):
        return {key: _bare(value) for key, value in told.items() if value not in ("", None)}
    return [_bare(value) for value in told] if isinstance(told, list) else told


def _written(told: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(dict(told), allow_unicode=True, sort_keys=False, width=120))
