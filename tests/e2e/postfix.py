"""A private Postfix: own configuration, queue, data and log under one
directory, loopback ports picked free, everything relayed to one sink.

The system's Postfix configuration is neither read nor written.  Needs root
(Postfix drops to its own user).  chroot=True runs smtpd and cleanup chrooted
as Debian's master.cf has it.
"""
import glob
import os
import shutil
import socket
import subprocess
import time

PATH = "/usr/sbin:/sbin:" + os.environ.get("PATH", "/usr/bin:/bin")
REALM = "practice.example"

MASTER = """\
127.0.0.1:{port} inet n - {jail} - - smtpd
127.0.0.1:{release} inet n - {jail} - - smtpd
  -o syslog_name=postfix/release
  -o local_header_rewrite_clients=
  -o mynetworks=127.0.0.0/8
  -o smtpd_client_restrictions=permit_mynetworks,reject
  -o smtpd_relay_restrictions=permit_mynetworks,reject
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o smtpd_sasl_auth_enable=no
  -o content_filter=
127.0.0.1:{bare} inet n - {jail} - - smtpd
  -o smtpd_milters=
pickup   unix n - n 1 1 pickup
cleanup  unix n - {jail} - 0 cleanup
qmgr     unix n - n 300 1 qmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
verify   unix - - n - 1 verify
smtp     unix - - n - - smtp
relay    unix - - n - - smtp
error    unix - - n - - error
retry    unix - - n - - error
proxymap unix - - n - - proxymap
anvil    unix - - n - 1 anvil
scache   unix - - n - 1 scache
showq    unix n - n - - showq
postlog  unix-dgram n - n - 1 postlogd
"""

MAIN = """\
compatibility_level = 3.6
queue_directory = {spool}
data_directory = {data}
maillog_file = {log}
maillog_file_prefixes = {root}
myhostname = mta.practice.example
mydestination = local.practice.example
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
disable_dns_lookups = yes
append_dot_mydomain = no
message_size_limit = 60000000
in_flow_delay = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 2000
default_transport = smtp
relay_transport = smtp
relayhost = [127.0.0.1]:{sink}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_security_options = noanonymous
cyrus_sasl_config_path = {sasl}
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_protocol = 6
milter_default_action = tempfail
milter_connect_timeout = 5s
milter_command_timeout = 30s
milter_content_timeout = 60s
maximal_queue_lifetime = 1h
transport_maps = texthash:$config_directory/transport
virtual_alias_maps = texthash:$config_directory/virtual
notify_classes = bounce, resource, software
bounce_notice_recipient = compliance@practice.example
"""

# README, "Accounts": what is not replaced by the milter bounces.
TRANSPORT = """\
social.practice.example error:5.3.5 the filter for posts is not attached
"""
VIRTUAL = """\
@social.practice.example @social.practice.example
"""


def environment(**more):
    return dict(os.environ, PATH=PATH, LC_ALL="C", **more)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Postfix:
    def __init__(self, root, sink_port, milter, chroot=False, users=()):
        self.root = root
        self.etc, self.spool = os.path.join(root, "etc"), os.path.join(root, "spool")
        # Debian's smtpd looks for smtpd.conf in its configuration's sasl/.
        self.data, self.sasl = os.path.join(root, "data"), os.path.join(self.etc, "sasl")
        self.log = os.path.join(root, "maillog")
        self.port = free_port()
        self.release_port = free_port()
        self.bare_port = free_port()  # asks no milter
        self.chroot = chroot
        self._make_directories()
        with open(os.path.join(self.etc, "main.cf"), "w") as f:
            f.write(MAIN.format(spool=self.spool, data=self.data, log=self.log, root=root,
                                sink=sink_port, sasl=self.sasl, milter=milter))
        for name, text in (("transport", TRANSPORT), ("virtual", VIRTUAL)):
            with open(os.path.join(self.etc, name), "w") as f:
                f.write(text)
        with open(os.path.join(self.etc, "master.cf"), "w") as f:
            f.write(MASTER.format(port=self.port, release=self.release_port,
                                  bare=self.bare_port,
                                  jail="y" if chroot else "n"))
        self._make_users(users)
        if chroot:
            self._fill_jail()

    def _make_directories(self):
        for path in (self.etc, self.spool, self.data, self.sasl):
            os.makedirs(path, exist_ok=True)
        os.chmod(self.root, 0o755)
        shutil.chown(self.data, "postfix")
        open(self.log, "w").close()

    def _make_users(self, users):
        base = os.path.join(self.sasl, "sasldb2")
        with open(os.path.join(self.sasl, "smtpd.conf"), "w") as f:
            f.write("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\n"
                    f"sasldb_path: {base}\n")
        for name, password in users:
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", base, "-u", REALM, name],
                           input=password.encode(), env=environment(), check=True,
                           stdout=subprocess.DEVNULL)
        if users:
            shutil.chown(base, "postfix")

    def _fill_jail(self):
        """What Debian's start script copies into the queue directory, and the
        password file under the path that smtpd knows."""
        for name in ("services", "resolv.conf", "hosts", "nsswitch.conf", "localtime"):
            source = os.path.join("/etc", name)
            if os.path.exists(source):
                os.makedirs(os.path.join(self.spool, "etc"), exist_ok=True)
                shutil.copy(source, os.path.join(self.spool, "etc", name))
        for library in glob.glob("/lib/*/libnss_*.so.*") + glob.glob("/usr/lib/*/libnss_*.so.*"):
            target = self.spool + library
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(library, target)
        jailed = self.spool + self.sasl
        os.makedirs(jailed, exist_ok=True)
        for name in os.listdir(self.sasl):
            shutil.copy(os.path.join(self.sasl, name), jailed)
            shutil.chown(os.path.join(jailed, name), "postfix")

    def command(self, *args, **options):
        return subprocess.run(args, env=environment(MAIL_CONFIG=self.etc), **options)

    def start(self):
        done = self.command("postfix", "-c", self.etc, "start", capture_output=True)
        if done.returncode != 0:
            raise RuntimeError("postfix did not start: " + done.stderr.decode())
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("postfix does not answer")

    def pid(self):
        try:
            with open(os.path.join(self.spool, "pid", "master.pid")) as f:
                return int(f.read().strip())
        except (OSError, ValueError):
            return None

    def stop(self):
        pid = self.pid()
        self.command("postfix", "-c", self.etc, "stop", capture_output=True)
        end = time.monotonic() + 10
        while pid and time.monotonic() < end and os.path.exists(f"/proc/{pid}"):
            time.sleep(0.05)

    def flush(self):
        self.command("postqueue", "-c", self.etc, "-f", capture_output=True)

    def sendmail(self, sender, recipients, data):
        """sendmail(1); the caller is root, so -f is honoured."""
        return self.command("sendmail", "-C", self.etc, "-i", "-f", sender, *recipients,
                            input=data, capture_output=True)

    def maillog(self):
        with open(self.log, "rb") as f:
            return f.read()
