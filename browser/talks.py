"""Pages to talk with agents, for tests: models whose answers a test paces, and connections that it cuts."""

import asyncio
import re
import threading

import pytest
from playwright.sync_api import expect

from chat import MODELS, dead_ports, scripted_stand, upstream_of_all  # noqa: F401
from conftest import PASSWORD, make_person
from harness import API
from upstream import HELLO_TEXT, USAGE


class Paced:
    """An answer whose pieces come when the test lets them."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.allowed = 0
        self.is_given_up = threading.Event()

    def more(self, count=1):
        self.allowed += count

    def all(self):
        self.allowed = len(self.pieces) + 1

    async def __call__(self, exchange):
        exchange.head()
        try:
            for number, piece in enumerate(self.pieces):
                await self.until(number)
                exchange.chunk({"content": piece})
            await self.until(len(self.pieces))
        except asyncio.CancelledError:
            self.is_given_up.set()
            raise
        exchange.chunk({}, "stop")
        exchange.chunk(usage=USAGE)
        exchange.end()

    async def until(self, number):
        while self.allowed <= number:
            await asyncio.sleep(0.01)


class Wire:
    """A connection to a server that can be cut: it forwards bytes until then."""

    def __init__(self, port):
        self.port = port
        self.ends = set()
        self.is_cut = False
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.listener = self.do(asyncio.start_server(self.connect, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def connect(self, reader, writer):
        if self.is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        ends = {writer, far_writer}
        self.ends |= ends
        await asyncio.gather(
            self.forward(reader, far_writer), self.forward(far_reader, writer), return_exceptions=True)
        self.ends -= ends

    async def forward(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
        finally:
            writer.close()

    async def abort(self):
        for one in self.ends:
            one.transport.abort()

    def cut(self):
        self.is_cut = True
        self.do(self.abort())

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.loop.call_soon_threadsafe(self.loop.stop)


class Talk:
    """A page with a chat in it."""

    def __init__(self, visit, place, bot):
        self.visit, self.place, self.bot, self.page = visit, place, bot, visit.page

    def open(self, conversation=None):
        self.visit.goto(f"/chat/{self.bot}" + (f"/{conversation}" if conversation else ""))
        expect(self.log.get_by_text("Loading…")).to_have_count(0)
        return self

    @property
    def log(self):
        return self.page.get_by_role("log")

    @property
    def field(self):
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def questions(self):
        return self.log.get_by_role("article", name="Your message")

    @property
    def answers(self):
        return self.log.get_by_role("article", name=re.compile("^Answer of"))

    @property
    def list(self):
        return self.page.get_by_role("navigation", name="Conversations")

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def say(self, text):
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text, said=HELLO_TEXT):
        """Asks, and waits for the whole answer."""
        count = self.answers.count()
        self.say(text)
        expect(self.answers).to_have_count(count + 1)
        expect(self.answers.last).to_contain_text(said)
        self.over()

    def over(self):
        expect(self.button("Send")).to_be_visible()

    def place_in_log(self) -> float:
        """Where the log stands when it has been scrolled: the browser may take its time over that."""
        return self.log.evaluate("""async log => {
            for (let last = NaN; last !== log.scrollTop;) {
                last = log.scrollTop;
                await new Promise((done) => setTimeout(done, 100));
            }
            return log.scrollTop;
        }""")

    @property
    def conversation(self) -> str:
        expect(self.page).to_have_url(re.compile(r"/chat/\d+/\d+$"))
        return self.page.url.split("/")[-1]

    def said(self) -> list:
        """What the server has of the conversation, oldest first."""
        listed = self.place.api.post(
            "/v1/conversation/message/list", {"order": "asc"}, conversation_id=self.conversation).ok().data
        return [(one["role"], one["content"]) for one in listed]


class Place:
    """A server with scripted models, and somebody who is signed in there."""

    def __init__(self, stand):
        self.stand, self.server, self.upstream = stand, stand.server, stand.upstream
        self.person = make_person(stand.api)
        self.api = API(self.server.url, self.person.token(stand.api))
        reply = stand.api.raw(
            "POST", "/buckle/v1/sessions", json={"account": self.person.name, "password": PASSWORD})
        self.session = reply.cookies["buckle_session"]
        self.workspace = self.api.get("/v1/workspaces", page_num=1, page_size=1).ok().data["workspaces"][0]["id"]
        self.bots = {}

    def new_bot(self, model, tools=(), publish=True, **settings) -> str:
        bot = self.api.post("/v1/bot/create", {
            "space_id": self.workspace, "name": f"Agent {model}", "suggest_reply_info": {"reply_mode": "disable"},
            "model_info_config": {"model_id": MODELS[model]}, **settings,
        }).ok().data["bot_id"]
        if tools:
            self.api.put(f"/buckle/v1/bots/{bot}/tools", {"tools": list(tools)}).ok()
        if publish:
            self.publish(bot)
        return bot

    def publish(self, bot):
        self.api.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]}).ok()

    def bot(self, model) -> str:
        """One that tests share."""
        if model not in self.bots:
            self.bots[model] = self.new_bot(model)
        return self.bots[model]

    def next(self, script):
        """What the model `queue` answers next."""
        self.upstream.queue.append(script)
        return script


@pytest.fixture(scope="module")
def place(tmp_path_factory, upstream_of_all, dead_ports):  # noqa: F811
    stand = scripted_stand(tmp_path_factory.mktemp("chats"), upstream_of_all, dead_ports)
    try:
        stand.start_server()
        yield Place(stand)
        assert stand.server.stop(within=15) == 0, stand.server.log_tail()
    finally:
        stand.server.remove()


@pytest.fixture
def talk(open_visit, place):
    """Opens a page to talk with the bot of a model, or with a bot."""
    place.upstream.clear()

    def talk(model="plain", bot=None, visit=None, **options) -> Talk:
        visit = visit or open_visit(at=place.server, **options)
        visit.page.context.add_cookies([{
            "name": "buckle_session", "value": place.session, "url": place.server.url, "httpOnly": True,
            "sameSite": "Lax"}])
        visit.page.context.set_default_timeout(10_000)
        return Talk(visit, place, bot or place.bot(model))

    return talk


@pytest.fixture
def wire(place):
    wire = Wire(place.server.port)
    yield wire
    wire.close()


def forgive(visit):
    """What a browser itself says of connections that a test has cut is no fault of the page."""
    visit.faults[:] = [fault for fault in visit.faults if "net::ERR_" not in fault]
