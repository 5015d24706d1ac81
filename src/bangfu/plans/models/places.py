"""Where villages lie, as those who visited them stood there."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bangfu.areas.models import Area
from bangfu.common.places import ScopedQuerySet


class VillagePlaceQuerySet(ScopedQuerySet):
    view_right = "plans.view"
    place_field = "area__place"


class VillagePlace(models.Model):
    """The middle of the positions that visits to a village recorded, by WGS-84. Kept anew every day and never entered;
    a point that somebody brought (`areas.Outline`) goes before it. `fixes`: of how many positions it is the middle."""

    area = models.OneToOneField(Area, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("村"))
    longitude = models.FloatField(_("经度"))
    latitude = models.FloatField(_("纬度"))
    fixes = models.IntegerField(_("定位次数"))

    objects = VillagePlaceQuerySet.as_manager()

    class Meta:
        verbose_name = _("村的走访位置")

    def __str__(self) -> str:
        return str(self.area_id)
