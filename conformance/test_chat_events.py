"""The log of a chat: every event once and in order, for any number of readers, whenever they come."""
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chat import NORMAL, EventStream, completed, only_terminal, outlines, outputs_for, text
from harness import GARBAGE_IDS, UNKNOWN_ID, eventually
from upstream import HELLO_TEXT, THOUGHTS


def told(events) -> list:
    """The events without what differs between two readers."""
    return [(event.id, event.name, event.data) for event in events]


def path(chat):
    return f"/buckle/v1/chats/{chat['id']}/events"


def check_numbers(events):
    numbers = [event.id for event in events[:-1]]
    assert all(number > 0 for number in numbers)
    assert numbers == sorted(set(numbers))
    assert events[-1].name == "done" and events[-1].id is None


class TestReplay:
    @pytest.mark.parametrize("model", ["plain", "thinking", "separators", "cut", "broken", "weather"])
    def test_it_tells_what_the_stream_has_told(self, stand, model):
        live = stand.stream("hello", model).rest()
        stored = stand.log(live[0].data).rest()
        check_numbers(stored)
        assert [event.name for event in stored if "delta" not in event.name] == [
            event.name for event in live if "delta" not in event.name]
        assert [event.data for event in stored if "delta" not in event.name] == [
            event.data for event in live if "delta" not in event.name]
        assert text(stored) == text(live)
        assert outlines(stored) == outlines(live)

    def test_each_increment_is_told_once(self, stand):
        live = stand.stream("hello", "second").rest()
        stored = stand.log(live[0].data).rest()
        assert [event.data for event in stored] == [event.data for event in live]

    def test_of_a_chat_that_nobody_has_streamed_it_tells_the_same(self, stand):
        chat = stand.chat("hello", "thinking")
        events = stand.log(chat).rest()
        check_numbers(events)
        assert outlines(events) == NORMAL
        assert text(events) == HELLO_TEXT
        assert "".join(event.data.get("reasoning_content") or "" for event in events
                       if event.outline == "message.delta answer") == "".join(THOUGHTS)

    def test_of_the_built_in_model_too(self, demo):
        live = demo.stream("/count 5").rest()
        assert [event.data for event in demo.log(live[0].data).rest()] == [event.data for event in live]

    def test_twice_it_is_the_same(self, stand):
        chat = stand.chat("hello", "second")
        assert told(stand.log(chat).rest()) == told(stand.log(chat).rest())

    def test_it_goes_on_after_any_number(self, stand):
        chat = stand.chat("hello", "plain")
        events = stand.log(chat).rest()
        for position, event in enumerate(events[:-1]):
            expected = told(events[position + 1:])
            assert told(stand.log(chat, after=event.id).rest()) == expected
            assert told(stand.log(chat, last_event_id=event.id).rest()) == expected
        assert told(stand.log(chat, after=0).rest()) == told(events)
        assert [event.name for event in stand.log(chat, after=events[-2].id + 1000).rest()] == ["done"]

    def test_it_is_there_after_a_restart(self, own_stand):
        stand = own_stand
        chat = stand.chat("hello", "second")
        before = told(stand.log(chat).rest())
        stand.server.stop()
        stand.start_server()
        assert told(stand.log(chat).rest()) == before

    @pytest.mark.parametrize("after", ["x", "-1", "1.5", "99999999999999999999"])
    def test_a_number_that_is_none_is_refused(self, stand, after):
        chat = stand.chat("hello", "plain")
        reply = stand.api.get(path(chat), conversation_id=chat["conversation_id"], after=after)
        assert "after" in reply.refused(4000).msg

    def test_unknown_and_garbage_ids_are_refused(self, stand):
        chat, other = stand.chat("hello", "plain"), stand.chat("hello", "plain")
        conversation = chat["conversation_id"]
        stand.api.get(path({"id": UNKNOWN_ID}), conversation_id=conversation).refused(4001)
        stand.api.get(path(chat), conversation_id=UNKNOWN_ID).refused(4001, 4002)
        stand.api.get(path(chat), conversation_id=other["conversation_id"]).refused(4001)
        assert "conversation_id" in stand.api.get(path(chat)).refused(4000).msg
        for garbage in GARBAGE_IDS:
            stand.api.get(path(chat), conversation_id=garbage).refused(4000)
        stand.server.api("pat_unknown").get(path(chat), conversation_id=conversation).refused(700012006, status=401)

    def test_it_has_no_lines_but_its_own(self, stand):
        """Only this stream has ids; all else is as in the others."""
        chat = stand.chat("hello", "separators")
        stream = stand.log(chat)
        stream.rest()
        for block in stream.raw.strip(b"\n").split(b"\n\n"):
            lines = [line.split(b":")[0] for line in block.strip(b"\n").split(b"\n")]
            assert lines in ([b"id", b"event", b"data"], [b"event", b"data"]), block


