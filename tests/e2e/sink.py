"""A small SMTP server that keeps what it gets: the gateway at the far end.

Loopback only, one thread a connection, ends with close().  Every message is
kept with its envelope and its exact bytes (dot-stuffing undone, CRLF kept).
"""
import socket
import threading
import time


class Message:
    def __init__(self, sender, recipients, data):
        self.sender = sender
        self.recipients = recipients
        self.data = data

    def head(self):
        return self.data.split(b"\r\n\r\n", 1)[0]

    def body(self):
        return (self.data.split(b"\r\n\r\n", 1) + [b""])[1]

    def header(self, name):
        """All values of a header, unfolded."""
        text = self.head().replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
        key = name.lower().encode() + b":"
        return [line.split(b":", 1)[1].strip().decode("utf-8", "replace")
                for line in text.split(b"\r\n") if line.lower().startswith(key)]


class Sink:
    def __init__(self):
        self.messages = []
        self.refuse = set()  # recipients that are answered 550
        self.lock = threading.Condition()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        # Ends accept() first: the thread must not wake on a later socket of the same number.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(60)
        try:
            with connection, connection.makefile("rwb") as stream:
                self._session(stream)
        except OSError:
            pass

    def _session(self, stream):
        def say(text):
            stream.write(text + b"\r\n")
            stream.flush()

        say(b"220 sink.example ESMTP")
        sender, recipients = None, []
        for line in stream:
            verb = line.strip().upper()
            if verb.startswith(b"EHLO"):
                say(b"250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 100000000")
            elif verb.startswith(b"MAIL FROM:"):
                sender, recipients = self._address(line), []
                say(b"250 2.1.0 Ok")
            elif verb.startswith(b"RCPT TO:"):
                if self._address(line) in self.refuse:
                    say(b"550 5.1.1 no such mailbox")
                    continue
                recipients.append(self._address(line))
                say(b"250 2.1.5 Ok")
            elif verb == b"DATA":
                say(b"354 go")
                data = self._data(stream)
                with self.lock:
                    self.messages.append(Message(sender, recipients, data))
                    self.lock.notify_all()
                say(b"250 2.0.0 Ok")
            elif verb == b"QUIT":
                say(b"221 2.0.0 Bye")
                return
            else:
                say(b"250 2.0.0 Ok")

    @staticmethod
    def _address(line):
        return line.split(b"<", 1)[1].split(b">", 1)[0].decode("utf-8", "replace")

    @staticmethod
    def _data(stream):
        lines = []
        for line in stream:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def find(self, match):
        with self.lock:
            return [m for m in self.messages if match(m)]

    def wait(self, match, count=1, seconds=15):
        """The messages that match, as soon as there are count of them."""
        end = time.monotonic() + seconds
        with self.lock:
            while True:
                found = [m for m in self.messages if match(m)]
                left = end - time.monotonic()
                if len(found) >= count:
                    return found
                if left <= 0:
                    raise AssertionError(
                        f"sink: {len(found)} of {count} messages after {seconds} s")
                self.lock.wait(left)
