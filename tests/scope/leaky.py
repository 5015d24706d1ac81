"""The site with views that look next door in every way that a hurried programmer might."""

import csv
import io

import xlsxwriter
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template import engines
from django.urls import path

from bangfu.areas.models import Area
from bangfu.findings import outside
from bangfu.registry.models import Household, IncomeYear, Member, Paper
from bangfu.screening.lists import named
from bangfu.snapshot import services as snapshots
from bangfu.web.urls import handler403, handler404, handler500
from bangfu.web.urls import urlpatterns as sound

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

COMMITTEE, ONLY_COMMITTEES = "village_committee", "visits.confirm"


def rows(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<br>".join(str(h) for h in Household.objects.order_by("pk")))


def only_a_count(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"共 {Household.objects.count()} 户")


def only_a_sum(request: HttpRequest) -> HttpResponse:
    mean = IncomeYear.objects.aggregate(all=Sum("net_income"))["all"]
    return HttpResponse(f"合计 {mean} 元")


def drop_down(request: HttpRequest) -> HttpResponse:
    return HttpResponse("".join(f"<option>{area.name}</option>" for area in Area.objects.all()))


def only_the_part(request: HttpRequest) -> HttpResponse:
    """The page is sound, the part that htmx fetches is not."""
    people = Member.objects.all() if request.headers.get("HX-Request") else Member.objects.visible_to(request.user)
    return HttpResponse("".join(m.name for m in people.order_by("pk")))


def search(request: HttpRequest) -> HttpResponse:
    """Says whether anybody of that name exists anywhere."""
    words = request.GET.get("words", "")
    exists = bool(words) and Member.objects.filter(name__startswith=words).exists()
    return HttpResponse(f'<form method="get"><input name="words"></form>{"有" if exists else "无"}')


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(Household, pk=pk).head_name)


def silent_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows nothing, but tells whether the household exists."""
    get_object_or_404(Household, pk=pk)
    return HttpResponse("在册")


def paper_of_own_household(request: HttpRequest, pk: int, paper_pk: int) -> HttpResponse:
    """The household is checked, the paper beside it is not."""
    get_object_or_404(Household.objects.visible_to(request.user), pk=pk)
    return HttpResponse(get_object_or_404(Paper, pk=paper_pk).title)


def change(request: HttpRequest, pk: int) -> HttpResponse:
    if request.method == "POST":
        Household.objects.filter(pk=pk).update(remark="改了")
        return redirect("home")
    return HttpResponse(status=405)


def change_by_field(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        household = get_object_or_404(Household, pk=request.POST["household"])
        return redirect("household", household.pk)
    return HttpResponse("")


def workbook(request: HttpRequest) -> HttpResponse:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, household in enumerate(Household.objects.all()):
        sheet.write_string(number, 0, household.household_no)
    book.close()
    return HttpResponse(content.getvalue(), content_type="application/vnd.openxmlformats-officedocument")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> list[str]:
        buffer = io.StringIO()
        csv.writer(buffer).writerows([m.name] for m in Member.objects.all())
        return [buffer.getvalue()]

    return StreamingHttpResponse(lines(), content_type="text/csv")


def whole_snapshot(request: HttpRequest) -> HttpResponse:
    """Computed over everybody in the snapshot."""
    return HttpResponse(f"{snapshots.latest().rows['member']} 人")


def list_of_others(request: HttpRequest, held: str) -> HttpResponse:
    """Any list of the house, by its name."""
    found = named(outside.folder(), held)
    return HttpResponse(found.about.file if found and found.about else "", status=200 if found else 404)


def by_right(request: HttpRequest) -> HttpResponse:
    """Shown to whoever holds a right."""
    return rows(request) if request.user.has_perm(ONLY_COMMITTEES) else HttpResponse("")


def by_role(request: HttpRequest) -> HttpResponse:
    """Shown to the holders of one role."""
    return rows(request) if any(post.role_id == COMMITTEE for post in request.user.posts_on()) else HttpResponse("")


def by_table(request: HttpRequest) -> HttpResponse:
    """Shown to the holders of one role, for whom the table of posts is asked."""
    return rows(request) if request.user.posts.filter(role_id=COMMITTEE).exists() else HttpResponse("")


def by_template(request: HttpRequest) -> HttpResponse:
    """Shown by a template to whoever holds a right."""
    words = "{% if may." + ONLY_COMMITTEES.replace(".", "_") + " %}{{ rows }}{% endif %}"
    return HttpResponse(engines["django"].from_string(words).render({"rows": rows(request).content}, request))


def not_a_leak(request: HttpRequest) -> HttpResponse:
    mine = Household.objects.visible_to(request.user)
    return HttpResponse(f"{mine.count()}: {', '.join(str(h) for h in mine)}")


urlpatterns = [
    *sound,
    path("leak/rows/", rows, name="leak-rows"),
    path("leak/count/", only_a_count, name="leak-count"),
    path("leak/sum/", only_a_sum, name="leak-sum"),
    path("leak/drop-down/", drop_down, name="leak-drop-down"),
    path("leak/part/", only_the_part, name="leak-part"),
    path("leak/search/", search, name="leak-search"),
    path("leak/households/<int:pk>/", detail, name="leak-detail"),
    path("leak/households/<int:pk>/silent/", silent_detail, name="leak-silent"),
    path("leak/households/<int:pk>/<int:paper_pk>/", paper_of_own_household, name="leak-paper"),
    path("leak/households/<int:pk>/change/", change, name="leak-change"),
    path("leak/change/", change_by_field, name="leak-change-by-field"),
    path("leak/workbook/", workbook, name="leak-workbook"),
    path("leak/streamed/", streamed, name="leak-streamed"),
    path("leak/snapshot/", whole_snapshot, name="leak-snapshot"),
    path("leak/lists/<slug:held>/", list_of_others, name="leak-list"),
    path("office/right/", by_right, name="office-by-right"),
    path("office/role/", by_role, name="office-by-role"),
    path("office/table/", by_table, name="office-by-table"),
    path("office/template/", by_template, name="office-by-template"),
    path("leak/not/", not_a_leak, name="leak-not"),
]
