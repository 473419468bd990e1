"""Judges tests/mail/*.eml and tests/samples/*.eml with `chaperone check`.

tests/mail/NAME.expect lists what must come out, one line each:
    verdict VERDICT
    RULE ACTION WHERE PART      a finding (PART "-" for none)
    unscanned PART REASON
    publish TIME                of the first gateway, "-" for not known
Lines that start with # say why.  Nothing else may come out,
whether the lines of the mail end in LF, as in the file, or in CRLF.
Large mails are made here and judged from a temporary directory.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANGS = 120  # seconds: nothing honest takes as long, on any machine
NUMBER = "Her social is 512-34-6789.\n"
HEAD = ("From: Anna Field <anna@practice.example>\n"
        "To: kavo1@post.wordpress.com\nSubject: Large\n"
        "Date: Tue, 3 Nov 2026 09:00:00 -0500\nMIME-Version: 1.0\n")


def judge(chaperone, *args):
    """The JSON object that check prints for one message."""
    try:
        done = subprocess.run([*chaperone, "--format", "json", "--now",
                               "2026-11-22T12:00:00Z", *map(str, args)],
                              capture_output=True, text=True, timeout=HANGS,
                              cwd=ROOT)
    except subprocess.TimeoutExpired:
        return {"verdict": f"no result after {HANGS} s"}
    lines = done.stdout.splitlines()
    if len(lines) != 1:
        return {"verdict": f"no result, exit {done.returncode}: "
                           f"{done.stderr[-300:]}"}
    result = json.loads(lines[0])
    if done.returncode != {"accept": 0, "tag": 1, "quarantine": 2,
                           "reject": 3}.get(result["verdict"], 65):
        result["verdict"] = f"exit {done.returncode}"
    return result


def summary(result):
    """The lines that an .expect file would hold."""
    lines = {f"verdict {result['verdict']}"}
    for f in result.get("findings", []):
        lines.add(f"{f['rule']} {f['action']} {f['where']} "
                  f"{f['part'] or '-'}")
    for u in result.get("unscanned", []):
        lines.add(f"unscanned {u['part'] or '-'} {u['reason']}")
    if result.get("gateway"):
        lines.add(f"publish {result['gateway']['publish_at'] or '-'}")
    return lines


def read_expect(path):
    return {line.strip() for line in path.read_text().splitlines()
            if line.strip() and not line.startswith("#")}


def nested_multiparts(depth):
    heads = "".join(f"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n"
                    for i in range(depth))
    return HEAD + heads + "Content-Type: text/plain\n\n" + NUMBER


def nested_messages(depth):
    return (HEAD + "Content-Type: message/rfc822\n\nSubject: x\n" * depth +
            "\n" + NUMBER)


def many_parts(count):
    part = "--B\nContent-Type: text/plain\n\nHello\n"
    return (HEAD + "Content-Type: multipart/mixed; boundary=B\n\n" +
            part * (count - 1) + "--B\n\n" + NUMBER + "--B--\n")


def long_text(size, number_first):
    line = "Drink water, walk in the shade, rest at noon, wear a hat today.\n"
    text = line * (size // len(line))
    return HEAD + "\n" + (NUMBER + text if number_first else text + NUMBER)


def long_header(size):
    return (HEAD + "X-Note: " + "word " * (size // 5) +
            "\n SSN 512-34-6789\n\nHello\n")


SSN = "privacy/us-ssn reject "
UNREAD = "structure/unreadable quarantine structure "
# name, the mail, what must be among the lines.
LARGE = (
    ("10,000 nested multiparts", lambda: nested_multiparts(10000),
     {"verdict reject", SSN + "hidden"}),
    ("10,000 nested messages", lambda: nested_messages(10000),
     {"verdict reject", SSN + "hidden"}),
    ("10,000 parts", lambda: many_parts(10000),
     {"verdict quarantine", UNREAD + "-", "unscanned - limit"}),
    ("header of 100,000 bytes", lambda: long_header(100000),
     {"verdict reject", SSN + "header -"}),
    ("From with 99,999 colons",
     lambda: HEAD.replace("Anna Field", ":" * 99999) + "\n" + NUMBER,
     {"verdict reject", SSN + "body 1"}),
    ("20 MB of text, number first", lambda: long_text(20000000, True),
     {"verdict reject", SSN + "body 1", "unscanned 1 limit"}),
    ("20 MB of text, number last", lambda: long_text(20000000, False),
     {"verdict quarantine", UNREAD + "1", "unscanned 1 limit"}),
    ("20 MB of HTML tags", lambda: HEAD + "Content-Type: text/html\n\n" +
     NUMBER + "<b>" * 6700000,
     {"verdict reject", SSN, "unscanned 1 limit"}),
    ("2 MB of one line of digits", lambda: HEAD + "\n" + "512-34-" * 300000,
     {"verdict accept"}),
)


def check_large(chaperone, directory, name, mail, wanted):
    """What is wrong, or None."""
    path = pathlib.Path(directory) / "large.eml"
    path.write_text(mail())
    got = summary(judge(chaperone, path))
    missing = [w for w in wanted
               if not any(line.startswith(w) for line in got)]
    if missing:
        return f"{name}: missing {missing}, got {sorted(got)[:9]}"
    return None


def check_mail(chaperone, eml):
    """What is wrong with the mail as it lies here, and as SMTP brings it."""
    wrong = []
    want = read_expect(eml.with_suffix(".expect"))
    with tempfile.TemporaryDirectory() as directory:
        crlf = pathlib.Path(directory) / eml.name
        crlf.write_bytes(eml.read_bytes().replace(b"\n", b"\r\n"))
        for path, form in ((eml, "LF"), (crlf, "CRLF")):
            got = summary(judge(chaperone, path))
            if got != want:
                wrong.append(f"{eml.name}, {form}: missing "
                             f"{sorted(want - got)}, unexpected "
                             f"{sorted(got - want)}")
    return wrong


def with_cache(program, directory, overlay):
    """The command that checks with this tree's rules, compiled once, and an
    overlay's text."""
    directory = pathlib.Path(tempfile.mkdtemp(dir=directory))
    cache = directory / "cache"
    cache.mkdir(mode=0o700)
    (cache / "key").write_text("a key of the tests alone\n")
    # Not beside the cache: what lies in a directory of rules is part of its
    # key.
    site = directory / "site"
    site.mkdir()
    (site / "site.yaml").write_text(overlay)
    config = directory / "chaperone.yaml"
    config.write_text(f"rules: {{paths: ['{ROOT}/rules', "
                      f"'{site}'], cache: '{cache}'}}\n"
                      f"gateways: {{files: ['{ROOT}/conf/gateways.yaml']}}\n"
                      f"store: {{key_file: '{cache}/key'}}\n")
    return [program, "check", "-c", str(config)]


