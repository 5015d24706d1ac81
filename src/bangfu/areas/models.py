"""Areas from province to villagers' group, with their names and codes of every day; what a village says of itself."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bangfu.areas.codes import initials
from bangfu.common.fields import HundredthsField
from bangfu.common.places import Level, PlaceRange, ScopedQuerySet, range_of

LEVEL_NAMES: Mapping[int, Any] = {
    Level.PROVINCE: _("省"),
    Level.PREFECTURE: _("市（州）"),
    Level.COUNTY: _("县（区）"),
    Level.TOWNSHIP: _("乡镇"),
    Level.VILLAGE: _("村"),
    Level.GROUP: _("村民小组"),
}


class AreaQuerySet(ScopedQuerySet):
    """Whoever may see the registry of a place, or look after officers there, may see the areas themselves."""

    view_right = "areas.view"

    def current(self, day: date | None = None) -> Self:
        """Areas that exist on `day` (today)."""
        day = day or date.today()
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)

    def of_level(self, level: Level) -> Self:
        return self.filter(level=level)


class Area(models.Model):
    """One area as it stands today. Its official code may change or be missing; its id and place stay.

    `valid_to` is the first day on which it no longer exists (None: it still does).
    """

    place = models.BigIntegerField(_("位置"), unique=True)
    level = models.SmallIntegerField(_("级别"), choices=list(LEVEL_NAMES.items()))
    # No index of its own: `area_by_name` begins with it, and every index costs a nation-wide list seconds.
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", db_index=False, verbose_name=_("上级")
    )
    code = models.CharField(_("区划代码"), max_length=15, blank=True)
    name = models.CharField(_("名称"), max_length=60)
    initials = models.CharField(max_length=60, blank=True)
    urban_rural_code = models.CharField(_("城乡分类代码"), max_length=3, blank=True)
    # The highest ordinal ever given to a child: a place that once belonged to an area never comes to mean another.
    last_child = models.SmallIntegerField(default=0)
    valid_from = models.DateField(_("设立日期"))
    valid_to = models.DateField(_("撤销日期"), null=True, blank=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = _("区划")
        ordering = ["place"]
        indexes = [
            models.Index(fields=["parent", "name"], name="area_by_name"),
            # This order of text serves "begins with" and "equals" alike on PostgreSQL.
            models.Index(fields=["code"], name="area_by_code", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["initials"], name="area_by_initials", opclasses=["varchar_pattern_ops"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(valid_to=None) & ~Q(code=""),
                name="area_code_once",
                violation_error_message=_("这个区划代码已由另一个现存区划使用。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_initials()
        super().save(*args, **kwargs)

    def set_initials(self) -> None:
        """Needed before `bulk_create`, which passes `save` by."""
        self.initials = initials(self.name)

    @property
    def reach(self) -> PlaceRange:
        """Every place inside this area."""
        return range_of(self.place, self.level)


class AreaVersion(models.Model):
    """How an area was called, coded and attached from a day to a day: the tree of any past day is read from here."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="versions", db_index=False, verbose_name=_("区划"))
    code = models.CharField(_("区划代码"), max_length=15, blank=True)
    name = models.CharField(_("名称"), max_length=60)
    parent = models.ForeignKey(Area, models.PROTECT, null=True, related_name="+", verbose_name=_("上级"))
    urban_rural_code = models.CharField(_("城乡分类代码"), max_length=3, blank=True)
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止"), null=True)
    source = models.CharField(_("依据"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("区划沿革")
        ordering = ["area", "valid_from"]
        indexes = [models.Index(fields=["code"], name="version_by_code", opclasses=["varchar_pattern_ops"])]
        constraints = [
            models.UniqueConstraint(fields=["area", "valid_from"], name="area_version_starts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid_from}"


class Succession(models.Model):
    """Which area went into which: a merger has several predecessors, a split several successors."""

    class Kind(models.TextChoices):
        MERGED = "merged", _("合并")
        SPLIT = "split", _("拆分")
        RECODED = "recoded", _("变更代码")
        RENAMED = "renamed", _("更名")
        MOVED = "moved", _("划转")

    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    predecessor = models.ForeignKey(Area, models.PROTECT, related_name="successions", verbose_name=_("原区划"))
    successor = models.ForeignKey(Area, models.PROTECT, related_name="origins", verbose_name=_("现区划"))
    on = models.DateField(_("日期"))
    document = models.CharField(_("批准文件"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("区划变更")
        ordering = ["-on", "pk"]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor} {self.on}"


class ProfileQuerySet(ScopedQuerySet):
    place_field = "area__place"
    view_right = "areas.view"


class ProfileFigure(models.Model):
    """A figure that a village (or any area) reports of itself for a year, as its paper prints it.

    It is never used for a computation: it stands beside the computed figure so that a difference shows.
    """

    area = models.ForeignKey(Area, models.CASCADE, related_name="figures", verbose_name=_("区划"))
    year = models.SmallIntegerField(_("年度"))
    indicator = models.CharField(_("指标"), max_length=60)
    value = HundredthsField(_("数值"), null=True)
    source = models.CharField(_("来源"), max_length=200)
    recorded_on = models.DateField(_("录入日期"))
    recorded_by = models.CharField(_("录入人"), max_length=60)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("村情指标")
        constraints = [
            models.UniqueConstraint(fields=["area", "year", "indicator"], name="figure_once_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year} {self.indicator}"


class StandardAnswer(models.Model):
    """Whether an item of a checklist (hard road, safe water, clinic …) is met by an area in a year."""

    class Met(models.TextChoices):
        YES = "yes", _("达标")
        NO = "no", _("未达标")
        UNKNOWN = "unknown", _("未核实")

    area = models.ForeignKey(Area, models.CASCADE, related_name="standard_answers", verbose_name=_("区划"))
    checklist = models.CharField(_("清单"), max_length=60)
    item = models.CharField(_("事项"), max_length=60)
    year = models.SmallIntegerField(_("年度"))
    met = models.CharField(_("结论"), max_length=10, choices=Met.choices, default=Met.UNKNOWN)
    value = HundredthsField(_("实测值"), null=True, blank=True)
    base = HundredthsField(_("对比基数"), null=True, blank=True)
    evidence = models.CharField(_("依据"), max_length=200, blank=True)
    recorded_on = models.DateField(_("录入日期"))
    recorded_by = models.CharField(_("录入人"), max_length=60)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("村级标准核对")
        constraints = [
            models.UniqueConstraint(fields=["area", "checklist", "item", "year"], name="answer_once_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.year} {self.item}"


class OutlineSetQuerySet(ProfileQuerySet):
    def in_force(self) -> Self:
        """Those that nobody took back."""
        return self.filter(revoked_at=None)


class OutlineSet(models.Model):
    """A file with outlines or points of areas inside `area`, as somebody brought it; of an area that several hold the
    latest counts. One that was wrong is revoked and stays on file."""

    area = models.ForeignKey(Area, models.CASCADE, related_name="outline_sets", verbose_name=_("区划"))
    file_name = models.CharField(_("文件"), max_length=200)
    sha256 = models.CharField(max_length=64)
    source = models.CharField(_("来源"), max_length=200)
    from_gcj02 = models.BooleanField(_("由火星坐标（GCJ-02）换算"), default=False)
    shapes = models.IntegerField(_("界线"))
    points = models.IntegerField(_("点位"))
    uploaded_by = models.CharField(_("上传人"), max_length=60)
    uploaded_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    revoked_by = models.CharField(_("撤回人"), max_length=60, blank=True)
    revoked_at = models.DateTimeField(_("撤回时间"), null=True)
    revoked_why = models.CharField(_("撤回理由"), max_length=200, blank=True)

    objects = OutlineSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("上传的界线")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class OutlineQuerySet(ProfileQuerySet):
    def in_force(self) -> Self:
        return self.filter(of_set__revoked_at=None)


class Outline(models.Model):
    """The outline of an area in one set (`shape`: polygons of rings of longitude and latitude), or its point. Degrees
    by WGS-84."""

    of_set = models.ForeignKey(
        OutlineSet, models.CASCADE, db_index=False, related_name="outlines", verbose_name=_("上传的界线")
    )
    area = models.ForeignKey(Area, models.CASCADE, related_name="outlines", verbose_name=_("区划"))
    shape = models.JSONField(_("界线"), null=True)
    longitude = models.FloatField(_("经度"), null=True)
    latitude = models.FloatField(_("纬度"), null=True)

    objects = OutlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("界线")
        constraints = [
            models.UniqueConstraint(fields=["of_set", "area"], name="outline_once_a_set"),
            models.CheckConstraint(
                condition=Q(shape__isnull=False, longitude=None, latitude=None)
                | Q(longitude__isnull=False, latitude__isnull=False),
                name="outline_or_point",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_id}"
