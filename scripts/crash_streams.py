#!/usr/bin/env python3
"""Kills the server again and again while it streams chats, and checks each time what became of them.

    scripts/crash_streams.py [--kills 200] [--seed N] [--database postgres://…]     the test
    scripts/crash_streams.py --self-test [--database postgres://…]                  does the test notice damage?

Each round runs a number of chats on a scripted model: short ones, long ones, ones that wait for a tool; streamed and
not, read by several readers of their log that break off and come back, some canceled. SIGKILL comes at a random moment.
After the next start no chat may still run, all that was shown must be in the logs (scripts/stream_model.py says what
that means), and the conversations must be free. The last round looks at every chat again.
"""
import argparse
import concurrent.futures
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "conformance"))

import crash  # noqa: E402
import stream_model  # noqa: E402
from crash import LOST_CONNECTION, PostgresDatabase, SQLiteFile, show  # noqa: E402
from running import Refused, Server, binary  # noqa: E402
from stream_model import DELTA, WAITS, Chat, Events, Reader  # noqa: E402
from upstream import Upstream  # noqa: E402

MODELS = {"plain": 25, "second": 30, "long": 30, "weather": 15}
"""The scripts of the upstream, and how often each is used."""
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Tells the weather.",
                                         "parameters": {"type": "object", "properties": {}}}}


class Configured(Server):
    """A server whose models are the upstream's scripts."""

    configuration = None

    def options(self):
        return super().options() + (["--config", self.configuration] if self.configuration else [])

    def configure(self, upstream):
        self.configuration = os.path.join(self.data, "..", "buckle.yaml")
        models = [{"id": name, "name": name, "model": name, "base_url": upstream.base_url, "capabilities": ["tools"]}
                  for name in MODELS]
        with open(self.configuration, "w") as file:
            json.dump({"models": models}, file)
        return self


class Disk:
    """Measures how long the disk takes to keep a few bytes, from the outside.

    A disk that stands still for a while, as under another's load, holds up what the server writes behind its readers.
    That is no fault of the server's, and is added to the time that an increment may take to get there.
    """

    def __init__(self, directory):
        self.path, self.ended, self.slow = os.path.join(directory, "disk"), threading.Event(), []
        self.begun = time.monotonic()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        with open(self.path, "wb", buffering=0) as file:
            while not self.ended.wait(0.02):
                self.begun = time.monotonic()
                os.pwrite(file.fileno(), b"x" * 4096, 0)
                os.fdatasync(file.fileno())
                took = time.monotonic() - self.begun
                if took > 0.02:
                    self.slow.append((time.monotonic(), took))

    def slowest(self, now):
        """The longest that it took in the last two seconds, the write that is under way among them."""
        return max([now - self.begun, *(took for end, took in self.slow if end > now - 2)])

    def close(self):
        self.ended.set()
        self.thread.join()


