"""Numbers in templates, written alike on every page: 12345 → 12,345. A builtin: no {% load %} is needed."""

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def grouped(number: int | float | Decimal | None) -> str:
    """With a comma between thousands; unknown is a dash. A count that was computed as 80000.0 is 80,000."""
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return "—" if number is None else f"{number:,}"


@register.filter
def percent(share: float | None) -> str:
    """A share as a percentage with two places, without the sign; unknown is a dash."""
    return "—" if share is None else f"{share * 100:.2f}"


@register.filter
def decimals(number: float | None) -> str:
    """An index with four places; unknown is a dash."""
    return "—" if number is None else f"{number:.4f}"
