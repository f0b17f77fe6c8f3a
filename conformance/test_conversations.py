import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import Message, MessageContentType, MessageObjectString, MessageRole

from harness import GARBAGE_IDS, UNKNOWN_ID, refused

FIELDS = {"id", "name", "meta_data", "creator_id", "connector_id", "created_at", "updated_at", "last_section_id"}


def say(coze, conversation, content, role=MessageRole.USER, content_type=MessageContentType.TEXT):
    return coze.conversations.messages.create(
        conversation_id=conversation.id, role=role, content=content, content_type=content_type
    )


def name_of(coze, conversation):
    return coze.conversations.retrieve(conversation_id=conversation.id).name


class TestCreate:
    def test_a_conversation_made_from_nothing_has_every_field(self, coze, user_id):
        before = int(time.time())
        made = coze.conversations.create()
        after = int(time.time())
        assert made.name == ""
        assert made.meta_data == {}
        assert made.creator_id == user_id
        assert made.connector_id == "1024"
        assert before <= made.created_at <= after
        assert made.updated_at == made.created_at
        assert made.last_section_id == made.id
        assert made.response.logid

    def test_its_id_is_a_decimal_string_that_begins_with_the_second_of_creation(self, coze):
        made = coze.conversations.create()
        assert made.id == str(int(made.id))
        assert 0 < int(made.id) < 2**63
        assert abs((int(made.id) >> 32) - made.created_at) <= 1

    def test_everything_given_comes_back(self, coze, bot, user_id):
        made = coze.conversations.create(
            bot_id=bot.bot_id,
            name="杭州三日游",
            meta_data={"source": "test", "键": "值 👍"},
            connector_id="999",
            messages=[Message.build_user_question_text("你好"), Message.build_assistant_answer("您好")],
        )
        assert made.name == "杭州三日游"
        assert made.meta_data == {"source": "test", "键": "值 👍"}
        assert made.connector_id == "999"
        assert made.creator_id == user_id
        found = coze.conversations.retrieve(conversation_id=made.id)
        assert found.model_dump() == made.model_dump()

    def test_its_messages_are_stored_in_order_in_the_first_section(self, coze):
        given = [
            Message.build_user_question_text("first", meta_data={"n": "1"}),
            Message.build_assistant_answer("second", meta_data={"n": "2"}),
            Message.build_user_question_text("third"),
        ]
        made = coze.conversations.create(messages=given)
        listed = list(coze.conversations.messages.list(conversation_id=made.id, order="asc"))
        assert [m.content for m in listed] == ["first", "second", "third"]
        assert [m.role for m in listed] == [MessageRole.USER, MessageRole.ASSISTANT, MessageRole.USER]
        assert [m.type.value for m in listed] == ["question", "answer", "question"]
        assert [m.meta_data for m in listed] == [{"n": "1"}, {"n": "2"}, {}]
        assert {m.section_id for m in listed} == {made.last_section_id}
        assert {m.conversation_id for m in listed} == {made.id}

    @pytest.mark.parametrize("body", [
        None,
        {},
        {"connector_id": "", "bot_id": "", "name": ""},
        {"connector_id": None, "bot_id": None, "name": None, "messages": None, "meta_data": None},
        {"messages": [], "meta_data": {}, "something": {"unknown": [1, 2]}},
    ], ids=["no body", "empty object", "empty strings", "nulls", "empty lists and unknown keys"])
    def test_nothing_at_all_is_valid_however_it_is_written(self, api, body):
        made = api.post("/v1/conversation/create", body).ok().data
        assert set(made) >= FIELDS
        assert made["name"] == "" and made["meta_data"] == {} and made["connector_id"] == "1024"

    def test_exactly_100_characters_of_name_are_accepted_and_101_refused(self, coze):
        assert coze.conversations.create(name="字" * 100).name == "字" * 100
        with refused(4000):
            coze.conversations.create(name="字" * 101)

    def test_an_unknown_bot_is_refused(self, coze):
        with refused(4200):
            coze.conversations.create(bot_id=UNKNOWN_ID)

    @pytest.mark.parametrize("message", [
        {"content": "hi", "content_type": "text"},
        {"role": "robot", "content": "hi", "content_type": "text"},
        {"role": "user", "content": "hi"},
        {"role": "user", "content": "hi", "content_type": "card"},
        {"role": "user", "content": "hi", "content_type": "object_string"},
    ], ids=["no role", "unknown role", "content without a type", "card", "object_string that is none"])
    def test_one_bad_message_refuses_the_whole(self, api, bot, message):
        good = {"role": "user", "content": "hi", "content_type": "text"}
        api.post("/v1/conversation/create", {"bot_id": bot.bot_id, "messages": [good, message]}).refused(4000)
        assert api.get("/v1/conversations", bot_id=bot.bot_id).ok().data["conversations"] == []

    def test_the_asynchronous_client_creates_and_lists(self, acoze, bot):
        async def run():
            made = [await acoze.conversations.create(bot_id=bot.bot_id, name=str(n)) for n in range(4)]
            paged = await acoze.conversations.list(bot_id=bot.bot_id, page_size=3)
            return made, [c async for c in paged]

        made, listed = asyncio.run(run())
        assert [c.model_dump() for c in listed] == [c.model_dump() for c in reversed(made)]


