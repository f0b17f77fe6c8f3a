import asyncio
import hashlib
import io
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
import requests
from cozepy import Coze, Message, MessageContentType, MessageObjectString, MessageRole, TokenAuth

import harness
from harness import GARBAGE_IDS, UNKNOWN_ID, Buckle, RawConnection, Reply, eventually, refused

UPLOAD = "/v1/files/upload"
RETRIEVE = "/v1/files/retrieve"
LIST = "/buckle/v1/files"
PNG = bytes.fromhex("89504e470d0a1a0a") + b"not much of a picture"
BOUNDARY = "the-frontier"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def part(content: bytes, disposition='form-data; name="file"; filename="a.txt"') -> bytes:
    return f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def blobs(server) -> set:
    """The files that lie in the directory of contents, wherever in it."""
    directory = server.data / "blobs"
    return {
        str(path.relative_to(directory)) for path in directory.rglob("*")
        if path.is_file() and path.name not in ("lock", "database")
    }


def blob(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"{digest[:2]}/{digest[2:]}"


def unique(text="content") -> bytes:
    return f"{text} {secrets.token_hex(8)}".encode()


def follow(server, url) -> requests.Response:
    """Follows a link as a browser would: with no token."""
    parts = urlsplit(url)
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{server.url}{parts.path}?{parts.query}", timeout=30)


def other_account(server) -> str:
    """A token of another user, who shares nothing with the owner. There is no command that makes one."""
    token = "pat_" + secrets.token_hex(32)
    user, now = int(time.time()) << 32 | secrets.randbits(31), int(time.time())
    digest = hashlib.sha256(token.encode()).hexdigest()
    literal = f"'\\x{digest}'" if server.database.url else f"x'{digest}'"
    script = f"""
        INSERT INTO account (id, user_name, nick_name, created_at) VALUES ({user}, 'other{user}', 'Other', {now});
        INSERT INTO token (id, user_id, name, hash, permissions, created_at, revision)
        VALUES ({user + 1}, {user}, 'other', {literal}, '["all"]', {now}, 0);
        """
    if server.database.url:
        subprocess.run(
            ["psql", server.database.url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", script],
            check=True, capture_output=True, text=True,
        )
    else:
        with sqlite3.connect(server.data / "buckle.db", timeout=10) as database:
            database.executescript(script)
        database.close()
    return token


@pytest.fixture(scope="module")
def stranger(server):
    return server.api(other_account(server))


@pytest.fixture
def own_coze(own_server) -> Coze:
    return Coze(auth=TokenAuth(own_server.token), base_url=own_server.url)


class TestUpload:
    def test_the_sdk_uploads_from_every_kind_of_source(self, coze, tmp_path):
        path = tmp_path / "notes.txt"
        path.write_bytes(b"hello")
        sources = {
            path: "notes.txt", str(path): "notes.txt", b"hello": "upload", ("杭州 🌤.md", b"hello"): "杭州 🌤.md",
            ("data.csv", io.BytesIO(b"hello")): "data.csv", ("a.txt", "hello"): "a.txt",
            ("photo (1).PNG", b"hello"): "photo (1).PNG", (None, b"hello"): "upload",
        }
        for source, name in sources.items():
            made = coze.files.upload(file=source)
            assert (made.file_name, made.bytes) == (name, 5), source
        with path.open("rb") as file:
            assert coze.files.upload(file=file).file_name == "notes.txt"

    def test_the_asynchronous_sdk_uploads_and_retrieves(self, acoze):
        async def run():
            made = await acoze.files.upload(file=("a.txt", b"hello"))
            return made, await acoze.files.retrieve(file_id=made.id)

        made, found = asyncio.run(run())
        assert (found.id, found.bytes, found.file_name) == (made.id, 5, "a.txt")

    def test_the_reply_has_every_field_and_retrieve_the_same(self, api):
        before = int(time.time())
        made = api.call("POST", UPLOAD, files={"file": ("a.txt", b"hello")}).ok().data
        assert set(made) == {"id", "bytes", "created_at", "file_name", "url"}
        assert isinstance(made["id"], str) and isinstance(made["bytes"], int) and isinstance(made["created_at"], int)
        assert before <= made["created_at"] <= int(time.time())
        assert abs((int(made["id"]) >> 32) - made["created_at"]) <= 1
        found = api.get(RETRIEVE, file_id=made["id"]).ok().data
        assert {**found, "url": ""} == {**made, "url": ""}

    @pytest.mark.parametrize("size", [1, 2, 511, 512, 513, 65_535, 65_536, 1_000_003])
    def test_every_byte_comes_back(self, server, api, size):
        content = os.urandom(size)
        made = api.call("POST", UPLOAD, files={"file": ("a.bin.gz", content)}).ok().data
        assert made["bytes"] == size
        assert api.raw("GET", f"{LIST}/{made['id']}/content").content == content
        assert blob(content) in blobs(server)

    def test_content_that_looks_like_the_form_around_it_comes_back_too(self, server, api):
        content = f"\r\n--{BOUNDARY}x\r\n--{BOUNDARY[:-1]}\r\n\n--{BOUNDARY}--\r--{BOUNDARY}\r\n\r\n--".encode() * 3
        made = api.call("POST", UPLOAD, data=part(content) + END, headers=MULTIPART).ok().data
        assert api.raw("GET", f"{LIST}/{made['id']}/content").content == content

    def test_a_body_may_come_in_any_pieces(self, server):
        content = unique() + b"\r\n--the" * 20
        body = b"a preamble\r\n" + part(content) + END + b"an epilogue"
        head = [f"Content-Type: {MULTIPART['Content-Type']}"]
        with RawConnection(server) as connection:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.send(connection.head("POST", UPLOAD, [*head, f"Content-Length: {len(body)}"]))
            for index in range(len(body)):
                connection.send(body[index:index + 1])
            status, reply = connection.envelope()
            assert (status, reply["code"], reply["data"]["bytes"]) == (200, 0, len(content))
            # And in chunks, on the same connection.
            connection.send(connection.head("POST", UPLOAD, [*head, "Transfer-Encoding: chunked"]))
            for start in range(0, len(body), 13):
                piece = body[start:start + 13]
                connection.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            connection.send(b"0\r\n\r\n")
            status, reply = connection.envelope()
            assert (status, reply["code"], reply["data"]["bytes"]) == (200, 0, len(content))
        assert blob(content) in blobs(server)

    def test_64_mb_go_through_disk_and_not_through_memory(self, own_server, own_coze, tmp_path):
        def peak():
            status = open(f"/proc/{own_server.process.pid}/status").read()
            return int(status.split("VmHWM:")[1].split()[0]) >> 10

        path = tmp_path / "large.zip"
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for _ in range(64):
                piece = os.urandom(1 << 20)
                digest.update(piece)
                file.write(piece)
        before = peak()
        made = own_coze.files.upload(file=path)
        assert made.bytes == 64 << 20
        url = own_server.api().get(RETRIEVE, file_id=made.id).ok().data["url"]
        content = own_server.api().raw("GET", f"{LIST}/{made.id}/content").content
        assert hashlib.sha256(content).digest() == digest.digest()
        assert hashlib.sha256(follow(own_server, url).content).digest() == digest.digest()
        assert peak() - before < 32, f"{peak() - before} MB"

    def test_uploads_at_the_same_time_do_not_mix(self, server):
        def upload(number):
            api, content = server.api(), f"{number} ".encode() * (20_000 + number)
            made = api.call("POST", UPLOAD, files={"file": (f"{number}.txt", content)}).ok().data
            return api.raw("GET", f"{LIST}/{made['id']}/content").content == content

        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(upload, range(64)))

    REFUSED = {
        "no content type": ({}, part(b"x") + END, 4300),
        "JSON": ({"Content-Type": "application/json"}, b'{"file": "x"}', 4300),
        "a form of another kind": ({"Content-Type": "application/x-www-form-urlencoded"}, b"file=x", 4300),
        "no body": (MULTIPART, b"", 4300),
        "no part": (MULTIPART, END, 4300),
        "an empty file": (MULTIPART, part(b"") + END, 4300),
        "a part of another name": (MULTIPART, part(b"x", 'form-data; name="data"; filename="a.txt"') + END, 4300),
        "two files": (MULTIPART, part(b"x") + part(b"y") + END, 4301),
        "a file and a field": (MULTIPART, part(b"x") + part(b"y", 'form-data; name="purpose"') + END, 4301),
        "a program": (MULTIPART, part(b"MZ", 'form-data; name="file"; filename="setup.exe"') + END, 4303),
        "a program in capitals": (MULTIPART, part(b"MZ", 'form-data; name="file"; filename="a.txt.EXE"') + END, 4303),
        "no boundary": ({"Content-Type": "multipart/form-data"}, part(b"x") + END, 4304),
        "another boundary": ({"Content-Type": "multipart/form-data; boundary=x"}, part(b"x") + END, 4304),
        "no end": (MULTIPART, part(b"x"), 4304),
        "half a part": (MULTIPART, part(b"x" * 5000)[:1000], 4304),
        "a part without a name": (MULTIPART, part(b"x", "form-data") + END, 4304),
        "garbage": (MULTIPART, os.urandom(3000), 4304),
        "garbage after the end": (MULTIPART, part(b"x") + END + b"x" * 20_000, 4304),
        "headers without an end": (MULTIPART, part(b"x", "form-data; name=" + "x" * 20_000) + END, 4304),
        "a name that is too long": (MULTIPART, part(b"x", f'form-data; name=file; filename="{"x" * 256}"') + END, 4000),
    }

    @pytest.mark.parametrize("headers, body, code", REFUSED.values(), ids=REFUSED.keys())
    def test_what_is_no_single_supported_file_is_refused_and_leaves_nothing(self, server, api, headers, body, code):
        files, before = api.get(LIST).ok().data, blobs(server)
        api.call("POST", UPLOAD, data=body, headers=headers).refused(code)
        assert [f["id"] for f in api.get(LIST).ok().data["items"]] == [f["id"] for f in files["items"]]
        assert blobs(server) == before

    def test_the_sdk_raises_the_codes(self, coze):
        with refused(4300):
            coze.files.upload(file=("a.txt", b""))
        with refused(4303):
            coze.files.upload(file=("setup.exe", b"MZ"))

    def test_more_than_512_mb_is_refused_before_it_comes(self, server):
        headers = [f"Content-Type: {MULTIPART['Content-Type']}", f"Content-Length: {(512 << 20) + (1 << 20)}"]
        with RawConnection(server) as connection:
            connection.send(connection.head("POST", UPLOAD, headers))
            status, reply = connection.envelope()
        assert (status, reply["code"]) == (200, 4302)

    def test_a_token_is_needed_and_its_permission(self, server, api):
        files = {"file": ("a.txt", b"x")}
        assert Reply(requests.post(server.url + UPLOAD, files=files, timeout=10)).refused(700012006, status=401)
        server.api(server.create_token("uploadFile")).call("POST", UPLOAD, files=files).ok()
        reader = server.api(server.create_token("retrieveFile"))
        assert "uploadFile" in reader.call("POST", UPLOAD, files=files).refused(4101).msg
        made = api.call("POST", UPLOAD, files=files).ok().data["id"]
        reader.get(RETRIEVE, file_id=made).ok()
        reader.delete(f"{LIST}/{made}").refused(4101)
        writer = server.api(server.create_token("uploadFile"))
        for path in (f"{RETRIEVE}?file_id={made}", LIST, f"{LIST}/{made}/content"):
            writer.get(path).refused(4101)

    @pytest.mark.parametrize("cut", [0.0, 0.01, 0.5, 0.999])
    def test_half_an_upload_leaves_nothing(self, server, api, cut):
        before, files = blobs(server), api.get(LIST, limit=1).ok().data["items"]
        body = part(os.urandom(3_000_000)) + END
        with RawConnection(server) as connection:
            head = [f"Content-Type: {MULTIPART['Content-Type']}", f"Content-Length: {len(body)}"]
            connection.send(connection.head("POST", UPLOAD, head) + body[:int(len(body) * cut)])
            if cut >= 0.5:
                assert eventually(lambda: any(name.startswith("incoming/") for name in blobs(server)), within=5)
        assert eventually(lambda: blobs(server) == before, within=5)
        assert [f["id"] for f in api.get(LIST, limit=1).ok().data["items"]] == [f["id"] for f in files]

    def test_a_connection_serves_on_after_a_refused_upload(self, server):
        with RawConnection(server) as connection:
            for _ in range(3):
                body = part(b"x" * 300_000, 'form-data; name="file"; filename="a.exe"') + END
                head = [f"Content-Type: {MULTIPART['Content-Type']}", f"Content-Length: {len(body)}"]
                connection.send(connection.head("POST", UPLOAD, head) + body)
                assert connection.envelope()[1]["code"] == 4303
            connection.request("GET", "/v1/users/me")
            assert connection.envelope()[1]["code"] == 0


class TestRetrieve:
    def test_unknown_and_others_files_look_alike(self, coze, stranger):
        made = coze.files.upload(file=("a.txt", b"x"))
        with refused(4200):
            coze.files.retrieve(file_id=UNKNOWN_ID)
        for method, path in (("GET", "{0}/content"), ("DELETE", "{0}")):
            there, none = (stranger.call(method, f"{LIST}/{path.format(id)}") for id in (made.id, UNKNOWN_ID))
            assert there.refused(4200).msg == none.refused(4200).msg.replace(UNKNOWN_ID, made.id)
        there, none = (stranger.get(RETRIEVE, file_id=id).refused(4200) for id in (made.id, UNKNOWN_ID))
        assert there.msg == none.msg.replace(UNKNOWN_ID, made.id)
        assert stranger.get(LIST).ok().data["items"] == []
        assert coze.files.retrieve(file_id=made.id).id == made.id

    @pytest.mark.parametrize("garbage", ["", *GARBAGE_IDS])
    def test_a_garbage_id_is_refused(self, coze, garbage):
        with refused(4000):
            coze.files.retrieve(file_id=garbage)


class TestDownload:
    CASES = {
        "a.png": (PNG, "image/png", "inline"), "page.html": (b"<script>", "text/html", "attachment"),
        "x.json": (b"{}", "application/json", "attachment"), "a.mp3": (b"ID3", "audio/mpeg", "inline"),
        "a.pdf": (b"%PDF-1.7", "application/octet-stream", "attachment"),
        "false.png": (b"<script>", "application/octet-stream", "attachment"),
        "杭州 \"1\".txt": (b"x", "text/plain", "attachment"),
    }

    @pytest.mark.parametrize("name", CASES)
    def test_no_browser_takes_a_file_for_a_page_of_the_servers(self, server, api, name):
        content, media_type, disposition = self.CASES[name]
        escaped = name.replace('"', '\\"')
        body = part(content, f'form-data; name="file"; filename="{escaped}"') + END
        made = api.call("POST", UPLOAD, data=body, headers=MULTIPART).ok().data
        assert made["file_name"] == name
        for got in (api.raw("GET", f"{LIST}/{made['id']}/content"), follow(server, made["url"])):
            assert (got.status_code, got.content) == (200, content)
            assert got.headers["Content-Type"].split(";")[0] == media_type
            assert got.headers["Content-Disposition"].startswith(disposition + ";")
            assert quote(name, safe="") in got.headers["Content-Disposition"]
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert "sandbox" in got.headers["Content-Security-Policy"]
            assert int(got.headers["Content-Length"]) == len(content)
            assert got.headers["X-Tt-Logid"]

    def test_a_link_leads_to_the_server_and_needs_no_token(self, server, api):
        content = unique()
        made = api.call("POST", UPLOAD, files={"file": ("a.txt", content)}).ok().data
        assert made["url"].startswith(server.url + "/")
        assert requests.get(made["url"], timeout=10).content == content
        lifetime = int(dict(parse_qsl(urlsplit(made["url"]).query))["expires"]) - time.time()
        assert 86_300 < lifetime <= 86_400

    def test_a_link_that_was_changed_leads_nowhere(self, server, api):
        made, other = (api.call("POST", UPLOAD, files={"file": ("a.txt", unique())}).ok().data for _ in "ab")
        parts = urlsplit(made["url"])
        query = dict(parse_qsl(parts.query))

        def answer(path=parts.path, **changes):
            changed = {name: value for name, value in {**query, **changes}.items() if value is not None}
            return Reply(follow(server, f"{path}?{urlencode(changed)}"))

        signature = query["signature"]
        wrong = [
            {"expires": str(int(query["expires"]) + 1)}, {"expires": "1"}, {"expires": "-1"},
            {"expires": str(2**63 - 1)}, {"signature": signature[:-1]}, {"signature": signature + "00"},
            {"signature": signature.upper()}, {"signature": "0" * 64}, {"signature": "é" * 32},
            {"signature": signature[:-1] + ("0" if signature[-1] != "0" else "1")},
            {"path": parts.path.replace(made["id"], other["id"])},
        ]
        for change in wrong:
            reply = answer(**change)
            id = other["id"] if "path" in change else made["id"]
            assert reply.refused(4200).msg == f"The file {id} does not exist", change
        unknown = answer(path=parts.path.replace(made["id"], UNKNOWN_ID))
        assert unknown.refused(4200).msg == f"The file {UNKNOWN_ID} does not exist"
        for change in ({"expires": None}, {"expires": "x"}, {"signature": None}):
            answer(**change).refused(4000)


class TestList:
    def test_it_pages_through_all_files_newest_first(self, own_server, own_coze):
        made = [own_coze.files.upload(file=("a.txt", str(n).encode())).id for n in range(45)][::-1]
        api, seen, after, sizes = own_server.api(), [], None, []
        while True:
            page = api.get(LIST, after_id=after).ok().data
            assert set(page) == {"items", "has_more", "last_id"}
            seen += [item["id"] for item in page["items"]]
            sizes.append(len(page["items"]))
            if not page["has_more"]:
                break
            assert page["last_id"] == seen[-1]
            after = page["last_id"]
        assert seen == made
        assert sizes == [20, 20, 5]
        assert len(api.get(LIST, limit=100).ok().data["items"]) == 45
        assert api.get(LIST, limit=1).ok().data["items"][0]["id"] == made[0]

    def test_an_empty_list_has_all_its_fields(self, own_server):
        assert own_server.api().get(LIST).ok().data == {"items": [], "has_more": False, "last_id": ""}

    @pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"after_id": "x"}])
    def test_a_bad_value_is_refused_by_its_name(self, api, query):
        assert next(iter(query)) in api.get(LIST, **query).refused(4000).msg


