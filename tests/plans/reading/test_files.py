"""From files to text: encodings, Word, PDF, HTML, and files that cannot be read."""

import io
import json
import zipfile
from pathlib import Path

import docx
import pylopdf_fonts_zh_cn
import pypdf
import pytest
import typst
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bangfu.commands.plan import command
from bangfu.plans.reading import errors, files
from bangfu.plans.reading.files import read_content, read_document, unwrapped
from bangfu.plans.reading.found import DoubtKind
from bangfu.plans.reading.reader import read_text

DOCUMENTS = Path(__file__).parent / "documents"
SENTENCE = "二、任务\n2022年底前新建蓄水池120口,每户补助300元。"


def pdf_of(text: str) -> bytes:
    source = f'#set page(paper: "a4")\n#set text(font: "Noto Sans SC", size: 11pt)\n{text}'
    return bytes(
        typst.compile(
            source.encode(), font_paths=[str(Path(pylopdf_fonts_zh_cn.__file__).parent)], ignore_system_fonts=True
        )
    )


def scanned() -> bytes:
    page = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(page, "PDF")
    return page.getvalue()


def word(paragraphs: list[str], rows: list[list[str]]) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if rows:
        table = document.add_table(len(rows), len(rows[0]))
        for row, cells in zip(table.rows, rows, strict=True):
            for cell, value in zip(row.cells, cells, strict=True):
                cell.text = value
        document.add_paragraph("后记")
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


@pytest.mark.req("E1")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_is_read_in_the_encodings_in_use(encoding):
    assert read_content(SENTENCE.encode(encoding), "plan.txt").text == SENTENCE


def test_a_traditional_text_in_big5_is_not_taken_for_gbk():
    text = "各鄉鎮要按照實施方案,在年底前完成貧困戶的幫扶工作,全部落實到位。" * 3
    assert read_content(text.encode("big5"), "plan.txt").text == text


def test_parts_in_different_encodings_are_all_read_and_doubted():
    first, second = "一、目标:修路30公里。\n", "二、任务:建桥2座。\n"
    document = read_content(first.encode("utf-8") + second.encode("gb18030") * 2, "plan.txt")
    assert document.text == first + second * 2
    assert [(d.kind, d.quote) for d in document.doubts] == [(DoubtKind.ENCODING, second)] * 2
    assert DoubtKind.ENCODING in {doubt.kind for doubt in read_text(document.text, document.doubts).doubts}


@pytest.mark.parametrize(
    ("other", "second"),
    [("gb18030", "二、任务：新建道路12公里，合格率达到95%。"), ("big5", "二、任務：新建道路12公里，合格率達到95%。")],
)
def test_one_line_in_two_encodings_is_read_part_by_part(other, second):
    first = "一、目标：年底前完成改厕300户。"
    for parts in ((first.encode(), second.encode(other)), (second.encode(other), first.encode())):
        document = read_content(b"".join(parts), "plan.txt")
        assert document.text in (first + second, second + first)
        assert len(document.doubts) == 1
        assert {p.number for p in read_text(document.text, document.doubts).proposals} == {300, 12, 95}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_broken_byte_costs_one_character_and_is_doubted(encoding):
    first, second = "一、目标：年底前完成改厕300户。", "二、任务：新建道路12公里。"
    document = read_content(first.encode(encoding) + b"\xff" + second.encode(encoding), "plan.txt")
    assert document.text == f"{first}\ufffd{second}"
    assert DoubtKind.MOJIBAKE in {doubt.kind for doubt in read_text(document.text, document.doubts).doubts}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["戶300，", "建座2。", "的", "abc ", "\n"]),
                          st.sampled_from(["utf-8", "gb18030", "big5", "broken"])), max_size=12))  # fmt: skip
def test_whatever_is_mixed_is_read_or_refused_and_doubts_point_at_their_words(parts):
    content = b"".join(b"\xff\xfe\x80" if how == "broken" else words.encode(how) for words, how in parts)
    try:
        document = read_content(content, "plan.txt")
    except (errors.DocumentEmpty, errors.DocumentKindUnknown):
        return
    for doubt in document.doubts:
        assert doubt.start < doubt.end
        assert document.text[doubt.start : doubt.end] == doubt.quote


