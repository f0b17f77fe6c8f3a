"""How a server tells operators of itself, and makes backups that it can be restored from."""
import hashlib
import secrets
import time

import pytest

from harness import DATABASE, Buckle, buckle, eventually
from test_backup_files import MEGABYTE, blobs, digest, download, listed, serving, tables, upload
from test_tokens import new_person

SYSTEM = "/buckle/v1/system"
BACKUPS = "/buckle/v1/backups"
AUDIT = "/buckle/v1/audit"

on_sqlite = pytest.mark.skipif(bool(DATABASE), reason="backups are of the data directory's own database")


def over(api, name, within=30) -> dict:
    """A backup once it is no longer being made."""
    def found():
        one, = [item for item in api.get(BACKUPS).ok().data["items"] if item["name"] == name]
        return one if one["state"] != "running" else None

    ended = eventually(found, within)
    assert ended, api.get(BACKUPS).ok().data
    return ended


def back_up(api) -> str:
    """The name of a backup that was made."""
    begun = api.post(BACKUPS).ok().data
    assert begun["state"] == "running" and set(begun) == {"name", "size_bytes", "created_at", "state"}
    made = over(api, begun["name"])
    assert made["state"] == "done" and made["size_bytes"] > 0 and "error" not in made, made
    return made["name"]


class TestSystem:
    def test_operators_see_how_the_server_is_doing(self, own_server):
        api = own_server.api()
        before = api.get(SYSTEM).ok().data
        assert before["started_at"] <= time.time() and before["uptime"] >= 0
        assert before["database"]["kind"] == ("postgres" if DATABASE else "sqlite")
        assert before["database"]["version"][0].isdigit() and before["database"]["size_bytes"] > 4096
        assert before["database"]["schema_version"] >= 6
        assert before["contents"] == {"accounts": 1, "workspaces": 1, "bots": 0, "files": 0, "file_bytes": 0}
        assert before["disk"]["data_directory"] == str(own_server.data.resolve())
        assert 0 < before["disk"]["free_bytes"] <= before["disk"]["total_bytes"]
        assert before["process"]["memory_bytes"] > MEGABYTE and before["process"]["cpu_seconds"] > 0
        assert before["process"]["open_files"] > 5 and before["process"]["running_chats"] == 0
        assert before["models"] == 1
        assert before["settings"] == {
            "registration_open": False, "rate_limits": False, "audit_retention_days": 365,
            "usage_retention_days": 400, "backup_every_hours": 0, "backup_keep": 7, "public_url": own_server.url,
        }

    def test_running_chats_and_open_streams_are_counted(self, stand, running):
        running()
        with stand.stream("tell me much", "long") as stream:
            stream.until("message.delta answer")
            process = stand.api.get(SYSTEM).ok().data["process"]
            assert process["running_chats"] >= 2 and process["open_streams"] >= 1
            stand.cancel(stream.chat)

    def test_settings_are_those_of_the_start(self, tmp_path):
        server = Buckle(tmp_path)
        try:
            server.start(env={
                "BUCKLE_REGISTRATION": "open", "BUCKLE_USAGE_RETENTION_DAYS": "30",
                "BUCKLE_PUBLIC_URL": "https://bots.example.com",
            })
            settings = server.api().get(SYSTEM).ok().data["settings"]
            assert settings["registration_open"] and settings["usage_retention_days"] == 30
            assert settings["public_url"] == "https://bots.example.com"
        finally:
            server.remove()

    @pytest.mark.parametrize("name, value", [
        ("BUCKLE_USAGE_RETENTION_DAYS", "-1"), ("BUCKLE_BACKUP_EVERY_HOURS", "x"), ("BUCKLE_BACKUP_KEEP", "0"),
    ])
    def test_settings_that_cannot_be_are_told(self, tmp_path, name, value):
        ended = buckle("serve", "--data-dir", tmp_path / "data", "--port", "0", env={name: value})
        assert ended.returncode == 1
        assert name in ended.stderr or name.removeprefix("BUCKLE_").lower() in ended.stderr

    def test_others_see_nothing(self, server):
        _, stranger = new_person(server)
        for api in (stranger, server.api(server.create_token("Buckle.manageAccounts"))):
            api.get(SYSTEM).refused(4101)
            api.get(BACKUPS).refused(4101)
            api.post(BACKUPS).refused(4101)
            api.get(f"{BACKUPS}/buckle-20260131-235959.backup/content").refused(4101)
            api.delete(f"{BACKUPS}/buckle-20260131-235959.backup").refused(4101)
        server.api(server.create_token("Buckle.manageServer")).get(SYSTEM).ok()


