"""Connections on which much travels: uploads, downloads and streams of events, and clients that stop half-way."""
import re
import socket
import time

import pytest

from harness import RawConnection, eventually

UPLOAD = "/v1/files/upload"
BOUNDARY = "the-frontier"
MULTIPART = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
OPENING = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'.encode()
BODY = OPENING + f"hello\r\n--{BOUNDARY}--\r\n".encode()
EXPECT = "Expect: 100-continue"


@pytest.fixture
def connection(server):
    with RawConnection(server) as connection:
        yield connection


def head_of_answer(connection) -> tuple:
    """The status and headers of the next answer to HEAD, which has nothing after them."""
    lines = connection._until(b"\r\n\r\n").decode().split("\r\n")
    return int(lines[0].split()[1]), dict(line.lower().split(": ", 1) for line in lines[1:])


def check_usable(connection):
    """The next bytes of the connection are the answer to the next request."""
    connection.request("GET", "/v1/users/me")
    status, document = connection.envelope()
    assert (status, document["code"]) == (200, 0)


class TestHead:
    def test_of_a_stream_of_events(self, demo, connection):
        chat = demo.chat("hello")
        path = f"/buckle/v1/chats/{chat['id']}/events?conversation_id={chat['conversation_id']}"
        connection.request("HEAD", path)
        status, headers = head_of_answer(connection)
        assert status == 200 and headers["content-type"].startswith("text/event-stream")
        check_usable(connection)
        # The stream itself still has its chunks and its end.
        connection.request("GET", path)
        status, headers, body = connection.answer()
        assert status == 200 and headers["transfer-encoding"] == "chunked" and b"event:done" in body.replace(b" ", b"")
        check_usable(connection)

    @pytest.mark.parametrize("size", [5, 300_000])
    def test_of_a_download(self, api, connection, size):
        file = api.call("POST", UPLOAD, files={"file": ("a.txt", b"x" * size)}).ok().data["id"]
        path = f"/buckle/v1/files/{file}/content"
        connection.request("HEAD", path)
        status, headers = head_of_answer(connection)
        assert (status, headers["content-length"]) == (200, str(size))
        assert "transfer-encoding" not in headers
        check_usable(connection)
        connection.request("GET", path)
        assert connection.answer()[2] == b"x" * size

    def test_of_json_and_of_a_failure(self, connection):
        for path, expected in (("/v1/users/me", 200), ("/v1/nothing", 404)):
            connection.request("HEAD", path)
            status, headers = head_of_answer(connection)
            assert status == expected and int(headers["content-length"]) > 0
        check_usable(connection)


class TestExpectation:
    def test_a_wanted_upload_is_asked_for(self, connection):
        connection.send(connection.head("POST", UPLOAD, [MULTIPART, EXPECT, f"Content-Length: {len(BODY)}"]))
        assert connection._until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue"
        connection.send(BODY)
        assert connection.envelope()[1]["data"]["bytes"] == 5
        check_usable(connection)

    def test_a_client_that_sends_before_it_is_asked_is_not_confused(self, connection):
        connection.send(connection.head("POST", UPLOAD, [MULTIPART, EXPECT, f"Content-Length: {len(BODY)}"]) + BODY)
        assert connection.envelope()[1]["data"]["bytes"] == 5
        check_usable(connection)

    @pytest.mark.parametrize("token, length, status, code", [
        ("pat_nonsense", len(BODY), 401, 700_012_006), (None, 600 << 20, 200, 4302),
    ], ids=["token", "length"])
    def test_an_unwanted_upload_is_not(self, connection, token, length, status, code):
        connection.token = token or connection.token
        connection.send(connection.head("POST", UPLOAD, [MULTIPART, EXPECT, f"Content-Length: {length}"]))
        first = connection._until(b"\r\n").decode()
        assert first.startswith(f"HTTP/1.1 {status} "), first
        rest = connection.buffer
        while part := connection.socket.recv(65536):
            rest += part
        assert f'"code":{code}'.encode() in rest and b"connection: close" in rest.lower()

    def test_a_client_of_http_1_0_knows_no_expectation(self, connection):
        head = connection.head("POST", UPLOAD, [MULTIPART, EXPECT, f"Content-Length: {len(BODY)}"], "HTTP/1.0")
        connection.send(head)
        time.sleep(0.3)
        connection.send(BODY)
        assert connection._until(b"\r\n").startswith(b"HTTP/1.0 200 ")


