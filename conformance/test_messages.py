import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import Message, MessageContentType, MessageObjectString, MessageRole

from harness import GARBAGE_IDS, UNKNOWN_ID, refused

CREATE = "/v1/conversation/message/create"
LIST = "/v1/conversation/message/list"
RETRIEVE = "/v1/conversation/message/retrieve"
MODIFY = "/v1/conversation/message/modify"
DELETE = "/v1/conversation/message/delete"
FIELDS = {
    "id", "conversation_id", "bot_id", "chat_id", "section_id", "role", "type", "content", "content_type",
    "meta_data", "created_at", "updated_at",
}
IMAGE = {"type": "image", "file_url": "https://example.com/a.png"}
TEXT = {"type": "text", "text": "what is this?"}


def create(coze, conversation, content="hello", role=MessageRole.USER, content_type=MessageContentType.TEXT, **more):
    return coze.conversations.messages.create(
        conversation_id=conversation.id, role=role, content=content, content_type=content_type, **more
    )


def contents(coze, conversation, **how):
    return [m.content for m in coze.conversations.messages.list(conversation_id=conversation.id, **how)]


@pytest.fixture
def message(coze, conversation) -> Message:
    return create(coze, conversation, "a question", meta_data={"k": "v"})


@pytest.fixture(scope="module")
def long_conversation(coze):
    """120 messages, and their texts in order."""
    conversation = coze.conversations.create()
    texts = [f"message {n}" for n in range(120)]
    for n, text in enumerate(texts):
        create(coze, conversation, text, role=MessageRole.ASSISTANT if n % 2 else MessageRole.USER)
    return conversation, texts


