"""What hangs on a board, what was said against it, and what the level above looked into."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.casework.models.cases import Case, CaseworkQuerySet, OfCaseQuerySet


class PostingQuerySet(CaseworkQuerySet):
    def running_on(self, day: date) -> Self:
        """Postings that hang on `day`; their last day counts."""
        return self.filter(starts_on__lte=day, ends_on__gte=day, taken_down_on=None)


class Posting(models.Model):
    """A list put up on a board. `sheet` is what hangs there, word for word: made once by `sheets`, which has no
    place for an ID number, a phone of a household, a bank account or an illness. `ends_on` is the last day."""

    area = models.ForeignKey(Area, models.PROTECT, db_index=False, related_name="+", verbose_name=_("公示区域"))
    place = models.BigIntegerField(_("位置"))
    procedure = models.CharField(_("程序"), max_length=60)
    step = models.CharField(_("环节"), max_length=60)
    title = models.CharField(_("标题"), max_length=120)
    sheet = models.JSONField(_("公示内容"))
    sheet_hash = models.CharField(max_length=64)
    board = models.CharField(_("公示地点"), max_length=120)
    hotline = models.CharField(_("监督电话"), max_length=40)
    starts_on = models.DateField(_("开始日期"))
    ends_on = models.DateField(_("结束日期"))
    announcement = models.BooleanField(_("公告"), default=False)
    on_the_web = models.BooleanField(_("在网上公示"), default=True)
    taken_down_on = models.DateField(_("撤下日期"), null=True)
    taken_down_reason = models.CharField(_("撤下原因"), max_length=200, blank=True)
    put_up_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("经办人"))
    put_up_at = models.DateTimeField(_("登记时间"), auto_now_add=True)
    cases = models.ManyToManyField(Case, related_name="postings", verbose_name=_("案件"))

    objects = PostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示")
        ordering = ["-starts_on", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="posting_ends_after")]
        indexes = [models.Index(fields=["place", "ends_on"], name="posting_by_place")]

    def __str__(self) -> str:
        return f"{self.title} {self.starts_on}"


class OfPostingQuerySet(CaseworkQuerySet):
    place_field = "posting__place"


class PostedLine(models.Model):
    """What a list says of one case, in columns: the sheet itself is kept word for word. `people` NULL is a village, or
    not said; `monitor_category` the class that was put forward for watching, "" where none was."""

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="lines", verbose_name=_("公示"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="posted_lines", verbose_name=_("案件"))
    head_name = models.CharField(_("户主姓名"), max_length=60)
    people = models.SmallIntegerField(_("家庭人口"), null=True)
    monitor_category = models.CharField(_("监测对象类别"), max_length=4, blank=True)

    objects = OfPostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示名单")
        ordering = ["posting", "pk"]
        constraints = [models.UniqueConstraint(fields=["posting", "case"], name="posted_once")]

    def __str__(self) -> str:
        return self.head_name


class PostingPhoto(models.Model):
    """A photo of the board: near (the text can be read) or far (the place can be recognised)."""

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="photos", verbose_name=_("公示"))
    view = models.CharField(_("远近"), max_length=10)
    taken_on = models.DateField(_("拍摄日期"))
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=60)
    added_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")

    objects = OfPostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("公示照片")
        ordering = ["posting", "pk"]

    def __str__(self) -> str:
        return f"{self.posting_id} {self.view}"


class Objection(models.Model):
    """What anybody says against a posted list, and the answer. The name may be withheld. As long as it is
    unanswered the cases it is about do not go on; `upheld` True sends them back."""

    posting = models.ForeignKey(Posting, models.PROTECT, related_name="objections", verbose_name=_("公示"))
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="objections", verbose_name=_("案件"))
    raised_on = models.DateField(_("提出日期"))
    by_name = models.CharField(_("提出人"), max_length=60, blank=True)
    name_withheld = models.BooleanField(_("不公开姓名"), default=False)
    contact = models.CharField(_("联系方式"), max_length=60, blank=True)
    text = models.CharField(_("异议内容"), max_length=1000)
    taken_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("登记人"))
    answer = models.CharField(_("答复"), max_length=1000, blank=True)
    upheld = models.BooleanField(_("异议成立"), null=True)
    answered_on = models.DateField(_("答复日期"), null=True)
    answered_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("答复人"))

    objects = OfPostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("异议")
        ordering = ["-raised_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.posting_id} {self.raised_on}"


class SampleDraw(models.Model):
    """Cases drawn at random by the level above from those of a step that came up together. `seed` and `among` (ids in
    order) make the draw repeatable by anybody."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("区域"))
    place = models.BigIntegerField(_("位置"))
    procedure = models.CharField(_("程序"), max_length=60)
    step = models.CharField(_("环节"), max_length=60)
    seed = models.CharField(_("随机种子"), max_length=32)
    among = models.JSONField(_("抽样范围"))
    drawn_on = models.DateField(_("抽样日期"))
    drawn_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("抽样人"))

    objects = CaseworkQuerySet.as_manager()

    class Meta:
        verbose_name = _("抽查")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.procedure} {self.drawn_on}"


class SampledCase(models.Model):
    """A case in a draw: drawn or not, and what the check found (`right` NULL: not yet looked into)."""

    draw = models.ForeignKey(SampleDraw, models.CASCADE, related_name="cases", verbose_name=_("抽查"))
    case = models.ForeignKey(Case, models.PROTECT, related_name="samples", verbose_name=_("案件"))
    drawn = models.BooleanField(_("抽中"))
    right = models.BooleanField(_("核查属实"), null=True)
    note = models.CharField(_("核查意见"), max_length=400, blank=True)
    checked_on = models.DateField(_("核查日期"), null=True)
    checked_by = models.ForeignKey(Officer, models.PROTECT, null=True, db_index=False, related_name="+")

    objects = OfCaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("抽查案件")
        constraints = [models.UniqueConstraint(fields=["draw", "case"], name="sampled_once")]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.case_id}"
