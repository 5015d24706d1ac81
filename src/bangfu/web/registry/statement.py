"""The form of an income statement: its window and its lines, as many as there are."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.registry import selectors, services
from bangfu.registry.errors import Problem
from bangfu.registry.income_items import items
from bangfu.registry.models import IncomeItem, IncomeYear, Member
from bangfu.web.forms import carried_out, choose, dress
from bangfu.web.guard import needs, officer_of
from bangfu.web.registry.change import editable
from bangfu.web.registry.forms import FlagField, ReasonForm
from bangfu.web.registry.ledger import KINDS, kind_label
from bangfu.web.registry.shown import money

EMPTY_LINES = 3


class StatementForm(ReasonForm):
    """Year, window and who is counted."""

    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=1990, max_value=2100)
    window_start = forms.DateField(label=gettext_lazy("核算期起"))
    window_end = forms.DateField(label=gettext_lazy("核算期止"))
    members_counted = forms.IntegerField(
        label=gettext_lazy("计算人口"),
        required=False,
        min_value=1,
        max_value=99,
        help_text=gettext_lazy("留空时按登记在册的现有人口计算。"),
    )
    insurance_payout = forms.DecimalField(
        label=gettext_lazy("理赔收入"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    out_of_pocket_expense = forms.DecimalField(
        label=gettext_lazy("合规自付支出"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2
    )

    # The change that the statement stood at when the page was opened; empty for a new one.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    field_order = (
        "year",
        "window_start",
        "window_end",
        "members_counted",
        "insurance_payout",
        "out_of_pocket_expense",
        "reason",
    )

    def __init__(self, *args: Any, fixed_year: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[Problem] = []
        for name in ("insurance_payout", "out_of_pocket_expense"):
            money: Any = self.fields[name]
            money.unit = _("元")
        if fixed_year is not None:
            self.fields["year"].disabled = True
            self.fields["year"].initial = fixed_year

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Faults of the statement go under its fields; those of lines to their line (`row` counts from 0)."""
        for problem in problems:
            if not problem.refuses:
                continue
            if problem.table == "income_item" and problem.row is not None:
                self.problems.append(problem)
                self.add_error(None, _("有收支明细填写不对，请看标红的行。"))
            else:
                self.add_error(problem.column if problem.column in self.fields else None, problem.message)


