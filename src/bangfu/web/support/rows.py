"""Labels that several pages of support show."""

from typing import Any

from bangfu.common.policy import code_list
from bangfu.support.models import Pairing
from bangfu.support.selectors import Loaded


def rank_label(rank: str) -> str:
    return code_list("helper_rank").label_of(rank)


def loaded_row(each: Loaded) -> dict[str, Any]:
    """A helper with the number of households and the limit."""
    return {"helper": each.helper, "rank": rank_label(each.helper.rank), "load": each.load, "limit": each.limit,
            "over": each.over}  # fmt: skip


def pairing_row(each: Pairing) -> dict[str, Any]:
    return {"pairing": each, "helper": each.helper, "rank": rank_label(each.helper.rank)}
