"""make bench: how fast Chaperone is, beside its floors and its aims.

    bench.py BUILD [engine] [store] [milter] [memory] [postfix] [attachments]

Each part starts what it measures in a directory of its own, on unix sockets
or loopback, and ends it.  Targets take turns within a round; figures are
medians over rounds, ratios are taken within a round.  Prints Markdown on
standard output, progress on standard error.

Exit code 1: a target failed or gave a wrong verdict.  An aim that is missed
is printed as missed.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import extraction
import mails
import smtp
from targets import chaperone, describe_machine, floor, progress

ROUNDS = 5
CONNECTIONS = (1, 8, 32)
MIB = 1048576


class Bench:
    def __init__(self, build, root):
        self.build, self.root = os.path.abspath(build), root
        self.mail = os.path.join(root, "mail")
        self.cache = os.path.join(root, "cache")
        self.aims = []  # (aim, is, met)
        self.count = 0

    def directory(self):
        self.count += 1
        return os.path.join(self.root, f"target{self.count}")

    def aim(self, text, value, met):
        self.aims.append((text, value, "met" if met else "missed"))

    def run(self, program, *args, **variables):
        done = subprocess.run([os.path.join(self.build, program), *args], text=True,
                              stdout=subprocess.PIPE, env=os.environ | variables)
        if done.returncode != 0:
            raise SystemExit(f"bench: {program} ended with {done.returncode}: {done.stdout}")
        return done.stdout

    def load(self, target, kind, messages, connections, per_connection=1):
        """One run of milterload, with the processor time of the target."""
        before = target.cpu_seconds()
        result = json.loads(self.run(
            "milterload", "--socket", target.socket, "--mail", os.path.join(self.mail, kind),
            "--messages", str(messages), "--connections", str(connections),
            "--per-connection", str(per_connection), *(["--check"] if target.check else [])))
        result["cpu_ms"] = 1000 * (target.cpu_seconds() - before) / messages
        return result


def median(results, key):
    return statistics.median(key(r) for r in results)


def median_ratio(results, others, key):
    return statistics.median(key(a) / key(b) for a, b in zip(results, others))


def per_second(result):
    return result["per_second"]


def p99(result):
    return result["message_ms"]["p99"]


def line(*cells):
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def head(*cells):
    """All but the first column are numbers."""
    line(*cells)
    line("---", *["---:"] * (len(cells) - 1))


def table(*rows):
    """Rows of cells; the first is the head."""
    head(*rows[0])
    for row in rows[1:]:
        line(*row)
    print(flush=True)


# --- the milter ---------------------------------------------------------------

def compare(bench, targets, kind, messages, connections, per_connection=1):
    """ROUNDS of results by target's name, after one round that is not kept."""
    results = {t.name: [] for t in targets}
    for number in range(ROUNDS + 1):
        for target in targets:
            one = bench.load(target, kind, messages, connections, per_connection)
            if number > 0:
                results[target.name].append(one)
    return results


def milter_rows(results, label):
    base = results["parse-only"]
    for name, runs in results.items():
        yield [label, name, f"{median(runs, per_second):,.0f}",
               f"{median_ratio(runs, results['do-nothing'], per_second):.2f}",
               f"{median_ratio(runs, base, per_second):.2f}",
               f"{median(runs, lambda r: r['message_ms']['p50']):.2f}",
               f"{median(runs, lambda r: r['message_ms']['p90']):.2f}",
               f"{median(runs, p99):.2f}", f"{median_ratio(runs, base, p99):.2f}",
               f"{median(runs, lambda r: r['cpu_ms']):.2f}"]


def note_milter_aims(bench, results, kind, connections):
    ours = results["chaperone"]
    if kind == "posts":
        share = median_ratio(ours, results["parse-only"], per_second)
        slow = median_ratio(ours, results["parse-only"], p99)
        bench.aim(f"posts, {connections} connections: at least 0.80 of parse-only",
                  f"{share:.2f}", share >= 0.8)
        bench.aim(f"posts, {connections} connections: p99 at most 1.5 times parse-only's",
                  f"{slow:.2f}", slow <= 1.5)
    elif kind == "out":
        share = median_ratio(ours, results["do-nothing"], per_second)
        bench.aim(f"out of scope, {connections} connections: at least 0.90 of do-nothing",
                  f"{share:.2f}", share >= 0.9)


