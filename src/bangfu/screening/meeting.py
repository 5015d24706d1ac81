"""Rows that meet in a feature across the snapshot: found by their keys, counted by their true values.

Of all rows only the keys are looked at, 64 bits each; those that are not alone with theirs are few, and DuckDB counts
them.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bangfu.common import duck
from bangfu.common.facts import SQL_TYPES
from bangfu.rulebook.expressions import Expression
from bangfu.screening import crossing
from bangfu.screening.crossing import KeyGroup, Keys, KeyStore, Sieve
from bangfu.screening.errors import NotReplaceable
from bangfu.screening.judged import JudgedRows
from bangfu.screening.judging import Judge
from bangfu.screening.plan import FeaturePlan, Key
from bangfu.screening.reading import Area
from bangfu.screening.regions import COUNTY
from bangfu.screening.values import Bools, Numbers, Rows, Value, broad, to_arrow
from bangfu.snapshot.store import ARROW_TYPES, Part

if TYPE_CHECKING:
    from bangfu.screening.engine import Screening
    from bangfu.screening.outcomes import Outcomes


MET = "met"  # the folder of the rows that met others

Places = dict[str, dict[str, Rows]]  # by county and group of keys


# The rows of a part


def keys_known(rows: JudgedRows, feature: FeaturePlan) -> Bools:
    """Rows in which nothing is unknown that they must share."""
    found = np.ones(rows.size(feature.over), np.bool_)
    for expression in rows.shared(feature):
        null = rows.null_of(expression, feature.over)
        if null is not None:
            found &= ~null
    return found


def keys_of(rows: JudgedRows, feature: FeaturePlan, at: Rows, *, bare: bool) -> Keys:
    """The keys of chosen rows: a whole number as it stands (`bare`), or the hash of all that rows must share."""
    table = feature.over
    every = 2 * len(at) > rows.size(table)  # picking most of the texts of a column takes longer than all their keys
    judge = rows.judge(table) if every else chosen(rows, table, at)
    if bare:
        [expression] = rows.shared(feature)
        value = broad(judge.value(rows.compiler.tree(expression, table)), judge.rows)
        assert isinstance(value, Numbers)
        keys: Keys = value.values
    else:
        keys = _hashes(rows.connection, [_column(judge, rows, expression) for expression in rows.shared(feature)])
    return keys.take(at) if every else keys


def _hashes(connection: duck.Connection, columns: Sequence[Any]) -> Keys:
    connection.register("parts", pa.table({f"k{number}": column for number, column in enumerate(columns)}))
    # The highest bit is dropped so that the hash fits a BIGINT.
    listed = ", ".join(f"k{number}" for number in range(len(columns)))
    hashes = f"SELECT CAST(hash({listed}) >> 1 AS BIGINT) AS h FROM parts"
    found: Keys = duck.arrow(connection, hashes)["h"].to_numpy()
    return found


class Chosen:
    """Some of the rows of a table of a part: what is asked of few rows need not be worked out for all."""

    def __init__(self, rows: JudgedRows, at: Rows) -> None:
        self.rows, self.at = rows, at

    def value(self, table: str, key: Key) -> Value:
        return self.rows.value(table, key).taken(self.at, None)

    def null(self, table: str, key: Key) -> Bools | None:
        return self.value(table, key).null


def chosen(rows: JudgedRows, table: str, at: Rows) -> Judge:
    return Judge(Chosen(rows, at), table, len(at), rows.connection)


def _column(judge: Judge, rows: JudgedRows, expression: Expression) -> Any:
    """As an Arrow array of the type that the expression has in SQL, so that equal values have equal hashes."""
    value = broad(judge.value(rows.compiler.tree(expression, judge.table)), judge.rows)
    whole = isinstance(value, Numbers) and not value.scale
    return to_arrow(value, ARROW_TYPES[SQL_TYPES[expression.kind]] if whole else None)


def met_rows(rows: JudgedRows, feature: FeaturePlan, at: Rows) -> pa.Table:
    """Chosen rows as `crossing.rows_sql` gives them, each with its number r and that of its part b."""
    table = feature.over
    asked = {f"k{number}": expression for number, expression in enumerate(rows.shared(feature))}
    if feature.distinct is not None:
        asked["d"] = feature.distinct
    if feature.within is not None and feature.value is not None:
        asked |= {"v": feature.value, "apart": feature.within}
    judge = chosen(rows, table, at)
    found = {name: _column(judge, rows, expression) for name, expression in asked.items()}
    found["w"] = to_arrow(rows.counts(feature).taken(at, None))
    found["r"] = to_arrow(rows.link(table, table).taken(at, None))
    found["b"] = pa.array(np.full(len(at), rows.part.number, np.int32))
    return pa.table(found)


def counted(connection: duck.Connection, feature: FeaturePlan, met: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The table x_… of the values that more than one row has; and what each row counts: r, b, n."""
    connection.register("met", met)
    whole = duck.arrow(connection, _whole_sql(feature, met))
    connection.register(feature.table, whole)
    return whole, duck.arrow(connection, _own_sql(feature, feature.table, met))


