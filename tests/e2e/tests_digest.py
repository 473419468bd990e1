"""Letters about many held posts: one a period, none lost or doubled by kills."""
import re
import signal
import time
from types import SimpleNamespace

from testsite import COMPLIANCE, LOGIN, post, wait
from tests_effects import BLOG, unique


def with_digest(site, period):
    site.restart_milter(more_notices=f", digest: {period}")


def letters(site, kind):
    """To compliance, of that kind, by the Message-ID."""
    return site.sink.find(lambda m: COMPLIANCE in m.recipients
                          and f".{kind}." in (m.header("Message-ID") or [""])[0])


def told_in(message):
    text = message.body().replace(b"=\r\n", b"").replace(b"\r\n", b"\n").decode()
    return re.findall(r"(?m)^ +ID: (\w{16})$", text)


def told_since(site, before):
    """IDs in the letters since then.  A letter may come twice after a kill, as any notice may: it
    is one by its Message-ID."""
    by_id = {m.header("Message-ID")[0]: told_in(m) for m in letters(site, "digest")[before:]}
    return [item for told in by_id.values() for item in told]


def hold(site, word="digest"):
    return site.hold([BLOG], post([BLOG], unique(f"Our zibblehold {word}")))


def test_posts_are_told_in_one_letter(site):
    with_digest(site, "3s")
    at_once, before = len(letters(site, "held")), len(letters(site, "digest"))
    items = [hold(site) for _ in range(2)]
    site.sink.wait(lambda m: LOGIN in m.recipients and items[1].encode() in m.data)
    wait(lambda: len(told_since(site, before)) >= 2, 40, "both in a digest")
    assert sorted(told_since(site, before)) == sorted(items)
    assert len(letters(site, "held")) == at_once, "and no letter for each"
    message = letters(site, "digest")[-1]
    assert message.header("Auto-Submitted") == ["auto-generated"]
    assert b"zibblehold" not in message.data and BLOG.encode() not in message.data
    assert b"event=digest id=" in site.log_text()


def test_what_was_decided_before_the_letter_is_not_in_it(site):
    with_digest(site, "20s")
    before = len(letters(site, "digest"))
    first, second = hold(site), hold(site)
    done = site.chaperone("quarantine", "refuse", first, "--note", "no", "--reviewer", "Dana")
    assert done.returncode == 0, done.stderr
    wait(lambda: len(letters(site, "digest")) > before, 60, "the digest")
    assert told_in(letters(site, "digest")[-1]) == [second]


def test_a_post_that_is_soon_due_is_told_at_once(site):
    with_digest(site, "1h")
    before = len(letters(site, "digest"))
    soon = site.hold([BLOG], post([BLOG], unique("[delay +90 minutes] Our zibblehold is soon")))
    site.sink.wait(lambda m: COMPLIANCE in m.recipients and soon.encode() in m.data
                   and b".held." in m.data)
    assert len(letters(site, "digest")) == before


def test_kills_lose_and_double_no_post(site):
    with_digest(site, "2s")
    before = len(letters(site, "digest"))
    items = []
    for number in range(6):
        items.append(hold(site, f"kill {number}"))
        time.sleep(0.5 * (number % 3))
        site.milter.send_signal(signal.SIGKILL)
        site.milter.wait(30)
        site.milter = None
        site.start_milter()
    wait(lambda: set(told_since(site, before)) >= set(items), 60, "all of them")
    time.sleep(3)
    assert sorted(told_since(site, before)) == sorted(items)


GROUPS = [SimpleNamespace(site={}, options={}, tests=[
    test_posts_are_told_in_one_letter,
    test_what_was_decided_before_the_letter_is_not_in_it,
    test_a_post_that_is_soon_due_is_told_at_once,
    test_kills_lose_and_double_no_post,
])]
