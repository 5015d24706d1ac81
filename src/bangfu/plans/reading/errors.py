"""What may be wrong with a document that is to be read, in the words of whoever brings it."""

from django.utils.translation import gettext_noop

from bangfu.common.errors import BangfuError


class DocumentMissing(BangfuError):
    code = "PLA-101"
    what = gettext_noop("找不到文件 {file}，或无法打开：{reason}。")
    next_step = gettext_noop("请核对文件名和存放位置。")


class DocumentEmpty(BangfuError):
    code = "PLA-102"
    what = gettext_noop("文件 {file} 里没有文字。")
    next_step = gettext_noop("请换一份有正文的文件。")


class DocumentTooLarge(BangfuError):
    code = "PLA-103"
    what = gettext_noop("文件 {file} 有 {size} MB，超过 {limit} MB 的上限。")
    next_step = gettext_noop("请去掉图片或拆成几份再读；原文件没有改动。")


class DocumentLocked(BangfuError):
    code = "PLA-104"
    what = gettext_noop("文件 {file} 设有打开密码，不能读取。")
    next_step = gettext_noop("请先去掉密码，或另存一份不带密码的文件再读。")


class DocumentScanned(BangfuError):
    code = "PLA-105"
    what = gettext_noop("文件 {file} 共 {pages} 页，都是扫描图像，没有可读的文字。")
    next_step = gettext_noop("请换用有文字的电子版，或先做文字识别，核对无误后再读。")


class DocumentKindUnknown(BangfuError):
    code = "PLA-106"
    what = gettext_noop("不认识文件 {file} 的格式。")
    next_step = gettext_noop("可以读取 .txt、.docx、带文字的 .pdf 和 .html；旧版 .doc、.wps 请另存为 .docx。")


class DocumentDamaged(BangfuError):
    code = "PLA-107"
    what = gettext_noop("文件 {file} 已损坏，读不出来：{reason}。")
    next_step = gettext_noop("请重新取一份完整的文件。")


class DocumentTooLong(BangfuError):
    code = "PLA-108"
    what = gettext_noop("文件 {file} 有 {count} 个字，超过 {limit} 个字的上限。")
    next_step = gettext_noop("请拆成几份再读；原文件没有改动。")
