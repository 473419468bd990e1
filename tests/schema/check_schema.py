"""docs/rules.schema.json against the rule files and against the program.

The schema is for editors; what counts is what the program says.  So both
must agree: on shipped files, on what is wrong, and on lists of names.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHAPERONE = str(pathlib.Path(sys.argv[1]).resolve())
SCHEMA = json.loads((ROOT / "docs/rules.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: no dates, and "no" is a word."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"^(?:true|false)$", "tf"), ("null", r"^(?:null|~|)$", "n~"),
        ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
        ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}",
                                 re.compile(pattern), list(first))

RULE = """
pack: t
lexicons: {drugs: [ibuprofen, "911"]}
thresholds: {tone: 3}
frames: {denied: {words: [never, no], covers: rest of sentence}}
signals: {tea: {words: [tea~], masked: true, outside: denied}}
rules:
  - id: t/tea
    title: {en: T, es: T}
    severity: S4
    action: tag
    confidence: low
    languages: [en]
    authorization: [photo, story]
    where: body
    quoted: false
    unless: [denied]
    signals:
      drug: {lexicon: drugs, where: [body, subject]}
      short: {fact: words, at-most: 400}
      to: {gateway: tumblr}
      both: {condition: {any: [drug, t.tea]}}
    condition:
      all: [both, {not: to}, {score: {drug: 3, t.tea: 2}, at-least: tone},
        {count: tea, at-least: 1, distinct: true, within: 2 sentences}]
      ordered: false
      within: post
    advice: {en: A, es: A}
    reference: R
    references: {UK: U, AU: A}
    reviewed: 2026-11-22
    examples: {reply: true, match: [tea and ibuprofen], pass: [never tea]}
"""
OVERLAY = """
overlay: ours
lexicons: {t.drugs: {add: [aspirin], remove: [ibuprofen]}}
thresholds: {t.tone: 2}
rules:
  - {id: t/tea, action: reject, until: 2099-01-31, reason: why}
  - {id: t/tea, enabled: true, reason: why}
  - {id: t/tea, authorization: [], reason: why}
exceptions:
  - {rule: t/tea, words: [herbal], until: 2099-01-31, reason: why}
