"""A scripted stand-in for the models behind a server: POST /v1/chat/completions on a port of this machine.

What it answers is chosen by the name of the model that a request asks for, from `SCRIPTS` below; requests for the
model `queue` get what a test has put into `Upstream.queue`. Every request is kept, with the moments at which it came,
was answered, and was given up by the client.

    python conformance/upstream.py [PORT]      by itself, for a look with curl
"""
import asyncio
import contextlib
import itertools
import json
import sys
import threading
import time
from collections import deque

EVENT_STREAM = "text/event-stream"
HELLO = ["Hello", " from", " the", " 上游", " 👋."]
"""The pieces of the answer of `plain` and of most others."""
HELLO_TEXT = "".join(HELLO)
USAGE = (11, 7)
"""Tokens that went in and came out, as `plain` reports them for each request."""
THOUGHTS = ["First,", " I think", " about it."]
SEPARATED = [
    "a\u2028b", "\u2029c\u0085", "d\u000be\u000c\u001cf\u001d\u001eg\u007fh", "\\n\n\r\n\t\"quoted\" </script>",
    " \ufeff \U0001f468\u200d\U0001f469",
]
"""Text that breaks lines where a client does not expect it."""
WEATHER = ("get_weather", '{"city": "杭州", "days": 2}')
CLOCK = ("get_time", '{"zone": "Asia/Shanghai"}')
LONG = 1000
"""How many numbers `long` counts, one every 50 ms."""
LINE = 10 * 1024 * 1024
"""The length of the line of `long_line`."""


class Exchange:
    """One request, and what became of it. Times are of the monotonic clock."""

    def __init__(self, connection, method, path, headers, body):
        self.connection = connection
        self.method, self.path, self.headers, self.raw = method, path, headers, body
        self.body = json.loads(body) if body else {}
        self.received_at = time.monotonic()
        self.closed_at = None
        """When the client closed the connection before the answer was complete."""
        self.finished_at = None
        """When the last byte of the answer was handed to the socket."""
        self.sent = []
        """The pieces of content that were sent."""

    @property
    def model(self):
        return self.body.get("model", "")

    @property
    def messages(self):
        return self.body.get("messages", [])

    @property
    def said(self):
        """The texts of the conversation, each with its role, without what the system says."""
        return [(one["role"], text_of(one)) for one in self.messages if one["role"] not in ("system", "developer")]

    @property
    def instructions(self):
        """What the system says."""
        return "\n".join(text_of(one) for one in self.messages if one["role"] in ("system", "developer"))

    @property
    def tool_names(self):
        return [one["function"]["name"] for one in self.body.get("tools") or []]

    def __repr__(self):
        return f"<{self.model} {self.said}>"

    # What scripts answer with.

    def write(self, data: bytes):
        self.connection.transport.write(data)

    def head(self, status=200, content_type=EVENT_STREAM, *more):
        lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Refused'}", f"Content-Type: {content_type}", *more]
        if content_type == EVENT_STREAM:
            lines.append("Transfer-Encoding: chunked")
        self.write("\r\n".join(lines).encode() + b"\r\n\r\n")

    def piece(self, data: bytes):
        """One chunk of HTTP."""
        self.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def flood(self, data: bytes):
        """A piece, once those before it have gone out."""
        await self.connection.writable.wait()
        self.piece(data)
        await asyncio.sleep(0)

    def event(self, document):
        self.piece(b"data: " + encoded(document) + b"\n\n")

    def chunk(self, delta=None, finish=None, usage=None, **more):
        """One chunk of a completion, as the clients of OpenAI know it."""
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        if delta and delta.get("content"):
            self.sent.append(delta["content"])
        document = {
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": int(time.time()), "model": self.model,
            "choices": choices, **more,
        }
        if usage:
            document["usage"] = counted(usage)
        self.event(document)

    def end(self, done=True):
        """The mark of the end, and the end of the answer."""
        if done:
            self.piece(b"data: [DONE]\n\n")
        self.write(b"0\r\n\r\n")

    def refuse(self, status, code, message="refused by the script", *headers):
        body = encoded({"error": {"message": message, "type": "invalid_request_error", "code": code}})
        self.head(status, "application/json", f"Content-Length: {len(body)}", *headers)
        self.write(body)

    def cut(self):
        """Closes the connection in the middle of the answer."""
        self.connection.transport.close()


