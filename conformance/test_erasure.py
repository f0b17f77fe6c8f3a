import secrets
import subprocess
from urllib.parse import quote

import pytest

from harness import eventually
from test_files import other_account

LATIN, CHINESE = "xylophonicsecret", "绝密鱼雷计划"
SEARCH = "/buckle/v1/conversations/search"


def erase(api, user):
    return api.delete(f"/buckle/v1/users/{quote(user, safe='')}/data")


def occurrences(server, text) -> dict:
    """How often a text occurs in each file of the data directory."""
    counts = {}
    for path in server.data.rglob("*"):
        if path.is_file() and (count := path.read_bytes().count(text.encode())):
            counts[path.name] = count
    return counts


def rows(server, text) -> int:
    """How many rows of a PostgreSQL database contain a text."""
    tables = "conversation message chat chat_event variable file".split()
    query = " UNION ALL ".join(f"SELECT t::text FROM {table} t WHERE t::text LIKE '%{text}%'" for table in tables)
    done = subprocess.run(
        ["psql", server.database.url, "-XqAt", "-c", f"SELECT COUNT(*) FROM ({query}) found"],
        check=True, capture_output=True, text=True)
    return int(done.stdout)


def trace(server, text) -> bool:
    """Whether anything of a text is left."""
    in_files = occurrences(server, text)
    return bool(in_files) if not server.database.url else bool(in_files) or rows(server, text) > 0


def hits(api, query) -> int:
    return len(api.get(SEARCH, query=query).ok().data["items"])


class World:
    """Two end users: eve in a conversation of her own and in one with bob, who also has his own."""

    def __init__(self, stand):
        self.stand, self.api, self.server = stand, stand.api, stand.server
        bot = self.bot = stand.bot("plain")
        self.shared = self.chat("eve", f"{LATIN} {CHINESE}, please")["conversation_id"]
        self.chat("bob", "a harmless question", self.shared)
        for number in range(10):
            self.own = self.chat(
                "eve", f"{number} {LATIN} and {CHINESE}", getattr(self, "own", None))["conversation_id"]
        self.bobs = self.chat("bob", "another harmless question")["conversation_id"]
        self.blob = f"{LATIN} in a file {secrets.token_hex(8)}".encode()
        self.file = self.api.call(
            "POST", "/v1/files/upload", files={"file": (f"{LATIN}.txt", self.blob)}).ok().data["id"]
        content = f'[{{"type":"text","text":"read it"}},{{"type":"file","file_id":"{self.file}"}}]'
        self.chat("eve", [{"role": "user", "content": content, "content_type": "object_string"}], self.own)
        for user, value in (("eve", LATIN), ("bob", "harmless")):
            self.api.put("/v1/variables", {
                "bot_id": bot, "connector_uid": user, "data": [{"keyword": "taste", "value": value}]}).ok()

    def chat(self, user, said, conversation=None):
        chat = self.stand.chat(said, "plain", conversation, user_id=user)
        assert chat["status"] == "completed", chat
        return chat

    def contents(self, conversation):
        return [content for _, content in self.stand.said(conversation)]


@pytest.fixture
def world(own_stand):
    return World(own_stand)


def test_nothing_of_an_end_user_is_left_and_all_of_the_others(world):
    api, server = world.api, world.server
    assert eventually(lambda: hits(api, LATIN) > 10, 10)
    assert eventually(lambda: hits(api, CHINESE) > 10, 10)
    assert eventually(lambda: hits(api, "harmless") == 3, 10)
    for text in (LATIN, CHINESE):
        assert trace(server, text), "the test would find nothing anyway"
    bobs = world.contents(world.bobs)

    erased = erase(api, "eve").ok().data
    assert erased == {"conversations": 1, "chats": 12, "messages": erased["messages"], "files": 1, "variables": 1}
    assert erased["messages"] >= 24

    for text in (LATIN, CHINESE):
        assert hits(api, text) == 0
        assert not trace(server, text), occurrences(server, text)
    api.get("/v1/conversation/retrieve", conversation_id=world.own).refused(4002)
    api.get("/v1/files/retrieve", file_id=world.file).refused(4200)
    kept = api.get("/v1/conversation/retrieve", conversation_id=world.shared).ok().data
    assert kept["name"] == ""
    assert "a harmless question" in world.contents(world.shared)
    assert world.contents(world.bobs) == bobs
    assert hits(api, "harmless") == 3
    values = api.get("/v1/variables", bot_id=world.bot, connector_uid="bob", keywords="taste").ok().data["items"]
    assert [one["value"] for one in values] == ["harmless"]
    # And the server goes on as before.
    assert world.chat("bob", "are you well?", world.shared)["status"] == "completed"
    assert erase(api, "eve").ok().data == {"conversations": 0, "chats": 0, "messages": 0, "files": 0, "variables": 0}
    server.stop()
    for text in (LATIN, CHINESE):
        assert not occurrences(server, text)


def test_a_running_chat_is_stopped_first(world):
    stand = world.stand
    chat = stand.begin(f"count {LATIN}", "long", user_id="eve").ok().data
    assert eventually(lambda: stand.retrieve(chat)["status"] == "in_progress", 5)
    erase(world.api, "eve").ok()
    world.api.get("/v3/chat/retrieve", conversation_id=chat["conversation_id"], chat_id=chat["id"]).refused(4002)
    assert not trace(world.server, LATIN)
    # It does not come back either, when its run would have stored something.
    assert not eventually(lambda: trace(world.server, LATIN), 2)


def test_a_file_that_another_message_has_too_stays(world):
    content = f'[{{"type":"text","text":"mine too"}},{{"type":"file","file_id":"{world.file}"}}]'
    world.chat("bob", [{"role": "user", "content": content, "content_type": "object_string"}], world.bobs)
    assert erase(world.api, "eve").ok().data["files"] == 0
    world.api.get("/v1/files/retrieve", file_id=world.file).ok()
    assert occurrences(world.server, world.blob.decode())


def test_end_users_of_other_accounts_are_others(world):
    other = world.server.api(other_account(world.server))
    assert erase(other, "eve").ok().data["chats"] == 0
    assert hits(world.api, CHINESE) or eventually(lambda: hits(world.api, CHINESE), 5)
    assert world.contents(world.own)


@pytest.mark.parametrize("user", ["nobody", "EVE", "ev", "eve ", "%", "_ve", "伊娃", "a/b"])
def test_an_unknown_end_user_has_nothing(demo, user):
    demo.chat("hello", user_id="eve")
    assert set(erase(demo.api, user).ok().data.values()) == {0}


def test_a_name_too_long_is_refused(api):
    erase(api, "x" * 257).refused(4000)


def test_permissions_are_needed(server):
    for permissions in (["editConversation"], ["deleteMessage"]):
        erase(server.api(server.create_token(*permissions)), "eve").refused(4101)
