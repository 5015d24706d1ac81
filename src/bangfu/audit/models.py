"""The trail: one entry for every change of state and every look at sensitive data. Inserted, never altered."""

from datetime import date, datetime, time, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bangfu.common.places import ScopedQuerySet, Viewer


class EntryQuerySet(ScopedQuerySet):
    """Entries belong to the place of what was done, else to that of whoever did it. Those of the system as a whole
    (no place) are for whoever reads the trail of the whole house."""

    view_right = "audit.view"

    def readable_by(self, viewer: Viewer, *, whole_house: bool) -> Self:
        """The entries inside the viewer's areas and, when these make up the whole house, those without a place."""
        mine = self.visible_to(viewer)
        return mine | self.filter(place=None) if whole_house else mine

    def between(self, first: date | None, last: date | None) -> Self:
        """Entries of whole days, both included; None leaves that side open."""
        found = self
        if first:
            found = found.filter(at__gte=_midnight(first))
        if last:
            found = found.filter(at__lt=_midnight(last + timedelta(days=1)))
        return found


def _midnight(day: date) -> datetime:
    """The day's beginning on the office's clock. Compared as a moment, so that the index on `at` answers."""
    return timezone.make_aware(datetime.combine(day, time.min))


class Entry(models.Model):
    """One deed. `hash` covers the entry's content and the hash before it, so a later change of any entry shows.

    The actor is kept as id and name, not as a relation: the trail outlives the people and stands below their room.
    """

    number = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor_id = models.BigIntegerField(_("人员编号"), null=True, db_index=True)
    actor_name = models.CharField(_("人员"), max_length=60)
    action = models.CharField(_("事项"), max_length=60, db_index=True)
    subject_type = models.CharField(_("对象类别"), max_length=40)
    subject_id = models.CharField(_("对象编号"), max_length=60)
    place = models.BigIntegerField(_("位置"), null=True)
    address = models.CharField(_("来源地址"), max_length=45, blank=True)
    detail = models.TextField(_("内容"), default="{}")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("留痕记录")
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="entry_of_subject"),
            models.Index(fields=["place", "number"], name="entry_by_place"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject_type} {self.subject_id}"


class ChainHead(models.Model):
    """The last number and hash: the one row that writers of the trail queue for, so that the chain never forks."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("留痕链末端")

    def __str__(self) -> str:
        return f"{self.number} {self.hash[:12]}"
