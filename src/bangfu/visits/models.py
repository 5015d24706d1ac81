"""Visits: what somebody saw, asked and did in a household or village; photos, proposed corrections, what could not be
taken, and what makes a visit look made up.

Only `visits.services` (with its parts) writes these tables. Unknown is "" for texts and codes, NULL for the rest. Every
row carries its place or belongs to one that does, so that every reading starts from `visible_to`.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.places import ScopedQuerySet
from bangfu.registry.models import Household, Member
from bangfu.visits.checklists import Checklist


class VisitsQuerySet(ScopedQuerySet):
    view_right = "visits.view"


class OfVisitQuerySet(VisitsQuerySet):
    place_field = "visit__place"


class ChecklistVersion(models.Model):
    """A checklist as it read when it was first used: the whole file. A visit keeps the version it was made by, so that
    an answer is read with the question that was asked."""

    checklist = models.CharField(_("清单"), max_length=60)
    version = models.CharField(_("版本"), max_length=16)
    content = models.JSONField()
    kept_at = models.DateTimeField(_("启用时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("走访清单版本")
        ordering = ["checklist", "-pk"]
        constraints = [models.UniqueConstraint(fields=["checklist", "version"], name="checklist_version_once")]

    def __str__(self) -> str:
        return f"{self.checklist} {self.version}"

    @property
    def read(self) -> Checklist:
        """The checklist as an object; parsed once an object."""
        found: Checklist | None = self.__dict__.get("_read")
        if found is None:
            found = self.__dict__["_read"] = Checklist.model_validate(self.content)
        return found


class Channel(models.TextChoices):
    """How a visit came: a page, a phone that works without a network, ODK Collect, or paper typed in later."""

    WEB = "web", _("网页")
    FIELD = "field", _("手机离线")
    ODK = "odk", _("ODK 采集")
    PAPER = "paper", _("纸质补录")


class Visit(models.Model):
    """One visit to a household, or walk through a village (`household` NULL). `uuid` is given by whoever records it, so
    that the same visit sent twice is one.

    `officer` is who went (NULL: somebody without an account, named among the companions), `entered_by` who recorded it.
    `about` is opaque here: "finding:12", "case:7". Times are the server's: a phone's clock that was wrong by
    `clock_skew` seconds (server − phone) has been corrected. A position of NULL was not taken. `answers` are by
    question, of members a list of {"member": id, question: answer}. `text_mark` is the mark of what was written, by
    which the same words in two households are found.
    """

    uuid = models.UUIDField(unique=True)
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, db_index=False, related_name="visits", verbose_name=_("户")
    )
    village = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    checklist = models.CharField(_("清单"), max_length=60)
    form = models.ForeignKey(
        ChecklistVersion, models.PROTECT, db_index=False, related_name="visits", verbose_name=_("清单版本")
    )
    about = models.CharField(_("事由"), max_length=60, blank=True)
    officer = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="visits", verbose_name=_("走访人")
    )
    entered_by = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("登记人")
    )
    companions = models.CharField(_("同行人"), max_length=200, blank=True)
    met_with = models.CharField(_("见到的人"), max_length=120, blank=True)
    visited_on = models.DateField(_("走访日期"))
    started_at = models.DateTimeField(_("开始时间"), null=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    received_at = models.DateTimeField(_("收到时间"))
    clock_skew = models.IntegerField(_("手机时钟偏差（秒）"), null=True)
    latitude = models.FloatField(_("纬度"), null=True)
    longitude = models.FloatField(_("经度"), null=True)
    accuracy = models.FloatField(_("定位精度（米）"), null=True)
    channel = models.CharField(_("方式"), max_length=8, choices=Channel.choices)
    summary = models.CharField(_("小结"), max_length=2000, blank=True)
    remarks = models.CharField(_("备注"), max_length=1000, blank=True)
    answers = models.JSONField(_("答复"), default=dict)
    notices = models.JSONField(_("提示"), default=list)
    text_mark = models.CharField(max_length=32, blank=True)

    objects = VisitsQuerySet.as_manager()

    class Meta:
        verbose_name = _("走访")
        ordering = ["-visited_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at=None) | Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="visit_ends_after_start",
            ),
        ]
        indexes = [
            # With the household, visits of an area are counted by village from the index alone.
            models.Index(fields=["place", "visited_on", "household"], name="visit_in_place"),
            models.Index(fields=["visited_on", "id", "place"], name="visit_by_day"),
            models.Index(fields=["household", "visited_on"], name="visit_of_household"),
            models.Index(fields=["officer", "visited_on"], name="visit_by_officer"),
            models.Index(fields=["village", "visited_on"], name="visit_by_village"),
            models.Index(fields=["about"], condition=~Q(about=""), name="visit_about"),
            models.Index(fields=["text_mark"], condition=~Q(text_mark=""), name="visit_by_text"),
        ]

    def __str__(self) -> str:
        return f"{self.visited_on:%Y-%m-%d} {self.household or self.village}"


class SubmissionQuerySet(VisitsQuerySet):
    def open(self) -> "SubmissionQuerySet":
        return self.filter(state=Submission.State.OPEN)


class Submission(models.Model):
    """Something sent as a visit that could not be taken as one: kept whole, with the reasons, until a person settles
    it. `payload` is what was understood of it as JSON, `raw` what was sent, word for word, where it was not JSON."""

    class State(models.TextChoices):
        OPEN = "open", _("待处理")
        SETTLED = "settled", _("已转为走访")
        DROPPED = "dropped", _("作废")

    uuid = models.UUIDField(unique=True)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.OPEN)
    place = models.BigIntegerField(_("位置"))
    channel = models.CharField(_("方式"), max_length=8, choices=Channel.choices)
    sent_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("发送人"))
    received_at = models.DateTimeField(_("收到时间"))
    payload = models.JSONField(_("内容"), default=dict)
    raw = models.TextField(_("原文"), blank=True)
    problems = models.JSONField(_("原因"), default=list)
    visit = models.OneToOneField(
        Visit, models.PROTECT, null=True, related_name="submission", verbose_name=_("转成的走访")
    )
    settled_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("处理人"))
    settled_at = models.DateTimeField(_("处理时间"), null=True)
    note = models.CharField(_("处理意见"), max_length=200, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("未入库的走访")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["place", "state"], name="submission_by_place")]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"


class PhotoQuerySet(ScopedQuerySet):
    """A photo belongs to its visit, or to what could not be taken as one."""

    view_right = "visits.view"


class Photo(models.Model):
    """A photo of a visit: announced with it, sent in parts, looked at and kept without its hidden data (position,
    device) when whole. The file lies with the registry's papers, under its own SHA-256.

    In ARRIVED all of it is here and still as it was sent: the worker looks at it next.

    `sent_sha256` and `size` are as announced, `sha256` and `kept_size` as kept. `look` is the perceptual hash (64 bits,
    signed); NULL for a picture too plain to tell from others. A refused one says why (`code`, `facts`) and keeps what
    was sent, if it was sent, as an unread file.
    """

    class State(models.TextChoices):
        COMING = "coming", _("待上传")
        ARRIVED = "arrived", _("已收到，待检查")
        KEPT = "kept", _("已保存")
        REFUSED = "refused", _("未通过")

    uuid = models.UUIDField(unique=True)
    visit = models.ForeignKey(Visit, models.PROTECT, null=True, related_name="photos", verbose_name=_("走访"))
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, related_name="photos", verbose_name=_("未入库的走访")
    )
    place = models.BigIntegerField(_("位置"))
    question = models.CharField(_("题目"), max_length=60, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.COMING)
    name = models.CharField(_("文件名"), max_length=120, blank=True)
    sent_sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField(_("大小（字节）"))
    received = models.BigIntegerField(_("已收到（字节）"), default=0)
    taken_at = models.DateTimeField(_("拍摄时间"), null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    kept_size = models.IntegerField(null=True)
    media_type = models.CharField(_("文件类型"), max_length=60, blank=True)
    look = models.BigIntegerField(null=True)
    code = models.CharField(max_length=10, blank=True)
    facts = models.JSONField(default=dict)
    sent_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人"))

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("走访照片")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(visit__isnull=False) | Q(submission__isnull=False), name="photo_of_something"
            ),
        ]
        indexes = [
            models.Index(fields=["look"], condition=Q(look__isnull=False), name="photo_by_look"),
            models.Index(fields=["place", "state"], name="photo_by_place"),
        ]

    def __str__(self) -> str:
        return self.name or str(self.uuid)


class Correction(models.Model):
    """What a visit found to be otherwise than the registry says; a person confirms or refuses it.

    `seen` is what the visitor had before them, `found` what they answered, both as answers are kept. In `conflict` the
    registry no longer says what the visitor saw, or another visit found something else: a person must choose.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待确认")
        CONFLICT = "conflict", _("有冲突，须核实")
        DONE = "done", _("已更正")
        REFUSED = "refused", _("不予更正")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="corrections", verbose_name=_("走访"))
    household = models.ForeignKey(Household, models.PROTECT, db_index=False, related_name="+", verbose_name=_("户"))
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("成员")
    )
    place = models.BigIntegerField(_("位置"))
    question = models.CharField(_("题目"), max_length=60)
    column = models.CharField(_("项目"), max_length=60)
    seen = models.JSONField(_("走访时登记为"), null=True)
    found = models.JSONField(_("走访所见"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("确认人")
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    objects = VisitsQuerySet.as_manager()

    class Meta:
        verbose_name = _("走访更正")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "column"], condition=Q(member=None), name="correction_of_household_once"
            ),
            models.UniqueConstraint(
                fields=["visit", "column", "member"],
                condition=Q(member__isnull=False),
                name="correction_of_member_once",
            ),
        ]
        indexes = [
            models.Index(fields=["place", "state"], name="correction_by_place"),
            models.Index(
                fields=["household", "column"],
                condition=Q(state__in=["waiting", "conflict"]),
                name="correction_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.column} {self.found}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.CONFLICT)


class Suspicion(models.Model):
    """Something that makes a visit look made up. It accuses nobody: somebody looks into it and says what it was.

    `other` is the visit it resembles; `facts` are the numbers in the sentence."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("照片与另一次走访相同")
        MANY = "many", _("短时间内走访多户")
        FAR = "far", _("位置远离本村")
        TEXT = "text", _("文字与另一户相同")

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="suspicions", verbose_name=_("走访"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices)
    other = models.ForeignKey(
        Visit, models.CASCADE, null=True, db_index=False, related_name="+", verbose_name=_("另一次走访")
    )
    facts = models.JSONField(default=dict)
    found_at = models.DateTimeField(_("发现时间"), auto_now_add=True)
    explained_by = models.ForeignKey(
        Officer, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("说明人")
    )
    explained_at = models.DateTimeField(_("说明时间"), null=True)
    explanation = models.CharField(_("说明"), max_length=200, blank=True)

    objects = OfVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("存疑走访")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["visit", "kind"], name="suspicion_once")]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class FieldKey(models.Model):
    """The key with which an app on a phone (ODK Collect) speaks for an officer: of the secret only its mark is kept."""

    officer = models.ForeignKey(Officer, models.CASCADE, related_name="field_keys", verbose_name=_("人员"))
    name = models.CharField(_("名称"), max_length=60)
    mark = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("启用时间"), auto_now_add=True)
    ends_on = models.DateField(_("有效期至"))
    ended_at = models.DateTimeField(_("停用时间"), null=True)
    used_at = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        verbose_name = _("采集密钥")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
