"""The password rule beyond length and common words: three of four kinds of characters."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class ThreeKindsOfCharacters:
    """At least three of: lower case, upper case, digits, other signs."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = sum(
            (
                any(c.islower() for c in password),
                any(c.isupper() for c in password),
                any(c.isdigit() for c in password),
                any(not c.isalnum() for c in password),
            )
        )
        if kinds < 3:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("密码须含小写字母、大写字母、数字、其他符号中的至少三种。")
