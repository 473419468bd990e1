"""Attachments: how long reading each kind takes, and how long the second time.

Used by bench.py.  Each file comes in ROUNDS versions that differ in a few
bytes, so that none is remembered but where that is what is measured.
"""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/extract"))
import check_extract as cases  # noqa: E402
import documents as d  # noqa: E402

ROUNDS = 5
PHOTO = """
import random, sys
from PIL import Image, ImageDraw, ImageFilter
draw_text = "Our clinic opens a new garden for all visitors in June"
noise = Image.effect_noise((1000, 750), 60).resize((4000, 3000))
photo = Image.merge("RGB", (noise, noise.rotate(180), noise)).filter(
    ImageFilter.GaussianBlur(2))
ImageDraw.Draw(photo).text((1500, 1400), draw_text, fill="white")
photo.save(sys.argv[1], quality=88)
"""


def words(rng, count):
    return " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6))
                    for _ in range(count))


def pdf_of_pages(rng, pages):
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>",
               3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
    kids = []
    for i in range(pages):
        lines = "".join(f"({words(rng, 11)}) Tj 0 -14 Td\n" for _ in range(48))
        stream = f"BT /F 11 Tf 50 740 Td\n{lines}ET".encode()
        objects[10 + 2 * i] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>>>>>" % (11 + 2 * i))
        objects[11 + 2 * i] = (b"<</Length %d>>stream\n" % len(stream) +
                               stream + b"\nendstream")
        kids.append(b"%d 0 R" % (10 + 2 * i))
    objects[2] = (b"<</Type/Pages/Kids[" + b" ".join(kids) +
                  b"]/Count %d>>" % pages)
    return d.pdf_file(objects, "")


def workbook(rng, sheets):
    members = {"xl/workbook.xml": d.XML + f"<workbook {d.S}/>"}
    for i in range(sheets):
        rows = "".join(
            f'<row r="{r}">' + "".join(
                f'<c r="{"ABCDEFGH"[c]}{r}" t="inlineStr"><is><t>'
                f"{words(rng, 1)}</t></is></c>" for c in range(8)) + "</row>"
            for r in range(1, 201))
        members[f"xl/worksheets/sheet{i + 1}.xml"] = (
            d.XML + f"<worksheet {d.S}><sheetData>{rows}</sheetData>"
            "</worksheet>")
    return d.package(members)


def large_docx(rng):
    """5 MB, most of it a film, as large documents are; 200 pages of text."""
    return d.package({
        "word/document.xml": d.XML + f"<w:document {d.W}><w:body>" +
        d.paragraphs("\n".join(words(rng, 90) for _ in range(1000))) +
        "</w:body></w:document>",
        "word/media/film.mp4": b"\0\0\0\x18ftypmp42" +
        rng.randbytes(4_600_000)})


def photo(rng, directory):
    path = os.path.join(directory, "photo.jpg")
    if not os.path.exists(path):
        subprocess.run(["/usr/bin/python3", "-c", PHOTO, path], check=True)
    with open(path, "rb") as f:
        return f.read() + rng.randbytes(8)  # behind its end


def measure(build, config, mails, directory):
    """Milliseconds of each; the reader's start is ahead, as in the milter."""
    paths = []
    for i, text in enumerate(mails):
        paths.append(os.path.join(directory, f"bench{i}.eml"))
        with open(paths[-1], "w", encoding="ascii") as f:
            f.write(text)
    done = subprocess.run([os.path.join(build, "chaperone"), "check", "-c",
                           config, "--format", "json", *paths],
                          capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(bench, table):
    print("## Attachments, ms a message\n")
    directory = bench.directory()
    os.makedirs(directory)
    rng = random.Random(7)
    kinds = (
        ("text alone", None, True), ("PDF, 20 pages",
                                     lambda: pdf_of_pages(rng, 20), True),
        ("workbook, 10 sheets", lambda: workbook(rng, 10), True),
        ("DOCX, 5 MB", lambda: large_docx(rng), True),
        ("photo, 12 megapixels", lambda: photo(rng, directory), False),
        ("the same, with OCR", lambda: photo(rng, directory), True))
    rows = []
    for name, make, ocr in kinds:
        config = cases.config(pathlib.Path(directory), "extract: {ocr: "
                              f"{'true' if ocr else 'false'}, timeout: 60s}}\n")
        files = [[] if make is None else [(make(), "application/octet-stream")]
                 for _ in range(ROUNDS + 1)]
        mails = [cases.mail(*f) for f in files]
        results = measure(bench.build, config, mails + mails[1:], directory)
        assert all(r["verdict"] == "accept" and {u["reason"] for u in
                   r["unscanned"]} <= {"unsupported"} for r in results), results
        took = [r["elapsed_us"] / 1000 for r in results]
        size = len(files[0][0][0]) / 1e6 if make else 0
        first = statistics.median(took[1:ROUNDS + 1])
        rows.append((name, f"{size:.1f}", f"{first:.1f}",
                     f"{size / first * 1000:.1f}" if make else "",
                     f"{statistics.median(took[ROUNDS + 1:]):.1f}"))
    table(["attachment", "MB", "the first time", "MB/s", "again"], *rows)
