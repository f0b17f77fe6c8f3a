"""What clients saw of chats before a kill, and whether it is still there: the model behind scripts/crash_streams.py.

What is not an increment was stored before it was shown, so it must stand in the log of its chat; an increment must when
it was seen at least `FLUSHED` seconds before the kill. No event may have a number that a reader has passed unseen, nor
may one change.
"""
import hashlib
import http.client
import json
import time
from urllib.parse import urlencode

from running import Refused
from upstream import HELLO_TEXT, LONG

FLUSHED = 0.2
DELTA = "conversation.message.delta"
COMPLETED = "conversation.message.completed"
ENDS = {f"conversation.chat.{status}": status for status in ("completed", "failed", "canceled")}
WAITS = "conversation.chat.requires_action"
ANSWERS = {
    "plain": HELLO_TEXT, "weather": HELLO_TEXT, "second": "".join(f"{number} " for number in range(1, 21)),
    "long": "".join(f"{number} " for number in range(1, LONG + 1)),
}
"""What each model says when nothing stops it."""


class Event:
    def __init__(self, number, name, data):
        self.number, self.name, self.data, self.at = number, name, json.loads(data), time.monotonic()

    @property
    def is_delta(self):
        return self.name == DELTA

    def same(self, other):
        return (self.name, self.data) == (other.name, other.data)

    def __repr__(self):
        return f"{self.number} {self.name} {json.dumps(self.data, ensure_ascii=False)[:120]}"


class Events:
    """An answer that streams events. Raises `Refused` if it is none, OSError or HTTPException when it breaks off."""

    def __init__(self, client, method, path, body=None, **query):
        self.connection = http.client.HTTPConnection(client.host, client.port, timeout=60)
        try:
            self.connection.request(method, path + ("?" + urlencode(query) if query else ""),
                                    None if body is None else json.dumps(body).encode(), client.headers)
            self.response = self.connection.getresponse()
            if not self.response.headers["Content-Type"].startswith("text/event-stream"):
                raise Refused(f"{method} {path}", self.response.status, json.loads(self.response.read()))
        except BaseException:
            self.connection.close()
            raise

    def __iter__(self):
        number = name = None
        while line := self.response.readline():
            field, _, value = line.rstrip(b"\n").partition(b":")
            if field == b"id":
                number = int(value)
            elif field == b"event":
                name = value.decode()
            elif field == b"data":
                yield Event(number, name, value)
                if name == "done":
                    return
                number = name = None
        raise http.client.IncompleteRead(b"")

    def close(self):
        self.response.close()
        self.connection.close()


class Reader:
    """One reader of the log of a chat, over any number of connections."""

    def __init__(self):
        self.seen = []

    @property
    def last(self):
        return self.seen[-1].number if self.seen else 0


class Chat:
    """A chat that the server has told of, and all that clients have seen of it."""

    def __init__(self, data, model, label):
        self.id, self.conversation, self.model, self.label = data["id"], data["conversation_id"], model, label
        self.live = []
        """What came over the streams that started or continued it, which have no numbers."""
        self.readers = []
        self.canceled = False
        """Whether a cancel was answered with success."""
        self.submits = 0
        """How often outputs were handed in, answered or not."""
        self.log = None
        """A digest of its log, once it cannot grow any more."""

    @property
    def ids(self):
        return {"conversation_id": self.conversation, "chat_id": self.id}

    def seen(self):
        return [*self.live, *(event for reader in self.readers for event in reader.seen)]

    def __str__(self):
        return f"chat {self.id} ({self.model}, {self.label})"


def read_log(client, chat, after=0):
    events = Events(client, "GET", f"/buckle/v1/chats/{chat.id}/events",
                    conversation_id=chat.conversation, after=after)
    try:
        return list(events)
    finally:
        events.close()


def digest(events):
    return hashlib.sha256(repr([(one.number, one.name, one.data) for one in events]).encode()).hexdigest()


def check(client, chat, due):
    """Everything that must hold of a chat after a kill; increments seen before `due` must have been stored by then."""
    try:
        state = client.call("GET", "/v3/chat/retrieve?" + urlencode(chat.ids))["data"]
        if state["status"] not in (*ENDS.values(), "requires_action"):
            # Its log would be followed without an end.
            return [f"{chat} has no terminal state, but is {state['status']}"]
        log = read_log(client, chat)
        messages = client.call("GET", "/v3/chat/message/list?" + urlencode(chat.ids))["data"]
    except Refused as refusal:
        return [f"{chat} cannot be read: {refusal}"]
    problems = check_end(chat, state, log) + check_seen(chat, log, due) + check_messages(chat, state, log, messages)
    for reader in chat.readers:
        if reader.seen:
            problems += check_attached(client, chat, reader, log)
    if chat.log not in (None, digest(log)):
        problems.append(f"{chat} had ended, and its log has changed since")
    chat.log = digest(log) if state["status"] in ENDS.values() else None
    return problems


