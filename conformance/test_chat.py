import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import ChatStatus, Message, MessageRole, MessageType

from chat import CHAT, MESSAGES, MODELS, RETRIEVE, answered, of, question
from harness import GARBAGE_IDS, UNKNOWN_ID, refused
from upstream import HELLO_TEXT, USAGE

NUMBERS = ("created_at", "completed_at", "failed_at")
STRINGS = ("id", "conversation_id", "bot_id", "section_id", "status")


def ask(text):
    return [Message.build_user_question_text(text)]


@pytest.fixture(params=["built-in model", "upstream"])
def any_stand(request):
    """The SDK must find the built-in model and one behind an upstream alike."""
    return request.getfixturevalue("demo" if request.param == "built-in model" else "stand")


@pytest.fixture
def plain(any_stand):
    """A stand and a published bot on it that answers at once."""
    return any_stand, any_stand.bot("plain" if any_stand.upstream else None)


class TestSDK:
    def test_create_and_poll_brings_the_answer(self, plain):
        stand, bot = plain
        polled = stand.coze.chat.create_and_poll(bot_id=bot, user_id="u", additional_messages=ask("good day"))
        chat = polled.chat
        assert chat.status == ChatStatus.COMPLETED
        assert chat.bot_id == bot
        assert chat.created_at <= chat.completed_at <= int(time.time())
        assert not chat.failed_at
        assert chat.last_error is None or chat.last_error.code == 0
        assert chat.required_action is None
        assert chat.usage.token_count == chat.usage.input_count + chat.usage.output_count > 0
        assert [one.type for one in polled.messages] == [MessageType.ANSWER, MessageType.VERBOSE]
        answer = polled.messages[0]
        assert answer.role == MessageRole.ASSISTANT
        assert (answer.chat_id, answer.conversation_id, answer.bot_id) == (chat.id, chat.conversation_id, bot)
        assert answer.content == HELLO_TEXT if stand.upstream else "good day" in answer.content

    def test_create_answers_at_once_with_a_chat_in_progress(self, plain):
        stand, bot = plain
        chat = stand.coze.chat.create(
            bot_id=bot, user_id="u", additional_messages=ask("good day"), meta_data={"k": "v"})
        assert chat.status == ChatStatus.IN_PROGRESS
        assert chat.meta_data == {"k": "v"}
        assert int(chat.id) > 0 and int(chat.conversation_id) > 0
        assert stand.over({"id": chat.id, "conversation_id": chat.conversation_id})["status"] == "completed"
        found = stand.coze.chat.retrieve(conversation_id=chat.conversation_id, chat_id=chat.id)
        assert (found.status, found.meta_data) == (ChatStatus.COMPLETED, {"k": "v"})

    def test_the_messages_of_a_chat_can_be_listed(self, plain):
        stand, bot = plain
        chat = stand.chat("good day", bot_id=bot)
        listed = stand.coze.chat.messages.list(conversation_id=chat["conversation_id"], chat_id=chat["id"])
        assert [one.model_dump(exclude_none=True) for one in listed] == stand.messages(chat)

    def test_the_asynchronous_client_gets_the_same(self, plain):
        stand, bot = plain

        async def run():
            coze = stand.acoze
            chat = await coze.chat.create(bot_id=bot, user_id="u", additional_messages=ask("good day"))
            for _ in range(100):
                if (chat := await coze.chat.retrieve(conversation_id=chat.conversation_id, chat_id=chat.id)).status != (
                        ChatStatus.IN_PROGRESS):
                    break
                await asyncio.sleep(0.1)
            return chat, await coze.chat.messages.list(conversation_id=chat.conversation_id, chat_id=chat.id)

        chat, messages = asyncio.run(run())
        assert chat.status == ChatStatus.COMPLETED
        assert messages[0].type == MessageType.ANSWER
        assert messages[0].content == HELLO_TEXT if stand.upstream else "good day" in messages[0].content

    def test_a_poll_that_times_out_cancels_the_chat(self, stand):
        polled = stand.coze.chat.create_and_poll(
            bot_id=stand.bot("long"), user_id="u", additional_messages=ask("go on for ever"), poll_timeout=1)
        found = stand.coze.chat.retrieve(conversation_id=polled.chat.conversation_id, chat_id=polled.chat.id)
        assert found.status == ChatStatus.CANCELED

    def test_a_failed_chat_ends_the_poll_with_its_error(self, stand):
        chat = stand.coze.chat.create_and_poll(
            bot_id=stand.bot("broken"), user_id="u", additional_messages=ask("good day")).chat
        assert chat.status == ChatStatus.FAILED
        assert chat.last_error.code == 4013 and chat.last_error.msg
        assert chat.created_at <= chat.failed_at <= int(time.time())

    def test_unknown_chats_are_refused(self, plain):
        stand, bot = plain
        chats = stand.coze.chat
        mine, other = stand.chat("one", bot_id=bot), stand.chat("two", bot_id=bot)
        for call in (chats.retrieve, chats.messages.list, chats.cancel):
            with refused(4001):
                call(conversation_id=mine["conversation_id"], chat_id=UNKNOWN_ID)
            with refused(4001, 4002):
                call(conversation_id=UNKNOWN_ID, chat_id=mine["id"])
            with refused(4001):
                call(conversation_id=mine["conversation_id"], chat_id=other["id"])


