"""What stays on file of a list that is judged before it is written: the base of tables in rooms above."""

from django.db import models
from django.utils.translation import gettext_lazy


class ListImport(models.Model):
    """A list as it was judged. Either all its rows are taken in or none; `problems` says of every refused row why (row,
    column, code and facts of the error) and stays on file. `rows` are what was read, until they are taken in or
    dropped."""

    class State(models.TextChoices):
        CHECKED = "checked", gettext_lazy("已核对，待写入")
        REFUSED = "refused", gettext_lazy("未通过，没有写入")
        DONE = "done", gettext_lazy("已写入")
        DROPPED = "dropped", gettext_lazy("已放弃")

    state = models.CharField(gettext_lazy("状态"), max_length=10, choices=State.choices)
    place = models.BigIntegerField(gettext_lazy("位置"))
    file_name = models.CharField(gettext_lazy("文件名"), max_length=255)
    file_sha256 = models.CharField(max_length=64)
    started_at = models.DateTimeField(gettext_lazy("时间"), auto_now_add=True)
    finished_at = models.DateTimeField(gettext_lazy("完成时间"), null=True)
    counts = models.JSONField(gettext_lazy("结果"), default=dict)
    problems = models.JSONField(gettext_lazy("问题"), default=list)
    rows = models.JSONField(default=list)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"
