"""A Buckle server as a child process, and a client of its API: what the crash test and the benchmark share."""
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
READY = re.compile(r"Buckle is ready at http://([\w.\-\[\]:]+):(\d+)")


def binary(configuration="debug"):
    """The server to run: BUCKLE_BIN, or the one that SwiftPM has built."""
    path = os.environ.get("BUCKLE_BIN") or os.path.join(ROOT, ".build", configuration, "buckle")
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is not there. Build it first, or name another one in BUCKLE_BIN.")
    return os.path.abspath(path)


def environment():
    """Ours, less the settings that would reach the server behind the command line's back."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BUCKLE_")}


class Server:
    """One data directory, and the process that serves it now, if any."""

    def __init__(self, binary, data, database=None):
        self.binary, self.data, self.database = binary, data, database
        self.log = os.path.join(data, "..", os.path.basename(data) + ".log")
        self.process, self.host, self.port = None, "127.0.0.1", 0

    def options(self):
        return ["--data-dir", self.data] + (["--database", self.database] if self.database else [])

    def spawn(self, port=0):
        """Starts the process and waits for nothing."""
        self.port = port
        self.log_start = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--host", self.host, "--port", str(port), "--log-level", "warning",
                 *self.options()],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
        return self

    def wait_ready(self, timeout=60):
        """Waits for the line that says where it serves."""
        deadline = time.monotonic() + timeout
        while True:
            ready = READY.search(self.said())
            if ready:
                self.port = int(ready.group(2))
                return self
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}:\n{self.said()[-4000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server was not ready after {timeout} s:\n{self.said()[-4000:]}")
            time.sleep(0.005)

    def start(self):
        return self.spawn().wait_ready()

    def said(self):
        """What this process has printed."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """As a power cut would for the process: it gets no chance to do anything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout=30):
        """Asks it to end, as an init system does."""
        if not self.running():
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the server had not ended {timeout} s after SIGTERM")

    def token(self, name):
        """A new personal access token, made by the command line."""
        made = subprocess.run(
            [self.binary, "token", "create", *self.options(), "--name", name, "--permission", "all"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=environment())
        if made.returncode != 0 or not made.stdout.startswith("pat_"):
            raise RuntimeError(f"token create: status {made.returncode}, {made.stdout!r} {made.stderr!r}")
        return made.stdout.strip()

    def status(self, key):
        """A figure of /proc/PID/status in MB, VmRSS for instance."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def client(self, token):
        return Client(self.host, self.port, token)


def cpu_seconds(pid):
    """User and system time that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Refused(RuntimeError):
    """A reply whose code is not 0."""

    def __init__(self, what, status, reply):
        super().__init__(f"{what}: HTTP {status}, {json.dumps(reply, ensure_ascii=False)[:300]}")
        self.status, self.code = status, reply.get("code")


class Client:
    """Calls the API on one kept connection per thread. A lost connection raises OSError or HTTPException."""

    def __init__(self, host, port, token):
        self.host, self.port = host, port
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.local = threading.local()

    def connection(self):
        if getattr(self.local, "connection", None) is None:
            self.local.connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        return self.local.connection

    def exchange(self, method, path, body=None):
        """One request; the HTTP status and the bytes of the reply."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        connection = self.connection()
        try:
            connection.request(method, path, data, self.headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except Exception:
            self.close()
            raise

    def call(self, method, path, body=None):
        """One request that must succeed; its reply as an object."""
        status, data = self.exchange(method, path, body)
        try:
            reply = json.loads(data)
        except ValueError:
            raise Refused(f"{method} {path}", status, {"not JSON": data[:200].decode("utf-8", "replace")})
        if status != 200 or reply.get("code") != 0:
            raise Refused(f"{method} {path}", status, reply)
        return reply

    def close(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def workspace(self):
        return self.call("GET", "/v1/workspaces?page_num=1&page_size=1")["data"]["workspaces"][0]["id"]

    def bot(self, name):
        """The id of a new bot of the caller's own workspace."""
        return self.call("POST", "/v1/bot/create", {"space_id": self.workspace(), "name": name})["data"]["bot_id"]
