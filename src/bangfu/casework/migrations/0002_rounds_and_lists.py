"""Rounds say how far they have come (those on file are done); watched households have somebody who keeps in touch;
lists of risks come in as files; what a list says of a case stands in columns, filled here from the lists that hang."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

PART = 500


def fill_lines(apps: Any, _schema: Any) -> None:
    """The lines of a list stand in the order of place and number of their cases."""
    lines = apps.get_model("casework", "PostedLine")
    postings = apps.get_model("casework", "Posting")
    for posting in postings.objects.order_by("pk").iterator(chunk_size=PART):
        cases = posting.cases.order_by("place", "case_no").only("pk", "household_id")
        written = sorted(posting.sheet.get("lines", []), key=lambda line: line["number"])
        lines.objects.bulk_create(
            [
                lines(
                    posting_id=posting.pk,
                    case_id=case.pk,
                    head_name=line["head_name"],
                    people=line.get("people") or None,
                )
                for case, line in zip(cases, written, strict=False)
            ],
            batch_size=PART,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0001_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="recognition",
            name="contact_name",
            field=models.CharField(blank=True, max_length=60, verbose_name="监测联系人"),
        ),
        migrations.AddField(
            model_name="recognition",
            name="contact_phone",
            field=models.CharField(blank=True, max_length=20, verbose_name="监测联系人电话"),
        ),
        migrations.AddField(
            model_name="round",
            name="among",
            field=models.JSONField(default=list, verbose_name="范围内的户或村"),
        ),
        migrations.AddField(
            model_name="round",
            name="done",
            field=models.IntegerField(default=0, verbose_name="已处理"),
        ),
        migrations.AddField(
            model_name="round",
            name="finished_at",
            field=models.DateTimeField(null=True, verbose_name="完成时间"),
        ),
        migrations.AddField(
            model_name="round",
            name="state",
            field=models.CharField(
                choices=[("waiting", "等待开始"), ("running", "正在开案"), ("done", "已完成"), ("failed", "未完成")],
                default="done",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.CreateModel(
            name="WatchImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "已核对，待写入"),
                            ("refused", "未通过，没有写入"),
                            ("done", "已写入"),
                            ("dropped", "已放弃"),
                        ],
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("place", models.BigIntegerField(verbose_name="位置")),
                ("file_name", models.CharField(max_length=255, verbose_name="文件名")),
                ("file_sha256", models.CharField(max_length=64)),
                ("started_at", models.DateTimeField(auto_now_add=True, verbose_name="时间")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="完成时间")),
                ("counts", models.JSONField(default=dict, verbose_name="结果")),
                ("problems", models.JSONField(default=list, verbose_name="问题")),
                ("rows", models.JSONField(default=list)),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="导入人",
                    ),
                ),
            ],
            options={
                "verbose_name": "监测台账导入",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PostedLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("head_name", models.CharField(max_length=60, verbose_name="户主姓名")),
                ("people", models.SmallIntegerField(null=True, verbose_name="家庭人口")),
                ("monitor_category", models.CharField(blank=True, max_length=4, verbose_name="监测对象类别")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posted_lines",
                        to="casework.case",
                        verbose_name="案件",
                    ),
                ),
                (
                    "posting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="casework.posting",
                        verbose_name="公示",
                    ),
                ),
            ],
            options={
                "verbose_name": "公示名单",
                "ordering": ["posting", "pk"],
                "constraints": [models.UniqueConstraint(fields=("posting", "case"), name="posted_once")],
            },
        ),
        migrations.RunPython(fill_lines, migrations.RunPython.noop),
    ]
