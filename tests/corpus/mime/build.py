#!/usr/bin/env python3
"""build.py DIRECTORY: labelled posts that exist only as MIME.

Each is a sentence or two of POSTS inside one of SHAPES: hidden in HTML, cut in
two parts, encoded, attached, nested.  Writes DIRECTORY/NAME.eml and
DIRECTORY/mime.jsonl for `chaperone eval`.  People and numbers are invented.
"""
import base64
import json
import pathlib
import quopri
import sys

TO = "kavo123pelu@" + "post.wordpress.com"
HEAD = ("From: desk@practice.example\r\nTo: {to}\r\nSubject: {subject}\r\n"
        "Date: Mon, 2 Nov 2026 10:00:00 -0500\r\nMessage-ID: <{name}@practice.example>\r\n"
        "MIME-Version: 1.0\r\n")
# What stands around: true, harmless, and different from shape to shape.
PLAIN = "The lobby is open until seven on weekdays, and the bus stops at the door."

SSN, MRN, MBI = "privacy/us-ssn", "privacy/mrn", "privacy/us-mbi"
BIRTH, PHONE = "privacy/date-of-birth", "privacy/patient-phone"
STORY = "privacy/patient-anecdote"

# rule (None: harmless), text; a "|" is where shapes that cut a text may cut it.
POSTS = [
    (SSN, "Our patient Odile Marchetti left her form here, SSN 512-34|-6789."),
    (SSN, "La paciente Rosaura Belmonte dejó su hoja: seguro social 512-34|-6781."),
    (MRN, "Please find the chart of Mr. Ambrose Tilling, MRN 0048|2213, before noon."),
    (MBI, "Medicare number of Mrs. Hedda Quill: 4KP7-HC2|-RW58, card still at the desk."),
    (BIRTH, "Mrs. Petronella Oakes, born |03/14/1951, had her hip done on Tuesday."),
    (PHONE, "Call our patient Benedikt Straub about his biopsy at 937-555|-0142, please."),
    (STORY, "A roofer came in this morning sure that it was heartburn. |It was his second heart"
            " attack, and he is in the cath lab now."),
    (STORY, "I saw a retired teacher on Friday who was sure it was a splinter. |It was shingles,"
            " and she cried in the chair. Poor woman."),
    (None, "The recall covers order 512-34|-6789-A of the blue reading lamp, sold in May."),
    (None, "Practice line for refills: 614-555|-0100, weekdays from eight to five."),
    (None, "Heartburn that comes with sweat or a tight jaw may be the heart: |call 911 and chew"
           " nothing but your pride."),
    (None, "Our clinic was born |03/14/1951 in two rooms above the bakery, and turns 75 this"
           " year."),
    (None, "El aparcamiento estará cerrado el martes 14; |usen por favor la entrada de la calle"
           " Olmo."),
    (None, "Children cry when a cast goes on. |Bring a favorite toy, and ask us to show the saw"
           " on our own thumb first."),
    (None, "MRN stands for medical record number. |Nobody from here will ever ask you for it by"
           " phone."),
    (None, "The choir of the high school sings in our lobby on Friday at six, |and the cocoa is"
           " on us."),
]


def whole(text):
    return text.replace("|", "")


def leaf(kind, body, encoding="8bit", extra=""):
    return (f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{extra}\r\n"
            f"{body}\r\n")


def multipart(kind, boundary, parts, prologue="", epilogue=""):
    inner = "".join(f"--{boundary}\r\n{p}" for p in parts)
    return (f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{prologue}'
            f"{inner}--{boundary}--\r\n{epilogue}")


TEXT = 'text/plain; charset="utf-8"'
HTML = 'text/html; charset="utf-8"'


def html(body):
    return f"<html><body><p>{PLAIN}</p>{body}</body></html>"


def attached(kind, name, body):
    parts = [leaf(TEXT, PLAIN),
             leaf(kind, body, extra=f'Content-Disposition: attachment; filename="{name}"\r\n')]
    return multipart("mixed", "att", parts)


