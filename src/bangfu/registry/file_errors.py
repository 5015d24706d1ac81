"""What the registry refuses of whole files (002-099), import batches and exports (400-499)."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError

# --- 002-099 the file ------------------------------------------------------------------------------------------------


class FileEmpty(BangfuError):
    code = "REG-002"
    what = gettext_noop("文件“{file}”是空的（0 字节），没有可以导入的内容。")
    next_step = gettext_noop("请重新从原系统导出，确认能用表格软件打开后再上传。")


class FileTooLarge(BangfuError):
    code = "REG-003"
    what = gettext_noop("文件“{file}”有 {size} MB，超过 {limit} MB 的上限。")
    next_step = gettext_noop("请按乡镇或村拆成几个文件，分别导入。")


class FileTypeUnknown(BangfuError):
    code = "REG-004"
    what = gettext_noop("“{file}”不是可以导入的文件：内容不是 Excel 工作簿（.xlsx、.xls、.ods），也不是 .csv 文本。")
    next_step = gettext_noop("请在表格软件中“另存为”.xlsx 或 .csv 后再上传；只改扩展名是不行的。")


class WorkbookEncrypted(BangfuError):
    code = "REG-005"
    what = gettext_noop("工作簿“{file}”设有打开密码，系统无法读取。")
    next_step = gettext_noop("请打开它，在“文件—信息—保护工作簿”中去掉密码，保存后再上传。")


class WorkbookDamaged(BangfuError):
    code = "REG-006"
    what = gettext_noop("工作簿“{file}”已损坏或传输不完整，读到一半就断了。")
    next_step = gettext_noop("请用表格软件打开并“另存为”一个新的 .xlsx；打不开时请重新导出。")


class EncodingUnknown(BangfuError):
    code = "REG-007"
    what = gettext_noop("文件“{file}”的文字编码无法辨认，第 {line} 行读出来是乱码。")
    next_step = gettext_noop("请用表格软件打开，另存为“CSV UTF-8”或 .xlsx 后再上传。")


class CsvBroken(BangfuError):
    code = "REG-008"
    what = gettext_noop("文件“{file}”第 {line} 行的列数或引号与前面各行对不上。")
    next_step = gettext_noop("请用表格软件打开检查这一行（多半是内容里有逗号、引号或换行），另存为 .xlsx 后再上传。")


class HeaderNotFound(BangfuError):
    code = "REG-009"
    what = gettext_noop("“{sheet}”的前 {rows} 行里没有找到表头：没有一行含有系统认识的列名。")
    next_step = gettext_noop("请在第一行写列名（如“户编号”“姓名”“证件号码”），或下载导入模板照填。")


class KeyColumnsMissing(BangfuError):
    code = "REG-010"
    what = gettext_noop("“{sheet}”缺少必需的列：{columns}。没有这些列，系统不知道每一行说的是哪一户、哪个人。")
    next_step = gettext_noop("请补上这些列后再上传；列名可用中文、系统标识或国家系统字段代码。")


class ColumnTwice(BangfuError):
    code = "REG-011"
    what = gettext_noop("“{sheet}”中“{first}”和“{second}”两列说的是同一项（{label}），系统不知道该用哪一列。")
    next_step = gettext_noop("请只保留其中一列后再上传。")


class HeaderMerged(BangfuError):
    code = "REG-012"
    what = gettext_noop("“{sheet}”的表头有合并单元格（{cells}），下面没有各列自己的列名，系统分不清每一列是什么。")
    next_step = gettext_noop("请取消合并，让每一列在同一行里都有自己的列名，再上传。")


class NothingToImport(BangfuError):
    code = "REG-013"
    what = gettext_noop("“{file}”里没有可以导入的数据行。")
    next_step = gettext_noop("请确认数据写在表头下面，并且没有全部被删除或隐藏在别的文件里。")


class SheetIgnored(BangfuError):
    code = "REG-014"
    what = gettext_noop("工作表“{sheet}”没有导入：其中没有系统认识的列。")
    next_step = gettext_noop("如果它应当导入，请对照模板改正列名；否则不必理会。")


class ColumnIgnored(BangfuError):
    code = "REG-015"
    what = gettext_noop("“{sheet}”的列“{header}”没有导入：系统不认识这个列名。")
    next_step = gettext_noop("如果它应当导入，请对照模板改正列名；否则不必理会。")


class ColumnDerived(BangfuError):
    code = "REG-016"
    what = gettext_noop("“{sheet}”的列“{header}”没有导入：{label}由系统自动得出。")
    next_step = gettext_noop("不必填写；与系统算出的数不一致时，请核对明细。")


class YearMissing(BangfuError):
    code = "REG-017"
    what = gettext_noop("“{sheet}”有收入列，却没有“年度”列，系统不知道是哪一年的收入。")
    next_step = gettext_noop("请加一列“年度”（如 2025）后再上传。")


class WorkbookTooManyCells(BangfuError):
    code = "REG-018"
    what = gettext_noop("工作簿“{file}”展开后有 {size} MB，超过 {limit} MB 的上限。")
    next_step = gettext_noop("请删除空白行列和图片，或按乡镇拆成几个文件，分别导入。")


class FileUnreadable(BangfuError):
    code = "REG-019"
    what = gettext_noop("找不到或打不开文件“{file}”。")
    next_step = gettext_noop("请检查路径是否写对、文件是否正被其他程序占用，然后再试。")


# --- 400-409 batches and exports -------------------------------------------------------------------------------------


class BatchInterrupted(BangfuError):
    code = "REG-400"
    what = gettext_noop("处理“{file}”时系统中断了，没有写入任何数据。")
    next_step = gettext_noop("请重新开始导入。")


class BatchNotReady(BangfuError):
    code = "REG-401"
    what = gettext_noop("这一批现为“{state}”，不能执行这一步。")
    next_step = gettext_noop("请刷新页面，按页面上的提示办理。")


class BatchFailed(BangfuError):
    code = "REG-402"
    what = gettext_noop("处理“{file}”时出了系统内部的错误，没有写入任何数据。")
    next_step = gettext_noop("请把批次号 {batch} 告诉系统管理员；改用 .xlsx 模板重新导入往往可以绕过。")


class NoGoodRows(BangfuError):
    code = "REG-403"
    what = gettext_noop("“{file}”没有一行通过核对，没有可以入库的内容。")
    next_step = gettext_noop("请下载报告，按批注改正后重新上传。")


class FileGone(BangfuError):
    code = "REG-404"
    what = gettext_noop("这一批上传的文件已不在服务器上。")
    next_step = gettext_noop("请重新上传。")


class ExportColumnUnknown(BangfuError):
    code = "REG-405"
    what = gettext_noop("不能导出“{column}”：没有这一列。")
    next_step = gettext_noop("请在名单页面上重新选择要导出的列。")


class ExportTooLarge(BangfuError):
    code = "REG-406"
    what = gettext_noop("这份名单有 {count} 户，一次最多导出 {limit} 户。")
    next_step = gettext_noop("请按乡镇或村缩小范围后分别导出，或改用 .csv 格式。")


class OfficerUnknown(BangfuError):
    code = "REG-407"
    what = gettext_noop("没有登录名为“{login}”的人员。")
    next_step = gettext_noop("请核对登录名；可在“人员与岗位”中查到。")


class ExportFormatUnknown(BangfuError):
    code = "REG-408"
    what = gettext_noop("不能导出为“{format}”。")
    next_step = gettext_noop("请使用 .xlsx 或 .csv。")


class NoFileChosen(BangfuError):
    code = "REG-409"
    what = gettext_noop("没有选择文件。")
    next_step = gettext_noop("请选择要导入的工作簿或 .csv 文件后再上传。")


# --- 410-419 lists with a few columns, which rooms above take in -----------------------------------------------------


class ListColumnsMissing(BangfuError):
    code = "REG-410"
    what = gettext_noop("文件 {file} 里没有找到这些栏目：{columns}。")
    next_step = gettext_noop("请照模板的表头填写，表头放在前 {rows} 行之内。")


class ListTooLong(BangfuError):
    code = "REG-411"
    what = gettext_noop("文件 {file} 有 {rows} 行，一次最多 {limit} 行。")
    next_step = gettext_noop("请分成几个文件上传。")