def counted(server, path) -> dict:
    """How many requests of a route ended with each code."""
    lines = server.api(token="").raw("GET", "/metrics").text
    found = re.findall(rf'buckle_requests_total{{[^}}]*route="{path}"[^}}]*code="(\d+)"}} (\d+)', lines)
    return {int(code): int(count) for code, count in found}


@pytest.mark.parametrize("abort", [False, True], ids=["closed", "reset"])
def test_an_upload_whose_client_goes_is_no_failure_of_the_server(own_server, abort):
    with RawConnection(own_server) as connection:
        connection.send(connection.head("POST", UPLOAD, [MULTIPART, "Content-Length: 1000000"]) + OPENING + b"x" * 1000)
        time.sleep(0.3)
        if abort:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert eventually(lambda: counted(own_server, UPLOAD), within=5) == {4000: 1}
    assert "request failed" not in own_server.log_tail()


class TestShutdown:
    """What holds a shutdown up for some seconds at other times holds a connection for minutes."""

    def test_it_does_not_wait_for_an_upload_of_which_nothing_comes(self, own_server):
        with RawConnection(own_server) as connection:
            connection.send(connection.head("POST", UPLOAD, [MULTIPART, "Content-Length: 1000000"]) + OPENING)
            time.sleep(0.3)
            assert own_server.stop(within=7) == 0

    def test_it_does_not_wait_for_an_upload_that_trickles(self, own_server):
        with RawConnection(own_server) as connection:
            connection.send(connection.head("POST", UPLOAD, [MULTIPART, "Content-Length: 1000000"]) + OPENING)
            time.sleep(0.3)
            own_server.terminate()
            with pytest.raises(OSError):
                for _ in range(70):
                    connection.send(b"x" * 100)
                    time.sleep(0.1)
            assert own_server.process.wait(3) == 0

    def test_it_waits_for_an_upload_that_comes(self, own_server):
        size = 400 * 20_000
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        with RawConnection(own_server) as connection:
            length = f"Content-Length: {len(OPENING) + size + len(tail)}"
            connection.send(connection.head("POST", UPLOAD, [MULTIPART, length]) + OPENING)
            time.sleep(0.3)
            own_server.terminate()
            for _ in range(400):
                connection.send(b"x" * 20_000)
                time.sleep(0.01)
            connection.send(tail)
            assert connection.envelope()[1]["data"]["bytes"] == size
        assert own_server.process.wait(7) == 0

    def download(self, server) -> socket.socket:
        """Asks for a file, of which no more fits on the way than a small part."""
        content = b"x" * (40 << 20)
        file = server.api().call("POST", UPLOAD, files={"file": ("a.txt", content)}).ok().data["id"]
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 10)
        made.settimeout(10)
        made.connect(("127.0.0.1", server.port))
        made.sendall(f"GET /buckle/v1/files/{file}/content HTTP/1.1\r\nHost: x\r\n"
                     f"Authorization: Bearer {server.token}\r\n\r\n".encode())
        assert made.recv(1000).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.5)
        return made

    def test_it_does_not_wait_for_a_client_that_does_not_read(self, own_server):
        with self.download(own_server):
            assert own_server.stop(within=7) == 0

    def test_it_waits_for_a_client_that_reads_slowly(self, own_server):
        with self.download(own_server) as connection:
            own_server.terminate()
            for _ in range(50):
                assert connection.recv(16 << 10)
                time.sleep(0.1)
            # Some 800 KB are less than the system sends on when the server is gone, so ask for the server itself.
            assert own_server.running
        assert own_server.process.wait(7) == 0
