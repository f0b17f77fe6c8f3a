"""The page of conversations: finding, reading, renaming, taking out and in, deleting."""

import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from archives import archive
from conftest import API, Buckle, Person, eventually, make_person

MANY = 10_000
EVIL = '"><img src=x data-injected onerror="document.title=1"><script data-injected>alert(1)</script>{{7*7}}'


@dataclass
class Member:
    """Somebody with an API token and a session."""

    server: Buckle
    person: Person
    api: API
    session: str
    workspace: str
    oldest: str = ""
    """The name of the conversation that was made first."""

    def agent(self, name) -> str:
        body = {"space_id": self.workspace, "name": name, "suggest_reply_info": {"reply_mode": "disable"}}
        id = self.api.post("/v1/bot/create", body).ok().data["bot_id"]
        self.api.post("/v1/bot/publish", {"bot_id": id, "connector_ids": ["1024"]}).ok()
        return id

    def conversation(self, name, bot=None, *said) -> str:
        """The id of a new conversation; what is said is the user's and the agent's in turn."""
        messages = [
            {"role": ("user", "assistant")[number % 2], "content": text, "content_type": "text"}
            for number, text in enumerate(said)]
        body = {"name": name, "messages": messages} | ({"bot_id": bot} if bot else {})
        return self.api.post("/v1/conversation/create", body).ok().data["id"]

    def retrieve(self, id):
        return self.api.get("/v1/conversation/retrieve", conversation_id=id)

    def name(self, id) -> str:
        return self.retrieve(id).ok().data["name"]

    def chat(self, bot, conversation, text) -> dict:
        """A chat with the built-in model, once it is over."""
        body = {"bot_id": bot, "user_id": "u", "additional_messages": [
            {"role": "user", "type": "question", "content": text, "content_type": "text"}]}
        chat = self.api.post("/v3/chat", body, conversation_id=conversation).ok().data
        return self.over(chat)

    def over(self, chat) -> dict:
        def found():
            ids = {"conversation_id": chat["conversation_id"], "chat_id": chat["id"]}
            now = self.api.get("/v3/chat/retrieve", **ids).ok().data
            return now if now["status"] == "completed" else None

        return eventually(found, 30) or pytest.fail("the chat does not end")


def make_member(server, api) -> Member:
    person = make_person(api)
    reply = api.raw("POST", "/buckle/v1/sessions", json={"account": person.name, "password": person.password})
    own = server.api(person.token(api))
    workspace = own.get("/v1/workspaces", page_num=1, page_size=1).ok().data["workspaces"][0]["id"]
    return Member(server, person, own, reply.cookies["buckle_session"], workspace)


@pytest.fixture(scope="module")
def crowd(server, api) -> Member:
    """Somebody with ten thousand conversations, made through the API."""
    member = make_member(server, api)
    width = 64

    def fill(first):
        names = [f"Conversation {number}" for number in range(first, MANY, width)]
        with socket.create_connection((urlsplit(server.url).hostname, server.port), timeout=60) as connection:
            requests = b"".join(creation(member, name) for name in names)
            threading.Thread(target=connection.sendall, args=(requests,), daemon=True).start()
            answers = b""
            while answers.count(b'"code":0') < len(names):
                answers += connection.recv(1 << 16) or pytest.fail(f"the server hung up after {answers[-300:]}")
            return min(re.findall(rb'"id":"(\d+)","name":"(Conversation \d+)"', answers))

    with ThreadPoolExecutor(width) as pool:
        member.oldest = min(pool.map(fill, range(width)))[1].decode()
    return member


