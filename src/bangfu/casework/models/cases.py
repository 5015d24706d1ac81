"""Cases on their way through a procedure: how they came, where they stand, every move."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.procedures import Channel, Effect, Procedure
from bangfu.common.places import ScopedQuerySet
from bangfu.findings.models import Finding
from bangfu.registry.models import Household


class CaseworkQuerySet(ScopedQuerySet):
    view_right = "cases.view"


class OfCaseQuerySet(CaseworkQuerySet):
    place_field = "case__place"


class ProcedureVersion(models.Model):
    """A procedure as it read when a case began by it: the whole file. A running case keeps the version it began
    with."""

    procedure = models.CharField(_("程序"), max_length=60)
    version = models.CharField(_("版本"), max_length=40)
    sha256 = models.CharField(max_length=64, unique=True)
    content = models.JSONField()
    kept_at = models.DateTimeField(_("启用时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("程序版本")
        ordering = ["procedure", "-pk"]

    def __str__(self) -> str:
        return f"{self.procedure} {self.version}"

    @property
    def read(self) -> Procedure:
        """The procedure as an object; parsed once an object."""
        found: Procedure | None = self.__dict__.get("_read")
        if found is None:
            found = self.__dict__["_read"] = Procedure.model_validate(self.content)
        return found


class CaseSequence(models.Model):
    """The last number given to a case of a county and year. Its row is what openers queue for, so that no number is
    given twice and none is left out."""

    prefix = models.CharField(primary_key=True, max_length=20)
    last = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("案号")

    def __str__(self) -> str:
        return f"{self.prefix} {self.last}"


class Round(models.Model):
    """A round that opens a case for every household of a kind in an area: 回头看, or the comparison of two lists. It is
    worked through in the background, part by part: `among` are the households (or villages) for whom it is, in their
    order, `done` how many of them were dealt with so far."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待开始")
        RUNNING = "running", _("正在开案")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DONE)
    procedure = models.CharField(_("程序"), max_length=60)
    title = models.CharField(_("名称"), max_length=120)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    started_on = models.DateField(_("开始日期"))
    due_on = models.DateField(_("完成期限"), null=True)
    started_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("发起人"))
    started_at = models.DateTimeField(_("发起时间"), auto_now_add=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    among = models.JSONField(_("范围内的户或村"), default=list)
    done = models.IntegerField(_("已处理"), default=0)
    opened = models.IntegerField(_("开案数"), default=0)
    left_out = models.JSONField(_("未开案及原因"), default=list)

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("集中核查")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title


class Application(models.Model):
    """What somebody asked for: at the counter, or by the public form, which shows nothing back about anybody."""

    class State(models.TextChoices):
        NEW = "new", _("待受理")
        ACCEPTED = "accepted", _("已受理")
        DECLINED = "declined", _("不予受理")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.NEW)
    channel = models.CharField(_("来源"), max_length=12)
    village = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    head_name = models.CharField(_("户主姓名"), max_length=60)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    difficulty = models.CharField(_("困难情况"), max_length=400)
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("户")
    )
    received_at = models.DateTimeField(_("收到时间"), auto_now_add=True)
    received_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))
    decided_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("受理人"))
    decided_at = models.DateTimeField(_("受理时间"), null=True)
    decision_note = models.CharField(_("受理意见"), max_length=200, blank=True)
    # Of the network address only a keyed mark is kept, to limit how often one address may send; never the address.
    sender = models.CharField(max_length=32, blank=True, db_index=True)

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("申请")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["place", "state"], name="application_by_place")]

    def __str__(self) -> str:
        return f"{self.head_name} {self.received_at:%Y-%m-%d}"


class CaseQuerySet(CaseworkQuerySet):
    def running(self) -> Self:
        return self.filter(closed_on=None)

    def late(self, day: date) -> Self:
        """Running cases of which a legal time has run out before `day`."""
        return self.running().filter(due_on__lt=day)