def b64(text):
    return base64.encodebytes(text.encode()).decode().replace("\n", "\r\n").rstrip("\r\n")


def two_halves(text):
    first, second = text.split("|")
    return multipart("mixed", "cut", [leaf(TEXT, first), leaf(TEXT, second)])


def soft_broken(text):
    """Quoted-printable, a soft line break where the text may be cut."""
    first, second = (quopri.encodestring(t.encode()).decode().rstrip("\n")
                     for t in text.split("|"))
    return leaf(TEXT, f"{first}=\r\n{second}", "quoted-printable")


def inside_tags(text):
    first, second = text.split("|")
    return leaf(HTML, html(f"<p>{first}<wbr><b></b>{second}</p>"))


SHAPES = {
    "hidden": lambda t: leaf(HTML, html(f'<div style="display:none">{whole(t)}</div>')),
    "white": lambda t: leaf(HTML, html(
        f'<p style="color:#ffffff;background:#fff;font-size:1px">{whole(t)}</p>')),
    "comment": lambda t: leaf(HTML, html(f"<!-- {whole(t)} -->")),
    "alt": lambda t: leaf(HTML, html(f'<img src="https://practice.example/a.png" alt="{whole(t)}">')),
    "more-than-plain": lambda t: multipart("alternative", "alt", [
        leaf(TEXT, PLAIN), leaf(HTML, html(f"<p>{whole(t)}</p>"))]),
    "two-parts": two_halves,
    "base64": lambda t: leaf(TEXT, b64(f"{PLAIN}\n{whole(t)}"), "base64"),
    "soft-break": soft_broken,
    "tags": inside_tags,
    "nested": lambda t: multipart("mixed", "out", [
        leaf(TEXT, PLAIN),
        "Content-Type: message/rfc822\r\n\r\nFrom: lab@practice.example\r\n"
        "Subject: forwarded\r\nMIME-Version: 1.0\r\n" + leaf(TEXT, whole(t))]),
    "attachment": lambda t: attached("text/plain; charset=utf-8", "notes.txt", whole(t)),
    "calendar": lambda t: attached(
        "text/calendar; charset=utf-8", "event.ics",
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Desk\r\n"
        f"DESCRIPTION:{whole(t)}\r\nEND:VEVENT\r\nEND:VCALENDAR"),
    "prologue": lambda t: multipart("mixed", "pro", [leaf(TEXT, PLAIN)], f"{whole(t)}\r\n"),
    "epilogue": lambda t: multipart("mixed", "epi", [leaf(TEXT, PLAIN)], "", f"{whole(t)}\r\n"),
}


def mails():
    """Each shape with every fourth post, each time with other ones."""
    for number, (shape, make) in enumerate(SHAPES.items()):
        for i, (rule, text) in enumerate(POSTS):
            if i % 4 == number % 4 or i % 4 == (number + 2) % 4:
                yield f"{shape}-{i:02}", rule, make(text)


def encoded_subject(text):
    return f"=?utf-8?b?{base64.b64encode(whole(text).encode()).decode()}?="


def all_mails():
    for name, rule, body in mails():
        yield name, rule, "Notes from the desk", body
    for i, (rule, text) in enumerate(POSTS):
        yield f"subject-{i:02}", rule, encoded_subject(text), leaf(TEXT, PLAIN)


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "mime.jsonl", "w", encoding="utf-8") as labels:
        for name, rule, subject, body in all_mails():
            head = HEAD.format(to=TO, subject=subject, name=name)
            (directory / f"{name}.eml").write_bytes((head + body).encode())
            severity = "none" if rule is None else "quarantine" if rule == STORY else "reject"
            print(json.dumps({
                "id": name, "eml": f"{name}.eml", "rule": rule, "lang": "en",
                "kind": "violation" if rule else "allow", "severity": severity}), file=labels)


if __name__ == "__main__":
    main()
