"""Milters under measurement: started each in its own directory, ended by pid."""
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
USER = "nobody"  # on every Debian; the daemon drops from root to it

CONFIG = """\
rules: {{paths: [{root}/rules], cache: {cache}}}
practice: {{names: [Maple Street Family Practice], phones: ["614-555-0100"],
           domains: [practice.example], timezone: America/New_York}}
gateways: {{files: [{root}/gateways.yaml]}}
milter: {{socket: "{socket}", socket_mode: "0666", user: {user}, group: ""}}
control: {{socket: "unix:{root}/var/control.sock"}}
store: {{url: "sqlite:{root}/var/chaperone.db", key_file: {root}/var/store.key}}
notices: {{author: false}}
metrics: {{textfile: {root}/var/metrics.prom}}
log: {{to: stderr, level: info, format: text}}
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Target:
    """One process behind one socket."""

    def __init__(self, name, root, command, inet=False, check=False):
        self.name, self.root, self.check = name, root, check
        os.makedirs(root)
        os.chmod(root, 0o755)
        port = free_port()
        self.socket = f"inet:{port}@127.0.0.1" if inet else f"unix:{root}/milter.sock"
        self.for_postfix = f"inet:127.0.0.1:{port}" if inet else self.socket
        self.address = ("127.0.0.1", port) if inet else f"{root}/milter.sock"
        self.command = command
        self.process = None

    def start(self):
        with open(os.path.join(self.root, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command(self), stderr=log, cwd=self.root)
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            try:
                family = socket.AF_INET if isinstance(self.address, tuple) else socket.AF_UNIX
                with socket.socket(family) as s:
                    s.connect(self.address)
                if isinstance(self.address, str):
                    os.chmod(self.address, 0o777)  # Postfix is another user
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"bench: {self.name} does not answer; see {self.root}/log")

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(75)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, field="VmRSS"):
        """Resident bytes; VmHWM: the most there ever was."""
        with open(f"/proc/{self.process.pid}/status") as f:
            return 1024 * next(int(line.split()[1]) for line in f if line.startswith(field + ":"))

    def forget_peak(self):
        """VmHWM counts from now on; FALSE where that is not allowed."""
        try:
            with open(f"/proc/{self.process.pid}/clear_refs", "w") as f:
                f.write("5")
            return True
        except OSError:
            return False


def floor(name, root, build, *args, inet=False):
    program = os.path.join(build, "floor_milter")
    return Target(name, root, lambda t: [program, t.socket, *args], inet)


def chaperone(name, root, build, cache, inet=False):
    """chaperone-milter with all rules of this tree and a store of its own."""
    target = Target(name, root, lambda t: [os.path.join(build, "chaperone-milter"), "-f", "-c",
                                           os.path.join(root, "chaperone.yaml")], inet, True)
    var = os.path.join(root, "var")
    os.makedirs(var)
    os.makedirs(cache, exist_ok=True)
    user = USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    # Copies: the daemon's user may not reach the source tree.
    shutil.copytree(os.path.join(SOURCE, "rules"), os.path.join(root, "rules"))
    shutil.copy(os.path.join(SOURCE, "conf/gateways.yaml"), root)
    with open(os.path.join(root, "chaperone.yaml"), "w") as f:
        f.write(CONFIG.format(root=root, socket=target.socket, user=user, cache=cache))
    if os.geteuid() == 0:
        for path in (root, var, cache):
            shutil.chown(path, USER)
    return target


def describe_machine():
    """Processors, memory, versions: figures mean nothing without them."""
    def first(path, key):
        with open(path) as f:
            return next((line.split(":", 1)[1].strip() for line in f if line.startswith(key)), "?")

    def version(*command):
        try:
            done = subprocess.run(command, capture_output=True, text=True)
            return (done.stdout or done.stderr).strip().splitlines()[0]
        except (OSError, IndexError):
            return "?"
    kib = int(first("/proc/meminfo", "MemTotal").split()[0])
    return (f"{os.cpu_count()} processors ({first('/proc/cpuinfo', 'model name')}), "
            f"{kib // 1048576} GiB, {os.uname().release}, {version('gcc', '--version')}, "
            f"Postfix {version('/usr/sbin/postconf', '-dh', 'mail_version')}, "
            f"GMime {version('pkg-config', '--modversion', 'gmime-3.0')}; "
            f"load before: {os.getloadavg()[0]:.2f}")


def progress(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)
