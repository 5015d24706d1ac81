"""A plan of the sample county, handed in and read as any other, with some of it decided: so that whoever starts it sees
a reading desk at work, targets that came of it, and things still to be decided."""

from collections.abc import Iterable
from datetime import date

from django.core.files.base import ContentFile
from django.utils import timezone

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import Level
from bangfu.plans import services
from bangfu.plans.documents.fitting import duties_for, measure_for
from bangfu.plans.models import Document, Proposal
from bangfu.plans.reading.found import Kind
from bangfu.plans.targets.acting import may_edit
from bangfu.sample.data_files import DATA

# Of what is counted by the house so many targets are accepted; of facts so many are refused.
ACCEPTED, REFUSED = 6, 2


def enact_documents(officers: Iterable[str], today: date | None = None) -> int:
    """Hands the sample plan in and decides on some of it; how many targets came of it. Does nothing in a house that has
    documents, or where none of the officers keeps the plans of a county."""
    day = today or timezone.localdate()
    actors = Officer.objects.filter(username__in=list(officers)).order_by("pk")
    by, area = next(((officer, area) for officer in actors for area in _counties(officer)), (None, None))
    if by is None or area is None or Document.objects.exists():
        return 0
    text = (DATA / "plan.txt").read_text(encoding="utf-8").replace("{next}", str(day.year + 1))
    title = text.split("\n", 1)[0]
    made = services.receive(by=by, area=area, upload=ContentFile(text.encode(), name=f"{title}.txt"))
    services.read_document(made.pk)  # at once, whether or not a worker runs
    return _decide(by, area, made.pk, day)


def _counties(officer: Officer) -> list[Area]:
    """The counties among the areas of an officer's posts in which they keep plans."""
    areas = [post.area for post in officer.posts_on()]
    return [area for area in areas if area.level == Level.COUNTY and may_edit(officer, area.place)]


def _decide(by: Officer, area: Area, document: int, day: date) -> int:
    rows = list(Proposal.objects.filter(document=document).select_related("document"))
    counted = [(row, measure) for row in rows if row.kind == Kind.TARGET and (measure := measure_for(row))]
    for row, measure in counted[:ACCEPTED]:
        services.accept(by=by, proposal=row, measure=measure)
    for row in [row for row in rows if row.kind == Kind.FACT][:REFUSED]:
        services.refuse(by=by, proposal=row)
    for row in (row for row in rows if row.kind == Kind.DUTY):
        fit = next((fit for fit in duties_for(row, area, day) if fit.same), None)
        if fit is not None:
            services.accept(by=by, proposal=row, answer=fit.duty.id)
    return min(len(counted), ACCEPTED)
