"""Masks keep enough to tell two people apart and never the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bangfu.common.masking import mask_account, mask_id, mask_name, mask_phone

pytestmark = pytest.mark.req("G3")


@pytest.mark.parametrize(
    ("mask", "plain", "masked"),
    [
        (mask_id, "522101198001011234", "522***********1234"),
        (mask_id, "52210119800101123443", "522***********1234**"),
        (mask_id, "1234567", "*******"),
        (mask_id, "", ""),
        (mask_phone, "13812341234", "138****1234"),
        (mask_phone, "0856-5221234", "**********34"),
        (mask_phone, "110", "***"),
        (mask_phone, "", ""),
        (mask_account, "6217000010001234567", "***************4567"),
        (mask_account, "1234", "****"),
        (mask_name, "张明", "张*"),
        (mask_name, "张春明", "张*明"),
        (mask_name, "欧阳春明", "欧**明"),
        (mask_name, "买买提·艾力", "买****力"),
        (mask_name, "张", "*"),
        (mask_name, "", ""),
    ],
)
def test_a_mask_hides_what_the_rule_says(mask, plain, masked):
    assert mask(plain) == masked


@given(st.sampled_from([mask_id, mask_phone, mask_account, mask_name]), st.text(min_size=1, max_size=40))
def test_no_mask_lets_a_whole_value_through_or_changes_its_length(mask, text):
    hidden = mask(text)
    assert len(hidden) == max(len(text), 2 if mask is mask_name and len(text) == 2 else 0)
    assert "*" in hidden
