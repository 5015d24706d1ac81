"""Outlines that a county brings: what is in force, bringing a file, taking one back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.areas import services
from bangfu.areas.errors import OutlineFileMissing, OutlinesRefused
from bangfu.areas.models import Area, OutlineSet
from bangfu.areas.outlines.policy import outline_policy
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of

SHOWN = 50


class OutlineForm(TablerForm):
    file = forms.FileField(
        label=gettext_lazy("界线文件"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,.csv"}),
    )
    source = forms.CharField(
        label=gettext_lazy("来源"),
        max_length=200,
        help_text=gettext_lazy("由谁提供、哪一年的，如“县自然资源局 2025 年行政区划图”。"),
    )
    gcj02 = forms.BooleanField(
        label=gettext_lazy("坐标是火星坐标（GCJ-02），请换算"),
        required=False,
        help_text=gettext_lazy("从高德、腾讯等网络地图上取得的坐标是火星坐标；自然资源部门的 CGCS2000 不是。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "GeoJSON（面为界线，点为村委会等位置），或只有点位的 CSV（区划代码或名称、经度、纬度），不超过 {limit} MB。"
        ).format(limit=outline_policy().upload.file_megabytes)


def _area(request: HttpRequest, pk: int) -> Area:
    found: Area = get_object_or_404(Area.objects.visible_to(officer_of(request)).current(), pk=pk)
    return found


@needs("areas.manage")
def outlines(request: HttpRequest, pk: int) -> HttpResponse:
    """What was brought for an area, and the form to bring more; every fault of a file is listed."""
    area, officer = _area(request, pk), officer_of(request)
    form, problems = OutlineForm(request.POST or None, request.FILES or None), ()
    if request.method == "POST" and form.is_valid():
        try:
            if not form.cleaned_data["file"]:
                raise OutlineFileMissing()
            made = services.bring_outlines(
                by=officer,
                area=area,
                upload=form.cleaned_data["file"],
                source=form.cleaned_data["source"],
                gcj02=form.cleaned_data["gcj02"],
            )
        except NotAllowed:
            raise
        except OutlinesRefused as refusal:
            problems = refusal.facts["problems"]
            form.add_error("file", refusal.message)
        except BangfuError as error:
            form.add_error("file", error.message)
        else:
            done = _("已采用：界线 {shapes} 个，点位 {points} 个。").format(shapes=made.shapes, points=made.points)
            messages.success(request, done)
            return redirect("outlines", area.pk)
    rows = OutlineSet.objects.visible_to(officer).filter(area=area)
    context = {
        "area": area,
        "form": form,
        "problems": problems,
        "sets": rows[:SHOWN],
        "may_manage": officer.may("areas.manage", area.place),
        "policy": outline_policy(),
    }
    return render(request, "warroom/outlines.html", context, status=422 if form.errors else 200)


class RevokeForm(TablerForm):
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=200)


@needs("areas.manage")
def outlines_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a set of outlines back, with a reason."""
    rows = OutlineSet.objects.visible_to(officer_of(request)).select_related("area")
    found: OutlineSet = get_object_or_404(rows, pk=pk)
    form = RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = carried_out(
            form,
            lambda: services.revoke_outlines(
                by=officer_of(request), outline_set=found, reason=form.cleaned_data["reason"]
            ),
        )
        if done:
            messages.success(request, _("已撤回，地图改用之前的界线。"))
            return redirect("outlines", found.area_id)
    context = {"found": found, "form": form}
    return render(request, "warroom/outlines_revoke.html", context, status=422 if form.errors else 200)
