"""What the model is told, and what of a chat is kept in its conversation."""
import json
import time

import pytest
from cozepy import ChatEventType, Message, MessageContentType, MessageRole

from chat import SAID, answered, question
from harness import UNKNOWN_ID
from upstream import HELLO_TEXT, SCRIPTS, after, answer, silent


def say(stand, conversation, text, role=MessageRole.USER):
    return stand.coze.conversations.messages.create(
        conversation_id=conversation, role=role, content=text, content_type=MessageContentType.TEXT)


@pytest.fixture
def conversation(stand) -> str:
    return stand.coze.conversations.create().id


class TestConversation:
    def test_one_is_made_where_none_is_named(self, stand):
        bot = stand.bot("plain")
        chat = stand.chat("杭州的天气怎么样?", "plain")
        made = stand.coze.conversations.retrieve(conversation_id=chat["conversation_id"])
        assert made.name == "杭州的天气怎么样?"
        assert made.connector_id == "1024"
        assert made.last_section_id == chat["section_id"]
        assert stand.said(made.id) == [("user", "杭州的天气怎么样?"), ("assistant", HELLO_TEXT)]
        assert made.id in [one.id for one in stand.coze.conversations.list(bot_id=bot)]
        again = stand.chat("杭州的天气怎么样?", "plain")
        assert again["conversation_id"] != chat["conversation_id"]

    def test_its_name_is_the_first_question_cut_short(self, stand):
        chat = stand.chat([answered("Welcome!"), question("名" * 150), question("last")], "plain")
        assert stand.coze.conversations.retrieve(conversation_id=chat["conversation_id"]).name == "名" * 100

    def test_a_name_that_was_given_stays(self, stand):
        conversation = stand.coze.conversations.create(name="my own").id
        stand.chat("hello", "plain", conversation)
        assert stand.coze.conversations.retrieve(conversation_id=conversation).name == "my own"

    def test_one_without_a_name_gets_that_of_its_first_question(self, stand, conversation):
        stand.chat("hello", "plain", conversation)
        stand.chat("what else?", "plain", conversation)
        assert stand.coze.conversations.retrieve(conversation_id=conversation).name == "hello"

    def test_questions_and_answers_are_listed_and_nothing_else(self, stand, conversation):
        chat = stand.chat("hello", "plain", conversation)
        asked, replied = stand.api.post(SAID, {"order": "asc"}, conversation_id=conversation).ok().data
        assert (asked["role"], asked["type"], asked["content"]) == ("user", "question", "hello")
        assert (replied["role"], replied["type"], replied["content"]) == ("assistant", "answer", HELLO_TEXT)
        for message in (asked, replied):
            assert message["chat_id"] == chat["id"]
            assert message["bot_id"] == chat["bot_id"]
            assert message["section_id"] == chat["section_id"]
        assert stand.messages(chat)[0] == replied
        found = stand.coze.conversations.messages.retrieve(conversation_id=conversation, message_id=replied["id"])
        assert found.content == HELLO_TEXT

    def test_the_messages_of_one_chat_can_be_picked_out(self, stand, conversation):
        stand.chat("one", "plain", conversation)
        chat = stand.chat("two", "plain", conversation)
        listed = stand.coze.conversations.messages.list(
            conversation_id=conversation, chat_id=chat["id"], order="asc")
        assert [one.content for one in listed] == ["two", HELLO_TEXT]

    def test_meta_data_of_the_chat_is_not_that_of_its_messages(self, stand):
        chat = stand.chat([question("hello", meta_data={"of": "message"})], "plain", meta_data={"of": "chat"})
        assert chat["meta_data"] == {"of": "chat"}
        listed = stand.api.post(SAID, {"order": "asc"}, conversation_id=chat["conversation_id"]).ok().data
        assert [one["meta_data"] for one in listed] == [{"of": "message"}, {}]

    def test_an_answer_can_get_feedback(self, stand):
        chat = stand.chat("hello", "plain")
        path = f"/v1/conversations/{chat['conversation_id']}/messages/{stand.messages(chat)[0]['id']}/feedback"
        stand.api.post(path, {"feedback_type": "like"}).ok()

    def test_deleting_an_answer_takes_its_companions_along(self, stand):
        chat = stand.chat("hello", "plain")
        kinds = [one["type"] for one in stand.messages(chat)]
        assert kinds == ["answer", "verbose"]
        stand.coze.conversations.messages.delete(
            conversation_id=chat["conversation_id"], message_id=stand.messages(chat)[0]["id"])
        assert stand.messages(chat) == []
        assert stand.said(chat["conversation_id"]) == [("user", "hello")]

    def test_deleting_a_conversation_while_it_is_answered_does_no_harm(self, stand):
        stream = stand.stream("delete me", "second")
        stream.until("message.delta answer")
        chat = stream.chat
        stand.coze.conversations.delete(conversation_id=chat["conversation_id"])
        assert stream.whole()[-1].name == "done"
        stand.api.get("/v3/chat/retrieve", conversation_id=chat["conversation_id"], chat_id=chat["id"]).refused(
            4001, 4002)
        stand.api.post(SAID, {}, conversation_id=chat["conversation_id"]).refused(4002)
        stand.chat("others go on", "plain")


