#!/usr/bin/env python3
"""Measures streamed chats of a release build: what the server adds to the model's own time, and what it costs.

    bench/streams.py [--rounds 3] [--database postgres] [--json FILE]

The model is a process of ours (stream_upstream.py) that says 50 tokens at 20 a second, the first at once. Loads take
turns: straight to the model, then through the server, with 200 and with 1,000 streams that begin within one second, each
in a conversation of its own. What the server adds is the difference within a round; printed is the median of the rounds.
After them come the memory of 5,000 open streams, the time from a cancel to the end of the model's connection, and the
memory that a file of 512 MB takes on its way in. Every answer is checked; with 1,000 streams wrong ones are counted,
elsewhere one ends the run with status 1.
"""
import argparse
import gc
import http.client
import json
import os
import platform
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "scripts"))

import stream_load  # noqa: E402
from running import Server, binary  # noqa: E402
from stream_load import Load, post  # noqa: E402
from subject import Memory  # noqa: E402

MODELS = {"tokens": "1", "hold": "2", "endless": "3"}
FILE_SIZE = 512 * 1024 * 1024
DIRECT_MARK, CHAT_MARK = b'"content":"token 0 ', b"event:conversation.message.delta\n"
SIZES = (200, 1000)


class Figure:
    """A number of the last table. `least` and `aim` are bounds that it should not exceed, where there are any."""

    def __init__(self, title, key, form, reference=None, least=None, aim=None):
        self.title, self.key, self.form, self.reference = title, key, form, reference
        self.least, self.aim = least, aim

    def verdict(self, value):
        if self.least is None:
            return ""
        return "aim" if value <= self.aim else "pass" if value <= self.least else "SHORT"


FIGURES = [
    *(Figure(f"first token of {size}, added {name}", f"added {name} {size}", "{:.1f} ms", f"direct {name} {size}")
      for size in SIZES for name in ("p50", "p95")),
    *(Figure(f"last token of {size}, added p95", f"late p95 {size}", "{:.1f} ms", f"direct end p95 {size}")
      for size in SIZES),
    Figure("failures of 1000", "failures 1000", "{:.0f}", "direct failures 1000"),
    *(Figure(f"server's CPU for a stream, of {size}", f"cpu {size}", "{:.2f} ms", f"upstream cpu {size}")
      for size in SIZES),
    Figure("memory with {open} open streams", "memory open", "{:.0f} MB", "memory idle"),
    Figure("memory for an open stream", "memory each", "{:.1f} kB"),
    Figure("cancel to upstream closed, median", "cancel median", "{:.1f} ms", "direct close median"),
    Figure("cancel to upstream closed, most of 50", "cancel most", "{:.1f} ms", "direct close most"),
    Figure("memory that 512 MB of upload take", "upload memory", "{:.0f} MB"),
    Figure("time of an upload of 512 MB", "upload seconds", "{:.2f} s", "written seconds"),
]


