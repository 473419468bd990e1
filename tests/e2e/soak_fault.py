#!/usr/bin/env python3
"""soak_fault.py [BUILD_DIR [STRIDE [EVENT...]]]: faults.py, every call (or
every STRIDE-th), of all events or of those whose name holds an EVENT.  Ends
by itself; the exit code is 1 when something was wrong.
"""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from faults import Bench, Sweep  # noqa: E402
from testsite import FEW_RULES, SOURCE, Site  # noqa: E402


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(SOURCE, "build"))
    stride = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    root = tempfile.mkdtemp(prefix="chaperone-fault-")
    os.chmod(root, 0o755)
    site = Site(os.path.join(root, "site"), build, rules=FEW_RULES)
    bench = Bench(site, os.path.join(build, "faulty.so"))
    try:
        return 0 if Sweep(bench, stride).run(sys.argv[3:]) else 1
    finally:
        bench.close()
        site.stop()
        if os.environ.get("CH_E2E_KEEP"):
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
