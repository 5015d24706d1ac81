"""How faults are planted: who may get one, who got which, and the list of it all (the truth).

A household carries one fault at most, so that each stands alone; a fault may break several rules, and the truth names
each of them. Rules are the numbers of the field's list of suspicious data; `rules.yaml` says what each looks at.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bangfu.sample.days import NEVER
from bangfu.sample.dice import Dice, Flags, Ints
from bangfu.sample.homes import OUT, PLAIN
from bangfu.sample.people import HEALTHY, LOST, NONE, NORMAL, SKILLED, WEAK, Draft, check_characters, write_digits

NOBODY = -1


@dataclass
class Truth:
    """One row a rule and offender: household number, person number (NOBODY for a rule about the household)."""

    rule: list[str] = field(default_factory=list)
    home: list[int] = field(default_factory=list)
    person: list[int] = field(default_factory=list)
    planted: list[str] = field(default_factory=list)


class Planter:
    """Picks the households of a draft for one kind of fault after the other, and writes down what was done."""

    def __init__(self, dice: Dice, draft: Draft, per_kind: int) -> None:
        self.dice, self.draft, self.per_kind = dice, draft, per_kind
        self.people, self.homes, self.works = draft.people, draft.homes, draft.works
        self.truth = Truth()
        self.free = np.ones(draft.plan.households, dtype=bool)
        self.kind = ""
        self._fresh: dict[tuple[bytes, int], int] = {}
        p = self.people
        self.home = p["home"]
        self.here = draft.present
        self.healthy = p["health"] == HEALTHY
        self.student = p["student_status"] >= 0
        self.working = np.zeros(len(self.home), dtype=bool)
        self.working[self.works["person"]] = True
        self.grown = self.here & ~self.student & (p["age"] >= 16)
        self.able = np.isin(p["labor_capacity"], (NORMAL, SKILLED))
        self.plain_id = p["id_length"] == 18
        self.has_job = p["public_job"] >= 0
        self.watched = self.homes["monitor_category"] > 0
        self.out = (self.homes["household_type"] == OUT) & ~self.watched
        self.plain = (self.homes["household_type"] == PLAIN) & ~self.watched
        can = np.isin(p["labor_capacity"], (NORMAL, SKILLED, WEAK)) & self.here
        self.others_able = np.bincount(self.home[can], minlength=len(self.free))[self.home] - can > 0
        self.leavers = np.bincount(self.home[~self.here], minlength=len(self.free)) > 0

    # Picking

    def persons(self, mask: Flags, count: int | None = None) -> Ints:
        """Some of the people in `mask`, from as many free households; those households are taken."""
        return self._some(mask, self.home, self.per_kind if count is None else count)

    def households(self, mask: Flags) -> Ints:
        return self._some(mask, np.arange(len(self.free)), self.per_kind)

    def works_of(self, mask: Flags) -> Ints:
        """Numbers of work records, one a household at most."""
        return self._some(mask, self.home[self.works["person"]], self.per_kind)

    def _some(self, mask: Flags, home: Ints, count: int) -> Ints:
        """Up to `count` of `mask` at random, from free households, one each; those are free no longer."""
        candidates = np.flatnonzero(mask & self.free[home])
        if len(candidates) > 20 * count:  # many: throwing is cheaper than shuffling them all
            purpose = f"fault {self.kind}"
            faces = self.dice.faces(purpose, 16 * count).reshape(-1, 2)
            order = candidates[(faces[:, 0] * 65536 + faces[:, 1]) * len(candidates) >> 32]
        else:
            order = candidates[self.dice.order(f"fault {self.kind}", len(candidates))]
        _, first = np.unique(home[order], return_index=True)
        chosen: Ints = order[np.sort(first)][:count]
        self.free[home[chosen]] = False
        return chosen

    def take(self, *persons: int) -> None:
        self.free[self.home[list(persons)]] = False

    def is_free(self, person: int) -> bool:
        return bool(self.free[self.home[person]])

    # Writing down

    def list_persons(self, persons: Any, planted: str, *rules: str) -> None:
        for person in np.atleast_1d(persons):
            for rule in rules:
                self._list(rule, int(self.home[person]), int(person), planted)

    def list_homes(self, homes: Any, planted: str, *rules: str) -> None:
        for home in np.atleast_1d(homes):
            for rule in rules:
                self._list(rule, int(home), NOBODY, planted)

    def _list(self, rule: str, home: int, person: int, planted: str) -> None:
        self.truth.rule.append(rule)
        self.truth.home.append(home)
        self.truth.person.append(person)
        self.truth.planted.append(planted)

    def list_guarantee(self, homes: Any, planted: str) -> None:
        """A lacking guarantee is one more fault (Q103) where the household is not watched."""
        homes = np.atleast_1d(homes)
        self.list_homes(homes[~self.watched[homes]], planted, "Q103")

    # Changing

    def renumber(self, person: int) -> None:
        """A new number, right for birth date and sex, that nobody else got: sequences from 900 are given out only
        here. The certificate's last digits stay."""
        p = self.people
        text = p["id_text"][person : person + 1]
        write_digits(text, 6, 8, p["born"][person : person + 1])
        male = int(p["male"][person])
        key = (bytes(text[0, :14]), male)
        turn = self._fresh.get(key, 0)
        self._fresh[key] = turn + 1
        write_digits(text, 14, 3, np.array([900 + 2 * turn + male]))
        text[:, 17] = check_characters(text)
        p["id_text"][person] = text[0]

    def mend_check(self, persons: Ints) -> None:
        text = self.people["id_text"][persons]
        text[:, 17] = check_characters(text)
        self.people["id_text"][persons] = text

    def current(self) -> Flags:
        """Of every work record: whether it lasts."""
        return np.asarray(self.works["end"] == NEVER)

    def scale_income(self, homes: Ints, per_mille: Ints, years: tuple[int, ...]) -> None:
        """Multiplies every line of these households in these years."""
        factor = np.full(self.draft.plan.households, 1000, dtype=np.int64)
        factor[homes] = per_mille
        for year in years:
            fen = self.draft.amounts[year]
            self.draft.amounts[year] = np.where(
                factor[self.draft.items["home"]] == 1000, fen, fen * factor[self.draft.items["home"]] // 10000 * 10
            )


Fault = Callable[[Planter], None]


def plant(dice: Dice, draft: Draft, per_kind: int, kinds: Sequence[Fault]) -> Truth:
    """Plants up to `per_kind` of every kind (fewer where too few are fit for it), the scarce ones first."""
    planter = Planter(dice, draft, per_kind)
    if per_kind:
        for function in kinds:
            planter.kind = function.__name__
            function(planter)
    return planter.truth


__all__ = ["LOST", "NEVER", "NOBODY", "NONE", "Planter", "Truth", "plant"]
