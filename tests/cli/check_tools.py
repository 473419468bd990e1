"""The tools of rule authors: eval, explain, rules new (CONTRACT.md)."""
import json
import pathlib

import yaml

import clitest
from clitest import (CONFIG, DATAERR, NOINPUT, ROOT, USAGE, expect, expect_exit,
                     on_terminal, run, write)

RATE = {"n", "of", "rate", "low", "high"}
MAIN = ("posts", "caught", "precision", "recall", "f1", "stopped", "under",
        "false_stop", "false_tag")
RATES = [key for key in MAIN if key not in ("posts", "f1")]


def post(name, text, severity="none", rule=None, lang="en", **more):
    return {"id": name, "text": text, "severity": severity, "rule": rule,
            "kind": "allow" if severity == "none" else "violation",
            "lang": lang, **more}


POSTS = [
    post("number", "Her social is 512-34-6789.", "reject", "privacy/us-ssn"),
    post("story", "Today we treated a lady with shingles.", "quarantine",
         "privacy/patient-anecdote"),
    post("missed", "The weather is fine.", "reject", "t/none", "es"),
    post("closed", "We are closed on Friday.", **{"class": "news"}),
    post("alarm", "Today we treated a man with gout and shingles."),
]


def corpus(directory, posts, name="c.jsonl"):
    return write(directory, name, "".join(
        (p if isinstance(p, str) else json.dumps(p)) + "\n" for p in posts))


def eval_json(*args, stdin=""):
    done = run("eval", "--format", "json", *args, stdin=stdin)
    return done, json.loads(done.stdout)


# --- eval ------------------------------------------------------------------

def case_eval_json(directory):
    """the keys of CONTRACT.md with the counts of the labels"""
    done, got = eval_json(corpus(directory, POSTS))
    expect_exit(done, 0)
    expect(set(MAIN) | {"by_rule", "by_lang", "by_class", "misses", "alarms",
                        "unstopped", "false_stops"} == set(got), set(got))
    for key in RATES:
        expect(set(got[key]) == RATE, key, got[key])
    counts = {key: (got[key]["n"], got[key]["of"]) for key in RATES}
    expect(counts == {"caught": (2, 3), "recall": (2, 3),
                      "precision": (2, 3), "stopped": (2, 3),
                      "under": (1, 2), "false_stop": (1, 2),
                      "false_tag": (0, 2)}, counts)
    expect(got["posts"] == 5 and abs(got["f1"] - 2 / 3) < 1e-9, got)
    rate = got["caught"]
    expect(abs(rate["rate"] - 0.6667) < 1e-4 and
           abs(rate["low"] - 0.2077) < 1e-4 and
           abs(rate["high"] - 0.9385) < 1e-4, rate)
    expect(got["misses"] == ["missed"] and got["alarms"] == ["alarm"] and
           got["false_stops"] == ["alarm"] and got["unstopped"] == [], got)


def case_eval_breakdowns(directory):
    """by_rule has right, caught and alarms; languages and classes the rates"""
    _, got = eval_json(corpus(directory, POSTS))
    expect(got["by_rule"] == {
        "privacy/patient-anecdote": {"of": 1, "right": 1, "caught": 1,
                                     "alarms": 1},
        "privacy/us-ssn": {"of": 1, "right": 1, "caught": 1, "alarms": 0},
        "t/none": {"of": 1, "right": 0, "caught": 0, "alarms": 0}},
        got["by_rule"])
    expect(list(got["by_lang"]) == ["en", "es"] and
           list(got["by_class"]) == ["news"], got["by_lang"].keys())
    for score in (*got["by_lang"].values(), *got["by_class"].values()):
        expect(set(score) == set(MAIN), score)
    expect(got["by_lang"]["es"]["caught"]["n"] == 0 and
           got["by_class"]["news"]["recall"]["rate"] is None, got["by_class"])


