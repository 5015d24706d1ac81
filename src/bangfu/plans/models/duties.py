"""Records of duties done that no visit and no attendance shows: meetings, inspections, reports, studies, news items."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import ScopedQuerySet, within
from bangfu.plans.duties.shapes import RECORDED, What
from bangfu.support.models import Helper, Team, TeamMember, Unit

WHAT_LABELS = {
    What.VISIT: _("走访"),
    What.VILLAGE_DAY: _("驻村"),
    What.MEETING: _("会议"),
    What.INSPECTION: _("督查"),
    What.REPORT: _("报告"),
    What.STUDY: _("专题研究"),
    What.NEWS: _("信息报送"),
}


class DutiesQuerySet(ScopedQuerySet):
    """Besides those of the viewer's areas everybody sees the records of their own unit and team, wherever its seat is:
    a county's helper works in a village."""

    view_right = "duties.view"
    record = ""

    def visible_to(self, viewer: Any) -> Self:
        places = viewer.places_for(self.view_right)
        if not places:
            return self.none()
        units = Helper.objects.filter(officer=viewer, left_on=None).values("unit_id")
        teams = TeamMember.objects.filter(helper__officer=viewer, ended_on=None).values("team_id")
        own = Q(**{f"{self.record}unit__in": units}) | Q(**{f"{self.record}team__in": teams})
        return self.filter(within(places, self.place_field) | own)


class OfRecordQuerySet(DutiesQuerySet):
    place_field = "record__place"
    record = "record__"


class DutyRecordQuerySet(DutiesQuerySet):
    def valid(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)


class DutyRecord(models.Model):
    """A meeting, an inspection, a report, a study or a news item of one unit or of one village team.

    `place` is that of the unit's area or of the team's village. `held_at` is where it was held, of a news item where
    it appeared. A record is never taken away: one made by mistake is withdrawn, with the reason.
    """

    what = models.CharField(_("类别"), max_length=20, choices=[(what.value, WHAT_LABELS[what]) for what in RECORDED])
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="duty_records", verbose_name=_("单位"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="duty_records", verbose_name=_("工作队"))
    area = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    done_on = models.DateField(_("完成日期"))
    title = models.CharField(_("名称"), max_length=120)
    held_at = models.CharField(_("地点或刊播媒体"), max_length=120, blank=True)
    summary = models.TextField(_("内容"), blank=True)
    recorded_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))
    recorded_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("作废时间"), null=True)
    withdrawn_why = models.CharField(_("作废理由"), max_length=200, blank=True)

    objects = DutyRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("履职记录")
        ordering = ["-done_on", "-pk"]
        indexes = [models.Index(fields=["place", "done_on"], name="duty_record_by_place")]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit=None, team__isnull=False) | Q(team=None, unit__isnull=False),
                name="duty_record_of_unit_or_team",
            ),
            models.UniqueConstraint(
                fields=["unit", "what", "done_on", "title"],
                condition=Q(withdrawn_at=None, team=None),
                name="unit_recorded_once",
            ),
            models.UniqueConstraint(
                fields=["team", "what", "done_on", "title"],
                condition=Q(withdrawn_at=None, unit=None),
                name="team_recorded_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def doer_name(self) -> str:
        """The unit, or the village whose team it is."""
        return str(self.unit) if self.unit else str(self.area)


class Served(models.Model):
    """A duty that a record serves, for the period in which `about_on` lies. It counts once it is `complete`: the papers
    that the duty asks for are there. The writer keeps that with every paper."""

    record = models.ForeignKey(DutyRecord, models.CASCADE, related_name="served", verbose_name=_("履职记录"))
    duty = models.CharField(_("履职要求"), max_length=60)
    about_on = models.DateField(_("所属日期"))
    complete = models.BooleanField(_("材料齐全"), default=False)

    objects = OfRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("对应的履职要求")
        ordering = ["record", "pk"]
        indexes = [models.Index(fields=["duty", "about_on"], name="served_by_duty")]
        constraints = [models.UniqueConstraint(fields=["record", "duty"], name="serves_a_duty_once")]

    def __str__(self) -> str:
        return f"{self.record_id} {self.duty}"


class TookPart(models.Model):
    """Somebody who took part; `officer` when it is somebody with an account."""

    record = models.ForeignKey(DutyRecord, models.CASCADE, related_name="people", verbose_name=_("履职记录"))
    officer = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("人员"))
    name = models.CharField(_("姓名"), max_length=60)
    capacity = models.CharField(_("身份"), max_length=60, blank=True)

    objects = OfRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("参加人员")
        ordering = ["record", "pk"]

    def __str__(self) -> str:
        return self.name


class DutyPaper(models.Model):
    """A paper of a record: plan, sign-in sheet, minutes, photo … `wanted` is the kind of evidence of the duty. The file
    lies with the registry's papers, under its own SHA-256; a removed one stays on file."""

    record = models.ForeignKey(DutyRecord, models.CASCADE, related_name="papers", verbose_name=_("履职记录"))
    wanted = models.CharField(_("材料种类"), max_length=60)
    title = models.CharField(_("名称"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=60)
    added_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    added_at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    removed_at = models.DateTimeField(_("移除时间"), null=True)

    objects = OfRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("履职材料")
        ordering = ["record", "pk"]

    def __str__(self) -> str:
        return self.title
