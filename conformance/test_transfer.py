import json
import re

import pytest
from cozepy import Coze, MessageRole, TokenAuth

from harness import GARBAGE_IDS, UNKNOWN_ID
from test_files import other_account

EXPORT = "/buckle/v1/conversations/{}/export"
IMPORT = "/buckle/v1/conversations/import"
CODE = "Look:\n\n```python\nprint('杭州')  # \"quoted\" \\ \u2028 \u0085\n\tindented\n```"


def export(api, conversation, **query) -> dict:
    response = api.raw("GET", EXPORT.format(conversation), params=query)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    assert f'conversation-{conversation}.json' in response.headers["Content-Disposition"]
    assert response.headers["Content-Disposition"].startswith("attachment")
    return response.json()


def comparable(archive):
    """The archive with its ids numbered as they occur, and without what tells when and by whom it was made."""
    numbers = {}

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items() if key not in ("exported_at", "creator_id")}
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, str) and re.fullmatch(r"\d{16,19}", value):
            return numbers.setdefault(value, len(numbers))
        return value

    return walk(archive)


@pytest.fixture
def talk(demo):
    """A conversation with chats, messages by hand, two sections and feedback."""
    api = demo.api
    first = demo.chat("what is up?", meta_data={"trip": "spring"})
    id = first["conversation_id"]
    demo.chat("and now?", conversation=id, user_id="user 2")
    api.post(f"/v1/conversations/{id}/clear").ok()
    for role, text in (("user", CODE), ("assistant", "Looked.")):
        api.post("/v1/conversation/message/create",
                 {"role": role, "content": text, "content_type": "text", "meta_data": {"by": "hand"}},
                 conversation_id=id).ok()
    answer = next(one for one in export(api, id)["messages"] if one["type"] == "answer")
    api.post(f"/v1/conversations/{id}/messages/{answer['id']}/feedback",
             {"feedback_type": "unlike", "reason_types": ["不对"], "comment": "no"}).ok()
    return id


def test_an_export_tells_all(demo, talk):
    archive = export(demo.api, talk)
    assert (archive["format"], archive["version"]) == ("buckle.conversation", 1)
    assert archive["conversation"]["id"] == talk
    assert archive["conversation"]["name"] == "what is up?"
    assert len(archive["sections"]) == 2
    assert [one["user_id"] for one in archive["chats"]] == ["user 1", "user 2"]
    for chat in archive["chats"]:
        assert chat["status"] == "completed"
        assert chat["usage"]["input_count"] > 0 and chat["usage"]["output_count"] > 0
        assert chat["created_at"] <= chat["completed_at"]
    assert archive["chats"][0]["meta_data"] == {"trip": "spring"}
    ids = [int(one["id"]) for one in archive["messages"]]
    assert ids == sorted(ids)
    assert {one["type"] for one in archive["messages"]} >= {"question", "answer", "verbose"}
    assert archive["messages"][-2]["content"] == CODE
    judged = [one for one in archive["messages"] if "feedback" in one]
    assert [one["feedback"]["reason_types"] for one in judged] == [["不对"]]


def test_what_is_exported_can_be_imported_and_is_the_same(demo, talk):
    api = demo.api
    archive = export(api, talk)
    made = api.post(IMPORT, archive).ok().data
    assert made["id"] != talk
    for name in ("name", "meta_data", "connector_id", "created_at", "updated_at", "creator_id"):
        assert made[name] == archive["conversation"][name]
    again = export(api, made["id"])
    assert comparable(again) == comparable(archive)
    assert not {one["id"] for one in again["messages"]} & {one["id"] for one in archive["messages"]}


def test_the_sdk_finds_an_imported_conversation_like_any_other(demo, talk):
    made = demo.api.post(IMPORT, export(demo.api, talk)).ok().data["id"]
    coze = demo.coze
    there = list(coze.conversations.messages.list(conversation_id=talk, order="asc"))
    here = list(coze.conversations.messages.list(conversation_id=made, order="asc"))
    assert [(one.role, one.content, one.created_at) for one in here] == [
        (one.role, one.content, one.created_at) for one in there]
    chat = next(one.chat_id for one in here if one.chat_id)
    assert coze.chat.retrieve(conversation_id=made, chat_id=chat).status == "completed"
    answered = demo.chat("go on", conversation=made)
    assert answered["status"] == "completed"
    bot = answered["bot_id"]
    assert made in [one.id for one in coze.conversations.list(bot_id=bot)]


def test_another_account_takes_it_in_without_what_is_not_its_own(server, demo, talk):
    archive = export(demo.api, talk)
    token = other_account(server)
    other = server.api(token)
    made = other.post(IMPORT, archive).ok().data
    copy = export(other, made["id"])
    assert copy["conversation"].get("bot_id") is None
    assert all("bot_id" not in one for one in copy["chats"] + copy["messages"])
    assert [one["content"] for one in copy["messages"]] == [one["content"] for one in archive["messages"]]
    coze = Coze(auth=TokenAuth(token), base_url=server.url)
    assert coze.conversations.retrieve(conversation_id=made["id"]).name == "what is up?"
    demo.api.get("/v1/conversation/retrieve", conversation_id=made["id"]).refused(4002)


