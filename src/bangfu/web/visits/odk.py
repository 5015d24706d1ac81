"""OpenRosa, the protocol of ODK Collect: the list of forms, forms, their lists, and submissions.

An app comes with Basic authentication, or with a key in the path (`/visits/odk/key/<key>`), never with a session: so no
page that somebody else made can submit anything in an officer's name.
"""

import base64
import binascii
import functools
import json
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError, NotAllowed
from bangfu.visits import packing, services
from bangfu.visits.checklists import Checklist
from bangfu.visits.models import Channel, FieldKey
from bangfu.visits.odk import forms, receiving, tables
from bangfu.visits.odk.errors import NoKey, XmlUnreadable
from bangfu.visits.policy import policy
from bangfu.web.guard import needs, officer_of
from bangfu.web.visits.bringing import households_for

XML = "text/xml; charset=utf-8"
PART = "xml_submission_file"
INCOMPLETE = "*isIncomplete*"
# How many photos of the largest size one request may bring.
PHOTOS_AT_ONCE = 10
View = Callable[..., HttpResponse]


def openrosa(view: View) -> View:
    """Who is asking is found from the key or from Basic authentication; the answer speaks OpenRosa, in the officer's
    language, also when it is a refusal."""

    @csrf_exempt
    @functools.wraps(view)
    def wrapped(request: HttpRequest, key: str = "", **kwargs: Any) -> HttpResponse:
        officer = services.officer_of_key(key) if key else _by_password(request)
        if officer is None:
            answer = _said(NoKey().message, 401)
            answer["WWW-Authenticate"] = 'Basic realm="Bangfu", charset="UTF-8"'
        else:
            with translation.override(officer.language):
                answer = _answered(view, request, officer, key, kwargs)
        answer["X-OpenRosa-Version"] = "1.0"
        answer["Date"] = http_date()
        return answer

    return wrapped


def _answered(view: View, request: HttpRequest, officer: Officer, key: str, kwargs: Any) -> HttpResponse:
    try:
        if not officer.may(services.RIGHT):
            return _said(NotAllowed(right=_("记录走访")).message, 403)
        return view(request, officer, key, **kwargs)
    except Http404:
        return _said(_("没有这份表单。"), 404)
    except BangfuError as error:
        return _said(error.message, 400)