class TestCreate:
    def test_a_text_message_has_every_field(self, coze, conversation):
        before = int(time.time())
        made = create(coze, conversation, "杭州的天气 🌤", meta_data={"source": "test"})
        assert int(made.id) > 0
        assert made.conversation_id == conversation.id
        assert made.section_id == conversation.last_section_id
        assert made.bot_id == "" and made.chat_id == ""
        assert made.role == MessageRole.USER
        assert made.type.value == "question"
        assert made.content == "杭州的天气 🌤"
        assert made.content_type == MessageContentType.TEXT
        assert made.meta_data == {"source": "test"}
        assert before <= made.created_at <= int(time.time())
        assert made.updated_at == made.created_at
        assert abs((int(made.id) >> 32) - made.created_at) <= 1

    def test_an_assistant_message_is_an_answer(self, coze, conversation):
        made = create(coze, conversation, "Sunny.", role=MessageRole.ASSISTANT)
        assert made.role == MessageRole.ASSISTANT
        assert made.type.value == "answer"

    def test_a_message_of_several_parts_keeps_its_string_as_it_was(self, coze, conversation):
        content = Message.build_user_question_objects([
            MessageObjectString.build_text("what is this?"),
            MessageObjectString.build_image(file_url="https://example.com/a.png"),
            MessageObjectString.build_file(file_url="https://example.com/a.pdf"),
        ]).content
        made = create(coze, conversation, content, content_type=MessageContentType.OBJECT_STRING)
        assert made.content_type == MessageContentType.OBJECT_STRING
        assert made.content == content

    @pytest.mark.parametrize("content", [
        "\u2028 \u2029 \u0085 \u200b", 'line\nline\r\n\ttab "quoted" \\ /', "👩‍👩‍👧‍👦" * 50,
        "<script>&amp;", "x" * 100_000,
    ], ids=["separators", "escapes", "joined emoji", "markup", "100,000 characters"])
    def test_text_comes_back_to_the_last_scalar(self, coze, conversation, content):
        made = create(coze, conversation, content)
        assert made.content == content
        found = coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=made.id)
        assert found.content == content

    def test_every_field_has_its_type_on_the_wire(self, api, conversation):
        made = api.post(
            CREATE, {"role": "user", "content": "x", "content_type": "text", "meta_data": None},
            conversation_id=conversation.id,
        ).ok().data
        assert set(made) >= FIELDS
        assert made["meta_data"] == {}
        assert isinstance(made["created_at"], int) and isinstance(made["updated_at"], int)
        for name in FIELDS - {"meta_data", "created_at", "updated_at"}:
            assert isinstance(made[name], str), name

    @pytest.mark.parametrize("field", ["role", "content", "content_type"])
    @pytest.mark.parametrize("missing", ["absent", None, ""], ids=["absent", "null", "empty"])
    def test_a_missing_field_is_refused_by_its_name(self, api, conversation, field, missing):
        body = {"role": "user", "content": "x", "content_type": "text"}
        if missing == "absent":
            del body[field]
        else:
            body[field] = missing
        assert field in api.post(CREATE, body, conversation_id=conversation.id).refused(4000).msg
        assert api.post(LIST, conversation_id=conversation.id).ok().data == []

    @pytest.mark.parametrize("content_type", ["card", "audio", "image", "TEXT"])
    def test_a_content_type_that_is_no_input_is_refused(self, api, conversation, content_type):
        body = {"role": "user", "content": "{}", "content_type": content_type}
        assert "content_type" in api.post(CREATE, body, conversation_id=conversation.id).refused(4000).msg

    @pytest.mark.parametrize("role", ["system", "User", "tool"])
    def test_an_unknown_role_is_refused(self, api, conversation, role):
        body = {"role": role, "content": "x", "content_type": "text"}
        assert "role" in api.post(CREATE, body, conversation_id=conversation.id).refused(4000).msg

    @pytest.mark.parametrize("parts", [
        "not JSON", "{}", '"text"', "null", "[]", '["text"]', "[1]",
        [TEXT], [TEXT, TEXT, IMAGE], [{"type": "video", "file_url": "https://example.com/a"}, TEXT],
        [{"file_url": "https://example.com/a.png"}, TEXT], [TEXT, {"type": "image"}],
        [TEXT, {"type": "file", "file_id": None, "file_url": None}],
        [TEXT, {"type": "image", "file_id": "", "file_url": ""}],
        [{"type": "text"}, IMAGE], [{"type": "text", "text": 5}, IMAGE],
    ], ids=[
        "not JSON", "an object", "a string", "null", "no parts", "a part that is a string", "a part that is a number",
        "text alone", "two texts", "an unknown part", "a part without type", "an image without a file",
        "a file of nulls", "an image of empty strings", "a text without text", "a text that is a number",
    ])
    def test_an_object_string_that_breaks_the_rules_is_refused(self, api, conversation, parts):
        content = parts if isinstance(parts, str) else json.dumps(parts)
        body = {"role": "user", "content": content, "content_type": "object_string"}
        assert "content" in api.post(CREATE, body, conversation_id=conversation.id).refused(4000).msg
        assert api.post(LIST, conversation_id=conversation.id).ok().data == []

    def test_an_answer_is_text_only(self, api, conversation):
        body = {"role": "assistant", "content": json.dumps([TEXT, IMAGE]), "content_type": "object_string"}
        assert "content_type" in api.post(CREATE, body, conversation_id=conversation.id).refused(4000).msg

    def test_a_picture_alone_needs_a_text_beside_it(self, api):
        def begin_with(*messages):
            return api.post("/v1/conversation/create", {"messages": list(messages)})

        picture = {"role": "user", "content": json.dumps([IMAGE]), "content_type": "object_string"}
        text = {"role": "user", "content": "what is this?", "content_type": "text"}
        begin_with(picture, text).ok()
        begin_with(text, picture).ok()
        begin_with(picture).refused(4000)

    def test_an_unknown_conversation_is_refused(self, coze, conversation):
        with refused(4002):
            coze.conversations.messages.create(
                conversation_id=UNKNOWN_ID, role=MessageRole.USER, content="x", content_type=MessageContentType.TEXT
            )

    @pytest.mark.parametrize("garbage", ["", *GARBAGE_IDS])
    def test_a_garbage_conversation_is_refused(self, api, garbage):
        body = {"role": "user", "content": "x", "content_type": "text"}
        assert "conversation_id" in api.post(CREATE, body, conversation_id=garbage).refused(4000).msg

    def test_messages_made_at_the_same_time_are_all_kept_once(self, server, conversation):
        def write(worker):
            own = server.api()
            return [
                own.post(
                    CREATE, {"role": "user", "content": f"{worker} {n}", "content_type": "text"},
                    conversation_id=conversation.id,
                ).ok().data["id"] for n in range(5)
            ]

        with ThreadPoolExecutor(10) as pool:
            made = [one for ids in pool.map(write, range(10)) for one in ids]
        data = server.api().post(LIST, {"order": "asc"}, conversation_id=conversation.id).ok().data
        assert len(made) == len(set(made)) == 50
        assert sorted(m["id"] for m in data) == sorted(made)


