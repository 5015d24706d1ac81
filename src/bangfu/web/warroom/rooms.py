"""The war room: a map of areas with the figures beside it, on the desk, on the wall and on paper."""

import io
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.areas.models import Area
from bangfu.areas.outlines.drawing import Drawing
from bangfu.areas.outlines.policy import outline_policy
from bangfu.common.paging import counted, cut
from bangfu.common.places import Level
from bangfu.plans.targets import lists
from bangfu.plans.targets.catalogue import catalogue
from bangfu.plans.targets.measuring import households
from bangfu.plans.targets.values import counted_until
from bangfu.plans.targets.words import amount_text, number_text, standing_colour, standing_label, with_unit
from bangfu.plans.warroom.boards import Figure, targets_to_show
from bangfu.plans.warroom.terms import war_room_terms
from bangfu.web.files import as_file
from bangfu.web.guard import needs, officer_of
from bangfu.web.listing import page_of
from bangfu.web.middleware import BY_ITSELF
from bangfu.web.registry.rows import tags_of
from bangfu.web.scope import trail_of
from bangfu.web.warroom.asking import ALL_TIME, DEEPER, Asked, asked_for, may_go_deeper
from bangfu.web.warroom.charts import bars, course_line
from bangfu.web.warroom.maps import map_of
from bangfu.web.warroom.paper import sheet_of
from bangfu.web.warroom.shading import shading

# So many targets in the list of what may be looked at.
TARGETS = 60
# A table of more rows is scrolled inside its card.
MANY = 24


@needs("plans.view")
@require_safe
def war_room(request: HttpRequest) -> HttpResponse:
    """The map and the figures of a measure or a target, for the areas below one."""
    asked = asked_for(request)
    return render(request, "warroom/war_room.html", {**pictures(asked), **_choices(asked)})


def pictures(asked: Asked, *, font: str = "") -> dict[str, Any]:
    """Map, bars and course of a board, and everything that is written beside them."""
    made, shades = asked.board, shading(asked.board)
    subject = made.subject
    return {
        "asked": asked,
        "board": made,
        "subject": subject,
        "place": made.area.name if made.area else _("我的全部区域"),
        "map": map_of(made, asked.drawing, shades, asked.link, font=font),
        "bars": bars(made, shades, asked.link, font=font),
        "course": course_line(made.course, subject.unit, font=font),
        "legend": shades.legend,
        "notes": notes_of(asked.drawing),
        "whole": _row(asked, made.whole) if made.whole else None,
        "rows": [_row(asked, each) for each in made.ranked],
        "many": len(made.shown) > MANY,
        "missing": [each.area.name for each in made.shown if each.area.pk in asked.drawing.missing],
        "at": timezone.localtime(),
    }


def notes_of(drawing: Drawing) -> list[str]:
    """What must be said below a map: that cells are no boundaries, where points come from, the number of the map
    review."""
    notes = []
    if drawing.schematic:
        notes.append(_("示意分区，非行政界线"))
    placed = (
        (_("上传 {number} 个"), drawing.brought),
        (_("走访定位 {number} 个"), drawing.walked),
        (_("示意 {number} 个"), len(drawing.guessed)),
    )
    if said := [text.format(number=number) for text, number in placed if number]:
        notes.append(_("村的位置：{parts}").format(parts=_("、").join(said)))
    if drawing.uploaded:
        notes.append(_("部分界线由本地上传"))
    if drawing.real:
        notes.append(_("审图号：{number}").format(number=outline_policy().review_number))
        notes.append(str(outline_policy().notice))
    return notes


def _row(asked: Asked, figure: Figure) -> dict[str, Any]:
    unit = asked.board.subject.unit
    above: dict[int | None, str] = {each.pk: each.name for each in asked.board.units} if asked.deeper else {}
    return {
        "figure": figure,
        "name": figure.area.name,
        "above": above.get(figure.area.parent_id, ""),
        "value": with_unit(figure.value, unit),
        "planned": number_text(figure.planned) if figure.target else "",
        "amount": amount_text(figure.target) if figure.target else "",
        "limit": figure.limit,
        "standing": standing_label(figure.standing) if figure.standing else "",
        "colour": standing_colour(figure.standing) if figure.standing else "",
        "url": asked.link(figure),
        "households": asked.households(figure.area),
        "target": reverse("target", args=[figure.target.pk]) if figure.target else "",
    }


# --- the form --------------------------------------------------------------------------------------------------------


def _choices(asked: Asked) -> dict[str, Any]:
    """What may be chosen, and the way back up."""
    made, officer = asked.board, asked.officer
    first, last = made.days
    target = made.subject.target
    shown = targets_to_show(officer, TARGETS)
    if target is not None and target not in shown:
        shown.insert(0, target)
    return {
        "scope": asked.scope,
        "elsewhere": asked.query(area=None, level=None),
        "targets": [{"key": f"t{each.pk}", "target": each} for each in shown],
        "measures": [{"key": each.id, "label": each.label, "unit": each.unit} for each in catalogue().measures],
        "wall": set(war_room_terms().wall.measures),
        "crumbs": crumbs(asked),
        "deeper_possible": may_go_deeper(made.area, made.units),
        "deeper": DEEPER,
        "all_time": ALL_TIME,
        "first": first,
        "last": last,
        "span": (last - first).days,
        "at_day": (made.day - first).days,
        "query": asked.query(),
        "may_outline": officer.has_perm("areas.manage") and made.area is not None,
    }


