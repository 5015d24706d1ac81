"""The forms of signing in, of one's own account, and of officers and posts."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

from bangfu.accounts.models import Officer
from bangfu.accounts.roles import roles
from bangfu.areas.models import Area
from bangfu.common.places import Level, within
from bangfu.web.forms import TablerForm, dress

LISTED = 50


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("登录名或密码不对。请核对大小写；如已忘记密码，请联系系统管理员重设。"),
        "inactive": _("这个账号已停用。如需恢复，请联系系统管理员。"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("登录名")
        self.fields["password"].label = _("密码")
        dress(self)


class CodeForm(TablerForm):
    code = forms.CharField(
        label=_("动态口令"),
        max_length=10,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "pattern": "[0-9 ]*"}
        ),
        help_text=_("手机验证器上现在显示的六位数字。"),
    )


class PasswordForm(TablerForm):
    current = forms.CharField(
        label=_("现在的密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label=_("新密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("再输一遍新密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("new") and given.get("again") and given["new"] != given["again"]:
            self.add_error("again", _("两次输入的新密码不一致。"))
        return given

    @staticmethod
    def rules() -> list[str]:
        """What a password must be, one sentence each."""
        return list(password_validators_help_texts())


class ConfirmPasswordForm(TablerForm):
    password = forms.CharField(
        label=_("密码"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class AreaChoiceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """An area inside the officer's reach. A province has half a million: the list shows the first fifty, and the search
    box above it puts those in it that fit (`area_options`). Any of the whole reach is accepted."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Area.objects.none(), **kwargs)

    def offer(self, areas: Any, chosen: Any = None) -> None:
        """Accept these areas, and list the first of them and the one chosen."""
        self.queryset = areas
        listed = area_choices(areas)
        if isinstance(chosen, str) and chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
            listed += [c for c in area_choices(areas.filter(pk=int(chosen))) if c not in listed]
        self.widget.choices = [("", "—"), *listed]


class OfficerForm(TablerForm):
    name = forms.CharField(label=_("姓名"), max_length=60)
    unit = forms.CharField(label=_("单位"), max_length=120, required=False)
    phone = forms.CharField(
        label=_("手机"), max_length=11, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class NewOfficerForm(OfficerForm):
    username = forms.CharField(
        label=_("登录名"),
        max_length=60,
        help_text=_("小写字母开头，可用小写字母、数字、点、下划线、连字符，例如 zhang.wei。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    area = AreaChoiceField(label=_("所在区域"))
    field_order = ["name", "username", "area", "unit", "phone"]

    def __init__(self, *args: Any, viewer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(areas_of(viewer, "accounts.officers"), self.data.get("area"))  # type: ignore[attr-defined]


class PostForm(TablerForm):
    area = AreaChoiceField(label=_("负责区域"))
    role = forms.ChoiceField(label=_("岗位"))
    starts_on = forms.DateField(label=_("任职日期"), initial=date.today)
    ends_on = forms.DateField(label=_("离任日期"), required=False, help_text=_("没有期限时留空。"))

    def __init__(self, *args: Any, viewer: Officer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].offer(areas_of(viewer, "accounts.posts"), self.data.get("area"))  # type: ignore[attr-defined]
        names = {int(level): label for level, label in Area._meta.get_field("level").flatchoices}
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (
                role.id,
                _("{name}（{more}）").format(
                    name=role.label, more=_("、").join(str(names[level]) for level in role.levels)
                ),
            )
            for role in roles().values()
        ]


class EndPostForm(TablerForm):
    on = forms.DateField(label=_("最后一天"), initial=date.today)


class ReasonForm(TablerForm):
    reason = forms.CharField(label=_("原因"), max_length=100)


def areas_of(viewer: Officer, right: str) -> Any:
    """The areas that exist today where the viewer holds `right`."""
    return Area.objects.visible_to(viewer).current().filter(within(viewer.places_for(right)))


def area_choices(areas: Any) -> list[tuple[int, str]]:
    """The first of these areas, higher levels first, each with the one above it so that namesakes differ."""
    first = areas.select_related("parent").order_by("level", "place")[:LISTED]
    return [
        (a.pk, _("{name}（{more}）").format(name=a.name, more=a.parent.name))
        if a.parent and a.level > Level.COUNTY
        else (a.pk, a.name)
        for a in first
    ]
