"""One patient sentence planted in mail of all encodings and structures.

    planting.py BUILD

Each message is judged twice: as it is, and with the sentence.  Where a reader
would see the sentence it must be found; where nobody can read the part the
message must be held.  Ends with "planting: N passed, N failed".
"""
import base64
import binascii
import os
import pathlib
import quopri
import resource
import sys
import tempfile

import documents as d
from check_extract import Judge, reasons

SENTENCE = "Our patient Maria Lopez, SSN 512-34-6789."
WORDS = "The office is closed on Friday. Have a good week."
HEAD = (b"From: Anna Field <anna@practice.example>\n"
        b"To: kavo1@post.wordpress.com\n"
        b"Date: Tue, 3 Nov 2026 09:00:00 -0500\nMIME-Version: 1.0\n")
FOUND, HELD = "found", "held"


def encode(data, encoding):
    lower = encoding.lower()
    if lower == "base64":
        return base64.encodebytes(data)
    if lower == "quoted-printable":
        return quopri.encodestring(data)
    return data


def entity(text, kind="text/plain", charset="utf-8", encoding="8bit",
           codec=None, more=""):
    data = text if isinstance(text, bytes) else text.encode(
        codec or charset.strip(chr(34)) or "utf-8")
    parameter = f"; charset={charset}" if charset else ""
    return (f"Content-Type: {kind}{parameter}\n"
            f"Content-Transfer-Encoding: {encoding}\n{more}\n".encode() +
            encode(data, encoding) + b"\n")


def multipart(kind, *parts, boundary="b1", closing=True, before=b"", after=b"",
              more=""):
    out = f'Content-Type: multipart/{kind}; boundary="{boundary}"{more}\n\n'
    line = f"\n--{boundary}\n".encode()
    body = before + b"".join(line + part for part in parts)
    return out.encode() + body + (f"\n--{boundary}--\n".encode() + after
                                  if closing else b"")


def nested(entity_bytes, subject="Hello"):
    return (b"Content-Type: message/rfc822\n\nFrom: b@x.example\n"
            b"Subject: " + subject.encode() + b"\nMIME-Version: 1.0\n" +
            entity_bytes)


def page(text):
    return f"<html><body><p>{text}</p></body></html>"


def uu(data, eol=b"\n"):
    lines = [binascii.b2a_uu(data[i:i + 45]).rstrip(b"\n") + eol
             for i in range(0, len(data), 45)]
    return (b"begin 644 notes.bin" + eol + b"".join(lines) + b"`" + eol +
            b"end" + eol)


CHARSETS = (  # name, Python's name for it
    ("us-ascii", None), ("utf-8", None), ("iso-8859-1", None),
    ("iso-8859-15", None), ("windows-1252", None), ("windows-1251", None),
    ("koi8-r", None), ("big5", None), ("gb18030", None), ("shift_jis", None),
    ("euc-kr", None), ("ibm437", "cp437"), ("utf-7", None),
    ("iso-2022-jp", None), ("utf-16", None), ("utf-16le", "utf-16-le"),
    ("utf-16be", "utf-16-be"), ("utf-32", None), ("x-nobody-knows", "ascii"),
    ("", "ascii"), ('"UTF-8"', "utf-8"),
)
WIDE = ("utf-16", "utf-16le", "utf-16be", "utf-32")
ENCODINGS = ("7bit", "8bit", "binary", "quoted-printable", "base64", "BASE64")


def charset_mails(text):
    """Every charset in every encoding that can carry it, plain and HTML."""
    for charset, codec in CHARSETS:
        for encoding in ENCODINGS:
            if charset in WIDE and encoding in ("7bit", "8bit", "binary"):
                continue
            for kind in ("text/plain", "text/html"):
                body = page(text) if kind == "text/html" else text
                yield (f"{kind} {charset or 'no charset'} {encoding}", FOUND,
                       entity(body, kind, charset, encoding, codec))


