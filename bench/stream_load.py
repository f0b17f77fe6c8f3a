"""A client that opens thousands of streams from one thread, and what came over each of them."""
import errno
import json
import resource
import select
import socket
import time

import stream_upstream

ANSWER = "".join(stream_upstream.token(number) for number in range(stream_upstream.TOKENS))
END = b"\r\n0\r\n\r\n"


class Stream:
    """One request and its answer. Times are of time.monotonic()."""

    __slots__ = ("socket", "request", "parts", "started", "first", "ended", "failure")

    def __init__(self, request):
        self.request, self.parts = request, []
        self.socket = self.started = self.first = self.ended = self.failure = None


class Load:
    """Streams to one port. `mark` is what the first token looks like."""

    def __init__(self, port, mark):
        self.port, self.mark = port, mark
        self.epoll, self.open, self.streams = select.epoll(), {}, []
        self.cpu = 0.0

    def run(self, requests, spread, timeout, until_first=False):
        """Begins the streams over `spread` seconds; comes back when all have ended, or have their first token."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        waiting = [Stream(request) for request in requests]
        self.streams += waiting
        begin = time.monotonic()
        deadline, count, number = begin + spread + timeout, len(waiting), 0
        self.without_first = count
        while number < count or (self.without_first if until_first else self.open):
            now = time.monotonic()
            if now > deadline:
                break
            while number < count and begin + number * spread / count <= now:
                self.begin(waiting[number])
                number += 1
            next_start = begin + number * spread / count if number < count else deadline
            for descriptor, events in self.epoll.poll(max(0.0, min(next_start, now + 0.5) - time.monotonic()), 256):
                self.handle(self.open[descriptor], events)
        for stream in list(self.open.values()):
            if not until_first or stream.first is None:
                self.end(stream, f"no end after {timeout} s" if stream.first else f"no token after {timeout} s")
        for stream in waiting[number:]:
            stream.failure = "never begun"
        after = resource.getrusage(resource.RUSAGE_SELF)
        self.cpu += after.ru_utime + after.ru_stime - usage.ru_utime - usage.ru_stime

    def finish(self, timeout):
        """Waits for the streams that are open to end."""
        self.run([], 0, timeout)

    def begin(self, stream):
        stream.socket = socket.socket()
        stream.socket.setblocking(False)
        stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.started = time.monotonic()
        self.open[stream.socket.fileno()] = stream
        self.epoll.register(stream.socket, select.EPOLLOUT)
        error = stream.socket.connect_ex(("127.0.0.1", self.port))
        if error not in (0, errno.EINPROGRESS):
            self.end(stream, f"connect: {errno.errorcode.get(error, error)}")

    def handle(self, stream, events):
        try:
            if stream.request is not None:
                if stream.socket.send(stream.request) != len(stream.request):
                    self.end(stream, "the request was not taken whole")
                    return
                stream.request = None
                self.epoll.modify(stream.socket, select.EPOLLIN)
                return
            data = stream.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            self.end(stream, repr(error))
            return
        now = time.monotonic()
        if not data:
            self.end(stream, None if stream.first else "the connection ended before the first token")
            stream.ended = now
            return
        stream.parts.append(data)
        if stream.first is None and (self.mark in data or self.mark in b"".join(stream.parts)):
            stream.first = now
            self.without_first -= 1
        if data.endswith(END) or (len(data) < len(END) and b"".join(stream.parts[-4:]).endswith(END)):
            stream.ended = now
            self.end(stream, None)

    def end(self, stream, failure):
        if stream.first is None and stream.failure is None:
            self.without_first -= 1
        stream.failure = stream.failure or failure
        descriptor = stream.socket.fileno()
        del self.open[descriptor]
        self.epoll.unregister(descriptor)
        stream.socket.close()

    def close(self):
        for stream in list(self.open.values()):
            self.end(stream, "given up")
        self.epoll.close()


def post(path, port, body, token=None):
    """A request as bytes; the connection ends with its answer."""
    data = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json",
             f"Content-Length: {len(data)}", "Connection: close"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def body_of(stream):
    """The status of an answer, and as much of its body as there is."""
    head, _, rest = b"".join(stream.parts).partition(b"\r\n\r\n")
    if not head:
        return 0, b""
    status = int(head.split(b" ", 2)[1])
    if b"transfer-encoding: chunked" not in head.lower():
        return status, rest
    body = []
    while rest:
        size, separator, rest = rest.partition(b"\r\n")
        if not separator or not (length := int(size, 16)):
            break
        body.append(rest[:length])
        rest = rest[length + 2:]
    return status, b"".join(body)


def fault_of_chat(stream, answer=ANSWER):
    """Why the stream of a chat is not a right one; None if it is."""
    if stream.failure:
        return stream.failure
    status, body = body_of(stream)
    if status != 200 or not body.startswith(b"event:"):
        return f"HTTP {status} {body[:200]!r}"
    events = [block.split("\n") for block in body.decode().strip("\n").split("\n\n") if block]
    names = [name.removeprefix("event:") for name, _ in events]
    said = "".join(json.loads(data[5:])["content"] for name, data in events
                   if name == "event:conversation.message.delta")
    if names[-2:] != ["conversation.chat.completed", "done"]:
        return f"it ended with {events[-2:]}"[:300]
    if said != answer:
        return f"it said {said[-80:]!r} in the end"
    return None


def fault_of_completion(stream):
    """The same for a stream straight from the upstream."""
    if stream.failure:
        return stream.failure
    status, body = body_of(stream)
    if status != 200 or not body.endswith(b"data: [DONE]\n\n"):
        return f"HTTP {status} {body[-200:]!r}"
    blocks = body.decode().strip("\n").split("\n\n")[:-1]
    said = "".join(json.loads(block[6:])["choices"][0]["delta"].get("content", "") for block in blocks)
    return None if said == ANSWER else f"it said {said[-80:]!r} in the end"
