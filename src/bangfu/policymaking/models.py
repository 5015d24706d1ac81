"""What a place decides for itself: drafts of figures and rules, what became of them, and the versions in force."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import ScopedQuerySet


class DraftQuerySet(ScopedQuerySet):
    view_right = "rules.view"


class Draft(models.Model):
    """A figure or rule that a place wants to add, replace or end. `content` is what will stand in the place's policy
    file, as plain data (`rulebook.models`: a Figure, a Rule with its cases, an Ended); `trial` what it would change,
    as counted on the snapshot of `trial_sha256` for exactly this content; only a tried draft can be handed in."""

    class Kind(models.TextChoices):
        FIGURE = "figure", _("标准")
        RULE = "rule", _("规则")
        END = "end", _("停用")

    class State(models.TextChoices):
        DRAFT = "draft", _("起草中")
        SUBMITTED = "submitted", _("待审批")
        APPROVED = "approved", _("已批准")
        RETURNED = "returned", _("已退回")
        WITHDRAWN = "withdrawn", _("已撤回")

    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("适用区域"))
    place = models.BigIntegerField(_("位置"))
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    subject = models.CharField(_("编号"), max_length=60)
    title = models.CharField(_("名称"), max_length=120)
    content = models.JSONField(_("内容"))
    reason = models.CharField(_("理由"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    trial = models.JSONField(_("试算"), default=dict)
    trial_sha256 = models.CharField(max_length=64, blank=True)
    tried_at = models.DateTimeField(_("试算时间"), null=True)
    proposed_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name=_("起草人"))
    proposed_at = models.DateTimeField(_("起草时间"), auto_now_add=True)
    decided_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("审批人"))
    decided_at = models.DateTimeField(_("审批时间"), null=True)
    decision_note = models.CharField(_("审批意见"), max_length=200, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("地方标准与规则草案")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.subject}"


class Version(models.Model):
    """The policy files of a place as they stood after an approval: `files` by name, `sha256` over all of them."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("适用区域"))
    place = models.BigIntegerField(_("位置"))
    number = models.IntegerField(_("版本"))
    draft = models.OneToOneField(Draft, models.PROTECT, related_name="version", verbose_name=_("草案"))
    files = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("生成时间"), auto_now_add=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("地方标准与规则版本")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["area", "number"], name="place_version_once")]

    def __str__(self) -> str:
        return f"{self.area} {self.number}"
