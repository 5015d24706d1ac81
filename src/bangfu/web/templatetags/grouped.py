"""Numbers in templates, written alike on every page: 12345 → 12,345. A builtin: no {% load %} is needed."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def grouped(number: int | Decimal | None) -> str:
    """With a comma between thousands; unknown is a dash."""
    return "—" if number is None else f"{number:,}"
