#!/usr/bin/env python3
"""Kills the server again and again under load, and checks each time that nothing it has acknowledged is lost.

    scripts/crash.py [--kills 50] [--seed N] [--database postgres://…]     the test
    scripts/crash.py --self-test [--database postgres://…]                 does the test notice damage?

Each round starts a load of conversation creations, renames, message creations and deletions on several connections,
sends SIGKILL at a random moment, examines the database file, starts the server again on the same data, and compares
what it serves with what was acknowledged (scripts/crash_model.py says what that means). The last round compares
everything. SIGKILL takes the process, not the machine: that a commit is on the disk is proved by other tests.
"""
import argparse
import concurrent.futures
import http.client
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import crash_model
from crash_model import Conversation, Message, Write
from running import Refused, Server, binary

LOST_CONNECTION = (OSError, http.client.HTTPException)
ACTIONS = {"create": 25, "rename": 35, "say": 25, "unsay": 10, "delete": 5}


class Load:
    """Writers on a running server until it is killed under them."""

    def __init__(self, client, bot, live, seed, label):
        self.client, self.bot, self.live, self.seed, self.label = client, bot, live, seed, label
        self.created, self.touched, self.acknowledged, self.problems = [], set(), 0, []
        self.killing = False
        self.counter, self.lock = 0, threading.Lock()

    def start(self, threads):
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()

    def unique(self, what):
        with self.lock:
            self.counter += 1
            return f"{what} {self.label}.{self.counter}"

    def work(self, number):
        choose = random.Random(f"{self.seed}/{number}")
        while not self.killing:
            action = choose.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            try:
                getattr(self, action)(choose)
            except Refused as refusal:
                self.problems.append(f"refused without a reason: {refusal}")
            except LOST_CONNECTION as error:
                if not self.killing:
                    self.problems.append(f"the connection broke before the kill: {error!r}")
                return

    def done(self, write, reply=None):
        write.acknowledge(reply)
        with self.lock:
            self.acknowledged += 1

    def target(self, choose):
        """A conversation to change: mostly one of the newest, so that writers meet."""
        if not self.live:
            return None
        recent = self.live[-100:] if choose.random() < 0.9 else self.live
        conversation = choose.choice(recent)
        self.touched.add(conversation)
        return conversation

    def create(self, choose):
        messages = [
            {"role": choose.choice(["user", "assistant"]), "content": self.unique("first"), "content_type": "text"}
            for _ in range(choose.choice([0, 0, 1, 3, 8]))
        ]
        conversation = Conversation(self.bot, self.unique("made"), {"round": self.label}, messages)
        self.created.append(conversation)
        reply = self.client.call("POST", "/v1/conversation/create", {
            "bot_id": self.bot, "name": conversation.created.value, "meta_data": conversation.meta_data,
            "messages": messages,
        })["data"]
        conversation.adopt(reply)
        self.done(conversation.created, reply["updated_at"])
        self.live.append(conversation)

    def attempt(self, writes, write, excuses, call):
        """Makes a write, or takes it back when the server refuses it because of a deletion under way."""
        writes.append(write)
        try:
            return call()
        except Refused as refusal:
            writes.remove(write)
            if refusal.code in (4002, 4005) and any(crash_model.attempted(deletes) for deletes in excuses):
                return None
            raise

    def rename(self, choose):
        conversation = self.target(choose)
        if conversation is None:
            return
        write = Write(self.unique("named"))
        reply = self.attempt(conversation.names, write, [conversation.deletes], lambda: self.client.call(
            "PUT", f"/v1/conversations/{conversation.id}", {"name": write.value}))
        if reply is not None:
            if reply["data"]["name"] != write.value:
                self.problems.append(f"{conversation} answered {reply['data']['name']!r} to {write.value!r}")
            self.done(write, reply["data"]["updated_at"])

    def say(self, choose):
        conversation = self.target(choose)
        if conversation is None:
            return
        conversation.only_renamed = False
        content = self.unique("said")
        message = Message(choose.choice(["user", "assistant"]), content, Write())
        conversation.messages[content] = message
        body = {"role": message.role, "content": content, "content_type": "text"}
        reply = self.attempt([], message.written, [conversation.deletes], lambda: self.client.call(
            "POST", f"/v1/conversation/message/create?conversation_id={conversation.id}", body))
        if reply is None:
            del conversation.messages[content]
        else:
            message.id = reply["data"]["id"]
            self.done(message.written)

    def unsay(self, choose):
        conversation = self.target(choose)
        messages = [] if conversation is None else [one for one in list(conversation.messages.values()) if one.id]
        if not messages:
            return
        conversation.only_renamed = False
        message, write = choose.choice(messages), Write()
        path = f"/v1/conversation/message/delete?conversation_id={conversation.id}&message_id={message.id}"
        reply = self.attempt(message.deletes, write, [conversation.deletes, message.deletes],
                             lambda: self.client.call("POST", path))
        if reply is not None:
            self.done(write)

    def delete(self, choose):
        conversation = self.target(choose)
        if conversation is None:
            return
        write = Write()
        reply = self.attempt(conversation.deletes, write, [conversation.deletes], lambda: self.client.call(
            "DELETE", f"/v1/conversations/{conversation.id}"))
        if reply is not None:
            self.done(write)
            with self.lock:
                if conversation in self.live:
                    self.live.remove(conversation)


