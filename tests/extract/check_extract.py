"""Documents attached to a post, judged by `chaperone check`.

    check_extract.py BUILD [--matrix]

A matrix: each format clean, with a patient's number where everybody looks,
and only where nobody looks; encrypted, cut short, and built to explode.  The
files are built by hand (documents.py), where each byte counts, and by the
programs that people use (producers.py; kept in build/extract-files).
--matrix prints each row: expected, got.
Ends with "extract: N passed, N failed".
"""
import base64
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import documents as d

ROOT = pathlib.Path(__file__).resolve().parents[2]
SSN = "Our patient Maria Lopez, SSN 512-34-6789."
CLEAN = ("Flu shots are here on Tuesday from nine to five.\n"
         "Bring a friend and your card.")
ROWS = [["Day", "Room"], ["Tuesday", "Two"]]
SSN_ROWS = [["Name", "SSN"], ["Maria Lopez", "512-34-6789"]]
ENCRYPTED, DAMAGED = {"encrypted"}, {"damaged"}
LIMIT, UNSUPPORTED = {"limit"}, {"unsupported"}

HEAD = ("From: Anna Field <anna@practice.example>\n"
        "To: kavo1@post.wordpress.com\nSubject: News from the practice\n"
        "Date: Tue, 3 Nov 2026 09:00:00 -0500\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=B\n\n--B\n"
        "Content-Type: text/plain\n\n"
        "The office is closed on Friday. Have a good week.\n")


def mail(*attached):
    """attached: (bytes, declared type) each."""
    return HEAD + "".join(
        f"--B\nContent-Type: {kind}; name=file.bin\n"
        "Content-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(data).decode()}" for data, kind in attached
    ) + "--B--\n"


def config(directory, extra=""):
    """Rules of this tree, compiled once, without the classifier."""
    cache, site = directory / "cache", directory / "site"
    for place in (cache, site):
        place.mkdir(mode=0o700, exist_ok=True)
    (cache / "key").write_text("a key of the tests alone\n")
    (site / "site.yaml").write_text(
        "overlay: site\nclassifier: {hold: 100, tag: 100, spare: 0}\n")
    path = directory / f"chaperone{len(list(directory.iterdir()))}.yaml"
    path.write_text(f"rules: {{paths: ['{ROOT}/rules', '{site}'], "
                    f"cache: '{cache}'}}\n"
                    f"gateways: {{files: ['{ROOT}/conf/gateways.yaml']}}\n"
                    f"store: {{key_file: '{cache}/key'}}\n{extra}")
    return path


class Judge:
    def __init__(self, build, directory):
        self.program = build / "chaperone"
        self.directory = directory
        self.config = config(directory)

    def all(self, texts, settings=None):
        """One process for many posts; results in their order."""
        paths = []
        for i, text in enumerate(texts):
            paths.append(self.directory / f"post{i}.eml")
            paths[-1].write_bytes(text if isinstance(text, bytes)
                                  else text.encode())
        done = subprocess.run(
            [self.program, "check", "-c", settings or self.config, "--format",
             "json", *paths], capture_output=True, text=True, timeout=1200)
        results = [json.loads(line) for line in done.stdout.splitlines()]
        for path, result in zip(paths, results, strict=True):
            result["stderr"] = done.stderr
            path.unlink()
        return results

    def __call__(self, text, settings=None):
        return self.all([text], settings)[0]


def reasons(result):
    return {u["reason"] for u in result["unscanned"]}


def rules(result):
    return {f["rule"] for f in result["findings"]}