class TestWhatTheModelIsTold:
    def test_the_prompt_then_the_conversation_then_the_question(self, stand):
        bot = stand.new_bot("plain", prompt_info={"prompt": "You are a guide to 杭州."})
        chat = stand.chat("first question", bot_id=bot)
        conversation = chat["conversation_id"]
        say(stand, conversation, "by the way")
        say(stand, conversation, "I see", MessageRole.ASSISTANT)
        stand.chat([question("so:"), answered("yes?"), question("second question")], bot_id=bot,
                   conversation=conversation)
        sent = stand.question_of("second question")
        assert sent.messages[0]["role"] == "system"
        assert sent.instructions == "You are a guide to 杭州."
        assert sent.said == [
            ("user", "first question"), ("assistant", HELLO_TEXT), ("user", "by the way"), ("assistant", "I see"),
            ("user", "so:"), ("assistant", "yes?"), ("user", "second question"),
        ]

    def test_what_stands_in_the_conversation_is_enough_for_a_question(self, stand, conversation):
        say(stand, conversation, "asked before")
        chat = stand.chat([], "plain", conversation)
        assert chat["status"] == "completed"
        assert stand.question_of("asked before").said == [("user", "asked before")]
        assert stand.said(conversation) == [("user", "asked before"), ("assistant", HELLO_TEXT)]

    def test_only_the_latest_section_counts(self, stand, conversation):
        stand.chat("before the break", "plain", conversation)
        section = stand.coze.conversations.clear(conversation_id=conversation).id
        chat = stand.chat("after the break", "plain", conversation)
        assert chat["section_id"] == section
        assert stand.question_of("after the break").said == [("user", "after the break")]
        assert len(stand.said(conversation)) == 4

    def test_a_section_that_begins_meanwhile_is_not_that_of_the_answer(self, stand, conversation):
        chat = stand.begin("a long time ago", "second", conversation).ok().data
        stand.coze.conversations.clear(conversation_id=conversation)
        ended = stand.over(chat)
        assert ended["section_id"] == chat["section_id"] == stand.messages(chat)[0]["section_id"]
        stand.chat("and now", "plain", conversation)
        assert stand.question_of("and now").said == [("user", "and now")]

    def test_a_failed_turn_is_not_told(self, stand, conversation):
        stand.chat("one", "plain", conversation)
        failed = stand.chat("two", "cut", conversation)
        assert failed["status"] == "failed"
        stand.chat("three", "plain", conversation)
        assert stand.question_of("three").said == [("user", "one"), ("assistant", HELLO_TEXT), ("user", "three")]

    def test_a_canceled_turn_is_not_told(self, stand, conversation, running):
        chat = running("one", conversation)
        stand.asked("one", pieces=3)
        stand.cancel(chat).ok()
        stand.chat("two", "plain", conversation)
        assert stand.question_of("two").said == [("user", "two")]

    def test_thoughts_tools_and_verbose_ones_are_not_told_as_answers(self, stand, conversation):
        stand.chat("think", "thinking", conversation)
        stand.chat("and now?", "plain", conversation)
        assert stand.question_of("and now?").said == [
            ("user", "think"), ("assistant", HELLO_TEXT), ("user", "and now?")]

    def test_messages_that_were_changed_or_deleted_are_told_as_they_are(self, stand, conversation):
        stand.chat("one", "plain", conversation)
        stand.chat("two", "plain", conversation)
        first, _, _, last = stand.api.post(SAID, {"order": "asc"}, conversation_id=conversation).ok().data
        messages = stand.coze.conversations.messages
        messages.update(conversation_id=conversation, message_id=first["id"], content="ONE",
                        content_type=MessageContentType.TEXT)
        messages.delete(conversation_id=conversation, message_id=last["id"])
        stand.chat("three", "plain", conversation)
        assert stand.question_of("three").said == [
            ("user", "ONE"), ("assistant", HELLO_TEXT), ("user", "two"), ("user", "three")]

    def test_a_question_of_many_characters_arrives_whole(self, stand):
        text = "一二三四五六七八九十" * 1000 + "\u2028 \u0085 \U0001f469 end of it"
        stand.chat(text, "plain")
        assert stand.question_of("end of it").said == [("user", text)]

    def test_other_peoples_conversations_are_not_told(self, stand):
        stand.chat("a secret", "plain", user_id="user 1")
        stand.chat("what did they say?", "plain", user_id="user 2")
        assert stand.question_of("what did they say?").said == [("user", "what did they say?")]

    def test_regenerating_asks_the_same_again_without_the_old_answer(self, stand, conversation):
        stand.chat("one", "plain", conversation)
        chat = stand.chat("two", "second", conversation)
        again = stand.api.post(
            f"/buckle/v1/chats/{chat['id']}/regenerate", {"conversation_id": conversation, "stream": False}).ok().data
        assert again["id"] != chat["id"]
        assert again["status"] == "in_progress"
        assert again["conversation_id"] == conversation
        assert stand.over(again)["status"] == "completed"
        asked = [one.said for one in stand.upstream.about("two")]
        assert asked == [[("user", "one"), ("assistant", HELLO_TEXT), ("user", "two")]] * 2
        new = stand.messages(again)[0]["content"]
        assert new.startswith("1 2 3")
        stand.chat("three", "plain", conversation)
        assert stand.question_of("three").said == [
            ("user", "one"), ("assistant", HELLO_TEXT), ("user", "two"), ("assistant", new), ("user", "three")]

    def test_regenerating_is_refused_where_there_is_nothing_or_something_runs(self, stand, running):
        chat = running("still at it")
        which = {"conversation_id": chat["conversation_id"], "stream": False}
        stand.api.post(f"/buckle/v1/chats/{chat['id']}/regenerate", which).refused(4016)
        stand.api.post(f"/buckle/v1/chats/{UNKNOWN_ID}/regenerate", which).refused(4001)
        stand.api.post(
            f"/buckle/v1/chats/{chat['id']}/regenerate", {"conversation_id": UNKNOWN_ID}).refused(4001, 4002)

    def test_a_failed_chat_can_be_regenerated(self, stand, upstream):
        upstream.queue.extend([SCRIPTS["broken"]] * 5)
        chat = stand.chat("please try", "queue")
        assert chat["status"] == "failed"
        upstream.queue.clear()
        again = stand.api.post(f"/buckle/v1/chats/{chat['id']}/regenerate", {
            "conversation_id": chat["conversation_id"]}).ok().data
        assert stand.over(again)["status"] == "completed"
        assert stand.upstream.about("please try")[-1].said == [("user", "please try")]