class Case(models.Model):
    """A household (or village) on its way through a procedure. `step` is where it stands; only `services.move`
    writes it.

    `due_on` is the earliest legal time that is running, `not_before` the first day on which a forward move is
    lawful; both follow from the procedure's clocks and are computed at every move. `moves` counts the moves:
    whoever wants to move a case says how many they have seen, so that of two officers pressing together one wins
    and the other is told. `facts` are what was frozen when the case was handed in, `facts_hash` their mark.
    """

    case_no = models.CharField(_("案号"), max_length=30, unique=True)
    procedure = models.CharField(_("程序"), max_length=60)
    version = models.ForeignKey(
        ProcedureVersion, models.PROTECT, db_index=False, related_name="cases", verbose_name=_("程序版本")
    )
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, db_index=False, related_name="cases", verbose_name=_("户")
    )
    village = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    subject_name = models.CharField(_("户主或村名"), max_length=60)
    step = models.CharField(_("环节"), max_length=60)
    step_since = models.DateField(_("进入本环节日期"))
    level = models.SmallIntegerField(_("办理层级"))
    moves = models.IntegerField(default=0)
    due_on = models.DateField(_("期限"), null=True)
    not_before = models.DateField(_("最早日期"), null=True)
    channel = models.CharField(_("来源"), max_length=12, choices=[(c.value, c.value) for c in Channel])
    finding = models.ForeignKey(
        Finding, models.PROTECT, null=True, db_index=False, related_name="cases", verbose_name=_("疑点")
    )
    application = models.OneToOneField(
        Application, models.PROTECT, null=True, related_name="case", verbose_name=_("申请")
    )
    round = models.ForeignKey(Round, models.PROTECT, null=True, related_name="cases", verbose_name=_("集中核查"))
    note = models.CharField(_("事由"), max_length=400, blank=True)
    opened_on = models.DateField(_("开案日期"))
    opened_by = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("经办人")
    )
    closed_on = models.DateField(_("办结日期"), null=True)
    granted = models.BooleanField(_("同意"), null=True)
    effect = models.CharField(_("结果"), max_length=12, blank=True, choices=[(e.value, e.value) for e in Effect])
    facts = models.JSONField(_("提交时的情况"), default=dict)
    facts_hash = models.CharField(max_length=64, blank=True)
    facts_on = models.DateField(_("提交日期"), null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("案件")
        ordering = ["due_on", "pk"]
        constraints = [
            # A household or village is never in two running cases of one procedure.
            models.UniqueConstraint(
                fields=["procedure", "household"], condition=Q(closed_on=None), name="case_of_household_once"
            ),
            models.UniqueConstraint(
                fields=["procedure", "village"],
                condition=Q(closed_on=None, household=None),
                name="case_of_village_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")), name="case_closed_after"
            ),
        ]
        indexes = [
            models.Index(fields=["place", "procedure", "step"], name="case_by_place"),
            models.Index(fields=["due_on", "id"], condition=Q(closed_on=None), name="case_by_due"),
            models.Index(fields=["procedure", "step", "place"], condition=Q(closed_on=None), name="case_by_step"),
            # Holds all that the counts of what lies with an officer ask.
            models.Index(
                fields=["level", "place", "due_on", "version", "step"],
                condition=Q(closed_on=None),
                name="case_by_level",
            ),
            models.Index(fields=["household"], name="case_of_household"),
            models.Index(fields=["finding"], condition=Q(finding__isnull=False), name="case_of_finding"),
            models.Index(fields=["closed_on", "place"], name="case_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.case_no} {self.subject_name}"

    @property
    def running(self) -> bool:
        return self.closed_on is None


class CaseTransition(models.Model):
    """One move of a case: who, holding which post, took it from where to where, on which day, and why. The opening is
    the first, from "". Never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="transitions", verbose_name=_("案件"))
    number = models.IntegerField(_("序号"))
    move = models.CharField(_("动作"), max_length=60)
    kind = models.CharField(_("类别"), max_length=10)
    from_step = models.CharField(_("原环节"), max_length=60, blank=True)
    to_step = models.CharField(_("新环节"), max_length=60)
    level = models.SmallIntegerField(_("层级"))
    role = models.CharField(_("岗位"), max_length=40, blank=True)
    actor = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("经办人")
    )
    on = models.DateField(_("日期"))
    at = models.DateTimeField(_("登记时间"))
    reason = models.CharField(_("说明"), max_length=400, blank=True)
    answers = models.JSONField(_("答复"), default=dict)
    noted = models.JSONField(_("已知悉的变化"), default=list)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("办理经过")
        ordering = ["case", "number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="transition_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.number} {self.move}"


class CasePaper(models.Model):
    """A paper or photo of a case, at the step and for the requirement it was attached to. The file lies with the
    registry's papers, under its own SHA-256."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="papers", verbose_name=_("案件"))
    step = models.CharField(_("环节"), max_length=60)
    wanted = models.CharField(_("要求"), max_length=60)
    title = models.CharField(_("名称"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=60)
    added_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    added_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    removed_at = models.DateTimeField(_("移除时间"), null=True)

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("案件材料")
        ordering = ["case", "pk"]

    def __str__(self) -> str:
        return self.title


class Check(models.Model):
    """One item of a list of checks (the exit of a household, of a village) as it was answered for a case: whether
    it is met, by what source, with what evidence. `met` NULL is unknown, which blocks."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="checks", verbose_name=_("案件"))
    item = models.CharField(_("项目"), max_length=60)
    met = models.BooleanField(_("达标"), null=True)
    source = models.CharField(_("依据来源"), max_length=12)
    evidence = models.JSONField(_("依据"), default=dict)
    note = models.CharField(_("说明"), max_length=400, blank=True)
    by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    on = models.DateField(_("日期"))

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("退出核查项")
        constraints = [models.UniqueConstraint(fields=["case", "item"], name="check_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.item}"


class BulkMove(models.Model):
    """Many cases moved through one step in one go, in the background. Every case is checked like a single one; who
    was refused, and why, stays on file."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待开始")
        RUNNING = "running", _("正在办理")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    procedure = models.CharField(_("程序"), max_length=60)
    step = models.CharField(_("环节"), max_length=60)
    move = models.CharField(_("动作"), max_length=60)
    place = models.BigIntegerField(_("位置"))
    case_ids = models.JSONField()
    on = models.DateField(_("日期"))
    reason = models.CharField(_("说明"), max_length=400, blank=True)
    answers = models.JSONField(default=dict)
    started_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name=_("发起人"))
    started_at = models.DateTimeField(_("发起时间"), auto_now_add=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    moved = models.IntegerField(_("已办"), default=0)
    refused = models.JSONField(_("未办及原因"), default=list)

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("批量办理")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.procedure} {self.move}"

    @property
    def done(self) -> int:
        """How many of the cases were dealt with so far."""
        return int(self.moved) + len(self.refused)


class HolidayYear(models.Model):
    """The holidays and shifted working days of a year that the calendar library does not know yet, as published."""

    year = models.SmallIntegerField(_("年度"), primary_key=True)
    holidays = models.JSONField(_("放假日期"))
    working_weekends = models.JSONField(_("调休上班日期"))
    document = models.CharField(_("文件"), max_length=200)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))
    entered_at = models.DateTimeField(_("登记时间"), auto_now=True)

    class Meta:
        verbose_name = _("放假安排")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)
