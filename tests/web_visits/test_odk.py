"""ODK Collect fetches forms and lists, its engine fills them, and what it writes becomes a visit, once."""

import base64
import hashlib
import re
import uuid
from xml.etree import ElementTree as ET

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bangfu.audit.models import Entry
from bangfu.visits import errors, services
from bangfu.visits.models import Correction, FieldKey, Submission, Visit
from tests.visits.making import picture
from tests.web_visits.javarosa import Filling, engine, put

pytestmark = [pytest.mark.django_db, pytest.mark.req("C4")]
OPENROSA = {"X-OpenRosa-Version": "1.0"}


@pytest.fixture
def collect(visiting):
    """An app with a key of the visitor."""
    _key, secret = services.make_key(by=visiting.visitor, name="手机")

    class Collect:
        client = Client(enforce_csrf_checks=True)
        root = f"/visits/odk/key/{secret}/"

        def get(self, name):
            return self.client.get(name if name.startswith("/") else self.root + name, headers=OPENROSA)

        def address(self, url):
            return self.get(url.removeprefix("http://testserver"))

        def fetch(self, form):
            """The form and its lists, as the manifest names them."""
            listed = ET.fromstring(self.get(f"formList?formID=bangfu-{form}").content)
            (entry,) = listed
            told = {node.tag.split("}")[1]: node.text for node in entry}
            files = {"form.xml": self.address(told["downloadUrl"]).content}
            assert told["hash"] == "md5:" + hashlib.md5(files["form.xml"]).hexdigest()
            for media in ET.fromstring(self.address(told["manifestUrl"]).content):
                name, mark, url = (node.text for node in media)
                files[name] = self.address(url).content
                assert mark == "md5:" + hashlib.md5(files[name]).hexdigest()
            return files

        def send(self, xml, *photos, **more):
            parts = {"xml_submission_file": SimpleUploadedFile("s.xml", xml, "text/xml")}
            parts |= {name: SimpleUploadedFile(name, content, "image/jpeg") for name, content in photos}
            return self.client.post(self.root + "submission", parts | more, headers=OPENROSA)

    return Collect()


def instance(checklist="four_ones", version="", number=None, answers="", more="", meta=""):
    """A submission written by hand."""
    number = number or str(uuid.uuid4())
    return (
        f'<data id="bangfu-{checklist}" version="{version}" xmlns:orx="http://openrosa.org/xforms">'
        f"<visited_on>2020-09-20</visited_on>{more}<answers>{answers}</answers>"
        f"<orx:meta><orx:instanceID>uuid:{number}</orx:instanceID>{meta}</orx:meta></data>"
    ).encode()


FOUR = "".join(f"<{name}>true</{name}>" for name in ("talked", "measures_sorted", "data_checked", "tidied"))


def test_the_engine_of_collect_fills_the_six_checks_and_what_it_writes_is_a_visit(visiting, collect, tmp_path):
    files = collect.fetch("six_checks")
    put(tmp_path, files)
    lists = files["households.csv"].decode() + files["members.csv"].decode()
    assert not [m.id_no for m in visiting.home.members.all() if m.id_no and m.id_no in lists]
    assert visiting.child.name in lists
    with engine(tmp_path) as gateway:
        form = Filling(gateway, tmp_path / "form.xml")
        assert set(form.choices("/data/household")) == {str(visiting.home.pk), str(visiting.other.pk)}
        form.answer("/data/household", str(visiting.home.pk))
        form.walk()
        assert (form.repeats("/data/answers/schooling"), form.repeats("/data/answers/insurance")) == (1, 2)
        assert form.value("/data/answers/schooling[1]/who") == visiting.child.name
        assert form.value("/data/answers/schooling[1]/student_status") == "03", "what the registry says is filled in"
        assert form.answer("/data/answers/water_reliability", 101) == "CONSTRAINT_VIOLATED"
        assert form.answer("/data/answers/water_reliability", 95) == "OK"
        assert not form.relevant("/data/answers/house_trouble")
        form.answer("/data/answers/house_safe", "false")
        assert form.relevant("/data/answers/house_trouble")
        form.answer("/data/answers/house_trouble", "屋顶漏雨")
        for name in ("income_stable", "food", "protein", "clothes", "water_quality"):
            form.answer(f"/data/answers/{name}", "true")
        form.answer("/data/answers/pond", "false")
        form.answer("/data/answers/schooling[1]/student_status", "04")
        form.answer("/data/answers/insurance[1]/insured", "true")
        form.answer("/data/answers/insurance[2]/insured", "false")
        assert form.relevant("/data/answers/insurance[2]/proof")
        xml = form.submission()
    answer = collect.send(xml)
    assert answer.status_code == 201 and answer["X-OpenRosa-Version"] == "1.0"
    assert not Submission.objects.exists(), Submission.objects.first() and Submission.objects.first().problems
    visit = Visit.objects.get()
    assert (visit.household, visit.channel, visit.officer) == (visiting.home, "odk", visiting.visitor)
    assert visit.answers["house_trouble"] == "屋顶漏雨" and visit.answers["water_reliability"] == 95
    assert [each["insured"] for each in visit.answers["insurance"]] == [True, False]
    assert visit.started_at and visit.ended_at
    school = Correction.objects.get(column="student_status")
    assert (school.seen, school.found, school.state, school.member) == ("03", "04", "waiting", visiting.child)
    assert collect.send(xml).status_code == 201
    assert Visit.objects.count() == 1, "sent again, it is the same visit"