class SQLiteFile:
    """The embedded database, looked at while no server has it open."""

    url = None

    def __init__(self, directory):
        self.path = os.path.join(directory, "data", "buckle.db")

    def examine(self):
        """Opens a copy, so that recovering the original after the kill is left to the server."""
        problems = []
        with tempfile.TemporaryDirectory() as directory:
            for suffix in ("", "-wal"):
                if os.path.exists(self.path + suffix):
                    shutil.copy(self.path + suffix, os.path.join(directory, "copy" + suffix))
            database = sqlite3.connect(os.path.join(directory, "copy"))
            try:
                problems += [f"integrity_check: {row[0]}" for row in database.execute("PRAGMA integrity_check")
                             if row[0] != "ok"]
                problems += [f"foreign_key_check: {row}" for row in database.execute("PRAGMA foreign_key_check")]
                for (table,) in database.execute(
                        # An index for search keeps no rows that could be read; PRAGMA integrity_check has seen to it.
                        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
                ).fetchall():
                    for _ in database.execute(f'SELECT * FROM "{table}"'):
                        pass
            except sqlite3.DatabaseError as error:
                problems.append(f"the database file: {error}")
            finally:
                database.close()
        return problems

    def run(self, *statements):
        database = sqlite3.connect(self.path)
        with database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def drop(self):
        pass


