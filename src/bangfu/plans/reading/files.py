"""From a file to its text: .txt in the encodings in use, .docx, .pdf with text, .html. Offsets are of this text."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from bangfu.common.policy import Strict, policy_file, read_yaml
from bangfu.plans.reading.errors import (
    DocumentDamaged,
    DocumentEmpty,
    DocumentKindUnknown,
    DocumentLocked,
    DocumentMissing,
    DocumentScanned,
    DocumentTooLarge,
    DocumentTooLong,
)
from bangfu.plans.reading.found import Doubt, DoubtKind

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MEGABYTE = 1024 * 1024
# Characters that nearly every Chinese sentence has: the decoding that shows more of them is the right one.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装"
)
_ENCODINGS = ("utf-8", "gb18030", "big5")


class Limits(Strict):
    """What one reading takes on."""

    file_megabytes: int
    unfolded_megabytes: int
    characters: int
    page_characters: int


@cache
def limits() -> Limits:
    return read_yaml(policy_file("reading", "limits.yaml"), Limits)


@dataclass(frozen=True)
class Document:
    """The text of a file, and what was doubtful about its encoding."""

    text: str
    doubts: tuple[Doubt, ...] = ()


def read_document(file: Path) -> Document:
    """The text of a file. Raises an error of this folder that says what to do; the file itself is never touched."""
    try:
        size = file.stat().st_size
        if size > limits().file_megabytes * _MEGABYTE:
            raise DocumentTooLarge(file=file.name, size=size // _MEGABYTE, limit=limits().file_megabytes)
        content = file.read_bytes()
    except OSError as error:
        raise DocumentMissing(file=file, reason=error.strerror or str(error)) from error
    return read_content(content, file.name)


def read_content(content: bytes, name: str) -> Document:
    """The text of what was uploaded under a name; its kind is told by its first bytes, the ending only decides between
    text and HTML."""
    if len(content) > limits().file_megabytes * _MEGABYTE:
        raise DocumentTooLarge(file=name, size=len(content) // _MEGABYTE, limit=limits().file_megabytes)
    if not content.strip():
        raise DocumentEmpty(file=name)
    if content.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in content
        raise DocumentLocked(file=name) if locked else DocumentKindUnknown(file=name)
    if content.startswith(b"PK\x03\x04"):
        document = Document(_docx(content, name))
    elif content.lstrip()[:5] == b"%PDF-":
        document = Document(_pdf(content, name))
    else:
        document = _text(content, name)
        if _is_html(document.text, name):
            document = Document(_html(document.text), ())
    if not document.text.strip():
        raise DocumentEmpty(file=name)
    if len(document.text) > limits().characters:
        raise DocumentTooLong(file=name, count=len(document.text), limit=limits().characters)
    return document


# plain text ---------------------------------------------------------------------------------------------------------


def _text(content: bytes, name: str) -> Document:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return Document(content.decode(encoding, errors="replace"))
    if content.count(b"\0") > len(content) // 50:
        even, odd = content[0::2].count(0), content[1::2].count(0)
        if max(even, odd) > len(content) // 8:
            return Document(content.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace"))
        raise DocumentKindUnknown(file=name)
    try:
        return Document(content.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    whole = [(encoding, decoded) for encoding in _ENCODINGS[1:] if (decoded := _decoded(content, encoding)) is not None]
    lines = list(_lines(content))
    mixed = any(_decoded(line, "utf-8") is not None and not line.isascii() for line in lines)
    if whole and not mixed:
        return Document(max(whole, key=lambda one: _likeness(one[1]))[1])
    return _by_lines(lines, name)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _lines(content: bytes) -> Iterator[bytes]:
    yield from re.split(rb"(?<=\n)", content)


def _likeness(text: str) -> float:
    """The share of common characters among those that are not ASCII."""
    foreign = [character for character in text[:20000] if not character.isascii()]
    return sum(character in _COMMON for character in foreign) / max(len(foreign), 1)


def _by_lines(lines: list[bytes], name: str) -> Document:
    """Parts in different encodings: each line in the one that fits it; lines in another than the first are doubts."""
    found: list[str] = []
    doubts: list[Doubt] = []
    usual, at, broken = "", 0, 0
    for line in lines:
        encoding = next((e for e in _ENCODINGS if _decoded(line, e) is not None), "")
        text = line.decode(encoding or "utf-8", errors="replace")
        broken += not encoding
        if not line.isascii() and line.strip():
            usual = usual or encoding
            if encoding != usual:
                doubts.append(Doubt(DoubtKind.ENCODING, at, at + len(text), text, encoding))
        found.append(text)
        at += len(text)
    if broken > len(lines) // 2:
        raise DocumentKindUnknown(file=name)
    return Document("".join(found), tuple(doubts))


# HTML ---------------------------------------------------------------------------------------------------------------

_BLOCKS = frozenset(
    "address article aside blockquote body br center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 head header "
    "hr html li main nav ol p pre section table tbody tfoot thead title tr ul".split()
)
_UNSEEN = frozenset(("script", "style", "noscript", "template", "head", "select", "textarea"))


def _is_html(text: str, name: str) -> bool:
    start = text[:2000].lower()
    declared = name.lower().endswith((".html", ".htm", ".xhtml", ".mht"))
    return ("<html" in start or "<!doctype html" in start) or (declared and bool(re.search(r"<[a-z]+[ >/]", start)))


class _Words(HTMLParser):
    """Collects the text that is seen, a line for each block and a tab between cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.parts.append("\n")
            if tag == "body":
                self._unseen.clear()

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and tag in _UNSEEN:
            self._unseen.pop()
        elif tag in ("td", "th"):
            self.parts.append("\t")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(re.sub(r"[ \t\r\n]+", " ", data))


