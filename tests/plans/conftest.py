"""A county with a bureau that helps one of its villages, a township government next to it, and the people of both."""

from dataclasses import dataclass
from datetime import date

import pytest

from bangfu.accounts.models import Officer
from bangfu.registry.models import Household
from bangfu.support.models import Helper, Team, Unit
from tests.conftest import House
from tests.plans.making import TOWNSHIP_UNIT, charge, helper, household, officer, pair, team, unit

# A Thursday; October and the two months to the end of October are over.
TODAY = date(2026, 11, 19)


@dataclass
class Help:
    """`clerk` has an account and two households; `silent` has none; `secretary` lives in the village with the team."""

    bureau: Unit
    township: Unit
    clerk: Helper
    silent: Helper
    leader: Helper
    secretary: Helper
    team: Team
    homes: list[Household]
    clerk_account: Officer
    leader_account: Officer
    secretary_account: Officer


@pytest.fixture
def help(house: House) -> Help:
    return made_help(house)


def made_help(house: House) -> Help:
    bureau = unit(house.county)
    township = unit(house.township, "青禾乡人民政府", TOWNSHIP_UNIT)
    accounts = [officer(name, "helper", house.village) for name in ("zhang", "li", "wang")]
    clerk = helper(bureau, "张帮扶", "clerk", accounts[0])
    silent = helper(bureau, "周无号", "clerk")
    leader = helper(bureau, "李领导", "leading_group", accounts[1])
    secretary = helper(bureau, "王书记", "party_member", accounts[2])
    homes = [household(house.village, str(number)) for number in range(3)]
    for home in homes[:2]:
        pair(clerk, home)
    pair(silent, homes[2])
    charge(bureau, house.village)
    charge(township, house.village)
    lives = team(house.village, secretary)
    return Help(bureau, township, clerk, silent, leader, secretary, lives, homes, *accounts)
