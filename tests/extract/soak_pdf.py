#!/usr/bin/env python3
"""PDFs with random damage, each in a post of its own, through the jailed reader.

    soak_pdf.py BUILD SECONDS [SEED]

poppler crashes over some of them; that must end one reader and nothing else.
Whatever the reader makes of a file: the post is judged, what was not read
whole holds it, and no sanitizer has anything to say.  `make soak` runs it
instead of a fuzz target, which would only find what ends the reader.
Ends with "soak-pdf: N passed, N failed".
"""
import collections
import pathlib
import random
import sys
import tempfile
import time

import documents as d
from check_extract import CLEAN, SSN, Judge, mail, reasons

BATCH = 20  # posts for one process


def seeds():
    made = [d.pdf(CLEAN), d.pdf(SSN), d.pdf(CLEAN, compressed=False), d.pdf(CLEAN, picture=True),
            d.pdf(CLEAN, annotation=SSN), d.pdf(CLEAN, info=SSN), d.pdf(CLEAN, field=SSN),
            d.encrypted_pdf(CLEAN), d.owner_locked_pdf(CLEAN), d.object_stream_pdf(SSN),
            d.looping_pdf(), d.many_pages_pdf(30)]
    crash = pathlib.Path(__file__).with_name("crash.pdf")
    return made + [crash.read_bytes()]


def damage(chance, data, others):
    """Some bytes changed, cut, doubled, swapped for another file's, numbers made large."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, length = chance.randrange(len(data)), chance.choice((1, 2, 8, 64, 512))
        kind = chance.randrange(5)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1 and len(data) > 2 * length:
            del data[at:at + length]
        elif kind == 2:
            data[at:at] = data[at:at + length]
        elif kind == 3:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data[at:at + length] = other[start:start + length]
        else:
            digits = [i for i in range(at, min(at + 400, len(data))) if 48 <= data[i] <= 57]
            if digits:
                data[digits[0]:digits[0] + 1] = chance.choice((b"0", b"-1", b"65536", b"4294967295"))
    return bytes(data)


def wrong_with(result):
    if "Sanitizer" in result["stderr"] or "runtime error" in result["stderr"]:
        return "a sanitizer speaks"
    if result["unscanned"] and result["verdict"] == "accept":
        return "not read whole, and accepted"
    return None


def main():
    build, seconds = pathlib.Path(sys.argv[1]).resolve(), float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    chance, files, counts = random.Random(seed), seeds(), collections.Counter()
    print(f"soak-pdf: seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        judge = Judge(build, pathlib.Path(directory))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pdfs = [damage(chance, chance.choice(files), files) for _ in range(BATCH)]
            for pdf, result in zip(pdfs, judge.all(mail((p, "application/pdf")) for p in pdfs)):
                wrong = wrong_with(result)
                counts["failed" if wrong else "passed"] += 1
                counts[result["verdict"]] += 1
                counts.update("unread: " + reason for reason in reasons(result))
                if wrong:
                    kept = build / f"soak-{counts['failed']}.pdf"
                    kept.write_bytes(pdf)
                    print(f"soak-pdf: WRONG {wrong}: {kept}", flush=True)
    told = ", ".join(f"{k} {n}" for k, n in sorted(counts.items()) if k not in ("passed", "failed"))
    print(f"soak-pdf: {told}\nsoak-pdf: {counts['passed']} passed, {counts['failed']} failed")
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
