"""Tools that the client runs: the chat stops at requires_action, and goes on with their outputs."""
import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cozepy import ChatEventType, ChatStatus, Message, ToolOutput

from chat import (
    GET_TIME, GET_WEATHER, NORMAL, SUBMIT, completed, of, only_terminal, outlines, outputs_for, text, tool_calls,
)
from harness import GARBAGE_IDS, UNKNOWN_ID, refused
from upstream import CLOCK, HELLO_TEXT, WEATHER, answer, calls

STOPPED = ["chat.created", "chat.in_progress", "message.completed function_call", "chat.requires_action", "done"]
RESUMED = [
    "chat.created", "chat.in_progress", "message.completed tool_response", "message.delta answer",
    "message.completed answer", "message.completed verbose", "chat.completed", "done",
]


def resumed(events) -> list:
    """What happened after the outputs were handed in; whether these are told again is left open."""
    return [one for one in outlines(events) if one not in (
        "chat.created", "chat.in_progress", "message.completed tool_response", "message.completed tool_output")]


@pytest.fixture
def stopped(stand) -> dict:
    """A chat that waits for the output of one call."""
    chat = stand.chat("how is the weather?", "weather")
    assert chat["status"] == "requires_action", chat
    return chat


class TestSDK:
    def ask(self, stand, bot, text):
        return dict(bot_id=bot, user_id="u", additional_messages=[Message.build_user_question_text(text)])

    @pytest.fixture(params=["built-in model", "upstream"])
    def case(self, request):
        """A stand, a bot, and a question that makes it call get_weather."""
        if request.param == "upstream":
            stand = request.getfixturevalue("stand")
            return stand, stand.bot("weather"), "how is the weather?"
        stand = request.getfixturevalue("demo")
        return stand, stand.bot(), f"/call {WEATHER[0]} {WEATHER[1]}"

    def check_action(self, chat):
        call, = chat.required_action.submit_tool_outputs.tool_calls
        assert call.type == "function"
        assert call.function.name == "get_weather"
        assert json.loads(call.function.arguments) == {"city": "杭州", "days": 2}
        return [ToolOutput(tool_call_id=call.id, output="Sunny, 21 degrees.")]

    def test_streamed(self, case):
        stand, bot, text = case
        events = list(stand.coze.chat.stream(**self.ask(stand, bot, text)))
        assert events[-1].event == ChatEventType.CONVERSATION_CHAT_REQUIRES_ACTION
        chat = events[-1].chat
        assert chat.status == ChatStatus.REQUIRES_ACTION
        more = list(stand.coze.chat.submit_tool_outputs(
            conversation_id=chat.conversation_id, chat_id=chat.id, tool_outputs=self.check_action(chat), stream=True))
        assert more[-1].event == ChatEventType.CONVERSATION_CHAT_COMPLETED
        assert more[-1].chat.id == chat.id
        answers = [one.message.content for one in more if one.event == ChatEventType.CONVERSATION_MESSAGE_COMPLETED
                   and one.message.type == "answer"]
        assert len(answers) == 1 and answers[0]

    def test_polled(self, case):
        stand, bot, text = case
        chat = stand.coze.chat.create_and_poll(**self.ask(stand, bot, text)).chat
        assert chat.status == ChatStatus.REQUIRES_ACTION
        going_on = stand.coze.chat.submit_tool_outputs(
            conversation_id=chat.conversation_id, chat_id=chat.id, tool_outputs=self.check_action(chat), stream=False)
        assert going_on.status == ChatStatus.IN_PROGRESS
        assert not going_on.required_action
        ended = stand.over({"id": chat.id, "conversation_id": chat.conversation_id})
        assert ended["status"] == "completed"
        assert not ended.get("required_action")

    def test_by_the_asynchronous_client(self, case):
        stand, bot, text = case

        async def run():
            coze = stand.acoze
            chat = [event async for event in coze.chat.stream(**self.ask(stand, bot, text))][-1].chat
            return [event async for event in coze.chat.submit_tool_outputs_stream(
                conversation_id=chat.conversation_id, chat_id=chat.id, tool_outputs=self.check_action(chat))]

        assert asyncio.run(run())[-1].event == ChatEventType.CONVERSATION_CHAT_COMPLETED

    def test_a_wrong_call_is_the_error_of_the_sdk(self, stand, stopped):
        with refused(4000):
            stand.coze.chat.submit_tool_outputs(
                **of(stopped), stream=True, tool_outputs=[ToolOutput(tool_call_id="call_of_another", output="x")])