def check_end(chat, state, log):
    """One end, at the end, and the same for all who ask."""
    problems, status = [], state["status"]
    numbers = [event.number for event in log[:-1]]
    if numbers != sorted(set(numbers)):
        problems.append(f"{chat} has numbers out of order in its log: {numbers}")
    ends = [event for event in log if event.name in ENDS]
    if len(ends) > 1:
        problems.append(f"{chat} ends {len(ends)} times: {ends}")
    last = log[-2] if len(log) > 1 else None
    if status == "requires_action":
        if ends or last is None or last.name != WAITS:
            problems.append(f"{chat} waits for outputs, but its log ends with {last}")
    elif last is None or ENDS.get(last.name) != status or last.data["status"] != status:
        problems.append(f"{chat} is {status}, but its log ends with {last}")
    if status == "failed" and not (state.get("last_error") or {}).get("code"):
        problems.append(f"{chat} is failed without an error")
    if chat.canceled and status != "canceled":
        problems.append(f"{chat} was canceled, and is {status}")
    for event in chat.seen():
        if event.name in ENDS and ENDS[event.name] != status:
            problems.append(f"{chat} was seen to end as {ENDS[event.name]}, and is {status}")
    waited = any(event.name == WAITS for event in chat.seen())
    if waited and not chat.submits and status != "requires_action":
        problems.append(f"{chat} waited for outputs that nobody handed in, and is {status}")
    return problems


def check_seen(chat, log, due):
    """What was shown is there, and nothing came between."""
    problems, stored = [], {event.number: event for event in log}
    for reader in chat.readers:
        numbers = [event.number for event in reader.seen]
        if numbers != sorted(set(numbers)):
            problems.append(f"a reader of {chat} saw the numbers {numbers}")
        known = {event.number: event for event in reader.seen}
        for event in reader.seen:
            found = stored.get(event.number)
            if found is None:
                if not event.is_delta or event.at < due:
                    problems.append(
                        f"{chat} has lost the event {event}, seen {due - event.at:.3f} s before it was due")
            elif not found.same(event):
                problems.append(f"{chat} has the event {found} where {event} was seen")
        missed = [event for event in log[:-1] if event.number <= reader.last and event.number not in known]
        if missed:
            problems.append(f"{chat} has events that a reader has passed and not seen: {missed[:3]}")
    kept = [event for event in log if not event.is_delta]
    place = 0
    for event in (one for one in chat.live if not one.is_delta and one.name != "done"):
        while place < len(kept) and not kept[place].same(event):
            place += 1
        if place == len(kept):
            problems.append(f"{chat} has lost the event {event} of its stream, or its order")
            break
    for id, text in texts([one for one in chat.live if one.at < due]).items():
        if not texts(log).get(id, "").startswith(text):
            problems.append(f"{chat} has lost a part of {text[-60:]!r}, which its stream had shown")
    return problems


def texts(events):
    """The increments put together, by the id of their message."""
    found = {}
    for event in events:
        if event.is_delta:
            found[event.data["id"]] = found.get(event.data["id"], "") + event.data["content"]
    return found


def check_messages(chat, state, log, messages):
    """Whole answers and partial ones are messages."""
    problems, listed = [], {message["id"]: message for message in messages}
    completed = {event.data["id"]: event.data for event in log if event.name == COMPLETED}
    for id, text in texts(log).items():
        if not ANSWERS[chat.model].startswith(text):
            problems.append(f"{chat} said {text[-60:]!r}, and its model did not")
        if id not in listed:
            problems.append(f"{chat} said {text[-60:]!r}, and it is in none of its messages")
        elif listed[id]["content"] != text:
            problems.append(f"{chat} has the message {listed[id]['content'][-60:]!r} of {text[-60:]!r}")
    for id, data in completed.items():
        if id not in listed:
            problems.append(f"{chat} has lost the message {data['type']} {data['content'][:60]!r}")
        elif listed[id]["content"] != data["content"]:
            problems.append(f"{chat} has its message {data['type']} changed")
    if state["status"] == "completed":
        answers = [one["content"] for one in messages if one["type"] == "answer"]
        if answers != [ANSWERS[chat.model]]:
            problems.append(f"{chat} is completed with the answers {answers}"[:300])
    return problems


def check_attached(client, chat, reader, log):
    """A reader that comes back gets exactly the rest."""
    rest = [event for event in log if event.number is None or event.number > reader.last]
    more = read_log(client, chat, reader.last)
    if [(one.number, one.name, one.data) for one in more] != [(one.number, one.name, one.data) for one in rest]:
        return [f"{chat} after {reader.last} goes on with {more[:3]}, its log with {rest[:3]}"]
    return []
