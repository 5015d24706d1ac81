"""Village meetings: who should attend, who stood aside, what was said of each case."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.models.cases import Case, CaseworkQuerySet
from bangfu.registry.models import Member


class Meeting(models.Model):
    """A village meeting that decides on cases of one step. Once closed it is never changed; `expected` and `present`
    are counted then."""

    area = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    procedure = models.CharField(_("程序"), max_length=60)
    step = models.CharField(_("环节"), max_length=60)
    title = models.CharField(_("会议"), max_length=120)
    held_on = models.DateField(_("日期"))
    held_at = models.CharField(_("地点"), max_length=120, blank=True)
    chair = models.CharField(_("主持人"), max_length=60)
    recorder = models.CharField(_("记录人"), max_length=60)
    minutes = models.TextField(_("会议记录"), blank=True)
    called_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+")
    expected = models.SmallIntegerField(_("应到"), null=True)
    present = models.SmallIntegerField(_("实到"), null=True)
    closed_at = models.DateTimeField(_("定稿时间"), null=True)

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("评议会议")
        ordering = ["-held_on", "-pk"]
        indexes = [models.Index(fields=["place", "held_on"], name="meeting_by_place")]

    def __str__(self) -> str:
        return f"{self.title} {self.held_on}"


class OfMeetingQuerySet(CaseworkQuerySet):
    place_field = "meeting__place"


class Attendance(models.Model):
    """Somebody who should attend a meeting, and whether they did. `member` is the villager in the registry, from whom
    kinship and address are known; others (a cadre from elsewhere) are only named."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendance", verbose_name=_("会议"))
    name = models.CharField(_("姓名"), max_length=60)
    capacity = models.CharField(_("身份"), max_length=60, blank=True)
    member = models.ForeignKey(Member, models.PROTECT, null=True, db_index=False, related_name="+")
    votes = models.BooleanField(_("有表决权"), default=True)
    present = models.BooleanField(_("到会"), null=True)

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("到会人员")
        ordering = ["meeting", "pk"]

    def __str__(self) -> str:
        return self.name


class Vote(models.Model):
    """What a meeting said of one case. `aside` are those (ids of Attendance, with the reason) who stood aside;
    `passed` follows from the numbers by the procedure's rule."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="votes", verbose_name=_("会议"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="votes", verbose_name=_("案件"))
    number = models.SmallIntegerField(_("序号"))
    in_favour = models.SmallIntegerField(_("赞成"), null=True)
    against = models.SmallIntegerField(_("反对"), null=True)
    abstained = models.SmallIntegerField(_("弃权"), null=True)
    aside = models.JSONField(_("回避"), default=list)
    passed = models.BooleanField(_("通过"), null=True)
    note = models.CharField(_("意见"), max_length=400, blank=True)

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("表决")
        ordering = ["meeting", "number"]
        constraints = [models.UniqueConstraint(fields=["meeting", "case"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.case_id}"


class MeetingPaper(models.Model):
    """A photo or signed sheet of a meeting."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="papers", verbose_name=_("会议"))
    kind = models.CharField(_("种类"), max_length=20)
    title = models.CharField(_("名称"), max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=60)
    added_at = models.DateTimeField(_("上传时间"), auto_now_add=True)

    objects = OfMeetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("会议材料")
        ordering = ["meeting", "pk"]

    def __str__(self) -> str:
        return self.title
