"""Journeys through the server's pages, in headless Chromium against the real binary."""

import os
import secrets
import shutil
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "conformance"))

from harness import API, Buckle, eventually  # noqa: E402

# The servers are on this machine.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
CHROMIUM = os.environ.get("BUCKLE_CHROMIUM") or next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
PASSWORD = "correct horse battery"
# Passwords take a second or two of a busy machine.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The server that all tests share, closed to registration."""
    buckle = Buckle(tmp_path_factory.mktemp("buckle"))
    try:
        yield buckle.start()
        assert buckle.stop(within=10) == 0, buckle.log_tail()
    finally:
        buckle.remove()


@pytest.fixture(scope="session")
def open_server(tmp_path_factory):
    """A server where anybody may make an account."""
    buckle = Buckle(tmp_path_factory.mktemp("open"))
    try:
        yield buckle.start(env={"BUCKLE_REGISTRATION": "open"})
    finally:
        buckle.remove()


@pytest.fixture(scope="session")
def api(server) -> API:
    return server.api()


@pytest.fixture(scope="session")
def chromium() -> Browser:
    assert CHROMIUM, "there is no Chromium; scripts/dependencies test installs it"
    with sync_playwright() as playwright:
        # Nobody else is on the machine of a test, and as root Chromium has no sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Person:
    """Somebody with an account and a password."""

    id: str
    name: str
    shown_name: str
    password: str = PASSWORD

    def token(self, api: API) -> str:
        body = {"name": "browser tests", "permissions": ["all"]}
        return api.post(f"/buckle/v1/accounts/{self.id}/tokens", body).ok().data["secret"]


def make_person(api: API) -> Person:
    name = f"ada-{secrets.token_hex(4)}"
    body = {"user_name": name, "nick_name": "Ada Lovelace", "password": PASSWORD}
    return Person(api.post("/buckle/v1/accounts", body).ok().data["user_id"], name, "Ada Lovelace")


@pytest.fixture(scope="session")
def person(api) -> Person:
    """Somebody whom all tests share, since passwords are made to take time."""
    return make_person(api)


@pytest.fixture
def newcomer(api) -> Person:
    """Somebody of the test's own, with one workspace and no wrong tries."""
    return make_person(api)


@pytest.fixture(scope="session")
def session(api, person) -> str:
    """The cookie of a session of the person's."""
    reply = api.raw("POST", "/buckle/v1/sessions", json={"account": person.name, "password": person.password})
    return reply.cookies["buckle_session"]


class Target:
    """The site of an app: it notes what browsers bring to it."""

    def __init__(self):
        self.visits = []
        self.next = None
        """Where /callback leads on to; nil for nowhere."""
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path != "/favicon.ico":
                    target.visits.append(self.path)
                leads_on = target.next and self.path.startswith("/callback")
                self.send_response(302 if leads_on else 200)
                if leads_on:
                    self.send_header("Location", target.next)
                body = b"<!doctype html><title>app</title><link rel=icon href=data:,><p>Back at the app"
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.callback = self.url + "/callback"

    def answer(self) -> dict:
        """What the one visit brought."""
        assert eventually(lambda: self.visits, within=5), "nobody came"
        assert len(self.visits) == 1, self.visits
        return {name: values[0] for name, values in parse_qs(urlsplit(self.visits[0]).query).items()}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def target() -> Target:
    target = Target()
    yield target
    target.close()


@pytest.fixture
def make_app(api):
    """Makes OAuth apps of the server's owner."""

    def make(kind: str, *redirects: str, name="Report writer", permissions=("listWorkspace", "chat", "getMetadata")):
        body = {"name": name, "description": "Writes reports.", "app_type": kind, "permissions": list(permissions)}
        return api.post("/buckle/v1/oauth_apps", {**body, "redirect_uris": list(redirects)}).ok().data

    return make


@dataclass
class Visit:
    """A browser with its own cookies. Whatever goes wrong unseen in it fails the test at its end."""

    server: Buckle
    page: Page
    faults: list = field(default_factory=list)
    hosts: set = field(default_factory=set)

    def __post_init__(self):
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        # What a page made itself has an address without a host.
        self.page.on("request", lambda request: request.url.startswith("blob:")
                     or self.hosts.add(urlsplit(request.url).netloc))

    def _console(self, message):
        # A page with an error's status is one of ours too; what it loads must load.
        loaded = urlsplit(message.location["url"]).path
        if "the server responded with a status of" in message.text and not loaded.startswith("/assets/"):
            return
        self.faults.append(f"{message.type}: {message.text}")

    def goto(self, path):
        return self.page.goto(path if "://" in path else self.server.url + path)

    def sign_in(self, person: Person):
        """Fills in the form that is shown."""
        self.page.get_by_label("Name or email").fill(person.name)
        self.page.get_by_label("Password").fill(person.password)
        self.page.get_by_role("button", name="Sign in").click()

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def text(self) -> str:
        return self.page.get_by_role("main").inner_text()

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path


@pytest.fixture
def open_visit(chromium, server):
    """Opens browsers, each with options of Playwright's contexts; `allowed` names hosts beside the server's."""
    visits = []

    def open_visit(at=server, allowed=(), **options) -> Visit:
        options.setdefault("locale", "en-US")
        context = chromium.new_context(**options)
        context.set_default_timeout(30_000)
        visit = Visit(at, context.new_page())
        visits.append((visit, context, {urlsplit(at.url).netloc, *(urlsplit(url).netloc for url in allowed)}))
        return visit

    yield open_visit
    for visit, context, hosts in visits:
        context.close()
        assert visit.faults == []
        assert visit.hosts <= hosts, "a page asked another server for something"


@pytest.fixture
def visit(open_visit, target) -> Visit:
    """A browser in which nobody has signed in."""
    return open_visit(allowed=[target.url])


@pytest.fixture
def inside(visit, session) -> Visit:
    """A browser in which the person has signed in."""
    visit.page.context.add_cookies(
        [{"name": "buckle_session", "value": session, "url": visit.server.url, "httpOnly": True, "sameSite": "Lax"}])
    return visit
