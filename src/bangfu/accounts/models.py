"""Officers and their posts: who may do what, where, from when to when."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from rules.permissions import has_perm

from bangfu.accounts.roles import Role, rights, roles
from bangfu.areas.models import Area
from bangfu.common.places import PlaceRange, ScopedQuerySet, within


class OfficerQuerySet(models.QuerySet["Officer"]):
    def visible_to(self, viewer: Any) -> Self:
        """Officers whose unit lies, or who hold or held a post, in the areas whose staff the viewer looks after; and
        the viewer."""
        places = viewer.places_for("accounts.view")
        posts = Post.objects.filter(within(places, "area__place")).values("officer_id")
        return self.filter(within(places, "area__place") | Q(pk__in=posts) | Q(pk=viewer.pk))


class OfficerManager(BaseUserManager.from_queryset(OfficerQuerySet)):  # type: ignore[misc]
    def get_by_natural_key(self, username: str | None) -> "Officer":
        return self.get(username=username)  # type: ignore[no-any-return]


class Officer(AbstractBaseUser):
    """A person who signs in. What an officer may do follows from posts alone."""

    username = models.CharField(_("登录名"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    unit = models.CharField(_("单位"), max_length=120, blank=True)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="officers", verbose_name=_("所在区域")
    )
    phone = models.CharField(_("手机"), max_length=11, blank=True)
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")
    is_active = models.BooleanField(_("可以登录"), default=True)
    must_change_password = models.BooleanField(_("下次登录须改密码"), default=False)
    password_changed_on = models.DateField(_("改密日期"), null=True)
    second_step = models.BooleanField(_("登录须动态口令"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OfficerManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("人员")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name or self.username

    def posts_on(self, day: date | None = None) -> tuple["Post", ...]:
        """The posts held on `day` (today), with their areas; read once an object, i.e. once a request."""
        day = day or date.today()
        held: tuple[Post, ...] | None = self.__dict__.get("_posts")
        if held is None:
            held = tuple(self.posts.select_related("area"))
            self.__dict__["_posts"] = held
        return tuple(p for p in held if p.in_force(day))

    def places_for(self, right: str, day: date | None = None) -> tuple[PlaceRange, ...]:
        """Where a right holds: the reach of the areas of those posts whose role carries it, overlaps merged."""
        if not self.is_active:
            return ()
        return _merged(p.area.reach for p in self.posts_on(day) if right in p.rights and p.area)

    def may(self, right: str, place: int | None = None, day: date | None = None) -> bool:
        """Whether a right is held at `place`; without a place, whether it is held anywhere."""
        if not self.is_active:
            return False
        if place is None:
            return any(right in p.rights for p in self.posts_on(day))
        return any(reach.holds(place) for reach in self.places_for(right, day))

    @property
    def unattended(self) -> bool:
        """Whether the account is one of a screen where nobody sits: every post held today is of such a role."""
        held = self.posts_on()
        return bool(held) and all(each.unattended for each in held)

    @property
    def place(self) -> int | None:
        """Where the officer belongs: the unit's area, else that of the first post held today. The trail files what
        has no place of its own under it."""
        if self.area:
            return self.area.place
        return next((p.area.place for p in self.posts_on()), None)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Whether the right `perm` is held at the place of `obj`, or anywhere when there is no `obj`. Decided by the
        rules of `accounts.permissions`, as everywhere else."""
        return bool(has_perm(perm, self, obj))  # type: ignore[no-untyped-call]

    def has_module_perms(self, app_label: str) -> bool:
        return any(self.may(right) for right in rights() if right.startswith(f"{app_label}."))


def _merged(ranges: Iterable[PlaceRange]) -> tuple[PlaceRange, ...]:
    merged: list[PlaceRange] = []
    for each in sorted(ranges):
        if merged and each.first <= merged[-1].last + 1:
            merged[-1] = PlaceRange(merged[-1].first, max(merged[-1].last, each.last))
        else:
            merged.append(each)
    return tuple(merged)


class PostQuerySet(ScopedQuerySet):
    place_field = "area__place"
    view_right = "accounts.view"


class Post(models.Model):
    """A role at an area from a day to a day (`ends_on` is the last day; None is open). An officer may hold several."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="posts", verbose_name=_("人员"))
    role_id = models.CharField(_("岗位"), max_length=40)
    area = models.ForeignKey(Area, models.PROTECT, related_name="posts", verbose_name=_("负责区域"))
    starts_on = models.DateField(_("任职日期"))
    ends_on = models.DateField(_("离任日期"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("任职")
        ordering = ["officer", "starts_on", "pk"]
        indexes = [models.Index(fields=["area", "role_id"], name="post_by_area")]

    def __str__(self) -> str:
        return f"{self.role.label} · {self.area}"

    @property
    def role(self) -> Role:
        return roles()[self.role_id]

    @property
    def rights(self) -> frozenset[str]:
        """The rights of the role; a role that the policy no longer knows carries none."""
        known = roles().get(self.role_id)
        return known.rights if known else frozenset()

    @property
    def unattended(self) -> bool:
        known = roles().get(self.role_id)
        return known is not None and known.unattended

    def in_force(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