class TestDelete:
    def test_a_deleted_file_is_gone_with_its_content(self, server, api, coze):
        content = unique()
        made = api.call("POST", UPLOAD, files={"file": ("a.txt", content)}).ok().data
        assert blob(content) in blobs(server)
        assert "data" not in api.delete(f"{LIST}/{made['id']}").ok().body
        assert blob(content) not in blobs(server)
        api.get(RETRIEVE, file_id=made["id"]).refused(4200)
        api.get(f"{LIST}/{made['id']}/content").refused(4200)
        Reply(follow(server, made["url"])).refused(4200)
        api.delete(f"{LIST}/{made['id']}").refused(4200)

    def test_the_same_content_is_kept_once_and_until_its_last_file_goes(self, server, api, coze):
        content = unique()
        before = blobs(server)
        first, second = (coze.files.upload(file=(name, content)).id for name in ("a.txt", "b.txt"))
        assert first != second
        assert blobs(server) - before == {blob(content)}
        api.delete(f"{LIST}/{first}").ok()
        assert api.raw("GET", f"{LIST}/{second}/content").content == content
        api.delete(f"{LIST}/{second}").ok()
        assert blobs(server) == before

    def test_what_one_deletes_another_may_upload_at_the_same_time(self, server):
        content = unique()

        def churn(_):
            api = server.api()
            for _ in range(15):
                made = api.call("POST", UPLOAD, files={"file": ("a.txt", content)}).ok().data["id"]
                assert api.raw("GET", f"{LIST}/{made}/content").content == content
                api.delete(f"{LIST}/{made}").ok()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(churn, range(6)))
        assert blob(content) not in blobs(server)