def case_eval_never_prints_text(directory):
    """ids only: no word of a post, in either form"""
    path = corpus(directory, [*POSTS, post("bad", "heliotrope", "none",
                                           "x/y", kind="?")])
    for form in ("text", "json"):
        done = run("eval", "--format", form, path)
        expect_exit(done, DATAERR)
        for word in ("6789", "shingles", "weather", "Friday", "heliotrope"):
            expect(word not in done.stdout + done.stderr, form, word)


def case_eval_text(directory):
    """the table has rates, rules, languages and the ids that went wrong"""
    done = run("eval", corpus(directory, POSTS))
    expect_exit(done, 0)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    expect(lines[0] == "5 posts: 3 violations, 2 allowed", lines[0])
    for wanted in ("caught 2 of 3 66.7 % 20.8 to 93.9 "
                   "violations above accept (recall)",
                   "privacy/us-ssn 1 1 1 0", "es 1 0.0 - 0.0 - -",
                   "misses: violations that were accepted (1):"):
        expect(wanted in lines, wanted, "not in", lines)
    expect(lines[lines.index("misses: violations that were accepted (1):")
                 + 1] == "missed", lines)


def case_eval_wrong_lines(directory):
    """each wrong line is FILE:LINE and 65; the others are scored"""
    good = post("good", "Her social is 512-34-6789.", "reject")
    wrong = [
        ("no JSON", "no JSON object"),
        ("[1]", "no JSON object"),
        ({**good, "id": "k", "kind": "bad"}, "kind: "),
        ({**good, "id": "l", "kind": 1}, "kind: "),
        ({**good, "id": "m", "severity": "accept"}, "severity: "),
        ({**good, "id": "n", "severity": None}, "severity: "),
        ({**good, "id": "o", "kind": "allow"}, "severity: "),
        ({**good, "id": "p", "severity": "none"}, "severity: "),
        ({**good, "id": "q", "rule": 7}, "rule: "),
        ({**good, "id": "r", "lang": ["en"]}, "lang, class: "),
        ({**good, "id": "s", "class": 1}, "lang, class: "),
        ({"id": "t", "kind": "allow"}, "no post: "),
        ({**good, "id": "good"}, "id: "),
        ({**good, "id": "u", "eml": "none.eml"}, "none.eml"),
    ]
    path = corpus(directory, [good, *(line for line, _ in wrong)])
    done, got = eval_json(path)
    expect_exit(done, DATAERR)
    expect(got["posts"] == 1 and got["caught"]["n"] == 1, got)
    told = done.stderr.splitlines()
    expect(len(told) == len(wrong), told)
    for number, (line, (_, what)) in enumerate(zip(told, wrong), 2):
        expect(line.startswith(f"{path}:{number}: ") and what in line,
               line, what)


def case_eval_lenient_labels(directory):
    """severity of what is allowed, lang, class and id may be missing"""
    path = corpus(directory, [{"text": "Closed on Friday.", "kind": "allow"},
                              {"text": "SSN 512-34-6789", "kind": "allow"}])
    done, got = eval_json(path)
    expect_exit(done, 0)
    expect(got["alarms"] == [f"{path}:2"] and "und" in got["by_lang"], got)


def case_eval_inputs(directory):
    """several files, standard input, eml beside the corpus"""
    write(directory, "a.eml", "To: p@example.com\n\nSSN 512-34-6789\n")
    first = corpus(directory, POSTS, "a.jsonl")
    second = corpus(directory, [
        {**post("number", "", "reject"), "eml": "a.eml"}], "b.jsonl")
    done, got = eval_json(first, second)
    expect_exit(done, 0)
    expect(got["posts"] == 6 and got["caught"]["n"] == 3, got)
    done, got = eval_json("-", stdin=first.read_text())
    expect_exit(done, 0)
    expect(got["posts"] == 5, got)


def case_eval_missing_file(directory):
    """a corpus that is not there is 65, and what there is is scored"""
    done, got = eval_json(f"{directory}/none.jsonl", corpus(directory, POSTS))
    expect_exit(done, DATAERR)
    expect(got["posts"] == 5 and "none.jsonl" in done.stderr, done.stderr)


