"""As what a household is recognised from day to day, and what an end of a case makes of it. No database, no request.

Two tracks: poor, exited and returned follow one another (POOR -> EXITED -> RETURNED -> EXITED …), never two on one day;
watched stands beside them. An effect begins a spell on its day and ends the one before with the day before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bangfu.casework import recognition_errors as errors
from bangfu.casework.procedures import Effect, Recognised
from bangfu.casework.words import effect_label, past_label, recognised_label
from bangfu.common.errors import BangfuError
from bangfu.common.policy import code_list

WATCHED = "watched"
# From what an effect leads to what.
STEPS = {
    Effect.IDENTIFY: ((Recognised.NONE,), Recognised.POOR),
    Effect.EXIT: ((Recognised.POOR, Recognised.RETURNED), Recognised.EXITED),
    Effect.RETURN: ((Recognised.EXITED,), Recognised.RETURNED),
}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Spell:
    """One recognition. `row` is its row on file, None while it has none. NULL start: before our files."""

    kind: str
    starts_on: date | None
    ends_on: date | None = None
    category: str = ""
    void: bool = False
    row: int | None = None


@dataclass(frozen=True)
class Given:
    """What a case says besides its effect: whose it is, and as which class (monitor_category) it is watched."""

    name: str = ""
    category: str = ""


@dataclass(frozen=True)
class Timeline:
    """Every recognition of a household that was not found wrong, and those that were (`void`)."""

    spells: tuple[Spell, ...] = ()

    @property
    def main(self) -> tuple[Spell, ...]:
        """Poor, exited and returned, in order; an unknown start comes first."""
        found = [s for s in self.spells if not s.void and s.kind != WATCHED]
        return tuple(sorted(found, key=lambda s: s.starts_on or date.min))

    @property
    def now(self) -> Spell | None:
        return next((s for s in self.main if s.ends_on is None), None)

    @property
    def watched(self) -> Spell | None:
        return next((s for s in self.spells if s.kind == WATCHED and not s.void and s.ends_on is None), None)

    @property
    def recognised(self) -> Recognised:
        return Recognised(self.now.kind) if self.now else Recognised.NONE

    @property
    def once_registered(self) -> bool:
        return bool(self.main)

    def on(self, day: date) -> tuple[Spell, ...]:
        """What holds on a day; at most one of the main track and one watched."""
        return tuple(
            s
            for s in self.spells
            if not s.void and (s.starts_on is None or s.starts_on <= day) and (s.ends_on is None or day <= s.ends_on)
        )

    def former_exits(self) -> list[tuple[date, date]]:
        """Exits before the latest, each with the day of the return that ended it; those of known days."""
        exits = [n for n, spell in enumerate(self.main) if spell.kind == Recognised.EXITED]
        pairs = [(self.main[n], self.main[n + 1]) for n in exits[:-1]]
        return [(a.starts_on, b.starts_on) for a, b in pairs if a.starts_on and b.starts_on]

    # --- effects -----------------------------------------------------------------------------------------------------

    def against(self, effect: Effect, day: date, given: Given, exit_years_after: int) -> list[BangfuError]:
        """What stands against an effect on a day; nothing: `after` makes it."""
        if effect in STEPS:
            return self._against_step(effect, day, given, exit_years_after)
        if effect is Effect.WATCH:
            return self._against_watch(day, given)
        if effect is Effect.UNWATCH:
            if self.watched is None:
                return [errors.NotWatched(name=given.name)]
            return self._later(self.watched, day, given)
        if effect is Effect.CANCEL and self.now is None:
            return [self._not_now(effect, given)]
        if effect is Effect.CANCEL:
            return self._later(self.now, day, given)
        if effect is Effect.MERGE:
            return [*self._later(self.now, day, given), *self._later(self.watched, day, given)]
        return []

    def after(self, effect: Effect, day: date, given: Given) -> "Timeline":
        """The timeline once the effect has happened; only when `against` found nothing."""
        if effect in STEPS:
            _before, kind = STEPS[effect]
            return Timeline((*self._ended(self.now, day), Spell(kind, day)))
        if effect is Effect.WATCH:
            return Timeline((*self.spells, Spell(WATCHED, day, category=given.category)))
        if effect is Effect.UNWATCH:
            return Timeline(self._ended(self.watched, day))
        if effect is Effect.CANCEL:  # it should never have been registered: nor did it leave, nor come back
            ended = self._ended(self.now, day)
            return Timeline(tuple(s if s.kind == WATCHED else replace(s, void=True) for s in ended))
        if effect is Effect.MERGE:
            return Timeline(Timeline(self._ended(self.now, day))._ended(self.watched, day))
        return self

    def _against_step(self, effect: Effect, day: date, given: Given, exit_years_after: int) -> list[BangfuError]:
        before, _kind = STEPS[effect]
        if self.recognised not in before:
            return [self._not_now(effect, given)]
        found = self._later(self.now, day, given) or self._after_all(self.main, day, given)
        since = self.now.starts_on if self.now else None
        if not found and effect is Effect.EXIT and since and day.year < since.year + exit_years_after:
            return [
                errors.TooSoonAfter(
                    name=given.name,
                    recognised=recognised_label(self.recognised),
                    year=since.year,
                    earliest=since.year + exit_years_after,
                )
            ]
        return found

    def _against_watch(self, day: date, given: Given) -> list[BangfuError]:
        classes = code_list("monitor_category")
        if self.watched:
            return [errors.WatchedAlready(name=given.name, category=classes.label_of(self.watched.category))]
        entry = classes.get(given.category)
        if entry is None:
            return [errors.ClassMissing(name=given.name)]
        wanted = entry.attributes.get("registered")
        if wanted is not None and wanted is not self.once_registered:
            return [errors.ClassUnfit(name=given.name, category=entry.label, past=past_label(self.once_registered))]
        return self._after_all([s for s in self.spells if s.kind == WATCHED and not s.void], day, given)

    def _later(self, spell: Spell | None, day: date, given: Given) -> list[BangfuError]:
        """An effect lies after the beginning of what it ends."""
        if spell is None or spell.starts_on is None or spell.starts_on < day:
            return []
        return [errors.BeforeTheLast(name=given.name, last=spell.starts_on, day=day)]

    def _after_all(self, spells: Iterable[Spell], day: date, given: Given) -> list[BangfuError]:
        """What begins lies after everything of its track that has ended."""
        last = max((s.ends_on for s in spells if s.ends_on), default=None)
        return [errors.BeforeTheLast(name=given.name, last=last, day=day)] if last and day <= last else []

    def _not_now(self, effect: Effect, given: Given) -> BangfuError:
        return errors.NotNow(name=given.name, recognised=recognised_label(self.recognised), effect=effect_label(effect))

    def _ended(self, spell: Spell | None, day: date) -> tuple[Spell, ...]:
        return tuple(replace(s, ends_on=day - DAY) if s is spell else s for s in self.spells)


def taken_over(
    identified: date | None, exited: date | None, returned: date | None, poor: bool | None, category: str
) -> Timeline:
    """The recognitions that older files tell: dates of identification, exit and return, whether the status on file is
    one of poverty (None: not said), and the class of a watched household. Nobody knows since when it is watched.

    A status out of poverty without a day of exit is believed, from an unknown day; otherwise the dates are.
    """
    watched = (Spell(WATCHED, None, category=category),) if category else ()
    if identified is None and exited is None and returned is None and poor is None:
        return Timeline(watched)
    begun = [Spell(Recognised.POOR, identified)]
    if exited:
        begun.append(Spell(Recognised.EXITED, exited))
    if returned:
        begun.append(Spell(Recognised.RETURNED, returned))
    begun = [begun[0], *sorted(begun[1:], key=lambda s: s.starts_on or date.min)]
    gone = begun[-1].kind == Recognised.EXITED
    if poor is False and not gone:
        return Timeline((Spell(Recognised.EXITED, None), *watched))
    spells = []
    for spell, following in zip(begun, [*begun[1:], None], strict=True):
        end = following.starts_on - DAY if following and following.starts_on else None
        # Of two in one month (older files know no days) the first holds no day.
        if end is None or spell.starts_on is None or spell.starts_on <= end:
            spells.append(replace(spell, ends_on=end))
    return Timeline((*spells, *watched))