class TestRequiresAction:
    def test_the_stream_stops_there(self, stand):
        events = stand.stream("how is the weather?", "weather").rest()
        assert outlines(events) == STOPPED
        chat = events[-2].data
        assert chat["status"] == "requires_action"
        call, = tool_calls(chat)
        assert call == {"id": call["id"], "type": "function",
                        "function": {"name": "get_weather", "arguments": call["function"]["arguments"]}}
        assert json.loads(call["function"]["arguments"]) == json.loads(WEATHER[1])
        assert tool_calls(stand.retrieve(chat)) == [call]

    def test_the_call_is_a_message_of_the_chat_and_not_of_the_conversation(self, stand, stopped):
        message, = stand.messages(stopped)
        assert (message["type"], message["role"], message["content_type"]) == ("function_call", "assistant", "text")
        content = json.loads(message["content"])
        assert content["name"] == "get_weather"
        assert content["arguments"] == json.loads(WEATHER[1])
        assert stand.said(stopped["conversation_id"]) == [("user", "how is the weather?")]

    @pytest.mark.parametrize("model", ["two_tools", "pieces"])
    def test_two_calls_at_once_are_both_asked_for(self, stand, model):
        events = stand.stream("weather and time?", model).rest()
        assert outlines(events) == STOPPED
        assert len(completed(events, "function_call")) == 2
        calls = tool_calls(events[-2].data)
        assert [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in calls] == [
            (name, json.loads(arguments)) for name, arguments in (WEATHER, CLOCK)]
        assert len({one["id"] for one in calls}) == 2
        chat = events[-2].data
        ended = stand.submit(chat, outputs_for(chat), stream=True).rest()
        assert text(ended) == HELLO_TEXT
        tools = [one for one in stand.upstream.about("weather and time?")[-1].messages if one["role"] == "tool"]
        assert [one["content"] for one in tools] == [
            "Sunny, 21 degrees. (get_weather)", "Sunny, 21 degrees. (get_time)"]

    def test_what_the_model_says_before_the_call_is_an_answer(self, stand):
        events = stand.stream("how is the weather?", "says_and_calls").rest()
        assert outlines(events) == [
            "chat.created", "chat.in_progress", "message.delta answer", "message.completed answer",
            "message.completed function_call", "chat.requires_action", "done"]
        chat = events[-2].data
        more = stand.submit(chat, outputs_for(chat), stream=True).rest()
        first, second = completed(events)[0], completed(more)[0]
        assert (first["content"], second["content"]) == ("Let me look.", HELLO_TEXT)
        assert first["id"] != second["id"]

    def test_a_chat_that_waits_cannot_be_canceled(self, stand, stopped):
        stand.cancel(stopped).refused(4104)
        assert stand.retrieve(stopped)["status"] == "requires_action"

    def test_a_chat_that_waits_does_not_keep_another_from_beginning(self, stand, stopped):
        ended = stand.chat("never mind", "plain", stopped["conversation_id"])
        assert ended["status"] == "completed"

    def test_no_tokens_are_lost_between_the_rounds(self, stand, stopped):
        stand.submit(stopped, outputs_for(stopped)).ok()
        assert stand.over(stopped)["usage"] == {"input_count": 22, "output_count": 14, "token_count": 36}