class TestBuiltInModel:
    def test_it_says_what_it_is_and_repeats_the_message(self, demo):
        chat = demo.chat("杭州 has 👋 a lake")
        answer = demo.messages(chat)[0]["content"]
        assert "杭州 has 👋 a lake" in answer
        assert answer != "杭州 has 👋 a lake"

    def test_it_counts(self, demo):
        stream = demo.stream("/count 12")
        events = stream.rest()
        numbers = [event for event in events if event.outline == "message.delta answer"]
        assert [int(word) for word in "".join(one.data["content"] for one in numbers).split()] == list(range(1, 13))
        assert len(numbers) >= 6, "the numbers came in one piece"
        assert 0.3 < numbers[-1].at - numbers[0].at < 3

    def test_it_is_the_model_of_a_server_without_a_configuration(self, demo):
        models = demo.api.get("/buckle/v1/models").ok().data["models"]
        assert [one["id"] for one in models] == ["demo"]
        assert models[0]["name"] and models[0]["context_length"] > 0
        assert "tools" in models[0]["capabilities"]

    def test_those_of_the_configuration_replace_it(self, stand):
        models = stand.api.get("/buckle/v1/models").ok().data["models"]
        assert [(one["name"], one["id"]) for one in models] == list(MODELS.items())
        assert {one["context_length"] for one in models} == {32768}
        assert {tuple(one["capabilities"]) for one in models} == {("tools",), ("tools", "vision")}


