import json
import re
import socket
import time

import pytest
from cozepy import Coze, MessageContentType, MessageRole, TokenAuth

from harness import DATABASE, Buckle, RawConnection, buckle, eventually

COMMANDS = ["serve", "token", "user", "openapi", "backup", "restore", "migrate", "version"]


def client(server) -> Coze:
    return Coze(auth=TokenAuth(server.token), base_url=server.url)


class TestHelp:
    def test_version_prints_one(self):
        printed = buckle("version")
        assert printed.returncode == 0
        assert re.search(r"\d+\.\d+", printed.stdout)
        assert len(printed.stdout.strip().splitlines()) == 1

    def test_help_names_every_command(self):
        printed = buckle("--help")
        assert printed.returncode == 0
        for command in COMMANDS:
            assert command in printed.stdout

    @pytest.mark.parametrize("command", [
        *([c] for c in COMMANDS), ["token", "create"], ["token", "list"], ["token", "revoke"],
    ], ids=" ".join)
    def test_every_command_explains_itself(self, command):
        printed = buckle(*command, "--help")
        assert printed.returncode == 0
        assert "USAGE" in printed.stdout.upper()

    def test_the_options_of_serve_are_all_there(self):
        printed = buckle("serve", "--help").stdout
        for option in ("host", "port", "data-dir", "database", "config", "log-level", "log-format"):
            assert f"--{option}" in printed

    @pytest.mark.parametrize("command", [
        ["nonsense"], ["serve", "--nonsense"], ["serve", "--port", "x"], ["token", "create"],
        ["serve", "--config", "/no/such/file.yaml"], ["token", "create", "--name", "x", "--permission", "nonsense"],
    ], ids=" ".join)
    def test_what_it_does_not_understand_it_refuses(self, command):
        printed = buckle(*command)
        assert printed.returncode != 0
        assert printed.stderr.strip() and not printed.stdout.strip()


class TestToken:
    def test_create_prints_the_token_and_nothing_else(self, server):
        made = server.command("token", "create", "--name", "plain")
        assert made.returncode == 0, made.stderr
        assert re.fullmatch(r"pat_[A-Za-z0-9_-]{43,}\n", made.stdout)

    def test_no_two_tokens_are_alike(self, server):
        assert len({server.create_token() for _ in range(3)}) == 3

    def test_list_shows_a_token_by_name_but_never_itself(self, server):
        token = server.create_token("createConversation", name="a named one", expires_in="30d")
        for options in ([], ["--json"]):
            listed = server.command("token", "list", *options)
            assert listed.returncode == 0, listed.stderr
            assert "a named one" in listed.stdout
            assert "createConversation" in listed.stdout
            assert token not in listed.stdout and token[4:] not in listed.stdout
            assert server.token not in listed.stdout

    def test_list_as_json_has_ids_and_names(self, server):
        server.create_token(name="for the list")
        listed = json.loads(server.command("token", "list", "--json").stdout)
        assert all(isinstance(t["id"], str) and isinstance(t["name"], str) for t in listed)
        assert [t["name"] for t in listed].count("for the list") == 1

    @pytest.mark.parametrize("which", [["7300000000000000001"], ["--name", "no such token"], []])
    def test_revoking_what_is_not_there_fails_with_a_sentence(self, server, which):
        revoked = server.command("token", "revoke", *which)
        assert revoked.returncode != 0
        assert revoked.stderr.strip()

    @pytest.mark.parametrize("span", ["banana", "-1d", "0s", "30", "30w", ""])
    def test_a_span_that_is_none_is_refused(self, server, span):
        made = server.command("token", "create", "--name", "x", f"--expires-in={span}")
        assert made.returncode != 0
        assert "pat_" not in made.stdout

    def test_a_token_is_neither_in_the_data_directory_nor_in_the_log(self, own_server):
        own_server.stop()
        own_server.start(options=["--port", "0", "--log-level", "trace"])
        token = own_server.create_token()
        assert eventually(lambda: own_server.api(token).get("/v1/users/me").code == 0)
        own_server.api().get("/v1/users/me").ok()
        own_server.stop()
        for file in own_server.data.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert token.encode() not in content and own_server.token.encode() not in content, file
        log = own_server.log.read_text()
        assert log and token not in log and own_server.token not in log


