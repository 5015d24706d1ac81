"""Papers: judged by content, kept once under their hash, opened only while unaltered."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from bangfu.common.errors import BangfuError
from bangfu.registry import errors, papers, selectors, services
from bangfu.registry.models import Household, Paper
from tests.conftest import House
from tests.registry.making import household, person


@pytest.fixture
def made(house: House) -> Household:
    return household(house.officer("township_station", house.township), house.village, person(0))


def photo(kind: str = "PNG", size: tuple[int, int] = (20, 20)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind)
    return out.getvalue()


def attach(house: House, made: Household, content: bytes, name: str = "旧房.png") -> Paper:
    return services.attach_paper(
        by=house.officer("township_station", house.township),
        household=made,
        kind="30",
        title="旧房照片",
        upload=SimpleUploadedFile(name, content),
    )


@pytest.mark.req("A3")
def test_the_same_scan_is_kept_once_under_its_hash(house: House, made: Household, settings: Any) -> None:
    first, second = attach(house, made, photo()), attach(house, made, photo(), "另一名.pdf")
    assert first.sha256 == second.sha256 and first.media_type == second.media_type == "image/png"
    stored = [p for p in (Path(settings.HOME) / "papers").rglob("*") if p.is_file()]
    assert stored == [papers.path_of(first.sha256)]
    assert selectors.open_paper(first).read() == photo()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.PaperEmpty),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", errors.PaperTypeRefused),
        (b"<!DOCTYPE html><script>alert(1)</script>", errors.PaperTypeRefused),
        (b"MZ" + b"\0" * 400, errors.PaperTypeRefused),
        (photo("GIF"), errors.PaperTypeRefused),
        (photo("JPEG", (400, 400))[:900], errors.PaperDamaged),
        (b"%PDF-1.7 cut off", errors.PaperDamaged),
        (b"%PDF-1.7" + b"0" * (11 << 20), errors.PaperTooLarge),
    ],
)
def test_what_is_no_paper_is_refused_and_leaves_nothing(
    house: House, made: Household, settings: Any, content: bytes, error: type[BangfuError]
) -> None:
    with pytest.raises(error, match="REG-"):
        attach(house, made, content, "照片.png")
    assert not Paper.objects.exists()
    assert [p for p in (Path(settings.HOME) / "papers").rglob("*") if p.is_file()] == []


def test_an_image_that_unpacks_to_a_monster_is_refused(house: House, made: Household) -> None:
    with pytest.raises(errors.PaperDamaged):
        attach(house, made, photo("PNG", (9000, 9000)))


def test_a_removed_paper_leaves_the_file_and_the_history(house: House, made: Household) -> None:
    paper = attach(house, made, photo())
    services.remove_paper(by=house.officer("township_station", house.township), paper=paper, reason="传错")
    paper.refresh_from_db()
    assert paper.removed_on is not None and papers.path_of(paper.sha256).exists()
    assert [h.history_type for h in paper.history.order_by("history_id")] == ["+", "~"]
    assert any(line.label == "移除日期" for told in selectors.history_of(made) for line in told.lines)


def test_an_altered_file_is_not_handed_out(house: House, made: Household) -> None:
    paper = attach(house, made, photo())
    papers.path_of(paper.sha256).write_bytes(b"something else")
    with pytest.raises(errors.PaperGone):
        selectors.open_paper(paper)