def _whole_sql(feature: FeaturePlan, met: pa.Table) -> str:
    """The table x_… of rows that stand in the table met."""
    near = " REPLACE (CAST(v AS VARCHAR) AS v)" if "v" in met.column_names else ""
    return crossing.counted_sql(feature, f"(SELECT *{near} FROM met)", crossing.keys_of(feature))


def _own_sql(feature: FeaturePlan, whole: str, met: pa.Table) -> str:
    """What each of the rows in the table met counts: r, b, n. `whole` is a relation of `_whole_sql`."""
    keys = crossing.keys_of(feature)
    near = "v" in met.column_names
    on = [f"m.k{at} = x.k{at}" for at in range(keys)] + ([f"CAST(m.v AS VARCHAR) = x.k{keys}"] if near else [])
    return f"SELECT m.r, m.b, x.n FROM met AS m JOIN {whole} AS x ON {' AND '.join(on)}"


def met_within(rows: JudgedRows, feature: FeaturePlan) -> pa.Table:
    """What rows count that can only meet others of their own household or village: all of these are in one part."""
    known = keys_known(rows, feature)
    if feature.within is not None and feature.value is not None:
        null = rows.null_of(feature.value, feature.over)  # nothing is near to what is unknown
        known = known if null is None else known & ~null
    at = np.flatnonzero(known)
    keys = keys_of(rows, feature, at, bare=False)
    sieve = Sieve(crossing.twice([keys], len(keys)))
    met = met_rows(rows, feature, at[sieve.places(keys)])
    rows.connection.register("met", met)
    return duck.arrow(rows.connection, _own_sql(feature, f"({_whole_sql(feature, met)})", met))


# The whole snapshot


