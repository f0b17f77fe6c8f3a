"""Servers to chat with, and their streams read byte by byte. Its fixtures are those of every test of chats."""
import http.client
import json
import re
import socket
import time
from urllib.parse import urlencode

import pytest
from cozepy import AsyncCoze, AsyncTokenAuth, Coze, TokenAuth

from harness import API, Buckle, Reply, eventually
from upstream import SCRIPTS, Exchange, Upstream

CHAT = "/v3/chat"
RETRIEVE = "/v3/chat/retrieve"
MESSAGES = "/v3/chat/message/list"
SUBMIT = "/v3/chat/submit_tool_outputs"
CANCEL = "/v3/chat/cancel"
SAID = "/v1/conversation/message/list"
NORMAL = [
    "chat.created", "chat.in_progress", "message.delta answer", "message.completed answer",
    "message.completed verbose", "chat.completed", "done",
]
"""What a run without tools looks like, deltas in a row counted as one."""
TERMINAL = {"conversation.chat.completed", "conversation.chat.failed", "conversation.chat.canceled"}
GET_WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Tells the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                   "required": ["city"]},
}}
GET_TIME = {"type": "function", "function": {
    "name": "get_time", "description": "Tells the time.",
    "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}},
}}
KEY = "sk-of-the-tests"
# Models of the configuration whose options or upstream's names are not those of the others.
OPTIONS = {
    "silent": {"first_token_timeout": "1s"},
    "silent_head": {"first_token_timeout": "1s"},
    "stalled": {"idle_timeout": "1s"},
    "late": {"idle_timeout": "1s"},
    "keyed": {"model": "plain", "api_key_env": "CONFORMANCE_MODEL_KEY"},
    "seeing": {"model": "plain", "capabilities": ["tools", "vision"]},
    "refused": {"base_url": "http://127.0.0.1:{closed}/v1"},
    "hanging": {"base_url": "http://127.0.0.1:{full}/v1", "connect_timeout": "1s"},
    "nowhere": {"base_url": "http://no-such-host.invalid/v1", "connect_timeout": "1s"},
    "unknown": {"model": "no-such-model"},
    "unauthorized": {"api_key_env": "CONFORMANCE_MODEL_KEY"},
    "waiting": {"model": "silent_head"},
}
MODELS = {name: str(1001 + number) for number, name in enumerate(dict.fromkeys([*SCRIPTS, *OPTIONS]))}
"""The id of each model in the configuration."""


class Event:
    def __init__(self, name, data, id, raw):
        self.name, self.id, self.raw, self.at = name, id, raw, time.monotonic()
        self.data = json.loads(data)

    @property
    def outline(self):
        name = self.name.removeprefix("conversation.")
        return f"{name} {self.data['type']}" if name.startswith("message.") else name

    def __repr__(self):
        return f"<{self.id or ''} {self.raw.decode(errors='replace')[:300]}>"


