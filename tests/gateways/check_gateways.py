"""check_gateways.py CHAPERONE: cases.yaml, and mail that is no post.

Each case becomes a message; what `chaperone check` says of its gateway must be
what the case wants.  Of ordinary mail (ordinary.py) none may be judged.
Ends with "gateways: N passed, N failed".
"""
import html
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import yaml

import ordinary

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
ARRIVAL = "2026-11-20T15:00:00Z"
PICTURE = b"\x89PNG\r\n\x1a\n"
KEYS = {"account", "title", "text", "at", "rule", "seen", "status", "tags", "categories",
        "networks", "cut", "notes", "finding"}


def message_of(case, addresses):
    """The case as a message."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Ana Field <ana@practice.example>"
    message["To"] = addresses.get(case["to"], case["to"])
    if "cc" in case:
        message["Cc"] = case["cc"]
    message["Subject"] = case["subject"]
    message["Date"] = "Fri, 20 Nov 2026 14:58:00 +0000"
    message["Message-ID"] = "<case@practice.example>"
    if "plain" in case:
        message.set_content(case["plain"])
    if "html" in case and "plain" in case:
        message.add_alternative(case["html"], subtype="html")
    elif "html" in case:
        message.set_content(case["html"], subtype="html")
    if "attach" in case:
        kind, subtype = case["attach"].split("/")
        message.add_attachment(PICTURE, kind, subtype, filename="a.png")
    return message


def part_of(message, number):
    """The decoded bytes of part "1", "1.2"; RFC 3501 6.4.5."""
    part = message
    if part.is_multipart():
        for step in number.split("."):
            part = part.get_payload()[int(step) - 1]
    return part.get_payload(decode=True), part.get_content_subtype()


def published(message, pieces):
    """What the pieces say, without markup, white space collapsed."""
    texts = []
    for piece in pieces:
        data, subtype = part_of(message, piece["part"])
        text = data[piece["start"]:piece["end"]].decode()
        if subtype == "html":
            text = re.sub(r"<!--.*?-->|<[^<>]*style=\"display:none\".*?</p>", " ", text)
            text = html.unescape(re.sub(r"<[^>]*>", " ", text))
        texts.append(text)
    return " ".join(" ".join(texts).split())


def got_of(result, message):
    """What check says, in the words of a case."""
    gateway = result["gateway"]
    structure = [f["rule"] for f in result["findings"] if f["rule"].startswith("structure/")
                 and f["rule"] != "structure/posting-address-shown"]
    return {"gateway": gateway["name"], "account": gateway["account"], "title": gateway["title"],
            "text": published(message, gateway["published"]),
            "at": gateway["publish_at"], "rule": gateway["publish_rule"],
            "seen": gateway["visibility"], "status": gateway["status"],
            "tags": gateway["tags"], "categories": gateway["categories"],
            "networks": gateway["networks"],
            "cut": [c["rule"] for c in gateway["cut"]],
            "notes": sorted(n["id"].removeprefix("gateway/") for n in result["notes"]),
            "finding": structure[0] if structure else None}


def want_of(case):
    """The want of a case with what it leaves out."""
    unknown = set(case["want"]) - KEYS
    assert not unknown, f"{case['name']}: unknown {unknown}"
    want = {"gateway": case.get("gateway", re.sub(r"^(flickr)-.*", r"\1", case["to"])),
            "account": None, "title": case["subject"], "at": case.get("now", ARRIVAL), "rule": "arrival",
            "seen": "public", "status": None, "tags": [], "categories": [],
            "networks": None, "cut": [], "notes": [], "finding": None}
    want.update(case["want"])
    want["notes"] = sorted(want["notes"])
    return want


def check(chaperone, files, now):
    """What check says of each file."""
    credentials = pathlib.Path(files[0]).parent / "credentials"
    credentials.mkdir(exist_ok=True)
    for name, secret in yaml.safe_load((HERE / "secrets.yaml").read_text()).items():
        (credentials / name).write_text(secret)
    run = subprocess.run(
        [chaperone, "check", "-c", "tests/gateways/config.yaml", "--format", "json",
         "--now", now, *files], cwd=ROOT, capture_output=True, text=True, check=False,
        env=dict(os.environ, CREDENTIALS_DIRECTORY=str(credentials)))
    results = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(results) == len(files), run.stderr[:2000]
    return results


def run_cases(chaperone, work):
    """(passed, failed)."""
    data = yaml.safe_load((HERE / "cases.yaml").read_text())
    cases = data["cases"]
    assert len(cases) >= 120 and len({c["name"] for c in cases}) == len(cases)
    messages = [message_of(case, data["addresses"]) for case in cases]
    failed = 0
    for now in {case.get("now", ARRIVAL) for case in cases}:
        chosen = [i for i, case in enumerate(cases) if case.get("now", ARRIVAL) == now]
        for i in chosen:
            (work / f"{i:03}.eml").write_bytes(messages[i].as_bytes())
        results = check(chaperone, [str(work / f"{i:03}.eml") for i in chosen], now)
        for i, result in zip(chosen, results):
            want, got = want_of(cases[i]), None
            if result.get("gateway"):
                got = got_of(result, message_from_bytes(messages[i].as_bytes()))
            if got != want:
                failed += 1
                wrong = {k: (v, got and got[k]) for k, v in want.items() if not got or got[k] != v}
                print(f"gateways: {cases[i]['name']}: (wanted, got) {wrong}")
    return len(cases) - failed, failed


def run_ordinary(chaperone, work):
    """(passed, failed)."""
    mails = ordinary.mails()
    assert len(mails) >= 200 and len(set(mails)) == len(mails)
    files = []
    for i, mail in enumerate(mails):
        files.append(str(work / f"mail-{i:03}.eml"))
        pathlib.Path(files[-1]).write_text(mail, newline="\r\n")
    failed = 0
    for mail, result in zip(mails, check(chaperone, files, ARRIVAL)):
        if result["verdict"] != "accept" or result["gateways"] or result["findings"] or result["notes"]:
            failed += 1
            print("gateways: judged, but no post:", mail.split("\n")[1])
    return len(mails) - failed, failed


def main():
    """The test."""
    chaperone = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as work:
        parts = [run(chaperone, pathlib.Path(work)) for run in (run_cases, run_ordinary)]
    passed, failed = (sum(n) for n in zip(*parts))
    print(f"gateways: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