class TestFollowing:
    def test_readers_that_come_at_any_time_all_see_the_same(self, stand):
        stream = stand.stream("hello", "second")
        chat = next(stream).data

        def read(number):
            time.sleep(number * 0.08)
            return told(stand.log(chat).rest())

        with ThreadPoolExecutor(20) as pool:
            readers = [pool.submit(read, number) for number in range(20)]
            live = stream.whole()
            seen = [reader.result() for reader in readers]
        assert all(one == seen[0] for one in seen)
        assert [data for _, _, data in seen[0]] == [event.data for event in live]

    def test_a_reader_that_breaks_off_and_comes_back_misses_nothing(self, stand):
        stream = stand.stream("hello", "second")
        chat, choose = next(stream).data, random.Random(5)

        def read(_):
            seen, last = [], 0
            for _ in range(100):
                with stand.log(chat, after=last) as part:
                    for event in part:
                        if event.name == "done":
                            return seen
                        seen.append((event.id, event.name, event.data))
                        last = event.id
                        if choose.random() < 0.15:
                            break
            raise AssertionError("no end in 100 parts")

        with ThreadPoolExecutor(8) as pool:
            readers = list(pool.map(read, range(8)))
        whole = told(stand.log(chat).rest())[:-1]
        assert all(one == whole for one in readers)
        stream.close()

    def test_it_follows_as_fast_as_the_stream(self, stand):
        stream = stand.stream("hello", "second")
        chat = next(stream).data
        arrived = {}

        def follow():
            for event in stand.log(chat):
                if event.outline == "message.delta answer":
                    arrived[event.data["content"]] = event.at

        reader = threading.Thread(target=follow)
        reader.start()
        live = {event.data["content"]: event.at for event in stream.rest() if event.outline == "message.delta answer"}
        reader.join(5)
        assert set(arrived) == set(live)
        late = sorted(arrived[one] - live[one] for one in live)
        assert late[len(late) // 2] < 0.15, late

    def test_it_ends_soon_after_the_chat(self, stand):
        chat = stand.begin("hello", "second").ok().data
        log = stand.log(chat)
        end = log.until("chat.completed").at
        assert next(log).name == "done"
        assert log.line() is None
        assert time.monotonic() - end < 0.5

    def test_readers_of_a_canceled_chat_are_told(self, stand, running):
        chat = running()
        log = stand.log(chat)
        log.until("message.delta answer")
        stand.cancel(chat).ok()
        end = only_terminal(log.whole())
        assert end.name == "conversation.chat.canceled"
        assert end.data["status"] == "canceled"
        assert only_terminal(stand.log(chat).rest()).name == "conversation.chat.canceled"

    def test_readers_do_not_keep_the_chat_from_ending_nor_go_on_when_they_are_gone(self, stand):
        chat = stand.begin("hello", "second").ok().data
        for _ in range(20):
            stand.log(chat).close()
        assert stand.over(chat)["status"] == "completed"

    def test_one_that_waits_stops_its_readers_until_it_goes_on(self, stand):
        stream = stand.stream("how is the weather?", "weather")
        live = stream.rest()
        chat = live[-2].data
        log = stand.log(chat).rest()
        assert outlines(log)[-2:] == ["chat.requires_action", "done"]
        last = log[-2].id
        assert [event.name for event in stand.log(chat, after=last).rest()] == ["done"]
        rest = stand.submit(chat, outputs_for(chat), stream=True).rest()
        more = stand.log(chat, after=last).rest()
        check_numbers(more)
        assert [event.data for event in more if "delta" not in event.name] == [
            event.data for event in rest if "delta" not in event.name]
        assert text(more) == HELLO_TEXT
        whole = stand.log(chat).rest()
        assert told(whole) == told(log[:-1] + more)
        assert len(completed(whole)) == 1
        assert only_terminal(whole).name == "conversation.chat.completed"

    def test_a_reader_that_does_not_read_holds_nobody_up(self, stand):
        stream = stand.stream("hello", "second")
        chat = next(stream).data
        idle = [EventStream(stand.server, "GET", path(chat), numbered=True, conversation_id=chat["conversation_id"])
                for _ in range(10)]
        assert outlines(stream.whole()) == NORMAL
        for one in idle:
            assert outlines(one.rest()) == NORMAL

    def test_a_hundred_readers_of_one_chat(self, stand):
        chat = stand.begin("hello", "second").ok().data
        with ThreadPoolExecutor(100) as pool:
            seen = list(pool.map(lambda _: told(stand.log(chat).rest()), range(100)))
        assert all(one == seen[0] for one in seen)
        assert eventually(lambda: stand.retrieve(chat)["status"] == "completed")
