"""A chat as a stream: through the SDK, and byte by byte, as the parsers of all official SDKs need it."""
import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from cozepy import ChatEventType, ChatStatus, Message

from chat import (
    CHAT, NORMAL, SAID, SUBMIT, EventStream, Stand, agree, answered, completed, of, only_terminal, outlines, question,
    text,
)
from harness import UNKNOWN_ID, Buckle, RawConnection, eventually, refused
from upstream import HELLO, HELLO_TEXT, SEPARATED, THOUGHTS, answer

DONE = b'event:done\ndata:"[DONE]"\n\n'
UNSAFE = ["\u0085", "\u2028", "\u2029", "\u000b", "\u000c", "\u001c", "\u001d", "\u001e", "\r"]
"""What makes one line two in the eyes of some client."""


def raw(stand, said="hello", model="plain", **more) -> requests.Response:
    """The whole answer, its body as it came."""
    response = stand.api.raw("POST", CHAT, json=stand.body(said, model, stream=True, **more))
    assert response.headers["Content-Type"].startswith("text/event-stream"), response.text
    return response


def blocks(body: bytes) -> list:
    """The events of a stream, each as its lines."""
    return [block.split(b"\n") for block in re.split(rb"\n\n+", body.strip(b"\n"))]


class TestSDK:
    @pytest.fixture(params=["built-in model", "upstream"])
    def stand_and_bot(self, request):
        if request.param == "upstream":
            stand = request.getfixturevalue("stand")
            return stand, stand.bot("plain")
        stand = request.getfixturevalue("demo")
        return stand, stand.bot()

    def check(self, stand, bot, events):
        kinds = [one.event for one in events]
        assert kinds[:2] == [ChatEventType.CONVERSATION_CHAT_CREATED, ChatEventType.CONVERSATION_CHAT_IN_PROGRESS]
        assert kinds[-1] == ChatEventType.CONVERSATION_CHAT_COMPLETED
        assert ChatEventType.UNKNOWN not in kinds
        deltas = [one.message for one in events if one.event == ChatEventType.CONVERSATION_MESSAGE_DELTA]
        whole = next(one.message for one in events if one.event == ChatEventType.CONVERSATION_MESSAGE_COMPLETED)
        assert "".join(one.content for one in deltas) == whole.content
        assert {one.id for one in deltas} == {whole.id}
        assert whole.content == HELLO_TEXT if stand.upstream else "good day" in whole.content
        first, last = events[0].chat, events[-1].chat
        assert (first.status, last.status) == (ChatStatus.CREATED, ChatStatus.COMPLETED)
        assert first.id == last.id and first.bot_id == bot
        assert last.usage.token_count > 0
        assert last.last_error is None or last.last_error.code == 0
        assert len(first.inserted_additional_messages) == 1

    def test_the_stream_ends_by_itself(self, stand_and_bot):
        stand, bot = stand_and_bot
        stream = stand.coze.chat.stream(
            bot_id=bot, user_id="u", additional_messages=[Message.build_user_question_text("good day")])
        assert stream.response.logid
        self.check(stand, bot, list(stream))

    def test_so_does_the_asynchronous_one(self, stand_and_bot):
        stand, bot = stand_and_bot

        async def run():
            return [event async for event in stand.acoze.chat.stream(
                bot_id=bot, user_id="u", additional_messages=[Message.build_user_question_text("good day")])]

        self.check(stand, bot, asyncio.run(run()))

    def test_characters_that_break_lines_elsewhere_do_not_break_it(self, stand):
        events = list(stand.coze.chat.stream(
            bot_id=stand.bot("separators"), user_id="u",
            additional_messages=[Message.build_user_question_text("\u2028 \u2029 \u0085")]))
        whole = [one for one in events if one.event == ChatEventType.CONVERSATION_MESSAGE_COMPLETED][0].message
        deltas = [one.message.content for one in events if one.event == ChatEventType.CONVERSATION_MESSAGE_DELTA]
        assert whole.content == "".join(deltas) == "".join(SEPARATED)

    def test_refusals_are_the_errors_of_the_sdk(self, stand):
        with refused(4200, 4006):
            stand.coze.chat.stream(bot_id=UNKNOWN_ID, user_id="u")
        with refused(4002):
            stand.coze.chat.stream(
                bot_id=stand.bot("plain"), user_id="u", conversation_id=UNKNOWN_ID,
                additional_messages=[Message.build_user_question_text("x")])

    def test_a_failure_of_the_model_is_an_event(self, stand):
        events = list(stand.coze.chat.stream(
            bot_id=stand.bot("broken"), user_id="u", additional_messages=[Message.build_user_question_text("x")]))
        assert events[-1].event == ChatEventType.CONVERSATION_CHAT_FAILED
        assert events[-1].chat.last_error.code == 4013 and events[-1].chat.last_error.msg

    def test_another_scripted_server_streams_too(self, tmp_path):
        """Not our own idea of what an upstream sends, but that of a package that others test with."""
        rule = {"name": "all", "when": {}, "respond": {"content": "Hello from another 上游."}}
        (tmp_path / "fakellm.yaml").write_text(json.dumps({"version": 1, "rules": [rule]}))
        port = free_port()
        fake = subprocess.Popen(
            [sys.executable, "-c", "from fakellm.cli import main; main()", "serve", "--port", str(port)],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        server = Buckle(tmp_path / "server")
        try:
            server.directory.mkdir()
            file = tmp_path / "buckle.yaml"
            model = {"id": "1", "name": "fake", "model": "gpt-4o-mini", "base_url": f"http://127.0.0.1:{port}/v1"}
            file.write_text(json.dumps({"models": [model]}))
            assert eventually(lambda: listens(port), within=20)
            stand = Stand(server, options=("--config", str(file))).start_server()
            events = stand.stream("hello").rest()
            assert outlines(events) == NORMAL
            assert text(events) == "Hello from another 上游."
        finally:
            server.remove()
            fake.terminate()
            fake.wait(10)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class TestBytes:
    """The ten constraints, each of which some SDK breaks on."""

    @pytest.fixture(params=["plain", "thinking", "weather", "separators", "cut", "broken"])
    def body(self, stand, request) -> bytes:
        return raw(stand, model=request.param).content

    def test_1_each_event_line_is_followed_by_exactly_one_data_line(self, body):
        for block in blocks(body):
            assert len(block) == 2, block
            assert block[0].startswith(b"event:") and block[1].startswith(b"data:"), block

    def test_2_there_are_no_comments_ids_or_retries_while_the_model_is_silent(self, stand):
        for line in raw(stand, model="late").content.split(b"\n"):
            assert line == b"" or line.startswith((b"event:", b"data:")), line

    def test_3_no_character_makes_two_lines_of_one(self, stand):
        body = raw(stand, "".join(UNSAFE), "separators", meta_data={"k": "\u2028\u2029\u0085"}).content.decode()
        for unsafe in UNSAFE:
            assert unsafe not in body, repr(unsafe)
        assert body.split("\n") == body.splitlines() + [""]
        assert text(stand.stream("again", "separators").rest()) == "".join(SEPARATED)

    def test_4_all_data_is_json_on_one_line(self, body):
        for event, data in blocks(body):
            parsed = json.loads(data[5:])
            assert isinstance(parsed, str if event == b"event:done" else dict)

    def test_5_the_last_line_has_its_end(self, body):
        assert body.endswith(DONE)
        assert body.count(b"event:done") == 1

    def test_6_the_answer_ends_with_done(self, stand):
        stream = stand.stream("hello", "plain")
        stream.until("done")
        done = time.monotonic()
        assert stream.line() is None
        assert time.monotonic() - done < 0.5

    def test_6_on_http_1_0_the_connection_ends_with_done(self, stand):
        body = json.dumps(stand.body("hello", "plain", stream=True)).encode()
        with RawConnection(stand.server) as connection:
            connection.send(connection.head("POST", CHAT, [f"Content-Length: {len(body)}"], "HTTP/1.0") + body)
            received = b""
            while part := connection.socket.recv(65536):
                received += part
        head, body = received.split(b"\r\n\r\n", 1)
        assert b"chunked" not in head.lower()
        assert body.startswith(b"event:") and body.endswith(DONE)

    def test_6_the_connection_can_be_used_again(self, stand):
        body = json.dumps(stand.body("hello", "plain", stream=True)).encode()
        with RawConnection(stand.server) as connection:
            for _ in range(3):
                connection.request("POST", CHAT, body)
                status, headers, answer = connection.answer()
                assert (status, answer[-len(DONE):]) == (200, DONE)

    def test_7_there_are_no_spaces_and_no_carriage_returns(self, body):
        assert b"\r" not in body
        for event, data in blocks(body):
            assert re.fullmatch(rb"event:[a-z_.]+", event), event
            assert re.match(rb'data:["{]', data), data

    def test_8_what_is_wrong_before_the_first_event_is_answered_as_json(self, stand):
        for reply in (
            stand.begin("hello", bot_id=UNKNOWN_ID, stream=True).refused(4200, 4006),
            stand.begin("hello", "plain", UNKNOWN_ID, stream=True).refused(4002),
            stand.begin([], "plain", stream=True).refused(4000),
            stand.server.api("pat_unknown").post(CHAT, stand.body("x", "plain", stream=True)).refused(
                700012006, status=401),
            stand.api.post(SUBMIT, {"tool_outputs": [], "stream": True}, conversation_id=UNKNOWN_ID,
                           chat_id=UNKNOWN_ID).refused(4000, 4001, 4002),
        ):
            assert reply.headers["Content-Type"].startswith("application/json")

    @pytest.mark.parametrize("model", ["broken", "cut", "garbage", "stalled", "too_long"])
    def test_9_what_goes_wrong_later_is_a_failed_chat_and_then_done(self, stand, model):
        events = stand.stream("hello", model).rest()
        end = only_terminal(events)
        assert end.name == "conversation.chat.failed"
        assert end.data["id"] and end.data["conversation_id"]
        assert end.data["last_error"]["code"] > 0 and end.data["last_error"]["msg"]
        assert end.data["status"] == "failed" and end.data["failed_at"] >= end.data["created_at"]

    def test_10_nothing_is_left_after_the_last_line(self, body):
        assert body[-2:] == b"\n\n" and not body.endswith(b"\n\n\n\n")
        assert body[:6] == b"event:"

    def test_the_content_type_and_the_log_id_are_there(self, stand):
        response = raw(stand)
        assert re.match(r"text/event-stream(;|$)", response.headers["Content-Type"])
        assert response.headers["x-tt-logid"]
        assert "no-cache" in response.headers.get("Cache-Control", "no-cache")
        assert response.headers.get("Content-Encoding") is None

    def test_text_comes_as_utf_8(self, stand):
        assert "上游".encode() in raw(stand).content or b"\\u4e0a" in raw(stand).content


class TestEvents:
    def test_a_normal_run_has_its_order(self, stand):
        assert outlines(stand.stream("hello", "plain").rest()) == NORMAL

    def test_the_built_in_model_has_the_same(self, demo):
        assert outlines(demo.stream("hello").rest()) == NORMAL

    def test_chats_in_it_have_their_states_and_the_same_ids(self, stand):
        events = stand.stream("hello", "plain", meta_data={"k": "v"}).rest()
        chats = [event.data for event in events if event.name.startswith("conversation.chat.")]
        assert [one["status"] for one in chats] == ["created", "in_progress", "completed"]
        for name in ("id", "conversation_id", "bot_id", "section_id", "created_at"):
            assert len({one[name] for one in chats}) == 1, name
        assert all(one["meta_data"] == {"k": "v"} for one in chats)
        assert chats[0].get("completed_at") is None and chats[2]["completed_at"] >= chats[0]["created_at"]
        assert chats[2]["usage"] == {"token_count": 18, "output_count": 7, "input_count": 11}
        assert all("required_action" not in one or one["required_action"] is None for one in chats)
        assert agree(stand.retrieve(chats[0]), chats[2])

    def test_the_first_event_names_the_messages_that_were_saved(self, stand):
        events = stand.stream([question("one"), answered("two"), question("three")], "plain").rest()
        inserted = [one["id"] for one in events[0].data["inserted_additional_messages"]]
        listed = stand.api.post(SAID, {"order": "asc"}, conversation_id=events[0].data["conversation_id"]).ok().data
        assert inserted == [one["id"] for one in listed[:3]]

    def test_increments_carry_the_message_they_belong_to(self, stand):
        events = stand.stream("hello", "plain").rest()
        deltas = [event.data for event in events if event.outline == "message.delta answer"]
        whole, = completed(events)
        assert [one["content"] for one in deltas if one["content"]] == HELLO or text(events) == HELLO_TEXT
        assert text(events) == whole["content"] == HELLO_TEXT
        for one in [*deltas, whole]:
            for name in ("id", "chat_id", "conversation_id", "bot_id", "section_id"):
                assert one[name] == whole[name] and one[name], name
            assert (one["role"], one["type"], one["content_type"]) == ("assistant", "answer", "text")
        assert whole["chat_id"] == events[0].data["id"]
        found = stand.messages(events[0].data)[0]
        assert agree(found, whole)

    def test_they_come_as_they_are_made(self, stand):
        stream = stand.stream("hello", "second")
        arrived = [event.at for event in stream.rest() if event.outline == "message.delta answer"]
        assert len(arrived) >= 10
        assert arrived[-1] - arrived[0] > 0.7
        assert max(later - earlier for earlier, later in zip(arrived, arrived[1:])) < 0.4

    def test_the_first_events_do_not_wait_for_the_model(self, stand):
        stream = stand.stream("hello", "late")
        next(stream), next(stream)
        assert time.monotonic() - stream.sent_at < 1
        assert outlines(stream.whole()) == NORMAL

    def test_the_end_of_all_answers_is_told(self, stand):
        events = stand.stream("hello", "plain").rest()
        verbose, = completed(events, "verbose")
        content = json.loads(verbose["content"])
        assert content["msg_type"] == "generate_answer_finish"
        assert isinstance(content["data"], str)
        assert {"from_module", "from_unit"} <= set(content)
        assert verbose["role"] == "assistant" and verbose["content_type"] == "text"

    def test_thoughts_come_apart_from_the_answer(self, stand):
        events = stand.stream("hello", "thinking").rest()
        deltas = [event.data for event in events if event.outline == "message.delta answer"]
        assert "".join(one.get("reasoning_content") or "" for one in deltas) == "".join(THOUGHTS)
        assert text(events) == HELLO_TEXT
        assert all(isinstance(one["content"], str) for one in deltas)
        assert not any(one["content"] and one.get("reasoning_content") for one in deltas)
        whole, = completed(events)
        assert (whole["content"], whole["reasoning_content"]) == (HELLO_TEXT, "".join(THOUGHTS))
        assert {one["id"] for one in deltas} == {whole["id"]}
        assert stand.messages(events[0].data)[0]["reasoning_content"] == "".join(THOUGHTS)

    def test_no_thoughts_leave_no_field_that_says_so(self, stand):
        for message in completed(stand.stream("hello", "plain").rest()):
            assert not message.get("reasoning_content")

    def test_what_was_completed_can_be_read_at_once(self, stand):
        stream = stand.stream("hello", "plain")
        whole = stream.until("message.completed answer").data
        found = stand.coze.conversations.messages.retrieve(
            conversation_id=whole["conversation_id"], message_id=whole["id"])
        assert found.content == whole["content"]
        ended = stream.until("chat.completed").data
        assert stand.retrieve(ended)["status"] == "completed"
        stand.chat("the next", "plain", ended["conversation_id"])
        stream.close()

    def test_many_streams_at_once_do_not_mix(self, stand, upstream):
        def one(number):
            events = stand.stream(f"number {number}", ["plain", "second", "thinking"][number % 3]).rest()
            assert outlines(events) == NORMAL
            ids = {event.data.get("chat_id") or event.data["id"] for event in events[:-1]}
            assert len(ids) == 1
            return ids.pop()

        with ThreadPoolExecutor(30) as pool:
            chats = list(pool.map(one, range(60)))
        assert len(set(chats)) == 60
        assert len(upstream.about("number ")) == 60

    def test_regenerating_can_be_streamed(self, stand):
        chat = stand.chat("say it again", "plain")
        events = EventStream(stand.server, "POST", f"/buckle/v1/chats/{chat['id']}/regenerate", {
            "conversation_id": chat["conversation_id"], "stream": True}).rest()
        assert outlines(events) == NORMAL
        assert events[0].data["id"] != chat["id"]
        assert len(stand.upstream.about("say it again")) == 2


class TestReaders:
    def test_a_client_that_goes_does_not_stop_the_run(self, stand):
        stream = stand.stream("go on without me", "second")
        stream.until("message.delta answer")
        stream.close()
        ended = stand.over(stream.chat)
        assert ended["status"] == "completed"
        assert stand.messages(ended)[0]["content"].split() == [str(number) for number in range(1, 21)]
        assert stand.question_of("go on without me").closed_at is None

    def test_not_even_one_that_goes_before_the_first_event(self, stand):
        conversation = stand.coze.conversations.create().id
        body = json.dumps(stand.body("I am gone", "late", stream=True)).encode()
        with RawConnection(stand.server) as connection:
            connection.request("POST", f"{CHAT}?conversation_id={conversation}", body)
            stand.asked("I am gone")
        expected = [("user", "I am gone"), ("assistant", HELLO_TEXT)]
        assert eventually(lambda: stand.said(conversation) == expected, within=8), stand.said(conversation)

    def test_one_that_does_not_read_does_not_hold_the_run_up(self, stand, upstream):
        upstream.queue.append(answer(*["x" * 1000] * 3500))
        stream = stand.stream("much, and I do not read", "queue")
        chat = stream.chat
        ended = stand.over(chat, within=40)
        assert ended["status"] == "completed"
        assert len(stand.messages(chat)[0]["content"]) == 3_500_000
        stand.chat("others are served", "plain")
        stream.close()

    def test_the_state_can_be_asked_for_beside_the_stream(self, stand):
        stream = stand.stream("hello", "second")
        stream.until("message.delta answer")
        assert stand.retrieve(stream.chat)["status"] == "in_progress"
        assert stand.api.get("/v3/chat/retrieve", **of(stream.chat)).ok()
        assert outlines(stream.whole()) == NORMAL