class TestMessages:
    @staticmethod
    def look(*files, kind="image"):
        parts = [{"type": kind, "file_id": id} for id in files]
        return json.dumps([*parts, {"type": "text", "text": "what is this?"}])

    def test_the_sdks_message_of_a_file_is_stored_as_it_came(self, coze):
        file = coze.files.upload(file=("a.png", PNG))
        message = Message.build_user_question_objects([
            MessageObjectString.build_text("what is this?"), MessageObjectString.build_image(file_id=file.id),
            MessageObjectString.build_file(file_id=file.id),
        ])
        conversation = coze.conversations.create(messages=[message])
        kept = list(coze.conversations.messages.list(conversation_id=conversation.id))
        assert [m.content for m in kept] == [message.content]
        made = coze.conversations.messages.create(
            conversation_id=conversation.id, role=MessageRole.USER, content=message.content,
            content_type=MessageContentType.OBJECT_STRING,
        )
        assert made.content == message.content

    @pytest.mark.parametrize("file", ["theirs", UNKNOWN_ID, "0", "abc", "-1"])
    @pytest.mark.parametrize("kind", ["image", "file", "audio"])
    def test_a_file_that_is_not_the_callers_is_refused(self, coze, api, stranger, file, kind):
        if file == "theirs":
            file = stranger.call("POST", UPLOAD, files={"file": ("a.png", PNG)}).ok().data["id"]
        mine = coze.files.upload(file=("a.png", PNG)).id
        conversation = coze.conversations.create()
        message = {"role": "user", "content": self.look(mine, file, kind=kind), "content_type": "object_string"}
        path = f"/v1/conversation/message/create?conversation_id={conversation.id}"
        expected = "Request parameter error: content: names a file_id that is not an upload of yours"
        assert api.post(path, message).refused(4000).msg == expected
        assert list(coze.conversations.messages.list(conversation_id=conversation.id)) == []
        begun = api.post("/v1/conversation/create", {"messages": [message]}).refused(4000)
        assert "messages[0].content" in begun.msg

    def test_modify_checks_files_too(self, coze, api, conversation, stranger):
        theirs = stranger.call("POST", UPLOAD, files={"file": ("a.png", PNG)}).ok().data["id"]
        mine = coze.files.upload(file=("a.png", PNG)).id
        message = coze.conversations.messages.create(
            conversation_id=conversation.id, role=MessageRole.USER, content="x", content_type=MessageContentType.TEXT
        )
        which = {"conversation_id": conversation.id, "message_id": message.id}
        change = {"content": self.look(theirs), "content_type": "object_string"}
        api.post("/v1/conversation/message/modify", change, **which).refused(4000)
        assert coze.conversations.messages.retrieve(**which).content == "x"
        changed = api.post("/v1/conversation/message/modify", {**change, "content": self.look(mine)}, **which).ok()
        assert changed.body["message"]["content"] == self.look(mine)

    def test_a_message_outlives_its_file(self, coze, api, conversation):
        file = coze.files.upload(file=("a.png", PNG)).id
        message = {"role": "user", "content": self.look(file), "content_type": "object_string"}
        path = f"/v1/conversation/message/create?conversation_id={conversation.id}"
        made = api.post(path, message).ok().data["id"]
        api.delete(f"{LIST}/{file}").ok()
        kept = coze.conversations.messages.retrieve(conversation_id=conversation.id, message_id=made)
        assert kept.content == message["content"]