def case_eval_usage(directory):
    """no corpus, a wrong format, a wrong baseline, wrong rules"""
    path = corpus(directory, POSTS)
    for args in ([], ["--format", "xml", path], ["--bogus", path]):
        expect_exit(run("eval", *args), USAGE)
    for text in ("{", "[]", "{}", '{"misses": [1], "alarms": []}'):
        base = write(directory, "b.json", text)
        done = run("eval", "--baseline", base, path)
        expect_exit(done, NOINPUT)
        expect("--baseline" in done.stderr and not done.stdout, done.stderr)
    expect_exit(run("eval", "--baseline", f"{directory}/no.json", path),
                NOINPUT)
    config = write(directory, "c.yaml", "mode: observe\n")
    expect_exit(run("eval", "-c", config, path), CONFIG)


def case_eval_baseline(directory):
    """--baseline names what is better and worse; worse is 1"""
    path = corpus(directory, POSTS)
    _, now = eval_json(path)
    for misses, alarms, code, better, worse in (
            (["missed"], ["alarm"], 0, [], []),
            (["missed", "old"], ["alarm"], 0, ["old"], []),
            (["other"], ["alarm"], 0, ["other"], ["missed"]),
            ([], ["alarm"], 1, [], ["missed"]),
            (["missed"], [], 1, [], [])):
        base = write(directory, "b.json", json.dumps(
            {**now, "misses": misses, "alarms": alarms}))
        done, got = eval_json("--baseline", base, path)
        expect_exit(done, code)
        expect(got["compared"]["worse"] == (code == 1) and
               got["compared"]["misses"] == {"new": worse, "gone": better},
               got["compared"])
        done = run("eval", "--baseline", base, path)
        expect_exit(done, code)
        expect(("not worse" in done.stdout) == (code == 0), done.stdout)
        for name in better + worse:
            expect(name in done.stdout, name)


def case_eval_baseline_of_an_older_version(directory):
    """a list that the baseline does not have is not compared"""
    base = write(directory, "b.json",
                 '{"misses": ["missed"], "alarms": ["alarm"]}')
    done, got = eval_json("--baseline", base, corpus(directory, POSTS))
    expect_exit(done, 0)
    expect("false_stops" not in got["compared"], got["compared"])


def case_eval_is_the_same_every_time(directory):
    """many posts on all processors: the same bytes again"""
    posts = [{**POSTS[i % 5], "id": f"p{i}"} for i in range(400)]
    path = corpus(directory, posts)
    first, second = (run("eval", "--format", "json", path) for _ in "ab")
    expect_exit(first, 0)
    expect(first.stdout == second.stdout, "two results")
    got = json.loads(first.stdout)
    expect(got["misses"] == [f"p{i}" for i in range(2, 400, 5)], "order")


def case_eval_in_monitor_mode(directory):
    """mode: monitor lets posts pass, but eval says what the rules do"""
    config = write(directory, "c.yaml", "mode: monitor\n")
    done, got = eval_json("-c", config, corpus(directory, POSTS))
    expect_exit(done, 0)
    expect(got["caught"]["n"] == 2, got)


def case_eval_terminal(directory):
    """colour and a progress bar on a terminal only"""
    path = corpus(directory, POSTS)
    shown = on_terminal("eval", path)
    expect(b"\033[1m" in shown and b"[####" in shown, shown[:200])
    done = run("eval", path)
    expect("\033" not in done.stdout and not done.stderr, done.stderr)
    expect(b"\033[1m" not in on_terminal("eval", "--format", "json", path),
           "colour in JSON")


# --- explain ---------------------------------------------------------------

def explain_json(*args, stdin=""):
    done = run("explain", "--format", "json", *args, stdin=stdin)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def rule_of(explained, rule):
    (found,) = [r for r in explained["rules"] if r["rule"] == rule]
    return found


