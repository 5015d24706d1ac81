"""Proposals, doubts and differences as the JSON objects of the gold files, with what else is known beside."""

import re
from pathlib import Path
from typing import Any

from bangfu.plans.reading.found import Difference, Doubt, Found, Number, Place, Proposal


def name_of(file: Path) -> str:
    """The short name of a document: the digits that its file name begins with, else the name without its ending."""
    digits = re.match(r"[0-9]{3}(?=[-_.])", file.name)
    return digits[0] if digits else file.stem


def proposal_as_json(proposal: Proposal, doc: str) -> dict[str, Any]:
    """One line for a proposal: the fields of the gold files, then area, document, heading, pattern and doubts."""
    told: dict[str, Any] = {
        "doc": doc,
        "start": proposal.start,
        "end": proposal.end,
        "quote": proposal.quote,
        "kind": proposal.kind.value,
        "subject": proposal.subject,
        "number": _number(proposal.number),
        "unit": proposal.unit,
        "comparison": proposal.comparison.value,
        "deadline": proposal.deadline or None,
        "cadence": {"times": _number(proposal.cadence.times), "period": proposal.cadence.period}
        if proposal.cadence
        else None,
        "owner": proposal.owner or None,
    }
    if proposal.beneficiaries:
        told["beneficiaries"] = [
            {"number": _number(b.number), "unit": b.unit, "who": b.who} for b in proposal.beneficiaries
        ]
    if proposal.alternatives:
        told["alternatives"] = [
            {"number": _number(a.number), "unit": a.unit, "comparison": a.comparison.value}
            for a in proposal.alternatives
        ]
    return told | {
        "area": proposal.area or None,
        "document": proposal.document,
        "heading": list(proposal.heading),
        "pattern": proposal.pattern,
        "doubts": [doubt_as_json(doubt) for doubt in proposal.doubts],
    }


def _number(number: Number) -> float | list[float]:
    """JSON knows no exact decimals: the nearest double, which is written with the same digits up to fifteen of them."""
    return [float(each) for each in number] if isinstance(number, tuple) else float(number)


def doubt_as_json(doubt: Doubt) -> dict[str, Any]:
    """A doubt with its place; `suggestion` is null when nobody can say what was meant."""
    return {
        "doubt": doubt.kind.value,
        "start": doubt.start,
        "end": doubt.end,
        "quote": doubt.quote,
        "suggestion": doubt.suggestion or None,
    }


def difference_as_json(difference: Difference) -> dict[str, Any]:
    """A difference with both places."""
    return {
        "difference": difference.kind,
        "unit": difference.unit,
        "expected": float(difference.expected),
        "found": float(difference.found),
        "first": _place(difference.first),
        "others": [_place(place) for place in difference.others],
    }


def _place(place: Place) -> dict[str, Any]:
    return {"start": place.start, "end": place.end, "quote": place.quote}


def everything(found: Found, doc: str) -> dict[str, Any]:
    """All that was found, as one object."""
    return {
        "doc": doc,
        "documents": [{"number": p.number, "title": p.title, "start": p.start, "end": p.end} for p in found.pieces],
        "headings": [{"level": h[0], "start": h[1], "end": h[2], "title": h[3]} for h in found.headings],
        "proposals": [proposal_as_json(proposal, doc) for proposal in found.proposals],
        "differences": [difference_as_json(difference) for difference in found.differences],
        "doubts": [doubt_as_json(doubt) for doubt in found.doubts],
    }
