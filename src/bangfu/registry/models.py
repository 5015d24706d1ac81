"""One household, one file: households and their people, dwelling, income, papers, and the trail of every change.

Only `registry.ledger` writes these tables, set-based, one row or a million by the same statements; it also writes the
history rows, each pointing to the `Change` that says who, when and why. Unknown is "" for codes and texts and NULL for
numbers, dates and yes/no: a question that nobody asked has no answer.
"""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from bangfu.accounts.models import Officer
from bangfu.areas.models import Area
from bangfu.common.fields import HundredthsField, YuanField
from bangfu.common.places import ScopedQuerySet


class BatchQuerySet(ScopedQuerySet):
    view_right = "registry.import"


class ImportBatch(models.Model):
    """One file taken in. `counts` and the report hold what became of every row; a batch can be undone whole."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待处理")
        READING = "reading", _("正在读取")
        CHECKING = "checking", _("正在核对")
        REHEARSED = "rehearsed", _("已演练，待确认")
        WRITING = "writing", _("正在写入")
        DONE = "done", _("已入库")
        REFUSED = "refused", _("未通过")
        UNDONE = "undone", _("已撤销")

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.WAITING)
    place = models.BigIntegerField(_("位置"))
    file_name = models.CharField(_("文件名"), max_length=255)
    file_sha256 = models.CharField(max_length=64)
    takeover = models.BooleanField(_("接管旧系统数据"), default=False)
    started_by = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("导入人"))
    started_at = models.DateTimeField(_("时间"), auto_now_add=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True)
    progress = models.SmallIntegerField(_("进度（%）"), default=0)
    counts = models.JSONField(_("结果"), default=dict)
    error_code = models.CharField(max_length=10, blank=True)
    error_facts = models.JSONField(default=dict)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("导入批次")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"


class Change(models.Model):
    """Who changed something, when, and why; the history rows of everything changed together point here."""

    class Kind(models.TextChoices):
        FORM = "form", _("页面填报")
        IMPORT = "import", _("批量导入")
        EVENT = "event", _("成员变动")
        SPLIT = "split", _("分户")
        MERGE = "merge", _("并户")
        PAPER = "paper", _("材料")
        UNDO = "undo", _("撤销批次")
        AREAS = "areas", _("区划调整")
        SAMPLE = "sample", _("样县")
        CASE = "case", _("案件认定")

    kind = models.CharField(_("方式"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("时间"), db_index=True)
    actor = models.ForeignKey(Officer, models.PROTECT, null=True, related_name="+", verbose_name=_("人员"))
    reason = models.CharField(_("原因"), max_length=200)
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="changes", verbose_name=_("批次"))

    class Meta:
        verbose_name = _("变更")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reason}"


class Changed(models.Model):
    """What every history row carries besides the old row: the change that it belongs to."""

    # Without a constraint: checking it for every row of an import would cost as much as writing the row, and the writer
    # makes the change in the same transaction.
    change = models.ForeignKey(Change, models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        abstract = True


class _Records(HistoricalRecords):  # type: ignore[misc]  # it comes without types
    """Nobody asks what happened everywhere at a moment; an index of all those moments would only be written."""

    _date_indexing = False


def _history(*unindexed: str) -> Any:
    """History of full rows; `history_date`, `history_type` (+ new, ~ changed, - removed) and `change`.

    History is read by object, by household and by change; `unindexed` names the other keys, which need no index there.
    """
    return _Records(
        bases=[Changed],
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.BigIntegerField(null=True),
        no_db_index=list(unindexed),
    )


class HouseholdQuerySet(ScopedQuerySet):
    def living(self) -> Self:
        """Households that still exist: not merged into another, split up, or gone."""
        return self.filter(ended_on=None)


class MemberQuerySet(ScopedQuerySet):
    def present(self) -> Self:
        """People who belong to their household today."""
        return self.filter(left_on=None)


class OfHouseholdQuerySet(ScopedQuerySet):
    place_field = "household__place"


class WorkQuerySet(ScopedQuerySet):
    place_field = "member__place"


class ItemQuerySet(ScopedQuerySet):
    place_field = "income_year__household__place"


class Household(models.Model):
    """A rural household, registered as poor or not. `place` is that of its group, or of its village when the group
    is not known. `head_name`, the count and what anyone at home can or has are derived from the members by the writer,
    for lists; the code lists of the day of writing say who can work and who enjoys dibao."""

    household_no = models.CharField(_("户编号"), max_length=30, unique=True)
    village = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name=_("村"))
    group = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("村民小组")
    )
    place = models.BigIntegerField(_("位置"))
    group_name = models.CharField(_("村民小组（自然村）"), max_length=60, blank=True)
    address = models.CharField(_("住址"), max_length=120, blank=True)

    head_name = models.CharField(_("户主姓名"), max_length=60, blank=True)
    head_initials = models.CharField(max_length=20, blank=True)
    members_count = models.SmallIntegerField(_("家庭人口"), default=0)
    anyone_able = models.BooleanField(default=False)
    anyone_on_dibao = models.BooleanField(default=False)

    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    bank_name = models.CharField(_("开户银行"), max_length=60, blank=True)
    bank_account = models.CharField(_("银行账号"), max_length=40, blank=True)

    identification_standard = models.CharField(_("识别标准"), max_length=4, blank=True)
    household_type = models.CharField(_("户类型"), max_length=4, blank=True)
    household_class = models.CharField(_("贫困户属性"), max_length=4, blank=True)
    poverty_status = models.CharField(_("脱贫属性"), max_length=4, blank=True)
    monitor_category = models.CharField(_("监测对象类别"), max_length=4, blank=True)
    first_identified = models.DateField(_("首次识别时间"), null=True, blank=True)
    exited_on = models.DateField(_("脱贫时间"), null=True, blank=True)
    returned_on = models.DateField(_("返贫时间"), null=True, blank=True)
    return_cause = models.CharField(_("返贫原因"), max_length=4, blank=True)
    planned_exit_year = models.SmallIntegerField(_("计划脱贫年度"), null=True, blank=True)
    not_exit_reason = models.CharField(_("不脱贫原因"), max_length=4, blank=True)

    main_cause = models.CharField(_("主要致贫原因"), max_length=4, blank=True)
    other_cause_1 = models.CharField(_("其他致贫原因一"), max_length=4, blank=True)
    other_cause_2 = models.CharField(_("其他致贫原因二"), max_length=4, blank=True)

    is_martyr_family = models.BooleanField(_("是否军烈属"), null=True, blank=True)
    only_child_household = models.BooleanField(_("独生子女户"), null=True, blank=True)
    two_daughter_household = models.BooleanField(_("双女户"), null=True, blank=True)
    in_cooperative = models.BooleanField(_("是否加入农民专业合作社"), null=True, blank=True)
    led_by_enterprise = models.BooleanField(_("有龙头企业带动"), null=True, blank=True)
    led_by_pioneer = models.BooleanField(_("有创业致富带头人带动"), null=True, blank=True)

    cultivated_land_mu = HundredthsField(_("耕地面积"), unit="mu", null=True, blank=True)
    irrigated_land_mu = HundredthsField(_("有效灌溉面积"), unit="mu", null=True, blank=True)
    forest_mu = HundredthsField(_("林地面积"), unit="mu", null=True, blank=True)
    returned_forest_mu = HundredthsField(_("退耕还林面积"), unit="mu", null=True, blank=True)
    orchard_mu = HundredthsField(_("林果面积"), unit="mu", null=True, blank=True)
    pasture_mu = HundredthsField(_("牧草地面积"), unit="mu", null=True, blank=True)
    water_mu = HundredthsField(_("水面面积"), unit="mu", null=True, blank=True)

    relocation_willing = models.BooleanField(_("搬迁意愿"), null=True, blank=True)
    relocation_way = models.CharField(_("搬迁方式"), max_length=4, blank=True)
    resettlement_way = models.CharField(_("安置方式"), max_length=4, blank=True)
    resettlement_place = models.CharField(_("安置地"), max_length=4, blank=True)

    remark = models.CharField(_("备注"), max_length=200, blank=True)
    ended_on = models.DateField(_("销户日期"), null=True, blank=True)
    ended_reason = models.CharField(_("销户原因"), max_length=4, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("并入户")
    )

    # The latest income statement, derived by the writer, so that a list can show and sort by it.
    latest_income_year = models.SmallIntegerField(_("最近收入年度"), null=True)
    latest_per_capita_net_income = YuanField(_("人均纯收入"), null=True)

    objects = HouseholdQuerySet.as_manager()
    history = _history("village", "group", "merged_into")

    class Meta:
        verbose_name = _("户")
        ordering = ["place", "household_no"]
        indexes = [
            models.Index(fields=["place", "household_no"], name="household_by_place"),
            models.Index(fields=["head_initials", "head_name"], name="household_by_head"),
            models.Index(fields=["members_count", "id"], name="household_by_size"),
            models.Index(fields=["latest_per_capita_net_income"], name="household_by_income"),
            models.Index(fields=["household_type", "place"], name="household_by_type"),
            models.Index(fields=["household_class", "place"], name="household_by_class"),
            models.Index(fields=["poverty_status", "place"], name="household_by_status"),
            models.Index(fields=["monitor_category", "place"], name="household_by_monitoring"),
            models.Index(fields=["main_cause", "place"], name="household_by_cause"),
            # the few of these are found without walking through the many who are not
            models.Index(fields=["place", "household_no"], condition=Q(anyone_able=False), name="household_unable"),
            models.Index(
                fields=["place", "household_no"], condition=Q(anyone_on_dibao=True), name="household_on_dibao"
            ),
            models.Index(fields=["merged_into"], condition=Q(merged_into__isnull=False), name="household_merged"),
        ]

    def __str__(self) -> str:
        return f"{self.head_name} {self.household_no}"

    @property
    def other_causes(self) -> tuple[str, ...]:
        return tuple(c for c in (self.other_cause_1, self.other_cause_2) if c)


class FormerExit(models.Model):
    """An exit from poverty that a return ended, of a household that has left poverty again since: its own row holds
    the latest exit, and the yearly counts want them all. Written with the status that casework decides."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="former_exits", verbose_name=_("户"))
    exited_on = models.DateField(_("脱贫时间"))
    returned_on = models.DateField(_("返贫时间"))

    objects = OfHouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("以前的脱贫")
        ordering = ["household", "exited_on"]

    def __str__(self) -> str:
        return f"{self.household_id} {self.exited_on}"