class TestReply:
    def test_every_field_has_its_type_on_the_wire(self, plain):
        stand, bot = plain
        begun = stand.begin("good day", bot_id=bot).ok().data
        ended = stand.over(begun)
        for chat in (begun, ended):
            for name in STRINGS:
                assert isinstance(chat[name], str) and chat[name], name
            for name in NUMBERS:
                assert chat.get(name) is None or isinstance(chat[name], int), name
            assert chat["meta_data"] == {}
        assert begun["status"] == "in_progress"
        assert ended["status"] == "completed"
        assert begun["created_at"] == ended["created_at"] <= ended["completed_at"]
        assert set(ended["usage"]) == {"token_count", "output_count", "input_count"}
        assert abs((int(begun["id"]) >> 32) - begun["created_at"]) <= 1

    def test_it_comes_before_the_model_has_said_anything(self, stand, running):
        before = time.monotonic()
        running("are you there?", model="ten_seconds")
        assert time.monotonic() - before < 2

    def test_get_and_post_retrieve_alike(self, stand):
        chat = stand.chat("good day", "plain")
        found = stand.api.get(RETRIEVE, **of(chat)).ok().data
        assert stand.api.post(RETRIEVE, **of(chat)).ok().data == found
        assert stand.api.post(RETRIEVE, {}, **of(chat)).ok().data == found

    def test_the_tokens_are_those_that_the_upstream_counted(self, stand):
        came, went = USAGE
        usage = stand.chat("good day", "plain")["usage"]
        assert usage == {"input_count": came, "output_count": went, "token_count": came + went}

    def test_an_upstream_that_does_not_count_makes_no_difference(self, stand):
        chat = stand.chat("good day", "no_usage")
        usage = chat["usage"]
        assert chat["status"] == "completed"
        assert all(isinstance(count, int) and count >= 0 for count in usage.values())
        assert usage["token_count"] == usage["input_count"] + usage["output_count"]

    def test_the_list_of_messages_has_none_while_the_model_is_silent(self, stand, running):
        chat = running("are you there?", model="waiting")
        assert stand.messages(chat) == []

    def test_messages_have_every_field(self, stand):
        chat = stand.chat("good day", "plain")
        for message in stand.messages(chat):
            for name in ("id", "conversation_id", "bot_id", "chat_id", "section_id", "role", "type", "content"):
                assert isinstance(message[name], str) and message[name], name
            assert message["role"] == "assistant"
            assert message["content_type"] == "text"
            assert message["meta_data"] == {}
            assert isinstance(message["created_at"], int) and isinstance(message["updated_at"], int)

    @pytest.mark.parametrize("path", [RETRIEVE, MESSAGES])
    @pytest.mark.parametrize("garbage", ["", *GARBAGE_IDS])
    def test_garbage_ids_are_refused(self, stand, path, garbage):
        stand.api.get(path, conversation_id=garbage, chat_id=UNKNOWN_ID).refused(4000)
        reply = stand.api.get(path, conversation_id=UNKNOWN_ID, chat_id=garbage)
        reply.refused(4000, 4002)

    @pytest.mark.parametrize("permission, allowed", [
        ("chat", "begin"), ("getChat", "retrieve"), ("cancelChat", "cancel"), ("submitToolChat", "submit"),
    ])
    def test_each_call_has_its_own_permission(self, stand, permission, allowed):
        chat = stand.chat("good day", "weather")
        api = stand.server.api(stand.server.create_token(permission))
        calls = {
            "begin": lambda: api.post(CHAT, stand.body("good day", "plain")),
            "retrieve": lambda: api.get(RETRIEVE, **of(chat)),
            "cancel": lambda: api.post("/v3/chat/cancel", of(chat)),
            "submit": lambda: api.post("/v3/chat/submit_tool_outputs", {"tool_outputs": []}, **of(chat)),
            "messages": lambda: api.get(MESSAGES, **of(chat)),
        }
        for name, call in calls.items():
            if name == allowed:
                assert call().code != 4101, name
            else:
                call().refused(4101)


