"""The catalogue of errors: every refusal that a user may meet has a code, says what happened and what to do next.

A room declares its errors in its own `errors.py` as subclasses of `BangfuError`, which enters them in `CATALOGUE`.
Texts are Simplified Chinese msgids with named places ({row}, {value}); they are translated when shown, so the same
error reads in the language of whoever looks at it.
"""

from typing import Any, ClassVar

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

CATALOGUE: dict[str, type["BangfuError"]] = {}


class BangfuError(Exception):
    """Something a person can mend. `what` says what happened and where, `next_step` what to do about it."""

    code: ClassVar[str] = ""
    what: ClassVar[str] = ""
    next_step: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.code:
            return  # an abstract family of errors
        if not (cls.what and cls.next_step):
            raise TypeError(f"{cls.__name__}: an error of the catalogue says what happened and what to do next")
        if cls.code in CATALOGUE and CATALOGUE[cls.code].__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.__name__} and {CATALOGUE[cls.code].__name__} share the code {cls.code}")
        CATALOGUE[cls.code] = cls

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.code)

    @property
    def message(self) -> str:
        """Both sentences in the language now active, with the facts filled in."""
        between = " " if get_language() == "en" else ""
        return f"{_(self.what)}{between}{_(self.next_step)}".format(**self.facts)

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class NotAllowed(BangfuError):
    code = "COM-001"
    what = gettext_noop("您现有的岗位无权进行此项操作：{right}。")
    next_step = gettext_noop("如工作需要，请由安全管理员在“人员与岗位”中为您登记相应岗位。")


class PolicyFileWrong(BangfuError):
    code = "COM-002"
    what = gettext_noop("政策文件 {file} 有误：{reason}。")
    next_step = gettext_noop("请按提示改正该文件后重新启动。")


class NumberWrong(BangfuError):
    code = "COM-003"
    what = gettext_noop("“{value}”不是有效的数字（最多 {places} 位小数）。")
    next_step = gettext_noop("请填写如 1234.50 的数字，不带单位和逗号。")
