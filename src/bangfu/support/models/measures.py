"""What is done for whom: measures with their history, two-way promises, and the projects of a village."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.fields import HundredthsField, YuanField
from bangfu.common.places import ScopedQuerySet
from bangfu.registry.models import Household, Member, Paper
from bangfu.support.models.pairing import Helper, OfHouseholdQuerySet, OfVillageQuerySet


class State(models.TextChoices):
    """Where a measure or a project stands."""

    PLANNED = "planned", _("计划")
    UNDER_WAY = "under_way", _("实施中")
    DONE = "done", _("已完成")
    GIVEN_UP = "given_up", _("已取消")


class MeasureQuerySet(OfHouseholdQuerySet):
    def standing(self) -> Self:
        """Those that were not given up."""
        return self.exclude(state=State.GIVEN_UP)

    def in_year(self, year: int) -> Self:
        """Those that run, or ran, on any day of a year; one without an end runs on until it is done, which gives it an
        end."""
        return self.filter(
            Q(ends_on=None) | Q(ends_on__year__gte=year),
            starts_on__year__lte=year,
        )


class Measure(models.Model):
    """What is done for a household, or for one person of it: a kind of the catalogue, how much, by whom, from a day to
    a day (both included), and what came of it.

    `measure_class` is the first two digits of the kind. The owner is a helper, an officer, or a text (a bureau, a
    company); `owner` always says it in words. `changes` counts the changes: whoever changes a measure says how many
    they have seen, so that of two officers one is told.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, db_index=False, related_name="measures", verbose_name=_("户")
    )
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, db_index=False, related_name="measures", verbose_name=_("受益成员")
    )
    kind = models.CharField(_("措施种类"), max_length=6)
    measure_class = models.CharField(_("措施类别"), max_length=2)
    content = models.CharField(_("具体内容"), max_length=200, blank=True)
    owner = models.CharField(_("责任人或责任单位"), max_length=120)
    helper = models.ForeignKey(
        Helper, models.PROTECT, null=True, db_index=False, related_name="measures", verbose_name=_("帮扶责任人")
    )
    officer = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("责任人员")
    )
    quantity = HundredthsField(_("数量"), null=True)
    unit = models.CharField(_("计量单位"), max_length=12, blank=True)
    money = YuanField(_("金额"), null=True)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"), null=True)
    state = models.CharField(_("进展"), max_length=10, choices=State.choices, default=State.PLANNED)
    result = models.CharField(_("帮扶成效"), max_length=400, blank=True)
    proof = models.ForeignKey(
        Paper, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("佐证材料")
    )
    changes = models.IntegerField(default=0)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("帮扶措施")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="measure_ends_after"
            ),
            models.CheckConstraint(condition=Q(quantity=None) | Q(quantity__gt=0), name="measure_quantity_positive"),
            models.CheckConstraint(condition=Q(quantity=None) | ~Q(unit=""), name="measure_quantity_in_a_unit"),
            models.CheckConstraint(condition=Q(money=None) | Q(money__gte=0), name="measure_money_not_negative"),
            models.CheckConstraint(condition=~Q(state="done") | Q(ends_on__isnull=False), name="measure_done_has_end"),
        ]
        indexes = [
            models.Index(fields=["household", "starts_on"], name="measure_of_household"),
            models.Index(fields=["measure_class", "starts_on"], name="measure_by_class"),
            models.Index(fields=["state", "starts_on"], name="measure_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} {self.kind} {self.starts_on}"

    @property
    def place(self) -> int:
        return self.household.place


class OfMeasureQuerySet(ScopedQuerySet):
    view_right = "support.view"
    place_field = "measure__household__place"


class MeasureChange(models.Model):
    """One change of a measure: who, when, why, and what each value was before and after; `number` counts from 0, the
    entry itself."""

    measure = models.ForeignKey(Measure, models.PROTECT, db_index=False, related_name="history")
    number = models.IntegerField(_("次序"))
    at = models.DateTimeField(_("时间"))
    actor = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    state = models.CharField(_("进展"), max_length=10, choices=State.choices)
    values = models.JSONField(_("变动"), default=dict)
    reason = models.CharField(_("原因"), max_length=200, blank=True)

    objects = OfMeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("措施变动")
        ordering = ["measure", "number"]
        constraints = [models.UniqueConstraint(fields=["measure", "number"], name="measure_change_once")]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.number}"


class Commitment(models.Model):
    """双向承诺: what the helper and the household promised each other for a year, signed by both on a paper; later,
    what came of either promise."""

    class Kept(models.TextChoices):
        OPEN = "", _("未评价")
        KEPT = "kept", _("已兑现")
        PARTLY = "partly", _("部分兑现")
        BROKEN = "broken", _("未兑现")

    household = models.ForeignKey(
        Household, models.PROTECT, db_index=False, related_name="commitments", verbose_name=_("户")
    )
    year = models.SmallIntegerField(_("年度"))
    helper = models.ForeignKey(
        Helper, models.PROTECT, null=True, db_index=False, related_name="commitments", verbose_name=_("帮扶责任人")
    )
    helper_name = models.CharField(_("帮扶责任人姓名"), max_length=60)
    helper_promise = models.CharField(_("帮扶承诺"), max_length=400)
    helper_signed_on = models.DateField(_("帮扶责任人签字日期"))
    signer = models.CharField(_("户内签字人"), max_length=60)
    household_promise = models.CharField(_("户的承诺"), max_length=400)
    household_signed_on = models.DateField(_("户内签字日期"))
    paper = models.ForeignKey(Paper, models.PROTECT, db_index=False, related_name="+", verbose_name=_("承诺书"))
    helper_kept = models.CharField(_("帮扶承诺兑现"), max_length=8, blank=True, choices=Kept.choices)
    household_kept = models.CharField(_("户的承诺兑现"), max_length=8, blank=True, choices=Kept.choices)
    outcome = models.CharField(_("兑现情况"), max_length=400, blank=True)
    settled_on = models.DateField(_("评价日期"), null=True)
    settled_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = OfHouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("双向承诺")
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["household", "year", "helper_name"], name="commitment_once"),
            models.CheckConstraint(
                condition=Q(settled_on=None, helper_kept="", household_kept="")
                | (Q(settled_on__isnull=False) & ~Q(helper_kept="") & ~Q(household_kept="")),
                name="commitment_settled_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} {self.year} {self.helper_name}"

    @property
    def place(self) -> int:
        return self.household.place


class VillageProject(models.Model):
    """A project in a village's plan of some years: what, when, how much, for how many. What it costs and how it is
    built is not kept here but where projects are."""

    village = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("村"))
    kind = models.CharField(_("项目种类"), max_length=4)
    name = models.CharField(_("项目名称"), max_length=120)
    year = models.SmallIntegerField(_("年度"))
    quantity = HundredthsField(_("数量"), null=True)
    unit = models.CharField(_("计量单位"), max_length=12, blank=True)
    money = YuanField(_("投资"), null=True)
    households = models.IntegerField(_("受益户数"), null=True)
    people = models.IntegerField(_("受益人数"), null=True)
    state = models.CharField(_("进展"), max_length=10, choices=State.choices, default=State.PLANNED)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    changes = models.IntegerField(default=0)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = OfVillageQuerySet.as_manager()

    class Meta:
        verbose_name = _("村级项目")
        ordering = ["village", "year", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["village", "year", "name"], name="project_of_village_once"),
            models.CheckConstraint(condition=Q(quantity=None) | ~Q(unit=""), name="project_quantity_in_a_unit"),
            models.CheckConstraint(condition=Q(quantity=None) | Q(quantity__gt=0), name="project_quantity_positive"),
            models.CheckConstraint(condition=Q(money=None) | Q(money__gte=0), name="project_money_not_negative"),
            models.CheckConstraint(
                condition=Q(households=None) | Q(people=None) | Q(people__gte=F("households")),
                name="project_people_of_households",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village_id} {self.year} {self.name}"

    @property
    def place(self) -> int:
        return self.village.place