def crumbs(asked: Asked) -> list[tuple[str, str]]:
    """The boards above this one: names and addresses, the highest first."""
    made, address = asked.board, reverse("war-room")
    found: list[tuple[str, str]] = []
    target = made.subject.target
    if target is not None:
        found += [
            (each.area.name, f"{address}?{asked.query(m=f't{each.pk}', area=None, level=None)}")
            for each in lists.wholes_of(asked.officer, target)
        ]
        if asked.scope.area is None or made.area is None or made.area.pk == target.area_id:
            return found
        found.append((target.area.name, f"{address}?{asked.query(area=None, level=None)}"))
    if made.area is None:
        return found
    found += [
        (area.name, f"{address}?{asked.query(area=area.pk, level=None)}")
        for area in trail_of(asked.officer, made.area, asked.scope.tops)
        if target is None or (target.area.reach.holds(area.place) and area.level > target.area.level)
    ]
    if len(asked.scope.tops) > 1 and target is None:
        found.insert(0, (_("我的全部区域"), f"{address}?{asked.query(area=None, level=None)}"))
    return found


# --- the households behind a figure ----------------------------------------------------------------------------------


@needs("registry.view")
@require_safe
def war_room_households(request: HttpRequest) -> HttpResponse:
    """The households that a figure counts, or that a share still lacks, as far as the officer may see them."""
    officer, asked = officer_of(request), asked_for(request, figures=False)
    subject, wanted = asked.board.subject, request.GET.get("area", "")
    visible = Area.objects.visible_to(officer).select_related("parent")
    known = wanted.isascii() and wanted.isdigit() and len(wanted) < 19
    area: Area = get_object_or_404(visible, pk=int(wanted) if known else 0)
    if not subject.leads_to_households or subject.measure is None:
        return render(request, "error.html", {"status": 404}, status=404)
    until = counted_until(subject.target, asked.board.day) if subject.target else asked.board.day
    lacking = request.GET.get("side") == "lacking" and subject.measure.is_share
    rows = households(officer, subject.measure, area, subject.since, until, lacking=lacking)
    rows = rows.select_related("village__parent").order_by("place", "household_no")
    words = request.GET.get("q", "").strip()[:60]
    if words:
        rows = rows.filter(Q(head_name__startswith=words) | Q(household_no__startswith=words))
    shown, context = page_of(request, lambda page: cut(rows, page), lambda: counted(rows))
    mine = asked.query(area=area.pk, level=None)
    up = {"area": area.parent_id if area.level >= Level.VILLAGE else area.pk, "level": None}
    context |= {
        "asked": asked,
        "subject": subject,
        "area": area,
        "back": f"{reverse('war-room')}?{asked.query(**up)}",
        "is_share": subject.measure.is_share,
        "lacking": lacking,
        "counted_url": f"?{mine}",
        "lacking_url": f"?{mine}&side=lacking",
        "hidden": [(name, request.GET[name]) for name in ("m", "area", "day", "since", "side") if name in request.GET],
        "past": asked.board.day < asked.today,
        "q": words,
        "rows": [{"household": each, "tags": tags_of(each)} for each in shown],
    }
    return render(request, "warroom/households.html", context)


# --- the wall --------------------------------------------------------------------------------------------------------


@needs("plans.view")
@require_safe
def war_room_wall(request: HttpRequest) -> HttpResponse:
    """One picture after another for a screen on the wall: `show` says which measures and targets, `at` which now. What
    the page asks for by itself says so: that is nobody's click, and the session of whoever left it there ends."""
    keys = _wall_keys(request)
    at = request.GET.get("at", "")
    number = int(at) % len(keys) if at.isascii() and at.isdigit() and len(at) < 7 else 0
    asked = asked_for(request, key=keys[number])
    query = request.GET.copy()
    query.pop(BY_ITSELF, None)
    before, turning = query.copy(), query.copy()
    query["at"] = turning["at"] = str((number + 1) % len(keys))
    before["at"] = str((number - 1) % len(keys))
    turning[BY_ITSELF] = "1"
    context = {
        **pictures(asked),
        "seconds": war_room_terms().wall.seconds,
        "next": f"?{query.urlencode()}",
        "before": f"?{before.urlencode()}",
        "turning": f"?{turning.urlencode()}",
        "ends_after": None if asked.officer.unattended else settings.SESSION_COOKIE_AGE // 60,
        "number": number + 1,
        "all": len(keys),
        "back": f"{reverse('war-room')}?{asked.query()}",
    }
    context["rows"] = context["rows"][: war_room_terms().bars]
    return render(request, "warroom/wall.html", context)


def _wall_keys(request: HttpRequest) -> Sequence[str]:
    """What is shown: the chosen ones, else those of policy, with the most urgent targets first."""
    terms = war_room_terms().wall
    chosen = [each for each in request.GET.getlist("show") if len(each) < 61]
    if not chosen:
        targets = targets_to_show(officer_of(request), 2)
        chosen = [*(f"t{each.pk}" for each in targets), *terms.measures]
    return list(dict.fromkeys(chosen))[: terms.most]


# --- on paper --------------------------------------------------------------------------------------------------------


@needs("plans.view")
@require_safe
def war_room_sheet(request: HttpRequest) -> Any:
    """The board as a PDF of one sheet and the table behind it."""
    if not request.GET.get("m"):
        return redirect("war-room")
    asked = asked_for(request)
    made = asked.board
    title = _("{title}（{place}）{day}").format(
        title=made.subject.title, place=made.area.name if made.area else _("我的全部区域"), day=made.day.isoformat()
    )
    return as_file(io.BytesIO(sheet_of(asked, title)), "application/pdf", f"{title}.pdf")