class TestIcons:
    def test_a_bot_shows_the_picture_it_was_given(self, server, coze, workspace_id):
        icon = coze.files.upload(file=("icon.png", PNG)).id
        bot = coze.bots.create(space_id=workspace_id, name="pictured", icon_file_id=icon)
        coze.bots.publish(bot_id=bot.bot_id)
        found = coze.bots.retrieve(bot_id=bot.bot_id)
        assert follow(server, found.icon_url).content == PNG
        expires = int(dict(parse_qsl(urlsplit(found.icon_url).query))["expires"])
        assert expires > time.time() + 9 * 365 * 86_400
        listed = [b for b in coze.bots.list(space_id=workspace_id) if b.bot_id == bot.bot_id]
        assert [b.icon_url for b in listed] == [found.icon_url]

    def test_only_pictures_of_the_callers_own_can_be_icons(self, coze, workspace_id, bot, stranger):
        text = coze.files.upload(file=("icon.png", b"<script>")).id
        theirs = stranger.call("POST", UPLOAD, files={"file": ("a.png", PNG)}).ok().data["id"]
        for wrong in (text, theirs, UNKNOWN_ID):
            with refused(4200):
                coze.bots.update(bot_id=bot.bot_id, name="x", icon_file_id=wrong)
            with refused(4200):
                coze.bots.create(space_id=workspace_id, name="x", icon_file_id=wrong)