class TestServe:
    def test_the_first_start_prints_a_token_and_a_line_to_try_and_the_second_neither(self, own_server):
        assert own_server.output.count(own_server.token) >= 1
        assert "curl" in own_server.output
        conversation = client(own_server).conversations.create(name="kept")
        assert own_server.stop() == 0
        own_server.start()
        assert "pat_" not in own_server.output
        assert client(own_server).conversations.retrieve(conversation_id=conversation.id).name == "kept"

    def test_the_printed_curl_line_works(self, own_server):
        line = next(line for line in own_server.lines if "curl" in line)
        url = re.search(r"http://[^\s'\"]+", line).group(0)
        assert own_server.url in url
        assert own_server.token in line

    def test_everything_acknowledged_survives_a_kill(self, own_server):
        coze = client(own_server)
        made = [coze.conversations.create(name=f"number {n}") for n in range(20)]
        coze.conversations.update(conversation_id=made[3].id, name="renamed")
        coze.conversations.delete(conversation_id=made[5].id)
        own_server.kill()
        own_server.start()
        api = own_server.api()
        for n, conversation in enumerate(made):
            found = api.get("/v1/conversation/retrieve", conversation_id=conversation.id)
            if n == 5:
                found.refused(4002)
            else:
                assert found.ok().data["name"] == ("renamed" if n == 3 else f"number {n}")

    def test_options_can_be_environment_variables(self, tmp_path):
        server = Buckle(tmp_path)
        try:
            server.start(options=[], env={
                "BUCKLE_HOST": "127.0.0.1", "BUCKLE_PORT": "0",
                "BUCKLE_LOG_LEVEL": "warning", "BUCKLE_LOG_FORMAT": "json",
            })
            assert server.port not in (0, 8080)
            server.api().get("/v1/users/me").ok()
            assert server.stop() == 0
        finally:
            server.remove()

    def test_options_can_be_keys_of_a_file(self, tmp_path):
        server = Buckle(tmp_path)
        config = tmp_path / "buckle.yaml"
        config.write_text("host: 127.0.0.1\nport: 0\n")
        try:
            server.start(options=["--config", str(config)])
            assert server.port not in (0, 8080)
            server.api().get("/v1/users/me").ok()
            assert server.stop() == 0
        finally:
            server.remove()

    def test_the_log_can_be_json_and_has_the_log_ids(self, own_server):
        own_server.stop()
        own_server.start(options=["--port", "0", "--log-level", "debug", "--log-format", "json"])
        logid = own_server.api().get("/v1/users/me").ok().logid
        assert own_server.stop() == 0
        lines = [json.loads(line) for line in own_server.log.read_text().splitlines()]
        assert any(logid in line.values() for line in lines)

    @pytest.mark.skipif(bool(DATABASE), reason="several servers may share a PostgreSQL database")
    def test_a_directory_has_one_server_at_a_time(self, server):
        second = buckle("serve", "--port", "0", "--data-dir", server.data)
        assert second.returncode != 0
        assert str(server.data) in second.stderr
        server.api().get("/v1/users/me").ok()

    def test_a_port_that_is_taken_is_a_clear_error(self, server, tmp_path):
        second = buckle("serve", "--port", server.port, "--data-dir", tmp_path / "data")
        assert second.returncode != 0
        assert str(server.port) in second.stderr
        server.api().get("/v1/users/me").ok()


