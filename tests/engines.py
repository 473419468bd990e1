#!/usr/bin/env python3
"""tests/engines.py CHAPERONE: the same findings with Vectorscan and without.

Every labelled post, every mail of tests/mail and every sample is judged by
both engines; the answers must be equal but for the time they took.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def judge(chaperone, config, kind, paths):
    """One answer a line, without the time."""
    done = subprocess.run(
        [chaperone, "check", "-c", config, "--all", "--format", "json",
         "--now", "2026-11-22T12:00:00Z",
         "--input", kind, *map(str, paths)],
        capture_output=True, text=True, timeout=600, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        answer.pop("elapsed_us", None)
    return answers


def main():
    chaperone = sys.argv[1]
    sets = [("jsonl", sorted((ROOT / "tests/corpus").glob("*/*.jsonl"))),
            ("eml", sorted((ROOT / "tests/mail").glob("*.eml"))
             + sorted((ROOT / "tests/samples").glob("*.eml")))]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        configs = {}
        for engine in ("vectorscan", "pcre2"):
            path = pathlib.Path(directory) / f"{engine}.yaml"
            path.write_text(f"rules: {{paths: ['{ROOT}/rules', "
                            f"'{ROOT}/tests/without-encoder.yaml'], "
                            f"cache: '', engine: {engine}}}\n"
                            f"gateways: {{files: "
                            f"['{ROOT}/conf/gateways.yaml']}}\n",
                            encoding="utf-8")
            configs[engine] = path
        for kind, paths in sets:
            fast = judge(chaperone, configs["vectorscan"], kind, paths)
            slow = judge(chaperone, configs["pcre2"], kind, paths)
            if not fast or len(fast) != len(slow):
                print(f"engines {kind}: {len(fast)} and {len(slow)} answers")
                failed += 1
            for a, b in zip(fast, slow):
                if a == b:
                    passed += 1
                else:
                    failed += 1
                    print(f"engines: {a['input']} {a.get('id', '')}: "
                          f"{[f['rule'] for f in a.get('findings', [])]} and "
                          f"{[f['rule'] for f in b.get('findings', [])]}")
    print(f"engines: {passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