class Dwelling(models.Model):
    """House, water, power and road of a household. The four water measures follow T/CHES 18-2018."""

    household = models.OneToOneField(Household, models.CASCADE, primary_key=True, related_name="dwelling")
    house_area_m2 = HundredthsField(_("住房面积"), unit="m²", null=True, blank=True)
    house_structure = models.CharField(_("主要结构"), max_length=4, blank=True)
    dangerous_house = models.BooleanField(_("是否危房户"), null=True, blank=True)
    house_grade = models.CharField(_("危房级别"), max_length=4, blank=True)
    renovation_year = models.SmallIntegerField(_("危改年度"), null=True, blank=True)
    water_difficult = models.BooleanField(_("饮水是否困难"), null=True, blank=True)
    safe_water_solved = models.BooleanField(_("是否解决安全饮用水"), null=True, blank=True)
    water_litres_per_day = models.SmallIntegerField(_("人均日供水量（升）"), null=True, blank=True)
    water_quality_ok = models.BooleanField(_("水质达标"), null=True, blank=True)
    water_round_trip_minutes = models.SmallIntegerField(_("取水往返时间（分钟）"), null=True, blank=True)
    water_reliability_percent = models.SmallIntegerField(_("供水保证率（%）"), null=True, blank=True)
    production_power = models.BooleanField(_("通生产用电"), null=True, blank=True)
    living_power = models.BooleanField(_("通生活用电"), null=True, blank=True)
    broadcast_tv = models.BooleanField(_("通广播电视"), null=True, blank=True)
    broadband = models.BooleanField(_("通宽带"), null=True, blank=True)
    access_road_type = models.CharField(_("入户路类型"), max_length=4, blank=True)
    distance_to_main_road_km = HundredthsField(_("与村主干路距离"), unit="km", null=True, blank=True)
    sanitary_toilet = models.BooleanField(_("有无卫生厕所"), null=True, blank=True)
    main_fuel = models.CharField(_("主要燃料类型"), max_length=4, blank=True)

    objects = OfHouseholdQuerySet.as_manager()
    history = _history()

    class Meta:
        verbose_name = _("居住条件")
        indexes = [
            models.Index(fields=["house_grade"], name="dwelling_by_grade"),
            # the few in trouble are found without walking through the many who are not
            models.Index(fields=["household"], condition=Q(dangerous_house=True), name="dwelling_dangerous"),
            models.Index(fields=["household"], condition=Q(safe_water_solved=False), name="dwelling_water_unsafe"),
        ]

    def __str__(self) -> str:
        return str(self.household)


