"""Trouble of our own: nothing is lost, nothing is published, and it ends."""
import glob
import os
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from types import SimpleNamespace

from testsite import SOURCE, environment, post, wait
from tests_effects import BLOG, PERSON, count_at_sink, to, unique


def database(site):
    return os.path.join(site.root, "var/chaperone.db")


def expect_451(site, text):
    reply = site.refused([BLOG], post([BLOG], text))
    assert reply.code == 451 and reply.text.startswith("4.7.1 "), reply
    return reply


# --- probes -------------------------------------------------------------------


def test_probes_of_the_milter_socket(site):
    """Says nothing, garbage, half a packet, an absurd length; then closes."""
    packets = [b"", b"\0", b"GET / HTTP/1.0\r\n\r\n", b"\0\0\0\1Q", b"\xff\xff\xff\xffO",
               b"\0\0\0\rO\0\0\0\6\0\0\1\xff\0\x1f\xff\xff", b"\0\0\0\1M", b"\0\0\0\1E"]
    for packet in packets * 5:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(2)
            s.connect(site.socket_path)
            s.sendall(packet)
            if packet:
                s.shutdown(socket.SHUT_WR)
    wait(lambda: "connections 0" in site.control("status"), 15, "all probes gone")
    site.send([BLOG], post([BLOG], unique("after the probes")))


def test_control_socket_with_bad_clients(site):
    path = os.path.join(site.root, "var/control.sock")
    for data in (b"", b"\n", b"x" * 5000, b"status", b"\0\0\0\n"):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(data)
    silent = socket.socket(socket.AF_UNIX)
    silent.connect(path)
    begin = time.monotonic()
    assert site.control("status")[-1] == "ok"
    assert time.monotonic() - begin < 12
    silent.close()
    assert site.control("nonsense")[-1] == "error"


# --- ends ------------------------------------------------------------------------


def start_message(site):
    """A client in the middle of DATA."""
    client = site.connect()
    client.mail("anna@practice.example")
    client.rcpt(BLOG)
    client.docmd("DATA")
    client.send(post([BLOG], unique("half a zibblehold"))[:-3])
    return client


def test_sigterm_finishes_the_message_under_way(site):
    client = start_message(site)
    wait(lambda: "under_way 1" in site.control("status"), what="the message")
    held = len(site.items("held"))
    site.milter.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert site.milter.poll() is None, "it waits"
    client.send(b"\r\n.\r\n")
    code, text = client.getreply()
    assert code == 250, text
    assert site.milter.wait(10) == 0
    site.milter = None
    assert len(site.items("held")) == held + 1
    client.close()
    site.start_milter()


def test_kill_9_in_the_middle_defers_and_loses_nothing(site):
    client = start_message(site)
    wait(lambda: "under_way 1" in site.control("status"), what="the message")
    before = count_at_sink(site, BLOG)
    site.stop_milter(signal.SIGKILL)
    client.send(b"\r\n.\r\n")
    code, _ = client.getreply()
    assert code // 100 == 4, code
    client.close()
    # Without a login: while there is no milter, smtpd defers even AUTH.
    reply = site.refused([BLOG], post([BLOG], unique("nobody judges")), user=None)
    assert reply.code // 100 == 4, reply
    site.start_milter()  # over the stale socket
    site.send([BLOG], post([BLOG], unique("judged again")))
    site.sink.wait(to(BLOG), before + 1)


def test_second_daemon_on_a_live_socket_ends_with_69(site):
    done = subprocess.run([os.path.join(site.build, "chaperone-milter"), "-f", "-c",
                           site.config], capture_output=True, env=environment(), timeout=30)
    assert done.returncode == 69, done
    assert b"another program listens" in done.stderr
    site.send([BLOG], post([BLOG], unique("the first one serves")))


