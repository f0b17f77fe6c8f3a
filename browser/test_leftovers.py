"""What people leave behind and come back to, long lists, and addresses that name nothing."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from talks import Paced, dead_ports, forgive, place, talk, upstream_of_all  # noqa: F401
from test_embed import embedding, published, shop  # noqa: F401

# The script in a page of another site


@pytest.mark.parametrize("calls, shown, buttons", [
    ("chat.showChatBot()", True, 1), ("chat.showChatBot(); chat.hideChatBot()", False, 1),
    ("chat.showChatBot(); chat.destroy()", False, 0), ("chat.destroy()", False, 0),
])
def test_the_chat_waits_for_the_page_s_body(shop, embedding, open_visit, calls, shown, buttons):  # noqa: F811
    shop.body = (
        '<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>Shop</title>'
        f'<script src="{embedding.url}/sdk/chat.js"></script><script>const chat = new CozeWebSDK.WebChatClient('
        f'{{config: {{bot_id: "{published(embedding.api())}"}}, auth: {{token: "{embedding.token}"}}, '
        f'ui: {{base: {{lang: "en"}}}}}}); {calls};</script></head><body><h1>Our shop</h1></body></html>')
    visit = open_visit(at=embedding, allowed=[shop.url])
    visit.page.goto(shop.url)
    expect(visit.page.get_by_role("button", name=re.compile("the chat"))).to_have_count(buttons)
    expect(visit.page.locator("iframe")).to_have_count(1 if shown else 0)
    if shown:
        expect(visit.page.frame_locator("iframe").get_by_role("textbox", name="Message")).to_be_visible()


# Long lists


@pytest.fixture(scope="module")
def crowd(server, api, person):
    """More agents than a page of the API holds; the one that was made first is the last one listed."""
    mine = server.api(person.token(api))
    workspace = mine.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    made = []
    for number in range(103):
        body = {"space_id": workspace, "name": f"Agent {number}"}
        made.append(mine.post("/v1/bot/create", body).ok().data["bot_id"])
        mine.post("/v1/bot/publish", {"bot_id": made[-1], "connector_ids": ["999"]}).ok()
    query = {"workspace_id": workspace, "connector_id": "999", "page_num": 2, "page_size": 100}
    listed = mine.get("/v1/bots", **query).ok().data["items"]
    assert made[0] in [one["id"] for one in listed]
    return made


@pytest.mark.parametrize("path", ["/usage", "/embedding"])
def test_every_agent_can_be_chosen(inside, crowd, path):
    choice = inside.page.get_by_label("Agent", exact=True)
    inside.goto(path)
    expect(choice.locator("option", has_text=re.compile(r"^Agent \d+$"))).to_have_count(len(crowd))
    inside.goto(f"{path}?bot_id={crowd[0]}")
    expect(choice).to_have_value(crowd[0])
    expect(choice.locator("option:checked")).to_have_text("Agent 0")


def test_an_agent_that_is_not_there_is_not_another_one(inside, crowd):
    inside.goto("/embedding?bot_id=99")
    expect(inside.page.get_by_label("Agent", exact=True)).to_have_value("99")
    expect(inside.page.get_by_role("main")).to_contain_text('bot_id: "99"')


def pages_of(items, field="items"):
    """Answers a list of the API's from these items, as they are then."""

    def answer(route):
        query = parse_qs(urlsplit(route.request.url).query)
        number, size = int(query["page_num"][0]), int(query["page_size"][0])
        assert size <= 50, "more the API refuses"
        found = {field: items[(number - 1) * size:number * size], "total": len(items), "total_count": len(items)}
        route.fulfill(json={"code": 0, "msg": "", "data": found})

    return answer


def test_a_workspace_is_handed_over_to_any_member(inside, server, api, person):
    server.api(person.token(api)).post("/v1/workspaces", {"name": "Crowded", "description": ""}).ok()
    people = [
        {"user_id": str(number), "user_nickname": f"Person {number}", "role_type": "member"}
        for number in range(1, 121)]
    inside.page.route("**/v1/workspaces/*/members?*", pages_of(people))
    inside.goto("/members")
    row = inside.page.get_by_role("row").filter(has_text="Crowded")
    row.get_by_role("button", name="Hand over").click()
    choice = inside.page.get_by_role("dialog").get_by_role("combobox")
    expect(choice.locator("option")).to_have_count(120)
    expect(choice.locator("option").last).to_have_text("Person 120")


def token(number):
    return {"id": str(number), "name": f"token {number}", "permissions": ["all"], "state": "valid", "expires_at": 0,
            "last_used_at": 0, "created_at": 1, "workspace_ids": None}


