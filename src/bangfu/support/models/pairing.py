"""Units, helpers, and which household each helps from a day to a day; proposals and files by which pairings come."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.masking import mask_phone
from bangfu.common.places import ScopedQuerySet, Viewer, within
from bangfu.registry.list_models import ListImport
from bangfu.registry.models import Household


class SupportQuerySet(ScopedQuerySet):
    view_right = "support.view"

    def on(self, day: date) -> Self:
        """Those that hold on `day`; `ended_on` is the first day on which one no longer holds."""
        return self.filter(Q(ended_on=None) | Q(ended_on__gt=day), starts_on__lte=day)


class OfHouseholdQuerySet(SupportQuerySet):
    place_field = "household__place"


class OfVillageQuerySet(SupportQuerySet):
    place_field = "village__place"


class OfAreaQuerySet(SupportQuerySet):
    place_field = "area__place"


class OfProposalQuerySet(OfHouseholdQuerySet):
    def open(self) -> Self:
        """Pairs that nobody has taken or declined yet."""
        return self.filter(state=ProposedPair.State.OPEN)


class UnitQuerySet(SupportQuerySet):
    place_field = "area__place"

    def visible_to(self, viewer: Viewer) -> Self:
        """Units that have their seat in the viewer's areas, that are in charge of a village there, or of which the
        viewer sees a helper."""
        places = viewer.places_for(self.view_right)
        charges = Charge.objects.filter(within(places, "village__place"), unit__isnull=False).order_by()
        helpers = Helper.objects.visible_to(viewer).order_by()
        return self.filter(
            within(places, self.place_field) | Q(pk__in=charges.values("unit_id")) | Q(pk__in=helpers.values("unit_id"))
        )


class HelperQuerySet(SupportQuerySet):
    place_field = "area__place"

    def visible_to(self, viewer: Viewer) -> Self:
        """Helpers who work in the viewer's areas, who help or helped a household there, or whose unit or who
        themselves are in charge of a village there."""
        # Each is looked up once for the viewer's areas, not once for every helper there is.
        places = viewer.places_for(self.view_right)
        pairings = Pairing.objects.filter(within(places, "household__place")).order_by()
        charges = Charge.objects.filter(within(places, "village__place")).order_by()
        return self.filter(
            within(places, self.place_field)
            | Q(pk__in=pairings.values("helper_id"))
            | Q(pk__in=charges.filter(helper__isnull=False).values("helper_id"))
            | Q(unit_id__in=charges.filter(unit__isnull=False).values("unit_id"))
        )

    def working(self) -> Self:
        """Those who still hold their place in the unit."""
        return self.filter(left_on=None)


class HandoverQuerySet(SupportQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Hand-overs of households in the viewer's areas."""
        ended = Pairing.objects.visible_to(viewer).filter(ended_by=OuterRef("pk"))
        return self.filter(Exists(ended))


class Unit(models.Model):
    """A unit that helps: a bureau, a township, a company, troops. `level` is to whom it belongs (code list
    `unit_level`), `area` where it has its seat."""

    name = models.CharField(_("帮扶单位"), max_length=120)
    level = models.CharField(_("单位隶属关系"), max_length=4)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("所在区域"))
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    closed_on = models.DateField(_("撤销日期"), null=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("帮扶单位")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["name", "area"], name="unit_once")]

    def __str__(self) -> str:
        return self.name


class Helper(models.Model):
    """A person responsible for households, with a rank (code list `helper_rank`) that says how many these may be.

    `area` is where the helper works: mostly the unit's seat, for a village cadre the village. Two people of one name in
    a unit differ by their phones. With an `officer` the helper signs in and sees the households as their own.
    """

    name = models.CharField(_("姓名"), max_length=60)
    initials = models.CharField(max_length=20, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="helpers", verbose_name=_("单位"))
    rank = models.CharField(_("职级"), max_length=30)
    position = models.CharField(_("职务"), max_length=60, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("工作所在区域"))
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    officer = models.OneToOneField(
        Officer, models.PROTECT, null=True, related_name="helper", verbose_name=_("登录账号")
    )
    left_on = models.DateField(_("调离日期"), null=True)

    objects = HelperQuerySet.as_manager()

    class Meta:
        verbose_name = _("帮扶责任人")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name", "phone"], condition=Q(left_on=None), name="helper_of_unit_once"
            )
        ]
        indexes = [models.Index(fields=["initials", "name"], name="helper_by_initials")]

    def __str__(self) -> str:
        return self.name

    @property
    def phone_masked(self) -> str:
        return mask_phone(self.phone)


