"""Pages of targets, as those who use them see them."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bangfu.audit.models import Entry
from bangfu.plans import services
from bangfu.plans.models import Across, Report, Stage, Target, Way
from bangfu.plans.services import StageGiven
from bangfu.plans.targets.enacting import enact_targets
from bangfu.registry.models import Member
from tests.plans.making import picture

pytestmark = [pytest.mark.req("E2"), pytest.mark.req("E3")]
TODAY = timezone.localdate()


def browser(who):
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer, status=200):
    assert answer.status_code == status
    shown = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(shown).split())


@pytest.fixture
def office(house):
    return browser(house.officer("county_office"))


def roads(area, **given):
    usual = {
        "by": None, "area": area, "title": "通组公路", "amount": 30, "unit": "公里", "comparison": "ge",
        "deadline": TODAY + timedelta(days=100), "starts_on": TODAY - timedelta(days=100),
    }  # fmt: skip
    return services.track(**(usual | given))


def test_a_target_is_entered_changed_broken_down_reported_and_withdrawn(house, help, office):
    assert "还没有目标" in text(office.get(reverse("target-list")))
    given = {
        "title": "通组公路硬化", "area": house.county.pk, "comparison": "ge", "amount": "30", "unit": "公里",
        "starts_on": f"{TODAY - timedelta(days=50)}", "deadline": f"{TODAY + timedelta(days=50)}",
        "owner_unit": help.bureau.pk, "owner": "",
    }  # fmt: skip
    assert "登记目标" in text(office.get(reverse("target-new")))
    assert "没有名为“nobody”的在用账号" in text(office.post(reverse("target-new"), given | {"owner": "nobody"}), 422)
    assert "单位是“公里”" in text(office.post(reverse("target-new"), given | {"measure": "insured_people"}), 422)
    assert office.post(reverse("target-new"), given | {"owner": "li"}).status_code == 302
    target = Target.objects.get()
    page = reverse("target", args=[target.pk])
    assert "尚无数据" in text(office.get(page))

    change = reverse("target-change", args=[target.pk])
    changed = {"pace": "week", "reason": "指标调增", "amount": "33", "seen": target.changes}
    assert office.post(change, given | changed | {"reason": ""}).status_code == 422
    assert office.post(change, given | changed | {"owner": "zhang"}).status_code == 302
    assert "已被他人改动" in text(office.post(change, given | changed | {"amount": "34"}), 422)
    shown = text(office.get(page))
    assert "指标调增" in shown
    assert "目标值: 30 → 33" in shown

    down = reverse("target-break", args=[target.pk])
    assert "青禾乡 3 33" in text(office.get(down))  # all households on file are there
    assert "都是零" in text(office.post(down, {"way": "share", "figure": "poor_people", "look": ""}))
    keys = [house.township.pk, house.neighbour_township.pk]
    by_hand = {"across": "areas", "way": "hand", "shown": "areas", "key": keys}
    amounts = {f"part-{house.township.pk}": "20", f"part-{house.neighbour_township.pk}": "12"}
    assert "相差 1" in text(office.post(down, by_hand | amounts | {"look": ""}))
    saved = by_hand | amounts | {"save": "", "reason": "按里程"}
    assert "相差 1" in text(office.post(down, saved), 422)
    assert office.post(down, saved | {f"part-{house.township.pk}": "21"}).status_code == 302
    shown = text(office.get(page))
    assert "各部分合计 33 公里" in shown
    assert "与总数一致" in shown

    part = Target.objects.get(area=house.township)
    report = reverse("target-report", args=[part.pk])
    entered = {"day": f"{TODAY}", "value": "3.5", "reason": "雨季停工"}
    assert "没有附佐证材料" in text(office.post(report, entered), 422)
    assert office.post(report, entered | {"upload": picture()}).status_code == 302
    filed = Report.objects.get()
    assert "现共 3.5 公里" in text(office.get(page))
    assert office.get(reverse("target-report-paper", args=[part.pk, filed.pk]))["Content-Type"] == "image/png"
    assert office.get(reverse("target-report-paper", args=[target.pk, filed.pk])).status_code == 404
    assert office.post(reverse("target-report-withdraw", args=[part.pk, filed.pk])).status_code == 302
    assert office.get(reverse("target-report-paper", args=[part.pk, filed.pk])).status_code == 404

    away = reverse("target-withdraw", args=[target.pk])
    assert "各部分一并撤销" in text(office.get(away))
    assert office.post(away, {"reason": "任务取消"}).status_code == 302
    assert "任务取消" in text(office.get(page))
    assert office.get(change).status_code == 404
    assert "还没有目标" in text(office.get(reverse("target-list")))


def test_stages_are_entered_row_by_row_and_finished(house, office):
    target = roads(house.county)
    page = reverse("target-stages", args=[target.pk])
    rows = {"stage-0-title": "开工", "stage-0-ends_on": f"{TODAY}", "stage-1-title": "过半", "reason": "倒排"}
    assert "请把阶段名称和截止日期填齐" in text(office.post(page, rows), 422)
    rows |= {"stage-1-ends_on": f"{TODAY + timedelta(days=30)}", "stage-1-amount": "40"}
    assert "不衔接" in text(office.post(page, rows), 422)
    assert office.post(page, rows | {"stage-1-amount": "15"}).status_code == 302
    stage = Stage.objects.get(number=1)
    done = reverse("target-stage-done", args=[target.pk, stage.pk])
    assert office.post(done).status_code == 302
    assert f"{TODAY} 完成" in text(office.get(reverse("target", args=[target.pk])))
    assert office.post(done).status_code == 302
    assert "过半" in text(office.get(reverse("target-chart")))
    assert office.post(reverse("target-stage-done", args=[roads(house.county).pk, stage.pk])).status_code == 404


def test_a_figure_leads_to_its_households_and_they_to_their_targets(house, help, office):
    for number, home in enumerate(help.homes):
        person = Member(
            household=home, place=home.place, person_no=f"P{number}", name="人", resident_medical_insurance=number == 0
        )
        Member.objects.bulk_create([person])
    target = roads(house.county, title="参保率", measure="insured_share", amount=95, unit="%")
    page = reverse("target-households", args=[target.pk])
    assert "户主0" in text(office.get(page))
    lacking = text(office.get(page, {"side": "lacking"}))
    assert "共 2 户" in lacking
    assert "户主0" not in lacking
    assert "共 1 户" in text(office.get(page, {"side": "lacking", "q": "户主1"}))
    assert office.get(reverse("target-households", args=[roads(house.county).pk])).status_code == 404
    assert "本户已计入" in text(office.get(reverse("household", args=[help.homes[0].pk])))
    assert "本户还没有达到" in text(office.get(reverse("household", args=[help.homes[1].pk])))
    assert "参保率" in text(office.get(reverse("area-page", args=[house.county.pk])))
    assert "还差的户" in text(office.get(reverse("target", args=[target.pk])))
    Target.objects.filter(pk=target.pk).update(comparison="le")  # nobody is missing from what should be little
    assert "还差的户" not in text(office.get(reverse("target", args=[target.pk])))
    assert "本户还没有达到" not in text(office.get(reverse("household", args=[help.homes[1].pk])))


@pytest.mark.databases
def test_a_village_shows_the_targets_it_belongs_to_though_nobody_broke_them_down_to_it(house, help, office):
    for number, home in enumerate(help.homes):
        Member.objects.bulk_create([Member(
            household=home, place=home.place, person_no=f"P{number}", name="人", resident_medical_insurance=number == 0
        )])  # fmt: skip
    county = roads(house.county, title="县参保率", measure="insured_share", amount=95, unit="%")
    roads(house.neighbour_township, title="邻乡参保率", measure="insured_share", amount=95, unit="%")
    page = reverse("area-page", args=[house.village.pk])
    assert "县参保率 云岭县 · 不低于 95%" in text(office.get(page))
    assert "其中石桥村 33.33%" in text(office.get(page))
    assert "邻乡参保率" not in text(office.get(page))
    services.break_down(target=county, by=None, across=Across.AREAS, way=Way.RATE, reason="分到乡镇")
    Target.objects.filter(parent=county, area=house.township).update(title="本乡参保率")
    shown = text(office.get(page))
    assert "本乡参保率 青禾乡" in shown  # the part that the village is of, and no longer the whole
    assert "县参保率" not in shown
    own = browser(house.officer("village_committee"))
    assert "参保率 青禾乡" not in text(own.get(page))  # targets above are not the village's to see


def test_the_list_narrows_and_the_parts_stand_below_their_whole(house, office):
    target = roads(house.county)
    amounts = {house.township.pk: Decimal(10), house.neighbour_township.pk: Decimal(20)}
    services.break_down(target=target, by=None, across=Across.AREAS, way=Way.HAND, amounts=amounts, reason="分")
    roads(house.county, title="卫生厕所", unit="座", deadline=None)
    address = reverse("target-list")
    shown = text(office.get(address))
    assert "共 2 项" in shown
    assert "分解为 2 部分" in shown
    assert "共 4 项" in text(office.get(address, {"parts": "all"}))
    assert "共 1 项" in text(office.get(address, {"q": "厕所"}))
    assert "没有符合条件的目标" in text(office.get(address, {"standing": "late", "unit": "7"}))
    assert "青禾乡" in text(office.get(address, {"area": house.township.pk}))
    for order in ("deadline", "-title", "place", "value", "-standing", "odd"):
        assert "共 2 项" in text(office.get(address, {"order": order, "until": ""}))
    part = office.get(address, headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in part.content.decode()
    township = browser(house.officer("township_station", house.township))
    own = text(township.get(address))
    assert "共 1 项" in own
    assert "白水镇" not in own
    assert browser(house.officer("system_administrator")).get(address).status_code == 403


@pytest.mark.databases
def test_the_dispatch_sheet_ranks_units_with_the_figures_behind_it(house, help, office):
    first = roads(house.county, owner_unit=help.bureau)
    second = roads(house.county, title="卫生厕所", owner_unit=help.township)
    services.report(target=first, by=None, day=TODAY - timedelta(days=40), value=6, upload=picture())
    services.report(target=first, by=None, day=TODAY, value=12, upload=picture(), reason="缺砂石料")
    shown = text(office.get(reverse("target-dispatch"), {"every": "week"}))
    assert "1 县农业农村局 80%" in shown
    assert "2 青禾乡人民政府 0%" in shown
    assert "缺砂石料" in shown
    assert "30 6 12 6 15 3" in shown  # to be reached, last, this, gained, planned, gap
    earlier = text(office.get(reverse("target-dispatch"), {"every": "month", "day": f"{TODAY - timedelta(days=45)}"}))
    assert "缺砂石料" not in earlier
    for odd in ("2026-13-01", "x", "9999-12-31"):
        assert office.get(reverse("target-dispatch"), {"day": odd, "every": odd, "unit": odd}).status_code == 200
    assert "卫生厕所" not in text(office.get(reverse("target-dispatch"), {"unit": help.bureau.pk}))
    made = office.post(reverse("target-export"), {"format": "csv"})
    assert "缺砂石料" in made.content.decode("utf-8-sig")
    assert Entry.objects.filter(action="targets.exported").count() == 1
    assert browser(house.officer("village_committee")).post(reverse("target-export")).status_code == 403
    assert "通组公路" in text(office.get(reverse("unit", args=[help.bureau.pk])))
    assert second.standing == "unknown"


def test_a_limit_says_whether_it_is_kept_wherever_progress_is_shown(house, help, office):
    for title, value, said in (
        ("信访积案", 0, "守住，离限值还有 5 项"),
        ("安全事故", 5, "守住，正好到限值"),
        ("逾期贷款", 8, "突破，超过限值 3 项"),
    ):
        limit = roads(
            house.county, title=title, amount=5, unit="项", comparison="le", owner=house.officer("county_office")
        )
        services.report(target=limit, by=None, day=TODAY, value=value, upload=picture())
        for address in (
            reverse("target", args=[limit.pk]),
            f"/warroom/?m=t{limit.pk}",
            f"/warroom/wall/?show=t{limit.pk}",
        ):
            shown = text(office.get(address))
            assert said in shown
            assert "100%" not in shown
        for address in (
            reverse("target-list"),
            reverse("target-dispatch"),
            reverse("area-page", args=[house.county.pk]),
        ):
            assert said in text(office.get(address)), address
    assert "现为 8 项，要求 不高于 5 项 · 突破，超过限值 3 项" in text(office.get("/"))
    assert "突破，超过限值 3 项" in office.post(reverse("target-export"), {"format": "csv"}).content.decode("utf-8-sig")
    rate = roads(house.county, title="贫困发生率", amount=2, unit="%", comparison="le")
    services.report(target=rate, by=None, day=TODAY, value=Decimal("2.5"), upload=picture())
    assert "突破，超过限值 0.5 个百分点" in text(office.get(reverse("target", args=[rate.pk])))
    spent = {"starts_on": TODAY - timedelta(days=50), "deadline": TODAY + timedelta(days=50), "comparison": "le"}
    rising = roads(house.county, title="新增欠账", amount=10, unit="项", **spent)
    for days, value in ((40, 1), (0, 9)):
        services.report(target=rising, by=None, day=TODAY - timedelta(days=days), value=value, upload=picture())
    assert "突破限值。" in text(office.get(reverse("target", args=[rising.pk])))


def test_home_shows_what_i_answer_for_and_what_is_due(house, help):
    target = roads(house.county, owner=house.officer("county_office"), deadline=TODAY - timedelta(days=1))
    services.set_stages(
        target=target, by=None, stages=[StageGiven("验收", TODAY - timedelta(days=2))], reason="倒排"
    )  # fmt: skip
    services.report(target=target, by=None, day=TODAY - timedelta(days=3), value=1, upload=picture())
    shown = text(browser(house.officer("county_office")).get("/"))
    assert "我负责的目标" in shown
    assert "“验收”阶段" in shown
    assert "1 项滞后" in shown
    assert "目标" not in text(browser(house.officer("helper", house.village)).get("/"))


def test_the_sample_county_has_targets_that_stand_differently(house, help):
    chief = house.officer("county_office")
    assert enact_targets([chief.username], TODAY) > 8
    assert enact_targets([chief.username], TODAY) == 0
    assert set(Target.objects.values_list("standing", flat=True)) >= {"reached", "unknown"}
    client = browser(chief)
    for language in ("en", "zh-hant"):
        chief.language = language
        chief.save(update_fields=["language"])
        addresses = [reverse(name) for name in ("target-list", "target-chart", "target-dispatch", "target-new")]
        addresses += [reverse("target", args=[Target.objects.get(title="通组公路硬化", parent=None).pk])]
        for address in addresses:
            assert client.get(address).status_code == 200
