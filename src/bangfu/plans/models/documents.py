"""Documents that were handed in to be read, and what was found in them that may be tracked."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.fields import ExactField
from bangfu.common.places import ScopedQuerySet
from bangfu.plans.reading.found import Comparison, Kind

KIND_LABELS = {Kind.TARGET: _("目标"), Kind.DUTY: _("职责"), Kind.STANDARD: _("标准"), Kind.FACT: _("现状")}
COMPARISON_LABELS = {
    Comparison.EQUAL: _("等于"),
    Comparison.AT_LEAST: _("不低于"),
    Comparison.AT_MOST: _("不高于"),
    Comparison.RANGE: _("介于"),
    Comparison.ALL: _("全部"),
}
# What of a proposal a person may mend; of texts, how long they may be.
TEXTS = {"subject": 200, "unit": 40, "owner": 200, "area_name": 200}
BY_HAND = "by-hand"
NUMBERS = ("number", "number_to", "cadence_times")
MENDED = ("kind", "number", "number_to", "comparison", "deadline", "cadence_times", "cadence_period", *TEXTS)


class DocumentQuerySet(ScopedQuerySet):
    view_right = "plans.view"


class ProposalQuerySet(ScopedQuerySet):
    place_field = "document__place"
    view_right = "plans.view"


class Document(models.Model):
    """A plan, a notice, a letter of responsibility … as one file. Its `text` is what the reader read: every offset here
    and in the proposals is a `str` index of it. The file itself lies with the papers, under its own SHA-256.

    `pieces` are the documents in the file, `headings`, `doubts` and `differences` are as `reading.telling` tells them.
    One handed in by mistake is withdrawn, never taken away.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等待阅读")
        RUNNING = "running", _("正在阅读")
        READ = "read", _("已读完")
        REFUSED = "refused", _("无法阅读")

    area = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    title = models.CharField(_("文件名称"), max_length=120)
    file_name = models.CharField(_("原文件名"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=100)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    error_code = models.CharField(max_length=10, blank=True)
    error_facts = models.JSONField(default=dict)
    text = models.TextField(_("正文"), blank=True)
    pieces = models.JSONField(default=list)
    headings = models.JSONField(default=list)
    doubts = models.JSONField(default=list)
    differences = models.JSONField(default=list)
    # What an endpoint that was asked proposed: {"host", "kept", "dropped", "failed"}; empty when none was.
    asked = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    uploaded_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    read_at = models.DateTimeField(_("读完时间"), null=True)
    withdrawn_at = models.DateTimeField(_("作废时间"), null=True)
    withdrawn_why = models.CharField(_("作废理由"), max_length=200, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("规划文件")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [models.Index(fields=["place", "uploaded_at"], name="plan_document_by_place")]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "sha256"], condition=Q(withdrawn_at=None), name="plan_document_handed_in_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Proposal(models.Model):
    """One thing in a document that may be tracked. It is nothing but a reading until a person says yes.

    `number` is in the base unit (万亩 counts 10,000; 100 and % for "all"), `number_to` the upper end of a range.
    `deadline` is a day, a month or a year as ISO text, "" when there is none. `at_start` to `at_end` is the number
    itself inside the quote. `pattern` names what found it. `doubts` as in the document, `doubt_kinds` names their kinds
    between commas (",masked,spun,"), so that a list can be narrowed to them; `differs` when the amount is part of a sum
    that does not add up.

    `as_read` holds what the reader had found in the fields that a person has mended since (numbers as text); empty when
    nobody has. What a person added by hand has BY_HAND as its pattern, what an endpoint that was asked proposed has
    "endpoint".
    `answer` is what the person said it belongs to: the id of a duty or of a figure of policy; "" when there is none.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待定")
        ACCEPTED = "accepted", _("已采纳")
        REFUSED = "refused", _("不采纳")

    document = models.ForeignKey(Document, models.CASCADE, related_name="proposals", verbose_name=_("规划文件"))
    number_in_text = models.IntegerField(_("序号"))
    piece = models.IntegerField(_("第几份文件"), default=1)
    start = models.IntegerField()
    end = models.IntegerField()
    at_start = models.IntegerField()
    at_end = models.IntegerField()
    quote = models.TextField(_("原文"))
    kind = models.CharField(_("类别"), max_length=10, choices=[(kind.value, KIND_LABELS[kind]) for kind in Kind])
    subject = models.CharField(_("事项"), max_length=TEXTS["subject"], blank=True)
    number = ExactField(_("数量"))
    number_to = ExactField(_("数量上限"), null=True)
    unit = models.CharField(_("单位"), max_length=TEXTS["unit"], blank=True)
    comparison = models.CharField(
        _("比较"), max_length=10, choices=[(each.value, COMPARISON_LABELS[each]) for each in Comparison]
    )
    deadline = models.CharField(_("期限"), max_length=10, blank=True)
    cadence_times = ExactField(_("每期次数"), null=True)
    cadence_times_to = ExactField(_("每期次数上限"), null=True)
    cadence_period = models.CharField(_("周期"), max_length=10, blank=True)
    owner = models.CharField(_("责任单位（人）"), max_length=TEXTS["owner"], blank=True)
    area_name = models.CharField(_("适用区域"), max_length=TEXTS["area_name"], blank=True)
    beneficiaries = models.JSONField(default=list)
    alternatives = models.JSONField(default=list)
    heading = models.JSONField(default=list)
    pattern = models.CharField(_("识别依据"), max_length=60, blank=True)
    doubts = models.JSONField(default=list)
    doubt_kinds = models.CharField(max_length=200, blank=True)
    differs = models.BooleanField(_("数字对不上"), default=False)
    state = models.CharField(_("处理"), max_length=10, choices=State.choices, default=State.OPEN)
    as_read = models.JSONField(default=dict)
    answer = models.CharField(_("对应的政策"), max_length=60, blank=True)
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    decided_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    decided_at = models.DateTimeField(_("处理时间"), null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("读出的事项")
        ordering = ["document", "number_in_text"]
        constraints = [
            models.UniqueConstraint(fields=["document", "number_in_text"], name="plan_proposal_once_in_a_text"),
            models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="plan_proposal_has_a_quote"),
        ]

    def __str__(self) -> str:
        return self.quote


def label_of(name: str) -> str:
    """What a field of a proposal is called."""
    field: Any = Proposal._meta.get_field(name)
    return str(field.verbose_name)


def read_value(name: str, kept: Any) -> Any:
    """A value as `as_read` keeps it, as the field has it."""
    return Decimal(str(kept)) if name in NUMBERS and kept is not None else kept