class Charge(models.Model):
    """A unit, or a helper, in charge of a village from a day to a day: 定点帮扶 of a unit, 包村 of a cadre."""

    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="charges", verbose_name=_("帮扶单位"))
    helper = models.ForeignKey(Helper, models.PROTECT, null=True, related_name="charges", verbose_name=_("包村干部"))
    village = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("村"))
    starts_on = models.DateField(_("起"))
    ended_on = models.DateField(_("止"), null=True)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")

    objects = OfVillageQuerySet.as_manager()

    class Meta:
        verbose_name = _("定点帮扶与包村")
        ordering = ["village", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit=None, helper__isnull=False) | Q(helper=None, unit__isnull=False),
                name="charge_of_unit_or_helper",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("starts_on")), name="charge_ended_after"
            ),
            models.UniqueConstraint(
                fields=["unit", "village"], condition=Q(ended_on=None, helper=None), name="unit_in_charge_once"
            ),
            models.UniqueConstraint(
                fields=["helper", "village"], condition=Q(ended_on=None, unit=None), name="helper_in_charge_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit or self.helper} {self.village}"


class Handover(models.Model):
    """One hand-over: on `on`, households of a helper went to another (NULL: to several, or for the time being to
    nobody), with the paper that both signed. The file lies with the registry's papers, under its own SHA-256."""

    helper = models.ForeignKey(Helper, models.PROTECT, related_name="handovers", verbose_name=_("移交人"))
    successor = models.ForeignKey(Helper, models.PROTECT, null=True, related_name="+", verbose_name=_("接手人"))
    on = models.DateField(_("移交日期"))
    reason = models.CharField(_("移交原因"), max_length=200)
    title = models.CharField(_("移交材料"), max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.IntegerField(_("大小（字节）"), default=0)
    media_type = models.CharField(_("文件类型"), max_length=60, blank=True)
    households = models.IntegerField(_("户数"), default=0)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("移交")
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.helper} {self.on}"


class Pairing(models.Model):
    """A helper and a household from a day to a day. Every household has at most one main helper at a time, and nobody
    twice; rows are ended, never taken away. One that began and ended on the same day held on none."""

    class Kind(models.TextChoices):
        MAIN = "main", _("主要帮扶责任人")
        FURTHER = "further", _("其他帮扶人")

    class Channel(models.TextChoices):
        HAND = "hand", _("页面登记")
        IMPORT = "import", _("批量导入")
        PROPOSAL = "proposal", _("采纳方案")
        HANDOVER = "handover", _("移交")

    helper = models.ForeignKey(
        Helper, models.PROTECT, db_index=False, related_name="pairings", verbose_name=_("帮扶责任人")
    )
    household = models.ForeignKey(
        Household, models.PROTECT, db_index=False, related_name="pairings", verbose_name=_("户")
    )
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices, default=Kind.MAIN)
    starts_on = models.DateField(_("结对日期"))
    ended_on = models.DateField(_("结束日期"), null=True)
    ended_why = models.CharField(_("结束原因"), max_length=200, blank=True)
    channel = models.CharField(_("来源"), max_length=10, choices=Channel.choices, default=Channel.HAND)
    began_by = models.ForeignKey(
        Handover, models.PROTECT, null=True, db_index=False, related_name="began", verbose_name=_("接手移交")
    )
    ended_by = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="ended", verbose_name=_("移交"))
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = OfHouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("结对帮扶")
        ordering = ["household", "-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["household"], condition=Q(kind="main", ended_on=None), name="one_main_helper_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["household", "helper"], condition=Q(ended_on=None), name="nobody_paired_twice"
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("starts_on")), name="pairing_ended_after"
            ),
        ]
        indexes = [
            models.Index(fields=["household", "starts_on"], name="pairing_of_household"),
            models.Index(fields=["helper", "ended_on", "kind"], name="pairing_of_helper"),
        ]

    def __str__(self) -> str:
        return f"{self.helper} {self.household} {self.starts_on}"

    @property
    def is_main(self) -> bool:
        return self.kind == self.Kind.MAIN


class PairingImport(ListImport):
    """A file of pairings."""

    started_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("导入人"))

    objects = SupportQuerySet.as_manager()

    class Meta:
        verbose_name = _("结对导入")
        ordering = ["-pk"]


class Proposal(models.Model):
    """A proposed pairing of an area: who should be the main helper of every household there. `figures` are its counts
    (kept, new, changed, lacking …), `lacking` the villages that the helpers do not suffice for: [village, number]."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待计算")
        RUNNING = "running", _("正在计算")
        READY = "ready", _("待采纳")
        FAILED = "failed", _("未算出")
        CLOSED = "closed", _("已处理完")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区域"))
    made_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("发起人"))
    made_at = models.DateTimeField(_("发起时间"), auto_now_add=True)
    on = models.DateField(_("方案日期"))
    figures = models.JSONField(_("结果"), default=dict)
    lacking = models.JSONField(_("缺口"), default=list)
    error_code = models.CharField(max_length=10, blank=True)
    error_facts = models.JSONField(default=dict)

    objects = OfAreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("结对方案")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.area} {self.on}"


class ProposedPair(models.Model):
    """One household of a proposal: the helper it should have, and the one it has (`before`; NULL: none). `steps` is how
    far the helper works from the household: 0 the same village, 1 the same township, 2 the same county, and so on."""

    class State(models.TextChoices):
        OPEN = "open", _("待采纳")
        TAKEN = "taken", _("已采纳")
        DECLINED = "declined", _("不采纳")
        OVERTAKEN = "overtaken", _("情况已变")

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, db_index=False, related_name="pairs", verbose_name=_("结对方案")
    )
    household = models.ForeignKey(Household, models.PROTECT, related_name="+", verbose_name=_("户"))
    helper = models.ForeignKey(Helper, models.PROTECT, related_name="+", verbose_name=_("拟定帮扶责任人"))
    before = models.ForeignKey(
        Helper, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("现帮扶责任人")
    )
    steps = models.SmallIntegerField(_("远近"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)

    objects = OfProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("拟定结对")
        ordering = ["proposal", "pk"]
        constraints = [models.UniqueConstraint(fields=["proposal", "household"], name="proposed_once")]
        indexes = [models.Index(fields=["proposal", "state", "id"], name="pair_by_state")]

    def __str__(self) -> str:
        return f"{self.household_id} {self.helper_id}"

    @property
    def keeps(self) -> bool:
        return self.before_id == self.helper_id
