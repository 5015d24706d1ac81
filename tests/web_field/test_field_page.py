"""The page for the field as the server gives it: one for everybody, in three languages, with all it will need."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import translation

from bangfu.web.field import code
from bangfu.web.field.texts import TEXTS, texts
from tests.conftest import House

OUR_SCRIPTS = sorted(Path(settings.FIELD_SCRIPT).glob("*.js"))
# Names that are put together in the scripts: `net_${state}`, `no_${kind}`, and fields by which a text is called.
PUT_TOGETHER = {
    *(f"net_{state}" for state in ("idle", "sending", "offline", "signed-out")),
    *(f"no_{kind}" for kind in ("whole", "amount")),
}


def scripts() -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in OUR_SCRIPTS)


def names_in_quotes(source: str) -> set[str]:
    return set(re.findall(r'"([a-z_]+)"', source))


def test_every_text_the_scripts_ask_for_is_there_and_none_is_carried_in_vain():
    asked = set(re.findall(r'\bsay\("([a-z_-]+)"', scripts()))
    assert len(asked) > 60
    assert asked - set(TEXTS) == set()
    assert set(TEXTS) - names_in_quotes(scripts()) - PUT_TOGETHER == set()


def test_the_facts_that_scripts_fill_in_are_the_ones_the_texts_name():
    """As far as they stand beside the name: say("pin_wrong", { left: … })."""
    wrong = {}
    for name, given in re.findall(r'\bsay\("([a-z_]+)", \{ ?([^{}]*?) ?\}\)', scripts()):
        wanted = set(re.findall(r"\{(\w+)\}", str(TEXTS[name])))
        facts = set(re.findall(r"(?:^|, )(\w+)(?=:|,|$)", given))
        if wanted - facts:
            wrong[name] = wanted - facts
    assert wrong == {}


def test_scripts_make_no_markup_out_of_texts_and_run_no_text():
    """Names of households come from people: they are put on the page as text, never as markup."""
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", scripts()) == []


def test_the_page_names_no_officer_and_speaks_the_officers_language(house: House):
    for language in ("zh-hans", "zh-hant", "en"):
        officer = house.officer("first_secretary")
        officer.language, officer.name = language, "石书记"
        officer.save()
        answer = house.client("first_secretary").get("/field/")
        assert answer.status_code == 200 and "石书记" not in answer.text and "csrfmiddlewaretoken" not in answer.text
        brought = json.loads(re.search(r'id="field-brought"[^>]*>(.*?)</script>', answer.text, re.DOTALL)[1])
        with translation.override(language):
            assert brought["texts"] == texts()
        assert f'lang="{language}"' in answer.text


def test_every_file_that_the_service_worker_keeps_is_served(house: House):
    source = house.client("first_secretary").get("/field/worker.js").text
    kept = json.loads(re.match(r"const FIELD = (.*);\n", source)[1])
    names = [file.removeprefix(settings.STATIC_URL) for file in kept["files"]]
    assert [name for name in names if not finders.find(name)] == []
    ours = {f"{settings.FIELD_CODE}/{file.name}" for file in OUR_SCRIPTS if file.name != "worker.js"}
    assert ours <= set(names)
    assert kept["page"] == "/field/"


def test_modules_name_only_modules_that_are_there():
    lost = [
        (file.name, module)
        for file in OUR_SCRIPTS
        for module in re.findall(r'(?:from|import\()\s*"\./([^"]+)"', file.read_text(encoding="utf-8"))
        if module not in code.modules()
    ]
    assert lost == []


def test_another_language_or_text_makes_another_version_of_the_page(monkeypatch: pytest.MonkeyPatch):
    with translation.override("zh-hans"):
        before = code.version()
        assert code.version() == before
        monkeypatch.setitem(TEXTS, "finish", "完成")
        assert code.version() != before
    monkeypatch.undo()
    with translation.override("en"):
        assert code.version() != before


def key_of(client: Client) -> dict[str, Any]:
    answer = client.get("/field/key/")
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(answer.json())


@pytest.mark.req("H5")
def test_each_officer_has_a_key_of_ones_own_that_stays_the_same(house: House, settings: Any):
    secretary, committee = house.client("first_secretary"), house.client("village_committee")
    first = key_of(secretary)
    assert len(base64.b64decode(first["key"])) == 32
    assert key_of(house.client("first_secretary")) == first
    assert key_of(committee)["key"] != first["key"]
    settings.SECRET_KEY = "another house"
    assert key_of(house.client("first_secretary"))["key"] != first["key"]


@pytest.mark.parametrize("address", ["/field/", "/field/key/"])
def test_who_records_no_visits_has_no_page_and_no_key(house: House, address: str):
    assert house.client("department").get(address).status_code == 403
    assert Client().get(address).status_code == 302
    assert house.client("first_secretary").post(address).status_code == 405


def test_the_page_can_be_put_on_the_home_screen(house: House):
    about = house.client("first_secretary").get("/field/app.webmanifest").json()
    assert (about["start_url"], about["scope"], about["display"]) == ("/field/", "/field/", "standalone")
    assert finders.find(about["icons"][0]["src"].removeprefix(settings.STATIC_URL))
