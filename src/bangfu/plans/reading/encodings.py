"""From bytes to text: the encodings in use, and files of which parts are in different ones."""

import re
from collections.abc import Iterator

from bangfu.plans.reading.errors import DocumentKindUnknown
from bangfu.plans.reading.found import Doubt, DoubtKind

# Characters that nearly every Chinese sentence has: the decoding that shows more of them is the right one.
_COMMON = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装"
)
_ENCODINGS = ("utf-8", "gb18030", "big5")
# Text of which so large a share is common characters is what it seems to be; chance brings forth far less.
_LIKELY = 0.4
# With broken bytes in it, text with a smaller share than this is none.
_UNLIKELY = 0.15
# Characters in UTF-8 one after the other, as Chinese texts have them: by chance no other encoding has that.
_UTF8_RUN = re.compile(rb"(?:(?:[\xe2-\xe9\xef][\x80-\xbf]{2}|\xc2[\xa0-\xbf])[\x20-\x7e]*){3,}")


def decode(content: bytes, name: str) -> tuple[str, tuple[Doubt, ...]]:
    """The text, and the parts of it that are in another encoding than the first. What nobody can read becomes one
    replacement character a byte, which the reader doubts. Raises DocumentKindUnknown for what is no text."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), ()
    if content.count(b"\0") > len(content) // 50:
        even, odd = content[0::2].count(0), content[1::2].count(0)
        if max(even, odd) > len(content) // 8:
            return content.decode("utf-16-be" if even > odd else "utf-16-le", errors="replace"), ()
        raise DocumentKindUnknown(file=name)
    if (text := _decoded(content, "utf-8")) is not None:
        return text, ()
    whole = [decoded for encoding in _ENCODINGS[1:] if (decoded := _decoded(content, encoding)) is not None]
    lines = re.split(rb"(?<=\n)", content)
    if whole and not any(_holds_utf8(line) for line in lines):
        return max(whole, key=_likeness), ()
    return _by_parts(lines, name)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _likeness(text: str) -> float:
    """The share of common characters among those that are not ASCII."""
    foreign = [character for character in text[:20000] if not character.isascii()]
    return sum(character in _COMMON for character in foreign) / max(len(foreign), 1)


def _holds_utf8(line: bytes) -> bool:
    if line.isascii():
        return False
    return _decoded(line, "utf-8") is not None or any(_is_utf8(run[0]) for run in _UTF8_RUN.finditer(line))


def _is_utf8(run: bytes) -> bool:
    text = _decoded(run, "utf-8")
    return text is not None and _likeness(text) >= _LIKELY


def _by_parts(lines: list[bytes], name: str) -> tuple[str, tuple[Doubt, ...]]:
    """Each part in the encoding that fits it; parts in another than the first are doubts."""
    found: list[str] = []
    doubts: list[Doubt] = []
    usual, at, broken = "", 0, False
    for line in lines:
        for text, encoding in _parts(line):
            broken = broken or not encoding
            if not text.isascii() and encoding:
                usual = usual or encoding
                if encoding != usual:
                    doubts.append(Doubt(DoubtKind.ENCODING, at, at + len(text), text, encoding))
            found.append(text)
            at += len(text)
    text = "".join(found)
    if broken and _likeness(text.replace("\ufffd", "")) < _UNLIKELY:
        raise DocumentKindUnknown(file=name)
    return text, tuple(doubts)


def _parts(line: bytes) -> Iterator[tuple[str, str]]:
    """The texts of a line with their encodings ("" for what none fits): one as a rule, several where runs of UTF-8
    stand beside something else."""
    if (text := _decoded(line, "utf-8")) is not None:
        yield text, "utf-8"
        return
    at = 0
    for run in _UTF8_RUN.finditer(line):
        if _is_utf8(run[0]):
            yield from _rest(line[at : run.start()])
            yield run[0].decode("utf-8"), "utf-8"
            at = run.end()
    yield from _rest(line[at:])


def _rest(part: bytes) -> Iterator[tuple[str, str]]:
    if not part:
        return
    fitting = [(text, encoding) for encoding in _ENCODINGS[1:] if (text := _decoded(part, encoding)) is not None]
    if fitting:
        yield max(fitting, key=lambda each: _likeness(each[0]))
    else:
        yield max((part.decode(each, errors="replace") for each in _ENCODINGS), key=_likeness), ""
