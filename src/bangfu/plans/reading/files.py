"""From a file to its text: .txt in the encodings in use, .docx, .pdf with text, .html. Offsets are of this text."""

import io
import re
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from bangfu.common.policy import Strict, policy_file, read_yaml
from bangfu.plans.reading.encodings import decode
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
from bangfu.plans.reading.numbering import Numbering
from bangfu.plans.reading.word import lines_of

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MEGABYTE = 1024 * 1024


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
        document = _pdf(content, name)
    else:
        document = Document(*decode(content, name))
        if _is_html(document.text, name):
            document = _seen(document)
    if not document.text.strip():
        raise DocumentEmpty(file=name)
    if len(document.text) > limits().characters:
        raise DocumentTooLong(file=name, count=len(document.text), limit=limits().characters)
    return document


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


def _seen(page: Document) -> Document:
    """What is seen of a web page, with its doubts at the words that are seen."""
    text, doubts, at = _html(page.text), [], 0
    for doubt in page.doubts:
        for words in filter(None, _html(doubt.quote).split("\n")):
            found = text.find(words, at)
            if found >= 0:
                at = found + len(words)
                doubts.append(replace(doubt, start=found, end=at, quote=words))
    return Document(text, tuple(doubts))


# Word and PDF -------------------------------------------------------------------------------------------------------


def _numbering_of(document: Any) -> Any:
    """The part of a Word file that says how its lists are numbered; None without lists."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    try:
        return document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        return None


def _docx(content: bytes, name: str) -> str:
    from docx import Document as open_docx

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "word/document.xml" not in packed.namelist():
                raise DocumentKindUnknown(file=name)
            if any(entry.flag_bits & 1 for entry in packed.infolist()):
                raise DocumentLocked(file=name)
            unfolded = sum(entry.file_size for entry in packed.infolist())
        if unfolded > limits().unfolded_megabytes * _MEGABYTE:
            raise DocumentTooLarge(file=name, size=unfolded // _MEGABYTE, limit=limits().unfolded_megabytes)
        document = open_docx(io.BytesIO(content))
        numbers = Numbering(_numbering_of(document), document.styles.element)
        return "\n".join(lines_of(document.element.body, numbers.label))
    except (DocumentKindUnknown, DocumentLocked, DocumentTooLarge):
        raise
    except Exception as error:  # a damaged package fails in as many ways as there are parts in it
        raise DocumentDamaged(file=name, reason=type(error).__name__) from error


def _pdf(content: bytes, name: str) -> Document:
    """The text of all pages, with lines that were broken at the margin joined again. Pages that are pictures among
    others that are not are a doubt about the last words before them, or the first behind."""
    import pypdfium2 as pdfium

    try:
        opened = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        if "assword" in str(error):
            raise DocumentLocked(file=name) from error
        raise DocumentDamaged(file=name, reason=str(error)) from error
    try:
        pages: list[str] = []
        pictures: list[int] = []
        for page in opened:
            words = page.get_textpage()
            text = words.get_text_range().replace("\r\n", "\n").replace("\x02", "").replace("\ufffe", "")
            if len(text.strip()) < limits().page_characters and any(page.get_objects([pdfium.raw.FPDF_PAGEOBJ_IMAGE])):
                pictures.append(len(pages) + 1)
            pages.append(text.strip("\n").replace(_PAGE, ""))
            words.close()
            page.close()
    except pdfium.PdfiumError as error:
        raise DocumentDamaged(file=name, reason=str(error)) from error
    finally:
        opened.close()
    if pages and all(len(page.strip()) < limits().page_characters for page in pages):
        raise DocumentScanned(file=name, pages=len(pages))
    joined = [f"{_PAGE}\n{page}" if number in pictures else page for number, page in enumerate(pages, start=1)]
    return _doubting(unwrapped(_SETTING.sub("", "\n".join(joined))), pictures)


def _doubting(text: str, pictures: list[int]) -> Document:
    """The text without the marks of pages that are pictures, with a doubt for each."""
    pieces = text.split(f"{_PAGE}\n")
    whole, doubts, at = "".join(pieces), [], 0
    for piece, number in zip(pieces, pictures, strict=False):
        at += len(piece)
        before = re.search(r"[^\n]{1,20}\s*\Z", whole[:at])
        words = before or re.compile(r"[^\n]{1,20}").search(whole, at)
        if words is not None:
            start, end = words.start(), words.start() + len(words[0].rstrip())
            doubts.append(Doubt(DoubtKind.PICTURE, start, end, whole[start:end], str(number)))
    return Document(whole, tuple(doubts))


# A line of its own that no text holds, while the pages are put together.
_PAGE = "\ufdd0"
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
        goes_on = (
            joined
            and bare
            and bare != _PAGE
            and last_width >= full > 0
            and joined[-1][-1:] not in _STOPS
            and not _HEAD.match(line)
        )
        if goes_on and joined[-1]:
            joined[-1] += bare
        else:
            joined.append(bare)
        last_width = len(bare)
    return "\n".join(joined)
