"""Units, helpers and days for the tests of support."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from bangfu.areas.models import Area
from bangfu.support import services
from bangfu.support.models import Helper, Unit


def unit(area: Area, name: str = "县农业农村局", **more: Any) -> Unit:
    return services.save_unit(by=None, name=name, level=more.pop("level", "04"), area=area, **more)


def helper(of: Unit, name: str = "王建国", rank: str = "section_head", **more: Any) -> Helper:
    return services.save_helper(by=None, name=name, unit=of, rank=rank, **more)


def days_ago(number: int) -> date:
    return timezone.localdate() - timedelta(days=number)
