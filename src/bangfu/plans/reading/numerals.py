"""What a number is worth: digits, Chinese numerals, 万 and 亿, ranges. Exact: 0.1 is a tenth."""

import re
from decimal import Context, Decimal, InvalidOperation

_DIGITS = re.compile(r"[0-9]")
_EXACT = Context(prec=60)  # sixteen digits, a scale and six decimals fit
_PLACES = Decimal("0.000001")


def value(text: str) -> Decimal | None:
    """The worth of digits (with commas) or of a Chinese numeral, without its scale; None when it is no number."""
    bare = text.replace(",", "").strip()
    if not bare:
        return None
    if _DIGITS.search(bare):
        try:
            return tidy(Decimal(bare))
        except InvalidOperation:
            return None
    if set(bare) <= {"万", "亿", "千", "百"}:  # no digit in front: a round number of a slogan
        return None
    import cn2an  # only where a document is read: no page of the house waits for it

    try:
        return tidy(Decimal(str(cn2an.cn2an(bare.replace("两", "二").replace("〇", "零"), "smart"))))
    except (ValueError, KeyError, IndexError, InvalidOperation):
        return None


def in_words(number: int, capital: bool = False) -> str:
    """A whole number in Chinese numerals ("一百二十"), or in those of cheques ("壹佰贰拾")."""
    import cn2an  # as above

    return str(cn2an.an2cn(str(number), "up" if capital else "low"))


def scaled(number: Decimal, times: int) -> Decimal:
    """`number` times a power of ten."""
    return _EXACT.multiply(number, Decimal(times))


def tidy(number: Decimal) -> Decimal:
    """With six decimals at most, and none that say nothing. Raises InvalidOperation for what is no number."""
    exact = _EXACT.quantize(number, _PLACES) if number.as_tuple().exponent < -6 else number  # type: ignore[operator]
    return exact.to_integral_value(context=_EXACT) if exact == exact.to_integral_value() else exact.normalize(_EXACT)
