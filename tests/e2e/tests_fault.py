"""One failing call at a time: a sample of them.  All: soak_fault.py."""
import os
from types import SimpleNamespace

from faults import Bench, Sweep
from testsite import FEW_RULES, Site

STRIDE = 24  # one call of so many


def test_calls_that_fail_once_lose_nothing(site):
    """A daemon of its own, with faulty.so before it."""
    inner = Site(os.path.join(site.root, "fault"), site.build, rules=FEW_RULES)
    bench = Bench(inner, os.path.join(site.build, "faulty.so"))
    try:
        assert Sweep(bench, STRIDE).run()
    finally:
        bench.close()
        inner.stop()


GROUPS = [SimpleNamespace(site={}, options={}, tests=[test_calls_that_fail_once_lose_nothing])]
