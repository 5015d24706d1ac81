"""Policy files as YAML that remembers its lines, so that every fault is told with file and line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from bangfu.rulebook import models
from bangfu.rulebook.errors import ConditionWrong, RuleFileWrong

Model = TypeVar("Model", bound=BaseModel)
Step = str | int
LARGEST = 2_000_000  # bytes; the longest file of the nation takes some 50,000
# The C reader is ten times as fast and gives the same marks; wheels bring it everywhere.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Faults:
    """What was found wrong so far, in the order of the files. `words` are the keys that are proposed for a misspelt
    one; none: those of rule files."""

    root: Path
    found: list[RuleFileWrong] = field(default_factory=list)
    words: Sequence[str] = ()

    def add(self, file: Path, line: int, rule: str, reason: str, proposal: str = "") -> None:
        told = file.relative_to(self.root) if file.is_relative_to(self.root) else file
        self.found.append(
            RuleFileWrong(
                file=str(told), line=line, rule=rule or "-", reason=reason, proposal=proposal or _("请改正这一处")
            )
        )


@dataclass(frozen=True)
class Document(Generic[Model]):
    """A file that was read: what it holds, and its text, to tell where in it each thing stands."""

    file: Path
    value: Model
    text: str = field(repr=False)
    faults: Faults

    def fault(self, path: Sequence[Step], rule: str, reason: str, proposal: str = "") -> None:
        root = yaml.compose(self.text, Loader=_Loader)
        assert root is not None, "an empty file is no document"
        self.faults.add(self.file, _line(root, path), rule, reason, proposal)

    def wrong(self, path: Sequence[Step], rule: str, error: ConditionWrong) -> None:
        self.fault(path, rule, error.reason, error.proposal)


# What sound files held when they were last read: whoever checks one draft of a place reads all of the nation's again.
_sound_before: dict[tuple[Path, type[BaseModel]], tuple[str, Any]] = {}
MOST_KEPT = 512


def read(file: Path, shape: type[Model], faults: Faults) -> Document[Model] | None:
    """The file as what it should be; None, and faults added, when it is not."""
    try:
        if file.stat().st_size > LARGEST:
            faults.add(file, 1, "", _("文件太大"), _("请分成几个文件"))
            return None
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        faults.add(file, 1, "", _("不是 UTF-8 编码的文字"), _("请另存为 UTF-8"))
        return None
    except OSError as error:
        faults.add(file, 1, "", error.strerror or str(error), _("请检查该文件能否读取"))
        return None
    before = _sound_before.get((file, shape))
    if before and before[0] == text:
        return Document(file, before[1], text, faults)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            faults.add(file, 1, "", _("文件是空的"), _("不需要的文件请删去"))
            return None
        if not _sound(node, file, faults):
            return None
        value = shape.model_validate(loader.construct_document(node))
        while len(_sound_before) >= MOST_KEPT:
            _sound_before.pop(next(iter(_sound_before)), None)
        _sound_before[file, shape] = (text, value)
        return Document(file, value, text, faults)
    except yaml.YAMLError as error:
        _yaml_fault(error, text, file, faults)
    except ValidationError as error:
        for fault in error.errors():
            _shape_fault(fault, node, file, faults)
    except (ValueError, RecursionError) as error:
        faults.add(file, 1, "", _("有一处写法读不懂：{why}").format(why=error), _("请检查各处的写法"))
    finally:
        loader.dispose()
    return None


def _sound(root: yaml.Node, file: Path, faults: Faults) -> bool:
    """Every key once, keys are texts, nothing repeated a million times by reference."""
    before, nodes = len(faults.found), 0
    waiting: list[tuple[yaml.Node, str]] = [(root, "")]
    while waiting:
        node, rule = waiting.pop()
        nodes += 1
        if nodes > LARGEST // 4:
            faults.add(file, 1, "", _("文件里的引用（&、*）展开后太大"), _("请少用引用"))
            break
        if isinstance(node, yaml.MappingNode):
            rule = _name_of(node) or rule
            seen: set[str] = set()
            for key, value in node.value:
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    faults.add(file, line, rule, _("这里的键不是文字"), _("键写作一个词"))
                elif key.value in seen:
                    faults.add(file, line, rule, _("“{key}”写了两次").format(key=key.value), _("请留一个"))
                else:
                    seen.add(key.value)
                    if key.tag != _MERGE:
                        key.tag = _TEXT  # `on:` is the word on, not "true"
                waiting.append((value, rule))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(value, rule) for value in node.value]
        elif node.tag == _TIME and not _is_date(node.value):
            faults.add(
                file, node.start_mark.line + 1, rule, _("{value} 不是日期").format(value=node.value), _("请核对年月日")
            )
    return len(faults.found) == before


_MERGE, _TEXT, _TIME = (f"tag:yaml.org,2002:{kind}" for kind in ("merge", "str", "timestamp"))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _yaml_fault(error: yaml.YAMLError, text: str, file: Path, faults: Faults) -> None:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else 1
    written = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "\\t" in str(error):
        faults.add(file, line, "", _("这一行用了制表符（Tab）缩进"), _("请改用空格缩进"))
    else:
        why = getattr(error, "problem", "") or " ".join(str(error).split())
        faults.add(file, line, "", _("不是正确的 YAML（{why}）").format(why=why), _("请检查这一行的缩进、引号和冒号"))


def _shape_fault(fault: Any, root: yaml.Node, file: Path, faults: Faults) -> None:
    path = [step for step in fault["loc"] if isinstance(step, str | int)]
    key = str(path[-1]) if path else ""
    line = _line(root, path)
    reason, proposal = _in_words(fault["type"], key, fault, faults.words or _FIELDS)
    faults.add(file, line, _rule_at(root, path), reason, proposal)


def _in_words(kind: str, key: str, fault: Any, words: Sequence[str]) -> tuple[str, str]:
    given = str(fault.get("input"))[:40]
    if kind == "missing":
        return _("缺少“{key}”").format(key=key), _("请补上 {key}").format(key=key)
    if kind == "extra_forbidden":
        near = get_close_matches(key, words, 1, 0.6)
        return (
            _("不认识“{key}”").format(key=key),
            _("是否应为“{name}”").format(name=near[0]) if near else _("请删去这一项"),
        )
    if kind == "string_type":
        return _("“{key}”应是文字，现为 {given}").format(key=key, given=given), _('请加引号，如 "01"')
    if kind == "string_pattern_mismatch":
        return _("“{key}”不能写作 {given}").format(key=key, given=given), _PATTERNS.get(key, lambda: "")()
    if kind in ("enum", "literal_error"):
        expected = str(fault["ctx"].get("expected", "")).replace(" or ", "、").replace("'", "").replace(", ", "、")
        return _("“{key}”不能是 {given}").format(key=key, given=given), _("可选：{choices}").format(choices=expected)
    if kind.startswith("date"):
        return _("“{key}”不是日期：{given}").format(key=key, given=given), _("写作 2021-01-01")
    if kind.startswith("decimal"):
        return _("“{key}”不是数：{given}").format(key=key, given=given), _("写作 7000 或 1.5，不带单位")
    if kind in ("greater_than_equal", "less_than_equal"):
        least, most = fault["ctx"].get("ge"), fault["ctx"].get("le")
        return (
            _("“{key}”不能是 {given}").format(key=key, given=given),
            _("不小于 {least}").format(least=least) if most is None else _("不大于 {most}").format(most=most),
        )
    if kind.startswith(("int", "bool")):
        return (
            _("“{key}”不能是 {given}").format(key=key, given=given),
            _("请写整数") if kind.startswith("int") else _("请写 true 或 false"),
        )
    if kind in ("tuple_type", "list_type", "model_type", "dict_type", "mapping_type"):
        shape = _("若干项，每项以“- ”开头") if kind in ("tuple_type", "list_type") else _("若干“键: 值”")
        return _("“{key}”的写法不对").format(key=key), _("这里应是{shape}").format(shape=shape)
    if kind == "too_short":
        return _("“{key}”是空的").format(key=key), _("请至少写一项")
    if kind == "value_error" and "from is later" in str(fault["msg"]):
        return _("起始日晚于截止日"), _("请核对 from 和 to")
    if kind == "value_error":
        return str(fault["ctx"]["error"]), ""
    return f"{key}: {fault['msg']}", ""


_PATTERNS = {
    "id": lambda: _("规则编号如 Q021 或 L990121-1；数值、名单编号用小写字母和下划线"),
    "name": lambda: _("指标名用小写字母、数字和下划线"),
    "topic": lambda: _("类别用小写字母和下划线"),
    "region": lambda: _("地区写行政区划代码的前几位，如 990121"),
    "code": lambda: _("地区写行政区划代码的前几位，如 990121"),
}


def _field_names() -> Iterator[str]:
    for each in vars(models).values():
        if isinstance(each, type) and issubclass(each, BaseModel):
            for name, told in each.model_fields.items():
                yield told.alias or name


_FIELDS = sorted({*_field_names(), "document", "clause", "checked_on", "zh", "en"})


def _child(node: yaml.Node, step: Step) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None


def _key(node: yaml.Node, step: Step) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((key for key, _value in node.value if key.value == str(step)), None)
    return None


def _line(root: yaml.Node, path: Sequence[Step]) -> int:
    """The line of what stands at `path`, or of the innermost thing around it."""
    node, line = root, root.start_mark.line
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        # A value taken over by reference stands elsewhere: its key is here.
        line = (_key(node, step) or child).start_mark.line
        node = child
    return line + 1


def _name_of(node: yaml.Node) -> str:
    for name in ("id", "name"):
        child = _child(node, name)
        if isinstance(child, yaml.ScalarNode) and re.fullmatch(r"[^\n]{1,80}", child.value):
            return str(child.value)
    return ""


def _rule_at(root: yaml.Node, path: Sequence[Step]) -> str:
    """The id or name of the innermost thing that has one."""
    node, name = root, ""
    for step in path:
        child = _child(node, step)
        if child is None:
            break
        node = child
        name = (_name_of(node) if isinstance(node, yaml.MappingNode) else "") or name
    return name
