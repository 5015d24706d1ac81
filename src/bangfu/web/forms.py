"""How forms look: Tabler's classes on Django's widgets, an error under its field."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates


class TablerRenderer(DjangoTemplates):
    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"


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
        for name, field in self.fields.items():
            widget = field.widget
            if isinstance(field, forms.DateField) and isinstance(widget, forms.DateInput):
                widget = field.widget = forms.DateInput(format="%Y-%m-%d", attrs={**widget.attrs, "type": "date"})
            style = next(css for kind, css in _CLASSES if isinstance(widget, kind))
            if self.is_bound and name in self.errors:
                style += " is-invalid"
            widget.attrs["class"] = f"{widget.attrs.get('class', '')} {style}".strip()
