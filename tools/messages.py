"""The texts of the program and their translations.

    python -m tools.messages extract    new texts of the program go into both catalogues, vanished ones leave them
    python -m tools.messages missing    the texts that have no translation yet
    python -m tools.messages compile    writes the .mo files that the program reads

Texts are written in Simplified Chinese in the program itself. English is translated by hand. Traditional Chinese is
converted (OpenCC) unless an entry carries the translator's comment “手工”, which keeps it as it was written.
"""

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import opencc
import polib
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "src" / "bangfu"
LOCALE = PROGRAM / "locale"
CATALOGUES = {"en": "English", "zh_Hant": "繁體中文"}
PLURALS = {"en": "nplurals=2; plural=(n != 1);", "zh_Hant": "nplurals=1; plural=0;"}
BY_HAND = "手工"

KEYWORDS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], (1,)),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}

Key = tuple[str, str]


@dataclass
class Message:
    """A text of the program: its context, plural form if it has one, and the files that use it."""

    text: str
    plural: str = ""
    context: str = ""
    files: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return (self.context, self.text)


def _texts(source: str) -> Iterator[tuple[str, list[str]]]:
    """Every call of a translating function in Python source: its name and its literal arguments."""
    found = extract_python(io.BytesIO(source.encode()), KEYWORDS, [], {"encoding": "utf-8"})
    for _line, function, arguments, _comments in found:
        texts = arguments if isinstance(arguments, tuple | list) else [arguments]
        yield str(function), [text for text in texts if isinstance(text, str)]


def _template_source(text: str, name: str) -> str:
    """A template as Python source in which only its texts are left. Its indentation means nothing."""
    return "\n".join(line.lstrip() for line in templatize(text, origin=name).splitlines())


def messages_of(source: str, name: str) -> list[Message]:
    """The texts of one file, in order. `name` decides how it is read (.html or .py)."""
    found = []
    for function, texts in _texts(_template_source(source, name) if name.endswith(".html") else source):
        wanted = KEYWORDS[function]
        if len(texts) < len(wanted):
            continue  # not a literal: `_(self.what)`
        context = texts.pop(0) if isinstance(wanted[0], tuple) else ""
        if texts[0]:
            plural = texts[1] if function.startswith("n") else ""
            found.append(Message(texts[0], plural, context, [name]))
    return found


def messages(program: Path = PROGRAM) -> dict[Key, Message]:
    """Every text of the program, by context and text, files in alphabetical order."""
    found: dict[Key, Message] = {}
    for file in sorted(program.rglob("*")):
        if file.suffix not in (".py", ".html") or "migrations" in file.parts:
            continue
        name = file.relative_to(program).as_posix()
        for message in messages_of(file.read_text(encoding="utf-8"), name):
            known = found.setdefault(message.key, message)
            known.plural = known.plural or message.plural
            if name not in known.files:
                known.files.append(name)
    return found


def catalogue_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> polib.POFile:
    """The catalogue as it stands; an empty one when there is none yet."""
    file = catalogue_file(language)
    if file.exists():
        return polib.pofile(str(file), wrapwidth=110)
    return polib.POFile(wrapwidth=110)


def key_of(entry: polib.POEntry) -> Key:
    return (entry.msgctxt or "", entry.msgid)


def merge(catalogue: polib.POFile, wanted: dict[Key, Message], language: str) -> polib.POFile:
    """A catalogue of exactly the wanted texts, with the translations that the old one had."""
    old = {key_of(entry): entry for entry in catalogue if not entry.obsolete}
    merged = polib.POFile(wrapwidth=110)
    merged.metadata = {
        "Project-Id-Version": "bangfu",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    forms = 2 if language == "en" else 1
    for key, message in wanted.items():
        entry = polib.POEntry(
            msgid=message.text, msgctxt=message.context or None, occurrences=[(f, "") for f in message.files]
        )
        before = old.get(key)
        entry.tcomment = before.tcomment if before else ""
        if message.plural:
            entry.msgid_plural = message.plural
            kept = before.msgstr_plural if before else {}
            entry.msgstr_plural = {form: kept.get(form, "") for form in range(forms)}
        else:
            entry.msgstr = before.msgstr if before else ""
        if language == "zh_Hant" and BY_HAND not in entry.tcomment:
            _convert(entry)
        merged.append(entry)
    return merged


_traditional = opencc.OpenCC("s2tw")


def _convert(entry: polib.POEntry) -> None:
    if entry.msgid_plural:
        entry.msgstr_plural = {0: _traditional.convert(entry.msgid_plural)}
    else:
        entry.msgstr = _traditional.convert(entry.msgid)


def untranslated(catalogue: polib.POFile) -> list[polib.POEntry]:
    """Entries without a translation, or with one for only some of their plural forms."""
    return [
        entry for entry in catalogue if not (all(entry.msgstr_plural.values()) if entry.msgid_plural else entry.msgstr)
    ]


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
def extract() -> None:
    """Bring both catalogues up to the texts of the program."""
    wanted = messages()
    for language in CATALOGUES:
        file = catalogue_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        merged = merge(read(language), wanted, language)
        merged.save(str(file))
        click.echo(f"{language}: {len(merged)} texts, {len(untranslated(merged))} untranslated")


@main.command()
def missing() -> None:
    """List the texts that have no translation yet; exit code 1 when there are any."""
    count = 0
    for language in CATALOGUES:
        for entry in untranslated(read(language)):
            click.echo(f"{language}\t{entry.occurrences[0][0] if entry.occurrences else ''}\t{entry.msgid!r}")
            count += 1
    sys.exit(1 if count else 0)


@main.command("compile")
def compile_catalogues() -> None:
    """Write the .mo files."""
    for language in CATALOGUES:
        read(language).save_as_mofile(str(catalogue_file(language).with_suffix(".mo")))
        click.echo(f"{language}: compiled")


if __name__ == "__main__":
    main()