# name, bytes; nothing is found, nothing is left unread.
CLEAN_FILES = (
    ("pdf", lambda: d.pdf(CLEAN)),
    ("pdf without compression", lambda: d.pdf(CLEAN, compressed=False)),
    ("pdf that may not be printed", lambda: d.owner_locked_pdf(CLEAN)),
    ("pdf with a picture", lambda: d.pdf(CLEAN, picture=True)),
    ("docx", lambda: d.docx(CLEAN, keywords="flu, autumn")),
    ("xlsx", lambda: d.xlsx(ROWS)),
    ("pptx", lambda: d.pptx(CLEAN)),
    ("odt", lambda: d.odt(CLEAN)),
    ("ods", lambda: d.ods(ROWS)),
    ("odp", lambda: d.odp(CLEAN)),
    ("rtf", lambda: d.rtf(CLEAN)),
    ("zip", lambda: d.zipped({"fair.txt": CLEAN})),
    ("zip of nothing", lambda: d.zipped({})),
    ("tar", lambda: d.tar({"fair.txt": CLEAN.encode()})),
    ("tar.gz", lambda: d.tar({"fair.txt": CLEAN.encode()}, "w:gz")),
    ("gz", lambda: d.gz(CLEAN.encode())),
    ("7z", lambda: d.seven_zip({"fair.txt": CLEAN.encode()})),
    ("eml", lambda: d.eml(CLEAN)),
    ("tnef", lambda: d.tnef(CLEAN, rtf_text=CLEAN, attachment=CLEAN.encode())),
    ("msg", lambda: d.msg_file(CLEAN, attachment=CLEAN.encode())),
    ("csv", lambda: b"Day,Room\nTuesday,Two\n"),
    ("xml", lambda: b"<?xml version='1.0'?>\n<a><b>Tuesday</b></a>\n"),
    ("html", lambda: b"<html><body><p>Tuesday</p></body></html>"),
    ("png", d.png),
    ("jpeg", lambda: d.JPEG),
    ("heic", d.heif),
    ("avif", lambda: d.heif("a.avif")),
)