def test_a_web_page_in_two_encodings_keeps_its_doubts_at_the_words_that_are_seen():
    page = "<html><body><p>修路30公里。</p>\n".encode() + "<p>建<b>桥</b>2座。</p></body></html>".encode("gb18030")
    document = read_content(page, "plan.html")
    assert document.text == "修路30公里。\n建桥2座。"
    assert [(d.quote, document.text[d.start : d.end]) for d in document.doubts] == [("建桥2座。", "建桥2座。")]


def test_line_ends_keep_their_characters_so_that_offsets_are_those_of_the_file():
    assert read_content(SENTENCE.replace("\n", "\r\n").encode(), "plan.txt").text == SENTENCE.replace("\n", "\r\n")


@pytest.mark.req("E1")
def test_a_word_document_gives_its_paragraphs_and_tables_in_their_order():
    content = word(["甲乡实施方案", "一、任务"], [["村名", "改厕(座)"], ["东村", "30"], ["合计", "30"]])
    text = read_content(content, "plan.docx").text
    assert text == "甲乡实施方案\n一、任务\n村名\t改厕(座)\n东村\t30\n合计\t30\n后记"
    assert [proposal.number for proposal in read_text(text).proposals] == [30, 30]


def test_a_word_document_gives_what_stands_inside_tags_fields_boxes_and_changes_and_not_what_was_deleted():
    run = "<w:r><w:t>{}</w:t></w:r>"
    body = (
        f"<w:p>{run.format('到')}<w:smartTag>{run.format('2022年')}</w:smartTag>"
        f"<w:ins>{run.format('改厕30户')}</w:ins>"
        "<w:del><w:r><w:delText>改厕20户</w:delText></w:r></w:del>"
        f"<w:moveFrom>{run.format('建桥9座')}</w:moveFrom></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{run.format('修路5公里')}</w:p></w:sdtContent></w:sdt>"
        "<w:p><mc:AlternateContent><mc:Choice><w:txbxContent><w:p>" + run.format("框内文字") + "</w:p></w:txbxContent>"
        "</mc:Choice><mc:Fallback><w:txbxContent><w:p>" + run.format("框内文字") + "</w:p></w:txbxContent>"
        "</mc:Fallback>"
        "</mc:AlternateContent><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t>前</w:t><w:tab/>"
        "<w:t>后</w:t><w:br/><w:t>行</w:t><w:br w:type='page'/><w:noBreakHyphen/></w:r></w:p>"
        "<w:tbl><w:sdt><w:sdtContent><w:tr><w:tc><w:p>" + run.format("东") + "</w:p><w:p>" + run.format("村") + "</w:p>"
        "</w:tc><w:tc><w:tbl><w:tr><w:tc><w:p>" + run.format("3") + "</w:p></w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr>"
        "</w:sdtContent></w:sdt></w:tbl>"
    )  # fmt: skip
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="{}"'.format(
        "http://schemas.openxmlformats.org/markup-compatibility/2006"
    )
    packed, made = io.BytesIO(), io.BytesIO(word(["甲"], []))
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            document = entry.filename == "word/document.xml"
            content = f"<w:document {space}><w:body>{body}</w:body></w:document>" if document else old.read(entry)
            new.writestr(entry, content)
    text = read_content(packed.getvalue(), "plan.docx").text
    assert text.split("\n") == ["到2022年改厕30户", "修路5公里", "前\t后", "行-", "框内文字", "东 村\t3"]


def test_a_word_table_of_ten_thousand_cells_is_read_whole():
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{n}</w:t></w:r></w:p></w:tc>" for n in range(1, 20))
    rows = "".join(
        f"<w:tr><w:tc><w:p><w:r><w:t>第{n}村</w:t></w:r></w:p></w:tc>{cells}</w:tr>" for n in range(500)
    )  # fmt: skip
    head = "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ["村名", *["改厕(座)"] * 19])
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f"<w:document {space}><w:body><w:tbl><w:tr>{head}</w:tr>{rows}</w:tbl></w:body></w:document>"
    packed, made = io.BytesIO(), io.BytesIO(word(["甲"], []))
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, body if entry.filename == "word/document.xml" else old.read(entry))
    text = read_content(packed.getvalue(), "plan.docx").text
    assert text.count("\n") == 500
    assert text.count("\t") == 501 * 19


