"""Recognitions follow what older files bring, and go when the batch is taken back."""

from datetime import date
from pathlib import Path

import pytest

from bangfu.accounts.models import Officer
from bangfu.casework import services
from bangfu.casework.models import Recognition
from bangfu.casework.recognition_errors import BatchHasCases
from bangfu.registry.intake import batches
from bangfu.registry.models import Household, ImportBatch
from tests.casework.conftest import People
from tests.casework.making import opened, procedure
from tests.conftest import House

HEADER = "户编号,所在行政区划,户类型,脱贫属性,首次识别时间,脱贫时间,监测对象类别\n"


def taken_in(by: Officer, folder: Path, *lines: str) -> ImportBatch:
    """A file of households of an older system, taken over."""
    file = folder / "户.csv"
    file.write_text(HEADER + "\n".join(lines), encoding="utf-8")
    batch = batches.start(by=by, files=[(file.name, file)], takeover=True, at_once=True)
    batches.commit(batch)
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DONE, batch.counts
    services.follow_imports.enqueue()
    return batch


@pytest.mark.req("B7")
def test_older_files_are_recognised_and_let_go_with_their_batch(house: House, people: People, tmp_path: Path) -> None:
    batch = taken_in(
        people.county,
        tmp_path,
        "99012120020100901,990121200201,脱贫户,已脱贫,201403,201612,",
        "99012120020100902,990121200201,普通农户,,,,边缘易致贫户",
    )
    told = list(Recognition.objects.order_by("household__household_no", "starts_on").values_list("kind", "starts_on"))
    assert told == [("poor", date(2014, 3, 1)), ("exited", date(2016, 12, 1)), ("watched", None)]
    services.undo_batch(by=people.county, batch=batch, reason="导错了文件")
    assert not Recognition.objects.exists() and not Household.objects.exists()


@pytest.mark.req("B7")
def test_a_batch_of_which_a_household_has_a_case_is_not_taken_back(
    house: House, people: People, tmp_path: Path
) -> None:
    batch = taken_in(people.county, tmp_path, "99012120020100901,990121200201,脱贫户,已脱贫,201403,201612,")
    opened(people.village, Household.objects.get(), procedure())
    with pytest.raises(BatchHasCases):
        services.undo_batch(by=people.county, batch=batch, reason="导错了文件")
    assert Recognition.objects.count() == 2
