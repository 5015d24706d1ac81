"""What policy leaves to the place about findings: who verifies them, within how many days, and what is kept."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import Field, model_validator

from bangfu.accounts.roles import roles
from bangfu.common.policy import Source, Strict, code_list, read_yaml
from bangfu.findings.models import Finding, Verification
from bangfu.visits.loading import checklists

# The figure that says how many days there are for a finding of that severity.
DAYS_FIGURE = {
    Finding.Severity.ERROR: "finding_days_error",
    Finding.Severity.WARNING: "finding_days_warning",
    Finding.Severity.INFORMATION: "finding_days_information",
}


class Keeping(Strict):
    """Which snapshots and outcomes stay, besides those that live findings and runs need: the `latest` so many, the last
    one of each of the `months` latest months, and whatever is younger than so many `hours`: it may be being read."""

    latest: int = Field(ge=1)
    months: int = Field(ge=0)
    hours: int = Field(ge=1)


class OnVisit(Strict):
    """What a visit about a finding says of it: the checklist and its questions, the result of a verification that each
    answer proposes, and as which kind of paper its photo is kept."""

    checklist: str
    question: str
    becomes: Mapping[str, str]
    note: str
    photo: str
    paper_kind: str

    @model_validator(mode="after")
    def _asked_and_known(self) -> "OnVisit":
        form = checklists().get(self.checklist)
        questions = {each.id: each for each in form.questions} if form else {}
        if lost := [name for name in (self.question, self.note, self.photo) if name not in questions]:
            raise ValueError(f"{self.checklist} does not ask {lost}")
        answers = {code for code, _label in questions[self.question].options}
        results = set(map(str, Verification.Result.values))
        if not set(self.becomes) <= answers or not set(self.becomes.values()) <= results:
            raise ValueError(f"answers are {sorted(answers)}, results {sorted(results)}")
        if code_list("paper_kind").code_of(self.paper_kind) is None:
            raise ValueError(f"paper_kind {self.paper_kind}")
        return self


class FindingsPolicy(Strict):
    """The file `policy/china/findings.yaml`: the roles that verify what is found in their village, in order, how long
    it stays on file which rows were found, and what a visit says of a finding."""

    source: Source
    assign_to: tuple[str, ...]
    keep: Keeping
    visit: OnVisit

    @model_validator(mode="after")
    def _roles_that_may_verify(self) -> "FindingsPolicy":
        for role in self.assign_to:
            if role not in roles() or "findings.verify" not in roles()[role].rights:
                raise ValueError(f"role {role} cannot verify findings")
        return self


@cache
def policy() -> FindingsPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "findings.yaml", FindingsPolicy)
