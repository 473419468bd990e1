"""Files as the programs that people use write them, for check_extract.py.

    /usr/bin/python3 producers.py DIRECTORY

LibreOffice stores texts, sheets and slides in each of its formats, with and
without a password; pdftoppm, img2pdf, text2image, Pillow, heif-enc and qrencode
make pictures of them.  One sentence stands in one place of each file:
CASE.FORMAT, such as text-comment.docx.  Needs no network.
"""
import pathlib
import subprocess
import sys
import time
from xml.sax.saxutils import escape

SSN = "Our patient Maria Lopez, SSN 512-34-6789."
CLEAN = ("Flu shots are here on Tuesday from nine to five.",
         "Bring a friend and your card.")

NAMES = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"'
                 for k, v in (("office", "office"), ("text", "text"),
                              ("table", "table"), ("draw", "drawing"),
                              ("style", "style"), ("meta", "meta"),
                              ("fo", "xsl-fo-compatible"),
                              ("svg", "svg-compatible"),
                              ("presentation", "presentation"))) + \
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'


def flat(kind, body, styles="", master="", keywords=""):
    keyword = f"<meta:keyword>{escape(keywords)}</meta:keyword>"
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMES} '
            f'office:version="1.2" office:mimetype="application/vnd.oasis.'
            f'opendocument.{kind}"><office:meta>{keyword if keywords else ""}'
            "</office:meta><office:automatic-styles>"
            '<style:page-layout style:name="PL"><style:page-layout-properties '
            'fo:page-width="8.5in" fo:page-height="11in" fo:margin="1in"/>'
            f"<style:header-style/><style:footer-style/></style:page-layout>"
            f"{styles}</office:automatic-styles><office:master-styles>"
            f"{master}</office:master-styles><office:body>{body}"
            "</office:body></office:document>")


def p(text, inside=""):
    return f"<text:p>{escape(text)}{inside}</text:p>"


def note(text):
    return ("<office:annotation><dc:creator>Dana</dc:creator>"
            f"<dc:date>2026-11-03T09:00:00</dc:date>{p(text)}"
            "</office:annotation>")


def text_cases():
    def doc(words=CLEAN, before="", more="", margin="", keywords="", styles=""):
        master = ('<style:master-page style:name="Standard" '
                  f'style:page-layout-name="PL">{margin}</style:master-page>')
        return flat("text", "<office:text>" + before +
                    "".join(p(w) for w in words) + more + "</office:text>",
                    styles, master, keywords)
    deleted = ('<text:tracked-changes><text:changed-region text:id="c1">'
               "<text:deletion><office:change-info><dc:creator>Dana"
               "</dc:creator><dc:date>2026-11-03T09:00:00</dc:date>"
               f"</office:change-info>{p(SSN)}</text:deletion>"
               "</text:changed-region></text:tracked-changes>")
    hidden = ('<style:style style:name="H" style:family="text">'
              '<style:text-properties text:display="none"/></style:style>')
    return {
        "clean": doc(),
        "body": doc((*CLEAN, SSN)),
        "comment": doc(more=p("Bye", note(SSN))),
        "deleted": doc(before=deleted, more=p(
            "Bye", '<text:change text:change-id="c1"/>')),
        "header": doc(margin=f"<style:header>{p(SSN)}</style:header>"),
        "footer": doc(margin=f"<style:footer>{p(SSN)}</style:footer>"),
        "footnote": doc(more=p("Bye", '<text:note text:id="n1" '
                               'text:note-class="footnote"><text:note-citation>'
                               "1</text:note-citation><text:note-body>"
                               f"{p(SSN)}</text:note-body></text:note>")),
        "keywords": doc(keywords=SSN),
        "hidden": doc(styles=hidden, more="<text:p>Bye <text:span "
                      f'text:style-name="H">{SSN}</text:span></text:p>'),
    }


def sheet_cases():
    rows, secret = (("Day", "Room"), ("Tuesday", "Two")), \
        (("Name", "SSN"), ("Maria Lopez", "512-34-6789"))
    styles = ('<style:style style:name="HT" style:family="table">'
              '<style:table-properties table:display="false"/></style:style>')

    def table(name, cells, style="", inside="", columns=""):
        out = f'<table:table table:name="{name}"{style}>{columns}'
        for row in cells:
            out += "<table:table-row>" + "".join(
                '<table:table-cell office:value-type="string">' + inside +
                p(v) + "</table:table-cell>" for v in row)
            out, inside = out + "</table:table-row>", ""
        return out + "</table:table>"

    def book(*tables, keywords=""):
        return flat("spreadsheet", "<office:spreadsheet>" + "".join(tables) +
                    "</office:spreadsheet>", styles, keywords=keywords)
    return {
        "clean": book(table("Fair", rows)),
        "body": book(table("Fair", rows), table("List", secret)),
        "hidden-sheet": book(table("Fair", rows), table(
            "Old", secret, ' table:style-name="HT"')),
        "hidden-column": book(table("Fair", secret, columns='<table:table-'
                              'column table:number-columns-repeated="2" '
                              'table:visibility="collapse"/>')),
        "comment": book(table("Fair", rows, inside=note(SSN))),
        "keywords": book(table("Fair", rows), keywords=SSN),
    }