class TestRetrieve:
    def test_every_field_is_there_with_its_type(self, api, coze, conversation):
        found = api.get("/v1/conversation/retrieve", conversation_id=conversation.id).ok().data
        assert set(found) >= FIELDS
        for name in ("id", "name", "creator_id", "connector_id", "last_section_id"):
            assert isinstance(found[name], str), name
        for name in ("created_at", "updated_at"):
            assert isinstance(found[name], int), name
        assert found["meta_data"] == {}
        assert coze.conversations.retrieve(conversation_id=conversation.id).model_dump() == conversation.model_dump()

    def test_an_unknown_id_is_refused(self, coze):
        with refused(4002):
            coze.conversations.retrieve(conversation_id=UNKNOWN_ID)

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_id_is_refused(self, coze, garbage):
        with refused(4000):
            coze.conversations.retrieve(conversation_id=garbage)

    @pytest.mark.parametrize("query", [{}, {"conversation_id": ""}], ids=["absent", "empty"])
    def test_a_missing_id_is_refused_by_its_name(self, api, query):
        assert "conversation_id" in api.get("/v1/conversation/retrieve", **query).refused(4000).msg


class TestList:
    def test_the_paginator_walks_to_the_end(self, coze, bot):
        made = [coze.conversations.create(bot_id=bot.bot_id, name=f"number {n}") for n in range(7)]
        pages = list(coze.conversations.list(bot_id=bot.bot_id, page_size=3).iter_pages())
        assert [len(page.items) for page in pages] == [3, 3, 1]
        assert [page.has_more for page in pages] == [True, True, False]
        listed = list(coze.conversations.list(bot_id=bot.bot_id, page_size=3))
        assert [c.model_dump() for c in listed] == [c.model_dump() for c in reversed(made)]

    def test_a_last_page_that_is_full_is_the_last(self, coze, bot):
        for _ in range(6):
            coze.conversations.create(bot_id=bot.bot_id)
        pages = list(coze.conversations.list(bot_id=bot.bot_id, page_size=3).iter_pages())
        assert [len(page.items) for page in pages] == [3, 3]

    def test_a_page_out_of_range_is_empty(self, coze, bot):
        coze.conversations.create(bot_id=bot.bot_id)
        page = coze.conversations.list(bot_id=bot.bot_id, page_num=40)
        assert page.items == [] and not page.has_more

    def test_a_bot_without_conversations_has_an_empty_list(self, api, bot):
        data = api.get("/v1/conversations", bot_id=bot.bot_id).ok().data
        assert data["conversations"] == [] and data["has_more"] is False

    def test_the_newest_comes_first_unless_the_oldest_is_asked_for(self, api, bot):
        made = [api.post("/v1/conversation/create", {"bot_id": bot.bot_id}).ok().data["id"] for _ in range(4)]

        def ids(**query):
            data = api.get("/v1/conversations", bot_id=bot.bot_id, **query).ok().data
            return [c["id"] for c in data["conversations"]]

        assert ids() == made[::-1]
        assert ids(sort_order="") == made[::-1]
        assert ids(sort_order="DESC") == made[::-1]
        assert ids(sort_order="ASC") == made
        assert ids(sort_order="ASC", page_size=2, page_num=2) == made[2:]

    def test_the_list_gives_all_fields_as_retrieve_does(self, api, bot):
        made = api.post("/v1/conversation/create", {
            "bot_id": bot.bot_id, "name": "n", "meta_data": {"a": "b"},
        }).ok().data
        assert api.get("/v1/conversations", bot_id=bot.bot_id).ok().data["conversations"] == [made]

    def test_each_channel_has_its_own_list(self, api, bot):
        def create(**body):
            return api.post("/v1/conversation/create", {"bot_id": bot.bot_id, **body}).ok().data["id"]

        def ids(**query):
            data = api.get("/v1/conversations", bot_id=bot.bot_id, **query).ok().data
            return [c["id"] for c in data["conversations"]]

        by_api, by_widget = create(), create(connector_id="999")
        assert ids() == ids(connector_id="") == ids(connector_id="1024") == [by_api]
        assert ids(connector_id="999") == [by_widget]

    def test_conversations_of_another_bot_or_of_none_are_not_listed(self, coze, workspace_id, bot):
        other = coze.bots.create(space_id=workspace_id, name="other")
        coze.conversations.create(bot_id=other.bot_id)
        coze.conversations.create()
        mine = coze.conversations.create(bot_id=bot.bot_id)
        assert [c.id for c in coze.conversations.list(bot_id=bot.bot_id)] == [mine.id]

    def test_a_page_holds_50_by_default_and_never_more(self, api, bot):
        for _ in range(52):
            api.post("/v1/conversation/create", {"bot_id": bot.bot_id}).ok()
        data = api.get("/v1/conversations", bot_id=bot.bot_id).ok().data
        assert len(data["conversations"]) == 50 and data["has_more"] is True
        more = api.get("/v1/conversations", bot_id=bot.bot_id, page_size=51)
        assert more.code == 4000 or len(more.ok().data["conversations"]) == 50

    @pytest.mark.parametrize("query", [{}, {"bot_id": ""}], ids=["absent", "empty"])
    def test_the_bot_must_be_named(self, api, query):
        assert "bot_id" in api.get("/v1/conversations", **query).refused(4000).msg

    @pytest.mark.parametrize("field", ["page_num", "page_size"])
    @pytest.mark.parametrize("value", ["x", "1.5", "99999999999999999999"])
    def test_a_page_that_is_no_number_is_refused_by_its_name(self, api, bot, field, value):
        assert field in api.get("/v1/conversations", bot_id=bot.bot_id, **{field: value}).refused(4000).msg


