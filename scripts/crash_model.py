"""What the server has promised, and whether it is still there: the model that the crash test checks against.

Every attempt to change something is a `Write` with the moments at which it was begun and acknowledged. A write that was
acknowledged must have happened; one that was not may have happened, whole, or not. Writers overlap, so which of several
new names is the last one is not known; what is known is that a write cannot stand that was acknowledged before another
acknowledged one began.
"""
import math
import time

from running import Refused

PAGE = 50


class Write:
    """One attempt to change something, with the time it took on the monotonic clock and when it began in Unix time."""

    def __init__(self, value=None):
        self.value, self.reply = value, None
        self.start, self.began, self.end = time.monotonic(), time.time(), math.inf

    def acknowledge(self, reply=None):
        self.reply, self.end = reply, time.monotonic()

    @property
    def acknowledged(self):
        return self.end < math.inf


def possible(writes):
    """The writes that may be the last one."""
    return [one for one in writes if not any(other.acknowledged and other.start > one.end for other in writes)]


def attempted(writes):
    return len(writes) > 0


def certain(writes):
    return any(write.acknowledged for write in writes)


class Message:
    def __init__(self, role, content, written, index=0):
        self.role, self.content, self.written, self.index = role, content, written, index
        self.id, self.deletes = None, []


class Conversation:
    def __init__(self, bot, name, meta_data, messages):
        self.created = Write(name)
        self.bot, self.meta_data, self.id, self.created_at = bot, meta_data, None, None
        self.names, self.deletes = [self.created], []
        self.messages = {
            message["content"]: Message(message["role"], message["content"], self.created, index)
            for index, message in enumerate(messages)
        }
        # Whether only renames have touched it: then its updated_at is known to the second.
        self.only_renamed = True
        self.gone = False

    def adopt(self, data):
        """Takes what the server has said of it, by answering its creation or by listing it later."""
        self.id, self.created_at = data["id"], data["created_at"]

    def __str__(self):
        return f"conversation {self.id} ({self.created.value})"


def list_of(client, bot):
    """All conversations of a bot, by id."""
    found, page = {}, 1
    while True:
        data = client.call("GET", f"/v1/conversations?bot_id={bot}&page_num={page}&page_size={PAGE}")["data"]
        found.update((one["id"], one) for one in data["conversations"])
        if not data["has_more"]:
            return found
        page += 1


def messages_of(client, conversation):
    """All messages of a conversation, oldest first."""
    found, after = [], None
    while True:
        body = {"order": "asc", "limit": PAGE, "after_id": after}
        reply = client.call("POST", f"/v1/conversation/message/list?conversation_id={conversation}", body)
        found += reply["data"]
        if not reply["has_more"]:
            return found
        after = reply["last_id"]


def is_refused(call, code):
    try:
        call()
    except Refused as refusal:
        return refusal.code == code
    return False


def check_listing(client, bot, conversations):
    """Compares a bot's list with what was created; gives ids to those whose creation was never answered."""
    problems, listed = [], list_of(client, bot)
    known = {one.id for one in conversations if one.id is not None}
    unanswered = {one.created.value: one for one in conversations if one.id is None}
    for id, data in listed.items():
        if id in known:
            continue
        conversation = unanswered.pop(data["name"], None)
        if conversation is None:
            problems.append(f"conversation {id} ({data['name']}) is listed, and nobody made it so")
        else:
            conversation.adopt(data)
    for conversation in unanswered.values():
        conversation.gone = True
    for conversation in conversations:
        if conversation.id in listed and (conversation.gone or certain(conversation.deletes)):
            problems.append(f"{conversation} is listed after its deletion")
        if conversation.id not in listed and not conversation.gone and not attempted(conversation.deletes):
            problems.append(f"{conversation} is missing from the list of its bot")
    return problems


def check(client, conversation, killed):
    """Compares a conversation with what was acknowledged. What was in doubt is settled by what is found."""
    path = f"/v1/conversation/retrieve?conversation_id={conversation.id}"
    try:
        data = client.call("GET", path)["data"]
    except Refused as refusal:
        if refusal.code != 4002:
            return [f"{conversation} cannot be read: {refusal}"]
        lost = not conversation.gone and not attempted(conversation.deletes)
        conversation.gone = True
        if lost:
            return [f"{conversation} is lost"]
        messages = f"/v1/conversation/message/list?conversation_id={conversation.id}"
        if not is_refused(lambda: client.call("POST", messages, {}), 4002):
            return [f"{conversation} is deleted, and its messages are not"]
        return []
    if conversation.gone or certain(conversation.deletes):
        return [f"{conversation} is back after its deletion"]
    problems = check_fields(conversation, data, killed) + check_messages(client, conversation)
    conversation.deletes = []
    return problems


def check_fields(conversation, data, killed):
    problems = []
    for field, expected in [("id", conversation.id), ("created_at", conversation.created_at),
                            ("meta_data", conversation.meta_data)]:
        if data[field] != expected:
            problems.append(f"{conversation} has {field} {data[field]!r} instead of {expected!r}")
    candidates = possible(conversation.names)
    name = next((write for write in candidates if write.value == data["name"]), None)
    if name is None:
        return problems + [f"{conversation} is named {data['name']!r} instead of one of "
                           f"{[write.value for write in candidates]}"]
    updated = data["updated_at"]
    if name.acknowledged and conversation.only_renamed:
        if updated != name.reply:
            problems.append(f"{conversation} has updated_at {updated}; the answer to its last write said {name.reply}")
    elif not math.floor(name.began) <= updated <= math.ceil(killed):
        problems.append(f"{conversation} has updated_at {updated}, but its name was written between "
                        f"{name.began:.1f} and {killed:.1f}")
    if not name.acknowledged:
        name.acknowledge(updated)
    conversation.names = [name]
    return problems


def check_messages(client, conversation):
    """Those of the creation are there all together; the others one by one."""
    problems, found, previous = [], {}, None
    for data in messages_of(client, conversation.id):
        message = conversation.messages.get(data["content"])
        if message is None or message.content in found:
            what = "twice" if message else "and nobody wrote it so, or it was deleted"
            problems.append(f"{conversation} has the message {data['content']!r} {what}")
            continue
        found[message.content] = message
        if message.id not in (None, data["id"]) or data["role"] != message.role or data["content_type"] != "text":
            problems.append(f"{conversation} has its message {message.content!r} changed: {data}")
        if certain(message.deletes):
            problems.append(f"{conversation} has its message {message.content!r} back after its deletion")
        if previous is not None and out_of_order(previous, message):
            problems.append(f"{conversation} lists {message.content!r} after {previous.content!r}")
        message.id, previous = data["id"], message
    for message in conversation.messages.values():
        # The conversation is there, so its creation has happened, and so must have all its messages.
        written = message.written.acknowledged or message.written is conversation.created
        if message.content not in found and written and not attempted(message.deletes):
            problems.append(f"{conversation} has lost its message {message.content!r}")
    for message in found.values():
        message.deletes = []
        if not message.written.acknowledged:
            message.written.acknowledge(conversation.names[0].reply)
    conversation.messages = found
    return problems


def out_of_order(first, second):
    if first.written is second.written:
        return first.index > second.index
    return second.written.end < first.written.start