def test_each_form_is_valid_for_the_engine(collect, tmp_path, house, visiting):
    with engine(tmp_path) as gateway:
        for name in ("four_ones", "exit_check", "finding_check", "village_walk"):
            put(tmp_path, collect.fetch(name))
            form = Filling(gateway, tmp_path / "form.xml")
            if name == "village_walk":
                assert form.choices("/data/village") == [str(house.village.pk)]
                form.answer("/data/village", str(house.village.pk))
                form.answer("/data/answers/clean", ["roads", "fields"])
                form.answer("/data/answers/road_passable", "true")
                xml = form.submission()
            if name == "finding_check":
                form.answer("/data/answers/result", "not_clear")
                assert form.relevant("/data/answers/again_on")
    assert collect.send(xml).status_code == 201
    assert Visit.objects.get().answers == {"clean": ["roads", "fields"], "road_passable": True}


def test_photos_come_with_the_form_at_once_or_in_several_requests(visiting, collect):
    shots = {name: picture(seed) for name, seed in (("1.jpg", 31), ("2.jpg", 32))}
    more = f"<household>{visiting.home.pk}</household>"
    xml = instance(answers=FOUR + "<picture_1>1.jpg</picture_1><picture_2>2.jpg</picture_2>", more=more)
    first = collect.send(xml, ("1.jpg", shots["1.jpg"]), **{"*isIncomplete*": "yes"})
    assert first.status_code == 202 and not Visit.objects.exists()
    last = collect.send(xml, ("2.jpg", shots["2.jpg"]))
    assert last.status_code == 201
    visit = Visit.objects.get()
    services.look_at_arrived()
    assert [(p.name, p.state, p.question) for p in visit.photos.order_by("pk")] == [
        ("1.jpg", "kept", "picture"), ("2.jpg", "kept", "picture"),
    ]  # fmt: skip
    assert collect.send(xml, *shots.items()).status_code == 201
    assert visit.photos.count() == 2 and Visit.objects.count() == 1
    lost = instance(answers=FOUR + "<picture_1>gone.jpg</picture_1>", more=more)
    assert collect.send(lost).status_code == 201
    assert [n["code"] for n in Visit.objects.latest("pk").notices] == ["VIS-103"]
    wrong = instance(answers=FOUR + "<picture_1>x.jpg</picture_1>", more=more)
    assert collect.send(wrong, ("x.jpg", b"no photo")).status_code == 201
    assert Visit.objects.latest("pk").photos.get().state == "refused"


def test_unknown_fields_foreign_households_and_edits_are_kept_in_the_tray(visiting, collect, house):
    more = f"<household>{visiting.home.pk}</household>"
    sent = {
        "VIS-003": instance(answers=FOUR + "<frobnitz>7</frobnitz>", more=more),
        "VIS-012": instance(answers=FOUR, more="<household>999999</household>"),
        "VIS-102": instance(answers=FOUR, more=more, meta=f"<orx:deprecatedID>uuid:{uuid.uuid4()}</orx:deprecatedID>"),
        "VIS-002": instance(answers=FOUR, version="nothing", more=more),
        "VIS-001": instance(checklist="nothing", answers=FOUR, more=more),
    }
    for code, xml in sent.items():
        for _twice in range(2):
            assert collect.send(xml).status_code == 201
        entry = Submission.objects.latest("pk")
        assert code in [problem["code"] for problem in entry.problems], code
        assert entry.raw == xml.decode()
    assert Submission.objects.count() == len(sent) and not Visit.objects.exists()
    assert Submission.objects.earliest("pk").payload["answers"]["frobnitz"] == "7"