def test_daemon_option_detaches_when_ready(site):
    site.stop_milter()
    done = subprocess.run([os.path.join(site.build, "chaperone-milter"), "-d", "-c",
                           site.config], env=environment(), timeout=30,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    assert done.returncode == 0
    pid = daemon_pid(site)
    try:
        site.send([BLOG], post([BLOG], unique("taken by the daemon")))
    finally:
        os.kill(pid, signal.SIGTERM)
        wait(lambda: not running(pid), 15, "its end")
    site.start_milter()


def daemon_pid(site):
    """The detached daemon: by its own configuration on its command line."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as f:
                if f.read().split(b"\0")[1:4] == [b"-d", b"-c", site.config.encode()]:
                    return int(name)
        except (OSError, ValueError):
            continue
    raise AssertionError("no daemon")


def running(pid):
    """Not gone, and no zombie whose parent does not reap it."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_daemon_runs_without_root_and_cannot_dump(site):
    with open(f"/proc/{site.milter.pid}/status") as f:
        status = dict(line.split(":", 1) for line in f)
    assert "0" not in status["Uid"].split() and status["CapEff"].strip() == "0" * 16
    with open(f"/proc/{site.milter.pid}/limits") as f:
        core = next(line for line in f if line.startswith("Max core"))
    assert core.split()[4:6] == ["0", "0"], core
    mode = os.stat(site.socket_path)
    assert mode.st_mode & 0o777 == 0o660


# --- reload -------------------------------------------------------------------------


def test_reload_good_and_bad(site):
    text = unique("reloaded zibblehold")
    site.write_config(extra="overrides: [{rule: e2e/hold, action: tag, until: 2099-12-31, "
                            "reason: test}]\n")
    assert site.control("reload")[-1] == "ok"
    before = count_at_sink(site, BLOG)
    site.send([BLOG], post([BLOG], text))
    assert site.sink.wait(to(BLOG), before + 1)[-1].header("X-Chaperone-Verdict") == ["tag"]
    site.write_config(extra="nonsense: 1\n")
    answer = site.control("reload")
    assert answer[-1] == "error" and f"{site.config}:" in answer[0], answer
    site.send([BLOG], post([BLOG], unique("still tagged zibblehold")))
    assert site.sink.wait(to(BLOG), before + 2)[-1].header("X-Chaperone-Verdict") == ["tag"]
    refused = site.log_text().count(b"event=reload-refused")
    site.milter.send_signal(signal.SIGUSR1)
    site.wait_log(b"event=reload-refused", count=refused + 1)
    loaded = site.log_text().count(b"event=reloaded")
    site.write_config()
    site.milter.send_signal(signal.SIGUSR1)
    site.wait_log(b"event=reloaded", count=loaded + 1)
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], unique("held again zibblehold")))
    assert len(site.items("held")) == held + 1


def test_reload_leaves_the_store_alone_beside_a_rule_file(site):
    """Whoever opens and closes a file of an open SQLite store ends its locks;
    the next reader would then delete the log under the daemon."""
    beside = os.path.join(site.root, "var/local.yaml")
    shutil.copy(os.path.join(SOURCE, "rules/structure.yaml"), beside)
    rules = list(site.rules)
    site.rules[:] = [beside, rules[-1]]  # instead of the shipped ones
    try:
        site.write_config()
        assert site.control("reload")[-1] == "ok"
        site.items()
        files = [os.readlink(f) for f in glob.glob(f"/proc/{site.milter.pid}/fd/*")]
        assert any(f.endswith("chaperone.db-wal") for f in files), files
        assert not [f for f in files if "(deleted)" in f and "chaperone.db" in f], files
        site.hold([BLOG], post([BLOG], "zibblehold beside the store"))
    finally:
        site.rules[:] = rules
        site.write_config()
        site.control("reload")
        os.unlink(beside)


def test_a_burst_of_signals_is_a_few_reloads(site):
    def threads():
        with open(f"/proc/{site.milter.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("Threads"))

    loaded, before = site.log_text().count(b"event=reloaded"), threads()
    most = 0
    for _ in range(60):
        site.milter.send_signal(signal.SIGUSR1)
        time.sleep(0.005)
        most = max(most, threads() - before)
    site.wait_log(b"event=reloaded", count=loaded + 1)
    assert most <= 2, f"{most} threads more"
    site.control("reload")  # comes last
    assert site.log_text().count(b"event=reloaded") - loaded < 30


def test_reload_names_what_needs_a_restart(site):
    with open(site.config) as f:
        good = f.read()
    with open(site.config, "w") as f:
        f.write(good.replace("chaperone.db", "other.db"))
    answer = site.control("reload")
    assert answer == ["store.url takes effect after a restart", "ok"], answer
    site.write_config()
    site.control("reload")


def test_bad_configuration_ends_with_78_and_its_place(site):
    path = os.path.join(site.root, "bad.yaml")
    with open(path, "w") as f:
        f.write("mode: enforce\nmilter: {sockett: x}\n")
    done = subprocess.run([os.path.join(site.build, "chaperone-milter"), "-f", "-c", path],
                          capture_output=True, env=environment(), timeout=30)
    assert done.returncode == 78, done
    assert f"{path}:2:".encode() in done.stderr, done.stderr


# --- the store in trouble ---------------------------------------------------------------


def test_locked_store_defers_and_recovers(site):
    text = unique("locked zibblehold")
    other = sqlite3.connect(database(site), isolation_level=None, timeout=5)
    other.execute("BEGIN IMMEDIATE")
    try:
        expect_451(site, text)
    finally:
        other.execute("ROLLBACK")
        other.close()
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], text))
    assert len(site.items("held")) == held + 1


