"""Which columns stand together, on the household page and in its forms alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Section:
    """Columns of one travelling table under one heading; `id` is its place in addresses and on the page."""

    id: str
    title: Any
    columns: tuple[str, ...]
    table: str = "household"
    record: str = "household"


def _section(id: str, title: Any, columns: str, table: str = "household", record: str = "household") -> Section:
    return Section(id, title, tuple(columns.split()), table, record)


# As what a household on file is recognised: shown, and changed by cases alone.
DECIDED = frozenset("poverty_status monitor_category first_identified exited_on returned_on".split())
HOUSEHOLD: Mapping[str, Section] = {
    s.id: s
    for s in (
        _section("contact", _("住址与联系方式"), "group_name address phone bank_name bank_account"),
        _section(
            "identification",
            _("识别、脱贫与监测"),
            "household_type household_class poverty_status monitor_category identification_standard first_identified "
            "exited_on planned_exit_year not_exit_reason returned_on return_cause",
        ),
        _section("causes", _("致贫原因"), "main_cause other_cause_1 other_cause_2"),
        _section(
            "dwelling",
            _("居住条件"),
            "house_area_m2 house_structure dangerous_house house_grade renovation_year safe_water_solved "
            "water_difficult water_litres_per_day water_quality_ok water_round_trip_minutes water_reliability_percent "
            "living_power production_power broadcast_tv broadband access_road_type distance_to_main_road_km "
            "sanitary_toilet main_fuel",
            record="dwelling",
        ),
        _section(
            "land",
            _("土地资源"),
            "cultivated_land_mu irrigated_land_mu forest_mu returned_forest_mu orchard_mu pasture_mu water_mu",
        ),
        _section("relocation", _("易地搬迁"), "relocation_willing relocation_way resettlement_way resettlement_place"),
        _section(
            "features",
            _("家庭情况"),
            "is_martyr_family only_child_household two_daughter_household in_cooperative led_by_enterprise "
            "led_by_pioneer remark",
        ),
    )
}
MEMBER: Mapping[str, Section] = {
    s.id: s
    for s in (
        _section(
            "identity",
            _("身份"),
            "name sex id_type id_no birth_date relation_to_head ethnicity phone political_status registered_here "
            "living_together active_soldier speaks_mandarin",
            "member",
            "member",
        ),
        _section(
            "schooling", _("教育"), "education_level student_status school_name dropout_reason", "member", "member"
        ),
        _section(
            "health",
            _("健康与劳动能力"),
            "health_status disability_category disability_grade labor_capacity",
            "member",
            "member",
        ),
        _section(
            "insurance",
            _("保障与岗位"),
            "resident_medical_insurance employee_medical_insurance serious_illness_insurance "
            "commercial_medical_insurance medical_assistance_received resident_pension employee_pension dibao_status "
            "tekun_status public_job public_job_months",
            "member",
            "member",
        ),
    )
}
WORK = _section(
    "work",
    _("务工记录"),
    "start_month end_month employer work_place work_place_code industry monthly_income employment_channel "
    "point_to_point_transport travel_subsidy",
    "work_record",
    "work_record",
)