def creation(member, name) -> bytes:
    body = json.dumps({"name": name}).encode()
    token = member.api.session.headers["Authorization"]
    head = (f"POST /v1/conversation/create HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


@pytest.fixture(scope="module")
def member(server, api) -> Member:
    """Somebody whom the tests of this file share."""
    return make_member(server, api)


@pytest.fixture(scope="module")
def stranger(server, api) -> Member:
    """Somebody who has nothing."""
    return make_member(server, api)


class Desk:
    """The page as a person uses it."""

    def __init__(self, page: Page, url: str):
        self.page, self.url = page, url
        self.search = page.get_by_role("searchbox", name="Search names and messages")
        self.reader = page.get_by_role("region", name="Conversation", exact=True)
        self.log = page.get_by_role("region", name="Messages")
        self.title = self.reader.get_by_role("heading", level=2)

    def open(self, path="/conversations") -> "Desk":
        self.page.goto(self.url + path)
        self.page.locator("html[data-ready]").wait_for()
        return self

    def open_in_still_time(self):
        """What the page does later it does only when the test lets time go on."""
        self.page.clock.install()
        self.open()
        self.page.clock.pause_at(time.time() + 60)

    def row(self, name):
        return self.rows.filter(has=self.page.get_by_role("link", name=name))

    @property
    def rows(self):
        lists = self.page.get_by_role("region", name="Conversations", exact=True)
        return lists.get_by_role("listitem")

    def link(self, name):
        return self.rows.get_by_role("link", name=name)

    def names(self) -> list:
        """What the list shows first of each conversation, as a reader of screens would tell it."""
        return [text.split("\n")[0] for text in self.rows.get_by_role("link").all_inner_texts()]

    def editor(self):
        return self.page.get_by_role("textbox", name="Name of the conversation")

    def undo(self, text):
        return self.page.get_by_role("status").locator("div").filter(has_text=text).get_by_role("button", name="Undo")


@pytest.fixture
def desk_of(open_visit):
    """Opens the page as somebody, in a browser of its own."""

    def desk_of(member: Member, **options) -> Desk:
        visit = open_visit(**options)
        visit.page.context.add_cookies([{"name": "buckle_session", "value": member.session, "url": visit.server.url}])
        return Desk(visit.page, visit.server.url)

    return desk_of


@pytest.fixture
def desk(desk_of, member) -> Desk:
    return desk_of(member)


# Among ten thousand

def test_one_of_ten_thousand_is_renamed_and_found_by_its_chinese_title(desk_of, crowd):
    desk = desk_of(crowd).open()
    last = desk.rows.first
    old = last.get_by_role("link").inner_text().split("\n")[0]
    id = last.get_by_role("link").get_attribute("href").split("/")[-1]
    last.get_by_role("link").click()
    expect(desk.title).to_have_text(old)
    last.hover()
    last.get_by_role("button", name=f"Rename “{old}”").click()
    desk.editor().fill("杭州的退款申请")
    held = []
    desk.page.route("**/v1/conversations/*", lambda route: held.append(route))
    with desk.page.expect_request("**/v1/conversations/*"):
        desk.editor().press("Enter")
    # At once, before the server has answered: in the list, in the reader and in the window's title.
    assert desk.names()[0] == "杭州的退款申请"
    assert desk.title.inner_text() == "杭州的退款申请"
    assert desk.page.title() == "杭州的退款申请 – Conversations – Buckle"
    expect(desk.link("杭州的退款申请")).to_be_focused()
    held[0].continue_()
    desk.page.unroute("**/v1/conversations/*")
    assert eventually(lambda: crowd.name(id) == "杭州的退款申请", 20)
    for typed in ["退款", "杭"]:
        desk.search.fill(typed)
        expect(desk.link("杭州的退款申请")).to_be_visible()
        expect(desk.page.get_by_text("1 conversation found")).to_be_visible()
        expect(desk.rows).to_have_count(1)
    # The index has it too, and what was typed is marked.
    expect(desk.page).to_have_url(re.compile("q=%E6%9D%AD$"))
    desk.page.reload()
    expect(desk.search).to_have_value("杭")
    expect(desk.rows.get_by_role("mark")).to_have_text("杭")
    desk.search.fill("")
    expect(desk.rows.nth(20)).to_be_visible()
    expect(desk.title).to_have_text("杭州的退款申请")


# Scrolls on until the element is there, and tells how many rows the document had at most.
SCROLL = """async (last) => {
    const rows = () => document.querySelectorAll('[role=listitem]');
    let [most, pane] = [0, rows()[0]];
    while (getComputedStyle(pane).overflowY !== 'auto') pane = pane.parentElement;
    for (const end = Date.now() + 60000; Date.now() < end && !rows()[rows().length - 1].innerText.startsWith(last);) {
        pane.scrollTop = pane.scrollHeight;
        await new Promise(requestAnimationFrame);
        most = Math.max(most, rows().length);
    }
    return most;
}"""


def test_all_ten_thousand_are_scrolled_through_and_few_are_in_the_document(desk_of, crowd):
    desk = desk_of(crowd).open()
    newest = desk.rows.first.get_by_role("link").inner_text().split("\n")[0]
    assert desk.page.evaluate(SCROLL, crowd.oldest + "\n") < 1000
    desk.rows.last.get_by_role("link").focus()
    desk.page.keyboard.press("Home")
    expect(desk.link(newest)).to_be_focused()
    assert desk.rows.count() < 1000


# Renaming

def test_a_name_is_saved_by_enter_and_by_leaving_it_but_not_by_escape(desk, member):
    id = member.conversation("First name")
    desk.open()
    desk.link("First name").dblclick()
    expect(desk.editor()).to_have_value("First name")
    desk.editor().fill("Second name")
    desk.editor().press("Escape")
    expect(desk.link("First name")).to_be_focused()
    assert member.name(id) == "First name"
    desk.page.keyboard.press("F2")
    desk.editor().fill("  Third name ")
    desk.search.click()
    expect(desk.link("Third name")).to_be_visible()
    expect(desk.title).to_have_text("Third name")
    assert eventually(lambda: member.name(id) == "Third name", 20), "names have no blanks around them"
    expect(desk.search).to_be_focused()
    # In the reader too.
    desk.title.dblclick()
    desk.editor().fill("Fourth name")
    desk.editor().press("Enter")
    expect(desk.link("Fourth name")).to_be_visible()
    expect(desk.reader.get_by_role("button", name="Rename")).to_be_focused()
    desk.page.keyboard.press("F2")
    desk.editor().fill("Fifth name")
    desk.editor().press("Enter")
    assert eventually(lambda: member.name(id) == "Fifth name", 20)
    desk.page.reload()
    expect(desk.title).to_have_text("Fifth name")


def test_a_name_that_is_too_long_is_told_before_it_is_sent_and_kept(desk, member):
    id = member.conversation("Short")
    desk.open()
    sent = []
    desk.page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    # A hundred characters that are two hundred for a script: the API takes them.
    whole = "𠮷" * 100
    desk.link("Short").focus()
    desk.page.keyboard.press("F2")
    desk.editor().fill(whole + "x")
    desk.editor().press("Enter")
    expect(desk.page.get_by_role("alert")).to_have_text("A name has at most 100 characters; this one has 101.")
    expect(desk.editor()).to_have_value(whole + "x")
    desk.editor().fill(" \u3000 ")
    expect(desk.page.get_by_role("alert")).to_have_text("A name must not be blank.")
    assert sent == []
    desk.editor().fill(whole)
    expect(desk.page.get_by_role("alert")).to_have_count(0)
    desk.editor().press("Enter")
    assert eventually(lambda: member.name(id) == whole, 20)
    assert len(sent) == 1


def test_a_name_that_the_server_refuses_goes_back_with_the_reason(desk, member):
    member.conversation("Stays")
    desk.open()
    refusal = {"code": 5000, "msg": "The disk is full", "detail": {"logid": "L1"}}
    desk.page.route(f"{desk.url}/v1/conversations/*", lambda route: route.fulfill(status=500, json=refusal))
    desk.link("Stays").click()
    desk.link("Stays").dblclick()
    desk.editor().fill("Goes")
    desk.editor().press("Enter")
    told = desk.page.get_by_text("“Goes” was not saved: The disk is full")
    expect(told).to_be_visible()
    expect(desk.link("Stays")).to_be_visible()
    desk.page.unroute(f"{desk.url}/v1/conversations/*")
    # Nothing that was typed is lost.
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.editor()).to_have_value("Goes")
    desk.editor().press("Enter")
    expect(desk.link("Goes")).to_be_visible()


