"""Runs wrk with one of the loads in this directory, and nginx as the reference that each figure is divided by."""
import json
import os
import shutil
import socket
import subprocess
import time

from running import cpu_seconds

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS, THREADS = 64, 2
REPLY = '{"code":0,"msg":"","data":{"id":"7300000000000000001","name":"%s"}}'
BODY = REPLY % ("x" * (200 - len(REPLY % "")))


def drive(load, url, seconds, token="", ids=os.devnull, mark=""):
    """One run: requests, seconds, req/s, bytes, p50 and p99 in ms, replies that are not 2xx, socket errors."""
    done = subprocess.run(
        ["wrk", "-t", str(THREADS), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "10s",
         "-s", os.path.join(HERE, f"{load}.lua"), "-H", f"Authorization: Bearer {token}", url, "--", ids, mark],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if done.returncode != 0 or line is None:
        raise RuntimeError(f"wrk {load}: status {done.returncode}\n{done.stdout}{done.stderr}")
    result = json.loads(line[len("RESULT "):])
    result["rate"] = result["requests"] / result["seconds"]
    return result


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Nginx:
    """Two workers that answer everything with the same 200 bytes of JSON."""

    def __init__(self, directory):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        os.makedirs(directory)
        paths = " ".join(f"{kind}_temp_path {directory}/{kind};"
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(f"{directory}/nginx.conf", "w") as file:
            file.write(
                f"daemon off; worker_processes 2; pid {directory}/pid; error_log {directory}/error.log;\n"
                "events { worker_connections 1024; }\n"
                f"http {{ access_log off; default_type application/json; keepalive_requests 1000000000; {paths}\n"
                f"server {{ listen 127.0.0.1:{self.port}; location / {{ return 200 '{BODY}'; }} }} }}\n")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([program, "-p", directory, "-c", f"{directory}/nginx.conf"],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"nginx does not start; see {directory}/error.log")
            time.sleep(0.02)

    def measure(self, seconds):
        """One run of the reference, with the CPU time of the workers."""
        before = self.cpu_seconds()
        result = drive("reference", self.url, seconds)
        if result["not_2xx"] or result["socket_errors"]:
            raise RuntimeError("nginx does not answer as it should")
        result["cpu_us"] = (self.cpu_seconds() - before) / result["requests"] * 1e6
        return result

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return sum(cpu_seconds(int(worker)) for worker in file.read().split())

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.terminate()
        self.process.wait()
