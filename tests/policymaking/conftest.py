"""A small rulebook for the tests of drafts: two figures, two rules, the real code lists."""

from pathlib import Path

import pytest

REAL = Path(__file__).resolve().parents[2] / "policy" / "china"
SOURCE = "source: {document: 试行办法, checked_on: 2021-01-01}"
FIGURES = f"""
figures:
  - id: public_job_age_limit
    label: {{zh: 公益性岗位年龄上限, en: Age limit of public jobs}}
    unit: {{zh: 岁, en: years}}
    values:
      - {{value: 70, from: 2014-01-01, {SOURCE}}}
"""
RULES = f"""
topic: {{id: work, label: {{zh: 就业, en: Work}}}}
rules:
  - id: Q083
    title: {{zh: 公益性岗位人员年龄偏大, en: Holder of a public job of great age}}
    topic: work
    {SOURCE}
    grain: member
    condition: public_job IS NOT NULL AND age >= $public_job_age_limit
    evidence: [age, public_job]
    severity: warning
    message: {{zh: "已 {{age}} 周岁，请核实后调整岗位。", en: "Aged {{age}}: check and change the post."}}
"""


@pytest.fixture
def book_files(settings, tmp_path):
    """`settings.POLICY` is a folder of its own, whose files a test may look at."""
    policy = tmp_path / "policy-files"
    for name, text in (("figures/work.yaml", FIGURES), ("rules/work.yaml", RULES)):
        file = policy / "china" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    for real in REAL.iterdir():
        if real.name not in ("figures", "rules"):
            (policy / "china" / real.name).symlink_to(real)
    settings.POLICY = policy
    return policy
