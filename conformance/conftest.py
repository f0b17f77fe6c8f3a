import os
import tempfile

# Before Hypothesis is imported: it would lay a directory into the repository.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", os.path.join(tempfile.gettempdir(), "buckle-hypothesis"))

import secrets

import pytest
from cozepy import AsyncCoze, AsyncTokenAuth, Bot, Conversation, Coze, TokenAuth

from harness import API, Buckle

pytest_plugins = ["chat"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that most tests share. It must also end well: SIGTERM, status 0, within ten seconds."""
    buckle = Buckle(tmp_path_factory.mktemp("buckle"))
    try:
        yield buckle.start()
        assert buckle.running, f"the server ended during the tests:\n{buckle.log_tail()}"
        assert buckle.stop(within=10) == 0, buckle.log_tail()
    finally:
        buckle.remove()


@pytest.fixture
def own_server(tmp_path):
    """A server of the test's own, empty but for its owner."""
    buckle = Buckle(tmp_path)
    try:
        yield buckle.start()
    finally:
        buckle.remove()


@pytest.fixture(scope="session")
def coze(server) -> Coze:
    return Coze(auth=TokenAuth(server.token), base_url=server.url)


@pytest.fixture
def acoze(server) -> AsyncCoze:
    return AsyncCoze(auth=AsyncTokenAuth(server.token), base_url=server.url)


@pytest.fixture(scope="session")
def api(server) -> API:
    return server.api()


@pytest.fixture(scope="session")
def user_id(coze) -> str:
    return coze.users.me().user_id


@pytest.fixture(scope="session")
def workspace_id(coze) -> str:
    return coze.workspaces.list().items[0].id


@pytest.fixture
def bot(coze, workspace_id) -> Bot:
    """A fresh bot, not published."""
    return coze.bots.create(space_id=workspace_id, name=f"bot {secrets.token_hex(4)}")


@pytest.fixture
def conversation(coze) -> Conversation:
    """A fresh conversation without a name or messages."""
    return coze.conversations.create()