def test_show_more_leads_on_and_shows_nothing_twice(inside):
    page = inside.page
    tokens = [token(number) for number in range(60, 0, -1)]
    page.route("**/buckle/v1/tokens?*", pages_of(tokens, "tokens"))
    page.route("**/buckle/v1/tokens", lambda route: (
        tokens.insert(0, token(61)),
        route.fulfill(json={"code": 0, "msg": "", "data": {"token": token(61), "secret": "pat_x"}})))
    inside.goto("/tokens")
    rows = page.get_by_role("row").filter(has_text="token ")
    expect(rows).to_have_count(50)
    inside.press("New token")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("one more")
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="New token").click()
    inside.press("I have copied it")
    expect(rows).to_have_count(51)
    more = page.get_by_role("button", name="Show more")
    more.focus()
    page.keyboard.press("Enter")
    expect(more).to_be_hidden()
    names = [text.split("\t")[0] for text in rows.all_inner_texts()]
    assert names == [f"token {number}" for number in range(61, 0, -1)]
    expect(rows.nth(51).get_by_role("button").first).to_be_focused()


# Addresses


@pytest.mark.parametrize("path", ["/agents", "/chat", "/conversations"])
def test_an_address_that_is_encoded_wrongly_names_nothing(inside, path):
    # The server itself refuses such an address; what stands before it may not.
    inside.page.route(f"**{path}/%zz", lambda route: route.fulfill(
        response=route.fetch(url=f"{inside.server.url}{path}/99")))
    inside.goto(f"{path}/%zz")
    inside.page.locator("html[data-ready]").wait_for()
    expect(inside.page.get_by_role("alert")).to_contain_text("Request parameter error")


# The chat


def chips_of(talk):  # noqa: F811
    return talk.page.get_by_role("list", name="Files that go with the message").get_by_role("listitem")


def test_files_wait_in_the_conversation_they_were_chosen_for(talk):  # noqa: F811
    talk = talk("seeing").open()
    talk.ask("one")
    first = talk.conversation
    held = []
    talk.page.route("**/v1/files/upload", lambda route: held.append(route))
    picker = talk.page.locator("input[type=file]")
    picker.set_input_files({"name": "first.txt", "mimeType": "text/plain", "buffer": b"of the first"})
    talk.field.fill("read it")
    chips = chips_of(talk)
    expect(chips).to_contain_text("Uploading")
    fresh = talk.list.get_by_role("button", name="New conversation")
    fresh.click()
    expect(talk.questions).to_have_count(0)
    expect(chips).to_have_count(0)
    picker.set_input_files({"name": "second.txt", "mimeType": "text/plain", "buffer": b"of the next"})
    expect(chips).to_have_text(re.compile("second.txt"))
    fresh.click()
    expect(chips).to_have_count(1)
    talk.list.locator(f"a[href$='{first}']").click()
    expect(chips).to_have_text(re.compile("first.txt"))
    expect(chips).to_contain_text("Uploading")
    for route in held:
        route.continue_()
    expect(chips).to_contain_text("12 B")
    talk.field.press("Enter")
    expect(talk.answers).to_have_count(2)
    expect(talk.questions.last.get_by_role("link", name="first.txt")).to_have_count(1)
    expect(chips).to_have_count(0)
    talk.over()
    fresh.click()
    expect(chips).to_have_text(re.compile("second.txt"))
    expect(chips).to_contain_text("11 B")


def test_an_edited_question_waits_for_the_answer_and_says_so(talk, place):  # noqa: F811
    talk = talk("queue").open()
    place.next(Paced("first")).all()
    talk.ask("one", "first")
    talk.button("Edit and ask again").click()
    editor = talk.page.get_by_role("textbox", name="Edit the message")
    editor.fill("two")
    answer = place.next(Paced("sec", "ond"))
    answer.more()
    talk.say("meanwhile")
    expect(talk.answers.last).to_contain_text("sec")
    editor.press("Enter")
    expect(talk.page.get_by_role("alert").filter(has_text="Wait until the answer is complete")).to_be_visible()
    expect(editor).to_have_value("two")
    answer.all()
    talk.over()
    expect(talk.page.get_by_role("alert").filter(has_text="Wait until")).to_be_hidden()


# Chinese


def test_chinese_texts_are_polite(talk):  # noqa: F811
    talk = talk("plain", locale="zh-CN")
    talk.visit.goto(f"/chat/{talk.bot}")
    field = talk.page.get_by_role("textbox", name="消息", exact=True)
    field.fill("time")
    field.press("Enter")
    expect(talk.log.get_by_role("article", name="您的消息")).to_have_text("time")
    expect(talk.log.get_by_role("article", name=re.compile("的回答$"))).to_be_visible()


def test_chinese_durations_are_in_chinese(talk):  # noqa: F811
    talk = talk("plain", locale="zh-CN")
    talk.visit.goto(f"/chat/{talk.bot}")
    durations = talk.page.evaluate("""async () => {
        const page = document.querySelector("script[type=module]").src;
        const { formatDuration } = await import(new URL("../lib/text.js", page));
        return [340, 2100, 185_000].map(formatDuration);
    }""")
    assert durations == ["340 毫秒", "2.1 秒", "3 分 5 秒"]