def _html(text: str) -> str:
    words = _Words()
    words.feed(text)
    words.close()
    joined = "".join(words.parts)
    joined = re.sub(r" *\t *(?=\n|$)", "", re.sub(r"\t *\n* *(?=[^\n])", "\t", re.sub(r" *\n+ *(?=\t)", "", joined)))
    return re.sub(r"\n[ \t]*(?:\n[ \t]*)+", "\n", joined).strip("\n ")


# Word and PDF -------------------------------------------------------------------------------------------------------


def _docx(content: bytes, name: str) -> str:
    """Paragraphs a line each, rows of tables a line with tabs between cells, in the order of the document."""
    from docx import Document as open_docx
    from docx.table import Table

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "word/document.xml" not in packed.namelist():
                raise DocumentKindUnknown(file=name)
            if any(entry.flag_bits & 1 for entry in packed.infolist()):
                raise DocumentLocked(file=name)
            unfolded = sum(entry.file_size for entry in packed.infolist())
        if unfolded > limits().unfolded_megabytes * _MEGABYTE:
            raise DocumentTooLarge(file=name, size=unfolded // _MEGABYTE, limit=limits().unfolded_megabytes)
        opened = open_docx(io.BytesIO(content))
        lines: list[str] = []
        for part in opened.iter_inner_content():
            lines += _rows(part) if isinstance(part, Table) else [part.text]
    except (DocumentKindUnknown, DocumentLocked, DocumentTooLarge):
        raise
    except Exception as error:  # a damaged package fails in as many ways as there are parts in it
        raise DocumentDamaged(file=name, reason=type(error).__name__) from error
    return "\n".join(lines)


def _rows(table: Any) -> Iterator[str]:
    """Rows with their cells; a cell that spans several columns is told once. Straight from the XML: python-docx walks
    the whole grid again for every cell."""
    from docx.oxml.ns import qn

    for row in table._tbl.tr_lst:
        cells = ("".join(text.text or "" for text in cell.iter(qn("w:t"))) for cell in row.tc_lst)
        yield "\t".join(" ".join(cell.split()) for cell in cells)


def _pdf(content: bytes, name: str) -> str:
    """The text of all pages, with lines that were broken at the margin joined again."""
    import pypdfium2 as pdfium

    try:
        opened = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "assword" in str(error):
            raise DocumentLocked(file=name) from error
        raise DocumentDamaged(file=name, reason=str(error)) from error
    try:
        pages = []
        for page in opened:
            words = page.get_textpage()
            pages.append(words.get_text_range().replace("\r\n", "\n").replace("\x02", "").replace("\ufffe", ""))
            words.close()
            page.close()
    except pdfium.PdfiumError as error:
        raise DocumentDamaged(file=name, reason=str(error)) from error
    finally:
        opened.close()
    if pages and all(len(page.strip()) < limits().page_characters for page in pages):
        raise DocumentScanned(file=name, pages=len(pages))
    return unwrapped(_SETTING.sub("", "\n".join(page.strip("\n") for page in pages)))


# The narrow space that is set between Chinese and digits is no character of the text.
_SETTING = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[0-9])|(?<=[0-9%]) (?=[\u4e00-\u9fff])")
_HEAD = re.compile(
    r"\s*(?:第[一二三四五六七八九十百]+[章条部编]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十0-9]{1,3}[)）]|[0-9]{1,2}[.、．][^0-9]|[①-⓿]|[-—]?\s*[0-9]{1,3}\s*[-—]?\s*$)"
)
_STOPS = "。！？!?；;：:"


def unwrapped(text: str) -> str:
    """Lines as long as the page is wide that stop in the middle of a sentence go on in the next line."""
    lines = text.split("\n")
    widths = sorted(len(line.strip()) for line in lines if len(line.strip()) > 10)
    full = widths[int(len(widths) * 0.8)] - 4 if widths else 0
    joined: list[str] = []
    last_width = 0
    for line in lines:
        bare = line.strip()
        goes_on = joined and bare and last_width >= full > 0 and joined[-1][-1:] not in _STOPS and not _HEAD.match(line)
        if goes_on and joined[-1]:
            joined[-1] += bare
        else:
            joined.append(bare)
        last_width = len(bare)
    return "\n".join(joined)