class EventStream:
    """An answer read event by event, each of them checked for the form on which all SDKs agree."""

    def __init__(self, server, method, path, body=None, numbered=False, headers=None, token=None, **query):
        if query:
            path += "?" + urlencode(query)
        self.numbered, self.buffer, self.raw = numbered, b"", b""
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=40)
        self.sent_at = time.monotonic()
        self.connection.request(
            method, path, None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {token or server.token}", "Content-Type": "application/json", **(headers or {})})
        self.response = self.connection.getresponse()
        self.headers, self.status = self.response.headers, self.response.status
        self.seen = []
        """The events that were read until now."""
        if not self.headers["Content-Type"].startswith("text/event-stream"):
            answer = self.response.read()
            self.close()
            raise AssertionError(f"no stream but HTTP {self.status} {answer[:500]}")
        assert self.status == 200
        assert self.headers["x-tt-logid"]

    def line(self):
        """The next line without its end; None at the end of the answer."""
        while b"\n" not in self.buffer:
            part = self.response.read1(65536)
            if not part:
                assert self.buffer == b"", f"bytes after the last line: {self.buffer!r}"
                return None
            self.raw += part
            self.buffer += part
        line, self.buffer = self.buffer.split(b"\n", 1)
        assert b"\r" not in line, line
        return line

    def __iter__(self):
        return self

    def __next__(self) -> Event:
        line = self.line()
        while line == b"":
            line = self.line()
        if line is None:
            raise StopIteration
        lines, id = [line], None
        if self.numbered and line.startswith(b"id:"):
            id = int(line[3:])
            lines.append(line := self.line())
        assert line.startswith(b"event:"), line
        lines.append(data := self.line())
        assert data.startswith(b"data:"), data
        assert self.line() == b"", f"no blank line after {data!r}"
        name = line[6:].decode()
        assert re.fullmatch(r"[a-z_.]+", name), line
        if self.numbered:
            assert (id is None) == (name == "done"), lines
        event = Event(name, data[5:].decode("utf-8"), id, b"\n".join(lines))
        self.seen.append(event)
        return event

    def rest(self) -> list:
        """All further events; the connection is closed then."""
        with self:
            return list(self)

    def whole(self) -> list:
        """All events, those that were read before among them; the connection is closed then."""
        self.rest()
        return self.seen

    def until(self, outline) -> Event:
        """Reads on to the first event of this kind, such as `message.delta answer`."""
        for event in self:
            if event.outline == outline:
                return event
        raise AssertionError(f"the stream ended without {outline}: {outlines(self.seen)}")

    @property
    def chat(self):
        """The chat as its first event has told of it."""
        if not self.seen:
            next(self)
        return self.seen[0].data

    def close(self):
        # http.client keeps the socket for the response while that is read; both must go for the server to notice.
        self.response.close()
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def outlines(events) -> list:
    """What the events are, those in a row that are alike counted as one."""
    found = []
    for event in events:
        if not found or found[-1] != event.outline:
            found.append(event.outline)
    return found


def text(events) -> str:
    return "".join(event.data["content"] for event in events if event.outline == "message.delta answer")


def completed(events, type="answer") -> list:
    """The messages of a type that were completed."""
    return [event.data for event in events if event.outline == f"message.completed {type}"]


def only_terminal(events) -> Event:
    """The event that ended the chat: there must be one, and nothing after it but `done`."""
    ends = [event for event in events if event.name in TERMINAL]
    assert len(ends) == 1, outlines(events)
    assert [event.name for event in events[-2:]] == [ends[0].name, "done"], outlines(events)
    assert events[-1].data == "[DONE]"
    return ends[0]


def question(content, **more) -> dict:
    return {"role": "user", "type": "question", "content": content, "content_type": "text", **more}


def answered(content, **more) -> dict:
    return {"role": "assistant", "type": "answer", "content": content, "content_type": "text", **more}


def of(chat) -> dict:
    """The ids of a chat, as the query of most calls has them."""
    return {"conversation_id": chat["conversation_id"], "chat_id": chat["id"]}


def tool_calls(chat) -> list:
    action = chat["required_action"]
    assert action["type"] == "submit_tool_outputs"
    return action["submit_tool_outputs"]["tool_calls"]


def outputs_for(chat, output="Sunny, 21 degrees.") -> dict:
    """An output for each call that the chat waits for, by the id of the call."""
    return {call["id"]: f"{output} ({call['function']['name']})" for call in tool_calls(chat)}


def agree(one, other) -> bool:
    """Whether all that both say of the same thing is the same."""
    return all(one[name] == other[name] for name in one.keys() & other.keys())


class Stand:
    """A server, the bots made on it, and calls that most tests make."""

    def __init__(self, server: Buckle, upstream: Upstream | None = None, options=()):
        self.server, self.upstream, self.options, self.bots = server, upstream, options, {}

    def start_server(self):
        self.server.start(
            options=("--host", "127.0.0.1", "--port", "0", "--log-level", "warning", *self.options),
            env={"CONFORMANCE_MODEL_KEY": KEY})
        return self

    @property
    def api(self) -> API:
        return self.server.api()

    @property
    def coze(self) -> Coze:
        return Coze(auth=TokenAuth(self.server.token), base_url=self.server.url)

    @property
    def acoze(self) -> AsyncCoze:
        return AsyncCoze(auth=AsyncTokenAuth(self.server.token), base_url=self.server.url)

    def new_bot(self, model=None, publish=True, tools=(), **settings) -> str:
        """The id of a bot of its own; `model` is one of `MODELS`."""
        api = self.api
        workspace = api.get("/v1/workspaces", page_num=1, page_size=1).ok().data["workspaces"][0]["id"]
        if model:
            settings.setdefault("model_info_config", {})["model_id"] = MODELS.get(model, model)
        id = api.post("/v1/bot/create", {
            "space_id": workspace, "name": model or "a bot", "suggest_reply_info": {"reply_mode": "disable"},
            **settings,
        }).ok().data["bot_id"]
        if tools:
            api.put(f"/buckle/v1/bots/{id}/tools", {"tools": list(tools)}).ok()
        if publish:
            self.publish(id)
        return id

    def publish(self, bot) -> str:
        """The version that this makes."""
        return self.api.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]}).ok().data["version"]

    def bot(self, model=None) -> str:
        """A published bot of this model that tests share; it has both tools."""
        if model not in self.bots:
            self.bots[model] = self.new_bot(model, tools=[GET_WEATHER, GET_TIME])
        return self.bots[model]

    def body(self, said, model=None, **more) -> dict:
        """A request for a chat; `said` is one question or a list of messages."""
        messages = [question(said)] if isinstance(said, str) else said
        body = {"user_id": "user 1", "additional_messages": messages, **more}
        body.setdefault("bot_id", self.bot(model) if "bot_id" not in more else None)
        return body

    def stream(self, said, model=None, conversation=None, **more) -> EventStream:
        query = {"conversation_id": conversation} if conversation else {}
        return EventStream(self.server, "POST", CHAT, self.body(said, model, stream=True, **more), **query)

    def begin(self, said, model=None, conversation=None, **more) -> Reply:
        """The answer to a request for a chat that is not streamed."""
        query = {"conversation_id": conversation} if conversation else {}
        return self.api.post(CHAT, self.body(said, model, **more), **query)

    def chat(self, said, model=None, conversation=None, within=15, **more) -> dict:
        """A chat that is not streamed, once it is over."""
        return self.over(self.begin(said, model, conversation, **more).ok().data, within)

    def retrieve(self, chat) -> dict:
        return self.api.get(RETRIEVE, **of(chat)).ok().data

    def over(self, chat, within=15) -> dict:
        """The chat once it no longer runs."""
        def found():
            now = self.retrieve(chat)
            return now if now["status"] not in ("created", "in_progress") else None

        ended = eventually(found, within)
        assert ended, f"after {within} s the chat is still {self.retrieve(chat)}"
        return ended

    def messages(self, chat) -> list:
        """The messages of the chat but for the question."""
        return self.api.get(MESSAGES, **of(chat)).ok().data

    def said(self, conversation) -> list:
        """What stands in the conversation, oldest first, as pairs of role and content."""
        listed = self.api.post(SAID, {"order": "asc"}, conversation_id=conversation).ok().data
        return [(one["role"], one["content"]) for one in listed]

    def cancel(self, chat) -> Reply:
        return self.api.post(CANCEL, of(chat))

    def submit(self, chat, outputs, stream=False) -> Reply | EventStream:
        """Hands in outputs of tools, by the id of their call."""
        body = {"tool_outputs": [{"tool_call_id": id, "output": output} for id, output in outputs.items()],
                "stream": stream}
        if stream:
            return EventStream(self.server, "POST", SUBMIT, body, **of(chat))
        return self.api.post(SUBMIT, body, **of(chat))

    def log(self, chat, after=None, last_event_id=None) -> EventStream:
        """The stored events of a chat, and those that follow."""
        query = {"conversation_id": chat["conversation_id"]} | ({} if after is None else {"after": after})
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        return EventStream(
            self.server, "GET", f"/buckle/v1/chats/{chat['id']}/events", numbered=True, headers=headers, **query)

    def asked(self, text, pieces=0, within=5) -> Exchange:
        """Waits until the upstream was asked this, and has answered so many pieces."""
        def found():
            requests = self.upstream.about(text)
            return requests and len(requests[-1].sent) >= pieces and requests[-1]

        request = eventually(found, within)
        assert request, f"the upstream was not asked {text!r}, but {self.upstream.requests}"
        return request

    def question_of(self, text) -> Exchange:
        """The one request to the upstream whose question contains the text."""
        found = self.upstream.about(text)
        assert len(found) == 1, found
        return found[0]


