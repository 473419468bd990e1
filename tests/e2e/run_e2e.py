#!/usr/bin/env python3
"""End-to-end tests: a real Postfix, the built programs, a sink as gateway.

run_e2e.py [--short] [BUILD_DIR [NAME...]]: runs all tests, or those whose name
holds a NAME; one line each, then "e2e: N passed, N failed".  --short leaves
out kills and faults under load.  Needs root.
"""
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tests_accounts  # noqa: E402
import tests_attach  # noqa: E402
import tests_audit  # noqa: E402
import tests_auth  # noqa: E402
import tests_clean  # noqa: E402
import tests_crash  # noqa: E402
import tests_digest  # noqa: E402
import tests_doctor  # noqa: E402
import tests_draft  # noqa: E402
import tests_effects  # noqa: E402
import tests_fault  # noqa: E402
import tests_release  # noqa: E402
import tests_schedule  # noqa: E402
import tests_sendmail  # noqa: E402
import tests_trouble  # noqa: E402
from testsite import SOURCE, Site, limited  # noqa: E402


def run_group(group, build, wanted, results):
    """One site for a group of tests; a test that fails does not end it."""
    tests = [t for t in group.tests if not wanted or any(w in t.__name__ for w in wanted)]
    if not tests:
        return
    # Sendmail trusts no socket and no password below a directory like /tmp.
    root = tempfile.mkdtemp(prefix="chaperone-e2e-",
                            dir="/run" if group.site.get("sendmail") else None)
    site = Site(os.path.join(root, "site"), build, **group.site)
    os.chmod(root, 0o755)
    try:
        with limited():
            site.start(**group.options)
        for test in tests:
            run_test(test, site, results)
    finally:
        with limited():
            site.stop()
        if os.environ.get("CH_E2E_KEEP"):
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


def run_test(test, site, results):
    name = test.__name__.removeprefix("test_").replace("_", " ")
    begin = time.monotonic()
    try:
        with limited():
            if site.milter is None or site.milter.poll() is not None:
                site.milter = None
                site.start_milter()
            test(site)
        results.append(True)
        print(f"ok    e2e: {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    except Exception:
        results.append(False)
        print(f"FAIL  e2e: {name}\n{traceback.format_exc()}", flush=True)


def main():
    args = sys.argv[1:]
    short = args[:1] == ["--short"]
    args = args[1:] if short else args
    build = os.path.abspath(args[0] if args else os.path.join(SOURCE, "build"))
    if os.geteuid() != 0:
        print("e2e: needs root: Postfix drops from root to its own user", file=sys.stderr)
        return 77
    results = []
    for group in (tests_effects.GROUPS + tests_accounts.GROUPS + tests_draft.GROUPS + tests_schedule.GROUPS +
                  tests_attach.GROUPS + tests_clean.GROUPS + tests_auth.GROUPS + tests_audit.GROUPS + tests_release.GROUPS + tests_trouble.GROUPS +
                  tests_doctor.GROUPS + tests_digest.GROUPS + ([] if short else tests_crash.GROUPS + tests_fault.GROUPS) +
                  tests_sendmail.GROUPS):
        run_group(group, build, args[1:], results)
    print(f"e2e: {results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