class Crossing:
    """The features across the whole snapshot, round after round. With `former` outcomes only the keys of a place are
    read, and those of all others taken from there."""

    def __init__(
        self, started: "Screening", store: KeyStore, connection: duck.Connection, former: "Outcomes | None"
    ) -> None:
        self.started, self.store, self.connection, self.former = started, store, connection, former
        self.everything = started.snapshot.parts()
        self.whole: dict[str, pa.Table] = {}
        self.rows: dict[str, pa.Table] = {}  # by table x_…: r, b, n
        self.met: dict[str, pa.Table] = {}  # by table x_…: as `_look` takes them down

    def counted(self, rows: JudgedRows, feature: FeaturePlan) -> pa.Table | None:
        """What those of these rows count that are not alone: r, n."""
        if crossing.is_local(feature):
            return met_within(rows, feature)
        found = self.rows.get(feature.table)
        if found is None:
            return None
        return found.take(np.flatnonzero(found["b"].to_numpy() == rows.part.number))

    def go(self, round: int) -> None:
        """Finds the keys that meet in this round and counts their rows."""
        groups = crossing.key_groups(self.started.plan, round)
        if not groups:
            return
        for part in self.everything:
            self._collect(part, groups)
        met = {feature.table: self._remembered(feature) for group in groups for feature in group.features}
        own, others = {}, {}
        for group in groups:
            own[group.name], others[group.name] = self._sieves(group, met[group.features[0].table])
        for part in self.everything:
            for area, places in self._areas(part, groups, own, others):
                self._look(self._read(part, area), places, groups, met)
        for feature in (feature for group in groups for feature in group.features):
            if met[feature.table]:
                names = met[feature.table][0].column_names
                every = pa.concat_tables([rows.select(names) for rows in met[feature.table]])
                self.met[feature.table] = every
                self.whole[feature.table], self.rows[feature.table] = counted(self.connection, feature, every)

    def keep(self, folder: Path) -> None:
        """Writes what was counted, for whoever asks for the evidence later, and the rows that met, so that one place
        can be screened again without looking for them everywhere."""
        (folder / "crossed").mkdir()
        for feature in self.started.plan.cross:
            stored = self.started.listed.get(feature.feature.on_list)
            if stored is not None:
                self.whole[feature.table] = stored.keys()
        for name, rows in self.whole.items():
            pq.write_table(rows, folder / "crossed" / f"{name}.parquet", compression="zstd")
        (folder / MET).mkdir()
        for name, rows in self.met.items():
            pq.write_table(rows.drop_columns("b"), folder / MET / f"{name}.parquet", compression="zstd")

    def _read(self, part: Part, area: Area) -> JudgedRows:
        return self.started.rows(part, area, self.connection, self, again=True)

    def _fresh(self, county: str) -> bool:
        """Whether the keys of a county are to be read from the snapshot, not taken from the earlier run."""
        return self.former is None or not county or meet(county, self.started.place)

    def _collect(self, part: Part, groups: Sequence[KeyGroup]) -> None:
        """Stores the keys of every county of a part."""
        own = [county for county in part.counties if self._fresh(county)]
        for county in part.counties:
            if county not in own:
                self._borrow(groups, county)
        if own == list(part.counties):
            self._store(self._read(part, Area()), own, groups)
        else:
            for county in own:
                self._store(self._read(part, _area(county)), [county], groups)

    def _store(self, rows: JudgedRows, counties: Sequence[str], groups: Sequence[KeyGroup]) -> None:
        for group in groups:
            at = np.flatnonzero(keys_known(rows, group.features[0]))
            keys = keys_of(rows, group.features[0], at, bare=group.bare)
            owner = rows.sharing(group.over, counties)[at]
            for number, county in enumerate(counties):
                self.store.write(group.name, county, keys[owner == number])

    def _borrow(self, groups: Sequence[KeyGroup], county: str) -> None:
        assert self.former is not None
        for group in groups:
            own = self.former.folder / "keys" / group.name / f"{county}.npy"
            new = self.store.folder / group.name / own.name
            new.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(own, new)
            except FileNotFoundError:
                raise NotReplaceable(
                    folder=self.former.folder, place=self.started.place, reason=f"keys/{group.name}/{own.name}"
                ) from None
            except OSError:
                shutil.copyfile(own, new)

    def _remembered(self, feature: FeaturePlan) -> list[pa.Table]:
        """The rows of all counties that are not looked at again which met others in the earlier run."""
        if self.former is None:
            return []
        try:
            rows = pq.read_table(self.former.folder / MET / f"{feature.table}.parquet")
        except FileNotFoundError:
            return []  # nobody met
        numbers = {county: part.number for part in self.everything for county in part.counties}
        listed: Any = rows["c"].combine_chunks().dictionary_encode()
        # A county that has gone since is in no part, one that is looked at again is not remembered.
        of_words = [-1 if self._fresh(word) else numbers.get(word, -1) for word in listed.dictionary.to_pylist()]
        part = np.array([*of_words, -1], np.int32).take(listed.indices.to_numpy())
        kept = np.flatnonzero(part >= 0)
        return [rows.take(kept).append_column("b", pa.array(part.take(kept)))]

    def _sieves(self, group: KeyGroup, remembered: Sequence[pa.Table]) -> tuple[Sieve, Sieve]:
        """For the keys that more than one row has. When only a place is screened again: for those of them that it has,
        and for those of these by which rows elsewhere have not met before."""
        counties = self.store.counties(group.name)
        if self.former is None:
            every = (self.store.read(group.name, c) for c in counties)  # one after the other, for there may be many
            meeting = Sieve(crossing.twice(every, self.store.size(group.name)))
            return meeting, meeting
        own = [self.store.read(group.name, c) for c in counties if self._fresh(c)]
        sieve = Sieve(np.unique(np.concatenate(own)) if own else np.empty(0, np.int64))
        others = [sieve.found_in(self.store.read(group.name, c)) for c in counties if not self._fresh(c)]
        elsewhere = np.unique(np.concatenate([np.empty(0, np.int64), *others]))
        known = [crossing.key_column(rows, "h") for rows in remembered]
        new = np.setdiff1d(elsewhere, np.concatenate([np.empty(0, np.int64), *known]))
        return Sieve(np.union1d(crossing.twice(own, sum(map(len, own))), elsewhere)), Sieve(new)

    def _areas(
        self, part: Part, groups: Sequence[KeyGroup], own: Mapping[str, Sieve], others: Mapping[str, Sieve]
    ) -> Iterator[tuple[Area, Places]]:
        """Where in a part rows meet others, and for each county there where in its keys they stand."""
        found: Places = {}
        for county in part.counties:
            sieves = own if self._fresh(county) else others
            places = {g.name: self._places(sieves[g.name], g, county) for g in groups if len(sieves[g.name].wanted)}
            if any(map(len, places.values())):
                found[county] = places
        if list(found) == list(part.counties):
            yield Area(), found
        else:
            yield from ((_area(county), {county: places}) for county, places in found.items())

    def _places(self, sieve: Sieve, group: KeyGroup, county: str) -> Rows:
        return sieve.places(self.store.read(group.name, county))

    def _look(
        self, rows: JudgedRows, places: Places, groups: Sequence[KeyGroup], met: Mapping[str, list[pa.Table]]
    ) -> None:
        """Takes down the rows of some counties whose keys meet, with the key h and the county c of each; keys are
        stored in the order of the rows."""
        for group in groups:
            at, owner = self._chosen(rows, places, group)
            if not len(at):
                continue
            keys = [
                self.store.read(group.name, c)[found[group.name]] for c, found in places.items() if group.name in found
            ]
            numbers: Any = pa.array(owner)
            named = pa.array(list(places), pa.string()).take(numbers)
            for feature in group.features:
                table = met_rows(rows, feature, at).append_column("h", pa.array(np.concatenate(keys)))
                met[feature.table].append(table.append_column("c", named))

    def _chosen(self, rows: JudgedRows, places: Places, group: KeyGroup) -> tuple[Rows, Rows]:
        """The rows that meet others, and the number of the county of each."""
        known = np.flatnonzero(keys_known(rows, group.features[0]))
        share = rows.sharing(group.over, list(places))[known]
        found, owner = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for number, own in enumerate(places.values()):
            if len(own.get(group.name, ())):
                found.append(known[share == number][own[group.name]])
                owner.append(np.full(len(found[-1]), number))
        return np.concatenate(found), np.concatenate(owner)


def meet(county: str, place: str) -> bool:
    """Whether a county and a place have villages in common."""
    return county.startswith(place[:COUNTY]) or place.startswith(county)


def _area(county: str) -> Area:
    return Area(county, unplaced=not county)
