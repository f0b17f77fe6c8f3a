"""How chats end before their time: canceled, at a shutdown, and with the process."""
import signal
import statistics
import threading
import time

import pytest
from cozepy import ChatStatus

from chat import CANCEL, NORMAL, agree, of, only_terminal, outlines, text
from harness import GARBAGE_IDS, UNKNOWN_ID, eventually, refused
from upstream import HELLO_TEXT, LONG

BEHIND = 1.0
"""The seconds by which the log may be behind what was shown, on a machine that is busy; the crash test is stricter."""
COUNT = [f"{number} " for number in range(1, LONG + 1)]


def is_prefix(content):
    return "".join(COUNT).startswith(content) and content.endswith(" ")


def begun(stand, said):
    """A stream of `long` that has brought something, and its request."""
    stream = stand.stream(said, "long")
    stream.until("message.delta answer")
    return stream, stand.question_of(said)


class TestCancel:
    def test_the_sdk_gets_the_canceled_chat(self, stand, running):
        chat = running()
        canceled = stand.coze.chat.cancel(**of(chat))
        assert canceled.id == chat["id"]
        assert canceled.status == ChatStatus.CANCELED
        assert stand.retrieve(chat)["status"] == "canceled"

    def test_the_upstream_is_left_within_100_ms(self, stand):
        took = []
        for number in range(7):
            stream, asked = begun(stand, f"cancel {number}")
            start = time.monotonic()
            stand.cancel(stream.chat).ok()
            assert eventually(lambda: asked.closed_at, within=3)
            took.append(asked.closed_at - start)
            stream.close()
        assert statistics.median(took) < 0.1, took

    @pytest.mark.parametrize("model", ["waiting", "late", "stalled"])
    def test_also_while_it_is_silent(self, stand, model):
        chat = stand.begin("are you there?", model).ok().data
        asked = stand.asked("are you there?")
        stand.cancel(chat).ok()
        assert eventually(lambda: asked.closed_at, within=0.5)
        time.sleep(1.2)
        assert stand.retrieve(chat)["status"] == "canceled"
        assert len(stand.upstream.requests) == 1

    def test_the_stream_ends_with_the_canceled_chat(self, stand):
        stream, _ = begun(stand, "stop it")
        stand.cancel(stream.chat).ok()
        events = stream.whole()
        end = only_terminal(events)
        assert end.name == "conversation.chat.canceled"
        assert (end.data["id"], end.data["status"]) == (stream.chat["id"], "canceled")
        assert agree(end.data, stand.retrieve(stream.chat))

    def test_what_was_said_is_kept(self, stand):
        stream, _ = begun(stand, "stop it")
        time.sleep(0.5)
        stand.cancel(stream.chat).ok()
        said = text(stream.whole())
        kept = stand.messages(stream.chat)[0]["content"]
        assert is_prefix(kept)
        assert kept == said

    def test_a_new_chat_may_begin_at_once(self, stand, running):
        chat = running()
        for number in range(5):
            stand.cancel(chat).ok()
            chat = running(f"again {number}", chat["conversation_id"])

    @pytest.mark.parametrize("model", ["plain", "broken", "weather", "long"])
    def test_what_is_over_cannot_be_canceled(self, stand, model):
        if model == "long":
            chat = stand.begin("hello", model).ok().data
            stand.cancel(chat).ok()
        else:
            chat = stand.chat("hello", model)
        before = stand.retrieve(chat)
        stand.cancel(chat).refused(4104)
        assert stand.retrieve(chat) == before

    def test_many_may_cancel_at_once(self, stand, running):
        chat, codes = running(), []
        threads = [threading.Thread(target=lambda: codes.append(stand.cancel(chat).code)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0 in codes and set(codes) <= {0, 4104}
        ends = [event.name for event in stand.log(chat).rest()[-2:]]
        assert ends == ["conversation.chat.canceled", "done"]

    def test_at_the_very_end_either_wins_and_both_say_so(self, stand):
        """Cancel and the last token race; the answer, the chat and the stream must agree on who was first."""
        for number in range(15):
            stream = stand.stream("race", "second")
            stream.until("message.delta answer")
            time.sleep(0.95 + number * 0.01)
            reply = stand.cancel(stream.chat)
            end = only_terminal(stream.whole())
            status = "canceled" if reply.code == 0 else "completed"
            assert reply.code in (0, 4104)
            assert end.data["status"] == status
            assert stand.retrieve(stream.chat)["status"] == status

    def test_unknown_chats_are_refused(self, stand, running):
        chat = running()
        with refused(4001):
            stand.coze.chat.cancel(conversation_id=chat["conversation_id"], chat_id=UNKNOWN_ID)
        with refused(4001, 4002):
            stand.coze.chat.cancel(conversation_id=UNKNOWN_ID, chat_id=chat["id"])
        for garbage in ["", None, *GARBAGE_IDS]:
            stand.api.post(CANCEL, {**of(chat), "chat_id": garbage}).refused(4000)
            stand.api.post(CANCEL, {**of(chat), "conversation_id": garbage}).refused(4000)
        assert stand.retrieve(chat)["status"] == "in_progress"

    def test_the_ids_are_in_the_body(self, stand, running):
        stand.api.post(CANCEL, {}, **of(running())).refused(4000)

    def test_the_built_in_model_stops_too(self, demo):
        stream = demo.stream("/count 1000")
        stream.until("message.delta answer")
        demo.cancel(stream.chat).ok()
        assert only_terminal(stream.whole()).name == "conversation.chat.canceled"
        assert len(text(stream.seen).split()) < 100


class TestShutdown:
    def test_a_short_answer_is_finished(self, own_stand):
        stand = own_stand
        stream = stand.stream("be quick", "second")
        silent = stand.begin("be quick too", "second").ok().data
        stream.until("message.delta answer")
        stand.server.terminate()
        events = stream.whole()
        assert outlines(events) == NORMAL
        assert stand.server.process.wait(10) == 0
        stand.start_server()
        for chat in (stream.chat, silent):
            assert stand.retrieve(chat)["status"] == "completed"
            assert stand.messages(chat)[0]["content"].split() == [str(number) for number in range(1, 21)]

    def test_a_long_one_is_failed_and_keeps_what_it_has(self, own_stand):
        stand = own_stand
        stream, asked = begun(stand, "take your time")
        silent = stand.begin("you too", "long").ok().data
        readers = [stand.log(chat) for chat in (stream.chat, silent)]
        stand.server.terminate()
        start = time.monotonic()
        ends = [only_terminal(stream.whole()), *(only_terminal(reader.rest()) for reader in readers)]
        assert stand.server.process.wait(15) == 0
        assert time.monotonic() - start < 14
        assert {end.name for end in ends} == {"conversation.chat.failed"}
        assert asked.closed_at
        stand.start_server()
        for chat in (stream.chat, silent):
            found = stand.retrieve(chat)
            assert found["status"] == "failed"
            assert found["last_error"]["code"] > 0 and found["last_error"]["msg"]
            content = stand.messages(chat)[0]["content"]
            assert is_prefix(content) and len(content.split()) > 10
            assert agree(only_terminal(stand.log(chat).rest()).data, found)
        assert text(stream.seen) == stand.messages(stream.chat)[0]["content"]

    def test_no_chat_begins_in_it(self, own_stand):
        stand = own_stand
        stream = stand.stream("be quick", "second")
        body = stand.body("too late", "plain")
        stream.until("message.delta answer")
        stand.server.terminate()
        time.sleep(0.2)
        try:
            stand.api.post("/v3/chat", body).refused(5000, status=500)
        except OSError:
            pass  # Nor does a server that takes no connections any more.
        assert outlines(stream.whole()) == NORMAL
        assert stand.server.process.wait(10) == 0


class TestKill:
    def test_chats_that_ran_are_failed_at_the_next_start(self, own_stand):
        stand = own_stand
        done = stand.chat("before", "plain")
        stopped = stand.chat("the weather?", "weather")
        streams = [begun(stand, f"question {number}")[0] for number in range(5)]
        silent = stand.begin("nobody reads", "long").ok().data
        asked = stand.begin("nobody answers", "waiting").ok().data
        stand.asked("nobody answers")
        for stream in streams:
            self.read_for(stream, 0.5)
        old = time.monotonic() - BEHIND
        stand.server.kill()
        killed = time.time()
        stand.start_server()
        for chat in [*(stream.chat for stream in streams), silent, asked]:
            found = stand.retrieve(chat)
            assert found["status"] == "failed", found
            assert found["last_error"]["code"] > 0 and found["last_error"]["msg"]
            assert found["failed_at"] >= int(killed) - 5
            log = stand.log(chat).rest()
            end = only_terminal(log)
            assert end.name == "conversation.chat.failed" and end.data["failed_at"] == found["failed_at"]
            kept = [one["content"] for one in stand.messages(chat) if one["type"] == "answer"]
            assert kept == ([text(log)] if text(log) else [])
        assert stand.messages(asked) == []
        for stream in streams:
            kept, seen = stand.messages(stream.chat)[0]["content"], text(one for one in stream.seen if one.at < old)
            assert is_prefix(kept) and kept.startswith(seen), (kept, seen)
            assert len(kept.split()) > 10
        assert stand.retrieve(done)["status"] == "completed"
        assert stand.retrieve(stopped) == stopped

    def read_for(self, stream, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            next(stream)

    def test_the_conversation_is_free_again(self, own_stand):
        stand = own_stand
        stream, _ = begun(stand, "until the end")
        conversation = stream.chat["conversation_id"]
        stand.server.kill()
        stand.start_server()
        assert stand.chat("and then?", "plain", conversation)["status"] == "completed"
        assert stand.question_of("and then?").said == [("user", "and then?")]
        stand.cancel(stream.chat).refused(4104)

    def test_a_reader_comes_back_and_misses_nothing(self, own_stand):
        stand = own_stand
        chat = stand.begin("tell me", "long").ok().data
        log = stand.log(chat)
        seen = []
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            seen.append(next(log))
        stand.server.kill()
        old = [one for one in seen if one.at < time.monotonic() - BEHIND]
        log.close()
        stand.start_server()
        more = stand.log(chat, after=seen[-1].id).rest()
        assert outlines(more) == ["chat.failed", "done"]
        whole = stand.log(chat).rest()
        kept = [(one.id, one.data) for one in whole[:-len(more)]]
        assert len(kept) >= len(old) > 10
        assert kept == [(one.id, one.data) for one in seen[:len(kept)]]
        assert [(one.id, one.data) for one in whole[-len(more):]] == [(one.id, one.data) for one in more]

    def test_nothing_is_failed_twice(self, own_stand):
        stand = own_stand
        stream, _ = begun(stand, "until the end")
        ends = []
        for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
            stand.server.process.send_signal(number)
            stand.server.process.wait(10)
            stand.start_server()
            ends.append([(one.id, one.data) for one in stand.log(stream.chat).rest()])
        assert ends[0] == ends[1] == ends[2]
        assert stand.chat("still well?", "plain")["status"] == "completed"
        assert stand.messages(stand.chat("still well?", "plain"))[0]["content"] == HELLO_TEXT