class TestBot:
    def test_an_unknown_bot_is_refused(self, stand):
        stand.begin("hello", bot_id=UNKNOWN_ID).refused(4200, 4006)

    @pytest.mark.parametrize("bot_id", ["", None, *GARBAGE_IDS])
    def test_a_garbage_bot_is_refused(self, stand, bot_id):
        assert "bot_id" in stand.begin("hello", bot_id=bot_id).refused(4000).msg

    def test_a_bot_that_is_not_published_is_refused(self, stand):
        bot = stand.new_bot("plain", publish=False)
        stand.begin("hello", bot_id=bot).refused(4015)
        stand.publish(bot)
        stand.begin("hello", bot_id=bot).ok()
        stand.coze.bots.unpublish(bot_id=bot, connector_id="1024")
        stand.begin("hello", bot_id=bot).refused(4015)

    def test_a_bot_that_is_published_elsewhere_alone_is_refused(self, stand):
        bot = stand.new_bot("plain", publish=False)
        stand.coze.bots.publish(bot_id=bot, connector_ids=["999"])
        stand.begin("hello", bot_id=bot).refused(4015)

    @pytest.mark.parametrize("published", [True, False])
    def test_its_draft_can_be_tried(self, stand, published):
        bot = stand.new_bot("plain", publish=published, prompt_info={"prompt": "published prompt"})
        stand.api.post("/v1/bot/update", {"bot_id": bot, "prompt_info": {"prompt": "draft prompt"}}).ok()
        stand.chat("the draft, please", bot_id=bot, publish_status="unpublished_draft")
        assert stand.question_of("the draft, please").instructions == "draft prompt"

    def test_the_latest_version_answers_unless_another_is_named(self, stand):
        bot = stand.new_bot("plain", publish=False, prompt_info={"prompt": "first prompt"})
        first = stand.publish(bot)
        stand.api.post("/v1/bot/update", {"bot_id": bot, "prompt_info": {"prompt": "second prompt"}}).ok()
        stand.chat("before the second", bot_id=bot)
        second = stand.publish(bot)
        for number, (more, prompt) in enumerate([
            ({}, "second prompt"), ({"bot_version": first}, "first prompt"), ({"bot_version": second}, "second prompt"),
            ({"bot_version": ""}, "second prompt"), ({"publish_status": "published_online"}, "second prompt"),
            ({"publish_status": ""}, "second prompt"),
            ({"publish_status": "published_online", "bot_version": first}, "first prompt"),
        ]):
            stand.chat(f"question {number}", bot_id=bot, **more)
            assert stand.question_of(f"question {number}").instructions == prompt, more
        assert stand.question_of("before the second").instructions == "first prompt"

    def test_a_version_of_the_draft_makes_no_sense(self, stand):
        bot = stand.new_bot("plain", publish=False)
        version = stand.publish(bot)
        stand.begin("hello", bot_id=bot, publish_status="unpublished_draft", bot_version=version).refused(4000)

    def test_an_unknown_version_is_refused(self, stand):
        stand.begin("hello", "plain", bot_version="1700000000000").refused(4000, 4200)
        other = stand.publish(stand.new_bot("plain", publish=False))
        stand.begin("hello", "plain", bot_version=other).refused(4000, 4200)

    def test_an_unknown_state_of_publication_is_refused(self, stand):
        assert "publish_status" in stand.begin("hello", "plain", publish_status="draft").refused(4000).msg

    def test_a_bot_without_a_model_gets_the_first_one(self, stand):
        stand.chat("which model?", bot_id=stand.new_bot())
        assert MODELS[stand.question_of("which model?").model] == "1001"

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_bot_whose_model_is_unknown_cannot_chat(self, stand, stream):
        conversation = stand.coze.conversations.create().id
        stand.begin("hello", None, conversation, bot_id=stand.new_bot("424242"), stream=stream).refused(4012)
        assert stand.said(conversation) == []

    def test_its_settings_reach_the_model(self, stand):
        bot = stand.new_bot("plain", model_info_config={
            "temperature": 0.25, "top_p": 0.5, "max_tokens": 321, "presence_penalty": 0.75, "frequency_penalty": -0.5})
        stand.chat("how warm?", bot_id=bot)
        sent = stand.question_of("how warm?").body
        assert sent["model"] == "plain"
        assert sent["stream"] is True
        assert sent["stream_options"] == {"include_usage": True}
        assert {name: sent[name] for name in ("temperature", "top_p", "presence_penalty", "frequency_penalty")} == {
            "temperature": 0.25, "top_p": 0.5, "presence_penalty": 0.75, "frequency_penalty": -0.5}
        assert sent.get("max_tokens", sent.get("max_completion_tokens")) == 321

    def test_the_key_of_a_model_comes_from_the_environment(self, stand):
        stand.chat("with a key", "keyed")
        stand.chat("without one", "plain")
        assert stand.question_of("with a key").headers["authorization"] == "Bearer sk-of-the-tests"
        assert "authorization" not in stand.question_of("without one").headers