def case_explain_json_keys(directory):
    """check's object and entities, signals, frames, rules, opinion"""
    path = corpus(directory, [
        {"id": "a", "text": "Today we treated a lady with shingles. "
                            "Call 614-555-0100."}])
    config = write(directory, "c.yaml", 'practice: {phones: ["614-555-0100"]}')
    args = ("--input", "jsonl", "-c", config, path)
    done, (got,) = explain_json(*args)
    expect_exit(done, 0)
    checked = json.loads(run("check", "--format", "json", *args).stdout)
    more = {"entities", "signals", "frames", "rules", "opinion"}
    expect(set(got) == set(checked) | more, set(got))
    for key in set(checked) - {"elapsed_us"}:
        expect(got[key] == checked[key], key, got[key])
    expect(got["entities"] == [
        {"type": "phone", "start": 44, "end": 56, "part": None,
         "where": "body", "own": True}], got["entities"])
    for seen in got["signals"] + got["frames"]:
        expect(set(seen) == {"rule", "name", "start", "end", "part",
                             "where"}, seen)
    opinion = got["opinion"]
    expect(0 < opinion["harm"] < 1 and "/" in opinion["rule"] and
           all(set(r) == {"feature", "weight"} for r in opinion["reasons"])
           and opinion["reasons"], opinion)
    rule = rule_of(got, "privacy/patient-anecdote")
    expect(set(rule) == {"rule", "holds", "missing", "steps"} and
           rule["holds"] and rule["missing"] is None and
           set(rule["steps"][0]) == {"depth", "holds", "label"}, rule)


def harms(directory, more=""):
    """Harm with and without the encoder, of posts of all kinds."""
    texts = ["We close at noon on Friday.", "Stop your tablets, take my drops.",
             "He sat in our chair today and cried, poor soul.",
             "Brush twice a day and floss once."]
    path = corpus(directory, [{"id": str(i), "text": t} for i, t in enumerate(texts)])
    overlay = write(directory, "o.yaml", f"overlay: o\n{more}")
    config = write(directory, "c.yaml", f"rules: {{paths: ['{ROOT}/rules', {overlay}]}}")
    done = run("explain", "--format", "json", "--input", "jsonl", "-c", config, path)
    opinions = [json.loads(line)["opinion"] for line in done.stdout.splitlines()]
    expect(len(opinions) == len(texts), done)
    return [(o["harm"], o["harm_by_words"]) for o in opinions]


def case_explain_encoder(directory):
    """meaning counts where words leave a doubt; a site does without"""
    asked = [harm != by_words for harm, by_words in harms(directory)]
    doubt = [by_words > 0.002 for _, by_words in harms(directory)]
    expect(asked == doubt and True in asked and False in asked, asked, doubt)
    without = harms(directory, "classifier: {encoder: off}")
    expect(all(harm == by_words for harm, by_words in without), without)


RULES = """
pack: t
frames:
  denied: {words: [never, not]}
signals:
  drink: {words: [coffee, tea~]}
rules:
  - id: t/breakfast
    title: {en: T, es: T}
    severity: S4
    action: reject
    confidence: low
    signals:
      cake: {words: [cake, bread]}
    condition: {all: [drink, cake, {not: denied}], within: sentence}
    advice: {en: A, es: A}
    reference: R
    reviewed: 2026-11-22
    examples: {match: [Tea and cake], pass: [Never tea and cake]}
"""


def own_rules(directory, rules=RULES):
    path = write(directory, "rules.yaml", rules)
    return write(directory, "c.yaml", f"rules: {{paths: ['{path}', "
                 f"'{ROOT}/rules/structure.yaml']}}\n")