def _by_password(request: HttpRequest) -> Officer | None:
    """An officer by name and password. Who has a second step, or must change the password, needs a key instead."""
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(given, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    found = authenticate(request, username=name, password=password) if colon else None
    if not isinstance(found, Officer) or found.second_step or found.must_change_password:
        return None
    return found


def _said(text: str, status: int) -> HttpResponse:
    root = ET.Element("OpenRosaResponse", {"xmlns": "http://openrosa.org/http/response"})
    ET.SubElement(root, "message").text = text
    return HttpResponse(ET.tostring(root, encoding="unicode"), content_type=XML, status=status)


def _address(request: HttpRequest, key: str, page: str, **kwargs: Any) -> str:
    found = reverse(f"odk-key-{page}", kwargs={"key": key, **kwargs}) if key else reverse(f"odk-{page}", kwargs=kwargs)
    return request.build_absolute_uri(found)


def _form(officer: Officer, form: str) -> Checklist:
    wanted = next((each for each in packing.checklists_for(officer) if forms.form_id(each) == form), None)
    if wanted is None:
        raise Http404
    return wanted


@require_GET
@openrosa
def form_list(request: HttpRequest, officer: Officer, key: str) -> HttpResponse:
    root = ET.Element("xforms", {"xmlns": "http://openrosa.org/xforms/xformsList"})
    asked = request.GET.get("formID", "")
    for each in packing.checklists_for(officer):
        id = forms.form_id(each)
        if asked and asked != id:
            continue
        form = ET.SubElement(root, "xform")
        for name, text in (
            ("formID", id),
            ("name", str(each.label)),
            ("version", each.version),
            ("hash", forms.md5(forms.xform(each))),
            ("downloadUrl", _address(request, key, "form", form=id)),
            ("manifestUrl", _address(request, key, "manifest", form=id)),
        ):
            ET.SubElement(form, name).text = text
    return HttpResponse(ET.tostring(root, encoding="unicode"), content_type=XML)


@require_GET
@openrosa
def form(request: HttpRequest, officer: Officer, key: str, form: str) -> HttpResponse:
    return HttpResponse(forms.xform(_form(officer, form)), content_type=XML)


def lists_of(officer: Officer, checklist: Checklist) -> dict[str, str]:
    """The files that go with a form, by name."""
    if checklist.about == "village":
        return {"villages.csv": tables.villages_csv(officer)}
    homes = households_for(officer, timezone.localdate())
    return {
        "households.csv": tables.households_csv(checklist, homes),
        "members.csv": tables.members_csv(checklist, homes, timezone.localdate()),
    }


@require_GET
@openrosa
def manifest(request: HttpRequest, officer: Officer, key: str, form: str) -> HttpResponse:
    root = ET.Element("manifest", {"xmlns": "http://openrosa.org/xforms/xformsManifest"})
    for name, content in lists_of(officer, _form(officer, form)).items():
        media = ET.SubElement(root, "mediaFile")
        ET.SubElement(media, "filename").text = name
        ET.SubElement(media, "hash").text = forms.md5(content)
        ET.SubElement(media, "downloadUrl").text = _address(request, key, "media", form=form, name=name)
    return HttpResponse(ET.tostring(root, encoding="unicode"), content_type=XML)


@require_GET
@openrosa
def media(request: HttpRequest, officer: Officer, key: str, form: str, name: str) -> HttpResponse:
    """A list of a form. Taking the households along leaves an entry in the trail."""
    checklist = _form(officer, form)
    content = lists_of(officer, checklist).get(name)
    if content is None:
        raise Http404
    if name == "households.csv":
        number = content.count("\n") - 1
        services.hand_out(by=officer, checklists=[checklist], households=number, channel=Channel.ODK)
    return HttpResponse(content, content_type="text/csv; charset=utf-8")


@require_http_methods(["HEAD", "POST"])
@openrosa
def submission(request: HttpRequest, officer: Officer, key: str) -> HttpResponse:
    """HEAD asks where and how much may be sent; POST brings a finished form with its photos, in one request or more."""
    if request.method == "HEAD":
        answer = HttpResponse(status=204)
        answer["Location"] = _address(request, key, "submission")
        answer["X-OpenRosa-Accept-Content-Length"] = str((policy().photos.limit_mb << 20) * PHOTOS_AT_ONCE)
        return answer
    try:
        files: dict[str, Any] = dict(request.FILES.items())
    except MultiPartParserError:
        raise XmlUnreadable(reason=_("传输中断或格式不对")) from None
    sent = files.pop(PART, None)
    if sent is None:
        raise XmlUnreadable(reason=_("没有表单内容"))
    incomplete = request.POST.get(INCOMPLETE, "").lower() == "yes"
    uploads = {name: upload for name, upload in files.items() if name != INCOMPLETE}
    named = {upload.name or name: upload for name, upload in uploads.items()}
    done = receiving.receive(by=officer, content=sent.read(), uploads=named, incomplete=incomplete)
    if done is None:
        return _said(_("已收到一部分，请继续发送。"), 202)
    if done.visit is None:
        return _said(_("已完整收下；有内容须核对，放在“走访”的“待处理”中。"), 201)
    answer = _said(_("走访已登记。"), 201)
    answer["Location"] = request.build_absolute_uri(reverse("visit", args=[done.visit.pk]))
    return answer


# The page on which an officer makes keys


@needs("visits.record")
def settings(request: HttpRequest) -> HttpResponse:
    """Keys of the officer; making one shows its address and picture code once."""
    officer = officer_of(request)
    made = None
    if request.method == "POST":
        if "end" in request.POST:
            text = request.POST["end"]
            pk = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
            services.end_key(by=officer, key=FieldKey(pk=pk))
            messages.success(request, _("密钥已停用，用它的手机不能再下载和发送。"))
            return redirect("odk-settings")
        row, secret = services.make_key(by=officer, name=request.POST.get("name", ""))
        address = request.build_absolute_uri(reverse("odk-key-root", kwargs={"key": secret})).rstrip("/")
        made = {"key": row, "address": address, "picture": _picture(address, officer)}
    context = {"keys": services.keys_of(officer), "made": made, "today": timezone.localdate()}
    return render(request, "visits/odk_settings.html", context)


def _picture(address: str, officer: Officer) -> str:
    """The code that Collect reads to set itself up: its settings as JSON, compressed, as text."""
    import segno

    plain = {
        "general": {"server_url": address, "protocol": "odk_default"},
        "admin": {},
        "project": {"name": officer.name},
    }
    packed = base64.b64encode(zlib.compress(json.dumps(plain, ensure_ascii=False).encode())).decode()
    return str(segno.make(packed, error="l").svg_data_uri(scale=4, border=3))


@require_GET
@openrosa
def root(request: HttpRequest, officer: Officer, key: str) -> HttpResponse:
    """What somebody sees who opens the address in a browser."""
    return _said(_("这是 ODK Collect 使用的地址，请在应用中填写。"), 200)