class Load:
    """Clients of a running server until it is killed under them."""

    def __init__(self, client, bots, seed, label, threads):
        self.client, self.bots, self.seed, self.label = client, bots, seed, label
        self.chats, self.free, self.problems, self.killing = [], [], [], False
        self.lock, self.events, self.cancels = threading.Lock(), 0, 0
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()

    def guarded(self, action, *arguments):
        """Runs until the kill ends it; anything else that goes wrong is a problem."""
        try:
            return action(*arguments)
        except Refused as refusal:
            self.problems.append(f"refused without a reason: {refusal}")
        except LOST_CONNECTION as error:
            if not self.killing:
                self.problems.append(f"the connection broke before the kill: {error!r}")
        return None

    def work(self, number):
        choose = random.Random(f"{self.seed}/{number}")
        while not self.killing:
            self.guarded(self.one_chat, choose)

    def one_chat(self, choose):
        model = choose.choices(list(MODELS), list(MODELS.values()))[0]
        body = {
            "bot_id": self.bots[model], "user_id": "crash", "stream": choose.random() < 0.5,
            "additional_messages": [{"role": "user", "content": f"round {self.label}", "content_type": "text"}]}
        query = {}
        with self.lock:
            if self.free and choose.random() < 0.5:
                query["conversation_id"] = self.free.pop(choose.randrange(len(self.free)))
        # After so many events this client cancels, or loses interest.
        cancel_after = choose.randint(1, 25) if choose.random() < 0.25 else None
        leave_after = choose.randint(1, 40) if choose.random() < 0.25 else None
        if body["stream"]:
            events = Events(self.client, "POST", "/v3/chat", body, **query)
            chat = self.follow(events, None, choose, model, cancel_after, leave_after)
        else:
            path = "/v3/chat" + (f"?conversation_id={query['conversation_id']}" if query else "")
            chat = self.known(self.client.call("POST", path, body)["data"], model)
            self.attend(chat, choose, cancel_after, leave_after)
        if chat is not None and leave_after is None and not self.killing:
            with self.lock:
                self.free.append(chat.conversation)

    def known(self, data, model):
        chat = Chat(data, model, f"round {self.label}")
        with self.lock:
            self.chats.append(chat)
        return chat

    def follow(self, events, chat, choose, model, cancel_after=None, leave_after=None):
        """Reads a stream that has no numbers. Others read the log of the same chat."""
        others = []
        try:
            for number, event in enumerate(events, 1):
                if chat is None:
                    chat = self.known(event.data, model)
                    others = self.readers(chat, choose, choose.choice([0, 1, 2]))
                chat.live.append(event)
                self.events += 1
                if number == cancel_after:
                    self.cancel(chat)
                if number == leave_after:
                    break
        finally:
            events.close()
            for other in others:
                other.join()
        if chat.live[-1].name == "done" and chat.live[-2].name == WAITS:
            self.submit(chat, chat.live[-2].data, choose)
        return chat

    def readers(self, chat, choose, count):
        seeds = [choose.random() for _ in range(count)]
        threads = [threading.Thread(target=self.guarded, args=(self.attend, chat, random.Random(seed)))
                   for seed in seeds]
        for thread in threads:
            thread.start()
        return threads

    def attend(self, chat, choose, cancel_after=None, leave_after=None):
        """Reads the log of a chat, now and then over a new connection."""
        reader, count = Reader(), 0
        with self.lock:
            chat.readers.append(reader)
        while not self.killing:
            events = Events(self.client, "GET", f"/buckle/v1/chats/{chat.id}/events",
                            conversation_id=chat.conversation, after=reader.last)
            try:
                for event in events:
                    if event.name == "done":
                        return
                    reader.seen.append(event)
                    self.events += 1
                    count += 1
                    if count == cancel_after:
                        self.cancel(chat)
                    if count == leave_after:
                        return
                    if choose.random() < 0.03:
                        break
            finally:
                events.close()

    def cancel(self, chat):
        try:
            self.client.call("POST", "/v3/chat/cancel", {"conversation_id": chat.conversation, "chat_id": chat.id})
            chat.canceled = True
            self.cancels += 1
        except Refused as refusal:
            if refusal.code != 4104:
                raise

    def submit(self, chat, data, choose):
        if choose.random() < 0.3:
            return
        calls = data["required_action"]["submit_tool_outputs"]["tool_calls"]
        chat.submits += 1
        body = {"stream": True, "tool_outputs": [{"tool_call_id": one["id"], "output": "Sunny"} for one in calls]}
        events = Events(self.client, "POST", "/v3/chat/submit_tool_outputs", body, **chat.ids)
        self.follow(events, chat, choose, chat.model)