class TestWithoutHistory:
    """`auto_save_history: false` leaves no trace."""

    def test_nothing_of_it_can_be_found(self, stand, conversation):
        stand.chat("saved", "plain", conversation)
        with stand.stream("not saved", "plain", conversation, auto_save_history=False) as stream:
            events = stream.rest()
        chat = events[0].data
        assert events[-2].name == "conversation.chat.completed"
        assert stand.question_of("not saved").said == [
            ("user", "saved"), ("assistant", HELLO_TEXT), ("user", "not saved")]
        assert stand.said(conversation) == [("user", "saved"), ("assistant", HELLO_TEXT)]
        which = {"conversation_id": conversation, "chat_id": chat["id"]}
        stand.api.get("/v3/chat/retrieve", **which).refused(4001)
        stand.api.get("/v3/chat/message/list", **which).refused(4001)
        stand.api.get(f"/buckle/v1/chats/{chat['id']}/events", conversation_id=conversation).refused(4001)
        stand.chat("later", "plain", conversation)
        assert stand.question_of("later").said == [
            ("user", "saved"), ("assistant", HELLO_TEXT), ("user", "later")]

    def test_the_sdk_streams_it_all_the_same(self, stand):
        events = list(stand.coze.chat.stream(
            bot_id=stand.bot("plain"), user_id="u", auto_save_history=False,
            additional_messages=[Message.build_user_question_text("hello")]))
        deltas = [one.message.content for one in events if one.event == ChatEventType.CONVERSATION_MESSAGE_DELTA]
        assert "".join(deltas) == HELLO_TEXT

    def test_a_call_of_a_tool_and_its_output_reach_the_model(self, stand):
        call = answered(json.dumps({"name": "get_weather", "arguments": {"city": "杭州"}}), type="function_call")
        output = answered("Sunny, 21 degrees.", type="tool_response")
        stand.stream([question("the weather?"), call, output, question("told you so?")], "plain",
                     auto_save_history=False).rest()
        sent = stand.question_of("told you so?").messages
        roles = [one["role"] for one in sent if one["role"] != "system"]
        assert roles == ["user", "assistant", "tool", "user"]
        assistant, tool = (one for one in sent if one["role"] in ("assistant", "tool"))
        function = assistant["tool_calls"][0]["function"]
        assert function["name"] == "get_weather"
        assert json.loads(function["arguments"]) == {"city": "杭州"}
        assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"]
        assert tool["content"] == "Sunny, 21 degrees."


