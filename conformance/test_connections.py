"""What HTTP asks of connections: bodies in pieces, requests sent ahead, readers that do not read, halves that close."""
import json
import re
import socket
import time

import pytest

from harness import Buckle


def connect(server, timeout=20):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def read_all(connection):
    received = b""
    while part := connection.recv(65536):
        received += part
    return received


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def rename(server, conversation, name, headers=()):
    body = json.dumps({"name": name}).encode()
    lines = [f"PUT /v1/conversations/{conversation} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.token}",
             f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def conversation(coze):
    return coze.conversations.create(name="before")


def test_a_body_in_very_many_pieces_costs_no_more_than_its_length(server):
    head = b"POST /v1/conversation/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    def seconds(count):
        with connect(server, timeout=60) as connection:
            start = time.monotonic()
            connection.sendall(head + b"1\r\na\r\n" * count + b"0\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
            return time.monotonic() - start

    seconds(1_000)
    few, many = seconds(20_000), seconds(160_000)
    assert many < 8 * few * 3 + 0.5, f"8 times as many pieces took {many / few:.0f} times as long"


def test_a_client_that_does_not_read_is_not_answered_without_end(tmp_path):
    server = Buckle(tmp_path)
    try:
        server.start()

        def memory():
            with open(f"/proc/{server.process.pid}/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024

        before = memory()
        with connect(server) as connection:
            connection.settimeout(1)
            request = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100
            deadline = time.monotonic() + 4
            try:
                while time.monotonic() < deadline:
                    connection.sendall(request)
            except TimeoutError:
                pass
            assert memory() - before < 60, f"{memory() - before} MB for answers that nobody reads"
        assert server.api().get("/v1/users/me").ok()
    finally:
        server.remove()


def test_a_long_answer_reaches_a_client_that_has_closed_its_half(server, coze):
    talk = coze.conversations.create()
    text = "x" * 4_000_000
    for _ in range(3):
        server.api().post("/v1/conversation/message/create", conversation_id=talk.id,
                          body={"role": "user", "content": text, "content_type": "text"}).ok()
    with connect(server) as connection:
        connection.sendall(f"POST /v1/conversation/message/list?conversation_id={talk.id} HTTP/1.1\r\nHost: x\r\n"
                           f"Authorization: Bearer {server.token}\r\nContent-Length: 0\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        received = read_all(connection)
    assert len(json.loads(received.split(b"\r\n\r\n", 1)[1])["data"]) == 3


@pytest.mark.parametrize("attempt", range(10))
def test_requests_sent_ahead_are_all_answered_before_a_half_close(server, conversation, attempt):
    with connect(server) as connection:
        connection.sendall(b"".join(rename(server, conversation.id, f"name {attempt}.{n}") for n in range(3)))
        connection.shutdown(socket.SHUT_WR)
        assert statuses(read_all(connection)) == [200, 200, 200]


def test_after_the_last_answer_comes_no_other(server, conversation):
    with connect(server) as connection:
        connection.sendall(rename(server, conversation.id, "last", ["Connection: close"]) + b"garbage\r\n\r\n")
        assert statuses(read_all(connection)) == [200]


def test_a_refused_body_that_goes_wrong_is_answered_once(server):
    with connect(server) as connection:
        head = b"POST /v1/conversation/create HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"1000000\r\n" + b"a" * 0x1000000 + b"\r\n")
        time.sleep(0.3)
        connection.sendall(b"no size\r\n")
        assert statuses(read_all(connection)) == [413]


def test_a_connection_is_of_use_after_a_refused_body(server, conversation):
    with connect(server) as connection:
        body = b'{"name":"' + b"a" * (16 << 20) + b'"}'
        connection.sendall(f"PUT /v1/conversations/{conversation.id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                           f"{server.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        connection.sendall(rename(server, conversation.id, "after", ["Connection: close"]))
        assert statuses(read_all(connection)) == [413, 200]
    assert server.api().get("/v1/conversation/retrieve", conversation_id=conversation.id).data["name"] == "after"


def test_a_first_start_on_a_taken_port_does_not_lose_the_token(tmp_path):
    server = Buckle(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = server.command("serve", "--host", "127.0.0.1", "--port", str(port))
        assert failed.returncode == 1 and "pat_" not in failed.stdout
    try:
        server.start()
        assert server.token
    finally:
        server.remove()


def test_a_clean_stop_leaves_all_in_the_database_file(tmp_path):
    server = Buckle(tmp_path)
    if server.database.url:
        server.remove()
        pytest.skip("SQLite alone has a log beside its file")
    try:
        server.start()
        server.api().post("/v1/conversation/create", body={}).ok()
        assert server.stop() == 0
        assert not (server.data / "buckle.db-wal").exists()
    finally:
        server.remove()