def structure_mails(text):
    plain, clean = entity(text), entity(WORDS)
    markup = entity(page(text), "text/html")
    clean_markup = entity(page(WORDS), "text/html")
    name = "Content-Disposition: attachment; filename=a.txt\n"
    deep, deeper = plain, plain
    for i in range(12):
        deep = multipart("mixed", deep, boundary=f"d{i}")
    for i in range(60):
        deeper = multipart("mixed", deeper, boundary=f"e{i}")
    in_mail = nested(plain)
    for _ in range(4):
        in_mail = nested(in_mail)
    yield from (
        ("alternative, in the plain part", FOUND,
         multipart("alternative", plain, clean_markup)),
        ("alternative, in the HTML", FOUND,
         multipart("alternative", clean, markup)),
        ("mixed, first", FOUND, multipart("mixed", plain, clean)),
        ("mixed, last", FOUND, multipart("mixed", clean, clean, plain)),
        ("mixed, attached text", FOUND,
         multipart("mixed", clean, entity(text, more=name))),
        ("mixed, attached base64 text", FOUND, multipart(
            "mixed", clean, entity(text, encoding="base64", more=name))),
        ("mixed, text of no kind", FOUND, multipart("mixed", clean, entity(
            text, "application/octet-stream", "", "base64", "ascii", name))),
        ("related", FOUND, multipart("related", markup, entity(
            d.png(), "image/png", "", "base64"))),
        ("digest", FOUND, multipart("digest", nested(plain))),
        ("parallel", FOUND, multipart("parallel", clean, plain)),
        ("of an unknown kind", FOUND, multipart("x-new", clean, plain)),
        ("report", FOUND, multipart("report", plain, entity(
            "Status: 5.0.0\n", "message/delivery-status", ""))),
        ("signed, S/MIME", FOUND, multipart("signed", plain, entity(
            b"\0\1", "application/pkcs7-signature", "", "base64"))),
        ("signed, PGP", FOUND, multipart("signed", plain, entity(
            "x", "application/pgp-signature", ""))),
        ("opaque signed, S/MIME", HELD, entity(
            text.encode(), "application/pkcs7-mime; smime-type=signed-data",
            "", "base64")),
        ("encrypted, S/MIME", HELD, entity(
            b"\x30\x82" + bytes(99),
            "application/pkcs7-mime; smime-type=enveloped-data", "", "base64")),
        ("encrypted, PGP", HELD, multipart(
            "encrypted", entity("Version: 1\n", "application/pgp-encrypted",
                                ""), entity(b"\1\2\3", "application/octet-"
                                            "stream", "", "base64"))),
        ("encrypted, PGP in a text", HELD, entity(
            f"{WORDS}\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n"
            "-----END PGP MESSAGE-----\n")),
        ("partial", HELD, entity(text, 'message/partial; id="a"; number=1; '
                                 "total=2", "")),
        ("external body", HELD, entity(
            "Content-Type: text/plain\n\n", "message/external-body; access-type"
            "=URL; URL=\"https://x.example/a\"", "")),
        ("twelve deep", FOUND, deep),
        ("sixty deep", HELD, deeper),
        ("mail in mail", FOUND, multipart("mixed", clean, nested(plain))),
        ("mail in base64", FOUND, multipart("mixed", clean, entity(
            b"From: b@x.example\nSubject: Hi\n\n" + text.encode(),
            "message/rfc822", "", "base64"))),
        ("mail five deep", FOUND, in_mail),
        ("subject of a mail in mail", FOUND, multipart(
            "mixed", clean, nested(clean, text))),
        ("without a boundary", FOUND, b"Content-Type: multipart/mixed\n\n" +
         plain),
        ("with a boundary that never comes", FOUND,
         b"Content-Type: multipart/mixed; boundary=zzz\n\n" + plain),
        ("without the last boundary", FOUND,
         multipart("mixed", clean, plain, closing=False)),
        ("before the parts", FOUND, multipart(
            "mixed", clean, before=text.encode() + b"\n")),
        ("behind the parts", FOUND, multipart(
            "mixed", clean, after=text.encode() + b"\n")),
        ("behind the parts of an inner multipart", FOUND, multipart(
            "mixed", multipart("mixed", clean, boundary="b2", closing=True,
                               after=text.encode() + b"\n"), clean)),
        ("between two boundaries", FOUND, multipart("mixed", clean, (
            b"\n--b1--\n" + text.encode() + b"\n--b1\n" + clean))),
        ("on the line of the last boundary", FOUND, multipart(
            "mixed", clean, closing=False) + b"\n--b1-- " + text.encode() +
         b"\n"),
        ("on the line of a boundary", FOUND, multipart(
            "mixed", clean, closing=False) + b"\n--b1 " + text.encode() +
         b"\n\nMore.\n--b1--\n"),
        ("behind the parts, after NUL", FOUND, multipart(
            "mixed", clean, after=b"\0\0\n" + text.encode() + b"\n")),
        ("behind a mail in a mail", FOUND, multipart("mixed", nested(
            multipart("mixed", clean, boundary="b2", after=text.encode() +
                      b"\n")), clean)),
        ("in a large signature", HELD, multipart("signed", clean, entity(
            text.encode() + os.urandom(100000), "application/pgp-signature",
            "", "base64"))),
        ("in a large report", FOUND, multipart("report", clean, entity(
            text.encode() + b"\n" + b"Status: 5.0.0\n" * 8000,
            "message/delivery-status", ""))),
        ("two types, text first", FOUND,
         b"Content-Type: text/plain\n" + multipart("mixed", clean, plain)),
        ("two types, multipart first", FOUND, multipart(
            "mixed", clean, plain, more="\nContent-Type: text/plain")),
        ("two encodings", FOUND, b"Content-Transfer-Encoding: base64\n" +
         entity(text, encoding="7bit")),
        ("two encodings, base64 last", FOUND,
         b"Content-Transfer-Encoding: 7bit\n" + entity(text,
                                                       encoding="base64")),
        ("glued base64", FOUND, b"Content-Type: text/plain\n"
         b"Content-Transfer-Encoding: base64\n\n" +
         base64.b64encode(b"Hello.") + b"==\n" + base64.encodebytes(
             text.encode())),
        ("encoding of no kind", FOUND, entity(text, encoding="x-rot13")),
        ("uuencoded text", FOUND, entity(
            WORDS.encode() + b"\n\n" + uu(text.encode()))),
        ("uuencoded text, CRLF", FOUND, entity(
            WORDS.encode() + b"\r\n\r\n" + uu(text.encode(), b"\r\n"))),
        ("uuencoded document", FOUND, entity(
            WORDS.encode() + b"\n\n" + uu(d.docx(text)))),
        ("uuencoded by its encoding", HELD, entity(
            uu(text.encode()), encoding="x-uuencode")),
        ("winmail.dat", HELD, multipart("mixed", clean, entity(
            b"\x78\x9f\x3e\x22" + bytes(200) + text.encode(),
            "application/ms-tnef", "", "base64"))),
        ("flowed", FOUND, entity(
            text.replace("Lopez, ", "Lopez, \n"), "text/plain; format=flowed")),
        ("flowed, DelSp", FOUND, entity(
            text.replace("6789", " \n6789"),
            "text/plain; format=flowed; delsp=yes")),
        ("header folded", FOUND, b"X-Note: a\n  " + text.encode() + b"\n" +
         clean),
        ("type in capitals", FOUND, entity(text, "TEXT/PLAIN")),
        ("type without a slash", FOUND, entity(text, "text", "")),
        ("type of two slashes", FOUND, entity(text, "text/plain/x", "")),
        ("no type at all", FOUND, b"\n" + text.encode()),
        ("NUL bytes", FOUND, entity(b"\0\0" + text.encode() + b"\0")),
        ("line of 9,000 characters", FOUND,
         entity("word " * 1800 + text + " word" * 1000)),
        ("CR alone", FOUND, entity(b"One.\rTwo.\r" + text.encode())),
        ("behind 300 parts", FOUND, multipart(
            "mixed", *[clean] * 150, plain)),
    )
    for kind in ("markdown", "csv", "tab-separated-values", "calendar", "vcard",
                 "x-vcard", "enriched", "richtext", "xml", "css", "x-log",
                 "troff"):
        yield (f"text/{kind}", FOUND, multipart("mixed", clean, entity(
            text, f"text/{kind}")))