def case_explain_hits_and_near_misses(directory):
    """five posts: why a hit hits and a near miss misses"""
    config = own_rules(directory)
    for text, holds, missing in (
            ("Tea and cake, please.", True, None),
            ("Bread  with teas.", True, None),
            ("Coffee first. Then cake.", False, "cake"),
            ("Bread and water.", False, "drink"),
            ("We never serve tea with cake.", False, "not t.denied")):
        done, (got,) = explain_json("-c", config, "--input", "text",
                                    stdin=text)
        expect_exit(done, 0)
        rule = rule_of(got, "t/breakfast")
        expect(rule["holds"] == holds and (missing or "") in
               (rule["missing"] or ""), text, rule)
        expect((got["verdict"] == "reject") == holds, text, got["verdict"])
        for seen in got["signals"]:
            word = text[seen["start"]:seen["end"]].lower()
            expect(word in ("tea", "teas", "coffee", "cake", "bread"), word)
        expect([f["name"] for f in got["frames"]] ==
               (["denied"] if "never" in text else []), got["frames"])


def case_explain_text(directory):
    """the text form: numbered sentences, what was seen, each step"""
    done = run("explain", "-c", own_rules(directory), "--input", "text", "-",
               stdin="No milk today! TEA, and no  cake: never.")
    expect_exit(done, 0)
    for wanted in ("-: accept\n", "text 1: body, as rules see it\n",
                   "    1  no milk today!\n", "    2  tea, and no cake: never.",
                   '  t drink  ', '"TEA"', "\nframes\n  t denied ",
                   "  t/breakfast: does not hold, what fails: not t.denied\n",
                   "    - all within sentence\n      + t.drink\n",
                   "      - not\n        + t.denied\n"):
        expect(wanted in done.stdout, repr(wanted), done.stdout)


def case_explain_drafts(directory):
    """a rule whose examples come out wrong can be explained and scored"""
    config = own_rules(directory, RULES.replace("[Tea and", "[Milk and"))
    done, (got,) = explain_json("-c", config, "--input", "text", stdin="tea")
    expect_exit(done, 0)
    expect(not rule_of(got, "t/breakfast")["holds"], got)
    expect_exit(run("eval", "-c", config, corpus(directory, POSTS)), 0)
    expect_exit(run("check", "-c", config, "--input", "text", stdin="tea"),
                CONFIG)


def case_explain_mail(directory):
    """places of a message name part and bytes; ordinary mail has no trace"""
    body = "Her social is 512-34-6789."
    mail = "To: {}\nSubject: x\nMIME-Version: 1.0\n" \
           "Content-Type: text/html\n\n<b>" + body + "</b>\n"
    done, (got,) = explain_json(stdin=mail.format("a@post.wordpress.com"))
    expect_exit(done, 0)
    (entity,) = got["entities"]
    expect(got["verdict"] == "reject" and entity["part"] == "1" and
           entity["start"] == 3 + body.index("512") and
           entity["type"] == "us-ssn", got["entities"])
    done, (got,) = explain_json(stdin=mail.format("pat@example.com"))
    expect_exit(done, 0)
    expect(got["entities"] == got["signals"] == got["rules"] == [], got)
    done = run("explain", stdin=mail.format("pat@example.com"))
    expect("not judged" in done.stdout and "--all" in done.stdout,
           done.stdout)


def case_explain_control_characters(directory):
    """what could steer a terminal is not passed on"""
    done = run("explain", "--input", "text",
               stdin="512-34-6789\x1b[2Jpt \x07 SSN 512-34-6789 \u202e x")
    expect_exit(done, 0)
    expect("\x1b" not in done.stdout and "\x07" not in done.stdout and
           "\u202e" not in done.stdout, repr(done.stdout))


def case_explain_errors(directory):
    """bad input is 65 and in its place, wrong options 64, wrong rules 78"""
    path = corpus(directory, ["[]", {"id": "b", "text": "x"}])
    done, got = explain_json("--input", "jsonl", path)
    expect_exit(done, DATAERR)
    expect(got[0]["verdict"] is None and "line 1" in got[0]["error"] and
           got[1]["verdict"] == "accept", got)
    expect_exit(run("explain", f"{directory}/none.eml"), DATAERR)
    expect_exit(run("explain", "--format", "xml", path), USAGE)
    expect_exit(run("explain", "--input", "pdf", path), USAGE)
    expect_exit(run("explain", "-c", own_rules(directory, "pack: 1\nx: 1"),
                    path), CONFIG)