def text_of(message):
    content = message.get("content")
    if isinstance(content, list):
        return "".join(part.get("text", f"[{part['type']}]") for part in content)
    return content or ""


def encoded(document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def counted(usage):
    came, went = usage
    return {"prompt_tokens": came, "completion_tokens": went, "total_tokens": came + went}


call_numbers = itertools.count(1)


# What scripts are made of. Each of these makes one.

def answer(*pieces, reasoning=(), pace=0.0, usage=USAGE, first=0.0):
    """The pieces, one every `pace` seconds, the first after `first`."""
    async def run(exchange):
        exchange.head()
        await asyncio.sleep(first)
        exchange.chunk({"role": "assistant", "content": ""})
        for thought in reasoning:
            exchange.chunk({"reasoning_content": thought, "content": None})
            await asyncio.sleep(pace)
        for piece in pieces:
            exchange.chunk({"content": piece})
            await asyncio.sleep(pace)
        exchange.chunk({}, "stop")
        if usage:
            exchange.chunk(usage=usage)
        exchange.end()
    return run


def counting(count, pace=0.05):
    return answer(*(f"{number} " for number in range(1, count + 1)), pace=pace)


def calls(*tools, pieces=1, said="", usage=USAGE):
    """Calls of tools, the arguments in so many pieces; several calls take turns, as parallel ones may."""
    async def run(exchange):
        exchange.head()
        exchange.chunk({"role": "assistant", "content": said or None})
        for index, (name, _) in enumerate(tools):
            function = {"name": name, "arguments": ""}
            exchange.chunk({"tool_calls": [
                {"index": index, "id": f"call_{next(call_numbers)}", "type": "function", "function": function}]})
        for number in range(pieces):
            for index, (_, arguments) in enumerate(tools):
                size = -(-len(arguments) // pieces)
                part = arguments[number * size:(number + 1) * size]
                if part:
                    exchange.chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
        exchange.chunk({}, "tool_calls")
        if usage:
            exchange.chunk(usage=usage)
        exchange.end()
    return run


def calls_then(first, then=answer(*HELLO)):
    """Calls tools until their outputs are there, and then answers."""
    async def run(exchange):
        await (then if exchange.messages[-1]["role"] == "tool" else first)(exchange)
    return run


def refusal(status, code=None, message="refused by the script", *headers):
    async def run(exchange):
        exchange.refuse(status, code, message, *headers)
    return run


def after(count, fault, pace=0.02):
    """So many pieces of an answer, and then something else than the rest."""
    async def run(exchange):
        exchange.head()
        for piece in HELLO[:count]:
            exchange.chunk({"content": piece})
            await asyncio.sleep(pace)
        await fault(exchange)
    return run


async def silent(exchange):
    """Says nothing more, until the client goes or an hour has passed."""
    await asyncio.sleep(3600)


async def cut(exchange):
    exchange.cut()


async def half_a_chunk(exchange):
    """Part of an event, of a chunk that is announced longer than it is."""
    exchange.write(b'100\r\ndata: {"choices": [{"delta": {"cont')
    await asyncio.sleep(0.02)
    exchange.cut()


async def garbage(exchange):
    exchange.piece(b"data: {not JSON at all\n\n")
    exchange.end()


async def other_language(exchange):
    exchange.write(b"SSH-2.0-OpenSSH_9.2\r\n\x00\xff\xfe\r\n")
    exchange.cut()


async def web_page(exchange):
    page = b"<html><body>Welcome to nginx!</body></html>"
    exchange.head(200, "text/html", f"Content-Length: {len(page)}")
    exchange.write(page)


async def error_inside(exchange):
    """Some upstreams report a failure as an event, after a status of 200."""
    exchange.event({"error": {"message": "the engine fell over", "type": "server_error", "code": 500}})
    exchange.end()


async def long_line(exchange):
    exchange.head()
    filler = b"x" * 65536
    exchange.piece(b'data: {"choices": [{"index": 0, "delta": {"content": "')
    for _ in range(LINE // len(filler)):
        await exchange.flood(filler)
    exchange.piece(b'"}, "finish_reason": "stop"}]}\n\n')
    exchange.end()


async def endless_line(exchange):
    """A line that never ends; a client that keeps it all runs out of memory."""
    exchange.head()
    filler = b"x" * 65536
    exchange.piece(b'data: {"choices": [{"index": 0, "delta": {"content": "')
    while True:
        await exchange.flood(filler)


async def tool_call_cut(exchange):
    """A call whose arguments end in the middle, with the connection."""
    exchange.head()
    name, arguments = WEATHER
    exchange.chunk({"tool_calls": [
        {"index": 0, "id": "call_cut", "type": "function", "function": {"name": name, "arguments": arguments[:9]}}]})
    await asyncio.sleep(0.05)
    exchange.cut()


async def tool_call_broken(exchange):
    """A call that ends properly and whose arguments are no JSON."""
    await calls((WEATHER[0], WEATHER[1][:9]))(exchange)


async def ends_without_done(exchange):
    """The whole answer and its finish_reason, and the end of the body where [DONE] should be."""
    exchange.head()
    for piece in HELLO:
        exchange.chunk({"content": piece})
    exchange.chunk({}, "stop", usage=USAGE)
    exchange.end(done=False)


async def ends_in_the_middle(exchange):
    """Half an answer and a proper end of the body, without finish_reason and without [DONE]."""
    exchange.head()
    for piece in HELLO[:2]:
        exchange.chunk({"content": piece})
    exchange.end(done=False)


async def unauthorized(exchange):
    """As OpenAI does, it tells the key that it does not like."""
    exchange.refuse(401, "invalid_api_key", f"Incorrect API key provided: {exchange.headers.get('authorization')}")


async def rate_limited_once(exchange):
    if len(exchange.connection.upstream.of_model(exchange.model)) % 2 == 1:
        exchange.refuse(429, "rate_limit_exceeded", "slow down", "Retry-After: 1")
    else:
        await answer(*HELLO)(exchange)


async def bytewise(exchange):
    """A whole answer of multi-byte characters whose bytes come one by one, each in a chunk and a packet of its own."""
    lines = [*({"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in HELLO),
             {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": counted(USAGE)}]
    exchange.head()
    for byte in b"".join(b"data: " + encoded(line) + b"\n\n" for line in lines) + b"data: [DONE]\n\n":
        exchange.piece(bytes([byte]))
        await asyncio.sleep(0)
    exchange.end(done=False)


async def quirky(exchange):
    """All that the compatible ones do otherwise: comments, CRLF, no space, other fields, usage beside the content."""
    exchange.head()
    exchange.piece(b": PROCESSING\r\n\r\n")
    exchange.piece(b"retry: 3000\r\nid: 5\r\nevent: message\r\n")
    for number, piece in enumerate(HELLO):
        document = {
            "choices": [{
                "index": 0, "delta": {"role": "assistant", "content": piece, "tool_calls": None, "refusal": None},
                "finish_reason": "stop" if number == len(HELLO) - 1 else None, "logprobs": None,
            }],
            "usage": counted(USAGE) if number == len(HELLO) - 1 else None, "system_fingerprint": None, "x": {"y": [1]},
        }
        exchange.piece(b"data:" + encoded(document) + b"\r\n\r\n")
        exchange.piece(b": still here\r\n\r\n")
    exchange.piece(b"data:[DONE]\r\n\r\n")
    exchange.write(b"0\r\n\r\n")


async def queue(exchange):
    """What the test has queued, in its order."""
    scripts = exchange.connection.upstream.queue
    await (scripts.popleft() if scripts else answer(*HELLO))(exchange)


SCRIPTS = {
    "queue": queue,
    # Answers.
    "plain": answer(*HELLO),
    "thinking": answer(*HELLO, reasoning=THOUGHTS),
    "no_usage": answer(*HELLO, usage=None),
    "separators": answer(*SEPARATED),
    "nothing": answer(),
    "nul": answer("a\0b"),
    "second": answer(*(f"{number} " for number in range(1, 21)), pace=0.05),
    "ten_seconds": counting(200),
    "long": counting(LONG),
    "late": answer(*HELLO, first=2.0),
    "quirky": quirky,
    "bytewise": bytewise,
    "no_done": ends_without_done,
    # Tools.
    "weather": calls_then(calls(WEATHER)),
    "two_tools": calls_then(calls(WEATHER, CLOCK)),
    "pieces": calls_then(calls(WEATHER, CLOCK, pieces=9)),
    "says_and_calls": calls_then(calls(WEATHER, said="Let me look.")),
    "weather_again": calls(WEATHER),
    # Faults.
    "unauthorized": unauthorized,
    "not_found": refusal(404, "model_not_found"),
    "rate_limited": refusal(429, "rate_limit_exceeded"),
    "rate_limited_once": rate_limited_once,
    "no_balance": refusal(402, "insufficient_balance", "Insufficient Balance"),
    "no_quota": refusal(429, "insufficient_quota", "You exceeded your current quota"),
    "broken": refusal(500, None, "internal error"),
    "too_long": refusal(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
    "bad_request": refusal(400, "invalid_value", "temperature is out of range"),
    "silent": silent,
    "silent_head": after(0, silent),
    "stalled": after(2, silent),
    "cut_at_once": cut,
    "cut": after(2, cut),
    "half": after(2, half_a_chunk),
    "garbage": after(2, garbage),
    "error_inside": after(2, error_inside),
    "other_language": other_language,
    "web_page": web_page,
    "ends_in_the_middle": ends_in_the_middle,
    "long_line": long_line,
    "endless_line": endless_line,
    "tool_call_cut": tool_call_cut,
    "tool_call_broken": tool_call_broken,
}


class Connection(asyncio.Protocol):
    """One connection of a client; it sees at once when the client closes it."""

    def __init__(self, upstream):
        self.upstream, self.buffer, self.exchange, self.task = upstream, b"", None, None
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        self.next_request()

    def next_request(self):
        if self.task or b"\r\n\r\n" not in self.buffer:
            return
        head, rest = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        body = whole_body(headers, rest)
        if body is None:
            return
        body, self.buffer = body
        method, path, _ = first.split(" ")
        self.exchange = Exchange(self, method, path, headers, body)
        self.task = asyncio.ensure_future(self.serve(self.exchange))

    async def serve(self, exchange):
        await self.upstream.answer(exchange)
        exchange.finished_at = time.monotonic()
        self.exchange = self.task = None
        if not self.transport.is_closing():
            self.next_request()

    def eof_received(self):
        self.client_is_gone()

    def connection_lost(self, error):
        self.client_is_gone()

    def client_is_gone(self):
        if self.task:
            self.exchange.closed_at = self.exchange.closed_at or time.monotonic()
            self.task.cancel()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()


def whole_body(headers, rest):
    """The body and what follows it; None when more has to come."""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        length = int(headers.get("content-length", 0))
        return None if len(rest) < length else (rest[:length], rest[length:])
    body = b""
    while b"\r\n" in rest:
        size, rest = rest.split(b"\r\n", 1)
        size = int(size.split(b";")[0], 16)
        if len(rest) < size + 2:
            return None
        body, rest = body + rest[:size], rest[size + 2:]
        if size == 0:
            return body, rest
    return None


class Upstream:
    """The stand-in, on a thread of its own. `with Upstream() as upstream: upstream.base_url …`"""

    def __init__(self, port=0):
        self.port = port
        self.requests = []
        """Every request for a completion since the start or the last `clear`."""
        self.queue = deque()
        """Scripts for the next requests of the model `queue`."""

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def of_model(self, model):
        return [one for one in self.requests if one.model == model]

    def about(self, text):
        """The requests whose last message of the user contains the text."""
        found = []
        for one in self.requests:
            asked = [said for role, said in one.said if role == "user"]
            if asked and text in asked[-1]:
                found.append(one)
        return found

    def clear(self):
        self.requests.clear()
        self.queue.clear()

    async def answer(self, exchange):
        if (exchange.method, exchange.path) != ("POST", "/v1/chat/completions"):
            exchange.refuse(404, "not_found", f"there is no {exchange.method} {exchange.path}")
            return
        self.requests.append(exchange)
        script = SCRIPTS.get(exchange.model)
        if script is None:
            exchange.refuse(404, "model_not_found", f"there is no model {exchange.model}")
        else:
            await script(exchange)

    def __enter__(self):
        started = threading.Event()
        self.loop = asyncio.new_event_loop()

        async def listen():
            self.server = await self.loop.create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=1000)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(listen())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        if not started.wait(10):
            raise RuntimeError("the scripted upstream does not start")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


if __name__ == "__main__":
    with Upstream(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as serving:
        print(f"{serving.base_url} has the models {', '.join(SCRIPTS)}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
