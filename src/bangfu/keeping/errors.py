"""What can go wrong with the house as a whole."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class NotABackup(BangfuError):
    code = "KEE-001"
    what = gettext_noop("{file} 不是帮扶系统的备份文件。")
    next_step = gettext_noop("请选择由 bangfu backup 生成的 .zip 文件。")


class BackupDamaged(BangfuError):
    code = "KEE-002"
    what = gettext_noop("备份文件 {file} 已损坏（{part} 与校验值不符或读不出来），没有恢复任何数据。")
    next_step = gettext_noop("请换用另一份备份，或重新复制该文件后再试。")


class BackupNewer(BangfuError):
    code = "KEE-003"
    what = gettext_noop("备份文件 {file} 由更新的版本（{version}）生成，本程序认不全其中的数据。")
    next_step = gettext_noop("请先把程序升级到 {version} 或更新的版本，再恢复。")


class HomeNotEmpty(BangfuError):
    code = "KEE-004"
    what = gettext_noop("数据目录 {home} 或其数据库里已有数据（{table}），恢复不会覆盖已有数据。")
    next_step = gettext_noop("请用 --home 指定一个空目录，或用 DATABASE_URL 指定一个空数据库，再恢复。")


class NothingToBackUp(BangfuError):
    code = "KEE-005"
    what = gettext_noop("数据目录 {home} 里还没有数据库，没有可备份的内容。")
    next_step = gettext_noop("请用 --home 指定正在使用的数据目录。")


class FileExists(BangfuError):
    code = "KEE-006"
    what = gettext_noop("文件 {file} 已经存在，备份不会覆盖它。")
    next_step = gettext_noop("请换一个文件名，例如带上日期。")


class FileUnwritable(BangfuError):
    code = "KEE-007"
    what = gettext_noop("无法写入 {file}：{reason}。")
    next_step = gettext_noop("请检查文件夹是否存在、是否有写权限、磁盘是否已满，再试一次。")


class FileUnreadable(BangfuError):
    code = "KEE-008"
    what = gettext_noop("无法读取 {file}：{reason}。")
    next_step = gettext_noop("请检查路径是否正确、是否有读权限，再试一次。")


class DatabaseUnreachable(BangfuError):
    code = "KEE-009"
    what = gettext_noop("连不上数据库：{reason}。")
    next_step = gettext_noop("请检查数据库是否已启动、环境变量 DATABASE_URL 或数据目录是否正确。")


class DatabaseNewer(BangfuError):
    code = "KEE-010"
    what = gettext_noop("这个数据库由更新的版本建立（含有本程序不认识的 {migration}）。")
    next_step = gettext_noop("请用不低于那个版本的程序打开，旧程序不会改动它。")


class PortBusy(BangfuError):
    code = "KEE-011"
    what = gettext_noop("无法在 {host}:{port} 提供服务：{reason}。")
    next_step = gettext_noop("请先关闭占用该端口的程序，或用 --port 换一个端口，例如 --port 8010。")


class BackupDisagrees(BangfuError):
    code = "KEE-012"
    what = gettext_noop("备份文件 {file} 里的数据前后不一致（{reason}），没有恢复任何数据。")
    next_step = gettext_noop("请换用另一份备份。")


class HomeNotPrepared(BangfuError):
    code = "KEE-013"
    what = gettext_noop("数据目录 {home} 的数据库还没有建好，或不是最新的结构。")
    next_step = gettext_noop("请先运行 bangfu serve（或 bangfu demo）让它准备好，再运行这个命令。")


class CertificateUnusable(BangfuError):
    code = "KEE-014"
    what = gettext_noop("文件夹 {folder} 里的证书不能用：{reason}。")
    next_step = gettext_noop("请用 bangfu cert 重新生成，或换成正确的 server.crt 和 server.key。")


class HostWrong(BangfuError):
    code = "KEE-015"
    what = gettext_noop("“{host}”不是网站的域名或 IP 地址。")
    next_step = gettext_noop("请填写手机上要输入的地址，例如 10.1.2.3 或 bangfu.local，不带 https:// 和端口。")


class HostOutsideAuthority(BangfuError):
    """The authority that phones trust vouches for certain names only, so that nobody can misuse it for others."""

    code = "KEE-016"
    what = gettext_noop("已有的根证书只能用于它生成时的域名和内网地址，不包括 {host}。")
    next_step = gettext_noop("请用 --dir 指定一个新文件夹，生成新的根证书，并在各手机上重新安装。")
