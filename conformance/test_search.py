import secrets
import time

import pytest
from cozepy import MessageContentType, MessageRole

from harness import GARBAGE_IDS, UNKNOWN_ID, Buckle, eventually
from test_files import other_account

SEARCH = "/buckle/v1/conversations/search"
RENAME = "/v1/conversations/{}"


def say(coze, conversation, text, role=MessageRole.USER):
    return coze.conversations.messages.create(
        conversation_id=conversation.id, role=role, content=text, content_type=MessageContentType.TEXT)


def search(api, query, **more) -> dict:
    return api.get(SEARCH, query=query, **more).ok().data


def found(api, query, count=1, within=5, **more) -> list:
    """The hits, once there are so many: the index follows changes within a second or so."""
    eventually(lambda: len(search(api, query, **more)["items"]) == count, within)
    items = search(api, query, **more)["items"]
    assert len(items) == count, items
    return items


@pytest.fixture
def word():
    """A word that no other test uses."""
    return "w" + secrets.token_hex(6)


def test_a_message_is_found_by_its_words_within_seconds(coze, api, conversation, word):
    message = say(coze, conversation, f"The {word.upper()}ing of Hangzhou, 杭州的天气预报")
    began = time.monotonic()
    name, hit = sorted(found(api, word, 2), key=lambda item: item["message_id"])
    assert time.monotonic() - began < 3
    # The first message has also named the conversation.
    assert (name["message_id"], name["role"], name["chat_id"]) == ("", "", "")
    assert (hit["message_id"], hit["role"], hit["chat_id"]) == (message.id, "user", "")
    assert hit["created_at"] == message.created_at
    assert hit["conversation"]["id"] == conversation.id
    assert set(hit["conversation"]) == {
        "id", "name", "meta_data", "creator_id", "connector_id", "created_at", "updated_at", "last_section_id",
        "bot_id", "bot_name", "bot_icon_url", "is_bot_available"}
    start, length = hit["highlights"][0]
    assert hit["snippet"][start:start + length] == word.upper()


@pytest.mark.parametrize("query, hits", [
    ("天", 1), ("天气", 1), ("天气预报", 1), ("预报 {}", 1), ("{} 杭州", 1), ("气杭", 0), ("{} 上海", 0), ("{}x", 0),
    ('"{} 杭州的"', 1), ('"{} 天气"', 0), ("ÉCOLE {}", 1), ("école {}", 1), ("ｂｕｃｋｌｅ {}", 1),
])
def test_words_and_characters_of_any_script_are_found(own_server, query, hits):
    api = own_server.api()
    id = api.post("/v1/conversation/create", {"name": "untitled"}).ok().data["id"]
    text = "École, Buckle! token77 杭州的天气预报"
    api.post("/v1/conversation/message/create", {"role": "user", "content": text, "content_type": "text"},
             conversation_id=id).ok()
    found(api, "token77")
    items = search(api, query.format("token77"))["items"]
    assert len(items) == hits
    for item in items:
        assert item["snippet"] == text


def test_a_new_name_is_found_and_the_old_one_no_more(api, word):
    id = api.post("/v1/conversation/create", {"name": f"old{word}"}).ok().data["id"]
    found(api, f"old{word}")
    api.put(RENAME.format(id), {"name": f"new{word}"}).ok()
    assert search(api, f"old{word}")["items"] == []
    assert found(api, f"new{word}")[0]["conversation"]["name"] == f"new{word}"


def test_deleted_things_are_not_found_even_at_once(coze, api, conversation, word):
    kept, deleted = say(coze, conversation, f"{word} 1"), say(coze, conversation, f"{word} 2")
    found(api, word, 3)
    coze.conversations.messages.delete(conversation_id=conversation.id, message_id=deleted.id)
    assert {item["message_id"] for item in search(api, word)["items"]} == {"", kept.id}
    coze.conversations.delete(conversation_id=conversation.id)
    assert search(api, word)["items"] == []