class TestSubmit:
    def test_the_stream_goes_on_with_the_same_chat(self, stand, stopped):
        events = stand.submit(stopped, outputs_for(stopped), stream=True).rest()
        assert resumed(events) == NORMAL[2:]
        assert [one for one in outlines(events) if one in RESUMED] == outlines(events)
        assert {event.data["id"] for event in events if event.name.startswith("conversation.chat.")} == {stopped["id"]}
        assert text(events) == HELLO_TEXT
        assert only_terminal(events).data["status"] == "completed"

    def test_the_model_gets_the_call_and_its_output(self, stand, stopped):
        stand.submit(stopped, outputs_for(stopped, "晴 \u2028 21°")).ok()
        assert stand.over(stopped)["status"] == "completed"
        first, second = stand.upstream.about("how is the weather?")
        assert second.messages[:len(first.messages)] == first.messages
        called, tool = second.messages[len(first.messages):]
        assert called["role"] == "assistant"
        call, = called["tool_calls"]
        assert call["type"] == "function"
        assert (call["function"]["name"], json.loads(call["function"]["arguments"])) == (
            "get_weather", json.loads(WEATHER[1]))
        assert tool == {"role": "tool", "tool_call_id": call["id"], "content": "晴 \u2028 21° (get_weather)"}
        assert second.tool_names == first.tool_names == ["get_weather", "get_time"]

    def test_all_messages_of_the_chat_are_listed(self, stand, stopped):
        stand.submit(stopped, outputs_for(stopped)).ok()
        stand.over(stopped)
        messages = {one["type"]: one["content"] for one in stand.messages(stopped)}
        assert set(messages) == {"function_call", "tool_response", "answer", "verbose"}
        assert messages["answer"] == HELLO_TEXT
        assert "Sunny, 21 degrees. (get_weather)" in messages["tool_response"]
        assert stand.said(stopped["conversation_id"]) == [
            ("user", "how is the weather?"), ("assistant", HELLO_TEXT)]

    def test_the_next_question_carries_the_tools_along(self, stand, stopped):
        stand.submit(stopped, outputs_for(stopped)).ok()
        stand.over(stopped)
        stand.chat("and tomorrow?", "plain", stopped["conversation_id"])
        said = stand.question_of("and tomorrow?").said
        assert said[0] == ("user", "how is the weather?")
        assert said[-2:] == [("assistant", HELLO_TEXT), ("user", "and tomorrow?")]

    def test_rounds_can_follow_one_another(self, stand, upstream):
        upstream.queue.extend([calls(WEATHER), calls(CLOCK), calls(WEATHER, CLOCK), answer("At last.")])
        chat = stand.chat("one after another", "queue")
        for count in (1, 1, 2):
            assert chat["status"] == "requires_action"
            assert len(tool_calls(chat)) == count
            stand.submit(chat, outputs_for(chat)).ok()
            chat = stand.over(chat)
        assert chat["status"] == "completed"
        assert [one["content"] for one in stand.messages(chat) if one["type"] == "answer"] == ["At last."]
        assert [one["role"] for one in upstream.requests[-1].messages if one["role"] != "system"] == [
            "user", "assistant", "tool", "assistant", "tool", "assistant", "tool", "tool"]

    @pytest.mark.parametrize("wrong", ["none", "another id", "one of two", "one twice", "one too many"])
    def test_outputs_that_do_not_fit_are_refused_and_change_nothing(self, stand, wrong):
        chat = stand.chat("weather and time?", "two_tools")
        first, second = (call["id"] for call in tool_calls(chat))
        ids = {
            "none": [], "another id": [first, "call_x"], "one of two": [first], "one twice": [first, first],
            "one too many": [first, second, "call_x"],
        }[wrong]
        body = {"tool_outputs": [{"tool_call_id": id, "output": "x"} for id in ids]}
        for stream in (False, True):
            stand.api.post(SUBMIT, {**body, "stream": stream}, **of(chat)).refused(4000)
        assert stand.retrieve(chat) == chat
        stand.submit(chat, outputs_for(chat)).ok()
        assert stand.over(chat)["status"] == "completed"

    @pytest.mark.parametrize("outputs", [
        None, "x", [{}], [{"tool_call_id": "x"}], [{"output": "x"}], [{"tool_call_id": "x", "output": 5}],
        [{"tool_call_id": None, "output": "x"}],
    ], ids=json.dumps)
    def test_outputs_of_a_wrong_form_are_refused(self, stand, stopped, outputs):
        stand.api.post(SUBMIT, {"tool_outputs": outputs}, **of(stopped)).refused(4000)
        assert stand.retrieve(stopped)["status"] == "requires_action"

    def test_they_are_taken_once(self, stand, stopped):
        body = outputs_for(stopped)
        with ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda _: stand.submit(stopped, body), range(10)))
        assert sorted(reply.code for reply in replies)[0] == 0
        assert sum(reply.code == 0 for reply in replies) == 1, replies
        assert stand.over(stopped)["status"] == "completed"
        stand.submit(stopped, body).refused(4000)
        assert len(stand.upstream.about("how is the weather?")) == 2

    @pytest.mark.parametrize("model", ["plain", "broken"])
    def test_a_chat_that_waits_for_nothing_takes_none(self, stand, model):
        chat = stand.chat("hello", model)
        stand.api.post(SUBMIT, {"tool_outputs": [{"tool_call_id": "x", "output": "x"}]}, **of(chat)).refused(4000)

    def test_nor_does_one_that_runs(self, stand, running):
        chat = running()
        body = {"tool_outputs": [{"tool_call_id": "x", "output": "x"}]}
        stand.api.post(SUBMIT, body, **of(chat)).refused(4000, 4016)
        assert stand.retrieve(chat)["status"] == "in_progress"

    def test_unknown_and_garbage_ids_are_refused(self, stand, stopped):
        body = {"tool_outputs": [{"tool_call_id": "x", "output": "x"}]}
        conversation, chat = stopped["conversation_id"], stopped["id"]
        stand.api.post(SUBMIT, body, conversation_id=conversation, chat_id=UNKNOWN_ID).refused(4001)
        stand.api.post(SUBMIT, body, conversation_id=UNKNOWN_ID, chat_id=chat).refused(4001, 4002)
        for garbage in GARBAGE_IDS:
            stand.api.post(SUBMIT, body, conversation_id=conversation, chat_id=garbage).refused(4000)

    def test_a_second_chat_that_runs_meanwhile_goes_first(self, stand, stopped, running):
        running("a long one", stopped["conversation_id"])
        stand.submit(stopped, outputs_for(stopped)).refused(4016)
        assert stand.retrieve(stopped)["status"] == "requires_action"

    def test_a_chat_that_is_not_saved_cannot_go_on(self, stand):
        events = stand.stream("how is the weather?", "weather", auto_save_history=False).rest()
        assert events[-2].name == "conversation.chat.requires_action"
        stand.submit(events[-2].data, outputs_for(events[-2].data)).refused(5000, 4001)

    def test_a_failure_after_the_outputs_fails_the_chat(self, stand, upstream):
        upstream.queue.extend([calls(WEATHER), *[answer_of_500] * 5])
        chat = stand.chat("it will break", "queue")
        ended = stand.submit(chat, outputs_for(chat), stream=True).rest()
        assert only_terminal(ended).name == "conversation.chat.failed"
        assert stand.retrieve(chat)["last_error"]["code"] == 4013
        stand.submit(chat, outputs_for(chat)).refused(4000)

    def test_a_chat_that_waits_survives_a_restart(self, own_stand):
        stand = own_stand
        chat = stand.chat("how is the weather?", "weather")
        stand.server.kill()
        stand.start_server()
        assert stand.retrieve(chat) == chat
        events = stand.submit(chat, outputs_for(chat), stream=True).rest()
        assert text(events) == HELLO_TEXT
        assert [event.outline for event in stand.log(chat).rest()][-2:] == ["chat.completed", "done"]