@on_sqlite
class TestBackups:
    def test_a_server_is_restored_from_its_backup(self, own_server, tmp_path):
        api = own_server.api()
        contents = [b"little", secrets.token_bytes(3 * MEGABYTE)]
        files = {upload(api, content): content for content in contents}
        workspace = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        bot = api.post("/v1/bot/create", {"space_id": workspace, "name": "kept"}).ok().data["bot_id"]
        first = back_up(api)
        # It is whole while it lies there, and not part of the next.
        second = back_up(api)
        items = api.get(BACKUPS).ok().data["items"]
        assert [item["name"] for item in items] == [second, first]
        assert abs(items[0]["size_bytes"] - items[1]["size_bytes"]) < MEGABYTE
        assert api.get(SYSTEM).ok().data["disk"]["backup_bytes"] == sum(item["size_bytes"] for item in items)
        directory = own_server.data / "backups"
        assert directory.stat().st_mode & 0o777 == 0o700
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in directory.iterdir())
        assert {file.name for file in directory.iterdir()} == {first, second}

        response = api.raw("GET", f"{BACKUPS}/{first}/content")
        assert response.status_code == 200 and response.headers["Content-Length"] == str(items[1]["size_bytes"])
        assert first in response.headers["Content-Disposition"]
        assert hashlib.sha256(response.content).digest() == hashlib.sha256((directory / first).read_bytes()).digest()
        copy = tmp_path / "downloaded"
        copy.write_bytes(response.content)
        assert "backup_content" in tables(copy)

        restored = tmp_path / "elsewhere" / "data"
        restored.parent.mkdir()
        done = buckle("restore", "--data-dir", restored, copy)
        assert done.returncode == 0, done.stderr
        assert not (restored / "backups").exists()
        assert blobs(restored) == {digest(content) for content in contents}
        with serving(restored, own_server.token) as server:
            found = server.api()
            assert listed(found) == set(files)
            assert {file: download(found, file) for file in files} == files
            assert found.get(f"/v1/bots/{bot}", is_published="false").ok().data["name"] == "kept"

        api.delete(f"{BACKUPS}/{first}").ok()
        api.delete(f"{BACKUPS}/{first}").refused(4200)
        assert {file.name for file in directory.iterdir()} == {second}
        noted = [
            (record["action"], record["object_id"])
            for record in api.get(AUDIT, object_type="backup").ok().data["items"]
        ]
        assert noted == [
            ("backup.delete", first), ("backup.download", first), ("backup.create", second), ("backup.create", first)]

    def test_only_one_is_made_at_a_time(self, own_server):
        api = own_server.api()
        for _ in range(3):
            upload(api, secrets.token_bytes(64 * MEGABYTE))
        begun = api.post(BACKUPS).ok().data
        msg = api.post(BACKUPS).refused(4016).msg
        assert "backup" in msg
        api.delete(f"{BACKUPS}/{begun['name']}").refused(4016)
        api.get(f"{BACKUPS}/{begun['name']}/content").refused(4200)
        # Others are served meanwhile.
        api.get("/v1/users/me").ok()
        assert over(api, begun["name"])["state"] == "done"
        back_up(api)

    def test_what_fails_says_why_and_leaves_nothing(self, own_server):
        api = own_server.api()
        file = upload(api, content := secrets.token_bytes(MEGABYTE))
        place = own_server.data / "blobs" / digest(content)[:2] / digest(content)[2:]
        place.unlink()
        name = api.post(BACKUPS).ok().data["name"]
        failed = over(api, name)
        assert failed["state"] == "failed" and file in failed["error"]
        assert list((own_server.data / "backups").iterdir()) == []
        assert name in own_server.log_tail()
        api.get(f"{BACKUPS}/{name}/content").refused(4200)
        api.delete(f"{BACKUPS}/{name}").ok()
        assert api.get(BACKUPS).ok().data["items"] == []

    def test_a_directory_that_cannot_be_made_is_told(self, own_server):
        api = own_server.api()
        (own_server.data / "backups").write_text("in the way")
        api.get(BACKUPS).refused(5000, status=500)
        own_server.data.joinpath("backups").unlink()
        assert api.get(BACKUPS).ok().data["items"] == []

    @pytest.mark.parametrize("end", ["stop", "kill"])
    def test_what_the_end_cuts_short_leaves_nothing(self, own_server, end):
        api = own_server.api()
        for _ in range(3):
            upload(api, secrets.token_bytes(64 * MEGABYTE))
        api.post(BACKUPS).ok()
        directory = own_server.data / "backups"

        def is_written():
            return directory.is_dir() and any(file.stat().st_size for file in directory.glob("*.part"))

        assert eventually(is_written, within=5, every=0.005)
        getattr(own_server, end)()
        if end == "stop":
            assert list(directory.iterdir()) == []
        own_server.start()
        assert list(directory.iterdir()) == []
        assert own_server.api().get(BACKUPS).ok().data["items"] == []
        back_up(own_server.api())

    @pytest.mark.parametrize("name", [
        "..%2Fbuckle.db", "%2e%2e%2fbuckle.db", "..%2F..%2F..%2Fetc%2Fpasswd", "buckle.db", "buckle.lock",
        "buckle-20260131-235959.backup%2F..%2F..%2Fbuckle.db", "buckle-20260131-235959.backup%00", "notes.txt",
    ])
    def test_no_name_leads_elsewhere(self, server, api, name):
        (server.data / "backups").mkdir(exist_ok=True)
        (server.data / "backups" / "notes.txt").write_text("not a backup")
        api.get(f"{BACKUPS}/{name}/content").refused(4200, 4000)
        api.delete(f"{BACKUPS}/{name}").refused(4200, 4000)
        assert (server.data / "backups" / "notes.txt").exists() and (server.data / "buckle.db").exists()
        assert not [item for item in api.get(BACKUPS).ok().data["items"] if item["name"] == "notes.txt"]

    def test_one_is_made_when_it_is_due(self, tmp_path):
        server = Buckle(tmp_path)
        try:
            server.start(env={"BUCKLE_BACKUP_EVERY_HOURS": "24", "BUCKLE_BACKUP_KEEP": "1"})
            api = server.api()

            def made():
                return [item for item in api.get(BACKUPS).ok().data["items"] if item["state"] == "done"]

            first, = eventually(made, within=10)
            record, = api.get(AUDIT, object_type="backup").ok().data["items"]
            assert record["address"] == "schedule" and record["object_id"] == first["name"]
            # It is not due again.
            assert server.stop() == 0
            server.start(env={"BUCKLE_BACKUP_EVERY_HOURS": "24", "BUCKLE_BACKUP_KEEP": "1"})
            time.sleep(1)
            assert [item["name"] for item in server.api().get(BACKUPS).ok().data["items"]] == [first["name"]]
            # Until it is too old: then the new one takes its place.
            old = server.data / "backups" / "buckle-20200101-000000.backup"
            (server.data / "backups" / first["name"]).rename(old)
            assert server.stop() == 0
            server.start(env={"BUCKLE_BACKUP_EVERY_HOURS": "24", "BUCKLE_BACKUP_KEEP": "1"})
            assert eventually(lambda: not old.exists(), within=10)
            assert len(server.api().get(BACKUPS).ok().data["items"]) == 1
        finally:
            server.remove()


@pytest.mark.skipif(not DATABASE, reason="about PostgreSQL")
class TestPostgreSQL:
    def test_backups_are_refused_with_what_to_do_instead(self, api):
        assert "pg_dump" in api.post(BACKUPS).refused(4000).msg
        assert api.get(BACKUPS).ok().data["items"] == []

    def test_so_is_a_schedule(self, own_server):
        ended = own_server.command("serve", "--port", "0", env={"BUCKLE_BACKUP_EVERY_HOURS": "1"})
        assert ended.returncode == 1 and "pg_dump" in ended.stderr
