"""Runs the real `buckle` binary, and speaks to it below the level of the SDK."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from cozepy import CozeAPIError

REPOSITORY = Path(__file__).resolve().parent.parent
DATABASE = os.environ.get("BUCKLE_TEST_DATABASE")
UNKNOWN_ID = "7300000000000000001"
"""A well-formed id that nothing has."""
GARBAGE_IDS = ["0", "-1", "abc", "1.5", "1e3", "9223372036854775808", "99999999999999999999999999", "12 34", "１２３"]
"""What is not a positive decimal number of 63 bits."""


def binary() -> str:
    path = Path(os.environ.get("BUCKLE_BIN", ".build/debug/buckle"))
    return str(path if path.is_absolute() else REPOSITORY / path)


def buckle(*arguments, timeout=30, env=None) -> subprocess.CompletedProcess:
    """Runs one `buckle` command to its end."""
    return subprocess.run(
        [binary(), *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
        env={**os.environ, **(env or {})},
    )


class Database:
    """A PostgreSQL database of a server's own; nothing at all when the tests run on SQLite."""

    def __init__(self):
        self.url = None
        if DATABASE:
            self.name = f"buckle_{secrets.token_hex(6)}"
            self._psql(f'CREATE DATABASE "{self.name}"')
            self.url = urlunsplit(urlsplit(DATABASE)._replace(path="/" + self.name))

    def drop(self):
        if self.url:
            self._psql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            self.url = None

    @staticmethod
    def _psql(statement):
        subprocess.run(
            ["psql", DATABASE, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
            check=True, capture_output=True, text=True,
        )


class Buckle:
    """A server on its own directory and database, which can be stopped, killed and started again."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.log = self.directory / "server.log"
        self.database = Database()
        self.process = None
        self.lines = []
        self.url = None
        self.token = None
        """The owner's token, printed on the very first start."""

    @property
    def storage(self) -> list:
        """The options that say where the data is; the same for every command."""
        return ["--data-dir", str(self.data)] + (["--database", self.database.url] if self.database.url else [])

    def start(self, options=("--host", "127.0.0.1", "--port", "0", "--log-level", "warning"), env=None, within=20):
        self.lines = []
        ready = threading.Event()
        log = open(self.log, "ab")
        self.process = subprocess.Popen(
            [binary(), "serve", *options, *self.storage],
            stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.directory, env={**os.environ, **(env or {})},
        )
        log.close()

        def read(process):
            for line in process.stdout:
                self.lines.append(line.rstrip("\n"))
                if found := re.search(r"Buckle is ready at (http://\S+)", line):
                    self.url = found.group(1).rstrip("/")
                    ready.set()
            ready.set()

        self.url = None
        self._reader = threading.Thread(target=read, args=(self.process,), daemon=True)
        self._reader.start()
        ready.wait(within)
        if self.url is None:
            self.kill()
            raise AssertionError(f"the server did not become ready:\n{self.output}\n{self.log_tail()}")
        if self.token is None and (found := re.search(r"pat_[A-Za-z0-9_-]+", self.output)):
            self.token = found.group(0)
        return self

    @property
    def output(self) -> str:
        """What the server has printed since its last start."""
        return "\n".join(self.lines)

    def log_tail(self, lines=40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def port(self) -> int:
        return urlsplit(self.url).port

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, within=10) -> int:
        """Sends SIGTERM and returns the exit status."""
        self.terminate()
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {within} s of SIGTERM:\n{self.log_tail()}") from None
        finally:
            self._reader.join(2)

    def kill(self):
        if self.running:
            self.process.kill()
            self.process.wait(10)

    def remove(self):
        self.kill()
        self.database.drop()

    def command(self, *arguments, **options) -> subprocess.CompletedProcess:
        """Runs a command such as `token list` on this server's data."""
        return buckle(*arguments, *self.storage, **options)

    def create_token(self, *permissions, name=None, expires_in=None) -> str:
        arguments = ["token", "create", "--name", name or f"test {secrets.token_hex(4)}"]
        for permission in permissions or ["all"]:
            arguments += ["--permission", permission]
        if expires_in:
            arguments += ["--expires-in", expires_in]
        made = self.command(*arguments)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def api(self, token=None) -> "API":
        return API(self.url, self.token if token is None else token)


class Reply:
    """An answer, already checked for what every answer of the API must have."""

    def __init__(self, response: requests.Response):
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        assert response.headers["Content-Type"].startswith("application/json"), response.headers
        self.body = response.json()
        assert isinstance(self.body["code"], int), self.body
        assert isinstance(self.body["msg"], str), self.body
        assert self.body["detail"]["logid"], self.body
        assert response.headers["x-tt-logid"] == self.body["detail"]["logid"]

    @property
    def code(self) -> int:
        return self.body["code"]

    @property
    def msg(self) -> str:
        return self.body["msg"]

    @property
    def logid(self) -> str:
        return self.body["detail"]["logid"]

    @property
    def data(self):
        return self.body["data"]

    def ok(self) -> "Reply":
        assert (self.status, self.code) == (200, 0), f"HTTP {self.status}: {self.response.text[:500]}"
        assert self.msg == ""
        return self

    def refused(self, *codes, status=200) -> "Reply":
        assert self.code in codes, f"HTTP {self.status}: {self.response.text[:500]}"
        assert self.status == status, f"HTTP {self.status}: {self.response.text[:500]}"
        assert "data" not in self.body, self.body
        assert self.msg, self.body
        return self

    def __repr__(self):
        return f"HTTP {self.status} {self.response.text[:300]}"


class API:
    """Plain HTTP with a token, for what the SDK never sends."""

    def __init__(self, url, token):
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def raw(self, method, path, **options) -> requests.Response:
        options.setdefault("timeout", 30)
        return self.session.request(method, self.url + path, **options)

    def call(self, method, path, **options) -> Reply:
        return Reply(self.raw(method, path, **options))

    def get(self, path, **params) -> Reply:
        return self.call("GET", path, params=params)

    def post(self, path, body=None, **params) -> Reply:
        return self.call("POST", path, json=body, params=params)

    def put(self, path, body=None, **params) -> Reply:
        return self.call("PUT", path, json=body, params=params)

    def delete(self, path, **params) -> Reply:
        return self.call("DELETE", path, params=params)


@contextmanager
def refused(*codes):
    """The SDK's call inside must fail with one of these codes, as the SDK's own error with a log id."""
    with pytest.raises(CozeAPIError) as caught:
        yield caught
    assert caught.value.code in codes, caught.value
    assert caught.value.msg
    assert caught.value.logid


def eventually(probe, within=1.0, every=0.02):
    """Repeats the probe until it answers true; its last answer is returned."""
    deadline = time.monotonic() + within
    while True:
        answer = probe()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(every)


class RawConnection:
    """A socket that speaks HTTP/1.1 by hand: pipelining, slow bodies, and what no client library would send."""

    def __init__(self, server: Buckle, timeout=15):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=timeout)
        self.buffer = b""
        self.host = f"127.0.0.1:{server.port}"
        self.token = server.token

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def head(self, method, path, headers=(), version="HTTP/1.1") -> bytes:
        lines = [f"{method} {path} {version}", f"Host: {self.host}", f"Authorization: Bearer {self.token}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def request(self, method, path, body: bytes = b"", headers=()):
        extra = list(headers)
        if body:
            extra += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.send(self.head(method, path, extra) + body)

    def send_until_answered(self, pieces) -> bool:
        """Sends piece after piece and stops as soon as the server answers; true when everything went out."""
        try:
            for piece in pieces:
                self.socket.sendall(piece)
                self.socket.setblocking(False)
                try:
                    if early := self.socket.recv(65536):
                        self.buffer += early
                        return False
                except BlockingIOError:
                    pass
                finally:
                    self.socket.settimeout(15)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _more(self) -> bool:
        chunk = self.socket.recv(65536)
        self.buffer += chunk
        return bool(chunk)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            if not self._more():
                raise ConnectionError(f"the connection ended early: {self.buffer[:200]!r}")
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            if not self._more():
                raise ConnectionError("the connection ended inside a body")
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def answer(self):
        """The next answer: status, headers in lower case, body."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        if 100 <= status < 200:
            return self.answer()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(self._until(b"\r\n").split(b";")[0], 16):
                body += self._exactly(size)
                self._exactly(2)
            self._until(b"\r\n")
        else:
            body = self._exactly(int(headers.get("content-length", 0)))
        return status, headers, body

    def envelope(self):
        """The next answer, as status and JSON."""
        status, headers, body = self.answer()
        document = json.loads(body)
        assert headers["x-tt-logid"] == document["detail"]["logid"]
        return status, document

    @property
    def closed_by_server(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
