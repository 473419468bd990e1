"""Documents made by real producers, or byte by byte: what the tests attach.

Every maker takes the text that a reader sees first, and returns the bytes.
Places where people do not look (comments, hidden sheets, properties ...) are
arguments of their own.
"""
import base64
import gzip
import io
import pathlib
import struct
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from xml.sax.saxutils import escape

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def zipped(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members.items():
            z.writestr(name, data)
    return out.getvalue()


def tool(command, files, result=None, stdin=None):
    """Runs a program in a directory that holds files; a file it made."""
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        for name, data in files.items():
            (place / name).write_bytes(data)
        subprocess.run(command, cwd=place, input=stdin, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return (place / result).read_bytes()


# --- PDF ------------------------------------------------------------------

def pdf_string(text):
    return "(" + "".join("\\" + c if c in "()\\" else c for c in text) + ")"


def pdf(text, annotation=None, info=None, field=None, attached=None,
        hidden_layer=None, compressed=True, picture=False):
    """One page, written by hand (ISO 32000-1, 7.5)."""
    lines = "".join(f"{pdf_string(line)} Tj T*\n" for line in text.split("\n"))
    stream = f"BT /F 11 Tf 13 TL 40 700 Td\n{lines}ET\n" if text else ""
    if hidden_layer:
        stream += ("/OC /L BDC BT /F 11 Tf 40 500 Td "
                   f"{pdf_string(hidden_layer)} Tj ET EMC\n")
    if picture:
        stream += "q 200 0 0 200 40 40 cm /I Do Q\n"
    content = stream.encode("latin-1")
    packed = zlib.compress(content) if compressed else content
    filters = "/Filter/FlateDecode" if compressed else ""
    page, catalog, annots, objects = "", "", [], {}
    if annotation:
        objects[10] = ("<</Type/Annot/Subtype/Text/Rect[10 10 30 30]"
                       f"/Contents {pdf_string(annotation)}>>").encode()
        annots.append("10 0 R")
    if field:
        objects[11] = ("<</Type/Annot/Subtype/Widget/FT/Tx/T(name)"
                       f"/Rect[50 50 300 70]/V {pdf_string(field)}>>").encode()
        annots.append("11 0 R")
        catalog += "/AcroForm<</Fields[11 0 R]/DR<</Font<</F 5 0 R>>>>>>"
    if attached:
        objects[12] = (b"<</Type/EmbeddedFile/Length %d>>stream\n%s\nendstream"
                       % (len(attached), attached))
        objects[13] = b"<</Type/Filespec/F(a.txt)/EF<</F 12 0 R>>>>"
        catalog += "/Names<</EmbeddedFiles<</Names[(a.txt) 13 0 R]>>>>"
    resources = "/Font<</F 5 0 R>>"
    if hidden_layer:
        objects[14] = b"<</Type/OCG/Name(draft)>>"
        catalog += "/OCProperties<</OCGs[14 0 R]/D<</OFF[14 0 R]/Order[14 0 R]>>>>"
        resources += "/Properties<</L 14 0 R>>"
    if picture:
        objects[15] = (b"<</Type/XObject/Subtype/Image/Width 1/Height 1"
                       b"/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
                       b"stream\n\x80\nendstream")
        resources += "/XObject<</I 15 0 R>>"
    if annots:
        page += f"/Annots[{' '.join(annots)}]"
    objects[1] = f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode()
    objects[2] = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    objects[3] = ("<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]"
                  f"/Contents 4 0 R/Resources<<{resources}>>{page}>>").encode()
    objects[4] = (f"<</Length {len(packed)}{filters}>>stream\n".encode() +
                  packed + b"\nendstream")
    objects[5] = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    trailer = ""
    if info:
        objects[6] = f"<</Keywords {pdf_string(info)}>>".encode()
        trailer = "/Info 6 0 R"
    return pdf_file(objects, trailer)


def pdf_file(objects, trailer):
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    table = {}
    for number in sorted(objects):
        table[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n" % size
    for number in range(size):
        out += (b"%010d 00000 n \n" % table[number] if number in table
                else b"0000000000 65535 f \n")
    out += (f"trailer<</Size {size}/Root 1 0 R{trailer}>>\n"
            f"startxref\n{start}\n%%EOF\n").encode()
    return bytes(out)


def encrypted_pdf(text):
    return tool(["qpdf", "--encrypt", "secret", "owner", "256", "--",
                 "in.pdf", "out.pdf"], {"in.pdf": pdf(text)}, "out.pdf")


def owner_locked_pdf(text):
    """Anybody can read it, printing is forbidden."""
    return tool(["qpdf", "--encrypt", "", "owner", "256", "--", "in.pdf",
                 "out.pdf"], {"in.pdf": pdf(text)}, "out.pdf")


def object_stream_pdf(text):
    """As most programs write it: objects in compressed streams."""
    return tool(["qpdf", "--object-streams=generate", "in.pdf", "out.pdf"],
                {"in.pdf": pdf(text)}, "out.pdf")


# --- OOXML ------------------------------------------------------------------

def paragraphs(text, element="w:p", run="w:r", word="w:t"):
    """Each paragraph in two runs, as Word splits them at a spelling mark."""
    out = ""
    for line in text.split("\n"):
        half = len(line) // 2
        out += f"<{element}>" + "".join(
            f'<{run}><{word} xml:space="preserve">{escape(piece)}</{word}>'
            f"</{run}>" for piece in (line[:half], line[half:])) + f"</{element}>"
    return out


def core_properties(keywords):
    return (XML + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.'
            'org/package/2006/metadata/core-properties" xmlns:dc="http://purl.'
            'org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
            "<dc:creator>Dana Ruiz</dc:creator><dcterms:created>"
            "2026-11-03T09:00:00Z</dcterms:created>"
            f"<cp:keywords>{escape(keywords or '')}</cp:keywords>"
            "</cp:coreProperties>")


def package(members, keywords=None):
    types = XML + "<Types/>"
    return zipped({"[Content_Types].xml": types, "_rels/.rels": XML +
                   "<Relationships/>", **members,
                   "docProps/core.xml": core_properties(keywords)})


def docx(text, comment=None, deleted=None, header=None, footnote=None,
         keywords=None, link=None, alt=None, embedded=None):
    body = paragraphs(text)
    if deleted:
        body += ('<w:p><w:r><w:t>See you.</w:t></w:r><w:del w:id="1" '
                 'w:author="Dana Ruiz"><w:r><w:delText>'
                 f"{escape(deleted)}</w:delText></w:r></w:del></w:p>")
    if alt:
        body += f'<w:p><w:docPr id="1" name="P" descr="{escape(alt)}"/></w:p>'
    members = {"word/document.xml": XML + f"<w:document {W}><w:body>{body}"
               "</w:body></w:document>"}
    for name, value in (("comments", comment), ("header1", header),
                        ("footnotes", footnote)):
        if value:
            members[f"word/{name}.xml"] = (XML + f"<w:x {W}><w:comment>" +
                                           paragraphs(value) +
                                           "</w:comment></w:x>")
    if link:
        members["word/_rels/document.xml.rels"] = (
            XML + '<Relationships><Relationship Id="r1" TargetMode="External" '
            f'Target="{escape(link)}"/></Relationships>')
    if embedded:
        members["word/embeddings/data.xlsx"] = embedded
    return package(members, keywords)


def xlsx(rows, hidden=None, comment=None, keywords=None, unused=None,
         pivot=None, date_rows=()):
    """Strings in the shared table; a second sheet that is hidden."""
    strings, sheets = [], []
    for table in (rows, hidden or []):
        out = ""
        for row in table:
            out += "<row>"
            for value in row:
                strings.append(value)
                out += f'<c t="s"><v>{len(strings) - 1}</v></c>'
            out += "</row>"
        sheets.append(out)
    for label, serial in date_rows:
        strings.append(label)
        sheets[0] += (f'<row><c t="s"><v>{len(strings) - 1}</v></c>'
                      f'<c s="1"><v>{serial}</v></c></row>')
    if unused:
        strings.append(unused)
    table = "".join(f"<si><t>{escape(s)}</t></si>" for s in strings)
    members = {
        "xl/workbook.xml": XML + f'<workbook {S}><sheets><sheet name="Fair" '
        'sheetId="1"/><sheet name="Old" sheetId="2" state="veryHidden"/>'
        "</sheets></workbook>",
        "xl/styles.xml": XML + f'<styleSheet {S}><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": XML + f"<sst {S}>{table}</sst>",
        "xl/printerSettings/printerSettings1.bin": b"\0\1\2\3" * 50,
    }
    for i, sheet in enumerate(sheets, 1):
        members[f"xl/worksheets/sheet{i}.xml"] = (
            XML + f"<worksheet {S}><sheetData>{sheet}</sheetData></worksheet>")
    if comment:
        members["xl/comments1.xml"] = (
            XML + f"<comments {S}><authors><author>Dana</author></authors>"
            f"<commentList><comment><text><r><t>{escape(comment)}</t></r>"
            "</text></comment></commentList></comments>")
    if pivot:
        members["xl/pivotCache/pivotCacheRecords1.xml"] = (
            XML + f"<pivotCacheRecords {S}><r>" +
            "".join(f'<s v="{escape(v)}"/>' for v in pivot) +
            "</r></pivotCacheRecords>")
    return package(members, keywords)


def pptx(text, notes=None, comment=None, keywords=None):
    def slide(words):
        return (XML + f"<p:sld xmlns:p='p' {A}>" +
                paragraphs(words, "a:p", "a:r", "a:t") + "</p:sld>")
    members = {"ppt/presentation.xml": XML + "<p:presentation xmlns:p='p'/>",
               "ppt/slides/slide1.xml": slide(text)}
    if notes:
        members["ppt/notesSlides/notesSlide1.xml"] = slide(notes)
    if comment:
        members["ppt/comments/comment1.xml"] = (
            XML + "<p:cmLst xmlns:p='p'><p:cm><p:text>" + escape(comment) +
            "</p:text></p:cm></p:cmLst>")
    return package(members, keywords)


def encrypted_ooxml():
    """A compound file with the stream that MS-OFFCRYPTO 2.3.4.4 names."""
    name = "EncryptedPackage".encode("utf-16-le")
    return (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1016 + name +
            b"\0" * 1000)


# --- OpenDocument -------------------------------------------------------------

def odf(kind, body, keywords=None, header=None, secret=False):
    """kind: text, spreadsheet or presentation."""
    meta = (XML + "<office:document-meta xmlns:office='o' xmlns:meta='m'>"
            f"<office:meta><meta:keyword>{escape(keywords or '')}"
            "</meta:keyword></office:meta></office:document-meta>")
    content = (XML + "<office:document-content xmlns:office='o' xmlns:text='t' "
               "xmlns:table='b'>" + body + "</office:document-content>")
    entry = "<manifest:encryption-data/>" if secret else ""
    members = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "content.xml": content if not secret else bytes(range(256)) * 4,
        "meta.xml": meta,
        "META-INF/manifest.xml": XML + "<manifest:manifest xmlns:manifest='n'>"
        f"<manifest:file-entry>{entry}</manifest:file-entry>"
        "</manifest:manifest>"}
    if header:
        members["styles.xml"] = (
            XML + "<s xmlns:style='s' xmlns:text='t'><style:header><text:p>" +
            escape(header) + "</text:p></style:header></s>")
    return zipped(members)


def odt(text, comment=None, deleted=None, **more):
    body = ""
    if deleted:
        body += ("<text:tracked-changes><text:deletion><text:p>" +
                 escape(deleted) + "</text:p></text:deletion>"
                 "</text:tracked-changes>")
    body += "".join(f"<text:p>{escape(line)}</text:p>"
                    for line in text.split("\n"))
    if comment:
        body += ("<text:p>Bye<office:annotation><text:p>" + escape(comment) +
                 "</text:p></office:annotation></text:p>")
    return odf("text", body, **more)


def ods(rows, hidden=None, **more):
    body = ""
    for name, table in (("Fair", rows), ("Old", hidden or [])):
        body += f'<table:table table:name="{name}">' + "".join(
            "<table:table-row>" + "".join(
                f"<table:table-cell><text:p>{escape(v)}</text:p>"
                "</table:table-cell>" for v in row) + "</table:table-row>"
            for row in table) + "</table:table>"
    return odf("spreadsheet", body, **more)


def odp(text, notes=None, **more):
    body = f"<text:p>{escape(text)}</text:p>"
    if notes:
        body += f"<notes><text:p>{escape(notes)}</text:p></notes>"
    return odf("presentation", body, **more)


# --- RTF ------------------------------------------------------------------------

def rtf_text(text):
    out = ""
    for c in text:
        out += ("\\par\n" if c == "\n" else "\\" + c if c in "\\{}"
                else c if ord(c) < 128 else f"\\u{ord(c)}?")
    return out


def rtf(text, comment=None, hidden=None, info=None, unknown=None, behind=""):
    body = rtf_text(text)
    if comment:
        body += "{\\*\\annotation \\pard " + rtf_text(comment) + "}"
    if hidden:
        body += "{\\v " + rtf_text(hidden) + "}"
    if unknown:
        body += "{\\*\\practicedata " + rtf_text(unknown) + "}"
    keywords = "{\\info{\\keywords " + rtf_text(info) + "}}" if info else ""
    return ("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}" + keywords +
            "\\f0\\fs22 " + body + "\\par}" + behind).encode()


# --- archives, mail ----------------------------------------------------------

def tar(members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as t:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            t.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def seven_zip(members, *options):
    return tool(["7z", "a", *options, "out.7z", *members], members, "out.7z")


def encrypted_zip(members):
    return tool(["zip", "-P", "secret", "out.zip", *members], members,
                "out.zip")


def nested_zip(data, depth, name="a.txt"):
    for _ in range(depth):
        data, name = zipped({name: data}), "a.zip"
    return data


def eml(text, attachment=None, subject="Hello"):
    head = (f"From: Anna <anna@practice.example>\nSubject: {subject}\n"
            "MIME-Version: 1.0\n")
    if attachment is None:
        return f"{head}Content-Type: text/plain\n\n{text}\n".encode()
    return (f"{head}Content-Type: multipart/mixed; boundary=N\n\n--N\n"
            f"Content-Type: text/plain\n\n{text}\n--N\n"
            "Content-Type: application/octet-stream; name=a.bin\n"
            "Content-Transfer-Encoding: base64\n\n" +
            base64.encodebytes(attachment).decode() + "--N--\n").encode()


# --- pictures -------------------------------------------------------------------

# --- Outlook ------------------------------------------------------------------

def rtf_packed(data, packed=True):
    """Of literals only, or as it stands (MS-OXRTFCP 2.1.3.1)."""
    out = data
    if packed:
        out = b"".join(b"\0" + data[i:i + 8]
                       for i in range(0, len(data) // 8 * 8, 8))
        rest = data[len(data) // 8 * 8:]  # then a copy from here: the end
        out += bytes([1 << len(rest)]) + rest + struct.pack(
            ">H", (207 + len(data)) % 4096 << 4)
    crc = zlib.crc32(out, 0xffffffff) ^ 0xffffffff if packed else 0
    return struct.pack("<IIII", len(out) + 12, len(data),
                       0x75465a4c if packed else 0x414c454d, crc) + out


def tnef(text, subject="Hello", rtf_text=None, attachment=None, name="a.txt",
         inner=None):
    """winmail.dat (MS-OXTNEF 2.1), attribute by attribute."""
    def attribute(level, tag, data):
        return struct.pack("<BII", level, tag, len(data)) + data + struct.pack(
            "<H", sum(data) & 0xffff)

    def properties(*all_of_them):
        out = struct.pack("<I", len(all_of_them))
        for tag, data in all_of_them:
            out += struct.pack("<III", tag, 1, len(data)) + data + bytes(
                -len(data) % 4)
        return out
    out = struct.pack("<IH", 0x223e9f78, 1)
    out += attribute(1, 0x00089006, struct.pack("<I", 0x10000))
    out += attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    out += attribute(1, 0x00018004, subject.encode() + b"\0")
    out += attribute(1, 0x0002800c, text.encode() + b"\0")
    if rtf_text:
        out += attribute(1, 0x00069003, properties(
            (0x10090102, rtf_packed(rtf(rtf_text)))))
    if attachment or inner:
        out += attribute(2, 0x00069002, bytes(14))
        out += attribute(2, 0x00018010, name.encode() + b"\0")
    if attachment:
        out += attribute(2, 0x0006800f, attachment)
    if inner:
        out += attribute(2, 0x00069005, properties(
            (0x3701000d, bytes(16) + inner)))
    return out


def compound(tree):
    """A compound file (MS-CFB, version 3) of nested dictionaries."""
    entries, table, sectors = [], [], []

    def add(name, node):
        entry = [name, node, -1, -1]  # its first child, its next sibling
        entries.append(entry)
        last = None
        for child in sorted(node, key=lambda n: (len(n), n.upper())) if \
                isinstance(node, dict) else ():
            number = len(entries)
            add(child, node[child])
            if last is None:
                entry[2] = number
            else:
                last[3] = number
            last = entries[number]

    def chain(into, count):
        start = len(into)
        into.extend([*range(start + 1, start + count), -2] if count else [])
        return start if count else -2

    def store(data):
        sectors.append(data + bytes(-len(data) % 512))
        return chain(table, len(sectors[-1]) // 512)
    add("Root Entry", tree)
    small, small_table, places = b"", [], []
    for _, node, _, _ in entries:
        size = 0 if isinstance(node, dict) else len(node)
        if 0 < size < 4096:
            places.append((chain(small_table, -(-size // 64)), size))
            small += node + bytes(-size % 64)
        else:
            places.append((store(node) if size else -2, size))
    places[0] = (store(small), len(small))
    small_start = store(struct.pack(f"<{len(small_table)}i", *small_table))
    directory = b""
    for number, (name, node, child, right) in enumerate(entries):
        wide = name.encode("utf-16-le")
        kind = 5 if number == 0 else 1 if isinstance(node, dict) else 2
        directory += wide.ljust(64, b"\0") + struct.pack(
            "<HBBiii36xiII", len(wide) + 2, kind, 1, -1, right, child,
            places[number][0], places[number][1], 0)
    directory_start = store(directory)
    own = 1
    while (len(table) + own) * 4 > own * 512:
        own += 1
    first = len(table)
    table += [-3] * own
    sectors.append(struct.pack(f"<{len(table)}i", *table).ljust(
        own * 512, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16xHHHHH6xIIiIIiIiI", 0x3e, 3, 0xfffe, 9, 6, 0, own, directory_start,
        0, 4096, small_start, -(-len(small_table) // 128), -2, 0)
    places_of_table = [first + i for i in range(own)] + [-1] * (109 - own)
    return head + struct.pack("<109i", *places_of_table) + b"".join(sectors)


def msg(text, subject="Hello", attachment=None, name="a.txt", rtf_text=None,
        note=None, inner=None, packed=True):
    """Outlook's .msg (MS-OXMSG); inner: the tree of a mail in it."""
    def wide(words):
        return words.encode("utf-16-le")
    tree = {"__properties_version1.0": bytes(32),
            "__nameid_version1.0": {"__substg1.0_00020102": bytes(16)},
            "__substg1.0_001A001F": wide("IPM.Note"),
            "__substg1.0_0037001F": wide(subject),
            "__substg1.0_1000001F": wide(text),
            "__recip_version1.0_#00000000": {
                "__properties_version1.0": bytes(8),
                "__substg1.0_3001001F": wide("Dana Field")}}
    if rtf_text:
        tree["__substg1.0_10090102"] = rtf_packed(rtf(rtf_text), packed)
    if note:  # a property with a name of its own, in an old string
        tree["__substg1.0_8001001E"] = note.encode()
    if attachment or inner:
        tree["__attach_version1.0_#00000000"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3707001F": wide(name)}
    if attachment:
        tree["__attach_version1.0_#00000000"]["__substg1.0_37010102"] = \
            attachment
    if inner:
        tree["__attach_version1.0_#00000000"]["__substg1.0_3701000D"] = inner
    return tree


def msg_file(text, **more):
    return compound(msg(text, **more))


def png_chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
            struct.pack(">I", zlib.crc32(kind + data)))


def png():
    return (b"\x89PNG\r\n\x1a\n" +
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
            png_chunk(b"IDAT", zlib.compress(b"\0\x80")) +
            png_chunk(b"IEND", b""))


# One grey pixel (ITU-T T.81), made once by libjpeg.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgK"
    "CgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAABAAEBAREA/8wABgAQ"
    "EAX/2gAIAQEAAD8A0s8g/9k=")


def photo(*tags, data=JPEG, name="a.jpg"):
    """With tags that exiftool writes."""
    return tool(["exiftool", "-q", "-overwrite_original", *tags, name],
                {name: data}, name)


def heif(name="a.heic", side=64):
    """A grey square as heif-enc packs it: HEVC, or AV1 for "a.avif"."""
    rows = (b"\0" + b"\x80" * side) * side
    png_file = (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(
        ">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
        png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b""))
    codec = ["--avif"] if name.endswith(".avif") else []
    return tool(["heif-enc", *codec, "-o", name, "a.png"],
                {"a.png": png_file}, name)


# --- medical files ----------------------------------------------------------------

def dicom():
    return b"\0" * 128 + b"DICM" + b"\2\0\0\0UL\4\0" + b"\0" * 300


HL7 = ("MSH|^~\\&|LAB|HOSP|EHR|CLINIC|20261103||ORU^R01|1|P|2.5.1\r"
       "PID|1||12345||LOPEZ^MARIA||19700101|F\r").encode()
FHIR_JSON = b'{\n "resourceType" : "Patient",\n "id": "example"\n}\n'
FHIR_XML = (b'<?xml version="1.0"?>\n'
            b'<Patient xmlns="http://hl7.org/fhir"><id value="x"/></Patient>\n')
X12 = ("ISA*00*          *00*          *ZZ*SUBMITTER      *ZZ*RECEIVER       "
       "*261103*0900*^*00501*000000001*0*P*:~GS*HC*SUB*REC*20261103*0900*1*X*"
       "005010X222A1~ST*837*0001*005010X222A1~").encode()
SCRIPT = (b'<?xml version="1.0" encoding="UTF-8"?>\n<Message '
          b'DatatypesVersion="20170715" TransportVersion="20170715" '
          b'TransactionDomain="SCRIPT" TransactionVersion="20170715">\n'
          b"<Body><NewRx><Patient><HumanPatient><Name><LastName>Lopez</LastName>"
          b"</Name></HumanPatient></Patient></NewRx></Body></Message>\n")
OLD_SCRIPT = (b'<Message version="010" release="006" '
              b'xmlns="http://www.ncpdp.org/schema/SCRIPT"><Body/></Message>\n')
SCRIPT_EDIFACT = (b"UNA:+./*'UIB+UNOA:0++1++++C:P+D:P+20261103:090000'"
                  b"UIH+SCRIPT:010:006:NEWRX+1'PTT++19700101+LOPEZ:MARIA'")
# A claim of Telecommunication D.0: its header of 56 bytes, two segments.
TELECOM = (b"999999" b"D0" b"B1" b"EXAMPLEPCN" b"1" b"01" +
           b"1234567893".ljust(15) + b"20261103" + b"VENDOR".ljust(10) +
           b"\x1e\x1cAM01\x1cC419700101\x1cCAMARIA\x1cCBLOPEZ"
           b"\x1e\x1cAM04\x1cC2ZZ9000001")
TELECOM_BATCH = (b"\x0200T" + b"SENDER".ljust(24) + b"\x03\r\n\x02G1" +
                 b"1".ljust(10) + TELECOM + b"\x03\r\n")
CDA = (b'<?xml version="1.0"?>\n<ClinicalDocument xmlns="urn:hl7-org:v3">'
       b"<title>Note</title></ClinicalDocument>\n")


def gz(data):
    return gzip.compress(data)


# --- built to do harm ---------------------------------------------------------

def overlapping_zip(members, size):
    """Every name in the directory is the same packed bytes (a zip bomb whose
    ratio has no bound)."""
    packed = zipped({"a": bytes(size)})
    start = packed.index(b"PK\1\2")
    local, entry = packed[:start], packed[start:packed.index(b"PK\5\6")]
    central = entry * members
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, members, members,
                                  len(central), len(local), 0)
    return local + central + end


def stored(length):
    """The head of a block of so many bytes that stand as they are."""
    return struct.pack("<BHH", 0, length, length ^ 0xffff)


def copied(distance, *blocks, final=0):
    """Blocks of deflate (RFC 1951, 3.2.6), each of some lengths: copies of
    what stands so far back."""
    bits = []

    def symbol(value, count):  # Huffman codes begin with their highest bit
        bits.extend(value >> i & 1 for i in reversed(range(count)))

    def number(value, base, free, step, count):  # 3.2.5: a code, more bits
        code = more = 0
        while value >= base + (1 << more):
            base, code = base + (1 << more), code + 1
            more = 0 if code < free else (code - free) // step + 1
        symbol(code + (257 - 256 if count == 7 else 0), count)
        bits.extend(value - base >> i & 1 for i in range(more))
    for lengths in blocks:
        bits.extend((final, 1, 0))
        for length in lengths:
            number(length, 3, 8, 4, 7)
            number(distance, 1, 4, 2, 5)
        symbol(0, 7)
    bits.extend([0] * (-len(bits) % 8))
    return bytes(sum(bit << i for i, bit in enumerate(bits[k:k + 8]))
                 for k in range(0, len(bits), 8))


def quine_zip():
    """Its only member is itself: a program of deflate that prints its own
    text, whose operations are five bytes long (Russ Cox, "Zip Files All The
    Way Down", 2010)."""
    name = b"a" * 21 + b".zip"  # so long that a copy of it has 30 bits

    def build(crc, size=0, packed=0):
        sizes = struct.pack("<4H3I2H", 0, 8, 0, 33, crc, packed, size,
                            len(name), 0)
        head = b"PK\3\4\x14\0" + sizes + name
        entry = (b"PK\1\2\x14\0\x14\0" + sizes + struct.pack(
            "<3H2I", 0, 0, 0, 0, 0) + name)
        end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(entry),
                                      len(head) + packed, 0)
        start = stored(len(head)) + head + stored(len(head) + 10)
        again = copied(len(head) + 10, [len(head) + 10], [])
        twenty = copied(20, [10, 10])
        tail_size = len(entry) + len(end) + 4
        tail = copied(tail_size, [tail_size], final=1) + entry + end
        last = twenty + stored(0) * 2 + stored(tail_size)
        code = (stored(len(head)) + head + stored(len(head) + 10) + start +
                again + stored(5) + again + stored(5) + stored(5) +
                stored(20) + again + stored(5) * 2 + stored(20) + twenty +
                stored(20) + (twenty + stored(20)) * 2 + twenty +
                stored(20) + last + last + tail)
        return head + code + tail, len(code) + 4
    file, packed = build(0)
    file, packed = build(0, len(file), packed)

    def crc_of(guess):
        return zlib.crc32(build(guess, len(file), packed)[0])
    # CRC-32 is linear in each bit of itself that stands in the file: the one
    # that is its own comes out by elimination.
    want, crc = crc_of(0), 0
    rows = [(crc_of(1 << i) ^ want ^ 1 << i, 1 << i) for i in range(32)]
    for bit in reversed(range(32)):
        row = next((r for r in rows if r[0] >> bit & 1), (0, 0))
        rows = [(r[0] ^ row[0], r[1] ^ row[1]) if r[0] >> bit & 1 else r
                for r in rows]
        if want >> bit & 1:
            want, crc = want ^ row[0], crc ^ row[1]
    return build(crc, len(file), packed)[0]


def looping_pdf():
    """A page tree and a form that hold themselves."""
    return pdf_file({
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
           b"/Resources<</XObject<</X 5 0 R>>>>>>",
        4: b"<</Length 5>>stream\n/X Do\nendstream",
        5: b"<</Type/XObject/Subtype/Form/BBox[0 0 99 99]/Length 5/Resources"
           b"<</XObject<</X 5 0 R>>>>>>stream\n/X Do\nendstream"}, "")


def many_pages_pdf(pages):
    kids = b"".join(b"%d 0 R " % (i + 3) for i in range(pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>"
    return pdf_file({1: b"<</Type/Catalog/Pages 2 0 R>>",
                     2: b"<</Type/Pages/Kids[" + kids + b"]/Count %d>>" % pages,
                     **{i + 3: page for i in range(pages)}}, "")


def huge_png(side):
    """Says that it has side times side pixels."""
    return (b"\x89PNG\r\n\x1a\n" +
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0,
                                           0)) +
            png_chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) +
            png_chunk(b"IEND", b""))


def huge_jpeg(side):
    data = bytearray(JPEG)
    at = data.index(b"\xff\xc9") if b"\xff\xc9" in data else data.index(b"\xff\xc0")
    data[at + 5:at + 9] = struct.pack(">HH", side, side)
    return bytes(data)


def huge_heif(side, name="a.heic"):
    """Each of its sizes (ISO/IEC 23008-12, 6.5.3) says so."""
    data = heif(name)
    at = data.index(b"ispe")
    while at >= 0:
        data = data[:at + 8] + struct.pack(">II", side, side) + data[at + 16:]
        at = data.find(b"ispe", at + 16)
    return data


def huge_gif(side):
    size = struct.pack("<HH", side, side)
    return (b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff" +
            b",\0\0\0\0" + size + b"\0\2\2D\1\0;")


def huge_webp(side):
    """Its canvas (VP8X) says so; the picture in it has one pixel."""
    size = struct.pack("<I", side - 1)[:3]
    chunks = (b"VP8X" + struct.pack("<I", 10) + bytes(4) + size + size +
              b"VP8L" + struct.pack("<I", 8) + b"\x2f\0\0\0\0\0\0\0")
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def huge_tiff(side):
    """One strip of grey (TIFF 6.0)."""
    fields = ((256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 1),
              (262, 3, 1), (273, 4, 8), (277, 3, 1), (278, 4, side),
              (279, 4, 4))
    return (b"II*\0" + struct.pack("<I", 12) + b"\xff" * 4 +
            struct.pack("<H", len(fields)) + b"".join(
                struct.pack("<HHII", tag, kind, 1, value)
                for tag, kind, value in fields) + bytes(4))


def huge_bmp(side):
    return (b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) +
            struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0,
                        0) + bytes(100))