class TestMetaData:
    """At most 16 pairs, keys of 1 to 64 characters, values of 1 to 512."""

    TOO_MUCH = {
        "17 pairs": {f"key{n}": "v" for n in range(17)},
        "a key of 65 characters": {"键" * 65: "v"},
        "a value of 513 characters": {"k": "值" * 513},
        "an empty key": {"": "v"},
        "an empty value": {"k": ""},
    }
    AT_THE_LIMIT = {
        "16 pairs": {f"key{n}": "v" for n in range(16)},
        "a key of 64 characters": {"键" * 64: "v"},
        "a value of 512 characters": {"k": "😀" * 512},
    }

    @pytest.mark.parametrize("meta_data", TOO_MUCH.values(), ids=TOO_MUCH.keys())
    def test_more_than_the_limit_is_refused_everywhere(self, coze, message, meta_data):
        conversation = coze.conversations.retrieve(conversation_id=message.conversation_id)
        with refused(4003):
            create(coze, conversation, meta_data=meta_data)
        with refused(4003):
            coze.conversations.messages.update(
                conversation_id=conversation.id, message_id=message.id, meta_data=meta_data
            )
        with refused(4003):
            coze.conversations.create(meta_data=meta_data)
        with refused(4003):
            coze.conversations.create(messages=[Message.build_user_question_text("x", meta_data=meta_data)])
        assert contents(coze, conversation) == ["a question"]
        found = coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=message.id)
        assert found.meta_data == {"k": "v"}

    @pytest.mark.parametrize("meta_data", AT_THE_LIMIT.values(), ids=AT_THE_LIMIT.keys())
    def test_exactly_the_limit_is_accepted(self, coze, conversation, meta_data):
        assert create(coze, conversation, meta_data=meta_data).meta_data == meta_data
        assert coze.conversations.create(meta_data=meta_data).meta_data == meta_data

    @pytest.mark.parametrize("meta_data", [
        {"k": 1}, {"k": True}, {"k": {}}, {"k": ["v"]}, [], "k=v", 5,
    ], ids=json.dumps)
    def test_anything_but_strings_is_refused_by_the_name_of_the_field(self, api, conversation, meta_data):
        body = {"role": "user", "content": "x", "content_type": "text", "meta_data": meta_data}
        assert "meta_data" in api.post(CREATE, body, conversation_id=conversation.id).refused(4000, 4003).msg
        api.post("/v1/conversation/create", {"meta_data": meta_data}).refused(4000, 4003)