def test_the_enter_of_an_input_method_neither_saves_nor_searches(desk, member):
    member.conversation("Before")
    desk.page.clock.install()
    desk.open()
    keys = desk.page.context.new_cdp_session(desk.page)
    desk.link("Before").focus()
    desk.page.keyboard.press("F2")
    keys.send("Input.imeSetComposition", {"text": "hang", "selectionStart": 4, "selectionEnd": 4})
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Enter"})
    expect(desk.editor()).to_be_visible()
    keys.send("Input.insertText", {"text": "杭州"})
    expect(desk.editor()).to_have_value("杭州")
    desk.editor().press("Escape")
    asked = []
    desk.page.on("request", lambda request: "/search" in request.url and asked.append(request.url))
    desk.search.focus()
    keys.send("Input.imeSetComposition", {"text": "hang", "selectionStart": 4, "selectionEnd": 4})
    desk.page.clock.run_for(1_000)
    keys.send("Input.insertText", {"text": "杭州"})
    desk.page.clock.run_for(1_000)
    expect(desk.page.get_by_text("Nothing was found for “杭州”.")).to_be_visible()
    assert len(asked) == 1 and "hang" not in asked[0]


# Search and filter

def test_typing_searches_once_names_and_messages_and_marks_what_was_found(desk, member):
    bot = member.agent("Weather agent")
    id = member.conversation("A talk", bot, "Will it snow in Harbin 哈尔滨?", "It will, heavily.")
    other = member.conversation("Snowboards")
    assert eventually(lambda: len(member.api.get(
        "/buckle/v1/conversations/search", query="snow").ok().data["items"]) == 2, 20)
    desk.open_in_still_time()
    asked = []
    desk.page.on("request", lambda request: "/search" in request.url and asked.append(request.url))
    for letter in "snow":
        desk.search.press_sequentially(letter)
        desk.page.clock.run_for(20)
    desk.page.clock.run_for(1_000)
    expect(desk.page.get_by_text("2 conversations found")).to_be_visible()
    assert len(asked) == 1, "once, after the last letter"
    expect(desk.row("A talk")).to_contain_text("User: Will it snow in Harbin")
    assert desk.row("A talk").get_by_role("mark").all_inner_texts() == ["snow"]
    assert desk.row("Snowboards").get_by_role("mark").all_inner_texts() == ["Snow"]
    assert desk.link("Snowboards").get_attribute("href") == f"/conversations/{other}?q=snow"
    desk.page.clock.resume()
    desk.search.fill("哈尔")
    expect(desk.rows).to_have_count(1)
    desk.link("A talk").click()
    expect(desk.title).to_have_text("A talk")
    assert desk.page.url.endswith(f"/conversations/{id}?q=%E5%93%88%E5%B0%94")
    for nothing in ["?!", "no such thing", "long" * 100]:
        desk.search.fill(nothing)
        expect(desk.page.get_by_text(f"Nothing was found for “{nothing}”.")).to_be_visible()


