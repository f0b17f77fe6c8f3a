"""A server under measurement with its conversations: how they get there, and whether its answers are real."""
import concurrent.futures
import json
import math
import os
import random
import sqlite3
import subprocess
import threading
import time

import wrk
from running import Server

# wrk keeps the ids in memory. This many, taken at random, still touch nearly every page of a table of a million.
MOST_IDS = 100_000
WITH_PYTHON = 5_000


class Subject:
    """One server, one data directory, one bot with `count` conversations of the token's owner."""

    def __init__(self, binary, directory, count, database=None):
        os.makedirs(os.path.join(directory, "data"))
        self.database, self.count = database, count
        self.path = os.path.join(directory, "data", "buckle.db")
        self.ids_path = os.path.join(directory, "ids")
        self.server = Server(binary, os.path.join(directory, "data"), database).start()
        self.token = self.server.token("bench")
        self.client = self.server.client(self.token)
        self.bot = self.client.bot("bench")
        self.marks = 0

    @property
    def url(self):
        return f"http://{self.server.host}:{self.server.port}"

    def query(self, statement):
        """Rows of the database, read beside the running server."""
        if self.database:
            done = subprocess.run(["psql", "-XqAt", self.database, "-c", statement], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"psql: {done.stderr}")
            return [line.split("|") for line in done.stdout.splitlines()]
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(statement).fetchall()
        finally:
            database.close()

    def fill(self):
        """Creates the conversations through the API, and puts their ids where wrk reads them."""
        def create(number):
            self.client.call("POST", "/v1/conversation/create",
                             {"bot_id": self.bot, "name": f"Conversation {number}"})

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in pool.map(create, range(min(self.count, WITH_PYTHON))):
                pass
        started, seconds = time.monotonic(), 5
        while (made := self.made()) < self.count:
            result = wrk.drive("create", self.url, seconds, self.token, mark=self.bot)
            self.require(result, "create")
            left, rate = self.count - made - result["requests"], result["rate"]
            print(f"  {self.count - max(left, 0):,} of {self.count:,} conversations, {rate:,.0f}/s, "
                  f"{time.monotonic() - started:.0f} s", flush=True)
            seconds = max(1, min(30, math.ceil(left / rate)))
        self.client.close()
        ids = [str(row[0]) for row in self.query("SELECT id FROM conversation")]
        self.ids = ids if len(ids) <= MOST_IDS else random.sample(ids, MOST_IDS)
        with open(self.ids_path, "w") as file:
            file.write("\n".join(self.ids) + "\n")

    def made(self):
        return int(self.query("SELECT count(*) FROM conversation")[0][0])

    def sample(self, load, mark):
        """Makes one request of a load's kind, insists on a right answer, and tells the bytes of the whole reply."""
        id = random.choice(self.ids)
        method, path, body = {
            "rename": ("PUT", f"/v1/conversations/{id}", {"name": f"{mark} 0.{random.randrange(10_000, 100_000)}"}),
            "retrieve": ("GET", f"/v1/conversation/retrieve?conversation_id={id}", None),
            "list": ("GET", f"/v1/conversations?bot_id={self.bot}&page_num={random.randint(1, 5)}&page_size=20", None),
        }[load]
        connection = self.client.connection()
        connection.request(method, path, None if body is None else json.dumps(body).encode(), self.client.headers)
        reply = connection.getresponse()
        text = reply.read()
        data = json.loads(text)
        right = reply.status == 200 and data.get("code") == 0 and (
            len(data["data"]["conversations"]) == 20 if load == "list" else
            data["data"]["id"] == id and (body is None or data["data"]["name"] == body["name"]))
        if not right:
            raise RuntimeError(f"{method} {path}: HTTP {reply.status} {text[:300]!r}")
        return len("HTTP/1.1 200 OK\r\n\r\n") + len(text) + sum(
            len(name) + len(value) + 4 for name, value in reply.getheaders())

    def samples(self, load, mark):
        sizes = [self.sample(load, mark) for _ in range(20)]
        # The server closes a connection that was idle for long, so none is kept over a run.
        self.client.close()
        return sizes

    def require(self, result, load):
        if result["not_2xx"] or result["socket_errors"]:
            raise RuntimeError(f"{load}: {result['not_2xx']} replies are not 2xx, {result['socket_errors']} socket "
                               "errors")

    def measure(self, load, seconds):
        """One run of a load, with the server's CPU time and its greatest memory; fails unless its answers are real."""
        self.marks += 1
        mark = f"mark {self.marks:03d}"
        sizes = self.samples(load, mark)
        with Memory(self.server) as memory:
            before = self.server.cpu_seconds()
            result = wrk.drive(load, self.url, seconds, self.token, self.ids_path,
                               self.bot if load == "list" else mark)
            result["cpu_us"] = (self.server.cpu_seconds() - before) / result["requests"] * 1e6
        result["rss_mb"] = memory.greatest
        self.require(result, load)
        # A refusal is shorter than a conversation. wrk looks into no reply, but it counts all their bytes.
        mean, expected = result["bytes"] / result["requests"], sum(sizes) / len(sizes)
        if not 0.9 < mean / expected < 1.1:
            raise RuntimeError(f"{load}: a reply has {mean:.0f} bytes on average, but right ones have {expected:.0f}")
        if load == "rename":
            self.require_names(mark, result["requests"])
        self.samples(load, mark)
        return result

    def require_names(self, mark, renames):
        """The names must stand in the database, as many as that many renames of random ones leave."""
        rows = self.query(f"SELECT id, name FROM conversation WHERE name LIKE '{mark} %'")
        expected = len(self.ids) * -math.expm1(-renames / len(self.ids))
        if len(rows) < 0.97 * expected:
            raise RuntimeError(f"after {renames} renames {len(rows)} conversations have a new name, not {expected:.0f}")
        # The last requests of the run may still be under way, so a name may have been followed by one of the same mark.
        for id, _ in random.sample(rows, 20):
            name = self.client.call("GET", f"/v1/conversation/retrieve?conversation_id={id}")["data"]["name"]
            if not name.startswith(f"{mark} "):
                raise RuntimeError(f"conversation {id} has a new name in the database, and is named {name!r} outside")
        self.client.close()

    def restart(self):
        self.client.close()
        self.server.stop()
        self.server.start()
        self.client = self.server.client(self.token)

    def idle_memory(self):
        """Resident memory in MB of a server that was just started and has served nothing."""
        self.restart()
        time.sleep(1)
        return self.server.status("VmRSS")

    def first_answers(self, count=10):
        """Milliseconds from the start of the process to its first answer from the database, for each start."""
        self.client.close()
        self.server.stop()
        times = []
        for _ in range(count):
            port = wrk.free_port()
            started = time.perf_counter()
            self.server.spawn(port)
            while not self.answered(port):
                if not self.server.running() or time.perf_counter() - started > 60:
                    raise RuntimeError(f"the server does not start:\n{self.server.said()}")
                time.sleep(0.001)
            times.append((time.perf_counter() - started) * 1000)
            self.server.stop()
        self.server.start()
        self.client = self.server.client(self.token)
        return times

    def answered(self, port):
        self.client = self.server.client(self.token)
        try:
            self.client.call("GET", f"/v1/conversation/retrieve?conversation_id={self.ids[0]}")
        except ConnectionError:
            return False
        finally:
            self.client.close()
        return True

    def stop(self):
        self.server.kill()


class Memory:
    """The greatest resident memory of a server while something runs, in MB."""

    def __init__(self, server):
        self.server, self.greatest, self.ended = server, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def watch(self):
        while not self.ended.wait(0.1):
            self.greatest = max(self.greatest, self.server.status("VmRSS"))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
