"""The chat in a page of another site: the platform's Chat SDK by its own names, from one script of the server's."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from harness import Buckle
from playwright.sync_api import expect


@dataclass
class Shop:
    """Another site, with one page."""

    body: str = ""
    url: str = ""
    tokens: list = field(default_factory=list)
    """What its /token answers, one after the other; the last again and again."""
    server: ThreadingHTTPServer = None

    def __post_init__(self):
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = shop.body
                if self.path == "/token":
                    body = shop.tokens.pop(0) if len(shop.tokens) > 1 else shop.tokens[0]
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def show(self, buckle, options, more=""):
        """`options` is JavaScript: what WebChatClient gets."""
        self.body = (
            '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Shop</title><h1>Our shop</h1>'
            f'<div id="place"></div><script src="{buckle.url}/sdk/chat.js"></script>'
            f"<script>const renew = async () => (await fetch('/token')).text();"
            f"window.chat = new CozeWebSDK.WebChatClient({options});{more}</script>")

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def embedding(tmp_path_factory, shop):
    """A server that lets the shop embed the chat. Browsers are asked for after it, so that they are closed before it."""
    buckle = Buckle(tmp_path_factory.mktemp("embedding"))
    try:
        buckle.start(env={"BUCKLE_ALLOWED_ORIGINS": shop.url})
        yield buckle
    finally:
        buckle.remove()


def published(api) -> str:
    workspace = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    bot = api.post("/v1/bot/create", {"space_id": workspace, "name": "Shop help"}).ok().data["bot_id"]
    api.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["999"]}).ok()
    return bot


def ask(frame, text):
    frame.get_by_role("textbox", name="Message").fill(text)
    frame.get_by_role("textbox", name="Message").press("Enter")


def test_a_page_of_another_site_shows_the_chat_and_renews_its_token(shop, embedding, open_visit):
    api = embedding.api()
    shop.tokens = [embedding.token]
    shop.show(embedding, json.dumps({
        "config": {"type": "bot", "bot_id": published(api)}, "userInfo": {"id": "visitor-7", "nickname": "V"},
        "ui": {"base": {"lang": "en"}, "chatBot": {"title": "Help", "width": 400}},
    })[:-1] + ', "auth": {"type": "token", "token": "pat_expired", "onRefreshToken": renew}}')
    visit = open_visit(at=embedding, allowed=[shop.url])
    page = visit.page
    page.goto(shop.url)
    assert page.locator("iframe").count() == 0, "nothing is loaded before somebody opens the chat"
    page.get_by_role("button", name="Open the chat").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Shop help").first).to_be_visible()
    expect(frame.get_by_text("Help", exact=True)).to_be_visible()
    assert page.locator("iframe").bounding_box()["width"] == 400
    ask(frame, "Hello from the shop")
    expect(frame.get_by_role("log")).to_contain_text("You said: Hello from the shop")
    chats = api.get("/buckle/v1/conversations").ok().data["conversations"]
    assert [chat["name"] for chat in chats] == ["Hello from the shop"]

    page.get_by_role("button", name="Close the chat").first.click()
    expect(page.locator("iframe")).to_be_hidden()
    page.evaluate("chat.showChatBot()")
    expect(frame.get_by_role("log")).to_be_visible()
    page.evaluate("chat.hideChatBot()")
    expect(page.locator("iframe")).to_be_hidden()

    # The visitor who comes back goes on where they were.
    page.reload()
    page.get_by_role("button", name="Open the chat").click()
    expect(frame.get_by_role("log")).to_contain_text("You said: Hello from the shop")
    frame.get_by_role("button", name="New conversation").first.click()
    expect(frame.get_by_role("log")).not_to_contain_text("You said")


def test_it_fills_an_element_and_calls_the_page_back(shop, embedding, open_visit):
    bot = published(embedding.api())
    shop.show(
        embedding,
        f'{{config: {{bot_id: "{bot}"}}, auth: {{token: "{embedding.token}"}}, ui: {{base: {{lang: "zh-CN"}}, '
        "asstBtn: {isNeed: false}, footer: {expressionText: 'By {{us}}', linkvars: {us: {text: 'the shop', link: 'https://shop.example/'}}}, "
        "chatBot: {el: document.getElementById('place'), uploadable: false, onShow: () => { window.shown = true }}}}")
    visit = open_visit(at=embedding, allowed=[shop.url])
    visit.page.goto(shop.url)
    frame = visit.page.frame_locator("#place iframe")
    expect(frame.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(frame.get_by_role("link", name="the shop")).to_have_attribute("href", "https://shop.example/")
    assert visit.page.evaluate("shown") is True
    assert visit.page.get_by_role("button", name="打开聊天").count() == 0
    expect(frame.get_by_role("textbox")).to_be_visible()
    assert frame.get_by_role("button", name="添加").count() == 0, "files were switched off"


def test_answers_are_judged_and_quoted_as_the_page_wants_it(shop, embedding, open_visit):
    api = embedding.api()
    tags = ["wrong", "too long", "wrong", "x" * 40] + [f"reason {number}" for number in range(20)]
    shop.show(embedding, json.dumps({
        "config": {"bot_id": published(api)}, "auth": {"token": embedding.token}, "ui": {
            "base": {"lang": "en"}, "chatBot": {"isNeedQuote": True, "feedback": {
                "isNeedFeedback": True, "feedbackPanel": {"title": "Tell us", "placeholder": "In a word", "tags": tags}}}}}))
    visit = open_visit(at=embedding, allowed=[shop.url])
    visit.page.goto(shop.url)
    visit.page.get_by_role("button", name="Open the chat").click()
    frame = visit.page.frame_locator("iframe")
    ask(frame, "First question")
    answer = frame.get_by_role("article", name="Answer of Shop help")
    expect(answer).to_contain_text("You said: First question")

    bad = frame.get_by_role("button", name="Bad answer")
    panel = frame.get_by_role("dialog", name="Tell us")
    bad.click()
    visit.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bad).to_have_attribute("aria-pressed", "false")
    expect(bad).to_be_visible()
    bad.click()
    expect(panel.get_by_placeholder("In a word")).to_be_visible()
    expect(panel.get_by_role("checkbox")).to_have_count(10)
    panel.get_by_label("too long").check()
    panel.get_by_label("x" * 30).check()
    panel.get_by_label("Comment").fill("不对")
    panel.get_by_role("button", name="Send").click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    conversation = api.get("/buckle/v1/conversations").ok().data["conversations"][0]["id"]
    told = api.get(f"/buckle/v1/conversations/{conversation}/chats").ok().data["chats"][0]["feedback"][0]
    assert (told["feedback_type"], told["reason_types"], told["comment"]) == ("unlike", ["too long", "x" * 30], "不对")

    # The whole answer, which is thought better of; then what is selected of it.
    frame.get_by_role("button", name="Quote").click()
    frame.get_by_role("button", name="Remove the quotation").click()
    expect(frame.get_by_role("button", name="Remove the quotation")).to_be_hidden()
    answer.get_by_text("You said: First question").evaluate(
        "element => getSelection().setBaseAndExtent(element.firstChild, 0, element.firstChild, 4)")
    frame.get_by_role("button", name="Quote").click()
    expect(frame.get_by_role("blockquote")).to_have_text("I am")
    expect(frame.get_by_role("textbox", name="Message")).to_be_focused()
    frame.get_by_role("textbox", name="Message").fill("Did I?")
    frame.get_by_role("textbox", name="Message").press("Enter")
    expect(frame.get_by_role("article", name="Your message").last.get_by_role("blockquote")).to_have_text("I am")
    expect(frame.get_by_role("article", name="Your message").last).to_contain_text("Did I?")
    said = api.post("/v1/conversation/message/list", {"order": "asc"}, conversation_id=conversation).ok().data
    assert [one["content"] for one in said if one["role"] == "user"] == ["First question", "> I am\n\nDid I?"]


def test_sites_that_are_not_named_are_kept_out(open_visit, shop, server, api):
    shop.show(server, f'{{config: {{bot_id: "{published(api)}"}}, auth: {{token: "x"}}, ui: {{base: {{lang: "en"}}}}}}')
    visit = open_visit(allowed=[shop.url])
    visit.page.goto(shop.url)
    with visit.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        visit.page.get_by_role("button", name="Open the chat").click()
    assert all("frame-ancestors" in fault for fault in visit.faults)
    visit.faults.clear()


def test_a_mistake_in_the_call_is_told(shop, embedding, open_visit):
    shop.show(embedding, "{config: {}}")
    visit = open_visit(at=embedding, allowed=[shop.url])
    visit.page.goto(shop.url)
    assert any("config.bot_id is missing" in fault for fault in visit.faults)
    visit.faults.clear()


def test_the_documentation_page_runs_it(inside, api, person, server):
    visit = inside
    mine = server.api(person.token(api))
    published(mine)
    visit.goto("/embedding")
    page = visit.page
    expect(page.get_by_role("main")).to_contain_text(f'{server.url}/sdk/chat.js')
    page.get_by_role("button", name="Try it here").click()
    frame = page.frame_locator("iframe")
    ask(frame, "Does it run?")
    expect(frame.get_by_role("log")).to_contain_text("You said: Does it run?")
    page.get_by_role("button", name="Take it away").click()
    assert page.locator("iframe").count() == 0


def test_it_runs_in_pages_that_came_over_plain_http(shop, embedding, open_visit):
    bot = published(embedding.api())
    options = f'{{config: {{bot_id: "{bot}"}}, auth: {{token: "{embedding.token}"}}, ui: {{base: {{lang: "en"}}}}}}'
    shop.show(embedding, options)
    visit = open_visit(at=embedding, allowed=[shop.url])
    # Browsers keep these from such pages; this machine's own addresses they trust.
    visit.page.add_init_script("delete Crypto.prototype.randomUUID; delete Navigator.prototype.clipboard;")
    visit.page.goto(shop.url)
    visit.page.get_by_role("button", name="Open the chat").click()
    frame = visit.page.frame_locator("iframe")
    ask(frame, "Over HTTP?")
    expect(frame.get_by_role("log")).to_contain_text("You said: Over HTTP?")
    # The browser is known again, as the one that has written this.
    visit.page.reload()
    visit.page.get_by_role("button", name="Open the chat").click()
    expect(frame.get_by_role("log")).to_contain_text("You said: Over HTTP?")
