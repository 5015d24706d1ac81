"""Findings: what a rule found doubtful, of whom, since when, and what the officers on the spot said of it.

A finding is one rule about one subject. It lives through many runs: found, standing, verified, resolved, perhaps found
again; every step stays on file. Rules never change the registry: what is wrong is corrected there, by people, and the
next run then no longer finds it.
"""

import json
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import ScopedQuerySet, Viewer
from bangfu.registry.models import Household, Member, Paper, WorkRecord


class FindingsQuerySet(ScopedQuerySet):
    view_right = "findings.view"


class RunQuerySet(FindingsQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """The runs that reach into the areas of the viewer: what they counted there is shown by `RunCount`."""
        reached = Q(pk__in=())
        for each in viewer.places_for(self.view_right):
            reached |= Q(place__lte=each.last, last_place__gte=each.first)
        return self.filter(reached)

    def done(self) -> Self:
        return self.filter(state=Run.State.DONE)


class Run(models.Model):
    """One screening of a place as of a day, and what it brought. `place` to `last_place` is what was screened;
    `outcomes` is the folder in HOME/screenings that holds the rows. `rules` holds, by rule, what the engine said of
    it: the figures used, where and why it was not run, the columns that were missing."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待开始")
        SNAPSHOT = "snapshot", _("正在制作快照")
        SCREENING = "screening", _("正在筛查")
        ABSORBING = "absorbing", _("正在登记疑点")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    progress = models.SmallIntegerField(_("进度（%）"), default=0)
    as_of = models.DateField(_("数据截止日"))
    area = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    last_place = models.BigIntegerField()
    started_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("发起人"))
    started_at = models.DateTimeField(_("开始时间"), auto_now_add=True)
    taken_at = models.DateTimeField(_("快照时间"), null=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    snapshot = models.CharField(_("快照"), max_length=120, blank=True)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    book_sha256 = models.CharField(max_length=64, blank=True)
    outcomes = models.CharField(_("结果目录"), max_length=120, blank=True)
    engine = models.CharField(_("引擎"), max_length=20, blank=True)
    counts = models.JSONField(_("结果"), default=dict)
    rules = models.JSONField(_("规则运行情况"), default=dict)
    error_code = models.CharField(max_length=10, blank=True)
    error_facts = models.JSONField(default=dict)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("筛查")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["place", "last_place"], name="run_by_place")]

    def __str__(self) -> str:
        return f"{self.pk} {self.as_of}"


class FindingQuerySet(FindingsQuerySet):
    def live(self) -> Self:
        """Those that still ask for something to be done."""
        return self.filter(state__in=Finding.LIVE)

    def overdue(self, day: date) -> Self:
        return self.live().filter(due_on__lt=day)


class Finding(models.Model):
    """A rule and whom it is about. The subject's own number stands in `subject`: of a village, household, person or
    work record, as `grain` says. Household, person and record have no constraint: an import that is taken back takes
    its rows away, and what was found of them stays on file.

    `evidence` are the values that the rule judged by, as JSON; `evidence_hash` is their mark, without those that only
    the passing of time changes. An exemption holds as long as the mark is the one that was verified.
    """

    class State(models.TextChoices):
        OPEN = "open", _("待核实")
        MENDED = "mended", _("属实已更正，待复查")
        EXEMPT = "exempt", _("情况属实，予以保留")
        RULE_WRONG = "rule_wrong", _("规则有误，已上报")
        RESOLVED = "resolved", _("已消除")

    class Severity(models.IntegerChoices):
        ERROR = 1, _("错误")
        WARNING = 2, _("警告")
        INFORMATION = 3, _("提示")

    class Grain(models.TextChoices):
        VILLAGE = "village", _("村")
        HOUSEHOLD = "household", _("户")
        MEMBER = "member", _("家庭成员")
        WORK_RECORD = "work_record", _("务工记录")

    LIVE = (State.OPEN, State.MENDED)

    rule_id = models.CharField(_("规则"), max_length=40)
    topic = models.CharField(_("类别"), max_length=40)
    grain = models.CharField(_("对象"), max_length=12, choices=Grain.choices)
    subject = models.BigIntegerField(_("对象编号"))
    village = models.ForeignKey(Area, models.PROTECT, related_name="+", db_index=False, verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    household = models.ForeignKey(
        Household, models.DO_NOTHING, null=True, db_constraint=False, related_name="findings", verbose_name=_("户")
    )
    member = models.ForeignKey(
        Member,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="findings",
        verbose_name=_("成员"),
    )
    work_record = models.ForeignKey(
        WorkRecord, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    severity = models.SmallIntegerField(_("程度"), choices=Severity.choices)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    evidence = models.TextField(_("依据的数值"), default="{}")
    evidence_hash = models.CharField(max_length=32)
    exempt_hash = models.CharField(max_length=32, blank=True)
    found_on = models.DateField(_("发现日期"))
    due_on = models.DateField(_("核实期限"))
    assigned_to = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("核实人")
    )
    verified_at = models.DateTimeField(_("核实时间"), null=True)
    first_run = models.ForeignKey(Run, models.PROTECT, db_index=False, related_name="+", verbose_name=_("首次发现"))
    last_run = models.ForeignKey(Run, models.PROTECT, db_index=False, related_name="+", verbose_name=_("最近一次发现"))
    resolved_run = models.ForeignKey(
        Run, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("消除")
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("疑点")
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["rule_id", "subject"], name="finding_once")]
        indexes = [
            models.Index(fields=["place", "state"], name="finding_by_place"),
            models.Index(fields=["state", "due_on", "id"], name="finding_by_due"),
            models.Index(
                fields=["assigned_to", "due_on"], condition=Q(state__in=("open", "mended")), name="finding_of_officer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.grain} {self.subject}"

    @property
    def values(self) -> dict[str, Any]:
        """The evidence by column; None is unknown."""
        found: dict[str, Any] = json.loads(self.evidence)
        return found

    @property
    def live(self) -> bool:
        return self.state in self.LIVE


class OfFindingQuerySet(FindingsQuerySet):
    place_field = "finding__place"


class Verification(models.Model):
    """What an officer found in the field. Proof is a paper of the household."""

    class Result(models.TextChoices):
        MENDED = "mended", _("属实，已在户档中更正")
        AS_RECORDED = "as_recorded", _("记录无误，情况属实（附证明材料）")
        RULE_WRONG = "rule_wrong", _("规则有误，上报政策专员")

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="verifications", verbose_name=_("疑点"))
    result = models.CharField(_("核实结果"), max_length=12, choices=Result.choices)
    by = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name=_("核实人"))
    on = models.DateField(_("核实日期"))
    at = models.DateTimeField(_("登记时间"))
    note = models.CharField(_("说明"), max_length=400)
    proof = models.ForeignKey(Paper, models.PROTECT, null=True, related_name="+", verbose_name=_("证明材料"))
    evidence = models.TextField(_("核实时的数值"), default="{}")

    objects = OfFindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("核实")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.result}"


class FindingStep(models.Model):
    """One step in the life of a finding: who or which run took it from what state to what."""

    class Kind(models.TextChoices):
        FOUND = "found", _("筛查发现")
        BACK = "back", _("消除后再次发现")
        CHANGED = "changed", _("数值有变，保留失效")
        STILL = "still", _("复查仍在")
        RESOLVED = "resolved", _("复查已消除")
        ASSIGNED = "assigned", _("分派")
        VERIFIED = "verified", _("核实")
        REOPENED = "reopened", _("退回重新核实")

    finding = models.ForeignKey(Finding, models.CASCADE, related_name="steps", verbose_name=_("疑点"))
    kind = models.CharField(_("事项"), max_length=10, choices=Kind.choices)
    from_state = models.CharField(_("原状态"), max_length=10, blank=True, choices=Finding.State.choices)
    to_state = models.CharField(_("新状态"), max_length=10, choices=Finding.State.choices)
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("人员")
    )
    run = models.ForeignKey(Run, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("筛查"))
    note = models.CharField(_("说明"), max_length=400, blank=True)

    objects = OfFindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("疑点经过")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["run", "kind", "finding"], name="step_of_run")]

    def __str__(self) -> str:
        return f"{self.finding_id} {self.kind}"


class RunCount(models.Model):
    """What a run counted for one rule in one village. `hits` = `new` + `standing` for rules of suspicion; `resolved`
    are those of earlier runs that this one no longer found; `unknown` rows lacked a value and are neither."""

    run = models.ForeignKey(Run, models.CASCADE, db_index=False, related_name="village_counts", verbose_name=_("筛查"))
    rule_id = models.CharField(_("规则"), max_length=40)
    village = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    hits = models.IntegerField(_("查出"), default=0)
    unknown = models.IntegerField(_("无法判断"), default=0)
    new = models.IntegerField(_("新增"), default=0)
    standing = models.IntegerField(_("持续"), default=0)
    resolved = models.IntegerField(_("消除"), default=0)

    objects = FindingsQuerySet.as_manager()

    class Meta:
        verbose_name = _("筛查统计")
        ordering = ["run", "place", "rule_id"]
        constraints = [models.UniqueConstraint(fields=["run", "village", "rule_id"], name="run_count_once")]
        indexes = [models.Index(fields=["run", "place"], name="run_count_by_place")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.rule_id} {self.village_id}"
