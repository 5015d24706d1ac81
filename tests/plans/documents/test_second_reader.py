"""The optional endpoint: off by default; what it proposes is checked against the text; whatever it does, the rules'
reading stands."""

import contextlib
import json
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from bangfu.plans import services
from bangfu.plans.documents.second_reader import endpoint
from bangfu.plans.models import Document
from bangfu.plans.reading import endpoint as asking
from bangfu.plans.reading.endpoint import ask, configured
from bangfu.plans.reading.reader import read_text
from tests.plans.documents.test_receiving import upload

pytestmark = pytest.mark.req("E1")
TEXT = "一、目标\n新建泵站8座。沿路花常开，四季不断。\n"
GOOD = {
    "quote": "沿路花常开", "kind": "target", "subject": "花", "number": 100, "unit": "%", "comparison": "all",
    "deadline": "2030-06",
}  # fmt: skip


class Server:
    """An endpoint that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], dict]] = []
        self.deed = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append((self.path, dict(self.headers), json.loads(body)))
                with contextlib.suppress(OSError):  # nobody may listen any more
                    outer.deed(self)

            do_GET = do_POST

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/v1"

    def says(self, content: str | list) -> None:
        if not isinstance(content, str):
            content = f"好的：\n```json\n{json.dumps(content, ensure_ascii=False)}\n```"
        self.sends(json.dumps({"choices": [{"message": {"content": content}}]}).encode())

    def sends(self, body: bytes, status: int = 200, **headers: str) -> None:
        def deed(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.deed = deed


@pytest.fixture(scope="module")
def running():
    server = Server()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def server(running):
    running.asked.clear()
    return running


def asked(server, seconds=5.0):
    return ask(configured(server.address, "m", "secret", seconds), read_text(TEXT))


def test_a_good_answer_adds_what_the_rules_missed_with_offsets_at_the_quote(server):
    known = {**GOOD, "quote": "新建泵站8座", "number": 8, "unit": "座", "comparison": "eq"}
    server.says([GOOD, known, GOOD])
    found = asked(server)
    assert (found.known, found.dropped, found.failed) == (2, 0, "")
    (made,) = found.proposals
    assert TEXT[made.start : made.end] == made.quote == "沿路花常开"
    assert (made.pattern, made.number, made.deadline, made.heading) == ("endpoint", 100, "2030-06", ("目标",))
    path, headers, body = server.asked[0]
    assert (path, headers["Authorization"], body["model"]) == ("/v1/chat/completions", "Bearer secret", "m")
    assert body["messages"][1]["content"] == TEXT


@pytest.mark.parametrize(
    "item",
    [
        {**GOOD, "quote": "沿路花盛开"}, {**GOOD, "quote": ""}, {**GOOD, "quote": ["沿路花常开"]}, None, 7,
        {**GOOD, "number": -1}, {**GOOD, "number": "NaN"}, {**GOOD, "number": 1e300}, {**GOOD, "number": True},
        {**GOOD, "number": [1, 2]}, {**GOOD, "kind": "order"}, {**GOOD, "kind": {}},
        {**GOOD, "comparison": "range"}, {**GOOD, "number": "8"},
        {**GOOD, "deadline": "2030-13"}, {**GOOD, "deadline": "<b>"}, {**GOOD, "deadline": 2030}, {**GOOD, "unit": ""},
        {**GOOD, "unit": "户" * 41}, {**GOOD, "subject": "花\u202e\x00"}, {**GOOD, "unit": 5},
    ],
)  # fmt: skip
def test_what_does_not_hold_is_dropped_and_counted(server, item):
    server.says([item, GOOD])
    found = asked(server)
    assert (found.dropped, len(found.proposals), found.failed) == (1, 1, "")


def test_bad_answers_leave_the_rules_reading_and_say_so(server):
    chat = json.dumps({"choices": [{"message": {"content": "[" * 100_000 + "]" * 100_000}}]}).encode()
    for body in (b"", b"\xff\xfe", b"[]", b"null", b'{"choices": []}', b'{"choices": [{"message": {}}]}', chat):
        server.sends(body)
        assert asked(server).failed == "answer", body[:40]
    for said in ("没有", "[1, 2", '{"a": 1}', "] ["):
        server.says(said)
        assert asked(server).failed == "answer", said
    server.sends(b"x" * (asking._ANSWER + 10))
    assert asked(server).failed == "answer"
    server.sends(b"no", status=500)
    assert asked(server).failed == "unreachable"
    server.says([GOOD] * (asking._MOST + 5))
    assert asked(server).dropped == 5


def test_a_redirect_is_not_followed_and_a_deaf_address_is_said(server):
    server.sends(b"", status=307, Location=server.address + "/elsewhere")
    assert asked(server).failed == "unreachable"
    assert len(server.asked) == 1
    gone = configured("http://127.0.0.1:9/v1", "m")
    assert ask(gone, read_text(TEXT)).failed == "unreachable"


def test_slow_and_dripping_answers_stop_at_the_time_that_is_set(server):
    def silent(handler):
        time.sleep(2)

    def drips(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(40):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    for deed in (silent, drips):
        server.deed = deed
        start = time.monotonic()
        assert asked(server, 0.3).failed == "time"
        assert time.monotonic() - start < 1.8


def test_long_texts_are_asked_in_pieces_that_leave_nothing_out():
    text = "\n".join(f"第{n}行 沿路花常开" for n in range(900)) + "长" * 7000
    pieces = list(asking._slices(text))
    assert "".join(text[a:b] for a, b in pieces) == text
    assert max(b - a for a, b in pieces) <= asking._SLICE


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://host/v1", "http://", "http://u:p@host/v1", "host/v1"])
def test_only_a_plain_web_address_can_be_set(settings, address):
    settings.READER_ENDPOINT = {"address": address, "model": "m", "key": "", "seconds": 5}
    with pytest.raises(ImproperlyConfigured):
        endpoint()


def test_it_is_off_unless_set_and_the_pages_say_that_it_is_on(
    house, settings, server, django_capture_on_commit_callbacks
):
    assert endpoint() is None  # as the house comes
    client, new = house.client("county_office"), reverse("plan-document-new")
    assert "外部辅助阅读" not in client.get(new).content.decode()
    server.says([GOOD, {**GOOD, "quote": "<script>alert(1)</script>"}])

    def received(name: str) -> Document:
        with django_capture_on_commit_callbacks(execute=True):
            made = services.receive(by=None, area=house.county, upload=upload(TEXT + name, f"{name}.txt"))
        return Document.objects.get(pk=made.pk)

    off = received("甲")
    assert (server.asked, off.asked, off.proposals.count()) == ([], {}, 1)
    settings.READER_ENDPOINT = {"address": server.address, "model": "m", "key": "secret", "seconds": 5}
    on = received("乙")
    assert on.asked == {"host": "127.0.0.1", "kept": 1, "known": 0, "dropped": 1, "failed": ""}
    added = on.proposals.get(pattern="endpoint")
    assert (added.state, added.number, on.text[added.start : added.end]) == ("open", Decimal(100), "沿路花常开")
    assert "正文会发送到 127.0.0.1" in client.get(new).content.decode()
    desk = client.get(reverse("plan-document", args=[on.pk])).content.decode()
    assert "补充 1 项，另有 1 条与原文不符" in desk
    assert "外部辅助阅读</span>" in desk
    assert "secret" not in desk