class TestList:
    def test_the_newest_comes_first_unless_the_oldest_is_asked_for(self, coze, conversation):
        for text in "abcd":
            create(coze, conversation, text)
        assert contents(coze, conversation) == list("dcba")
        assert contents(coze, conversation, order="desc") == list("dcba")
        assert contents(coze, conversation, order="asc") == list("abcd")

    def test_the_list_gives_messages_as_retrieve_does(self, api, conversation, message):
        listed = api.post(LIST, conversation_id=conversation.id).ok().data
        found = api.get(RETRIEVE, conversation_id=conversation.id, message_id=message.id).ok().data
        assert listed == [found]

    @pytest.mark.parametrize("limit", [50, 40, 7, 1])
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_the_paginator_walks_120_messages_to_the_end(self, coze, long_conversation, order, limit):
        conversation, texts = long_conversation
        expected = texts if order == "asc" else texts[::-1]
        first = coze.conversations.messages.list(conversation_id=conversation.id, order=order, limit=limit)
        pages = list(first.iter_pages())
        assert [m.content for page in pages for m in page.items] == expected
        assert len(pages) == -(-120 // limit)
        assert [page.has_more for page in pages] == [True] * (len(pages) - 1) + [False]
        for page in pages:
            assert (page.first_id, page.last_id) == (page.items[0].id, page.items[-1].id)

    def test_the_asynchronous_paginator_walks_them_too(self, acoze, long_conversation):
        conversation, texts = long_conversation

        async def run():
            paged = await acoze.conversations.messages.list(conversation_id=conversation.id, order="asc", limit=50)
            return [m.content async for m in paged]

        assert asyncio.run(run()) == texts

    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_before_id_walks_back_to_the_beginning(self, api, long_conversation, order):
        conversation, texts = long_conversation
        expected = texts if order == "asc" else texts[::-1]

        def page(**body):
            return api.post(LIST, {"order": order, "limit": 50, **body}, conversation_id=conversation.id).ok().body

        end = page()
        while end["has_more"]:
            end = page(after_id=end["last_id"])
        back, walked = end, [m["content"] for m in end["data"]]
        while True:
            back = page(before_id=back["first_id"])
            walked = [m["content"] for m in back["data"]] + walked
            if not back["has_more"]:
                break
        assert walked == expected

    def test_the_cursors_follow_the_order_of_the_list(self, coze, conversation):
        made = {text: create(coze, conversation, text).id for text in "abcde"}
        assert contents(coze, conversation, order="asc", after_id=made["c"]) == ["d", "e"]
        assert contents(coze, conversation, order="desc", after_id=made["c"]) == ["b", "a"]
        assert contents(coze, conversation, order="asc", before_id=made["c"]) == ["a", "b"]
        assert contents(coze, conversation, order="desc", before_id=made["c"]) == ["e", "d"]
        assert contents(coze, conversation, order="asc", after_id=made["e"]) == []
        assert contents(coze, conversation, order="asc", before_id=made["a"]) == []

    def test_a_cursor_still_marks_its_place_when_its_message_is_gone(self, coze, conversation):
        made = {text: create(coze, conversation, text).id for text in "abcde"}
        coze.conversations.messages.delete(conversation_id=conversation.id, message_id=made["c"])
        assert contents(coze, conversation, order="asc", after_id=made["c"]) == ["d", "e"]
        assert contents(coze, conversation, order="desc", after_id=made["c"]) == ["b", "a"]
        assert contents(coze, conversation, order="asc", before_id=made["c"]) == ["a", "b"]

    def test_a_reader_that_follows_the_end_misses_nothing_while_others_write(self, server, conversation):
        seen, written = [], threading.Event()

        def follow():
            api, last = server.api(), None
            while True:
                at_the_end = written.is_set()
                body = api.post(LIST, {"order": "asc", "after_id": last}, conversation_id=conversation.id).ok().body
                seen.extend(m["id"] for m in body["data"])
                last = body["last_id"] or last
                if at_the_end and not body["data"]:
                    return

        def write(_):
            api = server.api()
            text = {"role": "user", "content": "x", "content_type": "text"}
            return [api.post(CREATE, text, conversation_id=conversation.id).ok().data["id"] for _ in range(20)]

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        with ThreadPoolExecutor(8) as pool:
            made = [id for ids in pool.map(write, range(8)) for id in ids]
        written.set()
        reader.join(20)
        assert not reader.is_alive()
        assert sorted(seen) == sorted(made)

    @pytest.mark.parametrize("nothing", [None, "", "0"])
    def test_a_cursor_of_null_empty_or_0_is_none(self, api, conversation, nothing):
        for text in "abc":
            api.post(CREATE, {"role": "user", "content": text, "content_type": "text"}, conversation_id=conversation.id)
        body = {"order": "asc", "before_id": nothing, "after_id": nothing}
        assert [m["content"] for m in api.post(LIST, body, conversation_id=conversation.id).ok().data] == list("abc")

    def test_the_body_the_sdk_sends_with_all_nulls_is_as_good_as_none(self, api, conversation, message):
        nulls = {"order": None, "chat_id": None, "before_id": None, "after_id": None, "limit": None}
        bare = api.post(LIST, conversation_id=conversation.id).ok().body
        for body in ({}, nulls, {**nulls, "bot_id": "", "include_middle_message": True}):
            same = api.post(LIST, body, conversation_id=conversation.id).ok().body
            assert {**same, "detail": None} == {**bare, "detail": None}

    def test_an_empty_list_still_has_all_its_fields(self, api, conversation):
        body = api.post(LIST, conversation_id=conversation.id).ok().body
        assert (body["data"], body["first_id"], body["last_id"], body["has_more"]) == ([], "", "", False)

    def test_the_limit_is_50_by_default_and_never_more(self, api, long_conversation):
        conversation, _ = long_conversation
        assert len(api.post(LIST, conversation_id=conversation.id).ok().data) == 50
        more = api.post(LIST, {"limit": 51}, conversation_id=conversation.id)
        assert more.code == 4000 or len(more.ok().data) == 50

    @pytest.mark.parametrize("field, value", [
        ("limit", "many"), ("limit", 1.5), ("limit", []), ("order", "sideways"), ("order", 1), ("after_id", "abc"),
        ("before_id", -1), ("after_id", {}),
    ])
    def test_a_bad_value_is_refused_by_the_name_of_the_field(self, api, conversation, field, value):
        assert field in api.post(LIST, {field: value}, conversation_id=conversation.id).refused(4000).msg

    def test_messages_of_another_conversation_are_not_listed(self, coze, conversation):
        create(coze, coze.conversations.create(), "elsewhere")
        create(coze, conversation, "here")
        assert contents(coze, conversation) == ["here"]

    def test_an_unknown_conversation_is_refused(self, coze):
        with refused(4002):
            coze.conversations.messages.list(conversation_id=UNKNOWN_ID)

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_conversation_is_refused(self, coze, garbage):
        with refused(4000):
            coze.conversations.messages.list(conversation_id=garbage)


class TestRetrieve:
    def test_the_sdk_gets_what_was_created(self, coze, conversation, message):
        found = coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=message.id)
        assert found.model_dump() == message.model_dump()

    def test_get_and_post_answer_alike(self, api, conversation, message):
        query = {"conversation_id": conversation.id, "message_id": message.id}
        got = api.get(RETRIEVE, **query).ok().data
        assert api.post(RETRIEVE, **query).ok().data == got
        assert api.post(RETRIEVE, {}, **query).ok().data == got
        assert set(got) >= FIELDS

    def test_unknown_ids_are_refused(self, coze, conversation, message):
        with refused(4005):
            coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=UNKNOWN_ID)
        with refused(4002):
            coze.conversations.messages.retrieve(conversation_id=UNKNOWN_ID, message_id=message.id)

    def test_a_message_of_another_conversation_is_refused(self, coze, message):
        other = coze.conversations.create()
        with refused(4005):
            coze.conversations.messages.retrieve(conversation_id=other.id, message_id=message.id)

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_garbage_ids_are_refused(self, coze, conversation, message, garbage):
        with refused(4000):
            coze.conversations.messages.retrieve(conversation_id=garbage, message_id=message.id)
        with refused(4000, 4005):
            coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=garbage)

    def test_missing_ids_are_refused_by_their_names(self, api, conversation, message):
        assert "conversation_id" in api.get(RETRIEVE, message_id=message.id).refused(4000).msg
        assert "message_id" in api.get(RETRIEVE, conversation_id=conversation.id, message_id="").refused(4000).msg