class TestVariables:
    @pytest.mark.parametrize("prompt, variables, expected", [
        ("Speak {{language}} to {{ user_name }}.", {"language": "中文", "user_name": "Li"}, "Speak 中文 to Li."),
        ("{{a}}{{a}}", {"a": "<b>&\"'"}, "<b>&\"'<b>&\"'"),
        ("{{a}}", {"a": "{{b}}", "b": "secret"}, "{{b}}"),
        ("{% if vip %}Be kind.{% else %}Be brief.{% endif %}", {"vip": "yes"}, "Be kind."),
        ("{% if vip %}Be kind.{% else %}Be brief.{% endif %}", {}, "Be brief."),
        ("No variables { here }", {"unused": "x"}, "No variables { here }"),
        ("A broken {{ prompt", {"prompt": "x"}, "A broken {{ prompt"),
        ("A broken {% if %} prompt", {"prompt": "x"}, "A broken {% if %} prompt"),
    ], ids=["names", "markup", "no second round", "a condition", "without", "none", "half open", "half a condition"])
    def test_they_fill_the_prompt(self, stand, prompt, variables, expected):
        bot = stand.new_bot("plain", prompt_info={"prompt": prompt})
        assert stand.chat("with variables", bot_id=bot, custom_variables=variables)["status"] == "completed"
        assert stand.question_of("with variables").instructions == expected

    def test_they_do_not_fill_what_users_say(self, stand):
        bot = stand.new_bot("plain", prompt_info={"prompt": "x"})
        stand.chat("what is {{name}}?", bot_id=bot, custom_variables={"name": "Li"})
        assert stand.question_of("what is {{name}}?").said == [("user", "what is {{name}}?")]


class TestAnswersThatAreUnusual:
    @pytest.mark.parametrize("model", ["quirky", "bytewise", "no_done", "late"])
    def test_every_way_to_answer_gives_the_same_answer(self, stand, model):
        chat = stand.chat("hello", model)
        assert chat["status"] == "completed", chat
        assert stand.messages(chat)[0]["content"] == HELLO_TEXT
        assert chat["usage"]["token_count"] == 18

    @pytest.mark.parametrize("model, answers", [("nothing", {"", None}), ("nul", {"ab", "a\ufffdb", None})])
    def test_an_answer_that_is_none_or_that_no_database_can_hold_ends_the_chat(self, stand, model, answers):
        chat = stand.chat("hello", model)
        assert chat["status"] in ("completed", "failed")
        contents = [one["content"] for one in stand.messages(chat) if one["type"] == "answer"]
        assert (contents or [None])[0] in answers
        stand.chat("and now?", "plain", chat["conversation_id"])

    def test_a_long_answer_is_kept_whole(self, stand, upstream):
        pieces = [f"第 {number} 句。" for number in range(3000)]
        upstream.queue.append(answer(*pieces))
        chat = stand.chat("at length", "queue", within=30)
        assert stand.messages(chat)[0]["content"] == "".join(pieces)

    def test_a_partial_answer_is_kept_where_the_rest_never_came(self, stand, upstream):
        upstream.queue.append(after(2, silent))
        chat = stand.begin("half of it", "queue").ok().data
        stand.asked("half of it", pieces=2)
        time.sleep(0.1)
        stand.cancel(chat).ok()
        assert stand.messages(chat)[0]["content"] == "Hello from"
