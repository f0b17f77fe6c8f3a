#!/usr/bin/env python3
"""A model that costs little: one process that streams completions to thousands of connections, for bench/streams.py.

    bench/stream_upstream.py [PORT]      prints the port that it listens on

POST /v1/chat/completions streams what the name of the model says: `tokens`, 50 at 20 a second, the first at once;
`endless`, the same without an end; `hold`, one token, and the rest of the answer when GET /release comes. GET /report
tells what has happened since the last report: `cpu` seconds, requests, `closed`, the moments at which clients left
before the end, on the clock of time.monotonic(), and `lag`, the most seconds by which a token was late.
"""
import gc
import json
import select
import socket
import sys
import time

TOKENS, RATE = 50, 20
SLOTS = 10
"""Streams are spread over these by the time of their start; each slot is written RATE times a second."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def token(number):
    return f"token {number} "


def http_chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(delta, finish=None, **more):
    return http_chunk(b"data: " + json.dumps({
        "id": "chatcmpl-of-the-benchmark", "object": "chat.completion.chunk", "created": 1700000000, "model": "tokens",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more,
    }, separators=(",", ":")).encode() + b"\n\n")


USAGE = {"prompt_tokens": 10, "completion_tokens": TOKENS, "total_tokens": 10 + TOKENS}
CHUNKS = [event({"content": token(number)}) for number in range(TOKENS)]
LAST = event({}, "stop", usage=USAGE) + http_chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
FIRST = HEAD + CHUNKS[0]


class Connection:
    __slots__ = ("socket", "buffer", "model", "sent", "gone")

    def __init__(self, socket):
        self.socket, self.buffer, self.model, self.sent, self.gone = socket, b"", None, 0, False


class Upstream:
    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        self.connections, self.held = {}, []
        self.wheel, self.slot = [[] for _ in range(SLOTS)], 0
        self.period = 1 / RATE / SLOTS
        self.forget()

    def forget(self):
        self.cpu, self.requests, self.closed, self.lag = time.process_time(), 0, [], 0.0

    def run(self):
        due = time.monotonic() + self.period
        while True:
            for number, _ in self.epoll.poll(max(0.0, due - time.monotonic())):
                if number == self.listener.fileno():
                    self.accept()
                else:
                    self.receive(self.connections[number])
            now = time.monotonic()
            while due <= now:
                self.slot = (self.slot + 1) % SLOTS
                if self.wheel[self.slot]:
                    self.lag = max(self.lag, now - due)
                    self.wheel[self.slot] = [one for one in self.wheel[self.slot] if self.tick(one)]
                due += self.period

    def accept(self):
        while True:
            try:
                made, _ = self.listener.accept()
            except BlockingIOError:
                return
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections[made.fileno()] = Connection(made)
            self.epoll.register(made, select.EPOLLIN)

    def receive(self, connection):
        try:
            data = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            if connection.model:
                self.closed.append(time.monotonic())
            self.drop(connection)
            return
        connection.buffer += data
        head, separator, body = connection.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = header(head, b"content-length")
        if len(body) < int(length or 0):
            return
        connection.buffer = b""
        self.answer(connection, head.split(b" ", 2)[1], body)

    def answer(self, connection, path, body):
        if path == b"/v1/chat/completions":
            self.requests += 1
            connection.model, connection.sent = json.loads(body)["model"], 1
            if self.send(connection, FIRST):
                # A whole period from now.
                (self.held if connection.model == "hold" else self.wheel[self.slot]).append(connection)
        elif path == b"/report":
            self.reply(connection, {
                "cpu": time.process_time() - self.cpu, "requests": self.requests, "closed": self.closed,
                "lag": self.lag, "open": sum(1 for one in self.connections.values() if one.model)})
            self.forget()
        elif path == b"/release":
            self.reply(connection, {"released": len(self.held)})
            for one in self.held:
                if not one.gone:
                    self.send(one, LAST)
                    one.model = None
            self.held = []
        else:
            self.reply(connection, {})

    def reply(self, connection, document):
        body = json.dumps(document).encode()
        self.send(connection, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body), body))

    def tick(self, connection):
        """The next token of a stream; whether there are more to come."""
        if connection.gone:
            return False
        if connection.sent < TOKENS or connection.model == "endless":
            connection.sent += 1
            return self.send(connection, CHUNKS[(connection.sent - 1) % TOKENS])
        connection.model = None
        self.send(connection, LAST)
        return False

    def send(self, connection, data):
        try:
            if connection.socket.send(data) == len(data):
                return True
        except OSError:
            pass
        # The client is gone, or has not read for so long that the kernel takes no more.
        self.drop(connection)
        return False

    def drop(self, connection):
        if not connection.gone:
            connection.gone = True
            number = connection.socket.fileno()
            self.epoll.unregister(number)
            del self.connections[number]
            connection.socket.close()


def header(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


if __name__ == "__main__":
    gc.disable()
    upstream = Upstream(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(upstream.port, flush=True)
    upstream.run()