def document_mails(text):
    makers = (
        ("pdf", d.pdf), ("docx", d.docx), ("pptx", d.pptx), ("odt", d.odt),
        ("rtf", d.rtf), ("eml", d.eml),
        ("xlsx", lambda t: d.xlsx([["Note"], [t]])),
        ("ods", lambda t: d.ods([["Note"], [t]])),
        ("zip", lambda t: d.zipped({"a.txt": t})),
        ("tnef", d.tnef), ("msg", d.msg_file),
        ("tar.gz", lambda t: d.tar({"a.txt": t.encode()}, "w:gz")),
        ("7z", lambda t: d.seven_zip({"a.txt": t.encode()})),
    )
    kinds = ("application/octet-stream", "image/png", "text/plain",
             "application/x-unknown")
    for name, make in makers:
        data = make(text)
        for kind in kinds:
            yield (f"{name} called {kind}", FOUND, multipart(
                "mixed", entity(WORDS), entity(data, kind, "", "base64")))
    yield ("pdf, locked", HELD, multipart("mixed", entity(WORDS), entity(
        d.encrypted_pdf(text), "application/pdf", "", "base64")))
    yield ("zip, locked", HELD, multipart("mixed", entity(WORDS), entity(
        d.encrypted_zip({"a.txt": text.encode()}), "application/zip", "",
        "base64")))


