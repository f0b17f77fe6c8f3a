#!/usr/bin/env python3
"""Measures a release build beside nginx, which answers with 200 constant bytes, and compares it with the goals.

    bench/bench.py [--rounds 5] [--duration 5] [--scale] [--json FILE]

Loads take turns: nginx, rename, retrieve, list, nginx and so on, each for a few seconds with 64 connections, because a
machine drifts within minutes. A ratio is taken within its round; what is printed is the median of the rounds. A wrong
answer of the server ends the run with status 1; a goal that is missed is only printed, unless --strict is given.
"""
import argparse
import http.client
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "scripts"))

import wrk  # noqa: E402
from running import binary  # noqa: E402
from subject import Subject  # noqa: E402

LOADS = ["rename", "retrieve", "list"]
TITLES = {
    "nginx": "nginx, static 200 bytes", "rename": "durable rename", "retrieve": "retrieve by id",
    "list": "list of 20", "rename postgres": "rename on PostgreSQL",
    "rename large": "rename, {large}", "retrieve large": "retrieve, {large}", "list large": "list, {large}",
}


class Goal:
    """A figure, the least that it must reach, what is aimed at, and whether more is better."""

    def __init__(self, title, key, least, aim, more_is_better, form):
        self.title, self.key, self.least, self.aim = title, key, least, aim
        self.more_is_better, self.form = more_is_better, form

    def verdict(self, value):
        def reaches(bound):
            return value >= bound if self.more_is_better else value <= bound
        return "aim" if reaches(self.aim) else "pass" if reaches(self.least) else "SHORT"


GOALS = [
    Goal("durable rename, ratio to nginx", "rename ratio", 0.14, 0.22, True, "{:.3f}"),
    Goal("retrieve by id, ratio", "retrieve ratio", 0.16, 0.25, True, "{:.3f}"),
    Goal("list of 20, ratio", "list ratio", 0.07, 0.12, True, "{:.3f}"),
    Goal("p99 of rename", "rename p99", 12, 6, False, "{:.1f} ms"),
    Goal("rename, {large} against {small}", "rename slower", 1.3, 1.1, False, "{:.2f} x"),
    Goal("retrieve, {large} against {small}", "retrieve slower", 1.3, 1.1, False, "{:.2f} x"),
    Goal("list, {large} against {small}", "list slower", 1.3, 1.1, False, "{:.2f} x"),
    Goal("memory idle", "memory idle", 60, 40, False, "{:.0f} MB"),
    Goal("memory under load", "memory under load", 120, 80, False, "{:.0f} MB"),
    Goal("start to first answer", "first answer", 250, 100, False, "{:.0f} ms"),
    Goal("token, checked on a hot path", "token", 3, 1, False, "{:.2f} us"),
    Goal("JWTs verified on one core", "jwt", 5000, 10000, True, "{:.0f}/s"),
    Goal("rename on PostgreSQL, ratio", "rename postgres ratio", 0.04, 0.08, True, "{:.3f}"),
]


def say(text=""):
    print(text, flush=True)


def interleave(nginx, cases, options):
    """Runs the cases in turn, each round begun by nginx. Returns a list of results, one for each round, per case."""
    runs = {"nginx": nginx.measure}
    for name, (subject, load) in cases.items():
        runs[name] = lambda seconds, subject=subject, load=load: subject.measure(load, seconds)
    for run in runs.values():
        run(1)  # Caches, connections and the processor's clock get ready; the result is thrown away.
    results = {name: [] for name in runs}
    for number in range(1, options.rounds + 1):
        for name, run in runs.items():
            result = run(options.duration)
            result["ratio"] = result["rate"] / (results["nginx"][-1]["rate"] if name != "nginx" else result["rate"])
            results[name].append(result)
        say(f"  round {number}: " + ", ".join(f"{name} {rows[-1]['rate']:,.0f}/s" for name, rows in results.items()))
    return results


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def table(results, titles):
    say()
    say(f"{'':30}{'req/s':>10}{'of nginx':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU us':>9}{'errors':>8}")
    for name, rows in results.items():
        errors = sum(row["not_2xx"] + row["socket_errors"] for row in rows)
        say(f"{titles[name]:30}{median(rows, 'rate'):10,.0f}{median(rows, 'ratio'):10.3f}{median(rows, 'p50'):9.2f}"
            f"{median(rows, 'p99'):9.2f}{median(rows, 'cpu_us'):9.1f}{errors:8}")


def measure_sqlite(options, directory, nginx, figures):
    program = binary("release")
    small = Subject(program, os.path.join(directory, "small"), options.small)
    subjects = [small]
    try:
        small.fill()
        if options.scale:
            large = Subject(program, os.path.join(directory, "large"), options.large)
            subjects.append(large)
            large.fill()
        cases = {}
        for load in LOADS:
            cases[load] = (small, load)
            if options.scale:
                cases[f"{load} large"] = (large, load)
        figures["memory idle"] = small.idle_memory()
        answers = small.first_answers()
        figures["first answer"] = statistics.median(answers)
        results = interleave(nginx, cases, options)
    finally:
        for subject in subjects:
            subject.stop()
    figures["memory under load"] = max(row["rss_mb"] for load in LOADS for row in results[load])
    figures["rename p99"] = median(results["rename"], "p99")
    for load in LOADS:
        figures[f"{load} ratio"] = median(results[load], "ratio")
        if options.scale:
            figures[f"{load} slower"] = statistics.median(
                one["rate"] / other["rate"] for one, other in zip(results[load], results[f"{load} large"]))
    return results, answers