def test_an_older_search_is_given_up_for_a_newer_one(desk):
    desk.open()
    held, failed = [], []
    desk.page.route(re.compile("search.query=Over(&|$)"), lambda route: held.append(route))
    desk.page.on("requestfailed", lambda request: failed.append(request.url))
    desk.search.fill("Over")
    expect(desk.page.get_by_text("Loading…")).to_be_visible()
    assert eventually(lambda: desk.page.evaluate("1") and held, 20)
    desk.search.fill("Overtakes nobody")
    expect(desk.page.get_by_text("Nothing was found for “Overtakes nobody”.")).to_be_visible()
    assert failed == [held[0].request.url]
    expect(desk.rows).to_have_count(0)


def test_conversations_with_one_agent_are_listed_alone(desk, member):
    one, other, empty = (member.agent(name) for name in ["First agent", "Second agent", "Third agent"])
    member.conversation("With the first", one)
    member.conversation("With the second", other)
    member.conversation("With none")
    desk.open()
    expect(desk.row("With the first")).to_contain_text("First agent")
    expect(desk.row("With none")).to_contain_text("No agent")
    assert desk.names()[:3] == ["With none", "With the second", "With the first"]
    desk.page.get_by_label("Agent").select_option("Second agent")
    expect(desk.rows).to_have_count(1)
    assert desk.names() == ["With the second"]
    assert desk.page.url.endswith(f"?bot_id={other}")
    desk.page.reload()
    expect(desk.rows).to_have_count(1)
    expect(desk.page.get_by_label("Agent")).to_have_value(other)
    desk.open(f"/conversations?bot_id={empty}")
    expect(desk.page.get_by_text("There are no conversations with this agent.")).to_be_visible()


# Deleting

def test_a_deletion_can_be_undone_and_is_real_when_it_was_not(desk, member):
    ids = {name: member.conversation(name) for name in ["Kept", "Closed", "Left"]}
    desk.open_in_still_time()
    for name in ids:
        row = desk.row(name)
        row.hover()
        row.get_by_role("button", name=f"Delete “{name}”").click()
        expect(row).to_have_count(0)
    # Several at once, each with its own way back.
    desk.undo("“Kept” was deleted").click()
    expect(desk.link("Kept")).to_be_focused()
    for id in ids.values():
        member.retrieve(id).ok()
    toast = desk.page.get_by_role("status").locator("div").filter(has_text="“Closed” was deleted")
    toast.get_by_role("button", name="Close").click()
    assert eventually(lambda: member.retrieve(ids["Closed"]).code == 4002, 20)
    member.retrieve(ids["Left"]).ok()
    # Whoever leaves the page cannot undo any more.
    desk.page.goto(f"{desk.url}/oauth/device")
    assert eventually(lambda: member.retrieve(ids["Left"]).code == 4002, 20)
    desk.open()
    expect(desk.link("Kept")).to_be_visible()
    expect(desk.row("Left")).to_have_count(0)
    member.retrieve(ids["Kept"]).ok()


def test_a_deletion_is_real_after_eight_seconds_and_told_if_it_fails(desk, member):
    gone, kept = member.conversation("Gone by itself"), member.conversation("Refused")
    desk.open_in_still_time()
    desk.page.route(f"{desk.url}/v1/conversations/{kept}", lambda route: route.fulfill(
        status=500, json={"code": 5000, "msg": "Not today", "detail": {"logid": "L2"}}))
    for name in ["Gone by itself", "Refused"]:
        desk.link(name).focus()
        desk.page.keyboard.press("Delete")
    desk.page.clock.run_for(7_500)
    member.retrieve(gone).ok()
    desk.page.clock.run_for(1_000)
    assert eventually(lambda: member.retrieve(gone).code == 4002, 20)
    expect(desk.page.get_by_text("“Refused” was not deleted: Not today")).to_be_visible()
    expect(desk.link("Refused")).to_be_visible()