def header_mails(text):
    b = base64.b64encode(text.encode()).decode()
    q = text.replace(" ", "_").replace(",", "=2C")
    clean = entity(WORDS)
    for name, value in (
            ("Subject", text), ("Subject", f"=?utf-8?B?{b}?="),
            ("Subject", f"=?iso-8859-1?Q?{q}?="),
            ("Subject", f"=?UTF-8*en?Q?{q}?="), ("Keywords", text),
            ("Comments", text), ("X-Anything", text)):
        yield f"{name}: {value[:16]}", FOUND, f"{name}: {value}\n".encode() + clean
    for value in (f'filename="{text}.txt"', f"filename*=utf-8''" +
                  text.replace(" ", "%20").replace(",", "%2C"),
                  "filename*0*=utf-8''" + text[:20].replace(" ", "%20") +
                  ";\n filename*1*=" + text[20:].replace(" ", "%20"),
                  f'filename="=?utf-8?B?{b}?="'):
        yield (f"name of a file, {value[:14]}", FOUND, multipart(
            "mixed", clean, entity(WORDS, more="Content-Disposition: attachment"
                                   f"; {value}\n")))


def mails(text):
    for make in (charset_mails, structure_mails, document_mails, header_mails):
        for name, want, body in make(text):
            subject = b"" if b"Subject: " in body[:60] else b"Subject: News\n"
            yield name, want, HEAD + subject + body


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    passed = failed = found = held = 0
    with tempfile.TemporaryDirectory() as name:
        judge = Judge(build, pathlib.Path(name))
        planted = list(mails(SENTENCE))
        clean = judge.all(m for _, _, m in mails(WORDS))
        for (what, want, mail), r, before in zip(
                planted, judge.all(m for _, _, m in planted), clean,
                strict=True):
            is_found = any(f["rule"] == "privacy/us-ssn" for f in r["findings"])
            is_held = r["verdict"] in ("quarantine", "reject")
            said = any(f["rule"] == "privacy/us-ssn"
                       for f in before["findings"])
            counted = r["bytes"]
            whole = sum(counted.values()) == len(mail)
            ok = (is_found if want == FOUND else is_held) and is_held and \
                not said and whole
            passed, failed = passed + ok, failed + (not ok)
            found, held = found + is_found, held + (is_held and not is_found)
            if not ok:
                print(f"planting: {what}: {want}; got {r['verdict']}, "
                      f"bytes {counted} of {len(mail)}, "
                      f"{sorted({f['rule'] for f in r['findings']})}, "
                      f"unscanned {sorted(reasons(r))}")
    print(f"planted in {len(planted)} messages: found in {found}, held "
          f"unread {held}, missed {len(planted) - found - held}")
    print(f"planting: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