def case_explain_colour(_):
    """colour on a terminal only"""
    post = ROOT / "tests/samples/20-wordpress-patient-anecdote.quarantine.eml"
    expect(b"\033[32m+" in on_terminal("explain", post), "no colour")
    expect("\033" not in run("explain", post).stdout, "colour in a pipe")


# --- rules new ---------------------------------------------------------------

def site(directory):
    """A configuration with a directory of rules of the site."""
    folder = pathlib.Path(directory) / "rules.d"
    folder.mkdir()
    return write(directory, "c.yaml", "rules: {paths: "
                 f"['{ROOT}/rules', '{folder}']}}\n"), folder


def case_suggestions_pass(directory):
    """what a rule suggests instead is accepted, as a reply and as a post"""
    suggested = []
    for path in sorted((pathlib.Path(ROOT) / "rules").glob("*.yaml")):
        for rule in yaml.safe_load(path.read_text()).get("rules", []):
            for text in rule.get("suggestion", {}).values():
                suggested.append((rule["id"], text))
    expect(len(suggested) >= 20, suggested)
    shown = run("rules", "show", suggested[0][0]).stdout
    expect(f"suggestion: {suggested[0][1]}\n" in shown, shown)
    path = corpus(directory, [
        {"id": f"{rule} {i} {subject}", "subject": subject, "text": text}
        for i, (rule, text) in enumerate(suggested)
        for subject in ("Re: your review", "Hello")])
    done = run("check", "--input", "jsonl", "--format", "json", path)
    for line in done.stdout.splitlines():
        got = json.loads(line)
        expect(got["verdict"] == "accept", got["id"],
               [f["rule"] for f in got["findings"]])


def case_suggestion(directory):
    """a confirming reply is refused with a text that could be posted"""
    text = "We are sorry that your cleaning with us ran late on Tuesday."
    for lang, post, word in (
            ("en", text, "Privacy law"),
            ("es", "Sentimos que su limpieza con nosotros haya empezado tarde "
                   "el martes, no es la atencion que damos.", "privacidad")):
        path = corpus(directory, [{"id": lang, "subject": "Re: late",
                                   "text": post}])
        done = run("check", "--input", "jsonl", "--format", "json", path)
        got = json.loads(done.stdout)
        expect(got["suggestion"] and word in got["suggestion"], got)
    done = run("check", "--input", "text", "--format", "json", "-",
               stdin="We are open until eight on Friday.")
    expect(json.loads(done.stdout)["suggestion"] is None, done.stdout)


LESSONS = [{"id": f"{kind}{i}", "text": f"{words} {i % 7}", "kind": kind,
            "severity": "tag" if kind == "violation" else "none",
            "rule": "professionalism/profanity" if kind == "violation"
                    else None, "class": None if kind == "violation" else "tip"}
           for kind, words in (("violation", "zorp the blim"),
                               ("allow", "quill the blim"))
           for i in range(20)]


def case_rules_learn(directory):
    """what posts teach is in the weights, and a pack judges by them"""
    weights = pathlib.Path(directory) / "w.weights"
    posts = corpus(directory, LESSONS)
    done = run("rules", "learn", "--output", weights, posts)
    expect_exit(done, 0)
    expect(done.stdout.startswith("40 posts, "), done.stdout)
    text = weights.read_text()
    expect(text.startswith("chaperone-classifier 1\nlabel\tharm\t") and
           "label\tprofessionalism/profanity\t" in text and
           "label\ttip\t" in text, text[:300])
    again = pathlib.Path(directory) / "again.weights"
    expect_exit(run("rules", "learn", "--output", again, posts), 0)
    expect(again.read_text() == text, "two runs, two files")
    write(directory, "p.yaml", """
pack: p
classifier: {weights: w.weights, hold: 60, tag: 55, spare: 20}
rules: []
""")
    config = write(directory, "c.yaml", f"""
rules: {{paths: ['{ROOT}/rules/structure.yaml', {directory}/p.yaml,
  '{ROOT}/rules/common.yaml', '{ROOT}/rules/professionalism.yaml',
  '{ROOT}/rules/professionalism-respect.yaml']}}
""")
    for text, verdict in (("zorp and zorp the blim", "quarantine"),
                          ("zorp the blim. quill the blim", "quarantine"),
                          ("quill and quill the blim", "accept")):
        done = run("check", "-c", config, "--input", "text", "--format",
                   "json", "-", stdin=text)
        got = json.loads(done.stdout)
        expect(got["verdict"] == verdict, got)
        if verdict == "quarantine":
            (finding,) = got["findings"]
            expect(finding["rule"] == "professionalism/profanity" and
                   finding["confidence"] == "low", finding)


