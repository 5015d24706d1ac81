"""What visits made about a finding say: the loop from a doubt to the home and back. A visit proposes; the officer who
verifies decides (`services.verify`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bangfu.accounts.models import Officer
from bangfu.findings.models import Finding, Verification
from bangfu.findings.policy import policy
from bangfu.visits import selectors
from bangfu.visits.answers import in_words
from bangfu.visits.models import Photo, Visit

Result = Verification.Result


def key_of(finding: Finding) -> str:
    """What a visit about the finding is marked with."""
    return f"finding:{finding.pk}"


def finding_of(viewer: Officer, about: str) -> Finding | None:
    """The finding that a visit was about, if the viewer may see it."""
    kind, _colon, number = about.partition(":")
    if kind != "finding" or not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    found: Finding | None = Finding.objects.visible_to(viewer).filter(pk=int(number)).first()
    return found


@dataclass(frozen=True)
class Said:
    """A visit about a finding: what was answered, in words; which result that proposes ("": none); the photos that can
    be its proof."""

    visit: Visit
    answer: str
    text: str
    result: str
    photos: Sequence[Photo] = field(default_factory=tuple)

    @property
    def result_label(self) -> str:
        return str(Result(self.result).label) if self.result else ""


def said_about(viewer: Officer, finding: Finding) -> list[Said]:
    """The visits about a finding that the viewer may see, the latest first."""
    asked = policy().visit
    visits = [each for each in selectors.about(viewer, key_of(finding)) if each.household_id == finding.household_id]
    photos = Photo.objects.visible_to(viewer).filter(visit__in=visits, state=Photo.State.KEPT, question=asked.photo)
    found = []
    for visit in visits:
        question = visit.form.read.question(asked.question)
        answer = visit.answers.get(asked.question)
        fits = visit.checklist == asked.checklist and question is not None and answer is not None
        found.append(
            Said(
                visit,
                str(in_words(question, answer)) if fits and question is not None else "",
                str(visit.answers.get(asked.note, "")) if fits else visit.summary,
                asked.becomes.get(str(answer), "") if fits else "",
                [photo for photo in photos if photo.visit_id == visit.pk],
            )
        )
    return found


def proposed(said: Sequence[Said], finding: Finding) -> Said | None:
    """The latest visit that proposes a result, made since the finding was last verified or found; None for none."""
    latest = max((each.on for each in finding.verifications.all()), default=finding.found_on)
    return next((each for each in said if each.result and each.visit.visited_on >= latest), None)
