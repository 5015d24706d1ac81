"""What a number is worth: digits, Chinese numerals, 万 and 亿, ranges."""

import re

_DIGITS = re.compile(r"[0-9]")


def value(text: str) -> float | None:
    """The worth of digits (with commas) or of a Chinese numeral, without its scale; None when it is no number."""
    bare = text.replace(",", "").strip()
    if not bare:
        return None
    if _DIGITS.search(bare):
        try:
            return float(bare)
        except ValueError:
            return None
    if set(bare) <= {"万", "亿", "千", "百"}:  # no digit in front: a round number of a slogan
        return None
    import cn2an  # only where a document is read: no page of the house waits for it

    try:
        return float(cn2an.cn2an(bare.replace("两", "二").replace("〇", "零"), "smart"))
    except (ValueError, KeyError, IndexError):
        return None


def scaled(number: float, times: int) -> float:
    """`number` times a power of ten, without the dust of binary fractions (9.75 万 is 97500)."""
    return round(number * times, 6)


def tidy(number: float) -> float:
    """A float for output: whole numbers without a tail."""
    return float(round(number, 6))
