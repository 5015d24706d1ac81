"""The reader of the trail: who did what, when, to what; its export, and the check that nobody touched it."""

import csv
from collections.abc import Iterator
from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bangfu.accounts.models import Officer
from bangfu.accounts.selectors import entries_for, sees_the_whole_house
from bangfu.audit import selectors
from bangfu.audit.actions import ACTIONS, SUBJECTS, action_label, subject_label
from bangfu.audit.models import Entry
from bangfu.audit.services import record
from bangfu.web.accounts.paging import PAGE_SIZE, Page, with_words
from bangfu.web.accounts.rights import needs
from bangfu.web.audit.words import details_in_words

# Counting a trail of millions for the sake of a line below the list is not worth the wait.
COUNTED = 10_000


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _asked(request: HttpRequest) -> tuple[Any, dict[str, str]]:
    """The entries that the filters ask for, among those the officer may read, newest first; and the filters used."""
    officer = cast(Officer, request.user)
    words = {
        key: request.GET.get(key, "").strip()
        for key in ("first", "last", "person", "action", "subject_type", "subject_id")
    }
    words = {key: value for key, value in words.items() if value and "\x00" not in value}
    found = entries_for(officer).between(_day(words.get("first", "")), _day(words.get("last", "")))
    if person := words.get("person"):
        known = Officer.objects.visible_to(officer).filter(username=person).values("pk")
        found = found.filter(actor_name__icontains=person) | found.filter(actor_id__in=known)
    if action := words.get("action"):
        found = found.filter(action=action)
    if kind := words.get("subject_type"):
        found = found.filter(subject_type=kind)
    if subject := words.get("subject_id"):
        found = found.filter(subject_id=subject)
    return found.order_by("-number"), words


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@needs("audit.view")
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """Pages go by the number of the last entry shown, so that the thousandth is as fast as the first."""
    found, words = _asked(request)
    before = _number(request.GET.get("before", ""))
    rows = list((found.filter(number__lt=before) if before else found)[: PAGE_SIZE + 1])
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    page = Page(
        rows=rows,
        total=None,
        first=1,
        previous_url=with_words(request, before=None) if before else None,
        next_url=with_words(request, before=rows[-1].number) if more else None,
    )
    total = found.order_by()[: COUNTED + 1].count()
    facts = {
        "page": page,
        "rows": [_row(entry) for entry in rows],
        "total": min(total, COUNTED),
        "more_than": total > COUNTED,
        "words": words,
        "actions": sorted(((a, str(label)) for a, label in ACTIONS.items()), key=lambda each: each[0]),
        "subjects": list(SUBJECTS.items()),
    }
    name = "audit/audit_list.html"
    return render(request, f"{name}#rows" if request.htmx else name, facts)  # type: ignore[attr-defined]


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry,
        "action": action_label(entry.action),
        "subject": subject_label(entry.subject_type),
        "details": details_in_words(entry.detail),
    }


@needs("audit.view")
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, as CSV; taking it away is an entry of the trail itself. The hashes go along, so that an
    export kept elsewhere proves later what the trail was."""
    officer = cast(Officer, request.user)
    found, words = _asked(request)
    last = found.order_by("-number").values_list("number", flat=True).first() or 0
    found = found.filter(number__lte=last)
    rows = found.count()
    record(actor=officer, action="audit.exported", subject_type="trail", rows=rows, filters=words)
    answer = StreamingHttpResponse(_csv(found, officer, rows), content_type="text/csv; charset=utf-8")
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    answer["Content-Disposition"] = f'attachment; filename="audit-{stamp}.csv"'
    return answer


class _Echo:
    def write(self, line: str) -> str:
        return line


def _csv(found: Any, officer: Officer, rows: int) -> Iterator[str]:
    writer = csv.writer(_Echo())
    moment = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    stamp = _("导出人：{name}（{username}），时间：{moment}，共 {rows} 条。内部资料，请勿外传。")
    # The mark in front tells spreadsheet programs that the file is UTF-8.
    yield "\ufeff" + writer.writerow(
        [stamp.format(name=officer.name, username=officer.username, moment=moment, rows=rows)]
    )
    yield writer.writerow(
        [_("序号"), _("时间"), _("人员"), _("事项"), _("对象"), _("对象编号"), _("来源地址"), _("内容"), _("校验值")]
    )
    for entry in found.iterator(chunk_size=2000):
        row = _row(entry)
        yield writer.writerow(
            [
                entry.number,
                timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S"),
                _safe(entry.actor_name),
                row["action"],
                row["subject"],
                _safe(entry.subject_id),
                entry.address,
                _safe(
                    _("；").join(
                        _("{label}：{value}").format(label=label, value=value) for label, value in row["details"]
                    )
                ),
                entry.hash,
            ]
        )


def _safe(text: str) -> str:
    """A cell that a spreadsheet program would run as a formula is kept a text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@needs("audit.view")
@require_POST
def audit_check(request: HttpRequest) -> HttpResponse:
    """Recompute every hash. With a number and a hash written down earlier, compare that entry too."""
    officer = cast(Officer, request.user)
    state = selectors.chain_state()
    number, beginning = _number(request.POST.get("number", "").strip()), request.POST.get("hash", "").strip()
    kept = selectors.entry_has_hash(number, beginning) if number and beginning else None
    whole = state.broken_at is None and kept is not False
    record(actor=officer, action="audit.checked", subject_type="trail", whole=whole, broken_at=state.broken_at)
    if state.broken_at is not None:
        say = _("留痕不完整：从第 {number} 条起有缺失或改动。请保护现场，立即报告上级并联系系统管理员核查数据库。")
        messages.error(request, say.format(number=state.broken_at))
    elif kept is False:
        say = _("第 {number} 条与您抄录的校验值不符：留痕可能被整体重写。请核对抄录；如无误，请立即报告上级。")
        messages.error(request, say.format(number=number))
    else:
        messages.success(request, _("留痕完整：每一条都与前后相符，没有缺失或改动。"))
        if sees_the_whole_house(officer):
            say = _("请抄录留存：第 {number} 条，校验值 {hash}。以后用它可以证明此前的记录未被改动。")
            messages.info(request, say.format(number=state.entries, hash=state.hash[:16]))
    return redirect("audit-list")