@pytest.mark.req("E1")
def test_a_pdf_gives_its_text_with_broken_lines_joined():
    sentence = "为改善全镇群众生产生活条件," * 6 + "2022年底前计划新建集中供水点16处,改造管网24公里。"
    text = read_content(pdf_of(f"一、任务\n\n{sentence}\n\n二、要求\n\n每月调度1次。"), "plan.pdf").text
    assert sentence in text
    assert "\n二、要求\n" in text
    assert [(p.number, p.unit) for p in read_text(text).proposals] == [(16, "处"), (24, "公里"), (1, "次")]


def test_pages_that_are_pictures_among_others_are_doubted_with_their_numbers():
    writer = pypdf.PdfWriter()
    for part in (
        scanned(),
        pdf_of("一、任务\n\n新建水窖40口。"),
        scanned(),
        pdf_of("二、要求\n\n每月调度1次。"),
        scanned(),
    ):
        writer.append(io.BytesIO(part))
    packed = io.BytesIO()
    writer.write(packed)
    document = read_content(packed.getvalue(), "plan.pdf")
    assert [(d.kind, d.suggestion) for d in document.doubts] == [(DoubtKind.PICTURE, page) for page in "135"]
    assert [d.quote for d in document.doubts] == ["一、任务", "新建水窖40口。", "每月调度1次。"]
    assert all(document.text[d.start : d.end] == d.quote for d in document.doubts)
    assert [p.number for p in read_text(document.text, document.doubts).proposals] == [40, 1]


def test_only_lines_as_wide_as_the_page_are_joined():
    assert (
        unwrapped("甲" * 30 + "\n乙乙\n" + "丙" * 29 + "。\n一、丁") == "甲" * 30 + "乙乙\n" + "丙" * 29 + "。\n一、丁"
    )
    assert unwrapped("标题\n" + "甲" * 30 + "\n二、乙") == "标题\n" + "甲" * 30 + "\n二、乙"
    assert unwrapped("") == ""


@pytest.mark.req("E1")
def test_a_web_page_gives_what_is_seen_of_it():
    page = (
        "<!DOCTYPE html><html><head><title>x</title><style>p{}</style></head><body><script>var a='修路9公里';</script>"
        "<h1>一、任务</h1><p>合格率&ge;95%,<b>新建</b>水窖\n 40口。</p>"
        "<table><tr><th>村名</th><th>改厕(座)</th></tr>\n<tr><td>东村</td><td>30</td></tr></table></body></html>"
    )
    text = read_content(page.encode("gb18030"), "plan.html").text
    assert text == "一、任务\n合格率≥95%,新建水窖 40口。\n村名\t改厕(座)\n东村\t30"


def locked_pdf() -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(scanned()))
    writer.encrypt("secret", algorithm="RC4-128")
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.req("E1")
@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"", "plan.txt", errors.DocumentEmpty),
        (b" \r\n\n ", "plan.txt", errors.DocumentEmpty),
        (word([""], []), "plan.docx", errors.DocumentEmpty),
        (scanned(), "plan.pdf", errors.DocumentScanned),
        (locked_pdf(), "plan.pdf", errors.DocumentLocked),
        (OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), "plan.docx", errors.DocumentLocked),
        (OLE + b"\0" * 512, "plan.doc", errors.DocumentKindUnknown),
        (word(["甲"], [])[:900], "plan.docx", errors.DocumentDamaged),
        (b"%PDF-1.7\nnothing", "plan.pdf", errors.DocumentDamaged),
        (bytes(range(256)) * 40, "plan.txt", errors.DocumentKindUnknown),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(content, name, error):
    with pytest.raises(error) as refused:
        read_content(content, name)
    assert name in refused.value.message


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path, monkeypatch):
    small = files.limits().model_copy(update={"file_megabytes": 1})
    monkeypatch.setattr(files, "limits", lambda: small)
    file = tmp_path / "plan.txt"
    file.write_bytes(b"x" * (2 * 1024 * 1024))
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("read"))
    with pytest.raises(errors.DocumentTooLarge):
        read_document(file)


