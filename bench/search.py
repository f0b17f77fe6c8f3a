#!/usr/bin/env python3
"""Measures full-text search over a million messages: how long the index takes to be made, and how long a search takes.

    bench/search.py [--messages 1000000] [--requests 100] [--no-sqlite] [--no-postgres] [--json FILE]

The messages, half English and half Chinese, are put straight into the database of a stopped server, which then indexes
them. Searches go over HTTP, one after the other, as a person's would. It ends with status 1 if a search finds what it
must not find, or does not find what it must.
"""
import argparse
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "scripts"))

from running import Server, binary  # noqa: E402

GOAL = 50
"""Milliseconds within which 95 of 100 searches should be answered."""
SYLLABLES = [a + b for a in "b c d f g k l m n p r s t v w".split() for b in "a e i o u ai en or ist".split()]
RARE, PHRASE, FORECAST = "zyzzyva", "quick brown fox", "天气预报"
QUERIES = {
    "rare word": [RARE],
    "word in half of all": ["server"],
    "beginning of a word": ["serv", "se", "s"],
    "two words": ["server bai", "client cen de"],
    "phrase": [f'"{PHRASE}"'],
    "Chinese, 1 character": ["的", "天", "龙"],
    "Chinese, 2 characters": ["天气", "的龙", "龙的"],
    "Chinese, 4 characters": [FORECAST],
    "no hit": ["qwxzvk", "龘", "server qwxzvk", "预天报气"],
    "worst: halves that never meet": ["server client"],
}
WORST = "worst: halves that never meet"
"""Two words in half of all messages each, and in none together: no index helps. It does not count for the goal."""
COLUMNS = {
    "conversation": "id, owner_id, bot_id, connector_id, name, meta_data, last_section_id, created_at, updated_at",
    "message": "id, conversation_id, section_id, bot_id, chat_id, role, type, content_type, content, "
               "reasoning_content, meta_data, created_at, updated_at",
}
FOUND = {"rare word": (RARE,), "phrase": (PHRASE,), "Chinese, 4 characters": (FORECAST,)}
"""Kinds of searches whose every hit must hold a text."""
EMPTY = ["no hit", WORST]


def say(text=""):
    print(text, flush=True)


def weights(count, power):
    return list(itertools.accumulate((rank + 3) ** -power for rank in range(count)))


class Texts:
    """Made-up messages whose words are as unevenly frequent as those of real ones."""

    def __init__(self, count):
        self.count, self.random = count, random.Random(7)
        self.words = ["".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4))) for _ in range(40_000)]
        self.word_weights = weights(len(self.words), 1.0)
        signs = [chr(code) for code in range(0x4E00, 0x4E00 + 6_000) if chr(code) not in "的天气预报龙龘"]
        self.random.shuffle(signs)
        self.signs = ["的", *signs[:40], "天", "气", *signs[40:300], "预", "报", "龙", *signs[300:4_000]]
        self.sign_weights = weights(len(self.signs), 0.9)

    def message(self, number):
        # Half of all messages have the one word, half the other, and so do those of either language.
        half = "server" if number // 2 % 2 else "client"
        if number % 2:
            words = self.random.choices(self.words, cum_weights=self.word_weights, k=self.random.randint(8, 30))
            text = half + " " + " ".join(words)
        else:
            signs = self.random.choices(self.signs, cum_weights=self.sign_weights, k=self.random.randint(20, 90))
            text = "".join(signs) + "，" + half
        for share, addition in ((20, " " + RARE), (200, " Quick  brown fox"), (1_000, FORECAST)):
            step = self.count // share
            if number % step == share % step:
                text += addition
        return text


