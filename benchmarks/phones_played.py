"""The phones of `phones.py`, as locust plays them: in an environment of its own, without the program.

A phone that is told to come later (503 with `Retry-After`) comes later with the same, as the page for the field does;
how often that was is a row of its own.
"""

import hashlib
import itertools
import json
import os
import random
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from locust import HttpUser, constant, task
from locust.exception import StopUser

PLAN: dict[str, Any] = json.loads(Path(os.environ["PHONES"]).read_text())
PICTURES = [Path(name).read_bytes() for name in PLAN["pictures"]]
PART = 256 * 1024
TURNS = 100
TURN = itertools.count()
LEFT = [len(PLAN["phones"])]


class Phone(HttpUser):
    """Sends its visits, one after the other, and is done."""

    wait_time = constant(0)

    def on_start(self) -> None:
        self.me = PLAN["phones"][next(TURN) % len(PLAN["phones"])]
        self.client.cookies.set("sessionid", self.me["session"])

    @task
    def send_everything(self) -> None:
        try:
            token = self.in_turn("token", self.ask_token).json()["csrf"]
            self.headers = {"X-CSRFToken": token, "Referer": self.host}
            for number in range(PLAN["visits"]):
                self.send(number)
        finally:
            LEFT[0] -= 1
            if LEFT[0] == 0:
                self.environment.runner.quit()
        raise StopUser

    def send(self, number: int) -> None:
        photos = [self.photo() for _ in range(PLAN["photos"])]
        visit = {
            "uuid": str(uuid.uuid4()),
            "checklist": PLAN["checklist"]["id"],
            "version": PLAN["checklist"]["version"],
            "household": self.me["households"][number % len(self.me["households"])],
            "visited_on": PLAN["day"],
            "met_with": "户主",
            "summary": f"压测走访 {uuid.uuid4()}",
            "answers": {"talked": True, "measures_sorted": True, "data_checked": True, "tidied": True},
            "photos": [note for note, _content in photos],
        }
        answer = self.in_turn("visit", partial(self.post, visit))
        for note, content in photos:
            self.send_photo(note["uuid"], content, answer.json()["photos"][note["uuid"]])

    def in_turn(self, name: str, ask: Any) -> Any:
        """The answer, asked for until it is our turn."""
        for _turn in range(TURNS):
            with ask(name) as answer:
                if answer.status_code != 503 or "Retry-After" not in answer.headers:
                    return answer
                answer.request_meta["name"] = "told to come later"
                answer.success()
                seconds = float(answer.headers["Retry-After"])
            gevent.sleep(seconds + random.random())
        raise StopUser

    def photo(self) -> tuple[dict[str, Any], bytes]:
        """A picture that is like no other: what stands behind the end of a JPEG changes its digest, not its look."""
        content = random.choice(PICTURES) + uuid.uuid4().bytes
        digest = hashlib.sha256(content).hexdigest()
        note = {
            "uuid": str(uuid.uuid4()),
            "question": "picture",
            "sha256": digest,
            "size": len(content),
            "name": "1.jpg",
        }
        return note, content

    def send_photo(self, name: str, content: bytes, received: int) -> None:
        while received < len(content):
            part = content[received : received + PART]
            span = f"bytes {received}-{received + len(part) - 1}/{len(content)}"
            headers = {**self.headers, "Content-Range": span, "Content-Type": "application/octet-stream"}
            answer = self.in_turn("part of a photo", partial(self.put, name, part, headers))
            received = answer.json()["received"]

    def ask_token(self, counted: str) -> Any:
        return self.client.get("/visits/phone/token/", name=counted, catch_response=True)

    def post(self, visit: dict[str, Any], counted: str) -> Any:
        return self.client.post(
            "/visits/phone/send/", json=visit, headers=self.headers, name=counted, catch_response=True
        )

    def put(self, name: str, part: bytes, headers: dict[str, str], counted: str) -> Any:
        if PLAN["line"]:
            gevent.sleep(len(part) * 8 / (PLAN["line"] * 1000))
        return self.client.put(
            f"/visits/phone/photos/{name}/", data=part, headers=headers, name=counted, catch_response=True
        )
