#!/usr/bin/env python3
"""soak_crash.py [BUILD_DIR [KILLS [SEED]]]: crash.py in its long form.

One kill at each step of a release and of a notice, then kills at random under
load until there are KILLS (200) of them.  Needs root; ends by itself; the exit
code is 1 when a count is wrong.
"""
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from crash import Crash  # noqa: E402
from tests_crash import test_kill_9_at_every_step_of_a_notice  # noqa: E402
from tests_release import test_kill_9_at_every_step_of_a_release  # noqa: E402
from testsite import FEW_RULES, NO_OCR, SOURCE, Site  # noqa: E402


def run(site, kills, seed):
    site.extra = NO_OCR
    site.start()
    done = {"steps of a release": test_kill_9_at_every_step_of_a_release(site),
            "steps of a notice": test_kill_9_at_every_step_of_a_notice(site)}
    return Crash(site, kills, seed, done).run()


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(SOURCE, "build"))
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    print(f"crash: seed {seed}", flush=True)
    root = tempfile.mkdtemp(prefix="chaperone-crash-")
    os.chmod(root, 0o755)
    site = Site(os.path.join(root, "site"), build, rules=FEW_RULES)
    try:
        return 0 if run(site, kills, seed) else 1
    finally:
        site.stop()
        if os.environ.get("CH_E2E_KEEP"):
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