async def answer_of_500(exchange):
    exchange.refuse(500, None, "it broke")


class TestToolsOfABot:
    def path(self, bot):
        return f"/buckle/v1/bots/{bot}/tools"

    def test_a_bot_without_tools_offers_none(self, stand):
        stand.chat("no tools", bot_id=stand.new_bot("plain"))
        assert not stand.question_of("no tools").body.get("tools")

    def test_the_model_gets_them_as_they_are(self, stand):
        bot = stand.new_bot("plain", tools=[GET_WEATHER, GET_TIME])
        stand.chat("with tools", bot_id=bot)
        assert stand.question_of("with tools").body["tools"] == [GET_WEATHER, GET_TIME]

    def test_they_are_of_the_draft_until_it_is_published(self, stand):
        bot = stand.new_bot("plain", tools=[GET_WEATHER])
        stand.api.put(self.path(bot), {"tools": [GET_TIME]}).ok()
        stand.chat("the published", bot_id=bot)
        stand.chat("the draft", bot_id=bot, publish_status="unpublished_draft")
        stand.publish(bot)
        stand.chat("published again", bot_id=bot)
        stand.api.put(self.path(bot), {"tools": []}).ok()
        stand.publish(bot)
        stand.chat("published without", bot_id=bot)
        names = [one.tool_names for one in stand.upstream.requests]
        assert names == [["get_weather"], ["get_time"], ["get_time"], []]

    @pytest.mark.parametrize("tools", [
        None, {}, "x", [{}], [{"type": "function"}], [{"type": "function", "function": {}}],
        [{"type": "function", "function": {"name": ""}}], [{"type": "plugin", "function": {"name": "x"}}],
        [{"type": "function", "function": {"name": "x", "parameters": "none"}}],
        [{"type": "function", "function": {"name": "not a name!"}}], [GET_TIME, GET_TIME],
    ], ids=lambda tools: json.dumps(tools)[:60])
    def test_what_is_no_tool_is_refused_and_changes_nothing(self, stand, tools):
        bot = stand.new_bot("plain", tools=[GET_WEATHER])
        stand.api.put(self.path(bot), {"tools": tools}).refused(4000)
        stand.publish(bot)
        stand.chat("as before", bot_id=bot)
        assert stand.question_of("as before").tool_names == ["get_weather"]

    def test_those_of_an_unknown_bot_are_refused(self, stand):
        stand.api.put(self.path(UNKNOWN_ID), {"tools": [GET_TIME]}).refused(4200)

    def test_a_call_of_a_tool_that_nobody_has_ends_in_one_way(self, stand):
        """Models make tools up. The chat must not wait for ever, nor ask the model for ever."""
        chat = stand.chat("how is the weather?", bot_id=stand.new_bot("weather_again"), within=30)
        assert chat["status"] in ("failed", "requires_action")
        assert len(stand.upstream.about("how is the weather?")) < 50
