"""What can go wrong with areas, their profiles and their standards, said to the clerk who can mend it."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class CodeWrong(BangfuError):
    code = "ARE-001"
    what = gettext_noop("“{value}”不是有效的{level}区划代码。")
    next_step = gettext_noop(
        "区划代码为 12 位数字（省、市、县、乡可只写前 2、4、6、9 位，村民小组在村代码后加 2 至 3 位），请核对后重填。"
    )


class CodeTaken(BangfuError):
    code = "ARE-002"
    what = gettext_noop("区划代码 {value} 已由“{name}”使用。")
    next_step = gettext_noop("一个代码只属于一个现存区划，请核对代码；如该区划已撤并，请先办理合并或变更代码。")


class DayTooEarly(BangfuError):
    code = "ARE-003"
    what = gettext_noop("{day} 不晚于“{name}”上一次变更的日期 {last}。")
    next_step = gettext_noop("区划变更按时间先后登记，请填写批准文件载明的、{last} 之后的日期。")


class DayInFuture(BangfuError):
    code = "ARE-004"
    what = gettext_noop("变更日期 {day} 还没有到。")
    next_step = gettext_noop("请在变更生效当天或之后登记。")


class AreaClosed(BangfuError):
    code = "ARE-005"
    what = gettext_noop("“{name}”已于 {day} 撤销。")
    next_step = gettext_noop("请在“沿革”中查看它并入了哪里，对现存的区划办理。")


class ParentWrong(BangfuError):
    code = "ARE-006"
    what = gettext_noop("“{parent}”是{parent_level}，不能作为“{name}”（{level}）的上级。")
    next_step = gettext_noop("请选择高一级的区划作为上级。")


class NothingChanges(BangfuError):
    code = "ARE-007"
    what = gettext_noop("“{name}”与现在登记的相同，没有可变更的内容。")
    next_step = gettext_noop("请填写变更后的内容，或者返回。")


class NameWrong(BangfuError):
    code = "ARE-008"
    what = gettext_noop("“{value}”不能作为区划名称。")
    next_step = gettext_noop("名称为 1 至 60 个字，请填写批准文件中的全称。")


class NameTaken(BangfuError):
    code = "ARE-009"
    what = gettext_noop("“{parent}”下已有名为“{value}”的区划。")
    next_step = gettext_noop("同一上级之下名称不能相同，请核对；如是同一区划，不必重复登记。")


class MergeNeedsOthers(BangfuError):
    code = "ARE-010"
    what = gettext_noop("合并至少要有两个不同的区划。")
    next_step = gettext_noop("请选择要并入的其他区划。")


class LevelsDiffer(BangfuError):
    code = "ARE-011"
    what = gettext_noop("“{name}”与“{other}”不是同一级别，不能合并。")
    next_step = gettext_noop("请只选择同一级别的区划。")


class SplitNeedsParts(BangfuError):
    code = "ARE-012"
    what = gettext_noop("拆分后的区划不足 {least} 个。")
    next_step = gettext_noop("请填写每个新区划的名称；只更名时请办理更名。")


class ChildLeftOver(BangfuError):
    code = "ARE-013"
    what = gettext_noop("“{name}”撤销后，“{child}”没有归属。")
    next_step = gettext_noop("请把每个下级区划分到一个新区划中，或者选择保留原区划。")


class ChildNotHere(BangfuError):
    code = "ARE-014"
    what = gettext_noop("编号 {child} 的区划不是“{name}”现有的下级，或者被分到了两处。")
    next_step = gettext_noop("请重新打开页面，为每个下级只选一个去向。")


class NoRoom(BangfuError):
    code = "ARE-015"
    what = gettext_noop("“{name}”之下累计设立的区划已达上限 {limit} 个。")
    next_step = gettext_noop("请联系系统管理员核对是否重复登记。")


class ParentTooYoung(BangfuError):
    code = "ARE-016"
    what = gettext_noop("上级“{name}”{since} 才设立，晚于 {day}。")
    next_step = gettext_noop("请填写上级设立之后的日期；首次导入时可用 --on 指定更早的日期连同上级一起导入。")


class FileUnknown(BangfuError):
    code = "ARE-020"
    what = gettext_noop("“{file}”不是区划名单能用的文件。")
    next_step = gettext_noop("请使用 .csv（UTF-8 或 GBK 编码）或 .xlsx 文件；其他格式请先用表格软件另存。")


class FileEmpty(BangfuError):
    code = "ARE-021"
    what = gettext_noop("“{file}”里没有内容。")
    next_step = gettext_noop("请检查文件是否下载或保存完整，重新取得后再导入。")


class FileEncrypted(BangfuError):
    code = "ARE-022"
    what = gettext_noop("工作簿“{file}”设有打开密码，无法读取。")
    next_step = gettext_noop("请在表格软件中取消密码（另存为时不设密码）后再导入。")


class FileDamaged(BangfuError):
    code = "ARE-023"
    what = gettext_noop("“{file}”已损坏，读不出内容。")
    next_step = gettext_noop("请用表格软件打开后另存一份，或重新下载后再导入。")


class ColumnsMissing(BangfuError):
    code = "ARE-024"
    what = gettext_noop("“{file}”中没有找到区划代码和名称两列。")
    next_step = gettext_noop("请在表头写明“区划代码”“名称”（可另有“上级代码”“城乡分类代码”“级别”），再导入。")


class CodeTwice(BangfuError):
    code = "ARE-025"
    what = gettext_noop("代码 {value} 在文件中出现了不止一次，首次在第 {first} 行。")
    next_step = gettext_noop("请删去重复的行。")


class CodeTwoNames(BangfuError):
    code = "ARE-026"
    what = gettext_noop("代码 {value} 在文件中有两个名称，另见第 {first} 行“{other}”。")
    next_step = gettext_noop("请核对哪一个名称正确，只留一行。")


class ParentMissing(BangfuError):
    code = "ARE-027"
    what = gettext_noop("上级代码 {value} 既不在文件中，也没有登记。")
    next_step = gettext_noop("请先导入上级区划，或把上级写进同一文件。")


class ParentCircle(BangfuError):
    code = "ARE-028"
    what = gettext_noop("代码 {value} 沿着上级代码又回到了自己。")
    next_step = gettext_noop("请改正“上级代码”一列。")


class CodeRetired(BangfuError):
    code = "ARE-029"
    what = gettext_noop("代码 {value}（{name}）自 {day} 起不再使用。")
    next_step = gettext_noop("请使用新一版的名单，或从文件中删去这一行。")


class ParentChanged(BangfuError):
    code = "ARE-030"
    what = gettext_noop("“{name}”登记在代码 {old} 之下，文件中的上级是 {value}。")
    next_step = gettext_noop("导入不会移动区划；如确已划转，请在该区划的页面办理“划转”。")


class CodeScientific(BangfuError):
    code = "ARE-031"
    what = gettext_noop("代码“{value}”被表格软件改成了科学记数法，末尾数字已经丢失。")
    next_step = gettext_noop("请把代码列设为“文本”格式，重新填入完整代码。")


class LevelDisagrees(BangfuError):
    code = "ARE-032"
    what = gettext_noop("代码 {value} 是{level}的代码，与所写的级别或上级不符。")
    next_step = gettext_noop("请核对代码、级别和上级代码。")


class UrbanRuralWrong(BangfuError):
    code = "ARE-033"
    what = gettext_noop("城乡分类代码“{value}”不在统计分类之中。")
    next_step = gettext_noop("请填写 111、112、121、122、123、210、220 之一，或留空。")


class RowBroken(BangfuError):
    code = "ARE-034"
    what = gettext_noop("这一行有 {found} 列，表头有 {expected} 列。")
    next_step = gettext_noop("请检查这一行是否多了或少了逗号、引号。")


class ParentRefused(BangfuError):
    code = "ARE-035"
    what = gettext_noop("上级代码 {value} 所在的行（第 {first} 行）有误，未能采用。")
    next_step = gettext_noop("请先改正那一行。")


class LevelUnknown(BangfuError):
    code = "ARE-036"
    what = gettext_noop("级别“{value}”不能识别。")
    next_step = gettext_noop("请填写省、市、县、乡、村、组之一，或留空。")


class IndicatorUnknown(BangfuError):
    code = "ARE-040"
    what = gettext_noop("村情指标中没有“{value}”。")
    next_step = gettext_noop("请使用页面所列的指标；需要增加时由系统管理员修改 policy/china/profile/village.yaml。")


class FigureWrong(BangfuError):
    code = "ARE-041"
    what = gettext_noop("“{label}”不能填 {value}。")
    next_step = gettext_noop("请填不小于 0、最多 {decimals} 位小数的数字，不知道的留空。")


class YearWrong(BangfuError):
    code = "ARE-042"
    what = gettext_noop("年度 {value} 不对。")
    next_step = gettext_noop("请填写 {first} 至 {last} 之间的年度。")


class SourceMissing(BangfuError):
    code = "ARE-043"
    what = gettext_noop("没有写明数据来源。")
    next_step = gettext_noop("请填写来源，如“2020年农村经济统计年报”。")


class ChecklistUnknown(BangfuError):
    code = "ARE-050"
    what = gettext_noop("没有名为“{value}”的核对清单或事项。")
    next_step = gettext_noop("请从页面所列的清单中选择。")


class MeasureMissing(BangfuError):
    code = "ARE-051"
    what = gettext_noop("“{label}”要按实测值判定，缺少{missing}。")
    next_step = gettext_noop("请填写后再保存，暂不清楚的选“未核实”。")


class AnswerDisagrees(BangfuError):
    code = "ARE-052"
    what = gettext_noop("“{label}”的实测值为 {value}，与所选结论不符。")
    next_step = gettext_noop("标准是{standard}；请核对实测值，结论由系统按标准判定。")


class OutlineFileMissing(BangfuError):
    code = "ARE-060"
    what = gettext_noop("还没有选择界线文件。")
    next_step = gettext_noop("请选择一个 .geojson（.json）文件，或只有点位的 .csv 文件。")


class OutlineFileTooLarge(BangfuError):
    code = "ARE-061"
    what = gettext_noop("“{file}”有 {size} MB，超过 {limit} MB。")
    next_step = gettext_noop(
        "请在制图软件中简化界线（保留到 10 米左右即可）、去掉多余的属性，或按乡镇分成几个文件上传。"
    )


class OutlineFileBroken(BangfuError):
    code = "ARE-062"
    what = gettext_noop("“{file}”不是完整的 GeoJSON：{reason}。")
    next_step = gettext_noop("请用制图软件重新导出为 GeoJSON（UTF-8 编码），确认文件下载完整后再上传。")


class OutlineFileOther(BangfuError):
    code = "ARE-063"
    what = gettext_noop("“{file}”里没有可用的图形。")
    next_step = gettext_noop(
        "需要 GeoJSON 的 FeatureCollection，其中每个要素是面（界线）或点（村委会等位置）；线和空图形不能用。"
    )


class OutlineTooMuch(BangfuError):
    code = "ARE-064"
    what = gettext_noop("“{file}”有 {found} {unit}，超过 {limit} {unit}。")
    next_step = gettext_noop("请简化界线，或按乡镇分成几个文件上传。")


class OutlineColumnsMissing(BangfuError):
    code = "ARE-065"
    what = gettext_noop("“{file}”的表头里没有找到经度、纬度和区划代码（或名称）。")
    next_step = gettext_noop("请在第一行写明“区划代码”（或“名称”）“经度”“纬度”，再上传。")


class OutlinesRefused(BangfuError):
    code = "ARE-066"
    what = gettext_noop("“{file}”有 {count} 处问题，一个都没有采用。")
    next_step = gettext_noop("请按下面所列逐条改正后重新上传。")


class OutlineAreaUnknown(BangfuError):
    code = "ARE-067"
    what = gettext_noop("“{value}”不是“{area}”之内现有区划的代码或名称。")
    next_step = gettext_noop("请核对属性中的区划代码（优先）或名称；不属于这里的图形请从文件中删去。")


class OutlineAreaUnsaid(BangfuError):
    code = "ARE-068"
    what = gettext_noop("没有写明是哪个区划。")
    next_step = gettext_noop("请在属性中写明区划代码（code）或名称（name）。")


class OutlineNameTwice(BangfuError):
    code = "ARE-069"
    what = gettext_noop("“{area}”之内有 {count} 个区划叫“{value}”。")
    next_step = gettext_noop("请写明区划代码，或到上级区划的页面分别上传。")


class OutlineAreaTwice(BangfuError):
    code = "ARE-070"
    what = gettext_noop("“{name}”在文件中出现了不止一次，首次在第 {first} 个。")
    next_step = gettext_noop("一个区划只能有一个图形；由几块组成的请合并为一个多面（MultiPolygon）。")


class OutlineCoordinatesSwapped(BangfuError):
    code = "ARE-071"
    what = gettext_noop("坐标 {x}, {y} 的经度和纬度写反了。")
    next_step = gettext_noop("GeoJSON 规定先经度、后纬度，请在导出时选择正确的坐标顺序。")


class OutlineCoordinatesElsewhere(BangfuError):
    code = "ARE-072"
    what = gettext_noop("坐标 {x}, {y} 不在中国范围之内。")
    next_step = gettext_noop("请核对坐标系：需要以度为单位的经纬度（CGCS2000 或 WGS-84），投影坐标（米）请先转换。")


class OutlineBroken(BangfuError):
    code = "ARE-073"
    what = gettext_noop("图形有误：{reason}。")
    next_step = gettext_noop("请在制图软件中检查并修复这个图形（拓扑检查），再导出。")


class OutlineOutside(BangfuError):
    code = "ARE-074"
    what = gettext_noop("“{name}”有 {percent}% 在“{area}”的界线之外。")
    next_step = gettext_noop("请核对是不是别处的图形；如来自高德、腾讯等地图，请勾选“火星坐标（GCJ-02）”重新上传。")


class OutlinesOverlap(BangfuError):
    code = "ARE-075"
    what = gettext_noop("“{name}”有 {percent}% 与“{other}”重叠。")
    next_step = gettext_noop("请核对两个图形的代码有没有写错，或在制图软件中消除重叠。")


class OutlineSourceMissing(BangfuError):
    code = "ARE-076"
    what = gettext_noop("没有写明界线的来源。")
    next_step = gettext_noop("请填写来源，如“县自然资源局 2025 年行政区划图”。")


class OutlinesRevoked(BangfuError):
    code = "ARE-077"
    what = gettext_noop("“{file}”已于 {day} 撤回。")
    next_step = gettext_noop("不必再撤回；需要时请重新上传。")


class OutlineReasonMissing(BangfuError):
    code = "ARE-078"
    what = gettext_noop("没有写明撤回的理由。")
    next_step = gettext_noop("请写明为什么撤回，如“界线有误，已换新图”。")
