"""What policy leaves to the place about findings: who verifies them, within how many days, and what is kept."""

from functools import cache
from pathlib import Path

from django.conf import settings
from pydantic import Field, model_validator

from bangfu.accounts.roles import roles
from bangfu.common.policy import Source, Strict, read_yaml
from bangfu.findings.models import Finding

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


class FindingsPolicy(Strict):
    """The file `policy/china/findings.yaml`: the roles that verify what is found in their village, in order, and how
    long it stays on file which rows were found."""

    source: Source
    assign_to: tuple[str, ...]
    keep: Keeping

    @model_validator(mode="after")
    def _roles_that_may_verify(self) -> "FindingsPolicy":
        for role in self.assign_to:
            if role not in roles() or "findings.verify" not in roles()[role].rights:
                raise ValueError(f"role {role} cannot verify findings")
        return self


@cache
def policy() -> FindingsPolicy:
    return read_yaml(Path(settings.POLICY) / "china" / "findings.yaml", FindingsPolicy)