def main():
    with tempfile.TemporaryDirectory() as directory:
        program = pathlib.Path(sys.argv[1]).resolve()
        sys.exit(run(with_cache(program, directory, "overlay: site\n"),
                     with_cache(program, directory, NO_OPINION)))


# What the classifier thinks changes with what it has learned; places and
# reading of mail do not.
NO_OPINION = ("overlay: site\n"
              "classifier: {hold: 100, tag: 100, spare: 0}\n")


def run(chaperone, rules_alone):
    """The exit status."""
    passed = failed = 0
    for eml in sorted((ROOT / "tests/mail").glob("*.eml")):
        wrong = check_mail(rules_alone, eml)
        passed += not wrong
        failed += bool(wrong)
        for line in wrong:
            print(line)
    for eml in sorted((ROOT / "tests/samples").glob("*.eml")):
        want = eml.stem.rsplit(".", 1)[1].replace("mail", "accept")
        result = judge(chaperone, eml)
        if result["verdict"] == want:
            passed += 1
        else:
            failed += 1
            rules = [f["rule"] for f in result.get("findings", [])]
            print(f"{eml.name}: {result['verdict']}, not {want}: {rules}")
    with tempfile.TemporaryDirectory() as directory:
        for name, mail, wanted in LARGE:
            wrong = check_large(rules_alone, directory, name, mail, wanted)
            passed += wrong is None
            failed += wrong is not None
            if wrong is not None:
                print(wrong)
    print(f"mail: {passed} passed, {failed} failed")
    return failed > 0


main()