class TestShutdown:
    def test_a_running_request_finishes_and_no_new_one_begins(self, own_server):
        conversation = client(own_server).conversations.create()
        body = json.dumps({"name": "finished"}).encode()
        headers = ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        with RawConnection(own_server) as connection:
            connection.send(connection.head("PUT", f"/v1/conversations/{conversation.id}", headers) + body[:5])
            time.sleep(0.3)
            own_server.terminate()

            def closed():
                try:
                    socket.create_connection(("127.0.0.1", own_server.port), timeout=1).close()
                    return False
                except OSError:
                    return True

            assert eventually(closed, within=3)
            assert own_server.running
            connection.send(body[5:])
            assert connection.envelope()[1]["data"]["name"] == "finished"
        assert own_server.process.wait(10) == 0
        own_server.start()
        assert client(own_server).conversations.retrieve(conversation_id=conversation.id).name == "finished"

    def test_a_connection_that_is_only_kept_alive_delays_nothing(self, own_server):
        with RawConnection(own_server) as idle:
            idle.request("GET", "/v1/users/me")
            assert idle.envelope()[0] == 200
            with RawConnection(own_server):
                began = time.monotonic()
                assert own_server.stop() == 0
                assert time.monotonic() - began < 3

    def test_a_request_that_never_ends_is_waited_for_ten_seconds_at_most(self, own_server):
        with RawConnection(own_server) as connection:
            connection.send(connection.head("POST", "/v1/conversation/create", ["Content-Length: 100"]) + b"{")
            time.sleep(0.2)
            began = time.monotonic()
            assert own_server.stop(within=14) == 0
            assert time.monotonic() - began < 12


@pytest.mark.skipif(bool(DATABASE), reason="the copy is of the data directory's own database")
class TestBackup:
    def test_a_copy_of_a_running_server_serves_the_same_after_restore(self, own_server, tmp_path):
        coze = client(own_server)
        bot = coze.bots.create(space_id=coze.workspaces.list().items[0].id, name="saved")
        made = [coze.conversations.create(bot_id=bot.bot_id, name=f"number {n}") for n in range(5)]
        message = coze.conversations.messages.create(
            conversation_id=made[0].id, role=MessageRole.USER, content="杭州", content_type=MessageContentType.TEXT
        )
        file = tmp_path / "copy.backup"
        saved = buckle("backup", "--data-dir", own_server.data, file)
        assert saved.returncode == 0, saved.stderr
        after = coze.conversations.create(bot_id=bot.bot_id, name="after the copy")

        other = Buckle(tmp_path / "other")
        other.directory.mkdir()
        restored = buckle("restore", "--data-dir", other.data, file)
        assert restored.returncode == 0, restored.stderr
        other.token = own_server.token
        try:
            other.start()
            assert "pat_" not in other.output
            copy = client(other)
            listed = list(copy.conversations.list(bot_id=bot.bot_id))
            assert [c.model_dump() for c in listed] == [c.model_dump() for c in reversed(made)]
            assert [m.model_dump() for m in copy.conversations.messages.list(conversation_id=made[0].id)] == [
                message.model_dump()
            ]
            assert copy.users.me().model_dump() == coze.users.me().model_dump()
            assert coze.conversations.retrieve(conversation_id=after.id).name == "after the copy"
            assert other.stop() == 0
        finally:
            other.remove()

    def test_a_file_that_is_no_copy_is_refused(self, tmp_path):
        file = tmp_path / "copy.backup"
        file.write_bytes(b"not a database" * 1000)
        restored = buckle("restore", "--data-dir", tmp_path / "data", file)
        assert restored.returncode != 0
        assert restored.stderr.strip()

    def test_a_directory_in_use_is_not_overwritten(self, own_server, tmp_path):
        file = tmp_path / "copy.backup"
        assert buckle("backup", "--data-dir", own_server.data, file).returncode == 0
        made = client(own_server).conversations.create(name="newer than the copy")
        assert buckle("restore", "--data-dir", own_server.data, file).returncode != 0
        assert client(own_server).conversations.retrieve(conversation_id=made.id).name == "newer than the copy"
