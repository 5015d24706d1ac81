"""How forms look: Tabler's classes on Django's widgets, an error under its field."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.template import loader

from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.registry.errors import RowsRefused


class TablerRenderer(DjangoTemplates):
    """Our own templates of forms and fields; Django's for the widgets in them."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"

    def get_template(self, template_name: str) -> Any:
        return (
            loader.get_template(template_name)
            if template_name.startswith("parts/")
            else super().get_template(template_name)
        )


class Month(forms.DateInput):
    """A month picker; browsers without one show a text field that takes 2025-03."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(format="%Y-%m", attrs={"placeholder": "2025-03", **(attrs or {}), "type": "month"})


_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


class TablerForm(forms.Form):
    """A form whose widgets wear the house style; date fields use the browser's own picker."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


def dress(form: forms.BaseForm) -> None:
    """Put the house style on the widgets of a form; safe to call again after fields were added. A field at fault is
    marked by its wrapper when rendered: asking for errors here would check the form before it is complete."""
    for field in form.fields.values():
        widget = field.widget
        if widget.is_hidden:
            continue
        if isinstance(field, forms.DateField) and type(widget) is forms.DateInput:
            widget = field.widget = forms.DateInput(format="%Y-%m-%d", attrs={**widget.attrs, "type": "date"})
        style = next(css for kind, css in _CLASSES if isinstance(widget, kind))
        classes = str(widget.attrs.get("class", "")).split()
        if style not in classes:
            widget.attrs["class"] = " ".join([*classes, style])


def choose(form: forms.BaseForm, name: str, choices: Any) -> None:
    """Give a select its choices: those of policy files are read when the form is made, in the reader's language."""
    field: Any = form.fields[name]
    field.choices = choices


def carried_out(form: Any, deed: Callable[[], Any]) -> Any:
    """Do it; what is refused goes under the fields. Gives what the service gave, or None when it refused."""
    try:
        done = deed()
    except RowsRefused as refusal:
        if hasattr(form, "refuse"):
            form.refuse(refusal.problems)
        else:
            for problem in refusal.problems:
                if problem.refuses:
                    form.add_error(problem.column if problem.column in form.fields else None, problem.message)
        if not form.errors:
            form.add_error(None, refusal.message)
        return None
    except NotAllowed:
        raise
    except BangfuError as error:
        form.add_error(None, error.message)
        return None
    return True if done is None else done
