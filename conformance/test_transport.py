import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import UNKNOWN_ID, RawConnection, Reply

MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
RETRIEVE = "/v1/conversation/retrieve"
CREATE = "/v1/conversation/create"


def sent(api, method, path, body: bytes, headers=JSON) -> Reply:
    return api.call(method, path, data=body, headers=headers)


@pytest.fixture
def path(conversation):
    return f"/v1/conversations/{conversation.id}"


@pytest.fixture
def connection(server):
    with RawConnection(server) as opened:
        yield opened


class TestEnvelope:
    def test_every_answer_carries_its_log_id_in_header_and_body(self, server, api, conversation):
        """`Reply` compares the two; here every kind of answer passes through it."""
        answers = [
            api.get(RETRIEVE, conversation_id=conversation.id).ok(),
            api.get(RETRIEVE, conversation_id=UNKNOWN_ID).refused(4002),
            api.get(RETRIEVE).refused(4000),
            server.api("pat_unknown").get(RETRIEVE).refused(700012006, status=401),
            api.get("/v1/nothing").refused(4000, status=404),
            api.call("PATCH", RETRIEVE),
            api.post(f"/v1/conversations/{conversation.id}/clear").ok(),
        ]
        assert len({answer.logid for answer in answers}) == len(answers)

    def test_answers_are_json_in_utf_8(self, api, conversation):
        reply = api.put(f"/v1/conversations/{conversation.id}", {"name": "杭州"}).ok()
        assert "杭州" in reply.response.content.decode("utf-8") or "\\u" in reply.response.text

    def test_an_answer_without_a_result_has_no_data(self, api, conversation):
        assert set(api.delete(f"/v1/conversations/{conversation.id}").ok().body) == {"code", "msg", "detail"}

    def test_the_headers_that_sdks_add_make_no_difference(self, api, conversation):
        headers = {"User-Agent": "cozepy/0.20.0", "X-Coze-Client-User-Agent": "{broken", "X-Tt-Logid": "mine"}
        api.call("GET", RETRIEVE, params={"conversation_id": conversation.id}, headers=headers).ok()


class TestRouting:
    @pytest.mark.parametrize("path", [
        "/v1/nothing", "/v1", "/v2/conversation/create", "/v1/conversation", "/v1/conversation/create/more",
        "/v1/conversations/1/rename", "/V1/conversation/create", "/%2e%2e/etc/passwd", "/v1/%ff%fe", "/v1/杭州",
    ])
    def test_an_unknown_route_answers_404(self, api, path):
        api.call("POST", path, json={}).refused(4000, status=404)

    def test_an_id_written_in_percent_signs_is_the_same_id(self, connection, conversation):
        encoded = "".join(f"%{ord(digit):x}" for digit in conversation.id)
        connection.request("PUT", f"/v1/conversations/{encoded}", b'{"name": "x"}')
        assert connection.envelope()[1]["data"]["id"] == conversation.id

    @pytest.mark.parametrize("id", ["%00", "1%00", "%ff", "%2e%2e", "%20", "%2f", "1%2f2"])
    def test_bytes_in_a_path_that_are_no_id_are_refused(self, connection, id):
        connection.request("PUT", f"/v1/conversations/{id}", b'{"name": "x"}')
        status, document = connection.envelope()
        assert (status, document["code"]) in ((200, 4000), (404, 4000))

    @pytest.mark.parametrize("method, path, allowed", [
        ("GET", CREATE, {"POST"}),
        ("POST", RETRIEVE, {"GET"}),
        ("PATCH", f"/v1/conversations/{UNKNOWN_ID}", {"PUT", "DELETE"}),
        ("DELETE", "/v1/conversation/message/retrieve", {"GET", "POST"}),
        ("PUT", "/v1/users/me", {"GET"}),
        ("PUT", f"/v1/conversations/{UNKNOWN_ID}/messages/{UNKNOWN_ID}/feedback", {"POST", "DELETE"}),
        ("DELETE", "/v1/bots", {"GET"}),
    ])
    def test_a_wrong_verb_answers_405_and_says_which_are_right(self, api, method, path, allowed):
        reply = api.call(method, path)
        assert reply.status == 405 and reply.code > 0
        said = {verb.strip() for verb in reply.headers["Allow"].split(",")}
        assert said - {"HEAD", "OPTIONS"} == allowed

    @pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE"])
    @pytest.mark.parametrize("path", [RETRIEVE, CREATE, "/v1/users/me", "/nothing", "/openapi.json", "/health/live"])
    def test_other_verbs_do_no_harm(self, api, method, path):
        response = api.raw(method, path)
        assert response.status_code < 500
        assert response.headers["x-tt-logid"]