def test_full_store_defers_and_recovers(site):
    """RLIMIT_FSIZE stands for the full disk: writes beyond it fail."""
    limit = max(os.path.getsize(database(site) + s) for s in ("", "-wal")) + 300 * 1024

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    text = unique("full zibblehold") + "\n" + "lorem ipsum dolor sit amet\n" * 60000
    site.stop_milter()
    site.start_milter(setup=small)
    expect_451(site, text)
    held = len(site.items("held"))
    site.send([BLOG], post([BLOG], unique("what fits is taken zibblehold")))
    assert len(site.items("held")) == held + 1, "it recovers by itself"
    site.restart_milter()
    site.send([BLOG], post([BLOG], text))
    assert len(site.items("held")) == held + 2, "with room the same post is held"


def test_missing_store_directory_is_no_start(site):
    path = os.path.join(site.root, "nostore.yaml")
    with open(site.config) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(f"sqlite:{site.root}/var/chaperone.db", "sqlite:/proc/no/such.db")
                .replace("milter.sock", "other.sock").replace("control.sock", "c2.sock"))
    done = subprocess.run([os.path.join(site.build, "chaperone-milter"), "-f", "-c", path],
                          capture_output=True, env=environment(), timeout=30)
    assert done.returncode in (74, 78), done


# --- failures of the judge ----------------------------------------------------------------

FAILING = r"""
#include "chaperone/error.h"
#include "chaperone/inspect.h"
#include <string.h>
ch_verdict *__real_ch_inspect(ch_house *, const ch_envelope *, GBytes *, const ch_ask *,
                              GError **);
ch_verdict *__wrap_ch_inspect(ch_house *, const ch_envelope *, GBytes *, const ch_ask *,
                              GError **);
ch_verdict *
__wrap_ch_inspect(ch_house *house, const ch_envelope *e, GBytes *raw, const ch_ask *ask,
                  GError **error)
{
    gsize size;
    const char *data = g_bytes_get_data(raw, &size);
    if (memmem(data, size, "zibblefail", 10) != NULL) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL, "made to fail");
        return NULL;
    }
    return __real_ch_inspect(house, e, raw, ask, error);
}
"""


def failing_milter(site):
    """chaperone-milter whose ch_inspect fails for marked mail, linked from
    the objects of the build."""
    program = os.path.join(site.root, "failing-milter")
    source = os.path.join(site.root, "failing.c")
    with open(source, "w") as f:
        f.write(FAILING)
    packages = ["glib-2.0", "gmime-3.0", "libpcre2-8", "yaml-0.1", "sqlite3", "libcurl",
                "libsodium", "json-glib-1.0", "libhs"]
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", *packages], text=True,
                           capture_output=True, check=True).stdout.split()
    objects = os.path.join(site.build, "obj/src/milter")
    extra = os.environ.get("CH_E2E_LIBS", "").split()
    sanitize = ["-fsanitize=" + site.build.split("san-")[1].replace("-", ",")] \
        if "san-" in site.build else []
    subprocess.run(["cc", "-o", program, *sanitize, "-D_GNU_SOURCE",
                    "-I" + os.path.join(SOURCE, "include"), source,
                    *[os.path.join(objects, n) for n in sorted(os.listdir(objects))
                      if n.endswith(".o")],
                    "-Wl,--start-group", os.path.join(site.build, "libchaperone.a"), *extra,
                    "-Wl,--end-group", "-Wl,--wrap=ch_inspect", *flags, "-lgumbo", "-lm", "-lmilter",
                    "-pthread"], check=True)
    return program


def test_three_failures_are_held(site):
    site.stop_milter()
    site.start_milter(program=failing_milter(site))
    text = unique("zibblefail")
    for _ in range(2):
        expect_451(site, text)
    held = {i["id"] for i in site.items("held")}
    data = post([BLOG], text)
    site.send([BLOG], data)
    item = next(i for i in site.items("held") if i["id"] not in held)
    assert "policy/failure" in str(item["rules"])
    assert site.export(item["id"]) == data
    site.send([BLOG], post([BLOG], text))
    assert len(site.items("held")) == len(held) + 1, "the fourth is the same item"
    site.restart_milter()


def test_monitor_mode_lets_everything_pass_loudly(site):
    site.stop_milter()
    site.start_milter(program=failing_milter(site), mode="monitor", max_message="20KiB")
    rows = ["zibblereject", "zibblehold", "zibbletag", "zibblefail",
            "plain " * 8000]
    before = count_at_sink(site, BLOG)
    for text in rows:
        site.send([BLOG], post([BLOG], unique("monitored " + text)))
    messages = site.sink.wait(to(BLOG), before + len(rows))[before:]
    assert len(messages) == len(rows)
    verdicts = [m.header("X-Chaperone-Verdict") for m in messages]
    assert all(v in ([], ["accept"], ["tag"]) for v in verdicts), verdicts
    assert site.log_text().count(b"event=monitor") >= 4
    site.restart_milter(mode="enforce", max_message="50MiB")