class DeadPorts:
    """Two ports that take no connection: one refuses, the other lets callers wait."""

    def __init__(self):
        self.sockets = []
        self.closed = self.bound().getsockname()[1]
        full = self.bound()
        full.listen(0)
        self.full = full.getsockname()[1]
        # The kernel drops further callers once the queue of those that nobody accepts is full.
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", self.full))
            self.sockets.append(caller)

    def bound(self):
        made = socket.socket()
        made.bind(("127.0.0.1", 0))
        self.sockets.append(made)
        return made

    def close(self):
        for one in self.sockets:
            one.close()


def configuration(upstream: Upstream, dead: DeadPorts) -> str:
    """A configuration file with every script as a model. It is JSON, which YAML understands."""
    models = []
    for name, id in MODELS.items():
        model = {
            "id": id, "name": name, "base_url": upstream.base_url, "model": name, "context_length": 32768,
            "capabilities": ["tools"], **OPTIONS.get(name, {}),
        }
        model["base_url"] = model["base_url"].format(closed=dead.closed, full=dead.full)
        models.append(model)
    return json.dumps({"models": models}, indent=1)


def scripted_stand(directory, upstream, dead) -> Stand:
    file = directory / "buckle.yaml"
    file.write_text(configuration(upstream, dead))
    return Stand(Buckle(directory), upstream, ("--config", str(file)))