class TestRequest:
    """What a request for a chat must not be. Nothing comes of it then."""

    @pytest.fixture
    def refuses(self, stand, upstream):
        def check(code, said="hello", **more):
            upstream.clear()
            conversation = stand.coze.conversations.create().id
            for streams in ([{}] if "stream" in more else [{"stream": False}, {"stream": True}]):
                reply = stand.begin(said, "plain", conversation, **streams, **more).refused(code)
            assert stand.said(conversation) == []
            assert upstream.requests == []
            stand.chat("it is still free", "plain", conversation)
            return reply.msg

        return check

    @pytest.mark.parametrize("user_id", ["", None, 5, {}], ids=json.dumps)
    def test_the_user_must_be_named(self, refuses, user_id):
        assert "user_id" in refuses(4000, user_id=user_id)

    def test_at_most_100_messages_fit(self, stand, refuses):
        refuses(4004, [question(f"message {number}") for number in range(101)])
        chat = stand.chat([question(f"message {number}") for number in range(100)], "plain")
        assert chat["status"] == "completed"
        assert len(stand.said(chat["conversation_id"])) >= 50

    def test_without_a_stream_the_history_must_be_saved(self, refuses):
        refuses(4007, stream=False, auto_save_history=False)
        refuses(4007, stream=None, auto_save_history=False)

    @pytest.mark.parametrize("meta_data", [
        {f"k{number}": "v" for number in range(17)}, {"k" * 65: "v"}, {"k": "值" * 513}, {"": "v"},
    ], ids=["17 pairs", "a long key", "a long value", "an empty key"])
    def test_meta_data_over_the_limits_is_refused(self, refuses, meta_data):
        refuses(4003, meta_data=meta_data)
        refuses(4003, [question("hello", meta_data=meta_data)])

    @pytest.mark.parametrize("field, value", [
        ("stream", "yes"), ("stream", 1), ("auto_save_history", "no"), ("additional_messages", "hello"),
        ("additional_messages", {}), ("custom_variables", {"name": 5}), ("custom_variables", ["name"]),
        ("meta_data", {"k": 5}),
    ], ids=str)
    def test_a_wrong_type_is_refused_by_the_name_of_the_field(self, stand, field, value):
        body = {**stand.body("hello", "plain"), field: value}
        assert field in stand.api.post(CHAT, body).refused(4000, 4003).msg

    def test_a_chat_about_nothing_is_refused(self, stand, refuses):
        refuses(4000, [])
        for nothing in (None, []):
            body = {**stand.body([], "plain"), "additional_messages": nothing}
            stand.api.post(CHAT, body).refused(4000)

    @pytest.mark.parametrize("message", [
        {"role": "user", "content": "x"}, {"content": "x", "content_type": "text"},
        question("x", role="system"), question("x", content_type="card"), question("x", content_type="audio"),
        question("x", type="remark"), question("not JSON", content_type="object_string"),
        question(json.dumps([{"type": "text", "text": "alone"}]), content_type="object_string"),
        question(json.dumps([{"type": "image", "file_url": "https://example.com/a.png"}]),
                 content_type="object_string"),
    ], ids=[
        "no content type", "no role", "an unknown role", "a card", "sound as text", "an unknown type",
        "parts that are no JSON", "parts of text alone", "a picture alone",
    ])
    def test_a_message_that_breaks_the_rules_is_refused(self, refuses, message):
        refuses(4000, [message])

    @pytest.mark.parametrize("role, type", [
        ("user", "answer"), ("user", "function_call"), ("user", "tool_response"), ("assistant", "question"),
    ])
    def test_a_type_of_the_other_role_is_refused(self, refuses, role, type):
        message = {"role": role, "type": type, "content": "x", "content_type": "text"}
        refuses(4000, [message, question("hello")])

    @pytest.mark.parametrize("type", ["function_call", "tool_output", "tool_response"])
    def test_calls_of_tools_are_input_only_where_nothing_is_saved(self, stand, refuses, type):
        message = answered("{}", type=type)
        refuses(4000, [message, question("hello")], auto_save_history=True)
        call = answered(json.dumps({"name": "f", "arguments": {}}), type="function_call")
        messages = [question("hello"), call, *([] if type == "function_call" else [message]), question("and now?")]
        events = stand.stream(messages, "plain", auto_save_history=False).rest()
        assert events[-2].name == "conversation.chat.completed"

    @pytest.mark.parametrize("save", [True, False])
    @pytest.mark.parametrize("type", ["follow_up", "knowledge", "verbose"])
    def test_what_only_answers_have_is_never_input(self, stand, type, save):
        body = stand.body([answered("x", type=type), question("hello")], "plain", stream=True, auto_save_history=save)
        stand.api.post(CHAT, body).refused(4000)

    def test_nulls_and_empty_strings_are_as_good_as_nothing(self, stand):
        bare = {"role": "user", "content": "hello", "content_type": "text"}
        nulls = dict.fromkeys(["id", "type", "meta_data", "conversation_id", "section_id", "bot_id", "chat_id",
                               "created_at", "updated_at", "reasoning_content"])
        for message in (bare, {**bare, **nulls}, {**bare, "type": ""}):
            chat = stand.chat([message], "plain")
            assert stand.said(chat["conversation_id"]) == [("user", "hello"), ("assistant", HELLO_TEXT)]
        body = {**stand.body("hello", "plain"), **dict.fromkeys([
            "stream", "custom_variables", "auto_save_history", "meta_data", "extra_params", "shortcut_command",
            "parameters", "enable_card", "publish_status", "bot_version", "connector_id"])}
        for path in (CHAT, CHAT + "?conversation_id="):
            assert stand.over(stand.api.post(path, body).ok().data)["status"] == "completed"

    def test_an_unknown_or_deleted_conversation_is_refused(self, stand):
        stand.begin("hello", "plain", UNKNOWN_ID).refused(4002)
        conversation = stand.coze.conversations.create()
        stand.coze.conversations.delete(conversation_id=conversation.id)
        stand.begin("hello", "plain", conversation.id).refused(4002)

    @pytest.mark.parametrize("garbage", [id for id in GARBAGE_IDS if id != "0"])
    def test_a_garbage_conversation_is_refused(self, stand, garbage):
        assert "conversation_id" in stand.begin("hello", "plain", garbage).refused(4000).msg


