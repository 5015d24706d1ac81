"""Whether every rule is shown by cases: a hit, a clear, an unknown and an edge. What they come out as, the screening
tells (`screening.cases`)."""

from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bangfu.rulebook.book import RuleBook

FEWEST = 3  # hit, clear and an edge between them; with an unknown one more


@dataclass(frozen=True)
class Gap:
    """A rule with too few cases: what kinds are missing."""

    rule: str
    missing: tuple[str, ...]

    @property
    def message(self) -> str:
        return _("规则 {rule} 的案例不全，缺：{kinds}。请在同名的 .cases.yaml 里补上。").format(
            rule=self.rule, kinds="、".join(_KINDS[kind]() for kind in self.missing)
        )


_KINDS = {
    "hit": lambda: _("列出的一例"),
    "clear": lambda: _("不列的一例"),
    "unknown": lambda: _("资料不全、无法判断的一例"),
    "edge": lambda: _("刚好在界限上的一例"),
}


def gaps(book: RuleBook) -> list[Gap]:
    """The rules whose cases do not show what they do. A rule that can never be unknown needs no such case; the case on
    the edge is a hit or a clear more."""
    shown: dict[str, Counter[str]] = {id: Counter() for id in book.rules}
    for case in book.cases:
        for rule, outcome in case.expect.items():
            shown[rule][outcome] += 1
    found = []
    for rule, seen in shown.items():
        wanted = ["hit", "clear", *(["unknown"] if book.may_be_unknown(rule) else [])]
        missing = [kind for kind in wanted if not seen[kind]]
        if seen["hit"] + seen["clear"] < FEWEST and not {"hit", "clear"} & set(missing):
            missing.append("edge")
        if missing:
            found.append(Gap(rule, tuple(missing)))
    return found
