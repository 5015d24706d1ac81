"""Teams that live in villages: who belongs to them from a day to a day, on which days they were there, their leave."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.support.models.pairing import Helper, OfVillageQuerySet, SupportQuerySet, Unit


class OfTeamQuerySet(SupportQuerySet):
    place_field = "team__village__place"


class OfMemberQuerySet(SupportQuerySet):
    place_field = "member__team__village__place"


class Team(models.Model):
    """The resident team of a village, sent by a unit. A village has one at a time."""

    village = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("村"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="teams", verbose_name=_("派出单位"))
    starts_on = models.DateField(_("进驻日期"))
    ended_on = models.DateField(_("撤出日期"), null=True)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")

    objects = OfVillageQuerySet.as_manager()

    class Meta:
        verbose_name = _("驻村工作队")
        ordering = ["village", "-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["village"], condition=Q(ended_on=None), name="one_team_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("starts_on")), name="team_ended_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.village} {self.starts_on}"


class TeamMember(models.Model):
    """A member of a team from a day to a day; `term_ends_on` is the last day of the term they were sent for."""

    class Role(models.TextChoices):
        FIRST_SECRETARY = "first_secretary", _("第一书记")
        LEADER = "leader", _("工作队队长")
        MEMBER = "member", _("工作队员")

    team = models.ForeignKey(Team, models.PROTECT, related_name="members", verbose_name=_("驻村工作队"))
    helper = models.ForeignKey(Helper, models.PROTECT, related_name="team_posts", verbose_name=_("人员"))
    role = models.CharField(_("身份"), max_length=20, choices=Role.choices, default=Role.MEMBER)
    starts_on = models.DateField(_("驻村开始"))
    term_ends_on = models.DateField(_("任期到"))
    ended_on = models.DateField(_("离队日期"), null=True)
    ended_why = models.CharField(_("离队原因"), max_length=200, blank=True)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")

    objects = OfTeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("驻村队员")
        ordering = ["team", "starts_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team"], condition=Q(role="first_secretary", ended_on=None), name="one_first_secretary"
            ),
            models.UniqueConstraint(fields=["helper"], condition=Q(ended_on=None), name="in_one_team_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("starts_on")), name="team_member_ended_after"
            ),
            models.CheckConstraint(condition=Q(term_ends_on__gte=F("starts_on")), name="term_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.helper} {self.team_id}"


class DayInVillage(models.Model):
    """A day on which a member of a team was in the village."""

    member = models.ForeignKey(
        TeamMember, models.PROTECT, db_index=False, related_name="days", verbose_name=_("驻村队员")
    )
    day = models.DateField(_("日期"))
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)

    objects = OfMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("在村天数")
        ordering = ["member", "day"]
        constraints = [models.UniqueConstraint(fields=["member", "day"], name="day_in_village_once")]

    def __str__(self) -> str:
        return f"{self.member_id} {self.day}"


class Leave(models.Model):
    """Leave of a member of a team from a day to a day, both included; `kind` is a code of the list `leave_kind`."""

    member = models.ForeignKey(TeamMember, models.PROTECT, related_name="leaves", verbose_name=_("驻村队员"))
    first_day = models.DateField(_("第一天"))
    last_day = models.DateField(_("最后一天"))
    kind = models.CharField(_("请假类别"), max_length=4)
    reason = models.CharField(_("事由"), max_length=200, blank=True)
    entered_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")
    entered_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    withdrawn_at = models.DateTimeField(_("撤销时间"), null=True)

    objects = OfMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("请假")
        ordering = ["-first_day", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="leave_ends_after"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.first_day}"