def test_a_word_file_that_unfolds_beyond_all_measure_is_refused(monkeypatch):
    small = files.limits().model_copy(update={"unfolded_megabytes": 1})
    monkeypatch.setattr(files, "limits", lambda: small)
    with pytest.raises(errors.DocumentTooLarge):
        read_content(word(["改厕" * 400000], []), "plan.docx")


def test_a_text_that_is_too_long_is_refused_with_the_number_of_its_characters(monkeypatch):
    short = files.limits().model_copy(update={"characters": 10})
    monkeypatch.setattr(files, "limits", lambda: short)
    with pytest.raises(errors.DocumentTooLong) as refused:
        read_content("修路三公里,建桥两座,改厕九户。".encode(), "plan.txt")
    assert refused.value.facts["count"] == 16


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(errors.DocumentMissing):
        read_document(tmp_path / "none.txt")


@pytest.mark.req("E1")
def test_the_command_prints_a_line_of_json_for_each_proposal(tmp_path):
    file = tmp_path / "107-plan.txt"
    file.write_bytes(SENTENCE.encode("gb18030"))
    answer = CliRunner().invoke(command, ["read", str(file)], catch_exceptions=False)
    assert answer.exit_code == 0
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [(line["doc"], line["number"], line["unit"], line["kind"]) for line in lines] == [
        ("107", 120.0, "口", "target"),
        ("107", 300.0, "元/户", "standard"),
    ]
    assert lines[0]["deadline"] == "2022" and lines[0]["cadence"] is None
    assert all(SENTENCE[line["start"] : line["end"]] == line["quote"] for line in lines)


def test_the_command_says_in_a_sentence_why_a_file_is_refused(tmp_path):
    file = tmp_path / "empty.txt"
    file.write_bytes(b"")
    answer = CliRunner().invoke(command, ["read", str(file)], catch_exceptions=False)
    assert answer.exit_code == 1
    assert "PLA-102" in answer.output and "empty.txt" in answer.output


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (scanned(), "扫描.pdf", "PLA-105"),
        (OLE + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"), "密码.docx", "PLA-104"),
        (b"x" * (2 << 20), "很大.txt", "PLA-103"),
    ],
)
def test_the_command_refuses_with_the_code_of_what_is_wrong_and_leaves_the_file(
    content, name, code, tmp_path, monkeypatch
):
    small = files.limits().model_copy(update={"file_megabytes": 1})
    monkeypatch.setattr(files, "limits", lambda: small)
    file = tmp_path / name
    file.write_bytes(content)
    answer = CliRunner().invoke(command, ["read", str(file)], catch_exceptions=False)
    assert answer.exit_code == 1
    assert code in answer.output and name in answer.output
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [
    "<html><body><p>一、任务</p><p>到2022年新建水窖40口。</p></body></html>".encode("gb18030"),
    "一、任務\n到2022年新建水窖40口。".encode("big5"), "一、任務\n到2022年新建水窖40口。".encode(),
])  # fmt: skip
def test_the_command_reads_web_pages_old_encodings_and_traditional_characters(content, tmp_path):
    file = tmp_path / ("plan.html" if content.startswith(b"<") else "plan.txt")
    file.write_bytes(content)
    answer = CliRunner().invoke(command, ["read", str(file)], catch_exceptions=False)
    [line] = [json.loads(line) for line in answer.stdout.splitlines()]
    assert (line["number"], line["unit"], line["deadline"]) == (40.0, "口", "2022")


def test_the_command_lists_doubts_differences_and_the_text_as_well():
    file = str(DOCUMENTS / "109-broken-text.txt")
    doubts = CliRunner().invoke(command, ["read", file, "--what", "doubts"], catch_exceptions=False).stdout
    assert {"masked", "scrap", "spun"} <= {json.loads(line)["doubt"] for line in doubts.splitlines()}
    whole = json.loads(CliRunner().invoke(command, ["read", file, "--json"], catch_exceptions=False).stdout)
    assert set(whole) == {"doc", "documents", "headings", "proposals", "differences", "doubts"}
    text = CliRunner().invoke(command, ["read", file, "--what", "text"], catch_exceptions=False).stdout
    assert text.startswith("平安县")