def slide_cases():
    styles = ('<style:style style:name="HP" style:family="drawing-page">'
              '<style:drawing-page-properties presentation:visibility='
              '"hidden"/></style:style>')
    master = ('<style:master-page style:name="M" style:page-layout-name="PL"/>')

    def page(words, more="", style=""):
        frame = ('<draw:frame svg:width="5in" svg:height="2in" svg:x="1in" '
                 f'svg:y="1in"><draw:text-box>{p(words)}</draw:text-box>'
                 "</draw:frame>")
        return (f'<draw:page draw:master-page-name="M"{style}>{frame}{more}'
                "</draw:page>")

    def show(*pages, keywords=""):
        return flat("presentation", "<office:presentation>" + "".join(pages) +
                    "</office:presentation>", styles, master, keywords)
    notes = ('<presentation:notes><draw:frame presentation:class="notes" '
             'svg:width="5in" svg:height="5in" svg:x="1in" svg:y="5in">'
             f"<draw:text-box>{p(SSN)}</draw:text-box></draw:frame>"
             "</presentation:notes>")
    return {
        "clean": show(page(CLEAN[0])),
        "body": show(page(CLEAN[0]), page(SSN)),
        "notes": show(page(CLEAN[0], notes)),
        "comment": show(page(CLEAN[0], note(SSN))),
        "hidden-slide": show(page(CLEAN[0]), page(
            SSN, style=' draw:style-name="HP"')),
        "keywords": show(page(CLEAN[0]), keywords=SSN),
    }


FORMATS = {
    "text": {"docx": "MS Word 2007 XML", "odt": "writer8",
             "rtf": "Rich Text Format", "doc": "MS Word 97",
             "pdf": "writer_pdf_Export"},
    "sheet": {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8",
              "xls": "MS Excel 97", "pdf": "calc_pdf_Export",
              "csv": "Text - txt - csv (StarCalc)"},
    "slide": {"pptx": "Impress MS PowerPoint 2007 XML", "odp": "impress8",
              "ppt": "MS PowerPoint 97", "pdf": "impress_pdf_Export"},
}
CASES = {"text": text_cases, "sheet": sheet_cases, "slide": slide_cases}
# What the format cannot hold, or LibreOffice does not write into it.
NOT_THERE = {
    ("text-deleted", "pdf"), ("text-hidden", "pdf"), ("sheet-hidden-sheet",
     "pdf"), ("sheet-hidden-column", "pdf"), ("sheet-comment", "pdf"),
    ("slide-hidden-slide", "pdf"), ("slide-comment", "pdf"),
    ("sheet-body", "csv"), ("sheet-hidden-sheet", "csv"),
    ("sheet-comment", "csv"), ("sheet-keywords", "csv"),
}
LOCKABLE = ("docx", "odt", "xlsx", "ods", "pptx", "odp", "pdf")


