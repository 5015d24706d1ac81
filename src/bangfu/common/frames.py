"""Room for what a call calls in its turn."""

from collections.abc import Callable
from functools import update_wrapper
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Values of a call's own, 8 bytes each: half a megabyte, and as much again for the calls within it.
ROOM = 1 << 16


def with_room(call: Callable[P, T]) -> Callable[P, T]:
    """The same call, with room for all that it calls in one piece of memory.

    CPython up to 3.12, and 3.13 and 3.14 in their first releases (python/cpython#142183), keep the values of running
    calls in pieces of 16 KB. They ask the system for another piece when a call does not fit into the last, and give it
    back when that call ends; a loop that happens to stand at the edge of a piece does so at every turn, which took up
    to a third of the time of a page. A call of more values than a piece holds gets a piece of twice its size; what it
    does not use of that is never touched.
    """

    def roomy(*args: P.args, **named: P.kwargs) -> T:
        return call(*args, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=ROOM)
    return update_wrapper(roomy, call)
