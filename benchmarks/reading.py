"""How well and how fast plan documents are read.

    python benchmarks/reading.py [--gold FILE --texts DIR] [--pages N] [--rounds N]

Prints a Markdown table: F1 and the share of right kinds, comparisons and deadlines against the gold lines of the
project's own sample documents, and against those of FILE for the texts in DIR when given; then the median seconds for
N pages of 700 characters as text, Word and PDF.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.settings")
os.environ.setdefault("BANGFU_HOME", tempfile.mkdtemp())
SAMPLES = ROOT / "tests" / "plans" / "reading" / "documents"
PAGE = 700  # characters
LIMIT_SECONDS = 5.0


def scores(gold: Path, texts: Path) -> None:
    from tests.plans.reading.scoring import read_lines, score

    from bangfu.plans.reading.reader import read_text
    from bangfu.plans.reading.telling import name_of, proposal_as_json

    lines = read_lines(gold)
    wanted = {line["doc"] for line in lines}
    found = []
    for file in sorted(texts.glob("*.txt")):
        if name_of(file) in wanted:
            text = file.read_bytes().decode("utf-8")
            found += [proposal_as_json(proposal, name_of(file)) for proposal in read_text(text).proposals]
    result = score(lines, found)
    agreed = " | ".join(f"{result.agreed[name]:.3f}" for name in ("kind", "comparison", "deadline", "cadence"))
    print(f"| {gold.name} | {result.gold} | {result.predicted} | {result.f1:.3f} | {agreed} |")


def sample_of(pages: int) -> str:
    """So many pages of the sample documents, one after the other."""
    one = "\n".join(file.read_text(encoding="utf-8") for file in sorted(SAMPLES.glob("*.txt")))
    return (one * (pages * PAGE // len(one) + 1))[: pages * PAGE]


def as_word(text: str) -> bytes:
    import docx

    document = docx.Document()
    for line in text.split("\n"):
        document.add_paragraph("".join(c for c in line if c.isprintable()))
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def as_pdf(text: str) -> bytes:
    import pylopdf_fonts_zh_cn
    import typst

    escaped = "".join(f"\\{c}" if c in "\\#*_`$<>@[]~=-+/\"'" else c for c in text).replace("\n", "\n\n")
    source = f'#set page(paper: "a4")\n#set text(font: "Noto Sans SC", size: 11pt)\n{escaped}'
    fonts = [str(Path(pylopdf_fonts_zh_cn.__file__).parent)]
    return bytes(typst.compile(source.encode(), font_paths=fonts, ignore_system_fonts=True))


def timed(run: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    from bangfu.plans.reading.files import read_content
    from bangfu.plans.reading.reader import read_text

    print("| gold | items | proposed | F1 | kind | comparison | deadline | cadence |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    scores(SAMPLES / "gold.jsonl", SAMPLES)
    if given.gold and given.texts:
        scores(given.gold, given.texts)
    text = sample_of(given.pages)
    print(f"\n| {given.pages} pages | proposals | wall s | CPU s | limit |\n| --- | --- | --- | --- | --- |")
    for name, content in (("plan.txt", text.encode()), ("plan.docx", as_word(text)), ("plan.pdf", as_pdf(text))):
        proposals = len(read_text(read_content(content, name).text).proposals)
        wall, cpu = timed(lambda c=content, n=name: read_text(read_content(c, n).text), given.rounds)  # type: ignore[misc]
        print(f"| {name} | {proposals} | {wall:.2f} | {cpu:.2f} | {LIMIT_SECONDS:.0f} |")


if __name__ == "__main__":
    main()