def test_a_range_is_selected_and_deleted_together(desk, member):
    bot = member.agent("Selected")
    names = [f"Number {number}" for number in range(5)]
    ids = {name: member.conversation(name, bot) for name in names}
    desk.open(f"/conversations?bot_id={bot}")
    desk.page.get_by_role("checkbox", name="Select “Number 3”").check()
    desk.page.get_by_role("checkbox", name="Select “Number 1”").click(modifiers=["Shift"])
    expect(desk.page.get_by_text("3 selected")).to_be_visible()
    expect(desk.page.get_by_role("checkbox", name="Select “Number 2”")).to_be_checked()
    desk.page.get_by_role("button", name="Delete", exact=True).click()
    expect(desk.rows).to_have_count(2)
    desk.undo("3 conversations were deleted").click()
    expect(desk.rows).to_have_count(5)
    assert desk.names() == names[::-1], "each where it was"
    for name in ["Number 0", "Number 4"]:
        desk.page.get_by_role("checkbox", name=f"Select “{name}”").check()
    desk.page.get_by_role("button", name="Delete", exact=True).click()
    desk.page.get_by_role("button", name="Close").click()
    assert eventually(lambda: [member.retrieve(id).code for id in ids.values()] == [4002, 0, 0, 0, 4002], 20)


def test_what_is_open_closes_when_it_is_deleted_and_opens_when_that_is_undone(desk, member):
    id = member.conversation("Open", None, "Hello")
    desk.open(f"/conversations/{id}")
    expect(desk.title).to_have_text("Open")
    desk.reader.get_by_role("button", name="Delete").click()
    expect(desk.reader).to_be_hidden()
    assert urlsplit(desk.page.url).path == "/conversations"
    desk.undo("“Open” was deleted").click()
    expect(desk.title).to_have_text("Open")
    expect(desk.log).to_contain_text("Hello")
    assert urlsplit(desk.page.url).path == f"/conversations/{id}"


# Reading

def imported(member, bot, turns) -> str:
    return member.api.post("/buckle/v1/conversations/import", archive(bot, turns)).ok().data["id"]


def test_a_conversation_shows_all_that_belongs_to_it(desk, member):
    bot = member.agent("Planner")
    call = json.dumps({"name": "get_weather", "arguments": {"city": "杭州"}})
    id = imported(member, bot, [
        ("2", "Where to?", [("answer", "To **Hangzhou**.\n\n```python\nprint(1)\n```", "They want a place.")]),
        ("2", "And the weather?", [
            ("function_call", call), ("tool_response", '{"sky":"sunny"}'), ("answer", "Sunny.")]),
        ("3", "Again?", [], {"status": "failed", "failed_at": 1, "last_error": {"code": 5000, "msg": "Out of tokens"}}),
    ])
    desk.open(f"/conversations/{id}")
    expect(desk.title).to_have_text("Imported")
    assert desk.log.get_by_role("strong").first.inner_text() == "Hangzhou"
    expect(desk.log.get_by_role("button", name="Copy", exact=True).first).to_be_visible()
    # Folded, until somebody wants to know.
    thought = desk.log.get_by_text("They want a place.")
    expect(thought).to_be_hidden()
    desk.log.get_by_text("Reasoning").first.click()
    expect(thought).to_be_visible()
    output = desk.log.get_by_text('"sky": "sunny"')
    expect(output).to_be_hidden()
    desk.log.get_by_text("Called get_weather").click()
    expect(output).to_be_visible()
    expect(desk.log).to_contain_text("Out of tokens")
    text = desk.log.inner_text()
    places = [text.index(one) for one in ["Where to?", "And the weather?", "Context cleared", "Again?"]]
    assert places == sorted(places)
    assert text.count("Context cleared") == 1
    assert text.count("1,234 in, 567 out") == 3 and text.count("Completed") == 2 and text.count("Failed") == 1
    assert "3 s" in text
    assert desk.reader.get_by_role("link", name="Continue chatting").get_attribute("href") == f"/chat/{bot}/{id}"
    desk.reader.get_by_role("button", name="Clear context").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="Clear context").click()
    expect(desk.log.get_by_text("Context cleared")).to_have_count(2)
    section = member.retrieve(id).ok().data["last_section_id"]
    assert section not in ("2", "3") and desk.log.inner_text().rstrip().endswith("Context cleared")


