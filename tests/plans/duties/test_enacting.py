"""The sample county keeps records of duties: most with their papers, some without, once only."""

from bangfu.plans.duties import selectors
from bangfu.plans.duties.enacting import enact
from bangfu.plans.models import DutyRecord
from tests.plans.conftest import TODAY


def test_the_sample_keeps_records_and_leaves_something_to_do(house, help):
    county, village = house.officer("county_office"), house.officer("village_committee")
    names = [county.username, village.username]
    made = enact(names, TODAY)
    assert made == DutyRecord.objects.count() > 20
    assert {record.what for record in DutyRecord.objects.all()} >= {"meeting", "study", "report", "news", "inspection"}
    lacking = selectors.found_records(county, state="lacking").count()
    assert 0 < lacking < made / 2
    assert max(DutyRecord.objects.values_list("done_on", flat=True)) <= TODAY
    assert enact(names, TODAY) == 0
    assert DutyRecord.objects.count() == made


def test_without_units_nothing_is_acted_out(house):
    assert enact([house.officer("county_office").username], TODAY) == 0
