"""The holidays of years that the calendar library does not know yet."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bangfu.casework import services
from bangfu.casework.clocks import library_years
from bangfu.casework.holidays import read_days
from bangfu.casework.models import HolidayYear
from bangfu.common.errors import BangfuError
from bangfu.web.forms import TablerForm, carried_out
from bangfu.web.guard import needs, officer_of


class DaysField(forms.CharField):
    """Days one after the other, 2027-01-01; a run of days as 2027-02-05 至 2027-02-11."""

    widget = forms.Textarea(attrs={"rows": 4, "data_wide": True})

    def clean(self, value: Any) -> list[date]:
        try:
            return read_days(super().clean(value))
        except BangfuError as error:
            raise forms.ValidationError(error.message) from None


class HolidayForm(TablerForm):
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)
    document = forms.CharField(label=gettext_lazy("文件"), max_length=200)
    holidays = DaysField(label=gettext_lazy("放假日期"))
    working_weekends = DaysField(label=gettext_lazy("调休上班的周六、周日"), required=False)


@needs("cases.view")
def holidays(request: HttpRequest) -> HttpResponse:
    """The years known, and the form for one that is not."""
    officer = officer_of(request)
    may_enter = services.may_enter_holidays(officer)
    form = HolidayForm(request.POST or None, initial={"year": timezone.localdate().year + 1}) if may_enter else None
    if (
        form is not None
        and form.is_valid()
        and carried_out(form, lambda: services.enter_holidays(by=officer, **form.cleaned_data))
    ):
        messages.success(request, _("已登记 {year} 年的放假安排。").format(year=form.cleaned_data["year"]))
        return redirect("holidays")
    known = library_years()
    context = {"form": form, "first": known[0], "last": known[-1], "years": HolidayYear.objects.all()}
    return render(request, "casework/holidays.html", context, status=422 if form is not None and form.errors else 200)
