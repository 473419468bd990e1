"""What a person types and a script reads: CONTRACT.md, chaperone(1).

Each test is a function case_*; its first line of text says what must hold.
They run in a directory of their own and ask no daemon.
"""
import json
import os
import pathlib

import clitest
from clitest import (CONFIG, DATAERR, ROOT, USAGE, expect, expect_exit,
                     on_terminal, run, write)

COMMANDS = ("check", "explain", "eval", "quarantine", "auth", "rules", "config", "doctor",
            "store")
WORDPRESS = "kavo1@post.wordpress.com"
CLEAN = "The office is closed on Friday.\n"
NUMBER = "Her social is 512-34-6789, please file it.\n"
STORY = "Today we treated a lady with shingles.\n"


def mail(directory, name, body, to=WORDPRESS, subject="News"):
    path = pathlib.Path(directory) / name
    path.write_text(f"From: Anna Field <anna@practice.example>\nTo: {to}\n"
                    f"Subject: {subject}\n"
                    f"Date: Tue, 3 Nov 2026 09:00:00 -0500\n\n{body}")
    return path


def judged(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_json(*args, stdin=""):
    done = run("check", "--format", "json", *args, stdin=stdin)
    return done, judged(done)


# --- help, version, usage --------------------------------------------------

def case_help(_):
    """the program and every command explain themselves"""
    done = run("--help")
    expect_exit(done, 0)
    for command in COMMANDS:
        expect(command in done.stdout, command, "is not in --help")
        told = run(command, "--help")
        expect_exit(told, 0)
        expect(f"chaperone {command}" in told.stdout, told.stdout)
        expect("--config=FILE" in told.stdout, "no -c in", command)


def case_version(_):
    """--version is one line with the name"""
    done = run("--version")
    expect_exit(done, 0)
    expect(done.stdout.startswith("chaperone ") and
           done.stdout.count("\n") == 1, done.stdout)


def case_usage(directory):
    """what is not known is 64, said on standard error"""
    post = mail(directory, "a.eml", CLEAN)
    for args in ([], ["fly"], ["check", "--colour"],
                 ["check", "--format", "xml", post],
                 ["check", "--input", "pdf", post],
                 ["check", "--now", "tomorrow", post],
                 ["check", "--gateway", "nowhere", post],
                 ["rules"], ["rules", "show"], ["rules", "dance"],
                 ["config"], ["config", "burn"], ["store"],
                 ["store", "backup"], ["quarantine"],
                 ["quarantine", "list", "--state", "lost"],
                 ["quarantine", "list", "--format", "xml"],
                 ["quarantine", "show"], ["quarantine", "dance", "X"],
                 ["auth"], ["auth", "add"], ["auth", "dance"],
                 ["auth", "add", "a/b"], ["auth", "add", "x" * 41],
                 ["auth", "revoke", "a b"], ["auth", "list", "A"],
                 ["auth", "list", "--scope", "photo"],
                 ["auth", "list", "--format", "xml"],
                 ["auth", "revoke", "A", "--until", "2099-01-01"]):
        done = run(*args)
        expect(done.returncode == USAGE, args, "exit", done.returncode)
        expect(done.stderr.startswith("chaperone") and not done.stdout,
               args, done.stdout, done.stderr)


# --- check: exit codes -----------------------------------------------------

def case_exit_is_the_strongest(directory):
    """0 accept, 1 tag, 2 quarantine, 3 reject, the strongest of all"""
    clean = mail(directory, "clean.eml", CLEAN)
    story = mail(directory, "story.eml", STORY)
    number = mail(directory, "number.eml", NUMBER)
    config = write(directory, "tag.yaml",
                   "overrides: [{rule: privacy/patient-anecdote, action: tag,"
                   " until: 2099-12-31, reason: test}]\n")
    expect_exit(run("check", clean), 0)
    expect_exit(run("check", "-c", config, story), 1)
    expect_exit(run("check", clean, story), 2)
    expect_exit(run("check", number, story, clean), 3)


def case_people_are_not_judged(directory):
    """ordinary mail passes without findings, gateways [] and gateway null"""
    done, (got,) = check_json(mail(directory, "a.eml", NUMBER,
                                   to="pat@example.com"))
    expect_exit(done, 0)
    expect(got["gateways"] == [] and got["gateway"] is None and
           got["findings"] == [], got)


def case_unreadable_input(directory):
    """65, an error in its place, and the others are judged"""
    good = mail(directory, "good.eml", NUMBER)
    empty = write(directory, "empty.eml", "")
    missing = pathlib.Path(directory) / "missing.eml"
    done, got = check_json(missing, empty, good)
    expect_exit(done, DATAERR)
    expect([g["verdict"] for g in got] == [None, None, "reject"], got)
    for g in got[:2]:
        expect(set(g) == {"input", "verdict", "error"} and g["error"], g)
    expect(got[0]["input"] == str(missing), got[0])


def case_bad_configuration(directory):
    """78 with FILE:LINE:COLUMN, and nothing is judged"""
    config = write(directory, "bad.yaml", "scope: all\nmode: observe\n")
    post = mail(directory, "a.eml", CLEAN)
    for args in (["check", post], ["rules", "list"], ["config", "check"],
                 ["config", "show"], ["quarantine", "list"]):
        done = run(args[0], "-c", config, *args[1:])
        expect(done.returncode == CONFIG, args, "exit", done.returncode)
        expect(f"{config}:2:7: mode: " in done.stderr and not done.stdout,
               args, done.stderr)
    expect_exit(run("check", "-c", f"{directory}/none.yaml", post), CONFIG)


def case_bad_rules(directory):
    """a rule file that is wrong is 78 with its place"""
    rules = write(directory, "r.yaml", "pack: t\nrulez: []\n")
    config = write(directory, "c.yaml", f"rules: {{paths: ['{rules}']}}\n")
    done = run("rules", "list", "-c", config)
    expect_exit(done, CONFIG)
    expect(f"{rules}:2:1: " in done.stderr, done.stderr)


# --- check: inputs ---------------------------------------------------------

def case_directory_in_name_order(directory):
    """a directory is walked in name order"""
    folder = pathlib.Path(directory) / "mails"
    folder.mkdir()
    for name in ("c.eml", "a.eml", "b.eml"):
        mail(folder, name, CLEAN)
    done, got = check_json(folder)
    expect_exit(done, 0)
    expect([pathlib.Path(g["input"]).name for g in got] ==
           ["a.eml", "b.eml", "c.eml"], got)


def case_standard_input(directory):
    """- and no file at all are standard input"""
    text = mail(directory, "a.eml", NUMBER).read_text()
    for args in (["-"], []):
        done, (got,) = check_json(*args, stdin=text)
        expect_exit(done, 3)
        expect(got["input"] == "-", got)


def case_text(directory):
    """--input text is one body, judged as a post, offsets into it"""
    path = write(directory, "post.txt", NUMBER)
    done, (got,) = check_json("--input", "text", path)
    expect_exit(done, 3)
    f = got["findings"][0]
    expect(NUMBER[f["start"]:f["end"]] == "512-34-6789", f)
    expect(f["part"] is None and f["line"] == 1 and f["where"] == "body", f)


def case_jsonl(directory):
    """--input jsonl: a post a line, with html, headers, eml and gateway"""
    mail(directory, "beside.eml", NUMBER)
    lines = [
        {"id": "clean", "subject": "News", "text": CLEAN, "label": 7},
        {"id": "subject", "subject": "SSN 512-34-6789", "text": CLEAN},
        {"id": "html", "text": CLEAN,
         "html": "<p hidden>SSN 512-34-6789</p>"},
        {"id": "headers", "text": CLEAN,
         "headers": {"X-Note": "SSN 512-34-6789"}},
        {"id": "eml", "eml": "beside.eml"},
        {"id": "gateway", "text": CLEAN, "gateway": "tumblr"},
    ]
    path = write(directory, "posts.jsonl",
                 "".join(json.dumps(line) + "\n" for line in lines))
    done, got = check_json("--input", "jsonl", path)
    expect_exit(done, 3)
    expect([g["id"] for g in got] == [line["id"] for line in lines], got)
    expect([g["verdict"] for g in got] ==
           ["accept", "reject", "reject", "reject", "reject", "accept"], got)
    expect([g["findings"][0]["where"] for g in got[1:5]] ==
           ["subject", "hidden", "header", "body"], got)
    expect(got[5]["gateway"]["name"] == "tumblr", got[5])


def case_bad_jsonl_lines(directory):
    """a line that is no object is 65; the next one is judged"""
    path = write(directory, "posts.jsonl",
                 '{"id": "a", "text": "x"\n[1]\n\n{"id": "b", "text": "x"}\n')
    done, got = check_json("--input", "jsonl", path)
    expect_exit(done, DATAERR)
    expect([g["verdict"] for g in got] == [None, None, "accept"], got)


def case_options_of_the_envelope(directory):
    """--to, --gateway and --all decide what the mail is judged as"""
    post = mail(directory, "a.eml", NUMBER, to="pat@example.com")
    done, (got,) = check_json("--to", "pat@example.com", "--to", WORDPRESS,
                              post)
    expect_exit(done, 3)
    expect(got["gateway"]["recipient"] == 2 and
           got["gateway"]["name"] == "wordpress", got)
    done, (got,) = check_json("--gateway", "flickr", post)
    expect_exit(done, 3)
    expect(got["gateway"]["name"] == "flickr", got)
    done, (got,) = check_json("--all", post)
    expect_exit(done, 3)
    expect(got["gateway"] is None, got)


def case_time(directory):
    """delays count from --now, else from the Date header"""
    post = mail(directory, "a.eml", "[delay +2 hours]\n" + CLEAN)
    done, (got,) = check_json("--now", "2026-12-01T09:00:00Z", post)
    expect_exit(done, 0)
    expect(got["gateway"]["publish_at"] == "2026-12-01T11:00:00Z", got)
    _, (got,) = check_json(post)
    expect(got["gateway"]["publish_at"] == "2026-11-03T16:00:00Z", got)


# --- check: output ---------------------------------------------------------

def case_json_keys(directory):
    """the keys of chaperone(1), no more and no less"""
    path = mail(directory, "a.eml", NUMBER)
    _, (got,) = check_json(path)
    expect(set(got) == {"input", "verdict", "gateways", "gateway", "findings",
                        "notes", "unscanned", "bytes", "class", "suggestion",
                        "elapsed_us"}, sorted(got))
    expect(set(got["bytes"]) == {"read", "skipped", "unread"} and
           sum(got["bytes"].values()) == os.path.getsize(path), got["bytes"])
    expect(set(got["gateway"]) == {"name", "account", "recipient", "verdict",
                                   "publish_at", "publish_rule", "title",
                                   "status", "visibility", "tags",
                                   "categories", "networks", "published",
                                   "cut"}, got["gateway"])
    expect(got["gateways"][0] == got["gateway"], got)
    finding = got["findings"][0]
    expect(set(finding) == {"rule", "action", "confidence", "where", "part",
                            "start", "end", "line", "masked", "title",
                            "advice", "reference"}, sorted(finding))
    expect(finding["part"] == "1" and finding["masked"] == "***-**-****",
           finding)


def case_unscanned_keys(directory):
    """a part that was not read has part, name, type and reason"""
    path = write(directory, "a.eml",
                 f"To: {WORDPRESS}\nMIME-Version: 1.0\nContent-Type: "
                 "application/x-sqlite3; name=a.db\n"
                 "Content-Transfer-Encoding: base64\n\n"
                 "U1FMaXRlIGZvcm1hdCAzAAEC/wD+AAcACA==\n")
    done, (got,) = check_json(path)
    expect_exit(done, 2)
    expect(got["unscanned"] == [{"part": "1", "name": "a.db",
                                 "type": "application/x-sqlite3",
                                 "reason": "unsupported"}], got)
    expect(got["findings"][0]["start"] is None, got)


def case_text_output(directory):
    """the text form names verdict, rule and place, never the number"""
    done = run("check", mail(directory, "a.eml", NUMBER))
    expect_exit(done, 3)
    expect("reject" in done.stdout and "privacy/us-ssn" in done.stdout and
           "line 1" in done.stdout, done.stdout)
    expect("6789" not in done.stdout + done.stderr, "the number is shown")


def case_colour_on_terminals_only(directory):
    """colour on a terminal, none elsewhere and none in JSON"""
    post = mail(directory, "a.eml", NUMBER)
    expect("\033" not in run("check", post).stdout, "colour in a pipe")
    expect("\033" not in run("doctor").stdout, "colour in a pipe")
    expect(b"\033[31m" in on_terminal("check", post), "no colour")
    expect(b"\033" not in on_terminal("check", "--format", "json", post),
           "colour in JSON")


# --- rules, config ---------------------------------------------------------

def case_rules(_):
    """list has every rule once, show explains one, test runs the examples"""
    listed = run("rules", "list")
    expect_exit(listed, 0)
    ids = [line.split()[0] for line in listed.stdout.splitlines()
           if "/" in line.split()[0]]
    expect("privacy/us-ssn" in ids and len(ids) == len(set(ids)), ids)
    expect(listed.stdout.endswith(f"{len(ids)} rules\n"), listed.stdout)
    shown = run("rules", "show", "privacy/us-ssn")
    expect_exit(shown, 0)
    expect("45 CFR 164.514(b)(2)(i)(G)" in shown.stdout, shown.stdout)
    expect("action:     reject, severity S1" in shown.stdout, shown.stdout)
    shown = run("rules", "show", "privacy/live-procedure")
    expect("quarantine (the worst of it: reject), severity S1" in shown.stdout, shown.stdout)
    tested = run("rules", "test")
    expect_exit(tested, 0)
    expect(tested.stdout.endswith(" right, 0 wrong\n"), tested.stdout)


def case_unknown_rule(_):
    """a rule that does not exist is an error that says where to look"""
    for verb in ("show", "test"):
        done = run("rules", verb, "privacy/none")
        expect(done.returncode not in (0, 1, 2, 3), verb, done.returncode)
        expect("rules list" in done.stderr, done.stderr)


def case_failing_example(directory):
    """rules test fails on an example that does not hold, with its place"""
    rule = ("pack: t\nrules:\n  - id: t/tea\n    title: {en: T, es: T}\n"
            "    severity: S4\n    action: tag\n    confidence: low\n"
            "    advice: {en: A, es: A}\n    reference: R\n"
            "    reviewed: 2026-11-22\n    signals: {a: {words: [tea]}}\n"
            "    condition: a\n"
            "    examples: {match: [coffee], pass: [milk]}\n")
    rules = write(directory, "r.yaml", rule)
    config = write(directory, "c.yaml", f"rules: {{paths: ['{ROOT}/rules', "
                                        f"'{rules}']}}\n")
    done = run("rules", "test", "-c", config, "t/tea")
    expect_exit(done, CONFIG)
    expect(f"{rules}:13: t/tea does not match" in done.stdout, done.stdout)
    expect("1 examples right, 1 wrong" in done.stdout, done.stdout)
    done = run("config", "check", "-c", config)
    expect_exit(done, CONFIG)
    expect(f"{rules}:13:24: rule \"t/tea\" does not find" in done.stderr,
           done.stderr)


def case_lint(directory):
    """rules lint names what to mend with its place, and what costs most"""
    rule = ("pack: t\nsignals: {never: {words: [x]}}\nrules:\n  - id: t/tea\n"
            "    title: {en: T, es: T}\n    severity: S4\n    action: tag\n"
            "    confidence: low\n    advice: {en: A, es: A}\n"
            "    reference: R\n    reviewed: 2026-11-22\n"
            "    signals: {a: {words: [tea]}}\n    condition: a\n"
            "    examples: {match: [tea, my tea], pass: [milk, cake]}\n")
    rules = write(directory, "r.yaml", rule)
    config = write(directory, "c.yaml", f"rules: {{paths: ["
                                        f"'{ROOT}/rules/structure.yaml', "
                                        f"'{rules}']}}\n")
    done = run("rules", "lint", "-c", config)
    expect_exit(done, 1)
    expect(f'{rules}:2:1: signal "never" of t is used by no rule'
           in done.stdout, done.stdout)
    expect("a of t/tea" in done.stdout and "1 to mend" in done.stdout,
           done.stdout)
    write(directory, "r.yaml", rule.replace("condition: a",
                                            "condition: {any: [a, never]}"))
    done = run("rules", "lint", "-c", config)
    expect_exit(done, 0)
    expect("0 to mend" in done.stdout, done.stdout)


def case_templates(directory):
    """a placeholder that is none is named with its place and those that there are"""
    notices = os.path.join(directory, "notices")
    os.mkdir(notices)
    config = write(directory, "c.yaml", f"notices: {{templates: '{notices}', compliance: a@b.example}}\n")
    write(notices, "held.en.txt", "{what}\n\n{link}\n")
    done = run("config", "check", "-c", config)
    expect_exit(done, 0)
    write(notices, "held.en.txt", "{what}\n\nDear {patient}\n")
    done = run("config", "check", "-c", config)
    expect_exit(done, 78)
    expect(f"{notices}/held.en.txt:3:6: " in done.stderr and "{link}" in done.stderr, done.stderr)


def case_config(directory):
    """check says good and hints; show prints every key and reads back"""
    config = write(directory, "c.yaml",
                   "practice: {contact: Call 614-555-0100}\n")
    done = run("config", "check", "-c", config)
    expect_exit(done, 0)
    expect(done.stdout.startswith(f"{config}: good, "), done.stdout)
    expect("practice.contact" not in done.stdout and
           "notices.compliance is empty" in done.stdout, done.stdout)
    shown = run("config", "show", "-c", config)
    expect_exit(shown, 0)
    again = write(directory, "again.yaml", shown.stdout)
    expect(run("config", "show", "-c", again).stdout == shown.stdout,
           "show does not read back")


# --- what needs a store or a daemon ------------------------------------------

def installation(directory):
    return write(directory, "c.yaml", f"""
store: {{url: "sqlite:{directory}/c.db", key_file: "{directory}/key"}}
control: {{socket: "unix:{directory}/control.sock"}}
milter: {{socket: "unix:{directory}/milter.sock"}}
""")


def case_no_store_yet(directory):
    """without a store: an error that says who makes it, and none is made"""
    config = installation(directory)
    for args in (["quarantine", "list"],
                 ["auth", "list"], ["auth", "revoke", "A"],
                 ["auth", "add", "A", "--scope", "photo", "--until",
                  "2099-12-31"],
                 ["store", "backup", f"{directory}/copy.db"]):
        done = run(args[0], "-c", config, *args[1:])
        expect_exit(done, CONFIG)
        expect("chaperone-milter" in done.stderr and not done.stdout,
               done.stderr)
    expect(sorted(os.listdir(directory)) == ["c.yaml"],
           os.listdir(directory))


def case_authorization_without_a_store(directory):
    """check without a store knows none, says so once, and judges on"""
    config = installation(directory)
    posts = [mail(directory, f"{n}.eml", STORY, subject="Day [auth A-1]")
             for n in range(2)]
    done, got = check_json("-c", config, *posts)
    expect_exit(done, 2)
    expect(done.stderr.count("\n") == 1 and "no authorization is known" in
           done.stderr, done.stderr)
    for one in got:
        expect([n["id"] for n in one["notes"]] == ["authorization/unknown"],
               one["notes"])
        expect("authorization" not in one["findings"][0], one)
    done = run("check", "-c", config, mail(directory, "c.eml", STORY))
    expect(done.stderr == "", "nobody asked for a store", done.stderr)


def case_authorization_of_a_line(directory):
    """jsonl and text posts name one, too; the ID is no text to rules"""
    config = installation(directory)
    number = "512-34-6789"
    lines = [{"id": "s", "subject": f"News [auth {number}]", "text": "We open at nine."},
             {"id": "h", "text": "We open at nine.", "headers": {"Authorization-Ref": number}},
             {"id": "b", "text": f"[auth {number}]"}]
    done, got = check_json("-c", config, "--input", "jsonl", "-", stdin="".join(
        json.dumps(line) + "\n" for line in lines))
    expect_exit(done, 3)
    expect([g["verdict"] for g in got] == ["accept", "accept", "reject"], got)
    expect([len(g["notes"]) for g in got] == [1, 1, 0], got)


def case_no_daemon(directory):
    """reload without a daemon is 69, unavailable"""
    done = run("config", "reload", "-c", installation(directory))
    expect_exit(done, 69)
    expect("not reloaded" in done.stderr, done.stderr)


def case_doctor(directory):
    """doctor names what is wrong and, for each, the line to change"""
    done = run("doctor", "-c", installation(directory))
    expect_exit(done, 69)
    lines = done.stdout.splitlines()
    wrong = [i for i, line in enumerate(lines)
             if line.startswith(("BAD", "warn"))]
    expect(len(wrong) >= 3, done.stdout)
    for i in wrong:
        expect(lines[i + 1].startswith("      -> "), lines[i])
    expect(any(line.startswith("BAD   store: ") for line in lines), lines)
    expect("notices: {compliance: " in done.stdout, done.stdout)


clitest.main("cli", globals())
