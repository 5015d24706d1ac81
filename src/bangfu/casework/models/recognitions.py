"""As what households are recognised, from a day to a day."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.casework.models.cases import Case, CaseworkQuerySet
from bangfu.registry.list_models import ListImport
from bangfu.registry.models import Household


class RecognitionQuerySet(CaseworkQuerySet):
    def on(self, day: date) -> Self:
        """Those in force on `day`; an open or unknown beginning lies before every day."""
        return self.filter(Q(starts_on=None) | Q(starts_on__lte=day), Q(ends_on=None) | Q(ends_on__gte=day))


class Recognition(models.Model):
    """As what a household is recognised from a day to a day (both included; NULL start: before our files; NULL end:
    still).

    Two tracks run beside each other: poor, exited and returned follow one another without overlapping; watched
    (with the class of monitored household) stands beside them. `case` is the case that decided it, `ended_by` the
    one that ended it; a recognition taken over from older files has none. Of a watched household `fully_supported`
    says whether it is wholly without labour and lives by social security, `removal_way` how its risk was removed,
    `contact_name` and `contact_phone` who keeps in touch with it (监测联系人).
    """

    class Kind(models.TextChoices):
        POOR = "poor", _("贫困户")
        EXITED = "exited", _("脱贫户")
        RETURNED = "returned", _("返贫户")
        WATCHED = "watched", _("监测对象")

    household = models.ForeignKey(
        Household, models.PROTECT, db_index=False, related_name="recognitions", verbose_name=_("户")
    )
    place = models.BigIntegerField(_("位置"))
    kind = models.CharField(_("认定"), max_length=10, choices=Kind.choices)
    monitor_category = models.CharField(_("监测对象类别"), max_length=4, blank=True)
    starts_on = models.DateField(_("起"), null=True)
    ends_on = models.DateField(_("止"), null=True)
    fully_supported = models.BooleanField(_("整户无劳动能力兜底保障户"), null=True)
    removal_way = models.CharField(_("风险消除方式"), max_length=4, blank=True)
    contact_name = models.CharField(_("监测联系人"), max_length=60, blank=True)
    contact_phone = models.CharField(_("监测联系人电话"), max_length=20, blank=True)
    case = models.ForeignKey(Case, models.PROTECT, null=True, db_index=False, related_name="began")
    ended_by = models.ForeignKey(Case, models.PROTECT, null=True, db_index=False, related_name="ended")
    void = models.BooleanField(_("认定有误，已撤销"), default=False)

    objects = RecognitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("认定")
        ordering = ["household", "starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")), name="recognised_until"
            ),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(ends_on=None, void=False) & ~Q(kind="watched"),
                name="recognised_as_one",
            ),
            models.UniqueConstraint(
                fields=["household"], condition=Q(ends_on=None, void=False, kind="watched"), name="watched_once"
            ),
        ]
        indexes = [
            models.Index(fields=["household", "kind"], name="recognition_of_household"),
            models.Index(fields=["place", "kind", "starts_on"], name="recognition_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} {self.kind}"


class OfRecognitionQuerySet(CaseworkQuerySet):
    place_field = "recognition__place"


class Risk(models.Model):
    """Why a household is watched, and since when the reason is gone."""

    recognition = models.ForeignKey(Recognition, models.CASCADE, related_name="risks", verbose_name=_("认定"))
    code = models.CharField(_("返贫致贫风险"), max_length=4)
    disaster = models.CharField(_("自然灾害种类"), max_length=4, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    found_on = models.DateField(_("发现日期"), null=True)
    cleared_on = models.DateField(_("消除日期"), null=True)

    objects = OfRecognitionQuerySet.as_manager()

    class Meta:
        verbose_name = _("风险")
        constraints = [models.UniqueConstraint(fields=["recognition", "code"], name="risk_once")]

    def __str__(self) -> str:
        return f"{self.recognition_id} {self.code}"


class WatchImport(ListImport):
    """A list of risks and contacts of watched households, from an older system."""

    started_by = models.ForeignKey(Officer, models.PROTECT, related_name="+", verbose_name=_("导入人"))

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("监测台账导入")
        ordering = ["-pk"]
