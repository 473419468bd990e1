"""Judges tests/mail/*.eml and tests/samples/*.eml with `chaperone check`.

tests/mail/NAME.expect lists what must come out, one line each:
    verdict VERDICT
    RULE ACTION WHERE PART      a finding (PART "-" for none)
    unscanned PART REASON
    publish TIME                of the first gateway, "-" for not known
Lines that start with # say why.  Nothing else may come out.
"""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def judge(chaperone, *args):
    """The JSON object that check prints for one message."""
    done = subprocess.run([chaperone, "check", "--format", "json", "--now",
                           "2026-11-22T12:00:00Z", *map(str, args)],
                          capture_output=True, text=True, timeout=60,
                          cwd=ROOT)
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


def main():
    chaperone = pathlib.Path(sys.argv[1]).resolve()
    passed = failed = 0
    for eml in sorted((ROOT / "tests/mail").glob("*.eml")):
        want = read_expect(eml.with_suffix(".expect"))
        got = summary(judge(chaperone, eml))
        if got == want:
            passed += 1
        else:
            failed += 1
            print(f"{eml.name}: missing {sorted(want - got)}, "
                  f"unexpected {sorted(got - want)}")
    for eml in sorted((ROOT / "tests/samples").glob("*.eml")):
        want = eml.stem.rsplit(".", 1)[1].replace("mail", "accept")
        result = judge(chaperone, eml)
        if result["verdict"] == want:
            passed += 1
        else:
            failed += 1
            rules = [f["rule"] for f in result.get("findings", [])]
            print(f"{eml.name}: {result['verdict']}, not {want}: {rules}")
    print(f"mail: {passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