class TestOneAtATime:
    @pytest.mark.parametrize("stream", [False, True], ids=["at once", "as streams"])
    def test_of_fifty_that_begin_together_exactly_one_runs(self, stand, stream):
        body = {**stand.body("me first", "ten_seconds"), "stream": stream}
        conversation = stand.coze.conversations.create(bot_id=body["bot_id"]).id

        def begin(_):
            """The code of a refusal, or the chat."""
            response = stand.server.api().raw(
                "POST", CHAT, json=body, params={"conversation_id": conversation}, stream=True)
            with response:
                if response.headers["Content-Type"].startswith("application/json"):
                    answer = response.json()
                    return answer["code"] or answer["data"]
                first = next(line for line in response.iter_lines() if line.startswith(b"data:"))
                return json.loads(first[5:])

        with ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(begin, range(50)))
        winners = [one for one in answers if one != 4016]
        assert len(winners) == 1 and winners[0]["status"] in ("created", "in_progress"), winners
        stand.asked("me first")
        stand.cancel(winners[0]).ok()
        assert len(stand.upstream.about("me first")) == 1
        assert [said for said in stand.said(conversation) if said[0] == "user"] == [("user", "me first")]

    def test_the_next_may_begin_when_the_last_is_over(self, stand, running):
        chat = running()
        conversation = chat["conversation_id"]
        stand.begin("again", "plain", conversation).refused(4016)
        stand.chat("elsewhere", "plain")
        stand.cancel(chat).ok()
        for model in ("plain", "broken", "plain"):
            stand.chat("again", model, conversation)

    def test_the_refused_one_leaves_nothing(self, stand, running):
        chat = running("the first")
        stand.begin("the second", "plain", chat["conversation_id"]).refused(4016)
        assert ("user", "the second") not in stand.said(chat["conversation_id"])

    def test_it_does_not_keep_others_from_changing_the_conversation(self, stand, running):
        conversation = running("the first")["conversation_id"]
        stand.coze.conversations.update(conversation_id=conversation, name="renamed meanwhile")
        assert stand.coze.conversations.retrieve(conversation_id=conversation).name == "renamed meanwhile"
