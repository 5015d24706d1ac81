"""A call with room finds place for all calls within it at once."""

import sys

import pytest

from bangfu.common.frames import with_room

TURNS = 500
# Pieces of 16 KB end some hundred such calls apart.
DEPTHS = range(400)


def lent() -> int:
    """How many pages of memory the system has lent this process."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def lent_for_short_calls(depth: int) -> int:
    """Pages lent for calls that end at once, `depth` calls deep."""
    if depth:
        return lent_for_short_calls(depth - 1)
    before = lent()
    for _each in range(TURNS):
        short()
    return lent() - before


def short() -> None:
    first, second, third = 1, 2, 3
    assert first + second == third


@pytest.mark.skipif(sys.platform == "win32", reason="这个系统不计内存页。")
def test_however_deep_a_loop_stands_no_turn_of_it_asks_the_system_for_memory():
    asked = {depth: with_room(lent_for_short_calls)(depth) for depth in DEPTHS}
    assert {depth: pages for depth, pages in asked.items() if pages > TURNS // 10} == {}


def test_a_call_with_room_is_the_same_call():
    def shares(whole: int, *, of: int) -> float:
        return whole / of

    roomy = with_room(shares)
    assert roomy(6, of=4) == 1.5
    assert roomy.__name__ == "shares"
    with pytest.raises(ZeroDivisionError):
        roomy(1, of=0)
