"""One's own account: posts, language, password, second step."""

from base64 import b32encode
from typing import Any, cast

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_otp import login as otp_login
from django_otp.plugins.otp_totp.models import TOTPDevice

from bangfu.accounts import errors, selectors, services
from bangfu.accounts.models import Officer
from bangfu.common.errors import BangfuError
from bangfu.web.accounts.forms import CodeForm, ConfirmPasswordForm, PasswordForm
from bangfu.web.accounts.views import safe_next


def my_account(request: HttpRequest) -> HttpResponse:
    officer = cast(Officer, request.user)
    return render(request, "accounts/my_account.html", {"posts": selectors.posts_of(officer, officer)})


def change_password(request: HttpRequest) -> HttpResponse:
    """By choice, or because it is due: then the page stands in front of the house, without the menu."""
    officer = cast(Officer, request.user)
    due = officer.must_change_password
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(by=officer, current=form.cleaned_data["current"], new=form.cleaned_data["new"])
        except errors.CurrentPasswordWrong as refused:
            form.add_error("current", refused.message)
        except (errors.PasswordTooWeak, errors.PasswordUnchanged) as refused:
            form.add_error("new", refused.message)
        else:
            update_session_auth_hash(request, officer)
            messages.success(request, _("密码已修改。在其他设备上的登录已全部退出。"))
            return redirect(safe_next(request, "home" if due else "my-account"))
    page = "accounts/change_password_due.html" if due else "accounts/change_password.html"
    return render(request, page, {"form": form, "rules": PasswordForm.rules(), "next": request.GET.get("next", "")})


def two_factor(request: HttpRequest) -> HttpResponse:
    """Set the second step up: begin, photograph the code, type in a first password; or end it."""
    officer = cast(Officer, request.user)
    doing = request.POST.get("do") if request.method == "POST" else ""
    code_form = CodeForm(request.POST if doing == "confirm" else None)
    end_form = ConfirmPasswordForm(request.POST if doing == "end" else None)
    try:
        if doing == "begin":
            services.begin_second_step(officer)
            return redirect("two-factor")
        if doing == "confirm" and code_form.is_valid():
            device = services.confirm_second_step(by=officer, code=code_form.cleaned_data["code"])
            otp_login(request, device)
            messages.success(request, _("动态口令已启用。下次登录时，输入密码之后还要输入手机上的六位数字。"))
            return redirect("my-account")
        if doing == "end" and end_form.is_valid():
            services.remove_second_step(by=officer, officer=officer, password=end_form.cleaned_data["password"])
            messages.success(request, _("动态口令已取消。"))
            return redirect("my-account")
    except BangfuError as refused:
        (code_form if doing == "confirm" else end_form).add_error(None, refused.message)
    waiting = TOTPDevice.objects.filter(user=officer, confirmed=False).first()
    facts: dict[str, Any] = {"code_form": code_form, "end_form": end_form}
    if waiting and not officer.second_step:
        key = b32encode(waiting.bin_key).decode().rstrip("=")
        facts["picture"] = segno.make(waiting.config_url, error="m").svg_data_uri(scale=5, dark="#0b2a4a")
        facts["key"] = " ".join(key[i : i + 4] for i in range(0, len(key), 4))
    return render(request, "accounts/two_factor.html", facts)