def test_a_chat_tells_its_model_its_log_id_and_the_answers_it_replaced(desk, member):
    bot = member.agent("Repeater")
    id = member.conversation("Regenerated", bot)
    first = member.chat(bot, id, "What did I say?")
    again = member.api.post(f"/buckle/v1/chats/{first['id']}/regenerate", {"conversation_id": id}).ok().data
    member.over(again)
    log_id = member.api.get(f"/buckle/v1/conversations/{id}/chats").ok().data["chats"][0]["log_id"]
    desk.open(f"/conversations/{id}")
    expect(desk.log.get_by_label("About this chat")).to_contain_text(log_id)
    expect(desk.log.get_by_label("About this chat")).to_contain_text("Demo")
    assert desk.log.get_by_role("article", name="Answer of Repeater").count() == 1
    desk.log.get_by_text("Replaced answer").click()
    expect(desk.log.get_by_role("article", name="Answer of Repeater")).to_have_count(2)
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.log.get_by_title("Copy log ID").last.click()
    expect(desk.log.get_by_title("Copy log ID").last).to_have_text("Copied")
    copied = desk.page.evaluate("navigator.clipboard.readText()")
    logs = [chat["log_id"] for chat in member.api.get(f"/buckle/v1/conversations/{id}/chats").ok().data["chats"]]
    assert copied in logs


# Some browsers hold on to what is seen by themselves, and some do not.
@pytest.mark.parametrize("width, anchor", [(1280, "auto"), (1280, "none"), (390, "none")])
def test_a_long_conversation_opens_at_its_end_and_grows_without_a_jump(desk_of, member, width, anchor):
    id = imported(member, member.agent("Counter"), [
        ("2", f"Question {number}.", [("answer", f"Answer {number}.\n\n- one\n- two")]) for number in range(70)])
    desk = desk_of(member, viewport={"width": width, "height": 800})
    held = []
    desk.page.route("**/v1/conversation/message/list?*", lambda route: held.append(route)
                    if "after_id" in (route.request.post_data or "") else route.continue_())
    desk.open(f"/conversations/{id}")
    expect(desk.log.get_by_text("Answer 69.")).to_be_in_viewport()
    shown = desk.log.get_by_role("article")
    assert shown.count() == 50
    desk.page.evaluate(
        "anchor => document.querySelectorAll('*').forEach(e => e.style.setProperty('overflow-anchor', anchor))", anchor)
    seen = desk.log.get_by_text("Question 46.")
    seen.evaluate("e => e.scrollIntoView({block: 'start'})")
    place = "e => e.getBoundingClientRect().top"
    before = seen.evaluate(place)
    assert eventually(lambda: desk.page.evaluate("1") and held, 20), "the beginning is near, so more is asked for"
    held.pop().continue_()
    expect(shown).to_have_count(100)
    assert abs(seen.evaluate(place) - before) < 2
    desk.page.unroute("**/v1/conversation/message/list?*")
    desk.log.get_by_text("Question 21.").scroll_into_view_if_needed()
    expect(desk.log.get_by_text("Beginning of the conversation")).to_have_count(1)
    questions = [text for text in desk.log.inner_text().split("\n") if text.startswith("Question ")]
    assert questions == [f"Question {number}." for number in range(70)], "each once and in order"


def test_an_address_of_another_s_conversation_says_what_an_unknown_one_says(desk_of, member, stranger):
    secret = member.conversation("Secret name", None, "Secret words")
    desk = desk_of(stranger)
    said = []
    for id in [secret, "7300000000000000001"]:
        desk.open(f"/conversations/{id}")
        alert = desk.reader.get_by_role("alert")
        expect(alert).to_contain_text("does not exist")
        said.append(desk.page.get_by_role("main").inner_text().replace(id, "ID"))
    assert said[0] == said[1]
    assert "Secret" not in said[0]
    expect(desk.page.get_by_text("There are no conversations yet.")).to_be_visible()
    desk.search.fill("Secret")
    expect(desk.page.get_by_text("Nothing was found for “Secret”.")).to_be_visible()


def test_a_failure_is_told_and_the_list_can_be_had_again(desk, member):
    member.conversation("After all")
    refusal = {"code": 5000, "msg": "Out of order", "detail": {"logid": "L3"}}
    desk.page.route("**/buckle/v1/conversations?*", lambda route: route.fulfill(status=500, json=refusal))
    desk.open()
    expect(desk.page.get_by_text("The list could not be loaded: Out of order")).to_be_visible()
    desk.page.unroute("**/buckle/v1/conversations?*")
    desk.page.get_by_role("button", name="Try again").click()
    expect(desk.link("After all")).to_be_visible()


