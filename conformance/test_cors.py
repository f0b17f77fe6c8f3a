"""What pages of other sites may do: the requests that browsers send for them, and the answers they let them read."""

import json

import pytest
import requests
from cozepy import ChatEventType, Coze, Message, SyncHTTPClient, TokenAuth

from chat import CHAT, EventStream, Stand, outlines, text
from harness import UNKNOWN_ID, Buckle, RawConnection, buckle

SHOP, LOCAL = "https://shop.example", "http://localhost:5173"
OTHERS = [
    "https://evil.example", "http://shop.example", "https://shop.example:8443", "https://a.shop.example",
    "https://shop.example.evil.example", "http://localhost", "null",
]
ME = "/v1/users/me"
EXPOSED = {"x-tt-logid", "retry-after", "content-disposition"}


@pytest.fixture(scope="module")
def shop_server(tmp_path_factory):
    """A server whose API the pages of two sites may call."""
    server = Buckle(tmp_path_factory.mktemp("shop"))
    try:
        yield server.start(env={"BUCKLE_ALLOWED_ORIGINS": f"{SHOP}, {LOCAL}"})
    finally:
        server.remove()


@pytest.fixture(scope="module")
def shop(shop_server) -> Stand:
    return Stand(shop_server)


def send(server, method, path, origin=None, token=True, **options) -> requests.Response:
    headers = {**({"Origin": origin} if origin else {}), **options.pop("headers", {})}
    if token:
        headers["Authorization"] = f"Bearer {server.token}"
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, server.url + path, headers=headers, timeout=30, **options)


def ask(server, method, path, origin=SHOP, headers="authorization,content-type") -> requests.Response:
    """What a browser asks before it sends a page's request."""
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return send(server, "OPTIONS", path, origin, token=False, headers=asked)


def names(header: str) -> set:
    return {name.strip().lower() for name in header.split(",")}


def readable(headers, origin=SHOP):
    """The page may read the answer, and no cache may hand it to another site's."""
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "origin" in names(headers["Vary"])
    assert names(headers["Access-Control-Expose-Headers"]) == EXPOSED
    assert "Access-Control-Allow-Credentials" not in headers
    return headers


def silent(headers):
    """Nothing is said of other sites."""
    assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert "origin" not in names(headers.get("Vary", ""))


@pytest.mark.parametrize("origin", [SHOP, "null", None])
def test_it_is_closed_unless_it_is_opened(server, origin):
    for method, path in [("GET", ME), ("GET", "/v1/nothing"), ("PATCH", ME), ("GET", "/sign-in")]:
        silent(send(server, method, path, origin).headers)
    answer = ask(server, "GET", ME, origin)
    assert answer.status_code == 405
    silent(answer.headers)


