"""What can be wrong with a snapshot or with what it is made from, said to whoever can mend it."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class SnapshotNotFound(BangfuError):
    code = "SNA-001"
    what = gettext_noop("{folder} 不是快照目录：里面没有 manifest.json。")
    next_step = gettext_noop("请用 bangfu snapshot list 查看已有的快照，或用 bangfu snapshot take 取一份新的。")


class FormatUnknown(BangfuError):
    code = "SNA-002"
    what = gettext_noop("快照 {folder} 的格式版本是 {found}，本程序只认识到 {known}。")
    next_step = gettext_noop("这份快照由更新的程序写成，请升级程序后再读。")


class ManifestDamaged(BangfuError):
    code = "SNA-003"
    what = gettext_noop("快照 {folder} 的清单 manifest.json 已损坏或被改动过：{reason}。")
    next_step = gettext_noop("快照写成后不得改动。请从备份中找回原件，或重新取一份快照。")


class FileMissing(BangfuError):
    code = "SNA-004"
    what = gettext_noop("快照 {folder} 缺少文件 {file}。")
    next_step = gettext_noop("请从备份中找回该文件，或重新取一份快照；缺文件的快照不能用来筛查。")


class FileDamaged(BangfuError):
    code = "SNA-005"
    what = gettext_noop("快照 {folder} 的文件 {file} 已损坏或被改动过：与清单记载的校验值不符。")
    next_step = gettext_noop("请从备份中找回该文件，或重新取一份快照；改动过的快照不能用来筛查。")


class ColumnOfAnotherType(BangfuError):
    code = "SNA-006"
    what = gettext_noop("快照 {folder} 的表 {table} 中，列 {column} 的类型是 {found}，应为 {expected}。")
    next_step = gettext_noop("请用写成这份快照的程序版本读它，或重新取一份快照。")


class FolderTaken(BangfuError):
    code = "SNA-007"
    what = gettext_noop("{folder} 里已有内容，快照不能写在那里。")
    next_step = gettext_noop("请另指定一个空的或尚不存在的目录。")


class NoSnapshotYet(BangfuError):
    code = "SNA-008"
    what = gettext_noop("还没有快照。")
    next_step = gettext_noop("请先用 bangfu snapshot take 取一份快照。")


class ReadingFailed(BangfuError):
    code = "SNA-009"
    what = gettext_noop("取快照时读取表 {table} 失败：{reason}。")
    next_step = gettext_noop("没有留下写了一半的快照。请按提示处理后重新取；如反复出现，请运行 bangfu check 检查数据。")


class SourceTableMissing(BangfuError):
    code = "SNA-010"
    what = gettext_noop("{folder} 里没有 {file}。")
    next_step = gettext_noop(
        "每张表一个文件夹（{tables}），里面是 Parquet 文件；各表中同名的文件装同样几个县。"
        "请对照 bangfu generate 写出的目录补齐。"
    )


class SourceColumnWrong(BangfuError):
    code = "SNA-011"
    what = gettext_noop("{file} 的列 {column} {reason}。")
    next_step = gettext_noop("请对照 bangfu generate 写出的同名文件改正该列后重试。")


class SourceRowsWrong(BangfuError):
    code = "SNA-012"
    what = gettext_noop("{file} 有 {rows} 行不能用：{reason}。")
    next_step = gettext_noop("请改正或删去这些行后重试；没有留下写了一半的快照。")


class DiskRefused(BangfuError):
    code = "SNA-013"
    what = gettext_noop("快照无法写入 {folder}：{reason}。")
    next_step = gettext_noop("请检查该目录的权限和磁盘余量后重试；没有留下写了一半的快照。")


class TakingBroken(BangfuError):
    code = "SNA-014"
    what = gettext_noop("取快照的进程没有做完：{reason}。")
    next_step = gettext_noop("没有留下写了一半的快照。请检查数据库是否在运行、连接数和内存是否够用，再重新取。")