"""
# name, file, what is replaced, by what: each is wrong to both
WRONG = (
    ("unknown key of a pack", RULE, "pack: t", "pack: t\ncolour: red"),
    ("no pack", RULE, "pack: t", "title: t"),
    ("unknown key of a rule", RULE, "    reference:", "    level: 2\n    "
     "reference:"),
    ("unknown severity", RULE, "S4", "S5"),
    ("unknown action", RULE, "action: tag", "action: drop"),
    ("unknown confidence", RULE, "confidence: low", "confidence: some"),
    ("unknown language", RULE, "[en]", "[fr]"),
    ("unknown scope of authorizations", RULE, "[photo, story]", "hat"),
    ("unknown place", RULE, "where: body", "where: footer"),
    ("title in one language", RULE, "title: {en: T, es: T}", "title: {en: T}"),
    ("no advice", RULE, "    advice: {en: A, es: A}\n", ""),
    ("no reference", RULE, "    reference: R\n", ""),
    ("unknown jurisdiction", RULE, "{UK: U", "{FR: U"),
    ("no examples", RULE, "    examples: {reply: true, match: [tea and "
     "ibuprofen], pass: [never tea]}\n", ""),
    ("examples without near misses", RULE, ", pass: [never tea]", ""),
    ("no condition", RULE, "condition:\n      all: [both",
     "conditions:\n      all: [both"),
    ("two kinds of signal", RULE, "{lexicon: drugs,",
     "{lexicon: drugs, words: [x],"),
    ("no kind of signal", RULE, "{gateway: tumblr}", "{masked: true}"),
    ("unknown fact", RULE, "fact: words", "fact: mood"),
    ("unknown entity", RULE, "{gateway: tumblr}", "{entity: shoe-size}"),
    ("unknown cover", RULE, "rest of sentence", "rest of day"),
    ("two operators", RULE, "{not: to}", "{not: to, any: [to]}"),
    ("score without at-least", RULE, ", at-least: tone}", "}"),
    ("at-least without need", RULE, "{not: to}", "{not: to, at-least: 1}"),
    ("unknown unit", RULE, "within: post", "within: 3 days"),
    ("no reason", OVERLAY, ", reason: why}\n  - {id: t/tea, enabled",
     "}\n  - {id: t/tea, enabled"),
    ("change of nothing", OVERLAY, ", action: reject", ""),
    ("two changes at once", OVERLAY, "authorization: []",
     "authorization: [], action: tag"),
    ("change to an unknown scope", OVERLAY, "authorization: []",
     "authorization: hat"),
    ("exception without an end", OVERLAY, "[herbal], until: 2099-01-31",
     "[herbal]"),
    ("exception for nothing", OVERLAY, "words: [herbal], ", ""),
    ("day that is none", OVERLAY, "until: 2099-01-31, reason: why}\n  - "
     "{id: t/tea, e", "until: soon, reason: why}\n  - {id: t/tea, e"),
)


def problems(text):
    return [f"{list(e.absolute_path)}: {e.message[:80]}"
            for e in VALIDATOR.iter_errors(yaml.load(text, Loader))]


def load(directory, *texts):
    """What the program says about rule files; "" if they are good."""
    paths = [f"{ROOT}/rules/structure.yaml"]
    for number, text in enumerate(texts):
        path = pathlib.Path(directory) / f"r{number}.yaml"
        path.write_text(text)
        paths.append(str(path))
    config = pathlib.Path(directory) / "c.yaml"
    config.write_text(f"rules: {{paths: {json.dumps(paths)}}}\n")
    done = subprocess.run([CHAPERONE, "rules", "list", "-c", str(config)],
                          capture_output=True, text=True, timeout=60)
    return done.stderr if done.returncode else ""


def check_schema(_):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return None


def check_shipped(_):
    for path in sorted([*ROOT.glob("rules/*.yaml"), *ROOT.glob("rules/profiles/*.yaml"),
                        *ROOT.glob("tests/corpus/naive.yaml"),
                        *ROOT.glob("tests/e2e/rules/*.yaml")]):
        found = problems(path.read_text())
        if found:
            return f"{path.name}: {found[:3]}"
    return None


def check_good(directory):
    said = load(directory, RULE, OVERLAY)
    return said or problems(RULE) or problems(OVERLAY)


def check_wrong(directory):
    for name, text, old, new in WRONG:
        wrong = text.replace(old, new, 1)
        if wrong == text:
            return f"{name}: the row changes nothing"
        files = [wrong] if text is RULE else [RULE, wrong]
        if not problems(wrong):
            return f"{name}: good by the schema"
        if not load(directory, *files):
            return f"{name}: good by the program"
    return None


def check_names(directory):
    """Names that the program lists in its errors are those of the schema."""
    signal = SCHEMA["$defs"]["signal"]["properties"]
    for key, beyond in (("entity", None), ("fact", "gateway")):
        said = load(directory, RULE.replace("{gateway: tumblr}",
                                            f"{{{key}: none}}"))
        names = set(re.search(r"allowed: (.*)", said)[1].split(", "))
        strange = names - {beyond} - set(signal[key]["enum"])
        if strange:
            return f"{key}: {strange} are not in the schema"
    return None


def check_new_rule(directory):
    subprocess.run([CHAPERONE, "rules", "new", "t/x", "--dir", directory],
                   check=True, capture_output=True, timeout=60)
    return problems((pathlib.Path(directory) / "t-x.yaml").read_text())


def main():
    passed = failed = 0
    for name, check in list(globals().items()):
        if name.startswith("check_"):
            with tempfile.TemporaryDirectory() as directory:
                wrong = check(directory)
            passed += not wrong
            failed += bool(wrong)
            if wrong:
                print(f"{name}: {wrong}")
    print(f"schema: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