class LineForm(forms.Form):
    """One line of the ledger; a line without item and amount is not there."""

    code = forms.ChoiceField(label=gettext_lazy("收支项目"), required=False)
    member = forms.ChoiceField(label=gettext_lazy("成员"), required=False)
    amount = forms.DecimalField(
        label=gettext_lazy("金额（元）"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    quantity = forms.DecimalField(label=gettext_lazy("数量"), required=False, max_digits=12, decimal_places=2)
    quantity_unit = forms.CharField(label=gettext_lazy("单位"), required=False, max_length=10)
    counted = FlagField(label=gettext_lazy("计入稳定收入"), required=False)
    note = forms.CharField(label=gettext_lazy("说明"), required=False, max_length=100)

    def __init__(self, *args: Any, people: Sequence[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grouped = [
            (kind_label(kind), [(c, str(item.label)) for c, item in items().items() if item.kind == kind])
            for kind in KINDS
        ]
        choose(self, "code", [("", _("选择项目")), *grouped])
        choose(self, "member", [("", _("全家")), *((p.person_no, p.name) for p in people)])
        choose(self, "counted", (("", _("按规定")), ("yes", _("计入")), ("no", _("不计入"))))
        dress(self)
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = str(field.label)

    @property
    def empty(self) -> bool:
        given = self.cleaned_data
        return not given.get("code") and given.get("amount") is None

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("code") and self.cleaned_data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("请填写金额。"))
        if not self.cleaned_data.get("code") and self.cleaned_data.get("amount") is not None:
            self.add_error("code", _("请选择收支项目。"))
        return cleaned

    def line(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "code": given["code"],
            "amount": given["amount"],
            "counted": given["counted"],
            "person_no": given["member"] or None,
            "quantity": given["quantity"],
            "quantity_unit": given["quantity_unit"],
            "note": given["note"],
        }


Lines = forms.formset_factory(LineForm, extra=EMPTY_LINES, max_num=200, absolute_max=250)


def _initial_line(item: IncomeItem) -> dict[str, Any]:
    return {
        "code": item.code,
        "member": item.member.person_no if item.member else "",
        "amount": item.amount,
        "quantity": item.quantity,
        "quantity_unit": item.quantity_unit,
        "counted": item.counted,
        "note": item.note,
    }


@needs("registry.edit")
def statement(request: HttpRequest, pk: int, year: int | None = None) -> HttpResponse:
    """Record a year anew, or change the statement of a year."""
    house = editable(request, pk)
    officer = officer_of(request)
    people = list(Member.objects.visible_to(officer).filter(household=house))
    on_file, seen = None, None
    if year is not None:
        on_file = IncomeYear.objects.visible_to(officer).filter(household=house, year=year).first()
        if on_file is None:
            return redirect("statement-add", pk)
        seen = selectors.last_change(on_file)
        # Anew: whoever changes it from here on is noticed.
        on_file.refresh_from_db()
    lines_on_file: list[IncomeItem] = []
    if on_file:
        found = IncomeItem.objects.visible_to(officer).filter(income_year=on_file)
        lines_on_file = list(found.select_related("member").order_by("line"))
    form = StatementForm(request.POST or None, fixed_year=year, initial={**_initial(on_file), "seen": seen})
    lines = Lines(
        request.POST or None,
        prefix="lines",
        form_kwargs={"people": people},
        initial=[_initial_line(item) for item in lines_on_file],
    )
    if form.is_valid() and year is None:
        _not_twice(form, IncomeYear.objects.visible_to(officer).filter(household=house))
    if form.is_valid() and lines.is_valid() and not _changed_meanwhile(form, lines_on_file, on_file, seen):
        given = form.cleaned_data
        filled = [(position, line) for position, line in enumerate(lines) if not line.empty]
        done = carried_out(
            form,
            lambda: services.record_income(
                by=officer,
                household=house,
                year=given["year"],
                window_start=given["window_start"],
                window_end=given["window_end"],
                members_counted=given["members_counted"],
                items=[line.line() for _position, line in filled],
                insurance_payout=given["insurance_payout"],
                out_of_pocket_expense=given["out_of_pocket_expense"],
                reason=given["reason"],
                seen_change=seen,
            ),
        )
        if done:
            messages.success(request, _("{year} 年收入已保存，各项人均数已重新计算。").format(year=given["year"]))
            return redirect(f"{reverse('household-income', args=[pk])}?year={given['year']}")
        for problem in form.problems:
            _mark(filled, problem)
    faulty = bool(request.POST) and bool(form.errors or any(lines.errors))
    title = _("{year} 年收入").format(year=year) if year else _("登记年度收入")
    context = {"form": form, "lines": lines, "household": house, "form_title": title}
    return render(request, "registry/statement.html", context, status=422 if faulty else 200)


def _not_twice(form: StatementForm, on_file: QuerySet[IncomeYear]) -> None:
    """A new statement must not take the place of one that is on file and that nobody looked at."""
    year = form.cleaned_data["year"]
    if on_file.filter(year=year).exists():
        form.add_error("year", _("{year} 年已有收入记录，请在收入台账里打开该年修改。").format(year=year))


def _changed_meanwhile(
    form: StatementForm, lines: Sequence[IncomeItem], on_file: IncomeYear | None, seen: int | None
) -> bool:
    """Whether somebody saved this year since the page was opened. Then the officer is told what they wrote, keeps what
    they have filled in themselves, and saving again puts it in the other's place."""
    if on_file is None or form.cleaned_data.get("seen") in (None, seen):
        return False
    known = items()
    theirs = _("；").join(
        _("{item} {amount} 元").format(item=known[i.code].label if i.code in known else i.code, amount=money(i.amount))
        for i in lines
    )
    form.add_error(
        None,
        _(
            "您填写期间，别人已保存过 {year} 年收入，现为：{theirs}。您填的内容还在下面，没有保存：请核对，"
            "如以您填的为准，请再次保存；否则请改成一致。"
        ).format(year=on_file.year, theirs=theirs or _("没有明细")),
    )
    data: Any = form.data
    form.data = data = data.copy()
    data["seen"] = str(seen)
    return True


def _mark(filled: Sequence[tuple[int, LineForm]], problem: Problem) -> None:
    """Put a refusal of a line under its field. Rows are numbered from 1 in the order given."""
    assert problem.row is not None
    position = problem.row - 1
    if 0 <= position < len(filled):
        line = filled[position][1]
        column = {"person_no": "member"}.get(problem.column, problem.column)
        line.add_error(column if column in line.fields else "code", problem.message)


def _initial(on_file: IncomeYear | None) -> dict[str, Any]:
    if on_file is None:
        # The yearly collection runs from October to September (standards 1.5).
        last = date.today().year if date.today().month >= 10 else date.today().year - 1
        return {"year": last, "window_start": date(last - 1, 10, 1), "window_end": date(last, 9, 30)}
    names = ["year", "window_start", "window_end", "members_counted", "insurance_payout", "out_of_pocket_expense"]
    return {name: getattr(on_file, name) for name in names}
