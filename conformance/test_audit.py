import sqlite3
import subprocess
import time

import pytest

from harness import GARBAGE_IDS, UNKNOWN_ID, eventually
from test_tokens import TOKENS, make, new_person, service_path, workspace_of

AUDIT = "/buckle/v1/audit"


def records(api, **query) -> list:
    return api.get(AUDIT, **query).ok().data["items"]


def execute(server, script):
    """Changes the server's database behind its back."""
    if server.database.url:
        subprocess.run(
            ["psql", server.database.url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", script],
            check=True, capture_output=True, text=True,
        )
        return
    with sqlite3.connect(server.data / "buckle.db", timeout=10) as database:
        database.executescript(script)
    database.close()


@pytest.fixture(scope="module")
def person(server):
    return new_person(server)


class TestWhatIsNoted:
    def test_a_change_is_noted_with_who_did_it_and_from_where(self, server, api, user_id):
        before = int(time.time())
        made = api.post(TOKENS, {"name": "to be noted", "permissions": ["chat"]}).ok()
        id = made.data["token"]["id"]
        (record,) = records(api, object_type="token", object_id=id)
        assert record["user"] == {"id": user_id, "user_name": record["user"]["user_name"]}
        assert record["user"]["user_name"]
        assert record["action"] == "token.create" and record["log_id"] == made.logid
        assert record["address"] == "127.0.0.1" and record["token_id"] != "0"
        assert before <= record["created_at"] <= time.time()
        assert record["detail"]["name"] == "to be noted" and record["detail"]["permissions"] == "chat"
        assert made.data["secret"][4:] not in str(record)
        listed = {t["id"] for t in api.get(TOKENS, page_size=100).ok().data["tokens"]}
        assert record["token_id"] in listed

    def test_what_is_refused_is_not_noted(self, api):
        newest = records(api, limit=1)[0]["id"]
        api.post(TOKENS, {"name": ""}).refused(4000)
        api.put(f"{TOKENS}/{UNKNOWN_ID}", {"name": "x"}).refused(4200)
        assert records(api, limit=1)[0]["id"] == newest

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_nothing_changes_the_log(self, api, method):
        id = records(api, limit=1)[0]["id"]
        assert api.call(method, AUDIT, json={}).status == 405
        assert api.call(method, f"{AUDIT}/{id}", json={}).status in (404, 405)
        assert any(record["id"] == id for record in records(api, limit=200))


class TestWhoSeesIt:
    def test_others_see_what_they_did_themselves(self, api, person, user_id):
        id, theirs = person
        mine, _ = make(api)
        own, _ = make(theirs)
        assert {record["user"]["id"] for record in records(theirs)} == {id}
        assert [record["object_id"] for record in records(theirs, action="token.create")][0] == own["id"]
        for query in ({"user_id": user_id}, {"object_id": mine["id"]}):
            assert records(theirs, **query) == []
        # The owner operates the server.
        assert records(api, user_id=id, object_id=own["id"])[0]["action"] == "token.create"

    def test_a_workspace_shows_its_log_to_who_manages_it(self, server, api, person, workspace_id):
        _, theirs = person
        workspace = workspace_of(theirs)
        made = theirs.post(service_path(workspace), {"name": "x", "permissions": ["chat"]}).ok().data["token"]
        (record,) = records(theirs, workspace_id=workspace, object_id=made["id"])
        assert record["action"] == "service_token.create" and record["workspace_id"] == workspace
        for id in (workspace_id, UNKNOWN_ID):
            assert theirs.get(AUDIT, workspace_id=id).refused(4200).msg.replace(id, "ID") == \
                "The workspace ID does not exist"
        theirs.get(AUDIT, enterprise_id=UNKNOWN_ID).refused(4200)

    def test_a_token_of_another_workspace_shows_nothing_of_it(self, server, person):
        _, theirs = person
        workspace = workspace_of(theirs)
        theirs.post(service_path(workspace), {"name": "x", "permissions": ["chat"]}).ok()
        _, secret = make(theirs, "Buckle.readAudit", workspace_ids=[])
        limited = server.api(secret)
        limited.get(AUDIT, workspace_id=workspace).refused(4200)
        assert all(record.get("workspace_id") is None for record in records(limited))

    def test_it_takes_the_permission(self, server, api):
        _, secret = make(api, "listBot")
        server.api(secret).get(AUDIT).refused(4101)


class TestPages:
    def test_they_follow_each_other_without_gaps(self, server):
        id, theirs = new_person(server)
        made = [make(theirs)[0]["id"] for _ in range(12)]
        found, before = [], ""
        while True:
            page = theirs.get(AUDIT, limit=5, action="token.create", before_id=before).ok().data
            found += [record["object_id"] for record in page["items"]]
            # What is added meanwhile shifts nothing.
            make(theirs)
            if not page["has_more"]:
                break
            before = page["items"][-1]["id"]
        assert found == made[::-1]

    def test_times_narrow_it(self, server):
        _, theirs = new_person(server)
        make(theirs)
        now = int(time.time())
        assert len(records(theirs, after=now - 60, before=now + 60)) == 1
        assert records(theirs, after=now + 60) == records(theirs, before=now - 60) == []

    @pytest.mark.parametrize("query", [
        {"limit": 0}, {"limit": 201}, {"limit": "many"}, {"after": -1}, {"before": "yesterday"}, {"after": 2**63},
        *({"before_id": id} for id in GARBAGE_IDS if id != "0"), {"workspace_id": "x"}, {"user_id": "-1"},
    ], ids=str)
    def test_what_makes_no_sense_is_refused(self, api, query):
        api.get(AUDIT, **query).refused(4000)


class TestRetention:
    @pytest.mark.parametrize("days, remain", [("2", 1), ("0", 3)])
    def test_old_records_go_and_with_0_none(self, own_server, days, remain):
        api = own_server.api()
        ids = [make(api)[0]["id"] for _ in range(3)]
        assert own_server.stop() == 0
        old = int(time.time()) - 2 * 86400 - 60
        for id in ids[:2]:
            execute(own_server, f"UPDATE audit_record SET created_at = {old} WHERE object_id = '{id}'")
        own_server.start(env={"BUCKLE_AUDIT_RETENTION_DAYS": days})
        api = own_server.api()

        def left():
            return [r["object_id"] for r in records(api, action="token.create") if r["object_id"] in ids]

        assert eventually(lambda: len(left()) == remain, within=10)
        time.sleep(0.5)
        assert left() == ids[::-1][:remain]