def learn_as(directory, rule):
    """weights by which the lessons' violations are of that rule, the encoder beside them"""
    posts = corpus(directory, [dict(post, rule=post["rule"] and rule) for post in LESSONS])
    expect_exit(run("rules", "learn", "--output",
                    pathlib.Path(directory) / "w.weights", posts), 0)
    write(directory, "p.yaml", """
pack: p
classifier: {weights: w.weights, encoder: posts.encoder, hold: 10, tag: 9, spare: 1, reject: 20}
rules: []
""")


def case_words_alone_refuse_nobody(directory):
    """a refusal for how a post sounds, and a hold of what a rule would refuse, need the
    encoder's word, too"""
    pathlib.Path(directory, "posts.encoder").symlink_to(f"{ROOT}/rules/posts.encoder")
    heard, not_heard = "zorp and zorp the blim. Stop your tablets, take my drops.", \
        "zorp and zorp the blim"
    for rule, more, text, verdict in (
            ("threat", "", not_heard, "tag"),
            ("threat", "", heard, "reject"),
            ("threat", "classifier: {encoder: off}", not_heard, "reject"),
            ("gallows-humour", "", not_heard, "quarantine")):
        learn_as(directory, f"professionalism/{rule}")
        overlay = write(directory, "o.yaml", f"overlay: o\n{more}\n")
        config = write(directory, "c.yaml", f"""
rules: {{paths: ['{ROOT}/rules/structure.yaml', {directory}/p.yaml,
  '{ROOT}/rules/common.yaml', '{ROOT}/rules/professionalism.yaml',
  '{ROOT}/rules/professionalism-respect.yaml', {overlay}]}}
""")
        done = run("check", "-c", config, "--input", "text", "--format",
                   "json", "-", stdin=text)
        expect(json.loads(done.stdout)["verdict"] == verdict, rule, more, text, done.stdout)


def case_rules_passages(directory):
    """posts as the encoder reads them, for who trains one"""
    posts = corpus(directory, [
        {"id": "a", "subject": "Re: Hello", "text": "This is gu4r4nt33d.\n\n-- \nWendell",
         "kind": "violation", "severity": "tag", "rule": "professionalism/profanity"},
        {"id": "b", "text": "We close at noon.", "kind": "allow", "severity": "none",
         "lang": "en", "class": "news", "near": "privacy/mrn"}])
    done = run("rules", "passages", posts)
    expect_exit(done, 0)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    expect(first["passage"] == "\x01Re: Hello\x03This is guaranteed. ", first)
    expect(first["harm"] and first["rule"] == "professionalism/profanity" and
           first["severity"] == "tag" and "near" not in first, first)
    expect(second["passage"] == "We close at noon." and not second["harm"] and
           "rule" not in second and second["near"] == "privacy/mrn" and second["odds"] < 0, second)
    expect_exit(run("rules", "passages"), USAGE)


