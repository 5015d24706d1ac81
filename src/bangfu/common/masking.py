"""Personal data as shown by default (standards 11.4): enough to tell two people apart, not enough to misuse."""


def mask_id(number: str) -> str:
    """First three and last four characters: 522***********1234. Shorter than eight characters: all hidden.

    What a disability certificate adds behind the 18 of the identity number is its kind and grade: hidden too.
    """
    if len(number) < 8:
        return "*" * len(number)
    number, added = number[:18], len(number) - 18
    return number[:3] + "*" * (len(number) - 7) + number[-4:] + "*" * added


def mask_phone(number: str) -> str:
    """138****1234; anything else keeps its last two digits, or none when there are no more than four."""
    if len(number) == 11:
        return number[:3] + "****" + number[-4:]
    return "*" * (len(number) - 2) + number[-2:] if len(number) > 4 else "*" * len(number)


def mask_account(number: str) -> str:
    """Bank accounts keep the last four digits."""
    return "*" * max(len(number) - 4, 0) + number[-4:] if len(number) > 4 else "*" * len(number)


def mask_name(name: str) -> str:
    """For lists outside the office: 张*明, 李*. One-character names are hidden whole."""
    if len(name) <= 1:
        return "*" * len(name)
    return name[0] + "*" * max(len(name) - 2, 1) + (name[-1] if len(name) > 2 else "")