def milter(bench):
    targets = [floor("do-nothing", bench.directory(), bench.build),
               floor("parse-only", bench.directory(), bench.build, "parse"),
               chaperone("chaperone", bench.directory(), bench.build, bench.cache)]
    print("## The milter\n")
    head("mail, connections", "milter", "messages/s", "to do-nothing", "to parse-only",
         "p50 ms", "p90 ms", "p99 ms", "p99 to parse-only", "CPU ms a message")
    plan = [(kind, n, 1) for kind in ("posts", "out") for n in CONNECTIONS]
    plan += [("posts", 8, 50), ("planted", 8, 1), ("mixed", 8, 1)]
    try:
        for target in targets:
            target.start()
        for kind, connections, kept in plan:
            progress(f"milter: {kind}, {connections} connections")
            messages = 400 if kind == "mixed" else 1000
            results = compare(bench, targets, kind, messages, connections, kept)
            label = f"{kind}, {connections}" + (" kept" if kept > 1 else "")
            for row in milter_rows(results, label):
                line(*row)
            if kept == 1:
                note_milter_aims(bench, results, kind, connections)
    finally:
        for target in targets:
            target.stop()
    print(flush=True)


# --- memory -------------------------------------------------------------------

def many_messages(bench, target):
    """Resident memory after 2,000 and after 10,000 mixed messages."""
    target.start()
    progress("memory: 10,000 mixed messages, 32 connections")
    bench.load(target, "mixed", 2000, 32)
    early = target.memory()
    bench.load(target, "mixed", 8000, 32)
    late = target.memory()
    bench.aim("10,000 mixed messages, 32 connections: at most 56 MiB resident",
              f"{late / MIB:.1f}", late <= 56 * MIB)
    bench.aim("growth from message 2,000 to 10,000: at most 2 MB",
              f"{(late - early) / 1e6:.1f}", late - early <= 2e6)
    return early, late, target.memory("VmHWM")


def one_large(bench, target):
    """What one message of 25 MiB adds to a warm process, in its own size."""
    target.start()
    progress("memory: one message of 25 MiB")
    bench.load(target, "posts", 200, 1)
    size = sum(e.stat().st_size for e in os.scandir(os.path.join(bench.mail, "large")))
    target.forget_peak()
    before = target.memory()
    bench.load(target, "large", 1, 1)
    times = (target.memory("VmHWM") - before) / size
    bench.aim("one message of 25 MiB: at most 4 times its size", f"{times:.2f}", times <= 4)
    return before, target.memory("VmHWM"), target.memory()


def memory(bench):
    figures = []
    for measure in (many_messages, one_large):
        target = chaperone("chaperone", bench.directory(), bench.build, bench.cache)
        try:
            figures.append([f"{n / MIB:.1f}" for n in measure(bench, target)])
        finally:
            target.stop()
    print("## Memory, MiB resident\n")
    table(["mixed, 32 connections", "after 2,000", "after 10,000", "peak"],
          ["chaperone", *figures[0]])
    table(["one message of 25 MiB", "before", "peak", "after"], ["chaperone", *figures[1]])


# --- store, engine, Postfix ---------------------------------------------------

def store(bench):
    progress("store: 15 seconds")
    directory = bench.directory()
    os.makedirs(directory)
    # malloc as the milter sets it for itself, see privileges.c
    r = json.loads(bench.run("bench_store", directory, MALLOC_ARENA_MAX="1",
                             MALLOC_MMAP_THRESHOLD_="131072", MALLOC_TRIM_THRESHOLD_="1048576"))
    print("## The store, 4 KB a message\n")
    table(["case", "a second"], ["write and fdatasync", r["fdatasync"]],
          ["one writer", r["single"]], ["32 writers", r["group"]])
    bench.aim("one writer: at least 0.9 of the disk's fdatasync rate",
              f"{r['single_to_fdatasync']:.2f}", r["single_to_fdatasync"] >= 0.9)
    bench.aim("32 writers: at least 8 times one writer", f"{r['group_to_single']:.1f}",
              r["group_to_single"] >= 8)


def engine(bench):
    progress("engine: half a minute")
    print("## The engine\n\n" + bench.run("bench_engine"), flush=True)


def postfix(bench):
    print("## Through Postfix\n")
    rows, tcp = smtp.measure(bench, ROUNDS)
    table(*rows)
    for sessions, share in tcp:
        bench.aim(f"Postfix, {sessions} sessions, TCP: at least 0.8 of our unix socket's",
                  f"{share:.2f}", share >= 0.8)


def attachments(bench):
    progress("attachments: a minute")
    extraction.run(bench, table)


PARTS = {"engine": engine, "store": store, "milter": milter, "memory": memory,
         "postfix": postfix, "attachments": attachments}


def main():
    build, *chosen = sys.argv[1:]
    unknown = set(chosen) - set(PARTS)
    if unknown:
        raise SystemExit(f"bench: no part {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # targets end, too
    root = tempfile.mkdtemp(prefix="chaperone-bench-")
    os.chmod(root, 0o755)
    try:
        bench = Bench(build, root)
        print(f"Machine: {describe_machine()}\n", flush=True)
        mails.make(bench.mail)
        for name, part in PARTS.items():
            if not chosen or name in chosen:
                part(bench)
        if bench.aims:
            table(["aim", "is", ""], *bench.aims)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