# Out and in

def test_an_export_has_the_new_name_and_can_be_imported(desk, member, tmp_path):
    id = member.conversation("Old name", None, "Hello there", "Hello yourself")
    desk.open(f"/conversations/{id}")
    desk.title.dblclick()
    desk.editor().fill("出行/计划: 杭州")
    desk.editor().press("Enter")
    assert eventually(lambda: member.name(id) == "出行/计划: 杭州", 20)
    with desk.page.expect_download() as download:
        desk.reader.get_by_role("button", name="Export Markdown").click()
    assert download.value.suggested_filename == "出行 计划 杭州.md"
    text = download.value.path().read_text()
    assert text.startswith("# 出行/计划: 杭州") and "Hello yourself" in text
    with desk.page.expect_download() as download:
        desk.reader.get_by_role("button", name="Export JSON").click()
    file = tmp_path / "export.json"
    download.value.save_as(file)
    assert json.loads(file.read_text())["conversation"]["name"] == "出行/计划: 杭州"
    bad = [tmp_path / "no.json", tmp_path / "other.json"]
    bad[0].write_text("no json")
    bad[1].write_text('{"format": "something else"}')
    with desk.page.expect_file_chooser() as chooser:
        desk.page.get_by_role("button", name="Import", exact=True).click()
    chooser.value.set_files([*bad, file])
    expect(desk.page.get_by_text("no.json: this is no JSON.")).to_be_visible()
    expect(desk.page.get_by_role("status").get_by_text("other.json:")).to_be_visible()
    expect(desk.page.get_by_text("“出行/计划: 杭州” was imported")).to_be_visible()
    expect(desk.page).not_to_have_url(f"{desk.url}/conversations/{id}")
    expect(desk.title).to_have_text("出行/计划: 杭州")
    expect(desk.log).to_contain_text("Hello yourself")
    expect(desk.link("出行/计划: 杭州")).to_have_count(2)


# What others wrote

def test_what_was_written_stays_text(desk, member):
    bot = member.agent("<b data-injected>x")
    named = {"file": (EVIL.replace("/", "∕") + ".txt", b"x")}
    file = member.api.call("POST", "/v1/files/upload", files=named).ok().data
    call = json.dumps({"name": EVIL, "arguments": {EVIL: EVIL}})
    parts = json.dumps([{"type": "text", "text": EVIL}, {"type": "file", "file_id": file["id"]},
                        {"type": "image", "file_url": "javascript:alert(1)"}])
    id = imported(member, bot, [
        ("2", EVIL, [
            ("function_call", call), ("tool_response", EVIL), ("answer", EVIL + "\n\n[x](javascript:alert(1))", EVIL)]),
        ("2", parts, [("answer", "<svg onload=alert(1) data-injected><style>*{color:red}</style>")]),
        ("2", EVIL, [], {"status": "failed", "failed_at": 1, "last_error": {"code": 5000, "msg": EVIL}}),
    ])
    member.api.put(f"/v1/conversations/{id}", {"name": EVIL[:100]}).ok()
    desk.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    desk.open(f"/conversations/{id}")
    expect(desk.title).to_have_text(EVIL[:100])
    expect(desk.log.get_by_text(".txt")).to_be_visible()
    assert eventually(lambda: member.api.get(
        "/buckle/v1/conversations/search", query="onerror").ok().data["items"], 20)
    desk.search.fill("onerror")
    expect(desk.rows.get_by_role("mark").first).to_have_text("onerror")
    desk.row("img").first.hover()
    desk.row("img").first.get_by_role("button", name="Delete").click()
    expect(desk.page.get_by_role("status").get_by_text("was deleted")).to_contain_text("<img")
    desk.undo("was deleted").click()
    expect(desk.log).to_contain_text("{{7*7}}")
    assert desk.page.locator("[data-injected], [onerror], main script, main style, [style*=color]").count() == 0
    links = desk.page.get_by_role("main").get_by_role("link").evaluate_all("all => all.map(one => one.protocol)")
    assert set(links) <= {"http:"}


# With the keyboard alone, in Chinese, on a telephone, with eyes closed