class TestRename:
    @pytest.mark.parametrize("name", [
        "杭州", "Trip to Hangzhou 🏯👩‍👩‍👧‍👦🇨🇳", "x", "名" * 100, "😀" * 100, "e\u0301" * 50,
        "  spaces are kept  ", "tab\tand\nnew line", 'quotes " and \\ and / and <b>', "a\u2028b\u2029c\u0085d", "null",
    ], ids=[
        "Chinese", "emoji", "one character", "100 Chinese characters", "100 emoji", "100 scalars in 50 letters",
        "spaces around", "control characters", "quotes", "line separators", "the word null",
    ])
    def test_a_name_is_stored_as_it_was_given(self, coze, conversation, name):
        renamed = coze.conversations.update(conversation_id=conversation.id, name=name)
        assert renamed.name == name
        assert name_of(coze, conversation) == name

    def test_updated_at_moves_and_nothing_else(self, coze, bot):
        made = coze.conversations.create(bot_id=bot.bot_id, name="before", meta_data={"k": "v"}, connector_id="999")
        time.sleep(1.1)
        before = int(time.time())
        renamed = coze.conversations.update(conversation_id=made.id, name="after")
        assert before <= renamed.updated_at <= int(time.time())
        assert renamed.updated_at > made.updated_at
        changed = {"name", "updated_at"}
        assert renamed.model_dump(exclude=changed) == made.model_dump(exclude=changed)
        assert coze.conversations.retrieve(conversation_id=made.id).model_dump() == renamed.model_dump()

    def test_the_new_name_shows_in_the_list_at_once_and_the_order_stays(self, coze, bot):
        made = [coze.conversations.create(bot_id=bot.bot_id) for _ in range(3)]
        coze.conversations.update(conversation_id=made[0].id, name="renamed")
        listed = list(coze.conversations.list(bot_id=bot.bot_id))
        assert [c.id for c in listed] == [c.id for c in reversed(made)]
        assert [c.name for c in listed] == ["", "", "renamed"]

    def test_renaming_twice_to_the_same_name_is_fine(self, coze, conversation):
        first = coze.conversations.update(conversation_id=conversation.id, name="same")
        second = coze.conversations.update(conversation_id=conversation.id, name="same")
        assert first.name == second.name == "same"

    def test_other_keys_of_the_body_are_ignored(self, api, conversation):
        renamed = api.put(f"/v1/conversations/{conversation.id}", {
            "name": "new", "id": "1", "meta_data": {"a": "b"}, "creator_id": "2", "unknown": {"x": [None]},
        }).ok().data
        assert renamed["id"] == conversation.id
        assert renamed["meta_data"] == {}
        assert renamed["creator_id"] == conversation.creator_id

    @pytest.mark.parametrize("body", [
        {"name": "名" * 101}, {"name": "😀" * 101}, {"name": "e\u0301" * 51},
        {"name": ""}, {"name": " "}, {"name": " \t\n\u3000 "}, {"name": None}, {},
        {"name": 5}, {"name": True}, {"name": ["x"]}, {"name": {"x": "y"}},
    ], ids=lambda body: json.dumps(body)[:32])
    def test_what_is_no_name_is_refused_and_changes_nothing(self, api, coze, body):
        made = coze.conversations.create(name="kept")
        assert "name" in api.put(f"/v1/conversations/{made.id}", body).refused(4000).msg
        assert coze.conversations.retrieve(conversation_id=made.id).model_dump() == made.model_dump()

    def test_the_sdk_leaving_the_name_out_is_refused(self, coze, conversation):
        with refused(4000):
            coze.conversations.update(conversation_id=conversation.id)

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"name"', b"null", b'{"name": "x"', b"\xff\xfe"])
    def test_a_body_that_is_no_object_is_refused(self, api, conversation, body):
        api.call(
            "PUT", f"/v1/conversations/{conversation.id}", data=body, headers={"Content-Type": "application/json"}
        ).refused(4000)

    def test_an_unknown_id_is_refused(self, coze):
        with refused(4002):
            coze.conversations.update(conversation_id=UNKNOWN_ID, name="x")

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_id_is_refused(self, coze, garbage):
        with refused(4000):
            coze.conversations.update(conversation_id=garbage, name="x")


class TestDelete:
    def test_after_it_every_call_answers_4002(self, coze, bot):
        conversation = coze.conversations.create(bot_id=bot.bot_id, name="short-lived")
        message = say(coze, conversation, "hello")
        coze.conversations.delete(conversation_id=conversation.id)
        conversations, messages = coze.conversations, coze.conversations.messages
        where = {"conversation_id": conversation.id}
        which = {**where, "message_id": message.id}
        for call in (
            lambda: conversations.retrieve(**where),
            lambda: conversations.update(**where, name="again"),
            lambda: conversations.clear(**where),
            lambda: conversations.delete(**where),
            lambda: say(coze, conversation, "again"),
            lambda: messages.list(**where),
            lambda: messages.retrieve(**which),
            lambda: messages.update(**which, meta_data={"a": "b"}),
            lambda: messages.delete(**which),
            lambda: messages.feedback.create(**which, feedback_type="like"),
            lambda: messages.feedback.delete(**which),
        ):
            with refused(4002):
                call()
        assert list(conversations.list(bot_id=bot.bot_id)) == []

    def test_the_answer_has_no_data_and_the_others_stay(self, api, coze, bot):
        first, second = (coze.conversations.create(bot_id=bot.bot_id) for _ in range(2))
        assert "data" not in api.delete(f"/v1/conversations/{first.id}").ok().body
        assert [c.id for c in coze.conversations.list(bot_id=bot.bot_id)] == [second.id]

    def test_an_unknown_id_is_refused(self, coze):
        with refused(4002):
            coze.conversations.delete(conversation_id=UNKNOWN_ID)

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_id_is_refused(self, coze, garbage):
        with refused(4000):
            coze.conversations.delete(conversation_id=garbage)


class TestClear:
    def test_it_begins_a_new_section_and_keeps_the_messages(self, coze, conversation):
        old = say(coze, conversation, "before")
        section = coze.conversations.clear(conversation_id=conversation.id)
        assert section.conversation_id == conversation.id
        assert section.id not in (conversation.last_section_id, "")
        assert coze.conversations.retrieve(conversation_id=conversation.id).last_section_id == section.id
        new = say(coze, conversation, "after")
        assert old.section_id == conversation.last_section_id
        assert new.section_id == section.id
        listed = list(coze.conversations.messages.list(conversation_id=conversation.id, order="asc"))
        assert [(m.content, m.section_id) for m in listed] == [("before", old.section_id), ("after", section.id)]

    def test_each_clear_gives_another_section(self, coze, conversation):
        sections = [coze.conversations.clear(conversation_id=conversation.id).id for _ in range(3)]
        assert len({conversation.last_section_id, *sections}) == 4

    @pytest.mark.parametrize("body", [None, {}, {"anything": 1}], ids=["no body", "empty object", "unknown keys"])
    def test_it_needs_no_body(self, api, conversation, body):
        data = api.post(f"/v1/conversations/{conversation.id}/clear", body).ok().data
        assert set(data) >= {"id", "conversation_id"}

    def test_the_body_null_is_as_good_as_none(self, api, conversation):
        api.call(
            "POST", f"/v1/conversations/{conversation.id}/clear",
            data=b"null", headers={"Content-Type": "application/json"},
        ).ok()

    def test_an_unknown_id_is_refused(self, coze):
        with refused(4002):
            coze.conversations.clear(conversation_id=UNKNOWN_ID)

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_id_is_refused(self, coze, garbage):
        with refused(4000):
            coze.conversations.clear(conversation_id=garbage)


class TestNaming:
    def test_a_conversation_without_a_name_takes_the_text_of_its_first_user_message(self, coze, bot):
        conversation = coze.conversations.create(bot_id=bot.bot_id)
        say(coze, conversation, "Where is 西湖?")
        assert name_of(coze, conversation) == "Where is 西湖?"
        assert [c.name for c in coze.conversations.list(bot_id=bot.bot_id)] == ["Where is 西湖?"]
        say(coze, conversation, "and how do I get there?")
        assert name_of(coze, conversation) == "Where is 西湖?"

    @pytest.mark.parametrize("letter", ["a", "湖", "😀"])
    def test_the_text_is_cut_to_100_characters(self, coze, conversation, letter):
        say(coze, conversation, letter * 150)
        assert name_of(coze, conversation) == letter * 100

    def test_an_answer_gives_no_name(self, coze, conversation):
        say(coze, conversation, "Welcome!", role=MessageRole.ASSISTANT)
        assert name_of(coze, conversation) == ""
        say(coze, conversation, "Hello")
        assert name_of(coze, conversation) == "Hello"

    def test_messages_given_at_creation_name_it_too(self, coze):
        made = coze.conversations.create(messages=[
            Message.build_assistant_answer("Welcome!"),
            Message.build_user_question_text("first question"),
            Message.build_user_question_text("second question"),
        ])
        assert made.name == "first question"
        assert name_of(coze, made) == "first question"

    def test_a_name_given_at_creation_is_never_replaced(self, coze):
        made = coze.conversations.create(name="given", messages=[Message.build_user_question_text("one")])
        assert made.name == "given"
        say(coze, made, "two")
        assert name_of(coze, made) == "given"

    def test_a_name_given_by_renaming_is_never_replaced(self, coze, conversation):
        coze.conversations.update(conversation_id=conversation.id, name="given")
        say(coze, conversation, "one")
        assert name_of(coze, conversation) == "given"

    def test_a_name_taken_from_a_message_can_be_changed(self, coze, conversation):
        say(coze, conversation, "one")
        coze.conversations.update(conversation_id=conversation.id, name="given")
        say(coze, conversation, "two")
        assert name_of(coze, conversation) == "given"

    def test_of_many_first_messages_at_once_the_first_one_listed_names_it(self, server, coze, conversation):
        def write(n):
            message = {"role": "user", "content": f"number {n}", "content_type": "text"}
            server.api().post("/v1/conversation/message/create", message, conversation_id=conversation.id).ok()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(8)))
        listed = list(coze.conversations.messages.list(conversation_id=conversation.id, order="asc"))
        assert len(listed) == 8
        assert name_of(coze, conversation) == listed[0].content

    def test_a_message_of_several_parts_gives_its_text(self, coze, conversation):
        message = Message.build_user_question_objects([
            MessageObjectString.build_image(file_url="https://example.com/lake.png"),
            MessageObjectString.build_text("What is in this picture?"),
        ])
        say(coze, conversation, message.content, content_type=MessageContentType.OBJECT_STRING)
        assert name_of(coze, conversation) == "What is in this picture?"
