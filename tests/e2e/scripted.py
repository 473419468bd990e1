"""An SMTP server that answers as a test says: what a Postfix cannot be made
to do.

Each connection takes the next script, a dictionary from step (greeting, ehlo,
mail, rcpt, data, end) to an answer: text, CLOSE (the connection ends there) or
a function that is called and gives one of these.  Steps that are not named go
well.  Loopback only, ends with close().
"""
import socket
import threading

CLOSE = None
GOOD = {"greeting": "220 scripted.example", "mail": "250 2.1.0 Ok", "rcpt": "250 2.1.5 Ok",
        "ehlo": "250-scripted.example\r\n250-8BITMIME\r\n250-DSN\r\n250 SIZE 100000000",
        "data": "354 go", "end": "250 2.0.0 Ok"}


class Scripted:
    def __init__(self, host, port):
        self.scripts, self.messages, self.lines = [], [], []
        self.sessions = 0
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((host, port))
        self.listener.listen(8)
        self.address = f"{host}:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.sessions += 1
            script = self.scripts.pop(0) if self.scripts else {}
            connection.settimeout(90)
            try:
                with connection, connection.makefile("rwb") as stream:
                    self._session(stream, script)
            except OSError:
                pass

    def _say(self, stream, script, step):
        answer = script.get(step, GOOD[step])
        if callable(answer):
            answer = answer()
        if answer is CLOSE:
            return False
        stream.write(answer.encode() + b"\r\n")
        stream.flush()
        return True

    def _session(self, stream, script):
        steps = {b"EHLO": "ehlo", b"HELO": "ehlo", b"MAIL": "mail", b"RCPT": "rcpt",
                 b"DATA": "data"}
        going = self._say(stream, script, "greeting")
        while going:
            line = stream.readline()
            self.lines.append(line)
            step = steps.get(line[:4].upper())
            if step is None:  # QUIT, or the end
                return
            going = self._say(stream, script, step)
            if going and step == "data" and script.get("data", "354")[:1] == "3":
                self.messages.append(self._data(stream))
                going = self._say(stream, script, "end")

    @staticmethod
    def _data(stream):
        lines = []
        for line in stream:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        raise OSError("the data did not end")