def test_files_go_along_only_with_their_owner(server, demo):
    api = demo.api
    file = api.call("POST", "/v1/files/upload", files={"file": ("plan 杭州.txt", b"sunny")}).ok().data["id"]
    id = api.post("/v1/conversation/create").ok().data["id"]
    content = json.dumps([{"type": "text", "text": "read this"}, {"type": "file", "file_id": file}])
    api.post("/v1/conversation/message/create",
             {"role": "user", "content": content, "content_type": "object_string"}, conversation_id=id).ok()
    archive = export(api, id)
    assert [(one["id"], one["file_name"], one["bytes"]) for one in archive["files"]] == [(file, "plan 杭州.txt", 5)]
    own = export(api, api.post(IMPORT, archive).ok().data["id"])
    assert own["messages"][0]["content"] == content and own["files"] == archive["files"]
    other = server.api(other_account(server))
    theirs = export(other, other.post(IMPORT, archive).ok().data["id"])
    assert theirs["messages"][0]["content_type"] == "text"
    assert theirs["messages"][0]["content"] == "read this\n[plan 杭州.txt]"
    assert theirs["files"] == []


def test_markdown_is_for_reading_and_keeps_code(demo, talk):
    response = demo.api.raw("GET", EXPORT.format(talk), params={"format": "markdown"})
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("# what is up?\n")
    assert CODE in text
    assert text.count("## User, ") == 3 and text.count("## Assistant, ") == 3
    assert "The context was cleared" in text
    assert re.search(r"## User, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n", text)
    assert "generate_answer_finish" not in text


@pytest.mark.parametrize("change, place", [
    (lambda one: one.update(format="zip"), "format"),
    (lambda one: one.update(version=2), "version"),
    (lambda one: one.pop("messages"), "messages"),
    (lambda one: one.update(messages={}), "messages"),
    (lambda one: one["conversation"].update(name="x" * 101), "conversation.name"),
    (lambda one: one["conversation"].update(last_section_id="1"), "conversation.last_section_id"),
    (lambda one: one["conversation"].update(meta_data={"k": "v" * 513}), "conversation.meta_data"),
    (lambda one: one["messages"][1].update(id=one["messages"][0]["id"]), "messages[1].id"),
    (lambda one: one["messages"].reverse(), "messages[1].id"),
    (lambda one: one["messages"][0].update(role="system"), "messages[0].role"),
    (lambda one: one["messages"][0].update(section_id=UNKNOWN_ID), "messages[0].section_id"),
    (lambda one: one["messages"][0].update(content=None), "messages[0].content"),
    (lambda one: one["messages"][0].update(content_type="object_string"), "messages[0].content"),
    (lambda one: one["messages"][2].update(meta_data={str(n): "x" for n in range(17)}), "messages[2].meta_data"),
    (lambda one: one["chats"][0].update(status="done"), "chats[0].status"),
    (lambda one: one["chats"][0].update(created_at="now"), "chats[0].created_at"),
    (lambda one: one["chats"][1].update(id=one["chats"][0]["id"]), "chats[1].id"),
])
def test_what_is_not_sound_is_refused_by_its_place_and_leaves_nothing(demo, talk, change, place):
    api = demo.api
    archive = export(api, talk)
    bot = archive["conversation"]["bot_id"]

    def count():
        return len(api.get("/v1/conversations", bot_id=bot, page_size=50).ok().data["conversations"])

    before = count()
    change(archive)
    assert place in api.post(IMPORT, archive).refused(4000).msg
    assert count() == before


def test_a_running_chat_is_imported_as_failed(stand, running):
    chat = running("count for me")
    archive = export(stand.api, chat["conversation_id"])
    assert archive["chats"][0]["status"] == "in_progress"
    made = export(stand.api, stand.api.post(IMPORT, archive).ok().data["id"])
    assert made["chats"][0]["status"] == "failed"
    assert made["chats"][0]["last_error"]["code"] == 5000


def test_unknown_and_others_conversations_look_alike(server, talk):
    other = server.api(other_account(server))
    for format in ("json", "markdown"):
        there, none = (other.get(EXPORT.format(id), format=format).refused(4002) for id in (talk, UNKNOWN_ID))
        assert there.msg == none.msg


@pytest.mark.parametrize("garbage", GARBAGE_IDS)
def test_garbage_ids_are_refused(api, garbage):
    api.get(EXPORT.format(garbage)).refused(4000)


def test_permissions_are_needed(server, talk):
    for permissions in (["retrieveConversation"], ["listMessage"]):
        server.api(server.create_token(*permissions)).get(EXPORT.format(talk)).refused(4101)
    for permissions in (["createConversation"], ["createMessage"]):
        server.api(server.create_token(*permissions)).post(IMPORT, {}).refused(4101)


def test_a_conversation_of_thousands_of_messages_goes_through(coze, api):
    id = api.post("/v1/conversation/create", {"messages": [
        {"role": "user" if number % 2 else "assistant", "content": f"message {number}", "content_type": "text"}
        for number in range(100)]}).ok().data["id"]
    archive = export(api, id)
    last = int(archive["messages"][-1]["id"])
    archive["messages"] += [{**archive["messages"][n % 100], "id": str(last + n + 1)} for n in range(4_900)]
    made = api.post(IMPORT, archive).ok().data["id"]
    again = export(api, made)
    assert [one["content"] for one in again["messages"]] == [one["content"] for one in archive["messages"]]
    first = coze.conversations.messages.list(conversation_id=made, order="asc", limit=1).items[0]
    assert (first.role, first.content) == (MessageRole.ASSISTANT, "message 0")