class Trial(crash.Trial):
    """One data directory through any number of kills."""

    def __init__(self, options, upstream):
        self.options, self.random = options, random.Random(options.seed)
        self.directory = tempfile.mkdtemp(prefix="buckle-crash-streams.")
        os.mkdir(os.path.join(self.directory, "data"))
        self.database = PostgresDatabase(options.database) if options.database else SQLiteFile(self.directory)
        self.server = Configured(binary(), os.path.join(self.directory, "data"), self.database.url)
        self.server.configure(upstream)
        self.chats, self.events, self.cancels, self.early, self.slowest = [], 0, 0, 0, 0.0
        self.usable, self.keep = True, False
        try:
            self.client_token = self.server.start().token("crash")
            self.make_bots()
        except BaseException:
            self.__exit__()
            raise

    def make_bots(self):
        client = self.server.client(self.client_token)
        self.bots = {}
        for model in MODELS:
            bot = client.call("POST", "/v1/bot/create", {
                "space_id": client.workspace(), "name": model, "model_info_config": {"model_id": model},
                "suggest_reply_info": {"reply_mode": "disable"}})["data"]["bot_id"]
            if model == "weather":
                client.call("PUT", f"/buckle/v1/bots/{bot}/tools", {"tools": [TOOL]})
            client.call("POST", "/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]})
            self.bots[model] = bot
        client.close()

    def load_and_kill(self, label):
        client = self.server.client(self.client_token)
        load = Load(client, self.bots, self.random.random(), label, self.options.threads)
        disk = Disk(self.directory)
        time.sleep(self.random.uniform(0.05, self.options.moment))
        if not self.server.running():
            load.problems.append(f"the server ended by itself:\n{self.server.said()[-2000:]}")
        load.killing = True
        self.killed = time.monotonic()
        self.server.kill()
        stall = disk.slowest(self.killed)
        self.slowest = max(self.slowest, stall)
        self.due = self.killed - stream_model.FLUSHED - stall
        disk.close()
        load.join()
        self.chats += load.chats
        self.events += load.events
        self.cancels += load.cancels
        return load

    def round(self, label, damage=None):
        load = self.load_and_kill(label)
        if damage is not None:
            damage(self)
        problems = load.problems + self.database.examine()
        try:
            self.start_again()
        except RuntimeError as error:
            self.usable = False
            return problems + [f"after the kill {error}"]
        return problems + self.look(load.chats, self.due)

    def look(self, chats, due):
        try:
            return self.differences(chats, due)
        except (Refused, *LOST_CONNECTION) as error:
            self.usable = self.server.running()
            return [f"the check after the kill broke off: {error!r}\n{self.server.said()[-2000:]}"]

    def differences(self, chats, due):
        problems = []
        running = self.running()
        if running:
            problems.append(f"{len(running)} chats still run after the start: {running[:5]}")
        client = self.server.client(self.client_token)
        with concurrent.futures.ThreadPoolExecutor(self.options.threads) as pool:
            for found in pool.map(lambda chat: stream_model.check(client, chat, due), chats):
                problems += found
        if not running:
            for chat in self.random.sample(chats, min(2, len(chats))):
                problems += self.check_free(client, chat)
        return problems

    def running(self):
        """The ids of chats without a terminal state, as they stand in the database."""
        statement = "SELECT id FROM chat WHERE status NOT IN ('completed', 'failed', 'canceled', 'requires_action')"
        if self.database.url:
            return self.database.psql(self.database.url, statement).split()
        database = sqlite3.connect(f"file:{self.database.path}?mode=ro", uri=True, timeout=30)
        try:
            return [row[0] for row in database.execute(statement)]
        finally:
            database.close()

    def check_free(self, client, chat):
        """Another chat may begin in the conversation, and the model is told of no turn that did not complete."""
        body = {"bot_id": self.bots["plain"], "user_id": "crash", "stream": True,
                "additional_messages": [{"role": "user", "content": "and now?", "content_type": "text"}]}
        events = Events(client, "POST", "/v3/chat", body, conversation_id=chat.conversation)
        try:
            names = [event.name for event in events]
        finally:
            events.close()
        if names[-2:] == ["conversation.chat.completed", "done"] and DELTA in names:
            return []
        return [f"after {chat} its conversation answers with {names}"]

    def final(self):
        """All chats of all rounds once more; nothing of them may have changed."""
        return self.look(self.chats, float("-inf"))


def run(options):
    started, failed, violations, number = time.monotonic(), 0, 0, 0
    with Upstream() as upstream, Trial(options, upstream) as trial:
        while number < options.kills and trial.usable:
            number += 1
            problems = trial.round(str(number))
            upstream.clear()
            if number == options.kills and trial.usable:
                problems += trial.final()
            if problems:
                print(f"kill {number}: {len(problems)} violations", flush=True)
                show(problems)
                failed, violations = failed + 1, violations + len(problems)
        trial.keep = failed > 0
    print(f"{number} kills under streams and {trial.early} during a start on "
          f"{'PostgreSQL' if options.database else 'SQLite'}, {len(trial.chats)} chats, {trial.cancels} canceled, "
          f"{trial.events} events seen, {violations} violations, {time.monotonic() - started:.0f} s, the disk took "
          f"{trial.slowest * 1000:.0f} ms at most, seed {options.seed}")
    print(f"crash_streams: {number - failed} passed, {failed} failed")
    return 1 if failed else 0


# What --self-test does to a database while the server is down. Each is something the check must notice.

def pick(trial, wanted):
    """A chat that fits, and the first of its events seen long ago that fits, with its number in the log."""
    fitting = []
    for chat in trial.chats:
        for reader in chat.readers:
            events = [event for event in reader.seen if event.at < trial.killed - 0.5 and wanted(chat, event)]
            if events:
                fitting.append((chat, events[0]))
    if not fitting:
        raise RuntimeError("the load made no chat to damage; give it more time with --moment")
    return trial.random.choice(fitting)


def is_over(chat):
    """Whether it was seen to end before the kill. The increments of others are in the journal, not yet in their log."""
    return any(event.name in stream_model.ENDS for event in chat.seen())


def event_of(chat, event):
    return f"chat_id = {chat.id} AND number = {event.number}"


def copy_of(chat, event, further):
    """The statement that writes an event once more, so many numbers further."""
    return ("INSERT INTO chat_event (chat_id, number, kind, message_id, data) "
            f"SELECT chat_id, number + {further}, kind, message_id, data FROM chat_event WHERE {event_of(chat, event)}")


def lose_an_increment(trial):
    found = pick(trial, lambda chat, event: event.is_delta and is_over(chat))
    trial.database.run(f"DELETE FROM chat_event WHERE {event_of(*found)}")


def lose_the_journal(trial):
    pick(trial, lambda chat, event: event.is_delta and not is_over(chat))
    trial.database.run("DELETE FROM chat_journal")


def lose_a_completion(trial):
    found = pick(trial, lambda _, event: event.name == stream_model.COMPLETED)
    trial.database.run(f"DELETE FROM chat_event WHERE {event_of(*found)}")


def change_an_increment(trial):
    found = pick(trial, lambda chat, event: event.is_delta and is_over(chat))
    trial.database.run(f"UPDATE chat_event SET data = replace(data, ' ', '_') WHERE {event_of(*found)}")


def insert_an_event(trial):
    chat, event = pick(trial, lambda chat, event: event.is_delta and is_over(chat))
    trial.database.run(
        f"UPDATE chat_event SET number = -number WHERE chat_id = {chat.id} AND number > {event.number}",
        f"UPDATE chat_event SET number = 1 - number WHERE chat_id = {chat.id} AND number < 0",
        copy_of(chat, event, 1))


def end_twice(trial):
    chat, event = pick(trial, lambda _, event: event.name in stream_model.ENDS)
    trial.database.run(copy_of(chat, event, 5))


def lose_a_chat(trial):
    chat, _ = pick(trial, lambda *_: True)
    trial.database.run(f"DELETE FROM chat_event WHERE chat_id = {chat.id}", f"DELETE FROM chat WHERE id = {chat.id}")


def lose_an_answer(trial):
    chat, _ = pick(trial, lambda _, event: event.name == stream_model.COMPLETED and event.data["type"] == "answer")
    trial.database.run(f"DELETE FROM message WHERE chat_id = {chat.id} AND type = 'answer'")


def complete_what_was_canceled(trial):
    chat, _ = pick(trial, lambda _, event: event.name == "conversation.chat.canceled")
    trial.database.run(f"UPDATE chat SET status = 'completed' WHERE id = {chat.id}")


def leave_one_running(trial):
    """After the start: no server that works does this."""
    start = trial.start_again

    def start_and_damage():
        start()
        chat, _ = pick(trial, lambda _, event: event.name in stream_model.ENDS)
        trial.database.run(f"UPDATE chat SET status = 'in_progress' WHERE id = {chat.id}")

    trial.start_again = start_and_damage


def lose_a_partial_answer(trial):
    """After the start, which is what makes it a message."""
    start = trial.start_again

    def start_and_damage():
        start()
        chat, _ = pick(trial, lambda chat, event: event.is_delta and not is_over(chat))
        trial.database.run(f"DELETE FROM message WHERE chat_id = {chat.id} AND type = 'answer'")

    trial.start_again = start_and_damage


def self_test(options):
    damages = [
        lose_an_increment, lose_the_journal, lose_a_completion, change_an_increment, insert_an_event, end_twice,
        lose_a_chat, lose_an_answer, complete_what_was_canceled, leave_one_running, lose_a_partial_answer,
    ]
    failed = 0
    with Upstream() as upstream:
        for damage in [None, *damages]:
            with Trial(options, upstream) as trial:
                # A load of its full length, so that there is something to lose.
                trial.random.uniform = lambda low, high: high
                problems = trial.round("1", damage)
            # What is noticed without any damage would hide what is not noticed of it.
            failed += bool(problems) != bool(damage)
            what = damage.__name__.replace("_", " ") if damage else "no damage"
            print(f"{what}: {problems[0] if problems else 'nothing is noticed'}"[:300], flush=True)
    print(f"damage: {1 + len(damages) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=200, help="kills under streams (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="makes the same kills again")
    parser.add_argument("--threads", type=int, default=12, help="clients that start chats (default: %(default)s)")
    parser.add_argument("--moment", type=float, default=2.5, help="the latest kill, in seconds (default: %(default)s)")
    parser.add_argument("--database", help="a PostgreSQL server to make databases on, instead of SQLite")
    parser.add_argument("--self-test", action="store_true", help="damage the data, and expect that to be noticed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return self_test(options) if options.self_test else run(options)
    except RuntimeError as error:
        return f"crash_streams: {error}"


if __name__ == "__main__":
    sys.exit(main())