# name, bytes, where the number is found.
PLANTED = (
    ("pdf", lambda: d.pdf(SSN), "attachment"),
    ("pdf without compression", lambda: d.pdf(SSN, compressed=False),
     "attachment"),
    ("pdf with object streams", lambda: d.object_stream_pdf(SSN),
     "attachment"),
    ("pdf that may not be printed", lambda: d.owner_locked_pdf(SSN),
     "attachment"),
    ("pdf annotation", lambda: d.pdf(CLEAN, annotation=SSN), "attachment"),
    ("pdf form field", lambda: d.pdf(CLEAN, field=SSN), "attachment"),
    ("pdf keywords", lambda: d.pdf(CLEAN, info=SSN), "metadata"),
    ("pdf attached file", lambda: d.pdf(CLEAN, attached=SSN.encode()),
     "attachment"),
    ("pdf layer switched off", lambda: d.pdf(CLEAN, hidden_layer=SSN),
     "attachment"),
    ("docx, in two runs", lambda: d.docx(SSN), "attachment"),
    ("docx comment", lambda: d.docx(CLEAN, comment=SSN), "attachment"),
    ("docx deleted text", lambda: d.docx(CLEAN, deleted=SSN), "hidden"),
    ("docx header", lambda: d.docx(CLEAN, header=SSN), "attachment"),
    ("docx footnote", lambda: d.docx(CLEAN, footnote=SSN), "attachment"),
    ("docx keywords", lambda: d.docx(CLEAN, keywords=SSN), "metadata"),
    ("docx text for a picture", lambda: d.docx(CLEAN, alt=SSN), "alt"),
    ("docx link", lambda: d.docx(
        CLEAN, link="https://x.example/?patient=Maria+Lopez&ssn=512-34-6789"),
     "link"),
    ("docx with a workbook inside",
     lambda: d.docx(CLEAN, embedded=d.xlsx(SSN_ROWS)), "attachment"),
    ("xlsx", lambda: d.xlsx(SSN_ROWS), "attachment"),
    ("xlsx hidden sheet", lambda: d.xlsx(ROWS, hidden=SSN_ROWS), "attachment"),
    ("xlsx comment", lambda: d.xlsx(ROWS, comment=SSN), "attachment"),
    ("xlsx keywords", lambda: d.xlsx(ROWS, keywords=SSN), "metadata"),
    ("xlsx string of no cell", lambda: d.xlsx(ROWS, unused=SSN), "hidden"),
    ("xlsx pivot cache",
     lambda: d.xlsx(ROWS, pivot=["Maria Lopez", "SSN", "512-34-6789"]),
     "hidden"),
    ("pptx", lambda: d.pptx(SSN), "attachment"),
    ("pptx notes", lambda: d.pptx(CLEAN, notes=SSN), "attachment"),
    ("pptx comment", lambda: d.pptx(CLEAN, comment=SSN), "attachment"),
    ("pptx keywords", lambda: d.pptx(CLEAN, keywords=SSN), "metadata"),
    ("odt", lambda: d.odt(SSN), "attachment"),
    ("odt comment", lambda: d.odt(CLEAN, comment=SSN), "attachment"),
    ("odt deleted text", lambda: d.odt(CLEAN, deleted=SSN), "hidden"),
    ("odt header", lambda: d.odt(CLEAN, header=SSN), "attachment"),
    ("odt keywords", lambda: d.odt(CLEAN, keywords=SSN), "metadata"),
    ("ods", lambda: d.ods(SSN_ROWS), "attachment"),
    ("ods second sheet", lambda: d.ods(ROWS, hidden=SSN_ROWS), "attachment"),
    ("odp", lambda: d.odp(SSN), "attachment"),
    ("odp notes", lambda: d.odp(CLEAN, notes=SSN), "attachment"),
    ("rtf", lambda: d.rtf(SSN), "attachment"),
    ("rtf comment", lambda: d.rtf(CLEAN, comment=SSN), "attachment"),
    ("rtf hidden text", lambda: d.rtf(CLEAN, hidden=SSN), "hidden"),
    ("rtf keywords", lambda: d.rtf(CLEAN, info=SSN), "metadata"),
    ("rtf unknown group", lambda: d.rtf(CLEAN, unknown=SSN), "hidden"),
    ("rtf behind its end", lambda: d.rtf(CLEAN, behind=SSN), "hidden"),
    ("zip", lambda: d.zipped({"a.txt": SSN}), "attachment"),
    ("csv whose column says what it is", lambda: (
        b"Room,Patient SSN\n2,512346789\n"), "attachment"),
    ("zip, name of a member", lambda: d.zipped({f"{SSN}.txt": CLEAN}),
     "filename"),
    ("zip with a name that climbs", lambda: d.zipped(
        {"../../../../tmp/chaperone-climbed.txt": SSN}), "attachment"),
    ("zip of html", lambda: d.zipped(
        {"a": f"<html><body><p hidden>{SSN}</p></body></html>"}), "hidden"),
    ("zip in zip in zip", lambda: d.nested_zip(SSN.encode(), 3), "attachment"),
    ("zip of a pdf", lambda: d.zipped({"a.pdf": d.pdf(SSN)}), "attachment"),
    ("zip behind a picture", lambda: d.png() + d.zipped({"a.txt": SSN}),
     "attachment"),
    ("tar", lambda: d.tar({"a.txt": SSN.encode()}), "attachment"),
    ("tar.gz", lambda: d.tar({"a.txt": SSN.encode()}, "w:gz"), "attachment"),
    ("tar.xz", lambda: d.tar({"a.txt": SSN.encode()}, "w:xz"), "attachment"),
    ("gz", lambda: d.gz(SSN.encode()), "attachment"),
    ("7z", lambda: d.seven_zip({"a.txt": SSN.encode()}), "attachment"),
    ("eml", lambda: d.eml(SSN), "attachment"),
    ("eml with a docx", lambda: d.eml(CLEAN, d.docx(SSN)), "attachment"),
    ("eml subject", lambda: d.eml(CLEAN, subject=SSN), "attachment"),
    ("tnef", lambda: d.tnef(SSN), "attachment"),
    ("tnef subject", lambda: d.tnef(CLEAN, subject=SSN), "attachment"),
    ("tnef, formatted text", lambda: d.tnef(CLEAN, rtf_text=SSN), "attachment"),
    ("tnef with a docx", lambda: d.tnef(CLEAN, attachment=d.docx(SSN)),
     "attachment"),
    ("tnef, name of a file", lambda: d.tnef(
        CLEAN, attachment=CLEAN.encode(), name=f"{SSN}.txt"), "filename"),
    ("tnef in a tnef", lambda: d.tnef(CLEAN, inner=d.tnef(SSN)), "attachment"),
    ("msg", lambda: d.msg_file(SSN), "attachment"),
    ("msg of 20,000 words", lambda: d.msg_file(f"{CLEAN} " * 2000 + SSN),
     "attachment"),
    ("msg subject", lambda: d.msg_file(CLEAN, subject=SSN), "attachment"),
    ("msg, formatted text", lambda: d.msg_file(CLEAN, rtf_text=SSN),
     "attachment"),
    ("msg, formatted text that is not packed", lambda: d.msg_file(
        CLEAN, rtf_text=SSN, packed=False), "attachment"),
    ("msg note", lambda: d.msg_file(CLEAN, note=SSN), "metadata"),
    ("msg with a docx", lambda: d.msg_file(CLEAN, attachment=d.docx(SSN)),
     "attachment"),
    ("msg, name of a file", lambda: d.msg_file(
        CLEAN, attachment=CLEAN.encode(), name=f"{SSN}.txt"), "filename"),
    ("msg in a msg", lambda: d.msg_file(CLEAN, inner=d.msg(
        CLEAN, attachment=SSN.encode())), "attachment"),
    ("utf-16 text", lambda: SSN.encode("utf-16"), "attachment"),
    ("xml", lambda: f"<?xml version='1.0'?>\n<a><b>{SSN}</b></a>".encode(),
     "attachment"),
    ("xml with a document type", lambda: (
        f"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY s '{SSN}'>]>"
        "<a>&s;</a>").encode(), "attachment"),
    ("photo caption", lambda: d.photo(f"-IPTC:Caption-Abstract={SSN}"),
     "metadata"),
    ("photo description", lambda: d.photo(f"-XMP-dc:Description={SSN}"),
     "metadata"),
    ("photo comment", lambda: d.photo(f"-Comment={SSN}"), "metadata"),
    ("png description", lambda: d.photo(f"-XMP-dc:Description={SSN}",
                                        data=d.png(), name="a.png"),
     "metadata"),
    ("heic description", lambda: d.photo(
        f"-XMP-dc:Description={SSN}", data=d.heif(), name="a.heic"),
     "metadata"),
    ("heic comment", lambda: d.photo(
        f"-EXIF:UserComment={SSN}", data=d.heif(), name="a.heic"), "metadata"),
    ("avif description", lambda: d.photo(
        f"-XMP-dc:Description={SSN}", data=d.heif("a.avif"), name="a.avif"),
     "metadata"),
)