def measure_parts(directory, figures):
    """What is too quick to be seen from outside: CPU time of the token's check and of a JWT's."""
    made = subprocess.run(
        [binary("release"), "measure", "--directory", directory], check=True, capture_output=True, text=True)
    nanoseconds = json.loads(made.stdout)
    figures["token"] = nanoseconds["token"] / 1000
    figures["jwt"] = 1e9 / nanoseconds["jwt"]


def measure_postgres(options, directory, nginx, figures):
    cluster = tempfile.mkdtemp(prefix="buckle-bench-postgres.", dir=options.directory)
    postgres = os.path.join(ROOT, "scripts", "postgres")
    subject = None
    try:
        started = subprocess.run([postgres, "start", cluster], stdout=subprocess.PIPE, text=True)
        if started.returncode != 0:
            raise RuntimeError("PostgreSQL does not start")
        url = started.stdout.strip()
        subject = Subject(binary("release"), os.path.join(directory, "postgres"), options.small, url)
        subject.fill()
        results = interleave(nginx, {"rename postgres": (subject, "rename")}, options)
    finally:
        if subject:
            subject.stop()
        subprocess.run([postgres, "stop", cluster])
    figures["rename postgres ratio"] = median(results["rename postgres"], "ratio")
    return results


def compare(figures, sizes):
    say()
    say(f"{'goal':40}{'measured':>11}{'at least':>11}{'aim':>11}")
    rows = []
    for goal in GOALS:
        if goal.key not in figures:
            continue
        value, title = figures[goal.key], goal.title.format(**sizes)
        verdict = goal.verdict(value)
        columns = "".join(f"{goal.form.format(number):>11}" for number in (value, goal.least, goal.aim))
        say(f"{title:40}{columns}   {verdict}")
        rows.append({"goal": title, "value": value, "least": goal.least, "aim": goal.aim, "verdict": verdict})
    return rows


def short(number):
    for unit, name in [(1_000_000, "M"), (1000, "k")]:
        if number % unit == 0:
            return f"{number // unit}{name}"
    return str(number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--duration", type=int, default=5, help="seconds of each load in a round (default: 5)")
    parser.add_argument("--scale", action="store_true", help="measure with a million conversations as well")
    parser.add_argument("--small", type=int, default=1000, help="conversations in the small set (default: 1000)")
    parser.add_argument("--large", type=int, default=1_000_000, help="and in the large one (default: 1000000)")
    parser.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--json", metavar="FILE", help="save every figure of every round")
    parser.add_argument("--strict", action="store_true", help="end with status 1 when a goal is missed")
    # A commit to /tmp costs nothing where that is memory; /var/tmp is a disk everywhere.
    parser.add_argument("--directory", default="/var/tmp", help="where the data lies (default: /var/tmp)")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))

    sizes = {"small": short(options.small), "large": short(options.large)}
    titles = {name: title.format(**sizes) for name, title in TITLES.items()}
    directory = tempfile.mkdtemp(prefix="buckle-bench.", dir=options.directory)
    load_before, started, figures, nginx = os.getloadavg(), time.time(), {}, None
    try:
        nginx = wrk.Nginx(os.path.join(directory, "nginx"))
        say(f"{options.rounds} rounds of {options.duration} s, {wrk.CONNECTIONS} connections, {os.cpu_count()} cores, "
            f"load {load_before[0]:.1f} before")
        results, answers = measure_sqlite(options, directory, nginx, figures)
        measure_parts(directory, figures)
        on_postgres = {} if options.no_postgres else measure_postgres(options, directory, nginx, figures)
        table(results, titles)
        if on_postgres:
            table(on_postgres, titles)
        rows = compare(figures, sizes)
    except (RuntimeError, OSError, http.client.HTTPException) as error:
        say(f"bench: {error!r}" if isinstance(error, OSError) else f"bench: {error}")
        return 1
    finally:
        if nginx:
            nginx.stop()
        shutil.rmtree(directory, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({
                "started": started, "machine": platform.platform(), "cores": os.cpu_count(), "load": load_before,
                "rounds": options.rounds, "duration": options.duration, "small": options.small,
                "large": options.large if options.scale else None, "figures": figures, "goals": rows,
                "first_answers_ms": answers, "results": results, "results_postgres": on_postgres,
            }, file, indent=2)
            file.write("\n")
    missed = [row["goal"] for row in rows if row["verdict"] == "SHORT"]
    say()
    say(f"{len(rows) - len(missed)} of {len(rows)} goals are reached")
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
