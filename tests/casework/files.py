"""A small procedure as a file, and what files may name, for tests of the reader."""

from collections.abc import Mapping
from pathlib import Path

from bangfu.casework.loading import Folder, Shelf, look
from bangfu.casework.procedure_errors import ProcedureWrong
from bangfu.casework.soundness import Known

ACT = frozenset({"cases.act"})
KNOWN = Known(
    roles={
        "village_committee": (frozenset({5}), ACT),
        "township_station": (frozenset({4}), ACT),
        "county_office": (frozenset({3}), ACT),
        "helper": (frozenset({5, 6}), frozenset({"cases.view"})),
    },
    code_lists={"poverty_cause": frozenset({"1", "2"})},
    columns=("head_name", "group", "people", "category", "remark"),
    rules=frozenset({"EXI-01", "MON-11"}),
    topics=frozenset({"exit"}),
)
SMALL = """\
id: small
version: "1"
label: {zh: 小程序, en: Small}
of: household
source: {document: 某县程序, checked_on: 2026-11-22}
opening:
  roles: [village_committee]
  channels: [application, round]
  recognised: [none, poor]
  round_of: [poor]
  rules: [EXI-01]
  rule_topics: [exit]
whole:
  - {maximum: 15, to: approval, label: {zh: 全程, en: The whole}}
stop_rules: [MON-11]
steps:
  - id: visit
    label: {zh: 入户, en: Visit}
    kind: task
    level: 5
    roles: [village_committee]
    questions:
      - {id: agrees, label: {zh: 同意, en: Agrees}, must_be: "yes"}
      - {id: cause, label: {zh: 原因, en: Cause}, kind: code, code_list: poverty_cause, several: true}
      - id: found
        label: {zh: 结论, en: Found}
        kind: choice
        choices: {fine: {zh: 好, en: Fine}, bad: {zh: 差, en: Bad}}
    papers:
      - {id: form, label: {zh: 表, en: Form}}
    checks: small_exit
    clocks:
      - {maximum: 3, since: opened}
    moves:
      - {id: go, to: meeting, label: {zh: 通过, en: Go on}, hands_in: true}
      - {id: stop, to: refused, label: {zh: 不符, en: Stop}, kind: refuse}
  - id: meeting
    label: {zh: 评议, en: Meeting}
    kind: meeting
    level: 5
    roles: [village_committee]
    meeting:
      quorum: {numerator: 2, denominator: 3}
      majority: {numerator: 1, denominator: 2, more_than: true}
    moves:
      - {id: pass, to: posting, label: {zh: 通过, en: Pass}}
      - {id: back, to: visit, label: {zh: 退回, en: Back}, kind: back}
  - id: posting
    label: {zh: 公示, en: Posting}
    kind: posting
    level: 5
    roles: [village_committee]
    posting:
      days: 5
      board: {zh: 公开栏, en: Board}
      columns: [head_name, group]
      basis: {zh: 某县程序, en: Procedure}
    moves:
      - {id: valid, to: sample, label: {zh: 无异议, en: Valid}}
      - {id: back, to: visit, label: {zh: 退回, en: Back}, kind: back}
  - id: sample
    label: {zh: 抽查, en: Sample}
    kind: sample
    level: 4
    roles: [township_station]
    sample: {share: {numerator: 5, denominator: 100}, minimum: 1}
    moves:
      - {id: pass, to: approval, label: {zh: 属实, en: Right}}
  - id: approval
    label: {zh: 审批, en: Approval}
    kind: decision
    level: 3
    roles: [county_office]
    clocks:
      - {minimum: 7, since: meeting}
    moves:
      - {id: approve, to: identified, label: {zh: 批准, en: Approve}, approves: true}
      - {id: back, to: visit, label: {zh: 退回, en: Back}, kind: back}
  - {id: identified, label: {zh: 识别, en: Identified}, kind: end, effect: identify, granted: true}
  - {id: refused, label: {zh: 未识别, en: Refused}, kind: end}
"""
EXIT = """\
id: small_exit
label: {zh: 核查, en: Checks}
of: household
source: {document: 某县标准, checked_on: 2026-11-22}
items:
  - {id: income, label: {zh: 收入, en: Income}, rules: [EXI-01], evidence: {zh: 表, en: Form}}
  - {id: food, label: {zh: 吃, en: Food}, answered_by: [visit], evidence: {zh: 照片, en: Photo}}
  - {id: tap, label: {zh: 水, en: Tap}, answered_by: [visit], region: "51", evidence: {zh: 照片, en: Photo}}
"""


def written(root: Path, files: Mapping[str, str]) -> list[Folder]:
    """The folders of `policy/` with these files: "china/procedures/small.yaml", "51/procedures/small.yaml"."""
    places: dict[str, Path] = {}
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        place = name.split("/", 1)[0]
        places["" if place == "china" else place] = file.parent.parent
    return [Folder(place, places[place]) for place in sorted(places, key=len)]


def read(root: Path, procedure: str = SMALL, checks: str = EXIT, **more: str) -> tuple[Shelf, list[ProcedureWrong]]:
    files = {"china/procedures/small.yaml": procedure, "china/exit_checks/small_exit.yaml": checks, **more}
    return look(written(root, files), KNOWN)