def truncated(data):
    return data[:len(data) * 2 // 3]


# name, bytes, reasons that must be told: held, at least.
UNREAD = (
    ("pdf encrypted", lambda: d.encrypted_pdf(CLEAN), ENCRYPTED),
    ("ooxml encrypted", d.encrypted_ooxml, ENCRYPTED),
    ("odt encrypted", lambda: d.odt(CLEAN, secret=True), ENCRYPTED),
    ("zip encrypted", lambda: d.encrypted_zip({"a.txt": CLEAN.encode()}),
     ENCRYPTED),
    ("zip encrypted in a zip", lambda: d.zipped(
        {"b.zip": d.encrypted_zip({"a.txt": CLEAN.encode()})}), ENCRYPTED),
    ("7z encrypted", lambda: d.seven_zip({"a.txt": CLEAN.encode()},
                                         "-psecret"), ENCRYPTED),
    ("7z with encrypted names", lambda: d.seven_zip(
        {"a.txt": CLEAN.encode()}, "-psecret", "-mhe=on"), ENCRYPTED),
    ("docx truncated", lambda: truncated(d.docx(CLEAN * 50)), DAMAGED),
    ("zip truncated", lambda: truncated(d.zipped({"a.txt": os.urandom(9000)})),
     DAMAGED),
    ("7z truncated", lambda: truncated(
        d.seven_zip({"a.txt": os.urandom(9000)})), DAMAGED),
    ("tar.gz truncated", lambda: truncated(
        d.tar({"a.txt": os.urandom(9000)}, "w:gz")), DAMAGED),
    ("tnef truncated", lambda: truncated(d.tnef(
        CLEAN, attachment=os.urandom(9000))), DAMAGED),
    ("tnef that says another sum", lambda: d.tnef(CLEAN)[:-1] + b"\x99",
     DAMAGED),
    ("msg truncated", lambda: d.msg_file(CLEAN)[:600], UNSUPPORTED),
    ("msg with a locked zip", lambda: d.msg_file(
        CLEAN, attachment=d.encrypted_zip({"a.txt": CLEAN.encode()})),
     ENCRYPTED),
    ("rtf truncated", lambda: truncated(d.rtf(CLEAN)), DAMAGED),
    ("pdf of its head alone", lambda: b"%PDF-1.7\nnothing", DAMAGED),
    ("docx with a document type", lambda: d.package(
        {"word/document.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
     DAMAGED),
    ("word before 2007", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" +
     b"\1" * 2000, UNSUPPORTED),
    ("program in a zip", lambda: d.zipped(
        {"a.exe": b"MZ\x90\0\3\0\0\0" + os.urandom(500)}), UNSUPPORTED),
    ("zip that holds itself", d.quine_zip, LIMIT),
    ("six zips deep", lambda: d.nested_zip(CLEAN.encode(), 6), LIMIT),
    ("zip of 6,000 members", lambda: d.zipped(
        {f"{i}.txt": "" for i in range(6000)}), LIMIT),
    ("zip of zeros", lambda: d.zipped({"a": bytes(300 << 20)}), LIMIT),
    ("zip of zips of zeros", lambda: d.zipped(
        {f"{i}.zip": d.zipped({"a": bytes(20 << 20)}) for i in range(20)}),
     LIMIT),
    ("gz of zeros", lambda: d.gz(bytes(300 << 20)), LIMIT),
    ("docx of blanks", lambda: d.package(
        {"word/document.xml": b"<a>" + b" " * (100 << 20) + b"</a>"}), LIMIT),
    ("zip whose members overlap", lambda: d.overlapping_zip(1000, 4 << 20),
     UNSUPPORTED),
    ("pdf of 100,000 pages", lambda: d.many_pages_pdf(100000), LIMIT),
    # Found by fuzzing: poppler 22.12 dies of it (NULL in its attachments).
    ("pdf that crashes its reader", lambda: (ROOT / "tests/extract/crash.pdf"
                                             ).read_bytes(), DAMAGED),
    ("docx with a file of ours", lambda: d.package(
        {"word/document.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/'
         'passwd">]><a>&b;</a>'}), DAMAGED),
    ("png of 60,000 by 60,000", lambda: d.huge_png(60000), LIMIT),
    ("jpeg of 60,000 by 60,000", lambda: d.huge_jpeg(60000), LIMIT),
    ("bmp of 60,000 by 60,000", lambda: d.huge_bmp(60000), DAMAGED),
    ("gif of 60,000 by 60,000", lambda: d.huge_gif(60000), DAMAGED),
    ("webp of 60,000 by 60,000", lambda: d.huge_webp(60000), DAMAGED),
    ("tiff of 60,000 by 60,000", lambda: d.huge_tiff(60000), LIMIT),
    ("tiff of 60,000 by 60,000 in a zip", lambda: d.zipped(
        {"a.tiff": d.huge_tiff(60000)}), LIMIT),
    ("heic of 60,000 by 60,000", lambda: d.huge_heif(60000), LIMIT),
    ("avif of 60,000 by 60,000", lambda: d.huge_heif(60000, "a.avif"), LIMIT),
    ("heic of 16,000 by 16,000", lambda: d.huge_heif(16000), LIMIT),
    ("heic truncated", lambda: truncated(d.heif()), DAMAGED),
    ("heic of its head alone", lambda: d.heif()[:40], DAMAGED),
    ("rtf of 100,000 groups", lambda: b"{\\rtf1 " + b"{" * 100000, LIMIT),
)

LAUGHS = ("<?xml version='1.0'?>\n<!DOCTYPE l [<!ENTITY a0 'ha'>" +
          "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>"
                  for i in range(1, 15)) + "]><l>&a14;</l>")

MEDICAL = (
    ("dicom", d.dicom), ("hl7", lambda: d.HL7), ("cda", lambda: d.CDA),
    ("fhir json", lambda: d.FHIR_JSON), ("fhir xml", lambda: d.FHIR_XML),
    ("x12 claim", lambda: d.X12),
    ("ncpdp script", lambda: d.SCRIPT), ("ncpdp script 10.6",
                                         lambda: d.OLD_SCRIPT),
    ("ncpdp script, edifact", lambda: d.SCRIPT_EDIFACT),
    ("ncpdp claim", lambda: d.TELECOM),
    ("ncpdp batch", lambda: d.TELECOM_BATCH),
    ("ncpdp script in a zip", lambda: d.zipped({"a.xml": d.SCRIPT})),
    ("dicom in a zip", lambda: d.zipped({"IM0001": d.dicom()})),
    ("hl7 in a mail", lambda: d.eml(CLEAN, d.HL7)),
)

NO_MEDICAL = (
    ("json", b'{"resourceType": "Poster", "id": 1}'),
    ("x12 invoice", d.X12.replace(b"GS*HC", b"GS*IN").replace(b"837", b"810")),
    ("words", b"MSH is short for message header.\n"),
    ("xml message", b'<?xml version="1.0"?>\n<Message lang="JavaScript"/>\n'),
    ("records", b"A list of 51 things, parted:" + b"\x1e\x1cXM01\x1cAB\n"),
)


PATIENTS = [["Patient", "MRN", "DOB", "Insurance", "Diagnosis"],
            ["Lopez, M.", "77", "19700101", "Acme", "J45"]]


def csv(rows, separator=","):
    return "".join(separator.join(f'"{c}"' for c in row) + "\n"
                   for row in rows).encode()


# name, bytes; exports of patients, whatever their cells say.
LISTS = (
    ("csv", lambda: csv(PATIENTS)),
    ("csv with semicolons", lambda: csv(PATIENTS, ";")),
    ("csv below a title", lambda: b"Export of November\n\n" + csv(PATIENTS)),
    ("xlsx", lambda: d.xlsx(PATIENTS)),
    ("xlsx hidden sheet", lambda: d.xlsx(ROWS, hidden=PATIENTS)),
    ("ods", lambda: d.ods(PATIENTS)),
    ("ods second sheet", lambda: d.ods(ROWS, hidden=PATIENTS)),
    ("csv in a zip", lambda: d.zipped({"a.csv": csv(PATIENTS)})),
    ("csv of few columns", lambda: csv([["Full Name", "DOS", "Dx"],
                                        ["A. B.", "x", "y"]])),
    ("csv in Spanish", lambda: csv([
        ["Paciente", "Fecha de nacimiento", "Diagnóstico"], ["A", "x", "y"]])),
)

NO_LISTS = (
    ("form without rows", csv([PATIENTS[0], ["", "", "", "", ""],
                               ["___", "", "", "", ""]])),
    ("staff", csv([["Name", "Date of birth", "Room"], ["A", "x", "2"]])),
    ("figures", csv([["Diagnosis", "Insurance", "Count"], ["J45", "x", "9"]])),
    ("survey", csv([["Patient", "Stars"], ["1", "5"]])),
    ("words", b"Patient, MRN, DOB and insurance are what we protect.\n"),
)


class Run:
    def __init__(self, judge, shown):
        self.judge, self.shown, self.passed, self.failed = judge, shown, 0, 0

    def expect(self, name, ok, result, wanted=""):
        self.passed += bool(ok)
        self.failed += not ok
        if not ok or self.shown:
            found = sorted({f"{f['rule']} in {f['where']}"
                            f"{' at ' + f['place'] if 'place' in f else ''}"
                            for f in result["findings"]})
            print(f"extract: {'right' if ok else 'WRONG'}: {name}: {wanted}; "
                  f"got {result['verdict']}, {', '.join(found)}, unscanned "
                  f"{sorted(reasons(result))}"
                  f"{'' if ok else ' ' + result['stderr'][-300:]}")

    def one(self, data, kind="application/octet-stream"):
        return self.judge(mail((data, kind)))

    def rows(self, named):
        """(name, bytes) each to (name, result)."""
        named = list(named)
        return list(zip((n for n, _ in named), self.judge.all(
            [mail((data, "application/octet-stream")) for _, data in named])))


def is_found(result, where=None, place=None):
    return result["verdict"] == "reject" and any(
        f["rule"] == "privacy/us-ssn" and f["part"] == "2" and
        where in (None, f["where"]) and place in (None, f.get("place"))
        for f in result["findings"])


def is_held(result, want):
    return (want <= reasons(result) and result["verdict"] in
            ("quarantine", "reject") and result["elapsed_us"] < 20000000)


def check_matrix(run):
    for name, r in run.rows((n, make()) for n, make in CLEAN_FILES):
        run.expect(f"{name}, clean", r["verdict"] == "accept" and
                   not reasons(r), r, "accept")
    where = {name: place for name, _, place in PLANTED}
    for name, r in run.rows((n, make()) for n, make, _ in PLANTED):
        run.expect(f"{name}, planted", is_found(r, where[name]), r,
                   f"reject in {where[name]}")
    want = {name: reason for name, _, reason in UNREAD}
    for name, r in run.rows((n, make()) for n, make, _ in UNREAD):
        run.expect(name, is_held(r, want[name]), r,
                   f"held as {sorted(want[name])}")


# Cells and pages where a person can look, among those that are produced.
PLACES = {"text-body.pdf": "page 1", "sheet-body.xlsx": "sheet 2, cell B2",
          "sheet-body.ods": "sheet 2, cell B2", "slide-body.pptx": "slide 2",
          "sheet-hidden-sheet.xlsx": "sheet 2, cell B2",
          "slide-notes.pptx": "slide 1", "slide-body.odp": "slide 2",
          "slide-notes.pdf": "page 2", "scan-body.pdf": "page 1, left",
          "picture-upper-left.png": "picture, upper left",
          "picture-lower-right.png": "picture, lower right",
          "code-upper-right.png": "picture, upper right",
          "code-body.png": "picture, middle"}


def check_produced(run, files):
    """What LibreOffice and others write, and two thirds of each."""
    cut, kinds = [], set()
    for name, r in run.rows((p.name, p.read_bytes()) for p in files):
        case, kind = name.split("-", 1)[1].rsplit(".", 1)
        if kind in ("doc", "xls", "ppt"):
            run.expect(name, is_held(r, UNSUPPORTED), r, "held as unsupported")
        elif case == "clean":
            run.expect(name, r["verdict"] == "accept" and not reasons(r), r,
                       "accept")
        elif case == "locked":
            run.expect(name, is_held(r, ENCRYPTED), r, "held as encrypted")
        else:
            run.expect(name, is_found(r, place=PLACES.get(name)), r,
                       f"reject {PLACES.get(name, '')}")
    for path in files:
        kind = path.suffix
        if "-clean" in path.name and kind != ".csv" and kind not in kinds:
            kinds.add(kind)
            cut.append(path)
    for name, r in run.rows((f"{p.name}, cut short", truncated(p.read_bytes()))
                            for p in cut):
        # A picture shows what it has; without its end a document is damaged.
        picture = name.startswith("picture")
        run.expect(name, r["verdict"] in ("quarantine", "reject") or
                   (picture and "structure/unsupported" in
                    {n["id"] for n in r["notes"]}), r, "held")


def produce():
    """Made once for all builds, and again when their producer changes."""
    maker = pathlib.Path(__file__).with_name("producers.py")
    files = ROOT / "build" / "extract-files"
    done = files / "done"
    if not done.exists() or done.stat().st_mtime < maker.stat().st_mtime:
        shutil.rmtree(files, ignore_errors=True)
        # Debian's own interpreter is the one that has LibreOffice's bridge.
        subprocess.run(["/usr/bin/python3", "-B", maker, files], check=True,
                       timeout=900)
    return sorted(p for p in files.iterdir()
                  if "-" in p.name and p.suffix != ".box")


def check_kinds(run):
    """What is not held, but has to end."""
    run.expect("nothing climbed out", not os.path.exists(
        "/tmp/chaperone-climbed.txt"), run.one(b""))
    r = run.one(d.looping_pdf())
    run.expect("pdf that holds itself", r["elapsed_us"] < 20000000, r, "ends")
    for name, r in run.rows((n, make()) for n, make in MEDICAL):
        run.expect(f"medical {name}", "privacy/medical-file" in rules(r), r)
    for name, r in run.rows(NO_MEDICAL):
        run.expect(f"not medical {name}",
                   "privacy/medical-file" not in rules(r), r)
    for name, r in run.rows((n, make()) for n, make in LISTS):
        run.expect(f"list of patients, {name}", r["verdict"] == "reject" and
                   "privacy/patient-list" in rules(r), r)
    for name, r in run.rows(NO_LISTS):
        run.expect(f"no list of patients, {name}",
                   "privacy/patient-list" not in rules(r), r)
    r = run.judge(mail((d.HL7, "text/plain")))
    run.expect("hl7 called text", "privacy/medical-file" in rules(r), r)
    r = run.judge(mail((d.docx(SSN), "text/plain")))
    run.expect("docx called text", "privacy/us-ssn" in rules(r), r)
    r = run.judge(mail((d.docx(SSN), "image/png")))
    run.expect("docx called picture", "privacy/us-ssn" in rules(r), r)
    r = run.judge(mail((d.encrypted_pdf(CLEAN), "image/png")))
    run.expect("encrypted pdf called picture", r["verdict"] == "quarantine", r)
    r = run.one(LAUGHS.encode())
    run.expect("a billion laughs", r["verdict"] != "reject" and
               r["elapsed_us"] < 3000000, r)


def check_place(run):
    tags = ("-GPSLatitude=40.1234567", "-GPSLatitudeRef=N",
            "-GPSLongitude=83.7654321", "-GPSLongitudeRef=W", "-Model=Camera")
    xmp = ("-XMP-exif:GPSLatitude=40.1234567",
           "-XMP-exif:GPSLongitude=-83.7654321")
    for name, r in run.rows((
            ("photo", d.photo(*tags)),
            ("heic", d.photo(*tags, data=d.heif(), name="a.heic")),
            ("avif", d.photo(*tags, data=d.heif("a.avif"), name="a.avif")),
            ("heic, in XMP", d.photo(*xmp, data=d.heif(), name="a.heic")))):
        run.expect(f"place of a {name}", r["verdict"] == "tag" and
                   rules(r) == {"privacy/photo-location"}, r)
        shown = json.dumps(r)
        run.expect(f"coordinates of a {name} are not shown",
                   not any(c in shown for c in ("40.12", "83.76", "40 deg",
                                                "4444443")), r)
    r = run.one(d.photo("-Model=Camera", "-SerialNumber=123456789"))
    run.expect("camera without a place", r["verdict"] == "accept", r)
    r = run.one(d.xlsx([["Name", "Date of birth"]],
                       date_rows=[("Maria Lopez, patient", "25569")]))
    run.expect("a day as a number", any(
        f["rule"].startswith("privacy/") for f in r["findings"]), r)


def check_trouble(run, directory):
    """The reader is missing, or is another program; pictures are not read."""
    blind = config(directory, "extract: {ocr: false}\n")
    scan, photo, docx = run.judge.all(
        [mail((d.pdf("", picture=True), "application/pdf")),
         mail((d.png(), "image/png")), mail((d.docx(CLEAN), "a/b"))], blind)
    run.expect("a scan that nobody reads", is_held(scan, UNSUPPORTED), scan)
    run.expect("a picture that nobody reads", photo["verdict"] == "accept" and
               reasons(photo) == UNSUPPORTED, photo)
    run.expect("a document without pictures", docx["verdict"] == "accept", docx)
    missing = config(directory, "extract: {program: /nonexistent/reader}\n")
    two = mail((d.pdf(SSN), "application/pdf"), (d.pdf(SSN), "application/pdf"))
    r = run.judge(two, missing)
    run.expect("missing reader", r["verdict"] == "quarantine" and
               rules(r) == {"structure/unsupported"} and
               reasons(r) == UNSUPPORTED, r)
    r = run.judge(mail((d.png(), "image/png")), missing)
    run.expect("a picture and a missing reader", r["verdict"] == "quarantine" and
               rules(r) == {"structure/unsupported"}, r)
    r = run.judge(two, missing)
    run.expect("the log says so once",
               r["stderr"].count("extract-unavailable") == 1, r)
    for program in ("/bin/false", "/bin/cat"):
        other = config(directory, f"extract: {{program: {program}, "
                                  "timeout: 1s}\n")
        r = run.judge(mail((d.pdf(CLEAN), "application/pdf")), other)
        run.expect(f"{program} for a reader",
                   r["verdict"] == "quarantine", r)
    r = run.judge(mail(*[(d.pdf(CLEAN), "application/pdf")] * 12))
    run.expect("twelve documents", r["verdict"] == "accept", r)
    r = run.judge(mail((d.pdf(CLEAN), "application/pdf"),
                       (d.encrypted_pdf(CLEAN), "application/pdf"),
                       (d.docx(SSN), "application/msword")))
    run.expect("one of three", r["verdict"] == "reject" and
               reasons(r) == ENCRYPTED, r)


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        run = Run(Judge(build, directory), "--matrix" in sys.argv)
        check_matrix(run)
        if "san-" not in str(build):  # the libraries are not sanitized
            check_produced(run, produce())
        check_kinds(run)
        check_place(run)
        check_trouble(run, directory)
    print(f"extract: {run.passed} passed, {run.failed} failed")
    sys.exit(run.failed > 0)


if __name__ == "__main__":
    main()