class Office:
    """One soffice, spoken to over a pipe of its own."""

    def __init__(self, directory):
        import uno
        from com.sun.star.connection import NoConnectException
        pipe = f"chaperone{time.time_ns()}"
        self.process = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo",
             f"-env:UserInstallation=file://{directory}/profile",
             f"--accept=pipe,name={pipe};urp;"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.uno = uno
        context = uno.getComponentContext()
        resolver = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", context)
        for _ in range(600):
            try:
                far = resolver.resolve(
                    f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except NoConnectException:
                time.sleep(0.2)
        else:
            raise SystemExit("soffice does not answer")
        self.desktop = far.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", far)

    def values(self, **named):
        from com.sun.star.beans import PropertyValue
        out = []
        for name, value in named.items():
            v = PropertyValue()
            v.Name, v.Value = name, value
            out.append(v)
        return tuple(out)

    def named(self, **named):
        from com.sun.star.beans import NamedValue
        out = []
        for name, value in named.items():
            v = NamedValue()
            v.Name, v.Value = name, value
            out.append(v)
        return tuple(out)

    def store(self, source, targets):
        """targets: (path, filter, password or None)."""
        document = self.desktop.loadComponentFromURL(
            source.as_uri(), "_blank", 0, self.values(Hidden=True))
        for path, name, password in targets:
            named = {"FilterName": name, "Overwrite": True}
            if name.endswith("pdf_Export"):
                data = {"ExportNotes": True, "ExportNotesPages": True}
                if password:
                    data.update(EncryptFile=True,
                                DocumentOpenPassword=password)
                named["FilterData"] = self.uno.Any(
                    "[]com.sun.star.beans.PropertyValue", self.values(**data))
            elif path.suffix in (".docx", ".xlsx", ".pptx"):
                if password:
                    named["EncryptionData"] = self.uno.Any(
                        "[]com.sun.star.beans.NamedValue", self.named(
                            OOXPassword=password, CryptoType="Standard"))
            elif password:
                named["Password"] = password
            document.storeToURL(path.as_uri(), self.values(**named))
        document.close(True)

    def end(self):
        try:
            self.desktop.terminate()
        except Exception:  # the bridge goes down with it
            pass
        self.process.wait(60)


def make_documents(directory, office):
    for kind, cases in CASES.items():
        for case, source in cases().items():
            name = f"{kind}-{case}"
            path = directory / f"{name}.source.xml"
            path.write_text(source)
            targets = [(directory / f"{name}.{ext}", f, None)
                       for ext, f in FORMATS[kind].items()
                       if (name, ext) not in NOT_THERE]
            if case == "clean":
                targets += [(directory / f"{kind}-locked.{ext}", f, "secret")
                            for ext, f in FORMATS[kind].items()
                            if ext in LOCKABLE]
            if name == "text-comment":  # loaded over the pipe, it crashes
                convert(directory, path, [t[0] for t in targets])
            else:
                office.store(path, targets)
            path.unlink()


def convert(directory, source, paths):
    for path in paths:
        run("soffice", "--headless", "--norestore",
            f"-env:UserInstallation=file://{directory}/profile2",
            "--convert-to", path.suffix[1:] if path.suffix != ".pdf" else
            'pdf:writer_pdf_Export:{"ExportNotes":'
            '{"type":"boolean","value":"true"}}',
            "--outdir", directory / "converted", source)
        made = directory / "converted" / f"{source.stem}{path.suffix}"
        made.rename(path)


def run(*command, **more):
    subprocess.run([str(c) for c in command], check=True, timeout=300,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   **more)


def make_pictures(directory):
    """What the body of the text looks like, in each format of pictures."""
    from PIL import Image, ImageDraw, ImageFont
    for case in ("body", "clean"):
        base = directory / f"picture-{case}"
        run("pdftoppm", "-r", "110", "-png", "-singlefile", "-gray",
            directory / f"text-{case}.pdf", base)
        page = Image.open(f"{base}.png")
        top = page.crop((0, 0, page.width, page.height // 3)).convert("RGB")
        top.save(f"{base}.png")
        for ext in ("jpeg", "gif", "webp", "tiff", "bmp"):
            top.save(f"{base}.{ext}", quality=90)
        for ext, codec in (("heic", ()), ("avif", ("--avif",))):
            run("heif-enc", *codec, "-q", "60", "-o", f"{base}.{ext}",
                f"{base}.png")
        run("img2pdf", f"{base}.png", "-o", directory / f"scan-{case}.pdf")
    words = directory / "words.txt"
    words.write_text(f"{' '.join(CLEAN)}\n{SSN}\n")
    run("text2image", f"--text={words}", "--font=DejaVu Sans", "--ptsize=12",
        "--resolution=150", "--xsize=1200", "--ysize=400", "--fonts_dir=/usr/"
        "share/fonts", f"--fontconfig_tmpdir={directory}",
        f"--outputbase={directory / 'rendered-body'}")
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
                              26)
    for case, at in (("upper-left", (40, 40)), ("lower-right", (900, 1100))):
        page = Image.new("L", (1600, 1200), 255)
        draw = ImageDraw.Draw(page)
        draw.text((600, 580), CLEAN[0], font=font)
        draw.text(at, SSN, font=font)
        page.save(directory / f"picture-{case}.png")
    run("qrencode", "-o", directory / "code-body.png", SSN)
    page = Image.new("L", (1600, 1200), 255)
    page.paste(Image.open(directory / "code-body.png"), (1300, 60))
    page.save(directory / "code-upper-right.png")
    run("heif-enc", "-L", "-o", directory / "code-body.heic",
        directory / "code-body.png")
    run("qrencode", "-o", directory / "code-link.png",
        "https://x.example/?patient=Maria+Lopez&ssn=512-34-6789")


def picture_document(directory, office):
    """The picture within a document of each kind."""
    import base64
    data = base64.b64encode(
        (directory / "picture-body.png").read_bytes()).decode()
    frame = ('<draw:frame svg:width="6in" svg:height="3in"><draw:image>'
             f"<office:binary-data>{data}</office:binary-data></draw:image>"
             "</draw:frame>")
    master = ('<style:master-page style:name="Standard" '
              'style:page-layout-name="PL"/>')
    path = directory / "text-picture.source.xml"
    path.write_text(flat("text", f"<office:text>{p(CLEAN[0])}<text:p>{frame}"
                         "</text:p></office:text>", master=master))
    office.store(path, [(directory / f"text-picture.{ext}",
                         FORMATS["text"][ext], None)
                        for ext in ("docx", "odt", "pdf")])
    path.unlink()


def main(directory):
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    office = Office(directory)
    try:
        make_documents(directory, office)
        make_pictures(directory)
        picture_document(directory, office)
    finally:
        office.end()
    for path in directory.glob("*.cache-*"):
        path.unlink()
    run("rm", "-rf", *(directory / name for name in ("profile", "profile2",
                                                     "converted",
                                                     "fonts.conf")))
    (directory / "done").write_text("")


if __name__ == "__main__":
    main(sys.argv[1])
