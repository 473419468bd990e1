"""The milter protocol as an MTA speaks it, without an MTA.

A message at a time over one connection (Milter), and an SMTP server for the
outbox that asks the milter about each mail as Postfix does (Relay).
"""
import socket

from scripted import Scripted

# Version 6, all actions, all protocol steps: what Postfix offers.
NEGOTIATE = b"O\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"
FINAL = b"acdrty"


class Gone(Exception):
    """The milter closed the connection: an MTA defers the message."""


class Answer:
    """What became of a message: pass, discard, reject or tempfail."""

    def __init__(self, packet, changes):
        self.text = packet[1:].rstrip(b"\0").decode() if packet[:1] == b"y" else ""
        kinds = {b"a": "pass", b"c": "pass", b"d": "discard", b"r": "reject", b"t": "tempfail"}
        self.kind = kinds.get(packet[:1]) or ("reject" if self.text[:1] == "5" else "tempfail")
        self.added = dict(c[1:].rstrip(b"\0").decode().split("\0", 1)
                          for c in changes if c[:1] == b"h")
        self.deleted = [c[1:].rstrip(b"\0").decode().strip("<>")
                        for c in changes if c[:1] == b"-"]

    def verdict(self):
        """The verdict by its effects; a deleted recipient is a split."""
        if self.kind != "pass":
            return {"discard": "hold"}.get(self.kind, self.kind)
        if self.deleted:
            return "split"
        return self.added.get("X-Chaperone-Verdict", " accept").strip()


def frame(data):
    return len(data).to_bytes(4, "big") + data


class Milter:
    def __init__(self, path, port=25, client="127.0.0.1", timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(path)
            self.stream = self.socket.makefile("rb")
            self._send(NEGOTIATE)
            self._read()
            self._send(b"DC{daemon_port}\0" + str(port).encode() + b"\0{client_connections}\0001\0")
            self._send(b"C" + b"host.example\0" + b"4\x30\x39" + client.encode() + b"\0")
        except OSError as error:
            self.socket.close()
            raise Gone from error

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _send(self, data):
        self.socket.sendall(frame(data))

    def _read(self):
        size = self.stream.read(4)
        if len(size) < 4:
            raise Gone
        return self.stream.read(int.from_bytes(size, "big"))

    def _talk(self, sender, recipients, mail, login, queue_id):
        if login:
            self._send(b"DM{auth_authen}\0" + login.encode() + b"\0")
        self._send(b"M<" + sender.encode() + b">\0")
        for recipient in recipients:
            self._send(b"DR{rcpt_addr}\0" + recipient.encode() + b"\0")
            self._send(b"R<" + recipient.encode() + b">\0")
        self._send(b"DTi\0" + queue_id.encode() + b"\0")
        self._send(b"T")
        answer = self._read()
        if answer[:1] != b"c":
            return Answer(answer, [])
        head, body = mail.split(b"\r\n\r\n", 1)
        for line in head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n"):
            name, value = line.split(b":", 1)
            self._send(b"L" + name + b"\0" + value + b"\0")
        self._send(b"N")
        for at in range(0, len(body), 65535):
            self._send(b"B" + body[at:at + 65535])
        self._send(b"DEi\0" + queue_id.encode() + b"\0")
        self._send(b"E")
        changes = []
        while (packet := self._read())[:1] not in (b"a", b"c", b"d", b"r", b"t", b"y"):
            changes.append(packet)
        return Answer(packet, changes)

    def send(self, sender, recipients, mail, login=None, queue_id="4F91DA76377"):
        try:
            return self._talk(sender, recipients, mail, login, queue_id)
        except OSError as error:
            raise Gone from error


class Relay(Scripted):
    """Takes the outbox's mail, asks the milter about it, keeps what passes."""

    def __init__(self, path, port=0):
        super().__init__("127.0.0.1", port)
        self.path, self.port = path, int(self.address.rsplit(":", 1)[1])
        self.kept = []  # (recipient, mail, item or None)

    def _say(self, stream, script, step):
        if step == "end":
            script = dict(script, end=self._judge(self.messages[-1]))
        return super()._say(stream, script, step)

    def _envelope(self):
        def last(verb):
            line = next(line for line in reversed(self.lines) if line.upper().startswith(verb))
            return line.split(b"<", 1)[1].split(b">", 1)[0].decode()
        return last(b"MAIL FROM:"), last(b"RCPT TO:")

    def _judge(self, mail):
        sender, recipient = self._envelope()
        try:
            with Milter(self.path, self.port) as milter:
                answer = milter.send(sender, [recipient], mail)
        except Gone:
            return "451 4.3.0 no milter"
        if answer.kind in ("pass", "discard"):
            if answer.kind == "pass":
                item = answer.added.get("X-Chaperone-Id", "").strip() or None
                self.kept.append((recipient, mail, item))
            return "250 2.0.0 Ok"
        return answer.text or "451 4.3.0 later"