@pytest.mark.parametrize(
    "xml",
    [
        b"", b"<data", b"no xml", b"\x00\x01",
        b'<!DOCTYPE a [<!ENTITY b "c">]><data id="bangfu-four_ones">&b;</data>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><data/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><data>&b;</data>'.encode("utf-16"),
        b"<data>" + b"x" * (1 << 20) + b"</data>",
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_in_words(visiting, collect, xml):
    answer = collect.send(xml)
    assert answer.status_code == 400 and b"OpenRosaResponse" in answer.content
    assert not Submission.objects.exists()


def test_a_key_speaks_for_its_officer_until_it_is_ended(visiting, collect, house):
    assert collect.get("formList").status_code == 200
    head = collect.client.head(collect.root + "submission")
    assert head.status_code == 204 and head["Location"].endswith("/submission")
    assert int(head["X-OpenRosa-Accept-Content-Length"]) > 1 << 20
    assert collect.client.get("/visits/odk/key/wrong/formList").status_code == 401
    assert collect.get("forms/bangfu-nothing.xml").status_code == 404
    assert Entry.objects.filter(action="visit.taken_along").count() == 0
    collect.fetch("four_ones")
    assert Entry.objects.filter(action="visit.taken_along").count() == 1
    key = FieldKey.objects.get()
    assert key.used_at and collect.root.split("/")[-2] not in str(FieldKey.objects.values())
    with pytest.raises(errors.KeyUnknown):
        services.end_key(by=visiting.secretary, key=key)
    services.end_key(by=visiting.visitor, key=key)
    assert collect.get("formList").status_code == 401


def test_name_and_password_do_as_well_unless_a_second_step_is_due(visiting):
    visiting.visitor.set_password("Yunling-2020")
    visiting.visitor.save()

    def ask(given="visitor:Yunling-2020"):
        basic = base64.b64encode(given.encode()).decode()
        return Client().get("/visits/odk/formList", headers={**OPENROSA, "Authorization": f"Basic {basic}"})

    answer = ask()
    assert answer.status_code == 200 and "bangfu-four_ones" in answer.content.decode()
    assert "/visits/odk/forms/bangfu-four_ones.xml" in answer.content.decode()
    assert ask("visitor:wrong").status_code == 401 and ask("x").status_code == 401
    assert Client().get("/visits/odk/formList").status_code == 401
    assert 'Basic realm="' in Client().get("/visits/odk/formList")["WWW-Authenticate"]
    visiting.visitor.second_step = True
    visiting.visitor.save()
    assert ask().status_code == 401


def test_lists_hold_the_officers_own_area_only(visiting, house):
    _key, secret = services.make_key(by=visiting.neighbour, name="邻乡")
    root = f"/visits/odk/key/{secret}/forms/bangfu-four_ones"
    assert Client().get(f"{root}/households.csv").content.decode().count("\n") == 1
    villages = Client().get(f"/visits/odk/key/{secret}/forms/bangfu-village_walk/villages.csv").content.decode()
    assert house.neighbour_village.name in villages and house.village.name not in villages


def test_keys_are_made_shown_once_and_ended_on_a_page(visiting, browsing):
    client = browsing(visiting.visitor)
    page = client.post("/visits/apps/", {"name": "红米"}).content.decode()
    address = re.search(r"/visits/odk/key/[\w-]+", page)[0]
    assert "data:image/svg+xml" in page
    assert client.get(f"{address}/formList").status_code == 200
    later = client.get("/visits/apps/").content.decode()
    assert address not in later and "红米" in later
    client.post("/visits/apps/", {"end": str(FieldKey.objects.get().pk)})
    assert client.get(f"{address}/formList").status_code == 401
    assert (
        browsing(visiting.secretary).post("/visits/apps/", {"end": str(FieldKey.objects.get().pk)}).status_code == 400
    )