class TestServer:
    def test_files_and_links_outlast_a_restart(self, own_server, own_coze):
        content = unique()
        made = own_server.api().call("POST", UPLOAD, files={"file": ("a.txt", content)}).ok().data
        own_server.stop()
        own_server.start()
        api = own_server.api()
        assert api.get(RETRIEVE, file_id=made["id"]).ok().data["file_name"] == "a.txt"
        assert api.raw("GET", f"{LIST}/{made['id']}/content").content == content
        assert follow(own_server, made["url"]).content == content

    def test_a_start_clears_what_a_crash_left(self, own_server):
        kept = unique("kept")
        own_server.api().call("POST", UPLOAD, files={"file": ("a.txt", kept)}).ok()
        body = part(os.urandom(3_000_000)) + END
        with RawConnection(own_server) as connection:
            head = [f"Content-Type: {MULTIPART['Content-Type']}", f"Content-Length: {len(body)}"]
            connection.send(connection.head("POST", UPLOAD, head) + body[:2_000_000])
            assert eventually(lambda: any(name.startswith("incoming/") for name in blobs(own_server)), within=5)
            own_server.kill()
        assert any(name.startswith("incoming/") for name in blobs(own_server))
        # A content that was kept in the moment of the crash, before its row was.
        orphan = own_server.data / "blobs" / blob(b"an orphan")
        orphan.write_bytes(b"an orphan")
        own_server.start()
        assert eventually(lambda: blobs(own_server) == {blob(kept)}, within=5), blobs(own_server)

    def test_nobody_else_on_the_machine_may_read_uploads(self, own_server, own_coze):
        own_coze.files.upload(file=("a.txt", b"x"))
        for path in (own_server.data / "blobs").rglob("*"):
            assert path.stat().st_mode & 0o077 == 0, path

    @pytest.fixture
    def tight_server(self, tmp_path, monkeypatch):
        """A server that can write no file of more than 4 MB: what a full disk looks like, without one."""
        script = tmp_path / "tight"
        script.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 8192\nexec '{harness.binary()}' \"$@\"\n")
        script.chmod(0o755)
        monkeypatch.setattr(harness, "binary", lambda: str(script))
        buckle = Buckle(tmp_path)
        try:
            yield buckle.start()
        finally:
            buckle.remove()

    def test_a_full_disk_is_told_as_such_and_leaves_nothing(self, tight_server):
        api = tight_server.api()
        small = api.call("POST", UPLOAD, files={"file": ("a.txt", b"small")}).ok().data
        reply = api.call("POST", UPLOAD, files={"file": ("a.zip", os.urandom(9_000_000))}).refused(5000, status=500)
        assert reply.msg == "The server's disk is full. Nothing was changed."
        assert blobs(tight_server) == {blob(b"small")}
        assert [f["id"] for f in api.get(LIST).ok().data["items"]] == [small["id"]]
        api.call("POST", UPLOAD, files={"file": ("a.txt", b"small again")}).ok()
