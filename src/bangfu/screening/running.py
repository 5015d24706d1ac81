"""What a screening says of itself, and the files in which its outcomes stand.

<folder>/run.json                   day, place, snapshot; by rule: figures, where it did not run, what is missing
<folder>/outcomes/<grain>.parquet   rows with a bit: the keys of the row, hit0, unknown0, hit1 …
<folder>/counts.parquet             rule, village_code, hits, unknown
<folder>/crossed/<feature>.parquet  values that more than one row of the snapshot has
<folder>/keys/<group>/<county>.npy  the keys by which they were found, so that one county can be screened again
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bangfu.screening.errors import FolderTaken, OutcomesDamaged, OutcomesNotFound

RUN = "run.json"
FORMAT = 1
EVERYWHERE = ""


@dataclass(frozen=True)
class RuleRun:
    """What became of a rule. `figures` gives each figure by place, `not_run` why it did not run there ("period",
    "figure:<name>", "list:<id>"): places are beginnings of area codes, "" is everywhere. `missing` tells how often
    each column that the rule needs is NULL in the snapshot; `lists` the day of each outside list that was used."""

    grain: str
    hits: int = 0
    unknown: int = 0
    figures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    not_run: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)

    @property
    def ran(self) -> bool:
        """Whether it ran anywhere."""
        return EVERYWHERE not in self.not_run


@dataclass(frozen=True)
class Run:
    """A screening. `bits` lists the rules of each grain in the order of their bits; `replaced` tells which place of an
    earlier run was screened again; `rows` how many rows were looked at."""

    as_of: date
    place: str
    engine: str
    snapshot: str
    snapshot_sha256: str
    book_sha256: str
    bits: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, RuleRun]
    rows: Mapping[str, int]
    replaced: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        facts = {"format": FORMAT, **asdict(self), "as_of": self.as_of.isoformat()}
        (folder / RUN).write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """Raises OutcomesNotFound, OutcomesDamaged."""
        try:
            facts: dict[str, Any] = json.loads((folder / RUN).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise OutcomesNotFound(folder=folder) from None
        except (OSError, ValueError) as error:
            raise OutcomesDamaged(folder=folder, reason=error) from error
        try:
            if facts.pop("format") != FORMAT:
                raise OutcomesDamaged(folder=folder, reason="format")
            facts["as_of"] = date.fromisoformat(facts["as_of"])
            facts["bits"] = {grain: tuple(rules) for grain, rules in facts["bits"].items()}
            facts["rules"] = {id: RuleRun(**rule) for id, rule in facts["rules"].items()}
            return cls(**facts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise OutcomesDamaged(folder=folder, reason=f"{RUN}: {error}") from error


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out`, moved there when all is written: nobody sees half a result. Raises FolderTaken."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FolderTaken(folder=out)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".screening-", dir=out.parent))
    try:
        yield draft
        if out.exists():
            out.rmdir()
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
