"""Measures for the walk: what is done for households, with its history, promises, and a village's projects."""

from decimal import Decimal
from typing import Any

from bangfu.support.models import Commitment, Measure, MeasureChange, VillageProject

KINDS = ("measure", "measure_change", "promise", "project")


def plant_measures(keep: Any, ids: Any, village: Any, here: Any, mark: str, number: str, day: Any, moment: Any) -> None:
    """Rows of every table of measures in a branch; projects belong to the village, and so stand where it does."""
    officer, households, papers = here.rows["officer"][0], here.rows["household"], here.rows["paper"]
    measures = keep(
        "measure",
        [
            Measure(
                pk=ids("measure"), household=h, kind="0102", measure_class="01", content=f"{mark}的猪",
                owner=f"{mark}村委", quantity=Decimal(number), unit="head", money=Decimal(number), starts_on=day,
                result=f"{mark}增收", proof=paper, entered_by=officer,
            )
            for h, paper in zip(households, papers, strict=False)
        ],
    )  # fmt: skip
    keep(
        "measure_change",
        [
            MeasureChange(
                pk=ids("measure_change"), measure=measure, number=0, at=moment, actor=officer, state="planned",
                values={"owner": ["", f"{mark}人"]}, reason=f"{mark}说的",
            )
            for measure in measures
        ],
    )  # fmt: skip
    keep(
        "promise",
        [
            Commitment(
                pk=ids("promise"), household=h, year=moment.year, helper_name=f"{mark}帮", signer=f"{mark}户主",
                helper_promise=f"{mark}卖猪", household_promise=f"{mark}养猪", helper_signed_on=day,
                household_signed_on=day, paper=paper, entered_by=officer,
            )
            for h, paper in zip(households, papers, strict=False)
        ],
    )  # fmt: skip
    if village in here.chain:
        keep(
            "project",
            [
                VillageProject(
                    pk=ids("project"), village=village, kind="02", name=f"{mark}路", year=moment.year,
                    quantity=Decimal(number), unit="metre", money=Decimal(number), households=1, people=int(number),
                    note=f"{mark}修",
                )
            ],
        )  # fmt: skip
