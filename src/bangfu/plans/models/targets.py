"""Targets: what is to be reached by when and by whom, what has been reported and measured, and every change."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.fields import HundredthsField
from bangfu.common.places import ScopedQuerySet, within
from bangfu.plans.models.documents import COMPARISON_LABELS, Proposal
from bangfu.plans.reading.found import Comparison
from bangfu.support.models import Helper, Unit


class Pace(models.TextChoices):
    """At which moments the planned curve rises."""

    DAY = "day", _("按天")
    WEEK = "week", _("按周")
    NODE = "node", _("按节点")


class Standing(models.TextChoices):
    """How a target stands against its plan. UNKNOWN: nothing was measured or reported yet, or there is no deadline."""

    LATE = "late", _("滞后")
    AT_RISK = "at_risk", _("有风险")
    ON_COURSE = "on_course", _("正常")
    REACHED = "reached", _("已完成")
    UNKNOWN = "unknown", _("尚无数据")


class Way(models.TextChoices):
    """By what a target was broken down. RATE: each part bears the amount itself, since rates do not add up."""

    SHARE = "share", _("按占比")
    HISTORY = "history", _("按历史")
    HAND = "hand", _("手工填写")
    RATE = "rate", _("比率相同")


class Across(models.TextChoices):
    AREAS = "areas", _("分到地区")
    YEARS = "years", _("分到年度")


class TargetsQuerySet(ScopedQuerySet):
    """Besides those of the viewer's areas everybody with the right sees the targets that they or their unit own,
    whichever area these are of."""

    view_right = "plans.view"
    target = ""

    def visible_to(self, viewer: Any) -> Self:
        places = viewer.places_for(self.view_right)
        if not places:
            return self.none()
        units = Helper.objects.filter(officer=viewer, left_on=None).values("unit_id")
        own = Q(**{f"{self.target}owner": viewer}) | Q(**{f"{self.target}owner_unit__in": units})
        return self.filter(within(places, self.place_field) | own)


class OfTargetQuerySet(TargetsQuerySet):
    place_field = "target__place"
    target = "target__"


class TargetQuerySet(TargetsQuerySet):
    def live(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def whole(self) -> Self:
        """Those that are no part of another."""
        return self.filter(parent=None)


class Target(models.Model):
    """An amount to be reached by a day in an area. A part of another one has that as `parent`: of one area below it, or
    of one year (`part_year`).

    `measure` is the id of a measure of the catalogue, "" when the owner reports the progress. `amount` is in `unit`, of
    a range its lower end; `base` what there was on `starts_on` (NULL: nothing, zero). `value` is the latest measured or
    reported one, of `valued_on`; `forecast` what it comes to at the deadline if the pace stays. The writer keeps these
    and `standing`; they are never entered. `behind_days`: by how many days the plan was earlier where the value is now.
    """

    title = models.CharField(_("目标名称"), max_length=200)
    measure = models.CharField(_("计量口径"), max_length=60, blank=True)
    amount = HundredthsField(_("目标值"))
    amount_to = HundredthsField(_("目标值上限"), null=True)
    unit = models.CharField(_("计量单位"), max_length=40, blank=True)
    comparison = models.CharField(
        _("要求"), max_length=10, choices=[(each.value, COMPARISON_LABELS[each]) for each in Comparison]
    )
    starts_on = models.DateField(_("开始日期"))
    base = HundredthsField(_("起点值"), null=True)
    deadline = models.DateField(_("完成期限"), null=True)
    pace = models.CharField(_("倒排方式"), max_length=8, choices=Pace.choices, default=Pace.DAY)
    area = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    owner_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="targets", verbose_name=_("责任单位"))
    owner = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("责任人"))
    owner_name = models.CharField(_("文件中的责任单位（人）"), max_length=200, blank=True)
    source_text = models.TextField(_("原文"), blank=True)
    proposal = models.ForeignKey(
        Proposal, models.PROTECT, null=True, db_index=False, related_name="targets", verbose_name=_("读出的事项")
    )
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="parts", verbose_name=_("上级目标"))
    part_year = models.SmallIntegerField(_("年度"), null=True)
    broken_across = models.CharField(_("分解方向"), max_length=8, blank=True, choices=Across.choices)
    broken_way = models.CharField(_("分解办法"), max_length=8, blank=True, choices=Way.choices)
    broken_figure = models.CharField(_("分解依据"), max_length=60, blank=True)

    value = HundredthsField(_("当前值"), null=True)
    valued_on = models.DateField(_("数据日期"), null=True)
    standing = models.CharField(_("状态"), max_length=10, choices=Standing.choices, default=Standing.UNKNOWN)
    behind_days = models.IntegerField(_("落后天数"), default=0)
    forecast = HundredthsField(_("预计到期值"), null=True)
    forecast_on = models.DateField(_("预计完成日期"), null=True)

    changes = models.IntegerField(default=0)
    made_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    made_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("撤销时间"), null=True)
    withdrawn_why = models.CharField(_("撤销理由"), max_length=200, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("目标")
        ordering = ["deadline", "pk"]
        indexes = [
            models.Index(fields=["place", "deadline"], name="target_by_place"),
            models.Index(fields=["standing", "deadline"], name="target_by_standing"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="target_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(amount_to=None) | Q(amount_to__gte=F("amount")), name="target_range_upwards"
            ),
            models.CheckConstraint(
                condition=Q(deadline=None) | Q(deadline__gt=F("starts_on")), name="target_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["parent", "area"],
                condition=Q(withdrawn_at=None, part_year=None, parent__isnull=False),
                name="target_part_of_area_once",
            ),
            models.UniqueConstraint(
                fields=["parent", "part_year"],
                condition=Q(withdrawn_at=None, part_year__isnull=False),
                name="target_part_of_year_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Stage(models.Model):
    """A stage of a target, which ends on a day; `amount` is what is to be reached by then (NULL: no figure)."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="stages", verbose_name=_("目标"))
    number = models.SmallIntegerField(_("序号"))
    title = models.CharField(_("阶段名称"), max_length=120)
    ends_on = models.DateField(_("截止日期"))
    amount = HundredthsField(_("到期应达到"), null=True)
    done_on = models.DateField(_("完成日期"), null=True)

    objects = OfTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("目标阶段")
        ordering = ["target", "number"]
        constraints = [models.UniqueConstraint(fields=["target", "number"], name="target_stage_once")]

    def __str__(self) -> str:
        return self.title