class TestModify:
    def modify(self, coze, message, **changes):
        return coze.conversations.messages.update(
            conversation_id=message.conversation_id, message_id=message.id, **changes
        )

    def found(self, coze, message):
        return coze.conversations.messages.retrieve(
            conversation_id=message.conversation_id, message_id=message.id
        ).model_dump()

    def test_content_alone_can_be_modified(self, coze, message):
        changed = self.modify(coze, message, content="改了", content_type=MessageContentType.TEXT)
        assert changed.content == "改了"
        assert changed.meta_data == {"k": "v"}
        assert self.found(coze, message) == changed.model_dump()

    def test_meta_data_alone_can_be_modified(self, coze, message):
        changed = self.modify(coze, message, meta_data={"new": "pair"})
        assert changed.meta_data == {"new": "pair"}
        assert changed.content == "a question"
        assert self.found(coze, message) == changed.model_dump()

    def test_both_can_be_modified_and_updated_at_moves_and_nothing_else(self, coze, message):
        time.sleep(1.1)
        changed = self.modify(
            coze, message, content="both", content_type=MessageContentType.TEXT, meta_data={"a": "b"}
        )
        assert (changed.content, changed.meta_data) == ("both", {"a": "b"})
        assert message.updated_at < changed.updated_at <= int(time.time())
        edited = {"content", "meta_data", "updated_at"}
        assert changed.model_dump(exclude=edited) == message.model_dump(exclude=edited)

    def test_a_text_can_become_a_message_of_several_parts(self, coze, message):
        content = json.dumps([TEXT, IMAGE])
        changed = self.modify(coze, message, content=content, content_type=MessageContentType.OBJECT_STRING)
        assert (changed.content, changed.content_type) == (content, MessageContentType.OBJECT_STRING)

    def test_the_result_is_in_message_and_not_in_data(self, api, message):
        body = api.post(
            MODIFY, {"content": "x", "content_type": "text"},
            conversation_id=message.conversation_id, message_id=message.id,
        ).ok().body
        assert "data" not in body
        assert set(body["message"]) >= FIELDS

    def test_its_place_in_the_list_stays(self, coze, conversation):
        first = create(coze, conversation, "first")
        create(coze, conversation, "second")
        self.modify(coze, first, content="FIRST", content_type=MessageContentType.TEXT)
        assert contents(coze, conversation, order="asc") == ["FIRST", "second"]

    @pytest.mark.parametrize("body", [
        {}, {"content": None, "content_type": None, "meta_data": None}, {"content": "", "meta_data": {}},
        {"content": "x"}, {"content": "x", "content_type": ""}, {"content": "x", "content_type": "card"},
        {"content": "x", "content_type": "audio"}, {"content": "x", "content_type": "object_string"},
        {"content_type": "text"}, {"content": 5, "content_type": "text"},
    ], ids=json.dumps)
    def test_a_bad_change_is_refused_and_changes_nothing(self, api, coze, message, body):
        api.post(MODIFY, body, conversation_id=message.conversation_id, message_id=message.id).refused(4000)
        assert self.found(coze, message) == message.model_dump()

    def test_unknown_ids_are_refused(self, coze, conversation, message):
        with refused(4005):
            coze.conversations.messages.update(
                conversation_id=conversation.id, message_id=UNKNOWN_ID, meta_data={"a": "b"}
            )
        with refused(4002):
            coze.conversations.messages.update(
                conversation_id=UNKNOWN_ID, message_id=message.id, meta_data={"a": "b"}
            )
        with refused(4005):
            coze.conversations.messages.update(
                conversation_id=coze.conversations.create().id, message_id=message.id, meta_data={"a": "b"}
            )