class PostgresDatabase:
    """A database of its own on a PostgreSQL server, which is not killed."""

    made = 0

    def __init__(self, server):
        PostgresDatabase.made += 1
        self.server, self.name = server, f"crash_{os.getpid()}_{PostgresDatabase.made}"
        self.psql(server, f"CREATE DATABASE {self.name}")
        self.url = urllib.parse.urlsplit(server)._replace(path="/" + self.name).geturl()

    @staticmethod
    def psql(url, *statements):
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", url], input=";\n".join(statements) + ";",
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout.strip()

    def examine(self):
        """Waits for the server processes that the kill has orphaned: they may be about to commit."""
        deadline = time.monotonic() + 30
        others = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                  "AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
        while self.psql(self.url, others) != "0":
            if time.monotonic() > deadline:
                return ["connections of the killed server are still there after 30 s"]
            time.sleep(0.02)
        return []

    def run(self, *statements):
        self.psql(self.url, "SET session_replication_role = replica", *statements)

    def drop(self):
        self.psql(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Trial:
    """One data directory through any number of kills."""

    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.directory = tempfile.mkdtemp(prefix="buckle-crash.")
        os.mkdir(os.path.join(self.directory, "data"))
        self.database = PostgresDatabase(options.database) if options.database else SQLiteFile(self.directory)
        self.server = Server(binary(), os.path.join(self.directory, "data"), self.database.url)
        self.conversations, self.live, self.acknowledged, self.early = [], [], 0, 0
        # Whether the server came up after the last kill, and whether the data is to be looked at afterwards.
        self.usable, self.keep = True, False
        try:
            self.client_token = self.server.start().token("crash")
        except BaseException:
            self.__exit__()
            raise

    def load_and_kill(self, label):
        """Everything up to the kill: what the load has to complain about, and which conversations it touched."""
        client = self.server.client(self.client_token)
        load = Load(client, client.bot(f"round {label}"), self.live, self.random.random(), label)
        load.start(self.options.threads)
        time.sleep(self.random.uniform(0.02, self.options.moment))
        if not self.server.running():
            load.problems.append(f"the server ended by itself:\n{self.server.said()[-2000:]}")
        load.killing = True
        self.server.kill()
        self.killed = time.time()
        load.join()
        self.conversations += load.created
        self.acknowledged += load.acknowledged
        return load

    def start_again(self):
        """Starts the server on what the kill has left, now and then with one more kill before it is ready."""
        if self.random.random() < 0.2:
            self.server.spawn()
            time.sleep(self.random.uniform(0, 0.3))
            self.server.kill()
            self.early += 1
            self.database.examine()
        self.server.start()

    def compare(self, bots, conversations):
        try:
            return self.differences(bots, conversations)
        except (Refused, *LOST_CONNECTION) as error:
            self.usable = self.server.running()
            return [f"the check after the kill broke off: {error!r}\n{self.server.said()[-2000:]}"]

    def differences(self, bots, conversations):
        client = self.server.client(self.client_token)
        problems = []
        for bot in bots:
            problems += crash_model.check_listing(client, bot, [one for one in self.conversations if one.bot == bot])
        conversations = [one for one in conversations if one.id is not None]
        with concurrent.futures.ThreadPoolExecutor(self.options.threads) as pool:
            for found in pool.map(lambda one: crash_model.check(client, one, self.killed), conversations):
                problems += found
        self.live[:] = [one for one in self.conversations if not one.gone]
        return problems

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
        return problems + self.compare([load.bot], set(load.created) | load.touched)

    def final(self):
        return self.compare(sorted({one.bot for one in self.conversations}), self.conversations)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.kill()
        self.database.drop()
        if self.keep:
            print(f"The data is kept in {self.directory}")
        else:
            shutil.rmtree(self.directory)


def show(problems, limit=10):
    for problem in problems[:limit]:
        print(f"    {problem}", flush=True)
    if len(problems) > limit:
        print(f"    and {len(problems) - limit} more", flush=True)


def crash(options):
    started, failed, violations, number = time.monotonic(), 0, 0, 0
    with Trial(options) as trial:
        while number < options.kills and trial.usable:
            number += 1
            problems = trial.round(str(number))
            if number == options.kills and trial.usable:
                problems += trial.final()
            if problems:
                print(f"kill {number}: {len(problems)} violations", flush=True)
                show(problems)
                failed, violations = failed + 1, violations + len(problems)
        trial.keep = failed > 0
    print(f"{number} kills under load and {trial.early} during a start on "
          f"{'PostgreSQL' if options.database else 'SQLite'}, {trial.acknowledged} acknowledged writes, "
          f"{violations} violations, {time.monotonic() - started:.0f} s, seed {options.seed}")
    print(f"crash: {number - failed} passed, {failed} failed")
    return 1 if failed else 0


# What --self-test does to a database while the server is down. Each is something the check must notice.

def pick(trial, wanted):
    """A conversation that is surely there and fits."""
    fitting = [one for one in trial.conversations if one.created.acknowledged and not one.deletes and wanted(one)]
    if not fitting:
        raise RuntimeError("the load made no conversation to damage; give it more time with --moment")
    return trial.random.choice(fitting)


def whole(conversation):
    """Whether it was created with messages, and none of its messages is in doubt."""
    messages = conversation.messages.values()
    return any(one.written is conversation.created for one in messages) and not any(
        one.deletes or not one.written.acknowledged for one in messages)


def lose_a_message(trial):
    delete_first_message(trial, pick(trial, whole))


def delete_first_message(trial, conversation):
    trial.database.run("DELETE FROM message WHERE id = "
                       f"(SELECT min(id) FROM message WHERE conversation_id = {conversation.id})")


def lose_a_rename(trial):
    conversation = pick(trial, lambda one: one.created not in crash_model.possible(one.names))
    trial.database.run(
        f"UPDATE conversation SET name = '{conversation.created.value}' WHERE id = {conversation.id}")


def lose_a_conversation(trial):
    conversation = pick(trial, lambda one: True)
    trial.database.run(f"DELETE FROM message WHERE conversation_id = {conversation.id}",
                       f"DELETE FROM conversation WHERE id = {conversation.id}")


def lose_a_deletion(trial):
    deletion = Write()
    deletion.acknowledge()
    pick(trial, lambda one: True).deletes.append(deletion)


def lose_half_a_creation(trial):
    conversation = pick(trial, whole)
    delete_first_message(trial, conversation)
    trial.database.run(f"UPDATE conversation SET name = '{conversation.created.value}' WHERE id = {conversation.id}")
    # As if its creation had never been answered.
    conversation.id, conversation.created.end, conversation.names = None, float("inf"), [conversation.created]


def self_test(options):
    failed, damages = 0, [lose_a_message, lose_a_rename, lose_a_conversation, lose_a_deletion, lose_half_a_creation]
    for damage in damages:
        with Trial(options) as trial:
            # A load of its full length, so that there is something to lose.
            trial.random.uniform = lambda low, high: high
            problems = trial.round("1", damage)
        what = damage.__name__.replace("_", " ")
        if len(problems) == 0:
            failed += 1
        print(f"{what}: {problems[0] if problems else 'NOT NOTICED'}", flush=True)
    print(f"damage: {len(damages) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="kills under load (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="makes the same kills again")
    parser.add_argument("--threads", type=int, default=8, help="writers (default: %(default)s)")
    parser.add_argument("--moment", type=float, default=1.5, help="the latest kill, in seconds (default: %(default)s)")
    parser.add_argument("--database", help="a PostgreSQL server to make databases on, instead of SQLite")
    parser.add_argument("--self-test", action="store_true", help="damage the data, and expect that to be noticed")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        return self_test(options) if options.self_test else crash(options)
    except RuntimeError as error:
        return f"crash: {error}"


if __name__ == "__main__":
    sys.exit(main())
