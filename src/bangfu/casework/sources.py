"""What a confirmed finding may lead to: which procedures open a case from it."""

from bangfu.casework.procedures import Channel, Procedure
from bangfu.findings.models import Finding, Verification


def confirmed(finding: Finding) -> bool:
    """Whether an officer said last of the finding that it is true, mended since or not."""
    last = Verification.objects.filter(finding=finding).order_by("-pk").values_list("result", flat=True).first()
    return last in (Verification.Result.MENDED, Verification.Result.AS_RECORDED)


def takes(procedure: Procedure, finding: Finding) -> bool:
    """Whether a procedure opens cases from findings of this rule."""
    opening = procedure.opening
    return Channel.FINDING in opening.channels and (
        finding.rule_id in opening.rules or finding.topic in opening.rule_topics
    )