class Member(models.Model):
    """A person of a household, from `joined_on` to the day before `left_on`. Those who left stay in the file.

    `health_status` is a set of codes in ascending order joined by commas ("02,04"); "01" (healthy) stands alone.
    `id_key` is the first 18 characters of the number: identity card and disability certificate of a person meet there.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, related_name="members", db_index=False, verbose_name=_("户")
    )
    place = models.BigIntegerField(_("位置"))
    person_no = models.CharField(_("人编号"), max_length=30)
    name = models.CharField(_("姓名"), max_length=60)
    name_initials = models.CharField(max_length=20, blank=True)
    sex = models.CharField(_("性别"), max_length=2, blank=True)
    id_type = models.CharField(_("证件类型"), max_length=4, blank=True)
    id_no = models.CharField(_("证件号码"), max_length=22, blank=True)
    id_key = models.CharField(max_length=18, blank=True)
    id_tail = models.CharField(max_length=6, blank=True)
    birth_date = models.DateField(_("出生日期"), null=True, blank=True)
    relation_to_head = models.CharField(_("与户主关系"), max_length=4, blank=True)
    ethnicity = models.CharField(_("民族"), max_length=4, blank=True)
    phone = models.CharField(_("联系电话"), max_length=20, blank=True)
    political_status = models.CharField(_("政治面貌"), max_length=4, blank=True)
    active_soldier = models.BooleanField(_("是否现役军人"), null=True, blank=True)
    speaks_mandarin = models.BooleanField(_("是否会讲普通话"), null=True, blank=True)
    registered_here = models.BooleanField(_("户籍在本户"), null=True, blank=True)
    living_together = models.BooleanField(_("共同生活"), null=True, blank=True)

    education_level = models.CharField(_("文化程度"), max_length=4, blank=True)
    student_status = models.CharField(_("在校生状况"), max_length=4, blank=True)
    school_name = models.CharField(_("就读学校"), max_length=60, blank=True)
    dropout_reason = models.CharField(_("失学或辍学原因"), max_length=4, blank=True)

    health_status = models.CharField(_("健康状况"), max_length=20, blank=True)
    disability_category = models.CharField(_("残疾类别"), max_length=4, blank=True)
    disability_grade = models.CharField(_("残疾等级"), max_length=4, blank=True)
    labor_capacity = models.CharField(_("劳动技能"), max_length=4, blank=True)

    resident_medical_insurance = models.BooleanField(_("城乡居民基本医疗保险"), null=True, blank=True)
    employee_medical_insurance = models.BooleanField(_("城镇职工基本医疗保险"), null=True, blank=True)
    serious_illness_insurance = models.BooleanField(_("大病保险"), null=True, blank=True)
    commercial_medical_insurance = models.BooleanField(_("商业补充医疗保险"), null=True, blank=True)
    medical_assistance_received = models.BooleanField(_("是否接受大病医疗救助"), null=True, blank=True)
    resident_pension = models.BooleanField(_("城乡居民基本养老保险"), null=True, blank=True)
    employee_pension = models.BooleanField(_("城镇职工基本养老保险"), null=True, blank=True)
    dibao_status = models.CharField(_("享受低保政策情况"), max_length=4, blank=True)
    tekun_status = models.CharField(_("享受特困供养政策情况"), max_length=4, blank=True)
    public_job = models.CharField(_("公益性岗位"), max_length=4, blank=True)
    public_job_months = models.SmallIntegerField(_("公益性岗位（月数）"), null=True, blank=True)

    joined_on = models.DateField(_("进入本户日期"), null=True, blank=True)
    joined_by = models.CharField(_("增加原因"), max_length=4, blank=True)
    left_on = models.DateField(_("离开本户日期"), null=True, blank=True)
    left_by = models.CharField(_("减少原因"), max_length=4, blank=True)

    objects = MemberQuerySet.as_manager()
    history = _history()

    class Meta:
        verbose_name = _("家庭成员")
        ordering = ["household", "relation_to_head", "birth_date", "pk"]
        indexes = [
            models.Index(fields=["place"], name="member_by_place"),
            models.Index(fields=["household"], name="member_of_household"),
            # The operator class lets PostgreSQL answer "begins with" whatever the collation; with the place and the
            # household beside what is asked for, a search never looks at the people themselves.
            models.Index(
                fields=["name", "place", "household"],
                opclasses=["varchar_pattern_ops", "int8_ops", "int8_ops"],
                name="member_by_name",
            ),
            models.Index(
                fields=["name_initials", "place", "household"],
                opclasses=["varchar_pattern_ops", "int8_ops", "int8_ops"],
                name="member_by_initials",
            ),
            models.Index(fields=["id_tail", "place", "household"], name="member_by_id_tail"),
            models.Index(fields=["id_key"], name="member_by_id_key"),
        ]
        constraints = [
            # Not by unique=True, which on PostgreSQL brings a second index, for searches that nobody makes.
            models.UniqueConstraint(fields=["person_no"], name="person_no_once"),
            models.UniqueConstraint(
                fields=["id_no"], condition=Q(left_on=None) & ~Q(id_no=""), name="living_person_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkRecord(models.Model):
    """A stretch of work of a person; `end_month` NULL while it lasts. Months are kept as their first day."""

    member = models.ForeignKey(
        Member, models.CASCADE, db_index=False, related_name="work_records", verbose_name=_("成员")
    )
    start_month = models.DateField(_("开始年月"))
    end_month = models.DateField(_("结束年月"), null=True, blank=True)
    work_place = models.CharField(_("务工所在地"), max_length=60, blank=True)
    work_place_code = models.CharField(_("务工地区划代码"), max_length=12, blank=True)
    employer = models.CharField(_("务工单位"), max_length=60, blank=True)
    industry = models.CharField(_("行业"), max_length=30, blank=True)
    monthly_income = YuanField(_("月收入"), null=True, blank=True)
    employment_channel = models.CharField(_("就业渠道"), max_length=4, blank=True)
    point_to_point_transport = models.BooleanField(_("点对点输送"), null=True, blank=True)
    travel_subsidy = YuanField(_("交通补助"), null=True, blank=True)

    objects = WorkQuerySet.as_manager()
    history = _history()

    class Meta:
        verbose_name = _("务工记录")
        ordering = ["member", "-start_month"]
        constraints = [
            models.UniqueConstraint(fields=["member", "start_month", "employer"], name="work_starts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.start_month:%Y-%m}"


class IncomeYear(models.Model):
    """The income statement of a household for a year: its window, who is counted, and the sums of its items.

    All sums are computed by `ledger.income` when items are written, never typed; per-head values are rounded down to
    the fen, so that comparing them with a line gives the same answer as comparing exact quotients.
    """

    household = models.ForeignKey(
        Household, models.PROTECT, db_index=False, related_name="income_years", verbose_name=_("户")
    )
    year = models.SmallIntegerField(_("年度"))
    window_start = models.DateField(_("核算期起"))
    window_end = models.DateField(_("核算期止"))
    members_counted = models.SmallIntegerField(_("计算人口"))
    insurance_payout = YuanField(_("理赔收入"), null=True, blank=True)
    out_of_pocket_expense = YuanField(_("合规自付支出"), null=True, blank=True)

    wage_income = YuanField(_("工资性收入"), default=0)
    production_income = YuanField(_("生产经营性收入"), default=0)
    production_expense = YuanField(_("生产经营性支出"), default=0)
    property_income = YuanField(_("财产性收入"), default=0)
    transfer_income = YuanField(_("转移性收入"), default=0)
    transfer_expense = YuanField(_("转移性支出"), default=0)
    net_income = YuanField(_("家庭纯收入"), default=0)
    per_capita_net_income = YuanField(_("人均纯收入"), default=0)
    disposable_income = YuanField(_("可支配收入"), default=0)
    per_capita_disposable_income = YuanField(_("人均可支配收入"), default=0)
    per_capita_counted_income = YuanField(_("人均计入收入"), default=0)

    objects = OfHouseholdQuerySet.as_manager()
    history = _history()

    class Meta:
        verbose_name = _("年度收入")
        ordering = ["household", "-year"]
        constraints = [models.UniqueConstraint(fields=["household", "year"], name="income_once_a_year")]

    def __str__(self) -> str:
        return f"{self.household} {self.year}"


class IncomeItem(models.Model):
    """One line of the ledger. `code` is an item of `policy/china/income_items.yaml`, which says its kind; `counted`
    is whether it counts as stable income where the household lives, as it stood when the line was written."""

    income_year = models.ForeignKey(
        IncomeYear, models.CASCADE, db_index=False, related_name="items", verbose_name=_("年度收入")
    )
    line = models.SmallIntegerField(_("行号"))
    code = models.CharField(_("收支项目"), max_length=40)
    amount = YuanField(_("金额"))
    counted = models.BooleanField(_("计入稳定收入"), default=True)
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, db_index=False, related_name="+", verbose_name=_("成员")
    )
    quantity = HundredthsField(_("数量"), null=True, blank=True)
    quantity_unit = models.CharField(_("计量单位"), max_length=10, blank=True)
    note = models.CharField(_("说明"), max_length=100, blank=True)

    objects = ItemQuerySet.as_manager()
    history = _history("member")

    class Meta:
        verbose_name = _("收支明细")
        ordering = ["income_year", "line"]
        constraints = [models.UniqueConstraint(fields=["income_year", "line"], name="income_line_once")]
        indexes = [models.Index(fields=["member"], condition=Q(member__isnull=False), name="income_line_of_member")]

    def __str__(self) -> str:
        return f"{self.code} {self.amount}"


class Paper(models.Model):
    """A certificate or paper of a household. The file lies in BANGFU_HOME/papers under its own SHA-256."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="papers", verbose_name=_("户"))
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="papers", verbose_name=_("成员")
    )
    kind = models.CharField(_("材料种类"), max_length=4)
    title = models.CharField(_("名称"), max_length=120)
    certificate_no = models.CharField(_("证书编号"), max_length=60, blank=True)
    issued_on = models.DateField(_("签发日期"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.IntegerField(_("大小（字节）"))
    media_type = models.CharField(_("文件类型"), max_length=60)
    added_on = models.DateField(_("上传日期"))
    removed_on = models.DateField(_("移除日期"), null=True, blank=True)

    objects = OfHouseholdQuerySet.as_manager()
    history = _history("member", "sha256")

    class Meta:
        verbose_name = _("材料")
        ordering = ["household", "-added_on", "-pk"]

    def __str__(self) -> str:
        return self.title


class MemberEvent(models.Model):
    """Why a person came into or left a household on a day: birth, marriage, death, moving, split, merger.

    `kind` is a code of `member_increase` when the person joined, of `member_decrease` when the person left.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="events", verbose_name=_("成员"))
    household = models.ForeignKey(Household, models.PROTECT, related_name="events", verbose_name=_("户"))
    joined = models.BooleanField(_("进入"))
    kind = models.CharField(_("变动类型"), max_length=4)
    on = models.DateField(_("日期"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    change = models.ForeignKey(Change, models.PROTECT, related_name="events")

    objects = OfHouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("成员变动")
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return f"{self.member} {self.kind} {self.on}"


class YearCount(models.Model):
    """Counts of a village for a year, derived by the writer for the villages it touched (`registry.ledger.counting`).

    `households` and `people` are the rural population at the end of the year; `poor_*` those in poverty then; `in_*`
    and `out_*` those who were registered, who exited and who returned within the year.
    """

    village = models.ForeignKey(Area, models.CASCADE, db_index=False, related_name="+", verbose_name=_("村"))
    place = models.BigIntegerField(_("位置"))
    year = models.SmallIntegerField(_("年度"))
    households = models.IntegerField(_("户数"), default=0)
    people = models.IntegerField(_("人数"), default=0)
    registered_households = models.IntegerField(_("建档立卡户数"), default=0)
    registered_people = models.IntegerField(_("建档立卡人数"), default=0)
    poor_households = models.IntegerField(_("贫困户数"), default=0)
    poor_people = models.IntegerField(_("贫困人数"), default=0)
    in_households = models.IntegerField(_("新识别户数"), default=0)
    in_people = models.IntegerField(_("新识别人数"), default=0)
    out_households = models.IntegerField(_("脱贫户数"), default=0)
    out_people = models.IntegerField(_("脱贫人数"), default=0)
    returned_households = models.IntegerField(_("返贫户数"), default=0)
    returned_people = models.IntegerField(_("返贫人数"), default=0)
    dibao_households = models.IntegerField(_("低保户数"), default=0)
    dibao_people = models.IntegerField(_("低保人数"), default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("年度统计")
        constraints = [models.UniqueConstraint(fields=["village", "year"], name="count_once_a_year")]
        indexes = [models.Index(fields=["year", "place"], name="count_by_place")]

    def __str__(self) -> str:
        return f"{self.village} {self.year}"