class TestBody:
    @pytest.mark.parametrize("body", [
        b'{"name": "x"', b'{"name": x}', b'{"name": "x",}', b"{'name': 'x'}", b'{"name" "x"}', b'{"name": "x"}}',
        b'{"name": "a\nb"}', b'{"name": 01}', b'{"name": NaN}', b'{"name": "\\x"}', b'\n\n{"name": ]', b"\x00", b"{",
    ])
    def test_malformed_json_is_refused_with_its_position(self, api, path, body):
        msg = sent(api, "PUT", path, body).refused(4000).msg
        assert re.search(r"\d", msg), msg

    @pytest.mark.parametrize("body", [
        b'{"name": "\xff\xfe"}', b'{"name": "\xe6\x9d"}', b'{"name": "\\ud800"}', b'{"name": "\\udc00\\ud800"}',
        b'{"name": "\xed\xa0\x80"}', b"\xff\xfe{\x00}\x00", b'{"name": 1e999}', b'{"name": ' + b"9" * 4000 + b"}",
    ], ids=[
        "bytes that are not UTF-8", "half a character", "half a surrogate pair", "surrogates the wrong way round",
        "a surrogate in UTF-8", "UTF-16", "an infinite number", "a number of 4,000 digits",
    ])
    def test_broken_text_and_numbers_are_refused(self, api, path, body):
        sent(api, "PUT", path, body).refused(4000)

    @pytest.mark.parametrize("body", [
        b'\xef\xbb\xbf{"name": "x"}', b'{"name": "w", "name": "x"}', b' \r\n\t{"name": "x"}\n ', b'{"n\\u0061me": "x"}',
    ], ids=["a byte order mark", "a key twice", "white space around", "an escaped key"])
    def test_odd_but_harmless_json_does_no_harm(self, api, path, body):
        reply = sent(api, "PUT", path, body)
        assert reply.code == 4000 or reply.ok().data["name"] in ("w", "x")

    @pytest.mark.parametrize("body, field", [
        ({"name": 5}, "name"),
        ({"name": {"a": 1}}, "name"),
        ({"bot_id": True}, "bot_id"),
        ({"connector_id": [1]}, "connector_id"),
        ({"meta_data": "x"}, "meta_data"),
        ({"meta_data": {"a": 1}}, "meta_data"),
        ({"messages": "x"}, "messages"),
        ({"messages": {"role": "user"}}, "messages"),
        ({"messages": [5]}, "messages"),
        ({"messages": [{"role": 5, "content": "x", "content_type": "text"}]}, "role"),
        ({"messages": [{"role": "user", "content": ["x"], "content_type": "text"}]}, "content"),
    ], ids=lambda value: json.dumps(value)[:40] if isinstance(value, dict) else "")
    def test_a_wrong_type_is_refused_by_the_name_of_the_field(self, api, body, field):
        assert field in sent(api, "POST", CREATE, json.dumps(body).encode()).refused(4000).msg

    @pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"true"])
    def test_a_body_that_is_no_object_is_refused(self, api, body):
        sent(api, "POST", CREATE, body).refused(4000)

    @pytest.mark.parametrize("body", [
        {"name": "a\x00b"}, {"meta_data": {"k": "\x00"}}, {"meta_data": {"\x00": "v"}}, {"connector_id": "1\x00"},
        {"messages": [{"role": "user", "content": "a\x00b", "content_type": "text"}]},
    ], ids=json.dumps)
    def test_a_nul_in_a_string_is_refused(self, api, body):
        sent(api, "POST", CREATE, json.dumps(body).encode()).refused(4000)

    @pytest.mark.parametrize("value", ["%00", "1%00", "%ff", "%zz"])
    def test_a_nul_or_garbage_in_the_query_is_refused(self, api, value):
        api.call("GET", f"{RETRIEVE}?conversation_id={value}").refused(4000)

    @pytest.mark.parametrize("body", [
        b"[" * 100_000, b'{"name":' * 100_000, b'{"name": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"ignored": ' + b"[" * 50_000 + b"]" * 50_000 + b', "name": "x"}',
        b'{"name": "x", "ignored": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    ], ids=["open lists", "open objects", "a deep list as name", "a deep list beside", "a deep object beside"])
    def test_deep_nesting_does_no_harm(self, api, path, body):
        reply = sent(api, "PUT", path, body)
        assert reply.code == 4000 or reply.ok().data["name"] == "x"

    @pytest.mark.parametrize("content_type", [
        None, "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8",
        "APPLICATION/JSON", "text/plain", "",
    ], ids=str)
    def test_the_content_type_is_not_enforced(self, api, path, content_type):
        headers = {} if content_type is None else {"Content-Type": content_type}
        assert sent(api, "PUT", path, b'{"name": "x"}', headers).ok().data["name"] == "x"

    def test_a_body_on_a_get_is_ignored(self, api, conversation):
        api.call("GET", RETRIEVE, params={"conversation_id": conversation.id}, data=b"{not json", headers=JSON).ok()

    def test_a_post_without_body_or_content_type_is_fine(self, connection):
        connection.send(connection.head("POST", CREATE, ["Content-Length: 0"]))
        assert connection.envelope()[1]["code"] == 0
        connection.send(connection.head("POST", CREATE))
        assert connection.envelope()[1]["code"] == 0


class TestQuery:
    def test_empty_values_are_as_good_as_absent(self, api, bot):
        made = api.post(CREATE, {"bot_id": bot.bot_id}).ok().data
        query = "page_num=&page_size=&sort_order=&connector_id=&unknown="
        listed = api.call("GET", f"/v1/conversations?bot_id={bot.bot_id}&{query}").ok().data
        assert listed["conversations"] == [made]

    @pytest.mark.parametrize("query", [
        "bot_id=&", "&&&", "=", "bot_id", "bot_id=1&bot_id=2", "bot_id=%F0%9F%98%80", "?" * 50,
    ])
    def test_odd_queries_are_refused_at_worst(self, api, query):
        reply = api.call("GET", f"/v1/conversations?{query}")
        assert reply.status == 200 and 0 <= reply.code < 5000

    @pytest.mark.parametrize("field", ["page_num", "page_size"])
    @pytest.mark.parametrize("value", ["0", "-1", "9223372036854775807", "9223372036854775808", "1e3", " 1", "%00"])
    def test_numbers_at_the_edge_do_no_harm(self, api, bot, field, value):
        reply = api.call("GET", f"/v1/conversations?bot_id={bot.bot_id}&{field}={value}")
        assert reply.code in (0, 4000) and reply.status == 200


class TestSize:
    """The limit is 15 MB."""

    @staticmethod
    def body(size: int) -> bytes:
        frame = b'{"name":"x","ignored":""}'
        return frame[:-2] + b"a" * (size - len(frame)) + frame[-2:]

    def test_a_body_below_the_limit_is_read(self, api, path):
        assert sent(api, "PUT", path, self.body(14_900_000)).ok().data["name"] == "x"

    def test_an_announced_body_beyond_it_is_refused(self, connection, path):
        body = self.body(16 * MEGABYTE)
        connection.send(connection.head("PUT", path, [f"Content-Length: {len(body)}"]))
        connection.send_until_answered(body[i:i + 65536] for i in range(0, len(body), 65536))
        status, document = connection.envelope()
        assert status == 413 and document["code"] > 0 and document["msg"]

    CHUNK = b"10000\r\n" + b"a" * 65536 + b"\r\n"

    def test_a_chunked_body_beyond_it_is_refused(self, connection, path):
        connection.send(connection.head("PUT", path, ["Transfer-Encoding: chunked"]))
        connection.send_until_answered([self.CHUNK] * 300 + [b"0\r\n\r\n"])
        status, document = connection.envelope()
        assert status == 413 and document["code"] > 0 and document["msg"]

    def test_a_client_that_asks_before_it_sends_is_told_at_once(self, server, path):
        expect = "Expect: 100-continue"
        with RawConnection(server) as connection:
            connection.send(connection.head("PUT", path, [expect, f"Content-Length: {16 * MEGABYTE}"]))
            status, document = connection.envelope()
            assert status == 413 and document["code"] > 0
        with RawConnection(server) as connection:
            connection.send(connection.head("PUT", path, [expect, "Content-Length: 12"]))
            assert connection.socket.recv(1000).startswith(b"HTTP/1.1 100 ")
            connection.send(b'{"name":"x"}')
            assert connection.envelope()[1]["data"]["name"] == "x"

    def test_a_client_that_sends_all_of_it_first_reads_the_refusal(self, api, coze, path, conversation):
        reply = sent(api, "PUT", path, self.body(16 * MEGABYTE))
        assert reply.status == 413 and reply.code > 0
        assert coze.conversations.retrieve(conversation_id=conversation.id).name == ""

    def test_a_chunked_body_below_it_is_read(self, api, path):
        def pieces():
            yield from (b'{"na', b'me": "\xe6\x9d', b"\xad\xe5\xb7\x9e", b'"}')

        assert api.call("PUT", path, data=pieces(), headers=JSON).ok().data["name"] == "杭州"

    def test_very_long_headers_and_paths_do_no_harm(self, server, api):
        for extra, path in (([f"X-Long: {'x' * 200_000}"], "/v1/users/me"), ([], "/v1/" + "x" * 200_000)):
            with RawConnection(server) as connection:
                try:
                    connection.send(connection.head("GET", path, extra))
                    assert connection.answer()[0] < 500
                except ConnectionError:
                    pass
        api.get("/v1/users/me").ok()


class TestConnection:
    def test_a_connection_serves_many_requests(self, connection, conversation):
        for _ in range(20):
            connection.request("GET", f"{RETRIEVE}?conversation_id={conversation.id}")
            assert connection.envelope()[1]["data"]["id"] == conversation.id

    def test_pipelined_requests_are_answered_in_their_order(self, connection, coze):
        made = [coze.conversations.create(name=str(n)) for n in range(10)]
        batch = b""
        for n, conversation in enumerate(made):
            body = json.dumps({"name": f"renamed {n}"}).encode()
            headers = ["Content-Type: application/json", f"Content-Length: {len(body)}"]
            batch += connection.head("GET", f"{RETRIEVE}?conversation_id={conversation.id}")
            batch += connection.head("PUT", f"/v1/conversations/{conversation.id}", headers) + body
            batch += connection.head("GET", f"{RETRIEVE}?conversation_id={conversation.id}")
        connection.send(batch)
        for n, conversation in enumerate(made):
            answers = [connection.envelope()[1]["data"] for _ in range(3)]
            assert [a["id"] for a in answers] == [conversation.id] * 3
            assert [a["name"] for a in answers] == [str(n), f"renamed {n}", f"renamed {n}"]

    def test_an_error_does_not_end_the_connection(self, connection, conversation):
        connection.request("GET", RETRIEVE)
        assert connection.envelope()[1]["code"] == 4000
        connection.request("PUT", f"/v1/conversations/{conversation.id}", b"{broken")
        assert connection.envelope()[1]["code"] == 4000
        connection.request("GET", "/v1/nothing")
        assert connection.envelope()[0] == 404
        connection.request("GET", f"{RETRIEVE}?conversation_id={conversation.id}")
        assert connection.envelope()[1]["code"] == 0

    def test_a_body_that_nobody_reads_does_not_disturb_the_next_request(self, connection, conversation):
        connection.request("POST", "/v1/nothing", b"x" * 100_000)
        assert connection.envelope()[0] == 404
        connection.request("GET", f"{RETRIEVE}?conversation_id={conversation.id}", b"{not json")
        assert connection.envelope()[1]["code"] == 0
        connection.request("GET", f"{RETRIEVE}?conversation_id={conversation.id}")
        assert connection.envelope()[1]["code"] == 0

    def test_a_slow_body_is_waited_for(self, connection, conversation):
        body = json.dumps({"name": "slowly"}).encode()
        headers = ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        connection.send(connection.head("PUT", f"/v1/conversations/{conversation.id}", headers))
        for n in range(len(body)):
            time.sleep(0.05)
            connection.send(body[n:n + 1])
        assert connection.envelope()[1]["data"]["name"] == "slowly"

    def test_a_client_that_leaves_in_the_middle_changes_nothing(self, server, coze, conversation):
        for _ in range(5):
            with RawConnection(server) as connection:
                connection.send(connection.head("PUT", f"/v1/conversations/{conversation.id}", ["Content-Length: 20"]))
                connection.send(b'{"name": "h')
        assert coze.conversations.retrieve(conversation_id=conversation.id).name == ""

    def test_connection_close_is_honoured(self, connection, conversation):
        connection.request("GET", f"{RETRIEVE}?conversation_id={conversation.id}", headers=["Connection: close"])
        assert connection.envelope()[1]["code"] == 0
        assert connection.closed_by_server

    def test_what_is_no_http_does_no_harm(self, server, api):
        greeting = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"
        for garbage in (greeting, b"GET\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n", b"\x00" * 1000):
            with RawConnection(server, timeout=1) as connection:
                connection.send(garbage)
                try:
                    assert connection.answer()[0] < 500
                except (ConnectionError, TimeoutError):
                    pass
        api.get("/v1/users/me").ok()

    @pytest.mark.parametrize("headers", [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: -5"],
        ["Content-Length: 99999999999999999999"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    ], ids=", ".join)
    def test_a_body_whose_length_is_in_doubt_is_refused_and_nothing_after_it_is_run(self, connection, headers):
        connection.send(connection.head("POST", CREATE, headers) + b"0\r\n\r\n" + connection.head("POST", CREATE))
        assert connection.answer()[0] == 400
        assert connection.closed_by_server

    def test_a_hundred_clients_at_once_are_all_answered(self, server, coze):
        made = [coze.conversations.create().id for _ in range(10)]

        def rename(n):
            return server.api().put(f"/v1/conversations/{made[n % 10]}", {"name": f"by {n}"}).ok().data["name"]

        with ThreadPoolExecutor(50) as pool:
            assert list(pool.map(rename, range(100))) == [f"by {n}" for n in range(100)]