class TestDelete:
    def test_it_answers_with_the_message_which_is_then_gone(self, coze, conversation, message):
        create(coze, conversation, "stays")
        deleted = coze.conversations.messages.delete(conversation_id=conversation.id, message_id=message.id)
        assert deleted.model_dump() == message.model_dump()
        assert contents(coze, conversation) == ["stays"]
        which = {"conversation_id": conversation.id, "message_id": message.id}
        for call in (
            lambda: coze.conversations.messages.retrieve(**which),
            lambda: coze.conversations.messages.update(**which, meta_data={"a": "b"}),
            lambda: coze.conversations.messages.delete(**which),
        ):
            with refused(4005):
                call()

    def test_an_answer_can_be_deleted_too(self, coze, conversation):
        answer = create(coze, conversation, "an answer", role=MessageRole.ASSISTANT)
        coze.conversations.messages.delete(conversation_id=conversation.id, message_id=answer.id)
        assert contents(coze, conversation) == []

    def test_a_body_makes_no_difference(self, api, conversation, message):
        api.post(DELETE, {}, conversation_id=conversation.id, message_id=message.id).ok()

    def test_unknown_ids_are_refused(self, coze, conversation, message):
        with refused(4005):
            coze.conversations.messages.delete(conversation_id=conversation.id, message_id=UNKNOWN_ID)
        with refused(4002):
            coze.conversations.messages.delete(conversation_id=UNKNOWN_ID, message_id=message.id)
        with refused(4005):
            coze.conversations.messages.delete(
                conversation_id=coze.conversations.create().id, message_id=message.id
            )
        assert contents(coze, conversation) == ["a question"]

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_garbage_ids_are_refused(self, coze, conversation, message, garbage):
        with refused(4000):
            coze.conversations.messages.delete(conversation_id=garbage, message_id=message.id)
        with refused(4000, 4005):
            coze.conversations.messages.delete(conversation_id=conversation.id, message_id=garbage)