def test_oversize_is_552(site):
    site.restart_milter(max_message="20KiB")
    reply = site.refused([BLOG], post([BLOG], unique("big") + "lorem ipsum\n" * 3000))
    assert reply.code == 552 and reply.text.startswith("5.3.4 "), reply
    before = count_at_sink(site, PERSON)
    site.send([PERSON], post([PERSON], "lorem ipsum\n" * 3000))
    site.sink.wait(to(PERSON), before + 1)
    site.restart_milter(max_message="50MiB")


def test_expiry_tells_and_destroys(site):
    held = {i["id"] for i in site.items("held")}
    text = unique("too late zibblehold")
    site.send([BLOG], post([BLOG], text))
    item = next(i["id"] for i in site.items("held") if i["id"] not in held)
    time.sleep(2)
    site.restart_milter(retention="1s")
    wait(lambda: item in [i["id"] for i in site.items("expired")], 20, "expiry")
    site.restart_milter(retention="90d")
    reply = site.refused([BLOG], post([BLOG], text))
    assert reply.code == 550 and item in reply.text, reply
    assert site.chaperone("quarantine", "export", item).returncode != 0, "it is destroyed"


# --- growth ------------------------------------------------------------------------------------


def test_two_thousand_connections_do_not_grow(site):
    """Straight to the milter, as the MTA speaks: negotiate, connect, quit;
    every tenth connection carries a message."""
    frames = b"\0\0\0\rO\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"

    def session(number):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(site.socket_path)
            s.sendall(frames)
            read_frame(s)
            for packet in [frame(b"Cclient.example\0004\x30\x39192.0.2.7\0")] + \
                    (message_frames(number) if number % 10 == 0 else []):
                s.sendall(packet)
            if number % 10 == 0:
                read_until(s, (b"a", b"c", b"d", b"r", b"t", b"y"))
            s.sendall(frame(b"Q"))

    for number in range(200):
        session(number)
    before = site.rss_kib()
    for number in range(200, 2200):
        session(number)
    wait(lambda: "connections 0" in site.control("status"), what="all ended")
    grown = site.rss_kib() - before
    # A sanitizer keeps what was freed for a while, up to 256 MiB.
    bound = 300 * 1024 if "san-" in site.build else 4096
    assert grown < bound, f"{grown} KiB more after 2,000 connections"


def frame(data):
    return len(data).to_bytes(4, "big") + data


def message_frames(number):
    return [frame(b"M<a@practice.example>\0"), frame(b"R<" + BLOG.encode() + b">\0"),
            frame(b"T"), frame(b"LSubject\0 connection %d\0" % number), frame(b"N"),
            frame(b"Bhello %d\r\n" % number), frame(b"E")]


def read_frame(s):
    head = read_bytes(s, 4)
    return read_bytes(s, int.from_bytes(head, "big"))


def read_bytes(s, n):
    data = b""
    while len(data) < n:
        chunk = s.recv(n - len(data))
        if not chunk:
            raise AssertionError("the milter closed the connection")
        data += chunk
    return data


def read_until(s, final):
    """Frames up to the answer to end of message; DATA is answered with c."""
    seen = 0
    while True:
        if read_frame(s)[:1] in final:
            seen += 1
            if seen == 2:
                return


def test_parallel_senders(site):
    errors = []

    def send(number):
        try:
            client = site.connect()
            for i in range(10):
                site.send([BLOG], post([BLOG], f"All of us like the park. {unique(str(number * 10 + i))}"),
                          client=client)
            client.quit()
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    before = count_at_sink(site, BLOG)
    threads = [threading.Thread(target=send, args=(n,), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors
    site.sink.wait(to(BLOG), before + 80, 30)


GROUPS = [
    SimpleNamespace(site={}, options={}, tests=[
        test_probes_of_the_milter_socket,
        test_control_socket_with_bad_clients,
        test_sigterm_finishes_the_message_under_way,
        test_kill_9_in_the_middle_defers_and_loses_nothing,
        test_second_daemon_on_a_live_socket_ends_with_69,
        test_daemon_option_detaches_when_ready,
        test_daemon_runs_without_root_and_cannot_dump,
        test_reload_good_and_bad, test_reload_leaves_the_store_alone_beside_a_rule_file,
        test_a_burst_of_signals_is_a_few_reloads,
        test_reload_names_what_needs_a_restart,
        test_bad_configuration_ends_with_78_and_its_place,
        test_locked_store_defers_and_recovers,
        test_full_store_defers_and_recovers,
        test_missing_store_directory_is_no_start,
        test_three_failures_are_held,
        test_monitor_mode_lets_everything_pass_loudly,
        test_oversize_is_552,
        test_expiry_tells_and_destroys,
        test_two_thousand_connections_do_not_grow,
        test_parallel_senders,
    ]),
]
