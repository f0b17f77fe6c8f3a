"""What happens around a page while somebody works in it: other windows, lost connections, texts that nobody expects."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from conftest import PASSWORD, make_person
from harness import API, eventually
from talks import Paced, Talk, dead_ports, forgive, place, talk, upstream_of_all  # noqa: F401
from upstream import HELLO_TEXT


def session_of(person, api) -> str:
    """The cookie of a new session."""
    body = {"account": person.name, "password": PASSWORD}
    return api.raw("POST", "/buckle/v1/sessions", json=body).cookies["buckle_session"]


class Owner:
    """Somebody with an agent and a browser."""

    def __init__(self, visit, person, token, cookie):
        self.visit, self.page, self.person = visit, visit.page, person
        self.api = API(visit.server.url, token)
        space = self.api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        self.bot = self.api.post("/v1/bot/create", {"space_id": space, "name": "Cook"}).ok().data["bot_id"]
        self.enter(cookie)

    def enter(self, cookie):
        self.page.context.add_cookies([{
            "name": "buckle_session", "value": cookie, "url": self.visit.server.url, "httpOnly": True,
            "sameSite": "Lax"}])

    def open(self, path):
        self.visit.goto(path)
        self.page.locator("html[data-ready]").wait_for()

    def edit(self, prompt):
        self.open(f"/agents/{self.bot}")
        self.page.get_by_label("Prompt", exact=True).fill(prompt)

    @property
    def prompt(self):
        return self.api.get(f"/buckle/v1/bots/{self.bot}/draft").ok().data["prompt_info"]["prompt"]

    def told(self, text):
        return self.page.get_by_role("status").filter(has_text=text)

    @property
    def dialog(self):
        return self.page.get_by_role("dialog")


@pytest.fixture(scope="module")
def host(api):
    """Somebody whom the tests of this file share, with a token and the cookie of a session."""
    host = make_person(api)
    return host, host.token(api), session_of(host, api)


@pytest.fixture
def owner_of(open_visit, host):
    """Opens a browser of the host's, with options of Playwright's contexts."""
    return lambda **options: Owner(open_visit(**options), *host)


@pytest.fixture
def owner(owner_of) -> Owner:
    return owner_of()


# Texts of models


def test_an_address_that_is_none_spoils_no_conversation(talk, place):
    talk = talk("queue").open()
    place.next(Paced("See ![the map](https://[) and [this](https://[).")).all()
    talk.ask("where?", "See the map and")
    talk.page.reload()
    expect(talk.answers).to_contain_text("See the map and")


def test_what_nests_too_deep_is_shown_as_it_is(talk, place):
    talk = talk("queue").open()
    place.next(Paced("A wall: ", "\n\n", ">" * 20_000, " end")).all()
    talk.ask("quote", ">>> end")
    place.next(Paced("Stars: ", "*a " * 20_000, "end")).all()
    talk.ask("emphasize", "a *a end")


# What was written for one conversation


def test_a_message_stays_where_it_was_written(talk, place):
    talk = talk("plain").open()
    talk.ask("one")
    first = talk.conversation
    talk.list.get_by_role("button", name="New conversation").click()
    talk.ask("two")
    second = talk.conversation
    held = []
    listing = f"**/v1/conversation/message/list?conversation_id={first}"
    talk.page.route(listing, lambda route: held.append(route))
    talk.visit.goto(f"/chat/{talk.bot}/{first}")
    expect(talk.list.get_by_role("link")).to_have_count(2)
    talk.say("for the first alone")
    talk.list.locator(f"a[href$='{second}']").click()
    expect(talk.questions).to_have_text(["two"])
    expect(talk.field).to_have_value("")
    talk.page.unroute(listing)
    talk.list.locator(f"a[href$='{first}']").click()
    expect(talk.questions).to_have_text(["one"])
    expect(talk.field).to_have_value("for the first alone")
    talk.field.press("Enter")
    expect(talk.answers).to_have_count(2)
    expect(talk.answers.last).to_contain_text(HELLO_TEXT)
    assert [text for role, text in talk.said() if role == "user"] == ["one", "for the first alone"]


def test_what_is_being_changed_stays_when_another_window_goes_on(talk, place):
    here = talk("queue").open()
    here.ask("hello")
    there = Talk(here.visit, place, here.bot)
    there.page = here.page.context.new_page()
    there.page.goto(here.page.url)
    there.button("Edit and ask again").click()
    editor = there.page.get_by_role("textbox", name="Edit the message")
    editor.fill("good evening")
    # The other window asks more.
    here.ask("more")
    expect(there.answers.last).to_contain_text(HELLO_TEXT)
    expect(there.questions).to_have_text(["more"])
    expect(there.button("Stop")).to_have_count(0)
    expect(editor).to_have_value("good evening")
    # The other window asks this anew, so that there is nothing left to change.
    here.questions.first.get_by_role("button", name="Edit and ask again").click()
    here.page.get_by_role("textbox", name="Edit the message").fill("good night")
    here.page.keyboard.press("Enter")
    expect(there.questions).to_have_text(["good night"])
    expect(editor).to_have_count(0)
    expect(there.field).to_have_value("good evening")
    here.over()
    there.over()


def test_the_focus_stays_where_somebody_went_while_a_conversation_loads(talk, place):
    talk = talk(bot=place.new_bot("plain"))
    for name in ("pears", "plums"):
        place.api.post("/v1/conversation/create", {"bot_id": talk.bot, "name": name, "messages": [
            {"role": "user", "content": f"about {name}", "content_type": "text"}]}).ok()
    talk.open()
    held = []
    talk.page.route("**/v1/conversation/message/list?*", lambda route: held.append(route))
    link = talk.list.get_by_role("listitem").get_by_role("link").nth(1)
    link.dblclick()
    editor = talk.page.get_by_role("textbox", name="Name of the conversation")
    editor.fill("cherries")
    editor.press("Enter")
    expect(link).to_be_focused()
    assert eventually(lambda: talk.page.title() and held, 20)
    held[0].continue_()
    expect(talk.questions).to_have_text(["about pears"])
    expect(talk.page).to_have_title(re.compile("^cherries"))
    expect(link).to_be_focused()


@pytest.mark.parametrize("path", ["/chat/{bot}/{conversation}", "/conversations/{conversation}"])
def test_an_answer_that_ends_while_it_is_looked_for_is_shown(talk, place, path):
    talk = talk("queue")
    answer = place.next(Paced("It is ", "done."))
    begun = place.api.post("/v3/chat", {
        "bot_id": talk.bot, "user_id": "me",
        "additional_messages": [{"role": "user", "content": "when?", "content_type": "text"}]}).ok().data
    chat = {"conversation_id": begun["conversation_id"], "chat_id": begun["id"]}

    def end(route):
        answer.all()
        assert eventually(lambda: place.api.get("/v3/chat/retrieve", **chat).ok().data["status"] == "completed", 20)
        route.continue_()

    talk.page.route(f"**/buckle/v1/conversations/{begun['conversation_id']}/chats?*", end, times=1)
    talk.visit.goto(path.format(bot=talk.bot, conversation=begun["conversation_id"]))
    articles = talk.page.get_by_role("article")
    expect(articles.and_(talk.page.get_by_label("Your message"))).to_have_text(["when?"])
    expect(articles.and_(talk.page.get_by_label("Answer of Agent queue"))).to_contain_text("It is done.")


def test_only_the_conversation_that_was_shown_is_cleared(owner):
    page = owner.page
    for name in ("First", "Second"):
        owner.api.post("/v1/conversation/create", {"name": name}).ok()
    owner.open("/conversations")
    for name in ("First", "Second"):
        page.get_by_role("link", name=re.compile(f"^{name}")).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    asked = page.url.split("/")[-1]
    owner.visit.press("Clear context")
    page.go_back()
    expect(page.get_by_role("heading", name="First", include_hidden=True)).to_be_visible()
    with page.expect_request("**/clear") as request:
        owner.dialog.get_by_role("button", name="Clear context").click()
    assert f"/{asked}/clear" in request.value.url
    expect(owner.told("The context was cleared")).to_be_visible()


# Sessions and connections


def test_who_has_signed_in_anew_elsewhere_goes_on(owner, api):
    owner.edit("You cook.")
    owner.enter(session_of(owner.person, api))
    owner.visit.press("Save")
    expect(owner.told("Saved.")).to_be_visible()
    assert owner.prompt == "You cook."


def test_nobody_goes_on_as_somebody_else(owner, session):
    owner.edit("You cook.")
    owner.enter(session)
    owner.visit.press("Save")
    expect(owner.told("Somebody else has signed in")).to_be_visible()
    assert owner.page.get_by_label("Prompt", exact=True).input_value() == "You cook."
    assert owner.prompt == ""


def test_a_lost_connection_is_named_in_the_page_s_language(owner_of):
    owner = owner_of(locale="zh-CN")
    owner.open(f"/agents/{owner.bot}")
    owner.page.get_by_label("提示词", exact=True).fill("你是厨师。")
    owner.page.context.set_offline(True)
    owner.visit.press("保存")
    expect(owner.told("无法连接服务器。")).to_be_visible()
    owner.page.context.set_offline(False)
    owner.visit.press("保存")
    expect(owner.told("已保存。")).to_be_visible()
    forgive(owner.visit)


def test_a_list_that_did_not_come_is_asked_for_again(owner):
    page = owner.page
    owner.api.post("/buckle/v1/tokens", {"name": "printer", "permissions": ["all"]}).ok()
    page.route("**/buckle/v1/tokens?*", lambda route: route.abort())
    page.route("**/openapi.json", lambda route: route.abort())
    owner.open("/tokens")
    expect(owner.told("The server cannot be reached.")).to_be_visible()
    page.unroute("**/buckle/v1/tokens?*")
    owner.visit.press("Try again")
    expect(page.get_by_role("row").filter(has_text="printer")).to_be_visible()
    # The permissions to choose from
    owner.visit.press("New token")
    expect(owner.told("The server cannot be reached.").locator("div")).to_have_count(2)
    page.unroute("**/openapi.json")
    owner.visit.press("New token")
    expect(owner.dialog.get_by_label("Name", exact=True)).to_be_visible()
    forgive(owner.visit)


def test_the_conversations_of_a_chat_are_asked_for_again(owner):
    page = owner.page
    owner.api.post("/v1/bot/publish", {"bot_id": owner.bot, "connector_ids": ["1024"]}).ok()
    owner.api.post("/v1/conversation/create", {"bot_id": owner.bot, "name": "Still there"}).ok()
    page.route("**/buckle/v1/conversations?*", lambda route: route.abort())
    owner.open(f"/chat/{owner.bot}")
    listed = page.get_by_role("navigation", name="Conversations")
    expect(listed.get_by_role("status")).to_have_text("The list could not be loaded: The server cannot be reached.")
    page.unroute("**/buckle/v1/conversations?*")
    listed.get_by_role("button", name="Try again").click()
    expect(listed.get_by_role("link", name="Still there")).to_be_visible()
    expect(listed.get_by_role("button", name="Try again")).to_be_hidden()
    forgive(owner.visit)


# Two things at once


def test_publishing_waits_for_what_is_being_saved(owner):
    page = owner.page
    owner.edit("You cook.")
    writes = []

    def hold(route):
        if route.request.method == "PUT":
            writes.append(route)
        if route.request.method != "PUT" or len(writes) > 1:
            route.continue_()

    page.route("**/draft", hold)
    with page.expect_request("**/draft"):
        page.keyboard.press("Control+S")
    owner.visit.press("Publish")
    writes[0].continue_()
    expect(page.get_by_role("dialog", name="Publish Cook")).to_be_visible()
    assert owner.prompt == "You cook."
    assert len(writes) == 1, "the second one would have been refused, or the first"


def test_saving_takes_the_focus_from_no_message(owner):
    owner.edit("You cook.")
    message = owner.page.get_by_label("Message", exact=True)
    message.fill("half a quest")
    owner.page.keyboard.press("Control+S")
    expect(owner.told("Saved.")).to_be_visible()
    expect(message).to_be_focused()
    expect(message).to_have_value("half a quest")


# Where messages and the focus are


def test_what_is_wrong_in_a_dialog_is_told_in_front_of_it(owner_of):
    owner = owner_of(viewport={"width": 390, "height": 700})
    owner.open("/tokens")
    owner.visit.press("New token")
    owner.dialog.get_by_label("Name", exact=True).fill("reader")
    owner.dialog.get_by_label("Only these:").check()
    owner.dialog.get_by_role("button", name="New token").click()
    told = owner.told("permission")
    expect(told).to_be_visible()
    # Nothing else takes the click.
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    owner.dialog.get_by_role("button", name="New token").click()
    expect(told).to_be_visible()
    owner.page.keyboard.press("Escape")
    expect(owner.dialog).to_have_count(0)
    expect(told).to_be_visible()


def test_the_focus_stays_near_a_row_that_goes(visit, api):
    person = make_person(api)
    owner = Owner(visit, person, person.token(api), session_of(person, api))
    page = owner.page
    for name in ("one", "two", "three"):
        owner.api.post("/buckle/v1/tokens", {"name": f"token {name}", "permissions": ["all"]}).ok()
    for _ in range(2):
        session_of(person, api)
    owner.open("/tokens")
    row = page.get_by_role("row").filter(has_text="token two")
    row.get_by_role("button", name="Edit").click()
    owner.dialog.get_by_label("Name", exact=True).fill("token second")
    owner.dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("row").filter(has_text="token second")
    expect(row.get_by_role("button", name="Edit")).to_be_focused()
    row.get_by_role("button", name="Revoke").click()
    owner.dialog.get_by_role("button", name="Revoke").click()
    expect(row).to_contain_text("revoked")
    expect(page.locator("tr button:focus")).to_have_count(1)

    owner.open("/account")
    ends = page.get_by_role("button", name="End", exact=True)
    expect(ends).to_have_count(2)
    ends.first.click()
    expect(ends).to_have_count(1)
    expect(ends).to_be_focused()
    page.keyboard.press("Enter")
    expect(ends).to_have_count(0)
    assert page.evaluate("document.activeElement !== document.body")


def test_the_focus_goes_back_to_an_app_s_row(owner):
    page = owner.page
    for name in ("Lamp", "Radio"):
        body = {"name": name, "description": "", "app_type": "device", "permissions": ["chat"]}
        owner.api.post("/buckle/v1/oauth_apps", body).ok()
    owner.open("/oauth-apps")
    row = page.get_by_role("row").filter(has_text="Lamp").get_by_role("button", name="Open")
    row.click()
    owner.dialog.get_by_role("button", name="Save").click()
    expect(owner.told("Saved.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()
    row.click()
    owner.dialog.get_by_role("button", name="Delete").click()
    owner.dialog.last.get_by_role("button", name="Delete").click()
    expect(owner.dialog).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text="Radio").get_by_role("button", name="Open")).to_be_focused()


# Clocks


def test_a_browser_whose_clock_is_behind_tells_no_future(owner):
    owner.api.post("/v1/conversation/create", {"bot_id": owner.bot, "name": "Just now"}).ok()
    owner.page.clock.set_fixed_time(time.time() - 600)
    owner.open(f"/conversations?bot_id={owner.bot}")
    expect(owner.page.get_by_role("link", name="Just now").locator("time")).to_have_text("now")


def test_a_year_has_each_day_once(owner_of):
    owner = owner_of(timezone_id="Australia/Sydney")

    def count(route):
        reply = route.fetch()
        body = reply.json()
        body["data"]["total"]["chats"] = 1
        route.fulfill(response=reply, body=json.dumps(body))

    page = owner.page
    page.route(re.compile(r"/buckle/v1/usage\?"), count)
    # In summer, which is now there, the clock is ahead of what it was in winter.
    page.clock.set_fixed_time("2026-12-24T12:00:00Z")
    owner.open("/usage?period=year")
    page.get_by_text("Show as a table").first.click()
    days = page.get_by_role("figure").first.locator("tbody tr td:first-child")
    expect(days).to_have_count(365)
    shown = days.all_inner_texts()
    assert len(set(shown)) == 365 and shown[-1] == "12/24", shown
