"""Policy files: YAML under `policy/`, read once, checked when read, refused with file and place when wrong."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bangfu.common.errors import PolicyFileWrong

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """A policy file holds what is declared and nothing else: a misspelt key is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@lru_cache(maxsize=4096)
def traditional(text: str) -> str:
    """Simplified to Traditional characters, in the forms of the glossary (核實, not 覈實)."""
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    import opencc  # loading its tables costs 50 ms, which only readers of Traditional Chinese pay

    return opencc.OpenCC("s2tw")


class Label(Strict):
    """A text of a policy file: Simplified Chinese and English are written, Traditional follows unless given."""

    zh: str
    en: str
    zh_hant: str = ""

    def in_language(self, language: str | None = None) -> str:
        language = language or get_language() or "zh-hans"
        if language == "en":
            return self.en
        if language == "zh-hant":
            return self.zh_hant or traditional(self.zh)
        return self.zh

    def __str__(self) -> str:
        return self.in_language()


class Source(Strict):
    """Where a list, figure or rule comes from; `checked_on` is when someone last compared it with the source."""

    document: str
    clause: str = ""
    checked_on: date | None = None


class Code(Strict):
    """One entry of a code list. `start`/`end` bound its use (both included; None is open); `aliases` are other
    spellings that are read but never written; `attributes` hold what rules need to know (e.g. the sex implied)."""

    code: str
    label: Label
    start: date | None = None
    end: date | None = None
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = {}

    def in_force(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


def matching_key(text: str) -> str:
    """Spellings that mean the same have the same key: blanks, capitals and full-width forms do not matter."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


class CodeList(Strict):
    """A list of codes, e.g. relations to the head of household."""

    id: str
    label: Label
    source: Source
    codes: tuple[Code, ...]

    @model_validator(mode="after")
    def _codes_and_names_are_unique(self) -> "CodeList":
        names: dict[str, str] = {}
        for entry in self.codes:
            for name in {matching_key(name) for name in (entry.code, entry.label.zh, *entry.aliases)}:
                if names.setdefault(name, entry.code) != entry.code:
                    raise ValueError(f"“{name}” stands for both {names[name]} and {entry.code}")
        if len({entry.code for entry in self.codes}) != len(self.codes):
            raise ValueError("a code stands twice")
        return self

    def get(self, code: str) -> Code | None:
        return _by_code(self.id).get(code)

    def label_of(self, code: str) -> str:
        """The label in the reader's language; an unknown code is shown as it is, an empty one as nothing."""
        entry = self.get(code)
        return str(entry.label) if entry else code

    def code_of(self, text: str) -> str | None:
        """The code for a code, a label in any of the three languages or an alias, as written in forms; None when
        unknown. Blanks, capitals and full-width forms do not matter; a workbook that lost the zero of "01" is read."""
        names, key = _by_name(self.id), matching_key(text)
        return names.get(key) or (names.get(f"0{key}") if len(key) == 1 and key.isdigit() else None)

    def choices(self, day: date | None = None) -> list[tuple[str, str]]:
        """Codes in force on `day` (today) with their labels, for forms."""
        return [(c.code, str(c.label)) for c in self.codes if c.in_force(day or date.today())]


def policy_file(*names: str) -> Path:
    """A file of the policy for all of China, by its folders and name."""
    return Path(settings.POLICY).joinpath("china", *names)


def read_yaml(file: Path, shape: type[Model]) -> Model:
    """The file as a checked object. Raises PolicyFileWrong with the file and what is wrong where."""
    try:
        text = file.read_text(encoding="utf-8")
        return shape.model_validate(yaml.load(text, Loader=_UniqueKeys))
    except FileNotFoundError:
        raise PolicyFileWrong(file=file, reason=_("没有这个文件")) from None
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyFileWrong(file=file, reason=str(error)) from error
    except yaml.YAMLError as error:
        raise PolicyFileWrong(file=file, reason=" ".join(str(error).split())) from error
    except ValidationError as error:
        raise PolicyFileWrong(file=file, reason=_in_words(error.errors()[0])) from error


def _in_words(fault: Any) -> str:
    """A fault of a file's shape: where, and what. The words are for whoever wrote the file."""
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return _("缺少 {where}").format(where=where)
    if fault["type"] == "extra_forbidden":
        return _("不认识 {where}，是否写错").format(where=where)
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])


# Reading in C where libyaml is there: a start reads forty files.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Loader):  # type: ignore[misc]  # which of the two is known only when it runs
    """YAML takes the last of two equal keys in silence; a policy file may not hold two."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                raise yaml.constructor.ConstructorError(None, None, f"key “{key}” stands twice", node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


@cache
def code_lists() -> Mapping[str, CodeList]:
    """Every code list of `policy/china/codes/`, by id (the file's name)."""
    found = {}
    for file in sorted((Path(settings.POLICY) / "china" / "codes").glob("*.yaml")):
        listed = read_yaml(file, CodeList)
        if listed.id != file.stem:
            raise PolicyFileWrong(file=file, reason=f"id “{listed.id}” ≠ “{file.stem}”")
        found[listed.id] = listed
    return found


def code_list(id: str) -> CodeList:
    """One code list. Raises PolicyFileWrong when there is none of that id."""
    try:
        return code_lists()[id]
    except KeyError:
        raise PolicyFileWrong(file=f"codes/{id}.yaml", reason=_("没有这个文件")) from None


@cache
def _by_code(id: str) -> Mapping[str, Code]:
    return {entry.code: entry for entry in code_list(id).codes}


@cache
def _by_name(id: str) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for entry in code_list(id).codes:
        for name in (entry.code, entry.label.zh, traditional(entry.label.zh), entry.label.en, *entry.aliases):
            names.setdefault(matching_key(name), entry.code)
    return names