class Subject:
    """A server with its messages, on SQLite or PostgreSQL."""

    def __init__(self, program, directory, options, database=None):
        self.options, self.database = options, database
        self.data = os.path.join(directory, "data")
        os.makedirs(self.data)
        self.server = Server(program, self.data, database).start()
        self.token = self.server.token("bench")

    def query(self, statement):
        """One number from the database."""
        if self.database:
            done = subprocess.run(
                ["psql", "-XqAt", self.database, "-c", statement], capture_output=True, text=True, check=True)
            return int(done.stdout)
        database = sqlite3.connect(f"file:{self.data}/buckle.db?mode=ro", uri=True, timeout=30)
        try:
            return int(database.execute(statement).fetchone()[0])
        finally:
            database.close()

    def rows(self):
        """Conversations and messages, spread over the last year in the order of their ids."""
        texts, second = Texts(self.options.messages), int(time.time()) - 365 * 86_400
        step = 365 * 86_400 / self.options.messages
        per = max(1, self.options.messages // self.options.conversations)
        conversations, messages = [], []
        for number in range(self.options.messages):
            made = second + int(number * step)
            id = (made << 32) + ((number % 500) << 13)
            if number % per == 0:
                conversation = id
                conversations.append((conversation, f"Talk {number // per} {texts.words[number % 40_000]}", made))
            messages.append((
                id + 4096, conversation, "user" if number % 2 else "assistant",
                "question" if number % 2 else "answer", texts.message(number), made))
            if len(messages) == 20_000:
                yield conversations, messages
                conversations, messages = [], []
        yield conversations, messages

    def fill(self):
        """Puts the messages into the database while no server runs, and times the indexing by the next one."""
        owner = self.query("SELECT MIN(id) FROM account")
        self.server.stop()
        started = time.monotonic()
        fill = self.fill_postgres if self.database else self.fill_sqlite
        for conversations, messages in self.rows():
            fill(
                [(id, owner, None, "1024", name, "{}", id, made, made) for id, name, made in conversations],
                [(id, conversation, conversation, None, None, role, type, "text", text, None, "{}", made, made)
                 for id, conversation, role, type, text, made in messages])
        say(f"  {self.options.messages:,} messages put in, {time.monotonic() - started:.0f} s")
        self.server.start()
        started = shown = time.monotonic()
        while left := self.query("SELECT COUNT(*) FROM search_queue"):
            time.sleep(0.5)
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                say(f"  {left:,} wait to be indexed, {shown - started:.0f} s")
        return time.monotonic() - started

    def fill_sqlite(self, conversations, messages):
        database = sqlite3.connect(f"{self.data}/buckle.db", isolation_level=None)
        database.execute("BEGIN")
        for table, rows in (("conversation", conversations), ("message", messages)):
            if rows:
                marks = ",".join("?" * len(rows[0]))
                database.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({marks})", rows)
        database.execute("COMMIT")
        database.close()

    def fill_postgres(self, conversations, messages):
        def field(value):
            return "\\N" if value is None else str(value).replace("\\", "\\\\")

        for table, rows in (("conversation", conversations), ("message", messages)):
            text = "".join("\t".join(map(field, row)) + "\n" for row in rows)
            subprocess.run(
                ["psql", "-Xq", self.database, "-c", f"COPY {table} ({COLUMNS[table]}) FROM STDIN"],
                input=text.encode(), check=True)

    def size(self):
        """Megabytes of the database."""
        if self.database:
            return self.query("SELECT pg_database_size(current_database())") / 1e6
        return os.path.getsize(os.path.join(self.data, "buckle.db")) / 1e6

    def search(self, query, cursor=""):
        path = "/buckle/v1/conversations/search?" + urllib.parse.urlencode({"query": query, "cursor": cursor})
        started = time.perf_counter()
        data = self.client.call("GET", path)["data"]
        return (time.perf_counter() - started) * 1_000, data

    def measure(self):
        """Times of each kind of search, the first page and the one after it in turn."""
        self.client = self.server.client(self.token)
        times = {kind: [] for kind in QUERIES}
        hits = {}
        for kind, queries in QUERIES.items():
            for number in range(self.options.requests):
                query = queries[number % len(queries)]
                spent, data = self.search(query)
                times[kind].append(spent)
                hits[kind] = max(hits.get(kind, 0), len(data["items"]))
                self.check(kind, data)
                if data["has_more"]:
                    times[kind].append(self.search(query, data["next_cursor"])[0])
        self.client.close()
        return times, hits

    @staticmethod
    def check(kind, data):
        if kind in EMPTY and data["items"]:
            raise RuntimeError(f"{kind}: found {data['items'][0]['snippet']!r}")
        if kind not in EMPTY and not data["items"]:
            raise RuntimeError(f"{kind}: found nothing")
        for item in data["items"]:
            snippet = " ".join(item["snippet"].lower().split())
            if any(text not in snippet for text in FOUND.get(kind, ())):
                raise RuntimeError(f"{kind}: found {snippet!r}")


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def report(title, subject, options):
    say(f"{title}: {options.messages:,} messages in {options.conversations:,} conversations")
    seconds = subject.fill()
    size = subject.size()
    say(f"  indexed in {seconds:.0f} s, {options.messages / seconds:,.0f}/s; the database has {size:,.0f} MB")
    times, hits = subject.measure()
    say()
    say(f"{title:34}{'p50 ms':>9}{'p95 ms':>9}{'max ms':>9}{'hits':>6}")
    everything = [spent for kind, all in times.items() if kind != WORST for spent in all]
    for kind, spent in [*times.items(), ("all but the worst", everything)]:
        say(f"{kind:34}{statistics.median(spent):9.1f}{percentile(spent, 0.95):9.1f}{max(spent):9.1f}"
            f"{hits.get(kind, ''):>6}")
    p95 = percentile(everything, 0.95)
    say(f"{'goal for p95 of these':34}{GOAL:18} ms   {'pass' if p95 <= GOAL else 'SHORT'}")
    say()
    return {"seconds to index": seconds, "megabytes": size, "p95": p95, "times": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=100, help="of each kind (default: 100)")
    parser.add_argument("--no-sqlite", action="store_true", help="leave SQLite out")
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--json", metavar="FILE", help="save every figure")
    parser.add_argument("--strict", action="store_true", help="end with status 1 when the goal is missed")
    parser.add_argument("--directory", default="/var/tmp", help="where the data lies (default: /var/tmp)")
    options = parser.parse_args()
    if options.messages < 1_000 or options.conversations < 1:
        parser.error("at least 1000 messages and one conversation are needed")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))

    directory = tempfile.mkdtemp(prefix="buckle-search.", dir=options.directory)
    postgres, cluster = os.path.join(ROOT, "scripts", "postgres"), None
    results, subjects = {}, []
    try:
        if not options.no_sqlite:
            subjects.append(Subject(binary("release"), os.path.join(directory, "sqlite"), options))
            results["SQLite"] = report("SQLite", subjects[-1], options)
        if not options.no_postgres:
            cluster = tempfile.mkdtemp(prefix="buckle-search-postgres.", dir=options.directory)
            started = subprocess.run([postgres, "start", cluster], stdout=subprocess.PIPE, text=True)
            if started.returncode != 0:
                raise RuntimeError("PostgreSQL does not start")
            subjects.append(
                Subject(binary("release"), os.path.join(directory, "postgres"), options, started.stdout.strip()))
            results["PostgreSQL"] = report("PostgreSQL", subjects[-1], options)
    except (RuntimeError, OSError, http.client.HTTPException, subprocess.CalledProcessError) as error:
        say(f"search: {error!r}" if isinstance(error, OSError) else f"search: {error}")
        return 1
    finally:
        for subject in subjects:
            subject.server.stop()
        if cluster:
            subprocess.run([postgres, "stop", cluster])
        shutil.rmtree(directory, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"messages": options.messages, "cores": os.cpu_count(), "results": results}, file, indent=2)
            file.write("\n")
    missed = [name for name, result in results.items() if result["p95"] > GOAL]
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
