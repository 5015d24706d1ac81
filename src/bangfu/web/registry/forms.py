"""Forms made from the catalogue of columns: the same labels, code lists, units and lengths as in import and export.

A form gives the services only what the officer changed. What someone else changed meanwhile is kept when the officer
did not touch it, and shown beside the officer's own words when both did.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.common.policy import code_list
from bangfu.registry.columns import Column, Kind
from bangfu.registry.errors import Problem
from bangfu.web.forms import Month, TablerForm, dress
from bangfu.web.registry.sections import Section
from bangfu.web.registry.shown import MASKS, columns_of, text_of, unit_of

CLEAR = "清空"
YES_NO = {"": None, "yes": True, "no": False}


class FlagField(forms.TypedChoiceField):
    """Yes, no, or nobody asked."""

    def __init__(self, **kwargs: Any) -> None:
        choices = (("", gettext_lazy("未采集")), ("yes", gettext_lazy("是")), ("no", gettext_lazy("否")))
        # What is compared with may be a value already.
        coerce = lambda given: given if isinstance(given, bool) else YES_NO[given]  # noqa: E731
        super().__init__(choices=choices, coerce=coerce, empty_value=None, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return {True: "yes", False: "no", None: ""}.get(value, value)


class MonthField(forms.DateField):
    """A month, kept as its first day."""

    widget = Month
    input_formats = ["%Y-%m", "%Y%m", "%Y-%m-%d"]
    default_error_messages = {"invalid": gettext_lazy("请按 2025-03 的样子填写年月。")}

    def to_python(self, value: Any) -> date | None:
        found = super().to_python(value)
        return found.replace(day=1) if found else None

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value


class SecretField(forms.CharField):
    """Personal data: what is on file stands masked beside the box; an empty box leaves it, the word 清空 clears it."""

    def __init__(self, *, masked: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if masked:
            self.help_text = _("现为 {masked}。不改请留空；要删去请填“清空”。").format(masked=masked)
        self.widget.attrs["autocomplete"] = "off"


def field_of(column: Column, *, on_file: Any = None, required: bool = False) -> forms.Field:
    """The form field of a column; `on_file` is the value it replaces."""
    base: dict[str, Any] = {"label": column.label, "required": required}
    field: Any
    if column.kind is Kind.CODE:
        listed = code_list(column.codes)
        choices = listed.choices()
        if on_file and on_file not in dict(choices):
            choices.append((str(on_file), _("{label}（已停用）").format(label=listed.label_of(str(on_file)))))
        field = forms.ChoiceField(choices=[("", _("未采集")), *choices], **base)
    elif column.kind is Kind.SET:
        field = forms.MultipleChoiceField(
            choices=code_list(column.codes).choices(), widget=forms.CheckboxSelectMultiple, **base
        )
    elif column.kind is Kind.FLAG:
        field = FlagField(**base)
    elif column.kind is Kind.WHOLE:
        field = forms.IntegerField(**base)
    elif column.kind is Kind.HUNDREDTHS:
        field = forms.DecimalField(decimal_places=2, max_digits=14, **base)
        field.widget.attrs["step"] = "0.01"
    elif column.kind is Kind.MONTH:
        field = MonthField(**base)
    elif column.kind is Kind.DAY:
        field = forms.DateField(**base)
    elif column.sensitive:
        masked = str(MASKS[column.name](str(on_file))) if on_file else ""
        field = SecretField(masked=masked, max_length=column.length or None, **base)
    else:
        field = forms.CharField(max_length=column.length or None, **base)
    field.unit = unit_of(column)
    return field  # type: ignore[no-any-return]


class ReasonForm(TablerForm):
    """Whatever is changed, the trail wants to know why."""

    reason = forms.CharField(
        label=gettext_lazy("变更原因"),
        max_length=200,
        help_text=gettext_lazy("写明依据，如“6 月入户核实”“本人提供残疾证”。会记入变更记录。"),
        widget=forms.TextInput(attrs={"data_wide": "1"}),
    )


class ColumnsForm(ReasonForm):
    """A form over sections of the catalogue. `record` is what is on file (None: a new one)."""

    was = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, data: Any = None, *, sections: Sequence[Section], records: Mapping[str, Any], required: Iterable[str] = ()
    ) -> None:
        self.sections = sections
        self.on_file: dict[str, Any] = {}
        self.columns: dict[str, Column] = {}
        self.conflicts: list[str] = []
        made: dict[str, forms.Field] = {}
        wanted = frozenset(required)
        for section in sections:
            known, record = columns_of(section.table), records.get(section.record)
            for name in section.columns:
                value = getattr(record, name, None)
                self.columns[name], self.on_file[name] = known[name], None if value == "" else value
                made[name] = field_of(known[name], on_file=self.on_file[name], required=name in wanted)
        super().__init__(data)
        reason = self.fields.pop("reason")
        self.fields.update(made)
        self.fields["reason"] = reason
        for name, column in self.columns.items():
            if not column.sensitive:
                self.fields[name].initial = self._as_given(column, self.on_file[name])
        self.fields["was"].initial = signing.dumps(self._written(self.on_file), salt="columns-form", compress=True)
        dress(self)

    @staticmethod
    def _as_given(column: Column, value: Any) -> Any:
        return str(value).split(",") if column.kind is Kind.SET and value else value

    @staticmethod
    def _written(values: Mapping[str, Any]) -> dict[str, str]:
        """Values as comparable text; the hidden field carries them signed, personal data as a digest only."""
        return {
            name: signing.Signer(salt=name).signature(str(value)) if name in MASKS else str(value)
            for name, value in values.items()
            if value is not None
        }

    def groups(self) -> list[tuple[Section, list[forms.BoundField]]]:
        """The fields under their headings, for the template."""
        return [(section, [self[name] for name in section.columns]) for section in self.sections]

    def values(self) -> dict[str, Any]:
        """What the officer changed, as canonical Python values (None clears). Call after `is_valid`."""
        changed: dict[str, Any] = {}
        before = self._read_was()
        for name, column in self.columns.items():
            value = self._value(name, column)
            if column.sensitive:
                if value == "":
                    continue
                changed[name] = None if value == CLEAR else value
                continue
            written = self._written({name: value}).get(name)
            if written != before.get(name):
                changed[name] = value
        return changed

    def _value(self, name: str, column: Column) -> Any:
        value = self.cleaned_data.get(name)
        if column.kind is Kind.SET:
            return ",".join(sorted(value or ())) or None
        if column.sensitive:
            return (value or "").strip()
        return None if value == "" else value

    def _read_was(self) -> dict[str, str]:
        try:
            return dict(signing.loads(self.data.get("was", ""), salt="columns-form"))
        except signing.BadSignature:
            return self._written(self.on_file)

    def clean(self) -> dict[str, Any] | None:
        """Find what someone else changed since the form was opened, where the officer changed it too."""
        cleaned = super().clean()
        now, before = self._written(self.on_file), self._read_was()
        moved = [name for name in self.columns if now.get(name) != before.get(name)]
        if not moved:
            return cleaned
        data: Any = self.data
        self.data = data = data.copy()
        data["was"] = self.fields["was"].initial
        for name in moved:
            column = self.columns[name]
            mine = self._value(name, column) if name in self.cleaned_data else None
            written = self._written({name: mine}).get(name) if mine is not None else None
            theirs = text_of(column, self.on_file[name]) or _("未采集")
            touched = bool(mine) if column.sensitive else written != before.get(name)
            if touched and written != now.get(name):
                self.add_error(
                    name,
                    _("您填写期间，别人已把它改为“{theirs}”。如以您填的为准，请再次保存；否则请改成一致。").format(
                        theirs=theirs
                    ),
                )
            elif not touched and not column.sensitive:
                # Not touched here: take over what stands on file now.
                self.cleaned_data[name] = self._as_given(column, self.on_file[name])
                given = self._as_given(column, self.on_file[name])
                data.setlist(name, given if isinstance(given, list) else [self.fields[name].prepare_value(given)])
        return cleaned

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put what the registry refuses under the fields it is about, the rest above the form."""
        for problem in problems:
            if problem.refuses:
                self.add_error(problem.column if problem.column in self.fields else None, problem.message)


def plain_events(list_id: str) -> list[tuple[str, str]]:
    """The kinds of member events that a clerk may choose: splits and mergers have pages of their own."""
    listed = code_list(list_id)
    return [
        (code, label)
        for code, label in listed.choices()
        if (entry := listed.get(code)) and entry.attributes.get("event") not in ("split", "merge")
    ]
