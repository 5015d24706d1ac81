"""The words of plan documents: `policy/china/reading/`, checked when read, and the patterns made of them.

All words are Simplified with half-width punctuation, the form in which texts are matched (`plain.plain`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from bangfu.common.policy import Strict, policy_file, read_yaml

Words = tuple[str, ...]


class Units(Strict):
    """Measure words by what they measure, what may stand below the bar, and the multiples of ten before a unit."""

    money: Words
    share: Words
    length: Words
    area: Words
    volume: Words
    weight: Words
    power: Words
    degree: Words
    time: Words
    people: Words
    occurrences: Words
    count: Words
    people_nouns: Words
    firm: Words
    scales: Mapping[str, int]
    per: Mapping[str, str]
    per_time: Words
    same: Mapping[str, str]

    @cached_property
    def every(self) -> Words:
        """All measure words, longest first."""
        kinds = (self.money, self.share, self.length, self.area, self.volume, self.weight, self.power, self.degree)
        more = (self.time, self.people, self.occurrences, self.count)
        return longest_first(word for kind in (*kinds, *more) for word in kind)

    @cached_property
    def countable(self) -> frozenset[str]:
        """What counts people, households and things, so that "all of them" may be said of the number."""
        return frozenset((*self.people, *self.count)) - {"倍"}


class Comparison(Strict):
    at_least: Words
    at_most: Words
    at_least_after: Words
    at_most_after: Words
    at_least_far: Words
    at_most_far: Words
    about_after: Words
    about_before: Words


class Coverage(Strict):
    whole: Words
    one_by_one: Words
    doubled: Words
    doubled_not_before: Words
    wholly: Words
    each_all: Words
    none_left_patterns: Words
    remove: Words
    not_coverage_patterns: Words
    bare_longest: int


class Each(Strict):
    words: Words
    time_nouns: Words


class Labels(Strict):
    summed_nouns: Words
    summed_modifiers: Words
    summed_units: Words
    patterns: Words
    concrete_ends: Words
    acts: Words


class Kinds(Strict):
    fact_headings: Words
    plan_headings: Words
    fact_words: Words
    fact_openers_patterns: Words
    plan_words: Words
    firm_plan_words: Words
    norm_words: Words
    norm_sentence_words: Words
    each_of: Words
    owed: Words
    selecting_units: Words


class Rhythm(Strict):
    patterns: Mapping[str, str]
    goes_on: Words
    deeds: Words


class Owners(Strict):
    labels: Words
    ends: Words
    duty_words: Words


class Periods(Strict):
    headings: Words
    plan_titles: Words
    named: Mapping[str, int]
    goal_words: Words


class LayoutWords(Strict):
    page_words_strong: Words
    page_words_weak: Words
    page_line_patterns: Words
    title_words: Words
    piece_patterns: Words


class Sums(Strict):
    whole_words: Words
    part_words: Words
    share_words: Words


class Subjects(Strict):
    lead: Words
    tail: Words
    cut_at: Words
    beneficiary_words: Words


class Areas(Strict):
    ends: Words
    whole: Words


class Noise(Strict):
    spun: Mapping[str, str]
    mojibake_patterns: Words
    scrap_patterns: Words


class PlanWords(Strict):
    """Everything in `words.yaml`."""

    comparison: Comparison
    coverage: Coverage
    each: Each
    labels: Labels
    kinds: Kinds
    rhythm: Rhythm
    owners: Owners
    periods: Periods
    layout: LayoutWords
    sums: Sums
    subjects: Subjects
    areas: Areas
    noise: Noise


@dataclass(frozen=True)
class Grammar:
    """The units and words of one reading."""

    units: Units
    words: PlanWords


@cache
def grammar() -> Grammar:
    """The words as they stand under `policy/china/reading/`. Raises PolicyFileWrong when a file is not as declared."""
    return Grammar(
        read_yaml(policy_file("reading", "units.yaml"), Units),
        read_yaml(policy_file("reading", "words.yaml"), PlanWords),
    )


def longest_first(words: Iterable[str]) -> Words:
    """Without repetition, the longest first, so that an alternation never stops at a beginning of a longer word."""
    return tuple(sorted(dict.fromkeys(words), key=lambda word: (-len(word), word)))


def any_of(words: Iterable[str]) -> str:
    """A pattern that matches one of the words, the longest that fits."""
    return "(?:" + "|".join(re.escape(word) for word in longest_first(words)) + ")"
