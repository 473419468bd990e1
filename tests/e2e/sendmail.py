"""A private Sendmail: unpacked from Debian's packages, own configuration,
queue and log under one directory, loopback ports picked free, everything
relayed to one sink.

sendmail-bin and Postfix cannot be installed together, so the packages are
downloaded (apt-get download) and unpacked under BUILD_DIR/sendmail, once.
The system's mail configuration is neither read nor written.  root must not
lie below a directory that others may write to: Sendmail looks.
"""
import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import time

from postfix import REALM, environment, free_port

PACKAGES = ("sendmail-bin", "sendmail-base", "sendmail-cf")
PROGRAM = "usr/libexec/sendmail/sendmail"

# As cf/README explains.  No DNS, no alias, no local mail; relays for the
# loopback and for who has logged in.
CONFIG = """\
divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
VERSIONID(`chaperone end-to-end tests')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mta.practice.example')dnl
define(`confCW_FILE', `-o {root}/no-such-file')dnl
define(`confSERVICE_SWITCH_FILE', `{root}/service.switch')dnl
define(`confHOSTS_FILE', `{root}/hosts')dnl
define(`confPID_FILE', `{root}/sendmail.pid')dnl
define(`QUEUE_DIR', `{root}/queue')dnl
define(`STATUS_FILE', `{root}/statistics')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,\
AssumeSafeChown,GroupReadableSASLDBFile')dnl
define(`confTO_IDENT', `0s')dnl
define(`confTO_QUEUERETURN', `1h')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confAUTH_OPTIONS', `A')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
define(`confPRIVACY_FLAGS', `')dnl
define(`SMART_HOST', `[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl
define(`confMILTER_LOG_LEVEL', `9')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port={port}')dnl
DAEMON_OPTIONS(`Name=release, Addr=127.0.0.1, Port={release}')dnl
INPUT_MAIL_FILTER(`chaperone', `S={milter}, F=T, T=C:1m;S:30s;R:60s;E:5m')dnl
{more}
MAILER(`smtp')dnl
LOCAL_CONFIG
ESASL_CONF_PATH={root}/sasl
"""

# sendmail(1) hands local mail to the daemon by SMTP, as on Debian.
SUBMIT = """\
divert(-1)
include(`{cf}/m4/cf.m4')
divert(0)dnl
VERSIONID(`chaperone end-to-end tests, submission')
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `mta.practice.example')dnl
define(`confCW_FILE', `-o {root}/no-such-file')dnl
define(`confSERVICE_SWITCH_FILE', `{root}/service.switch')dnl
define(`confHOSTS_FILE', `{root}/hosts')dnl
define(`confPID_FILE', `{root}/client.pid')dnl
define(`confRUN_AS_USER', `daemon:daemon')dnl
define(`MSP_QUEUE_DIR', `{root}/clientqueue')dnl
define(`STATUS_FILE', `{root}/statistics')dnl
define(`ALIAS_FILE', `')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl
FEATURE(`msp', `[127.0.0.1]')dnl
"""


class Unreachable(Exception):
    """The packages could not be had."""


def unpack(build):
    """The directory with the unpacked packages."""
    base = os.path.join(build, "sendmail")
    tree = os.path.join(base, "tree")
    if os.path.exists(os.path.join(tree, "complete")):
        return tree
    shutil.rmtree(base, ignore_errors=True)
    os.makedirs(tree)
    done = subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=base, text=True,
                          capture_output=True, timeout=120)
    archives = glob.glob(os.path.join(base, "*.deb"))
    if done.returncode != 0 or len(archives) != len(PACKAGES):
        raise Unreachable(done.stderr.strip()[-300:])
    for archive in archives:
        subprocess.run(["dpkg-deb", "-x", archive, tree], check=True)
    # Set-group-ID would make the loader drop LD_PRELOAD.
    os.chmod(os.path.join(tree, PROGRAM), 0o755)
    open(os.path.join(tree, "complete"), "w").close()
    return tree


class Sendmail:
    def __init__(self, root, sink_port, milter, build, users=(), more=""):
        self.root, self.tree = root, unpack(build)
        self.program = os.path.join(self.tree, PROGRAM)
        self.spool, self.sasl = os.path.join(root, "spool"), os.path.join(root, "sasl")
        self.queue, self.log = os.path.join(root, "queue"), os.path.join(root, "maillog")
        self.cf, self.submit = (os.path.join(root, n) for n in ("sendmail.cf", "submit.cf"))
        self.clientqueue = os.path.join(root, "clientqueue")
        self.port, self.release_port = free_port(), free_port()
        self.process, self.hostname = None, os.path.join(build, "hostname.so")
        for path in (root, self.spool, self.sasl, self.queue, self.clientqueue):
            os.makedirs(path, exist_ok=True)
        os.chmod(root, 0o755)
        os.chmod(self.queue, 0o700)
        os.chmod(self.clientqueue, 0o770)
        shutil.chown(self.clientqueue, "daemon", "daemon")
        milter = milter.replace("unix:", f"local:{self.spool}/")
        self._write_config(sink_port, milter, more)
        self._make_users(users)

    def _write_config(self, sink_port, milter, more):
        for name, text in (("service.switch", "hosts files\naliases files\n"),
                           ("hosts", "127.0.0.1 localhost\n"), ("statistics", ""),
                           ("maillog", "")):
            with open(os.path.join(self.root, name), "w") as f:
                f.write(text)
        cf = os.path.join(self.tree, "usr/share/sendmail/cf")
        values = dict(cf=cf, root=self.root, sink=sink_port, port=self.port,
                      release=self.release_port, milter=milter, more=more)
        for source, target in ((CONFIG, self.cf), (SUBMIT, self.submit)):
            done = subprocess.run(["m4", f"-D_CF_DIR_={cf}/", "-"], text=True, check=True,
                                  input=source.format(**values), capture_output=True)
            with open(target, "w") as f:
                f.write(done.stdout)

    def _make_users(self, users):
        base = os.path.join(self.sasl, "sasldb2")
        with open(os.path.join(self.sasl, "Sendmail.conf"), "w") as f:
            f.write(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\n"
                    f"sasldb_path: {base}\n")
        for name, password in users:
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", base, "-u", REALM, name],
                           input=password.encode(), env=environment(), check=True,
                           stdout=subprocess.DEVNULL)

    def _environment(self):
        return environment(LD_PRELOAD=self.hostname)

    def start(self):
        with open(self.log, "ab") as log:
            # -bD: a daemon in the foreground; its queue is run by flush().
            self.process = subprocess.Popen(
                [self.program, "-bD", "-C", self.cf, "-X", os.path.join(self.root, "traffic"),
                 "-q1s"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=self._environment(), start_new_session=True)
        end = time.monotonic() + 15
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("sendmail does not answer: " + self.maillog().decode()[-500:])

    def stop(self):
        if self.process is None:
            return
        # Its children are in the session that start() made for it alone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)
        self.process = None

    def sendmail(self, sender, recipients, data):
        """sendmail(1), which queues what the daemon does not take at once."""
        return subprocess.run([self.program, "-C", self.submit, "-i", "-f", sender, *recipients],
                              input=data, capture_output=True, env=self._environment())

    def maillog(self):
        with open(self.log, "rb") as f:
            return f.read()
