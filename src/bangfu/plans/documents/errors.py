"""What may go wrong with documents that are handed in, and with what is decided on what was read in them."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class NoDocumentChosen(BangfuError):
    code = "PLA-201"
    what = gettext_noop("没有选择文件。")
    next_step = gettext_noop("请选择一份 .txt、.docx、.pdf 或 .html 文件。")


class DocumentKnown(BangfuError):
    """The same file was handed in for the same area before."""

    code = "PLA-202"
    what = gettext_noop("{area}已有内容完全相同的文件“{title}”（{day} 上传）。")
    next_step = gettext_noop("请直接打开那一份；确需重新上传的，先把那一份作废。")


class DocumentWithdrawn(BangfuError):
    code = "PLA-203"
    what = gettext_noop("文件“{title}”已于 {day} 作废。")
    next_step = gettext_noop("作废的文件不再变动；需要时请重新上传。")


class DocumentNotReadAgain(BangfuError):
    """Only what could not be read is read again: nobody's decisions are thrown away."""

    code = "PLA-204"
    what = gettext_noop("文件“{title}”现为“{state}”，不能重新阅读。")
    next_step = gettext_noop("正在阅读的请稍候；已读完的请直接处理读出的事项。")


class ReadingBroken(BangfuError):
    """A fault of the program while reading; nothing was kept of it but the file."""

    code = "PLA-205"
    what = gettext_noop("阅读文件“{title}”时程序出错，没有读完；文件已保存。")
    next_step = gettext_noop("请点“重新阅读”；仍不行的，请联系系统管理员查看日志。")


class ProposalDecided(BangfuError):
    code = "PLA-206"
    what = gettext_noop("第 {number} 项已由{name}处理：{state}。")
    next_step = gettext_noop("请刷新页面看最新情况；需要改变的，先恢复为待定。")


class ProposalTracked(BangfuError):
    """What is tracked as a target goes on there, whatever becomes of the reading."""

    code = "PLA-207"
    what = gettext_noop("第 {number} 项已作为目标“{title}”在跟踪，不能恢复为待定。")
    next_step = gettext_noop("请先在目标页撤销该目标，写明理由。")


class PlanReasonMissing(BangfuError):
    code = "PLA-208"
    what = gettext_noop("没有填写理由。")
    next_step = gettext_noop("请用一句话写明理由。")


class RangeWrong(BangfuError):
    code = "PLA-209"
    what = gettext_noop("数量 {low} 与上限 {high} 不成范围。")
    next_step = gettext_noop("比较为“介于”时须填写上限，且不小于数量；其他情形不填上限。")


class DeadlineWrong(BangfuError):
    code = "PLA-210"
    what = gettext_noop("期限“{value}”不是日期。")
    next_step = gettext_noop("请填写如 2026-06-30、2026-06 或 2026；没有期限的不填。")


class NothingMended(BangfuError):
    code = "PLA-211"
    what = gettext_noop("各项与原来相同，没有改动。")
    next_step = gettext_noop("请改正需要改的内容再保存；不用改的可以直接采纳。")


class AreaOutside(BangfuError):
    """A target of a document is of the document's area or of one inside it."""

    code = "PLA-212"
    what = gettext_noop("“{area}”不在这份文件的区域“{place}”之内。")
    next_step = gettext_noop("请选择文件区域或其下级。")


class DocumentInUse(BangfuError):
    """A document whose targets are tracked stays: they name it as their source."""

    code = "PLA-213"
    what = gettext_noop("文件“{title}”有 {count} 个目标正在跟踪，不能作废。")
    next_step = gettext_noop("请先撤销这些目标，写明理由。")


class DutyNotKnown(BangfuError):
    code = "PLA-214"
    what = gettext_noop("“{area}”没有“{duty}”这项现行履职要求。")
    next_step = gettext_noop("请从列出的履职要求中选择；都不合适的，选“没有对应的，须另立本地要求”。")


class FigureNotKnown(BangfuError):
    code = "PLA-215"
    what = gettext_noop("政策文件中没有“{figure}”这项标准或参数。")
    next_step = gettext_noop("请从列出的标准中选择；都不合适的，不选。")


class AmountTooFine(BangfuError):
    """Targets are kept to two decimals; the officer says how, not the house."""

    code = "PLA-216"
    what = gettext_noop("第 {item} 项的数量是 {number} {unit}，目标只记到两位小数。")
    next_step = gettext_noop("请先点“修改”，改用更小的单位（如 1.268 公里写成 1268 米），或写成两位小数，再采纳。")


class QuoteNotInText(BangfuError):
    """What is added by hand stands in the document word by word."""

    code = "PLA-217"
    what = gettext_noop("正文里没有“{quote}”这句话。")
    next_step = gettext_noop("请从正文中原样复制，不要改字；也可以在原文中选中这句话。")


class ProposalKnown(BangfuError):
    """The same amount of the same sentence is there already."""

    code = "PLA-218"
    what = gettext_noop("这句话里的这个数量已经是第 {number} 项（{state}）。")
    next_step = gettext_noop("请直接处理那一项；读错的，在那一项里改正。")
