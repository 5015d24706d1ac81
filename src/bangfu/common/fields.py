"""Exact numbers in the database: yuan, mu, km and m² are kept as whole hundredths.

SQLite has no decimal type: a DecimalField there is a float, and sums of floats lose fen. A whole number of hundredths
is exact on both databases, sums exactly, and travels to columnar files without conversion.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.db import models

from bangfu.common.errors import NumberWrong

HUNDREDTH = Decimal("0.01")
_TOO_LARGE = 2**63  # for a BIGINT


def to_hundredths(value: Any) -> int | None:
    """`value` (Decimal, int, or text such as "12.5") as whole hundredths; None and "" mean unknown and stay None.

    Raises NumberWrong when it is no number, has more than two decimals (rounding silently would change a fact), or is
    too large for a BIGINT.
    """
    if value is None or value == "":
        return None
    try:
        given = Decimal(str(value).strip())
        exact = given.quantize(HUNDREDTH)  # multiplying would round what has more than 28 digits
    except (InvalidOperation, ValueError):
        raise NumberWrong(value=value, places=2) from None
    hundredths = int(exact.scaleb(2)) if exact == given else _TOO_LARGE  # NaN equals nothing, not even itself
    if abs(hundredths) >= _TOO_LARGE:
        raise NumberWrong(value=value, places=2)
    return hundredths


def from_hundredths(value: int | None) -> Decimal | None:
    """Whole hundredths as a Decimal with two places; None stays None."""
    return None if value is None else Decimal(value) / 100


class HundredthsField(models.BigIntegerField):  # type: ignore[type-arg]
    """A number with two decimals, Decimal in Python, BIGINT of hundredths in the database. `unit` is for the reader.

    Sum, Min and Max over it are right; Avg would be a float of hundredths, so divide a Sum by a Count instead.
    """

    def __init__(self, *args: Any, unit: str = "", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.unit:
            kwargs["unit"] = self.unit
        return name, path, args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 100

    def to_python(self, value: Any) -> Decimal | None:
        return from_hundredths(to_hundredths(value))

    def get_prep_value(self, value: Any) -> int | None:
        return to_hundredths(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super(models.IntegerField, self).formfield(
            **{"form_class": forms.DecimalField, "decimal_places": 2, "max_digits": 14, **kwargs}
        )


class YuanField(HundredthsField):
    """Money in yuan, exact to the fen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("unit", "CNY")
        super().__init__(*args, **kwargs)


class ExactField(models.CharField):  # type: ignore[type-arg]
    """A number as somebody wrote it, with all of its decimals: Decimal in Python, its digits as text in the database.

    For what is only read and shown: the database can neither sum nor order by it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 60)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return self.to_python(value)

    def to_python(self, value: Any) -> Decimal | None:
        """Raises NumberWrong for what is no number."""
        if value is None or value == "":
            return None
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise NumberWrong(value=value, places=6) from None

    def get_prep_value(self, value: Any) -> str | None:
        number = self.to_python(value)
        if number is None:
            return None
        digits = f"{number:f}" if number.is_finite() else ""
        if not digits or len(digits) > (self.max_length or 0):
            raise NumberWrong(value=value, places=6)
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