class Report(models.Model):
    """What the owner reports of a target on a day: the value reached, or (NULL, where the value is measured) only why
    it is as it is; with a paper as evidence. The file lies with the registry's papers. One made by mistake is
    withdrawn."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="reports", verbose_name=_("目标"))
    day = models.DateField(_("截至日期"))
    value = HundredthsField(_("完成值"), null=True)
    reason = models.CharField(_("进展说明"), max_length=400, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.IntegerField(_("大小（字节）"), null=True)
    media_type = models.CharField(_("文件类型"), max_length=60, blank=True)
    reported_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    reported_at = models.DateTimeField(_("报送时间"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)

    objects = OfTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("进展报送")
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["target", "day"], name="target_report_by_day")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.day}"


class DailyValue(models.Model):
    """The value of a target at the end of a day."""

    target = models.ForeignKey(Target, models.CASCADE, db_index=False, related_name="days", verbose_name=_("目标"))
    day = models.DateField(_("日期"))
    value = HundredthsField(_("值"))

    objects = OfTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("目标每日值")
        ordering = ["target", "day"]
        constraints = [models.UniqueConstraint(fields=["target", "day"], name="target_value_once_a_day")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.day}"


class TargetChange(models.Model):
    """One change of a target: who, when, why, and each value before and after (`values`: name -> [before, after])."""

    target = models.ForeignKey(Target, models.CASCADE, db_index=False, related_name="history", verbose_name=_("目标"))
    number = models.IntegerField(_("次序"))
    at = models.DateTimeField(_("时间"), auto_now_add=True)
    actor = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    values = models.JSONField(_("变动"), default=dict)
    reason = models.CharField(_("理由"), max_length=200, blank=True)

    objects = OfTargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("目标变动")
        ordering = ["target", "-number"]
        constraints = [models.UniqueConstraint(fields=["target", "number"], name="target_change_once")]

    def __str__(self) -> str:
        return f"{self.target_id} {self.number}"
