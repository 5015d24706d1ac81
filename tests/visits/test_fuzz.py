"""Whatever is sent, the answer is in words, and nothing that could be read is lost."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bangfu.visits import errors, services
from bangfu.visits.models import Channel, Submission, Visit
from bangfu.visits.payloads import KNOWN
from tests.visits.making import FOUR_ONES, payload, sent

pytestmark = pytest.mark.django_db

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(), st.text(max_size=40), st.sampled_from(["\0", "\ud800", "9" * 400, "2020-02-30", "-0", "NaN", "١٢"]),
)  # fmt: skip
ANY = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELD = st.sampled_from(sorted(KNOWN))
QUESTION = st.sampled_from(["talked", "wishes", "land", "clean", "picture", "phone", "x", "member"])


@given(
    changes=st.dictionaries(FIELD, ANY, max_size=4),
    answers=st.dictionaries(QUESTION, ANY, max_size=4),
    more=st.dictionaries(st.text(max_size=6), ANY, max_size=2),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_payload_becomes_a_visit_or_an_entry_of_the_tray_and_twice_the_same(visiting, changes, answers, more):
    whole = {**payload(visiting.home, answers={**FOUR_ONES, **answers}), **changes, **more}
    before = Visit.objects.count() + Submission.objects.count()
    first = sent(visiting.visitor, whole)
    again = sent(visiting.visitor, whole)
    assert (first.visit, first.refused) == (again.visit, again.refused)
    assert Visit.objects.count() + Submission.objects.count() <= before + 1
    for problem in first.problems:
        assert problem.message
    if first.refused is not None:
        kept = Submission.objects.get(pk=first.refused.pk)
        assert len(kept.payload) == len({str(name).translate({0: None}) for name in whole})
        json.dumps(kept.payload, allow_nan=False)


@given(whole=ANY)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_no_record_at_all_is_refused_before_anything_is_written(visiting, whole):
    if isinstance(whole, dict):
        assert sent(visiting.visitor, whole).state == "tray"
    else:
        with pytest.raises(errors.PayloadUnreadable):
            services.record(by=visiting.visitor, payload=services.read_payload(whole), channel=Channel.FIELD)
