"""The way back in when nobody can sign in any more."""

import json

import pytest
from click.testing import CliRunner

from bangfu.accounts.models import Officer
from bangfu.commands.officers import command

pytestmark = pytest.mark.req("H1")


def run(*words):
    return CliRunner().invoke(command, list(words))


def test_the_first_administrators_are_made_on_the_server(house):
    answer = run("first", house.county.code, "--json")
    made = json.loads(answer.output)["officers"]
    assert answer.exit_code == 0 and len(made) == 3
    assert all(Officer.objects.get(username=m["username"]).check_password(m["password"]) for m in made)
    again = run("first", house.county.code)
    assert again.exit_code == 1 and "ACC-017" in again.output
    assert "ACC-022" in run("first", "110000000000").output


def test_a_password_is_reset_on_the_server(house):
    officer = house.officer("security_administrator")
    answer = run("reset-password", officer.username, "--json")
    assert Officer.objects.get(pk=officer.pk).check_password(json.loads(answer.output)["password"])
    assert "ACC-020" in run("reset-password", "nobody").output
