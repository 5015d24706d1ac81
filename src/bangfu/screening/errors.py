"""What can go wrong with a screening, said to whoever asked for it."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class OutcomesNotFound(BangfuError):
    code = "SCR-001"
    what = gettext_noop("{folder} 里没有筛查结果（缺少 run.json）。")
    next_step = gettext_noop("请指定 bangfu screen 写出的目录，或重新筛查。")


class OutcomesDamaged(BangfuError):
    code = "SCR-002"
    what = gettext_noop("{folder} 中的筛查结果不完整：{reason}。")
    next_step = gettext_noop("请重新筛查。")


class FolderTaken(BangfuError):
    code = "SCR-003"
    what = gettext_noop("{folder} 已有内容，筛查结果不能写在那里。")
    next_step = gettext_noop("请另指定一个空目录，或先移走其中的文件。")


class EngineUnknown(BangfuError):
    code = "SCR-004"
    what = gettext_noop("没有名为“{engine}”的计算引擎。")
    next_step = gettext_noop("可用的引擎：duckdb、spark。")


class EngineMissing(BangfuError):
    code = "SCR-005"
    what = gettext_noop("Spark 引擎不能启动：{reason}。")
    next_step = gettext_noop("请安装 Java 17 及附加包 bangfu[spark]，或改用默认引擎 duckdb。")


class RuleNotInForce(BangfuError):
    code = "SCR-006"
    what = gettext_noop("规则 {rule} 不存在，或在 {day} 不生效。")
    next_step = gettext_noop("请用 bangfu rules list 查看规则编号和有效期。")


class NotReplaceable(BangfuError):
    code = "SCR-007"
    what = gettext_noop("不能在 {folder} 的结果上只重筛 {place}：{reason}。")
    next_step = gettext_noop("请对全部地区重新筛查一次。")


class SnapshotChanged(BangfuError):
    code = "SCR-008"
    what = gettext_noop("筛查所用的快照 {folder} 已不在或已不是原来的内容，不能再读出各条疑点的依据。")
    next_step = gettext_noop("请恢复该快照，或取新快照重新筛查。")


class NoIdColumn(BangfuError):
    code = "SCR-010"
    what = gettext_noop("名单 {file} 中没有证件号码一栏；表头为：{headers}。")
    next_step = gettext_noop("请把该栏的表头写作“证件号码”或“身份证号”后重新导入。")


class ListUnreadable(BangfuError):
    code = "SCR-011"
    what = gettext_noop("名单 {file} 读不出来：{reason}。")
    next_step = gettext_noop("请另存为 CSV（UTF-8 或 GBK）、XLSX 或 Parquet 后重新导入。")


class ListUnknown(BangfuError):
    code = "SCR-012"
    what = gettext_noop("规则中没有名为“{list}”的外部名单。")
    next_step = gettext_noop("可用的名单：{known}。")


class ListIsThere(BangfuError):
    code = "SCR-013"
    what = gettext_noop("{day} 的“{list}”已经导入过。")
    next_step = gettext_noop("如要以新文件代替，请选“代替同一天的名单”（命令行加 --replace）再导入；否则请核对日期。")


class ListHasNobody(BangfuError):
    code = "SCR-014"
    what = gettext_noop("名单 {file} 中没有一个可用的证件号码（{rows} 行，{refused} 行不可用）。")
    next_step = gettext_noop("请核对证件号码一栏：须为18位文本，不能是科学记数法或15位旧号的残缺部分。")


class WorkerFailed(BangfuError):
    code = "SCR-015"
    what = gettext_noop("筛查中途失败：{reason}。没有写出任何结果。")
    next_step = gettext_noop("请核对磁盘空间和内存后再试；如仍失败，请把这句话告诉系统管理员。")


class CaseWrong(BangfuError):
    code = "SCR-016"
    what = gettext_noop("用例“{name}”中的 {column} 写得不对：{value}。")
    next_step = gettext_noop("请只写快照中存有的列，值须符合该列的类型（日期写作 20200930，是否写作 true / false）。")