def test_the_keyboard_is_enough(desk, member):
    bot = member.agent("Typist")
    ids = {name: member.conversation(name, bot, f"Words of {name}") for name in ["One", "Two", "Three"]}
    desk.open(f"/conversations?bot_id={bot}")
    expect(desk.rows).to_have_count(3)
    keys = desk.page.keyboard
    desk.page.locator("body").press("Tab")
    for _ in range(60):
        if desk.page.evaluate("document.activeElement.type") == "search":
            break
        keys.press("Tab")
    expect(desk.search).to_be_focused()
    keys.press("ArrowDown")
    expect(desk.link("Three")).to_be_focused()
    for key in ["ArrowDown", "Enter"]:
        keys.press(key)
    expect(desk.title).to_have_text("Two")
    expect(desk.title).to_be_focused()
    keys.press("F2")
    keys.type("Zwei")
    keys.press("Enter")
    expect(desk.title).to_have_text("Zwei")
    keys.press("Escape")
    expect(desk.link("Zwei")).to_be_focused()
    keys.press("F2")
    keys.type("Deux")
    keys.press("Enter")
    expect(desk.link("Deux")).to_be_focused()
    assert eventually(lambda: member.name(ids["Two"]) == "Deux", 20)
    # The list is one stop of the Tab key, with the row's own buttons.
    keys.press("ArrowUp")
    expect(desk.link("Three")).to_be_focused()
    for name in ["Rename “Three”", "Delete “Three”"]:
        keys.press("Tab")
        expect(desk.page.get_by_role("button", name=name)).to_be_focused()
    keys.press("Enter")
    expect(desk.link("Deux")).to_be_focused()
    keys.press("Space")
    expect(desk.page.get_by_role("checkbox", name="Select “Deux”")).to_be_checked()
    keys.press("Escape")
    expect(desk.page.get_by_role("checkbox", name="Select “Deux”")).not_to_be_checked()
    keys.press("Control+z")
    expect(desk.link("Three")).to_be_focused()
    expect(desk.page.get_by_text("“Three” was deleted")).to_have_count(0)
    assert desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("ArrowUp")
    expect(desk.search).to_be_focused()


def test_the_page_speaks_chinese(desk_of, member):
    bot = member.agent("助手")
    id = member.conversation("会话一", bot, "你好")
    desk = desk_of(member, locale="zh-CN").open(f"/conversations/{id}?bot_id={bot}")
    page = desk.page
    expect(page.get_by_role("heading", level=1)).to_have_text("会话")
    expect(page.get_by_role("link", name="继续对话")).to_be_visible()
    page.get_by_role("link", name="会话一").focus()
    page.keyboard.press("F2")
    page.get_by_role("textbox", name="会话名称").fill("名" * 101)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("名称最多 100 个字符，当前有 101 个。")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(page.get_by_text("已删除“会话一”")).to_be_visible()
    page.get_by_role("button", name="撤销").click()
    page.get_by_label("智能体").evaluate("choice => choice.remove()")
    words = re.findall(r"[A-Za-z]{3,}", page.get_by_role("main").inner_text())
    assert set(words) == {"Enter", "Delete", "Ctrl", "JSON", "Markdown"}


def test_on_a_narrow_screen_the_list_and_the_reader_take_turns(desk_of, member):
    bot = member.agent("Guide")
    for number in range(40):
        member.conversation(f"Number {number}", bot, "Hello " * 50)
    desk = desk_of(member, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    desk.open(f"/conversations?bot_id={bot}")
    expect(desk.rows).to_have_count(40)
    desk.link("Number 5").scroll_into_view_if_needed()
    desk.link("Number 5").tap()
    expect(desk.title).to_have_text("Number 5")
    expect(desk.title).to_be_focused()
    expect(desk.rows.first).to_be_hidden()
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.reader.get_by_role("button", name="All conversations").tap()
    expect(desk.link("Number 5")).to_be_in_viewport()
    expect(desk.link("Number 5")).to_be_focused()
    desk.page.go_back()
    expect(desk.title).to_have_text("Number 5")
    desk.reader.get_by_role("button", name="Rename").tap()
    desk.editor().fill("Renamed by thumb")
    desk.editor().press("Enter")
    desk.page.go_back()
    expect(desk.link("Renamed by thumb")).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme, width", [("light", 1280), ("dark", 360)])
def test_nothing_is_said_against_the_page_by_its_accessibility_checker(desk_of, member, scheme, width):
    bot = member.agent("Checked agent")
    id = imported(member, bot, [
        ("2", "What is it?", [("function_call", '{"name":"look","arguments":{}}'), ("tool_response", "a page"),
                              ("answer", "A page:\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```", "Hm.")]),
        ("3", "And?", [], {"status": "failed", "failed_at": 1, "last_error": {"code": 5000, "msg": "No."}}),
    ])
    desk = desk_of(member, color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in [f"/conversations/{id}", "/conversations?q=Imported"]:
        desk.open(path)
        desk.page.wait_for_load_state("networkidle")
        if desk.rows.first.is_visible():
            desk.page.get_by_role("checkbox").first.check()
        found = Axe().run(desk.page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path