def test_answers_of_bots_are_found_with_their_chat(demo, word):
    chat = demo.chat(f"tell me of {word}")
    items = found(demo.api, word, 3)
    assert {item["chat_id"] for item in items} == {"", chat["id"]}
    assert {item["role"] for item in items} == {"", "user", "assistant"}
    assert search(demo.api, word, bot_id=chat["bot_id"])["items"] == items
    assert search(demo.api, word, bot_id=UNKNOWN_ID)["items"] == []


def test_pages_follow_each_other(coze, api, word):
    conversation = coze.conversations.create(name="pages")
    ids = [say(coze, conversation, f"{word} {number}").id for number in range(7)]
    found(api, word, 7)
    seen, cursor = [], ""
    for page in range(4):
        data = search(api, word, limit=2, cursor=cursor)
        seen += [item["message_id"] for item in data["items"]]
        cursor = data["next_cursor"]
        assert data["has_more"] == bool(cursor) == (page < 3)
    assert seen == ids[::-1]


def test_conversations_tell_their_bots_as_the_list_does(demo, word):
    chat = demo.chat(word)
    for hit in found(demo.api, word, 3):
        assert hit["conversation"] == demo.api.get(
            f"/buckle/v1/conversations/{chat['conversation_id']}").ok().data
        assert hit["conversation"]["bot_id"] == chat["bot_id"] and hit["conversation"]["is_bot_available"]


def test_others_find_nothing_of_it(server, coze, api, conversation, word):
    say(coze, conversation, word)
    found(api, word, 2)
    assert server.api(other_account(server)).get(SEARCH, query=word).ok().data == {
        "items": [], "has_more": False, "next_cursor": ""}


def test_both_permissions_are_needed(server):
    for held, refused in (
        ("listConversation", True), ("listMessage", True), (("listConversation", "listMessage"), False),
    ):
        permissions = [held] if isinstance(held, str) else held
        reply = server.api(server.create_token(*permissions)).get(SEARCH, query="x")
        assert reply.refused(4101) if refused else reply.ok()


@pytest.mark.parametrize("options", [
    {"query": ""}, {"query": " "}, {"query": "!?"}, {"query": "x" * 201}, {}, {"query": "x", "limit": 0},
    {"query": "x", "limit": 51}, {"query": "x", "limit": "many"}, {"query": "x", "cursor": "back"},
    *({"query": "x", "bot_id": garbage} for garbage in GARBAGE_IDS if garbage != "0"),
], ids=str)
def test_what_cannot_be_understood_is_refused(api, options):
    api.get(SEARCH, **options).refused(4000)


def test_a_long_text_gives_a_short_snippet(coze, api, conversation, word):
    say(coze, conversation, "\n".join(["lorem ipsum dolor"] * 200 + [f"the {word} is\there"] + ["sit amet 的"] * 200))
    item = found(api, word)[0]
    assert len(item["snippet"]) <= 160
    assert f"the {word} is here" in item["snippet"]
    assert "\n" not in item["snippet"]
    start, length = item["highlights"][0]
    assert item["snippet"][start:start + length] == word


def test_what_was_not_indexed_before_a_crash_is_indexed_after_it(own_server: Buckle):
    api = own_server.api()
    id = api.post("/v1/conversation/create", {"name": "before the crash"}).ok().data["id"]
    for number in range(200):
        api.post("/v1/conversation/message/create",
                 {"role": "user", "content": f"lostandfound {number}", "content_type": "text"},
                 conversation_id=id).ok()
    own_server.kill()
    own_server.start()
    api = own_server.api()
    last = found(api, '"lostandfound 199"', within=10)[0]
    assert last["snippet"] == "lostandfound 199"
    eventually(lambda: search(api, '"lostandfound 0"')["items"], 10)
    seen, cursor = set(), ""
    while True:
        data = search(api, "lostandfound", limit=50, cursor=cursor)
        seen |= {item["snippet"] for item in data["items"]}
        if not (cursor := data["next_cursor"]):
            break
    assert len(seen) == 200