def say(text=""):
    print(text, flush=True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Model:
    """The upstream's process."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "stream_upstream.py")], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def stop(self):
        self.process.kill()
        self.process.wait()


class Configured(Server):
    """A server whose models are the upstream's."""

    def __init__(self, program, directory, model, database=None):
        os.makedirs(os.path.join(directory, "data"))
        super().__init__(program, os.path.join(directory, "data"), database)
        self.configuration = os.path.join(directory, "buckle.yaml")
        with open(self.configuration, "w") as file:
            json.dump({"models": [
                {"id": id, "name": name, "model": name, "base_url": f"http://127.0.0.1:{model.port}/v1",
                 "context_length": 32768, "first_token_timeout": "300s", "idle_timeout": "300s"}
                for name, id in MODELS.items()]}, file)

    def options(self):
        return [*super().options(), "--config", self.configuration]


class Subject:
    """The server under measurement and a bot for each model."""

    def __init__(self, program, directory, model, database=None):
        self.model, self.directory = model, directory
        self.server = Configured(program, directory, model, database).start()
        self.token = self.server.token("bench")
        self.client = self.server.client(self.token)
        self.bots = {name: self.bot(name, id) for name, id in MODELS.items()}
        self.client.close()

    def bot(self, name, model):
        bot = self.client.call("POST", "/v1/bot/create", {
            "space_id": self.client.workspace(), "name": name, "model_info_config": {"model_id": model},
            "suggest_reply_info": {"reply_mode": "disable"}})["data"]["bot_id"]
        self.client.call("POST", "/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]})
        return bot

    def chat(self, model, number):
        """A request for a chat in a conversation of its own."""
        return post("/v3/chat", self.server.port, {
            "bot_id": self.bots[model], "user_id": f"user {number}", "stream": True,
            "additional_messages": [{"role": "user", "content": f"question {number}", "content_type": "text"}],
        }, self.token)

    def restart(self):
        self.client.close()
        self.server.stop()
        self.server.start()
        self.client = self.server.client(self.token)


def measure(port, mark, requests, fault, model, server=None):
    """One load, all of it checked."""
    model.get("/report")
    load = Load(port, mark)
    before = server.cpu_seconds() if server else 0
    try:
        load.run(requests, spread=1, timeout=60)
    finally:
        load.close()
    cpu = server.cpu_seconds() - before if server else 0
    report = model.get("/report")
    faults = [found for found in map(fault, load.streams) if found]
    right = [one for one in load.streams if one.failure is None and one.first and one.ended]
    if not right:
        raise RuntimeError(f"not one of {len(requests)} streams was right: {faults[0]}")
    first, whole = [one.first - one.started for one in right], [one.ended - one.started for one in right]
    count = len(requests)
    return {
        "p50": percentile(first, 0.5) * 1000, "p95": percentile(first, 0.95) * 1000, "most": max(first) * 1000,
        "end_p50": percentile(whole, 0.5) * 1000, "end_p95": percentile(whole, 0.95) * 1000,
        "failures": len(faults), "fault": faults[0] if faults else None, "cpu_ms": cpu * 1000 / count,
        "upstream_cpu_ms": report["cpu"] * 1000 / count, "client_cpu_ms": load.cpu * 1000 / count,
        "upstream_lag_ms": report["lag"] * 1000,
    }


def run_direct(subject, count):
    request = post("/v1/chat/completions", subject.model.port, {"model": "tokens", "stream": True})
    return measure(
        subject.model.port, DIRECT_MARK, [request] * count, stream_load.fault_of_completion, subject.model)


def run_server(subject, count):
    requests = [subject.chat("tokens", number) for number in range(count)]
    return measure(
        subject.server.port, CHAT_MARK, requests, stream_load.fault_of_chat, subject.model, subject.server)


def interleave(subject, options):
    """Rounds of all loads in turn. Returns a list of results, one for each round, per load."""
    runs = [(f"{name} {size}", run, size) for size in options.sizes
            for name, run in (("direct", run_direct), ("server", run_server))]
    run_direct(subject, 20), run_server(subject, 20)  # To warm up; thrown away.
    results = {name: [] for name, _, _ in runs}
    for number in range(1, options.rounds + 1):
        for name, run, size in runs:
            result = run(subject, size)
            if result["failures"] and (name.startswith("direct") or size < 1000):
                raise RuntimeError(f"{name}: {result['failures']} failures, such as {result['fault']}")
            results[name].append(result)
        say(f"  round {number}: " + ", ".join(
            f"{name} {rows[-1]['p50']:.1f}/{rows[-1]['p95']:.1f} ms" for name, rows in results.items()))
    return results


def median(values):
    return statistics.median(values)


def figures_of(results, sizes):
    figures = {}
    for size in sizes:
        direct, server = results[f"direct {size}"], results[f"server {size}"]
        for name in ("p50", "p95"):
            figures[f"direct {name} {size}"] = median(row[name] for row in direct)
            figures[f"added {name} {size}"] = median(mine[name] - its[name] for its, mine in zip(direct, server))
        figures[f"direct end p95 {size}"] = median(row["end_p95"] for row in direct)
        figures[f"late p95 {size}"] = median(mine["end_p95"] - its["end_p95"] for its, mine in zip(direct, server))
        figures[f"cpu {size}"] = median(row["cpu_ms"] for row in server)
        figures[f"upstream cpu {size}"] = median(row["upstream_cpu_ms"] for row in server)
        figures[f"failures {size}"] = max(row["failures"] for row in server)
        figures[f"direct failures {size}"] = max(row["failures"] for row in direct)
    return figures


def measure_open(subject, count, figures):
    """Memory while many streams have begun and wait for their next token."""
    subject.restart()
    time.sleep(1)
    idle = subject.server.status("VmRSS")
    load = Load(subject.server.port, CHAT_MARK)
    try:
        load.run([subject.chat("hold", number) for number in range(count)], spread=count / 500, timeout=60,
                 until_first=True)
        if len(load.open) != count:
            failures = [one.failure for one in load.streams if one.failure]
            raise RuntimeError(f"{len(failures)} of {count} streams did not stay open, such as {failures[0]}")
        time.sleep(2)
        memory = subject.server.status("VmRSS")
        subject.model.get("/release")
        load.finish(60)
        faults = [found for found in (stream_load.fault_of_chat(one, "token 0 ") for one in load.streams) if found]
        if faults:
            raise RuntimeError(f"{len(faults)} of {count} open streams did not end well, such as {faults[0]}")
    finally:
        load.close()
    figures.update({"memory idle": idle, "memory open": memory, "memory each": (memory - idle) * 1024 / count})


def measure_cancel(subject, count, figures):
    """From the request to cancel, and from a close, to the moment at which the upstream sees its client go."""
    direct = [closing_time(subject, None) for _ in range(count)]
    cancel = [closing_time(subject, number) for number in range(count)]
    subject.client.close()
    figures.update({
        "direct close median": median(direct) * 1000, "direct close most": max(direct) * 1000,
        "cancel median": median(cancel) * 1000, "cancel most": max(cancel) * 1000,
    })
    return {"direct_close_s": direct, "cancel_s": cancel}


def closing_time(subject, number):
    subject.model.get("/report")
    through = number is not None
    port = subject.server.port if through else subject.model.port
    request = subject.chat("endless", number) if through else post("/v1/chat/completions", port, {"model": "endless"})
    load = Load(port, CHAT_MARK if through else DIRECT_MARK)
    load.run([request], spread=0, timeout=30, until_first=True)
    if not load.open:
        raise RuntimeError(f"an endless stream failed: {load.streams[0].failure}")
    if through:
        event = next(line for line in stream_load.body_of(load.streams[0])[1].split(b"\n") if line[:5] == b"data:")
        chat = json.loads(event[5:])
        body = {"conversation_id": chat["conversation_id"], "chat_id": chat["id"]}
        started = time.monotonic()
        subject.client.call("POST", "/v3/chat/cancel", body)
        load.finish(30)
        if b"event:conversation.chat.canceled\n" not in b"".join(load.streams[0].parts):
            raise RuntimeError("a canceled stream did not end with conversation.chat.canceled")
    else:
        started = time.monotonic()
    load.close()
    deadline = time.monotonic() + 10
    while True:
        closed = subject.model.get("/report")["closed"]
        if closed:
            return closed[0] - started
        if time.monotonic() > deadline:
            raise RuntimeError("the upstream's connection was still open 10 s after the cancel")
        time.sleep(0.005)


def measure_upload(subject, figures):
    """A large file through the API, beside the time that the disk takes for as many bytes."""
    subject.restart()
    block = os.urandom(1024 * 1024)
    count = FILE_SIZE // len(block)
    path = os.path.join(subject.directory, "reference")
    started = time.monotonic()
    with open(path, "wb") as file:
        for _ in range(count):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    figures["written seconds"] = time.monotonic() - started
    os.remove(path)
    boundary = "bound-of-the-benchmark"
    head = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n'
            "Content-Type: video/mp4\r\n\r\n").encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    before = subject.server.status("VmRSS")
    started = time.monotonic()
    with Memory(subject.server) as memory, socket.create_connection(("127.0.0.1", subject.server.port)) as connection:
        connection.settimeout(120)
        connection.sendall("\r\n".join([
            "POST /v1/files/upload HTTP/1.1", "Host: bench", f"Authorization: Bearer {subject.token}",
            f"Content-Type: multipart/form-data; boundary={boundary}", "Connection: close",
            f"Content-Length: {len(head) + FILE_SIZE + len(tail)}"]).encode() + b"\r\n\r\n" + head)
        for _ in range(count):
            connection.sendall(block)
        connection.sendall(tail)
        response = http.client.HTTPResponse(connection)
        response.begin()
        answer = json.loads(response.read())
    figures["upload seconds"] = time.monotonic() - started
    figures["upload memory"] = max(0, memory.greatest - before)
    if answer["code"] != 0 or answer["data"]["bytes"] != FILE_SIZE:
        raise RuntimeError(f"the upload was answered {answer}")


def table(results):
    say()
    say(f"{'':14}{'first p50':>10}{'p95':>9}{'most':>9}{'last p50':>10}{'p95':>9}  {'failures':>8}"
        f"{'CPU ms':>9}{'model':>8}{'client':>8}{'lag':>8}")
    for name, rows in results.items():
        def middle(key):
            return median(row[key] for row in rows)
        say(f"{name:14}{middle('p50'):10.1f}{middle('p95'):9.1f}{middle('most'):9.1f}{middle('end_p50'):10.0f}"
            f"{middle('end_p95'):9.0f}  {sum(row['failures'] for row in rows):8}{middle('cpu_ms'):9.2f}"
            f"{middle('upstream_cpu_ms'):8.2f}{middle('client_cpu_ms'):8.2f}{middle('upstream_lag_ms'):8.1f}")


def compare(figures, options):
    say()
    say(f"{'figure':42}{'measured':>12}{'reference':>12}")
    rows = []
    for figure in FIGURES:
        if figure.key not in figures:
            continue
        value, reference = figures[figure.key], figures.get(figure.reference)
        title, verdict = figure.title.format(open=options.open), figure.verdict(value)
        beside = "" if reference is None else figure.form.format(reference)
        say(f"{title:42}{figure.form.format(value):>12}{beside:>12}   {verdict}".rstrip())
        rows.append({"figure": title, "value": value, "reference": reference, "least": figure.least,
                     "aim": figure.aim, "verdict": verdict})
    return rows


def start_postgres(options):
    cluster = tempfile.mkdtemp(prefix="buckle-streams-postgres.", dir=options.directory)
    started = subprocess.run([os.path.join(ROOT, "scripts", "postgres"), "start", cluster],
                             stdout=subprocess.PIPE, text=True)
    if started.returncode != 0:
        raise RuntimeError("PostgreSQL does not start")
    return cluster, started.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="streams of the loads (default: 200 1000)")
    parser.add_argument("--open", type=int, default=5000, help="open streams for the memory (default: %(default)s)")
    parser.add_argument("--cancels", type=int, default=50)
    parser.add_argument("--no-upload", action="store_true", help="leave the file of 512 MB out")
    parser.add_argument("--database", metavar="postgres", help="`postgres` for a throw-away one, or a URL of an empty "
                                                               "database; SQLite otherwise")
    parser.add_argument("--json", metavar="FILE", help="save every figure of every round")
    parser.add_argument("--directory", default="/var/tmp", help="where the data lies (default: /var/tmp)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # Two connections of the server and one each of ours for every stream.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    gc.disable()

    directory = tempfile.mkdtemp(prefix="buckle-streams.", dir=options.directory)
    load_before, started, figures, detail = os.getloadavg(), time.time(), {}, {}
    model = subject = cluster = None
    try:
        program, url = binary("release"), options.database
        if url == "postgres":
            cluster, url = start_postgres(options)
        model = Model()
        subject = Subject(program, os.path.join(directory, "server"), model, url)
        say(f"{options.rounds} rounds, {'PostgreSQL' if url else 'SQLite'}, {os.cpu_count()} cores, "
            f"load {load_before[0]:.1f} before")
        results = interleave(subject, options)
        figures.update(figures_of(results, options.sizes))
        if options.open:
            measure_open(subject, options.open, figures)
        if options.cancels:
            detail = measure_cancel(subject, options.cancels, figures)
        if not options.no_upload:
            measure_upload(subject, figures)
        table(results)
        rows = compare(figures, options)
    except (RuntimeError, OSError, http.client.HTTPException) as error:
        say(f"streams: {error!r}" if isinstance(error, OSError) else f"streams: {error}")
        return 1
    finally:
        if subject:
            subject.server.kill()
        if model:
            model.stop()
        if cluster:
            subprocess.run([os.path.join(ROOT, "scripts", "postgres"), "stop", cluster])
        shutil.rmtree(directory, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({
                "started": started, "machine": platform.platform(), "cores": os.cpu_count(), "load": load_before,
                "database": "postgres" if url else "sqlite", "rounds": options.rounds, "open": options.open,
                "figures": figures, "rows": rows, "results": results, **detail,
            }, file, indent=2)
            file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