class TestPreflight:
    @pytest.mark.parametrize("origin", [SHOP, LOCAL])
    @pytest.mark.parametrize("method, path", [
        ("POST", CHAT), ("GET", ME), ("PUT", f"/v1/conversations/{UNKNOWN_ID}"), ("POST", "/v1/files/upload"),
        ("DELETE", f"/v1/conversations/{UNKNOWN_ID}"), ("POST", "/api/permission/oauth2/token"),
        # The answers to these say what is wrong.
        ("GET", "/v1/nothing"), ("PATCH", ME),
    ])
    def test_a_request_to_the_api_may_be_sent(self, shop_server, origin, method, path):
        answer = ask(shop_server, method, path, origin)
        assert answer.status_code == 204 and answer.content == b""
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert method.lower() in names(answer.headers["Access-Control-Allow-Methods"])
        assert "origin" in names(answer.headers["Vary"])
        assert 0 < int(answer.headers["Access-Control-Max-Age"]) <= 7200
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Content-Length" not in answer.headers and "Transfer-Encoding" not in answer.headers

    def test_the_headers_of_sdks_may_be_sent_and_cookies_may_not(self, shop_server):
        standard = {"authorization", "content-type", "accept", "accept-language", "last-event-id", "agw-js-conv"}
        asked = "agw-js-conv,authorization,content-type,x-coze-client-user-agent,X-Trace-Id,cookie,proxy-x,x_y,*"
        allowed = names(ask(shop_server, "POST", CHAT, headers=asked).headers["Access-Control-Allow-Headers"])
        assert allowed == standard | {"x-coze-client-user-agent", "x-trace-id"}
        assert names(ask(shop_server, "POST", CHAT, headers="").headers["Access-Control-Allow-Headers"]) == standard

    @pytest.mark.parametrize("origin", OTHERS)
    def test_other_sites_are_told_nothing(self, shop_server, origin):
        answer = ask(shop_server, "POST", CHAT, origin)
        assert answer.status_code == 405
        silent(answer.headers)

    @pytest.mark.parametrize("method, path", [
        ("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/setup"), ("POST", "/oauth/consent"), ("GET", "/"),
        ("GET", "/api/permission/oauth2/authorize"), ("POST", "/buckle/v1/sessions"), ("POST", "/language"),
        ("DELETE", "/buckle/v1/sessions/current"), ("GET", "/metrics"), ("GET", "/health/ready"),
    ])
    def test_pages_and_sessions_are_not_for_other_sites(self, shop_server, method, path):
        answer = ask(shop_server, method, path)
        assert answer.status_code == 405
        silent(answer.headers)
        silent(send(shop_server, method, path, SHOP, token=False, allow_redirects=False).headers)

    def test_what_is_no_question_of_a_browser_is_a_wrong_method(self, shop_server):
        answer = send(shop_server, "OPTIONS", ME, SHOP)
        assert answer.status_code == 405
        readable(answer.headers)
        silent(send(shop_server, "OPTIONS", ME).headers)

    def test_the_connection_goes_on(self, shop_server):
        with RawConnection(shop_server) as connection:
            headers = [f"Origin: {SHOP}", "Access-Control-Request-Method: GET"]
            connection.send(connection.head("OPTIONS", ME, headers) + connection.head("GET", ME, headers[:1]))
            head = connection._until(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 204 ")
            status, document = connection.envelope()
            assert (status, document["code"]) == (200, 0)


class TestAnswers:
    @pytest.mark.parametrize("method, path, token, status", [
        ("GET", ME, True, 200), ("HEAD", ME, True, 200), ("GET", ME, False, 401), ("GET", "/v1/nothing", True, 404),
        ("PATCH", ME, True, 405), ("GET", f"/v1/conversation/retrieve?conversation_id={UNKNOWN_ID}", True, 200),
        ("POST", "/api/permission/oauth2/token", False, 400),
    ])
    def test_they_can_be_read(self, shop_server, method, path, token, status):
        answer = send(shop_server, method, path, SHOP, token)
        assert answer.status_code == status
        readable(answer.headers)
        assert answer.headers["X-Tt-Logid"]
        silent(send(shop_server, method, path, None, token).headers)
        for origin in OTHERS:
            same = send(shop_server, method, path, origin, token)
            assert same.status_code == status
            silent(same.headers)

    def test_a_body_that_is_too_large_is_told(self, shop_server):
        answer = send(shop_server, "POST", CHAT, SHOP, data=b" " * (16 << 20))
        assert answer.status_code == 413
        readable(answer.headers)
        headers = [f"Origin: {SHOP}", "Expect: 100-continue", f"Content-Length: {16 << 20}"]
        with RawConnection(shop_server) as connection:
            connection.send(connection.head("POST", CHAT, headers))
            head = connection._until(b"\r\n\r\n").decode()
        assert " 413 " in head and f"Access-Control-Allow-Origin: {SHOP}" in head

    def test_a_stream_can_be_read(self, shop, shop_server):
        body = shop.body("/count 5", stream=True)
        stream = EventStream(shop_server, "POST", CHAT, body, headers={"Origin": LOCAL})
        readable(stream.headers, LOCAL)
        events = stream.whole()
        assert outlines(events)[-2:] == ["chat.completed", "done"] and "5" in text(events)
        stream = EventStream(shop_server, "POST", CHAT, body, headers={"Origin": OTHERS[0]})
        silent(stream.headers)
        stream.whole()

    def test_a_stream_can_be_gone_on_with(self, shop, shop_server):
        chat = shop.chat("hello")
        path = f"/buckle/v1/chats/{chat['id']}/events"
        stream = EventStream(
            shop_server, "GET", path, numbered=True, headers={"Origin": SHOP, "Last-Event-ID": "1"},
            conversation_id=chat["conversation_id"])
        readable(stream.headers)
        assert stream.whole()[-1].name == "done"

    def test_the_sdk_does_not_mind(self, shop, shop_server):
        client = SyncHTTPClient(headers={"Origin": SHOP}, trust_env=False)
        coze = Coze(auth=TokenAuth(shop_server.token), base_url=shop_server.url, http_client=client)
        assert coze.users.me().user_id
        said = [Message.build_user_question_text("hello")]
        events = list(coze.chat.stream(bot_id=shop.bot(), user_id="user 1", additional_messages=said))
        assert events[-1].event == ChatEventType.CONVERSATION_CHAT_COMPLETED

    def test_a_file_can_be_read(self, shop, shop_server):
        sent = send(shop_server, "POST", "/v1/files/upload", SHOP, files={"file": ("note.txt", b"to be read")})
        readable(sent.headers)
        conversation = shop.coze.conversations.create(name="kept")
        path = f"/buckle/v1/conversations/{conversation.id}/export?format=markdown"
        answer = send(shop_server, "GET", path, SHOP)
        assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
        readable(answer.headers)


class TestSessions:
    @pytest.fixture(scope="class")
    def cookies(self, shop_server):
        account = {"user_name": "ada", "password": "correct horse battery"}
        shop_server.api().post("/buckle/v1/accounts", account).ok()
        reply = requests.post(
            shop_server.url + "/buckle/v1/sessions",
            json={"account": account["user_name"], "password": account["password"]}, timeout=30)
        return {"buckle_session": reply.cookies["buckle_session"]}, reply.json()["data"]["csrf_token"]

    def test_a_cookie_counts_for_the_servers_own_pages_alone(self, shop_server, cookies):
        cookie, csrf = cookies
        for origin, status in [(None, 200), (shop_server.url, 200), *((one, 401) for one in [SHOP, LOCAL, *OTHERS])]:
            got = send(shop_server, "GET", ME, origin, token=False, cookies=cookie)
            assert got.status_code == status, origin
            put = send(
                shop_server, "PUT", "/buckle/v1/users/me", origin, token=False, cookies=cookie,
                headers={"X-CSRF-Token": csrf}, json={"nick_name": f"from {origin}"})
            assert put.status_code == status, origin
        me = send(shop_server, "GET", "/buckle/v1/users/me", token=False, cookies=cookie).json()["data"]
        assert me["nick_name"] == f"from {shop_server.url}"

    def test_a_token_beside_it_counts(self, shop_server, cookies):
        answer = send(shop_server, "GET", "/buckle/v1/users/me", SHOP, cookies=cookies[0])
        assert answer.json()["data"]["user_name"] != "ada"
        readable(answer.headers)

    def test_no_session_begins_at_another_site(self, shop_server):
        body = {"account": "ada", "password": "correct horse battery"}
        answer = send(shop_server, "POST", "/buckle/v1/sessions", SHOP, token=False, json=body)
        assert answer.json()["code"] == 4101 and "Set-Cookie" not in answer.headers
        silent(answer.headers)


def test_a_star_opens_the_api_to_every_site(tmp_path):
    config = tmp_path / "buckle.yaml"
    config.write_text(json.dumps({"allowed_origins": ["*"]}))
    server = Buckle(tmp_path)
    try:
        server.start(options=["--port", "0", "--config", str(config)])
        for origin in [SHOP, *OTHERS]:
            readable(send(server, "GET", ME, origin).headers, origin)
            assert ask(server, "POST", CHAT, origin).headers["Access-Control-Allow-Origin"] == origin
        silent(send(server, "GET", ME).headers)
        # Not even now.
        silent(send(server, "GET", "/sign-in", SHOP, token=False).headers)
    finally:
        server.remove()


@pytest.mark.parametrize("origins", [
    "shop.example", "https://shop.example/", "https://*.shop.example", "https://shop.example,*", "https://a b",
    "ftp://shop.example", "null", "https://shop.example:0",
])
def test_what_is_no_site_keeps_the_server_from_starting(tmp_path, origins):
    ended = buckle(
        "serve", "--port", "0", "--data-dir", tmp_path / "data", env={"BUCKLE_ALLOWED_ORIGINS": origins})
    assert ended.returncode == 1
    assert "allowed_origins" in ended.stderr and not (tmp_path / "data").exists()
