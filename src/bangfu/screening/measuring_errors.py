"""What can be wrong with figures that somebody wants measured."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class MeasuredFileUnreadable(BangfuError):
    code = "SCR-051"
    what = gettext_noop("无法读取 {file}：{reason}。")
    next_step = gettext_noop(
        "请给出一个 Parquet 文件、放有 Parquet 文件的目录，或首行为列名的 CSV 文件（UTF-8 或 GBK）。"
    )


class MeasuredColumnMissing(BangfuError):
    code = "SCR-052"
    what = gettext_noop("{file} 中没有“{column}”这一列。")
    next_step = gettext_noop("现有的列：{columns}。请改正列名后重试。")


class MeasuredColumnNotNumeric(BangfuError):
    code = "SCR-053"
    what = gettext_noop("{file} 的“{column}”列不全是数字：{reason}。")
    next_step = gettext_noop("请把该列改为只含数字（不知道的留空）后重试。")


class WeightNotPositive(BangfuError):
    code = "SCR-054"
    what = gettext_noop("{file} 的“{column}”列有 {rows} 行为空或不大于 0。")
    next_step = gettext_noop("每一行都要代表大于 0 的人数。请补上这些行，或把它们去掉后重试。")


class LineNotPositive(BangfuError):
    code = "SCR-055"
    what = gettext_noop("标准线 {line} 不大于 0。")
    next_step = gettext_noop("请给出以元/人·年计的标准线，如 --line 4000。")


class PlaceNotMeasured(BangfuError):
    code = "SCR-057"
    what = gettext_noop("“{area}”没有区划代码，不能单独测算。")
    next_step = gettext_noop("请选择所在的村，或更大的区域。")


class PlaceNotChosen(BangfuError):
    code = "SCR-058"
    what = gettext_noop("您负责不止一个区域，还没有选择测算哪一个。")
    next_step = gettext_noop("请先在上方选择区域。")


class NothingToMeasure(BangfuError):
    code = "SCR-056"
    what = gettext_noop("{file} 中没有可以测算的行。")
    next_step = gettext_noop("请检查所给的文件、区划和筛选条件。")