def case_rules_learn_refuses(directory):
    """labels that contradict themselves: 65, and no file"""
    out = pathlib.Path(directory) / "w.weights"
    posts = corpus(directory, LESSONS + [
        {"id": "x", "text": "x", "kind": "allow", "severity": "reject"}])
    expect_exit(run("rules", "learn", "--output", out, posts), DATAERR)
    expect(not out.exists(), "weights from wrong labels")
    expect_exit(run("rules", "learn"), USAGE)


def case_rules_new(directory):
    """a new rule lies in the site's directory, loads, and is right"""
    config, folder = site(directory)
    done = run("rules", "new", "-c", config, "site/tea-time")
    expect_exit(done, 0)
    path = folder / "site-tea-time.yaml"
    expect(str(path) in done.stdout and "chaperone rules test site/tea-time"
           in done.stdout and "rules.paths" not in done.stdout, done.stdout)
    tested = run("rules", "test", "-c", config, "site/tea-time")
    expect_exit(tested, 0)
    expect(tested.stdout == "3 examples right, 0 wrong\n", tested.stdout)
    expect_exit(run("config", "check", "-c", config), 0)
    text = path.read_text()
    expect("@" not in text and max(map(len, text.splitlines())) <= 80, text)


def case_rules_new_never_overwrites(directory):
    """a file that is there, and a rule that is there, are left alone: 65"""
    config, folder = site(directory)
    (folder / "site-tea.yaml").write_text("pack: mine\n")
    for name in ("site/tea", "privacy/us-ssn"):
        done = run("rules", "new", "-c", config, name)
        expect_exit(done, DATAERR)
        expect(done.stderr and not done.stdout, done.stdout)
    expect([p.name for p in folder.iterdir()] == ["site-tea.yaml"] and
           (folder / "site-tea.yaml").read_text() == "pack: mine\n",
           list(folder.iterdir()))


def case_rules_new_elsewhere(directory):
    """--dir decides; what is not in rules.paths is said; else it is here"""
    config, folder = site(directory)
    other = pathlib.Path(directory) / "drafts"
    other.mkdir()
    done = run("rules", "new", "-c", config, "--dir", other, "site/tea")
    expect_exit(done, 0)
    expect((other / "site-tea.yaml").exists() and not any(folder.iterdir())
           and "is not in rules.paths" in done.stdout, done.stdout)
    config = write(directory, "e.yaml",
                   f"rules: {{paths: ['{ROOT}/rules/structure.yaml']}}\n")
    done = run("rules", "new", "-c", config, "site/tea", cwd=other.parent)
    expect_exit(done, 0)
    expect((other.parent / "site-tea.yaml").exists(), done.stdout)
    done = run("rules", "new", "-c", config, "--dir", f"{directory}/no",
               "site/tea")
    expect_exit(done, 74)


def case_rules_usage(directory):
    """names that are none, arguments too many or too few are 64"""
    for args in (["new"], ["new", "tea"], ["new", "Site/tea"],
                 ["new", "site/../tea"], ["new", "site/tea\n"], ["new", "/x"],
                 ["new", "a/b", "c/d"], ["list", "x"], ["show"],
                 ["show", "a", "b"], ["test", "a", "b"],
                 ["list", "--dir", directory], ["dance"]):
        done = run("rules", *args, cwd=directory)
        expect(done.returncode == USAGE and not done.stdout, args,
               done.returncode)
    done = run("rules", "--help")
    expect("new PACK/NAME" in done.stdout and "--dir" in done.stdout,
           done.stdout)


def case_rules_test_with_pictures(directory):
    """examples with image: true come with a picture"""
    config = own_rules(directory, RULES.replace(
        "      cake: {words: [cake, bread]}",
                                "      cake: {fact: image}")
        .replace("within: sentence}", "within: post}")
        .replace("examples: {match: [Tea and cake], pass: [Never tea and "
                 "cake]}", "examples: {image: true, match: [Tea], pass: "
                 "[Never tea, Soup]}"))
    done = run("rules", "test", "-c", config)
    expect_exit(done, 0)
    expect(done.stdout == "3 examples right, 0 wrong\n", done.stdout)


clitest.main("tools", globals())