@pytest.fixture(scope="session")
def dead_ports():
    ports = DeadPorts()
    yield ports
    ports.close()


@pytest.fixture(scope="session")
def upstream_of_all():
    with Upstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def stand_of_all(tmp_path_factory, upstream_of_all, dead_ports):
    made = scripted_stand(tmp_path_factory.mktemp("scripted"), upstream_of_all, dead_ports)
    try:
        yield made.start_server()
        assert made.server.running, f"the server ended during the tests:\n{made.server.log_tail()}"
        assert made.server.stop(within=15) == 0, made.server.log_tail()
    finally:
        made.server.remove()


@pytest.fixture
def upstream(upstream_of_all) -> Upstream:
    """The scripted upstream, which remembers nothing of other tests."""
    upstream_of_all.clear()
    return upstream_of_all


@pytest.fixture
def stand(stand_of_all, upstream) -> Stand:
    """The server that most tests share; its models are the scripts of the upstream."""
    return stand_of_all


@pytest.fixture
def own_stand(tmp_path, upstream, dead_ports) -> Stand:
    """The same as a server of the test's own, to be stopped and killed."""
    made = scripted_stand(tmp_path, upstream, dead_ports)
    try:
        yield made.start_server()
    finally:
        made.server.remove()


@pytest.fixture(scope="session")
def demo(server) -> Stand:
    """A server without a configuration: its one model is the built-in one."""
    return Stand(server)


@pytest.fixture
def running(stand):
    """Starts chats on `long`, and cancels those that still run in the end."""
    begun = []

    def start(said="tell me much", conversation=None, model="long", **more):
        chat = stand.begin(said, model, conversation, **more).ok().data
        begun.append(chat)
        return chat

    yield start
    for chat in begun:
        stand.cancel(chat)
