"""From a server that nobody has used to an agent that answers."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import PASSWORD
from harness import Buckle
from upstream import HELLO_TEXT, SCRIPTS, Upstream, encoded

KEY = "sk-right-and-long"


class Provider(Upstream):
    """A server of models that tells which it has to whoever has the key."""

    async def answer(self, exchange):
        if exchange.headers.get("authorization") != f"Bearer {KEY}":
            exchange.refuse(401, "invalid_api_key", "that is no key of ours")
        elif (exchange.method, exchange.path) == ("GET", "/v1/models"):
            models = [{"id": name, "object": "model"} for name in ("plain", "broken")]
            body = encoded({"object": "list", "data": models})
            exchange.head(200, "application/json", f"Content-Length: {len(body)}")
            exchange.write(body)
        else:
            await super().answer(exchange)


@pytest.fixture
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def new_server(tmp_path):
    server = Buckle(tmp_path)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def new_visit(new_server, open_visit):
    """The browser of whoever has started the server. It is closed before the server ends."""
    return open_visit(at=new_server)


def set_up(visit):
    """Follows the link that the first start prints."""
    link = re.search(r"http://\S+/setup#\S+", visit.server.output)
    assert link, visit.server.output
    visit.goto(link.group(0))
    page = visit.page
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    visit.press("Set up and sign in")
    page.wait_for_url("**/welcome")


def step(page, title):
    """The heading of a step."""
    return page.get_by_role("heading", level=2, name=re.compile(title))


def bots(server):
    api = server.api()
    space = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    return api.get("/v1/bots", workspace_id=space, publish_status="all").ok().data["items"]


def say(page, text):
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def test_the_first_answer_is_a_few_keys_away(new_visit):
    set_up(new_visit)
    page = new_visit.page
    expect(page.get_by_text("The demo model is built in")).to_be_visible()
    # From here on with the keyboard alone.
    page.get_by_role("button", name="Go on with the demo model").focus()
    page.keyboard.press("Enter")
    expect(step(page, "Agent")).to_be_focused()
    expect(step(page, "Model").locator("xpath=..")).to_contain_text("done")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Travel planner")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_have_value("Travel planner")
    page.get_by_label("Name").press("Enter")
    expect(step(page, "Say hello")).to_be_focused()
    expect(page.get_by_text("Where shall the next trip go")).to_be_visible()
    say(page, "hello there")
    expect(page.get_by_text("You said: hello there").first).to_be_visible()

    made = bots(new_visit.server)
    assert [(one["name"], one["is_published"]) for one in made] == [("Travel planner", False)]
    new_visit.press("Publish and open the chat page")
    page.wait_for_url(f"**/chat/{made[0]['id']}")
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    assert bots(new_visit.server)[0]["is_published"]


def test_a_model_is_added_and_answers(new_visit, provider):
    set_up(new_visit)
    page = new_visit.page
    page.get_by_label("Where does the model run?").select_option("DeepSeek")
    expect(page.get_by_label("Address")).to_have_value("https://api.deepseek.com/v1")
    page.get_by_label("Where does the model run?").select_option("Other (OpenAI-compatible)")
    expect(page.get_by_label("Address")).to_be_focused()

    page.get_by_label("Address").fill("ftp://nowhere")
    new_visit.press("Test")
    expect(page.get_by_text("must begin with http:// or https://")).to_be_visible()
    page.get_by_label("Address").fill("http://127.0.0.1:1/v1")
    new_visit.press("Test")
    expect(page.get_by_role("alert").filter(has_text="The server cannot be reached")).to_be_visible()
    page.get_by_label("Address").fill(provider.base_url)
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)
    page.get_by_label("API key").fill("wrong")
    new_visit.press("Test")
    refusal = re.compile("The server refuses the key.*that is no key of ours")
    expect(page.get_by_role("alert").filter(has_text=refusal)).to_be_visible()
    page.get_by_label("API key").fill(KEY)
    new_visit.press("Test")
    expect(page.get_by_text("The server answers. It has 2 models.")).to_be_visible()

    # A model that fails is not added, unless somebody insists.
    page.get_by_label("Model of the server").select_option("broken")
    new_visit.press("Add the model")
    expect(page.get_by_role("alert").filter(has_text="internal error")).to_be_visible()
    expect(page.get_by_role("button", name="Add it anyway")).to_be_visible()
    api = new_visit.server.api()
    assert [one["source"] for one in api.get("/buckle/v1/models").ok().data["models"]] == ["built_in"]
    page.get_by_label("Model of the server").select_option("plain")
    expect(page.get_by_role("button", name="Add it anyway")).to_be_hidden()
    new_visit.press("Test")
    expect(page.get_by_text("The model answers, after")).to_contain_text(HELLO_TEXT)
    new_visit.press("Add the model")
    expect(step(page, "Agent")).to_be_focused()
    added = api.get("/buckle/v1/models").ok().data["models"]
    assert [(one["model"], one["is_default"], one["has_api_key"]) for one in added] == [("plain", True, True)]
    assert KEY not in page.content()

    page.get_by_role("button", name="Study coach").click()
    page.get_by_label("Name").fill("Coach")
    new_visit.press("Create the agent")
    say(page, "who are you?")
    expect(page.get_by_text(HELLO_TEXT).first).to_be_visible()
    asked = provider.about("who are you?")[-1]
    assert "patient coach" in asked.instructions
    page.get_by_role("link", name="Edit the agent").click()
    page.wait_for_url(re.compile(r"/agents/\d+"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Coach")


def test_a_model_that_fails_can_be_added_all_the_same(new_visit, provider):
    set_up(new_visit)
    page = new_visit.page
    page.get_by_label("Address").fill(provider.base_url)
    page.get_by_label("API key").fill(KEY)
    page.get_by_label("Model", exact=True).fill("rate_limited")
    assert "rate_limited" in SCRIPTS
    new_visit.press("Add the model")
    expect(page.get_by_role("alert").filter(has_text="The server gets too many requests just now")).to_be_visible()
    new_visit.press("Add it anyway")
    expect(step(page, "Agent")).to_be_focused()


def test_steps_that_are_done_are_known_and_can_be_gone_back_to(open_visit, api, newcomer, server):
    visit = open_visit()
    reply = api.raw("POST", "/buckle/v1/sessions", json={"account": newcomer.name, "password": PASSWORD})
    visit.page.context.add_cookies(
        [{"name": "buckle_session", "value": reply.cookies["buckle_session"], "url": server.url, "httpOnly": True}])
    page = visit.page
    visit.goto("/welcome")
    # Only who runs the server can add models.
    expect(page.get_by_text("Only who runs this server can add a model.")).to_be_visible()
    assert page.get_by_label("Address").count() == 0
    visit.press("Go on with the demo model")
    page.get_by_label("Name").fill("Own")
    page.get_by_label("Persona").fill("My own words.")
    # An example does not take the place of one's own words unasked.
    page.get_by_role("button", name="Support desk").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Persona")).to_have_value("My own words.")
    visit.press("Create the agent")
    expect(step(page, "Say hello")).to_be_focused()

    page.reload()
    visit.press("Go on with the demo model")
    page.get_by_label("Agents in this workspace").select_option("Own")
    visit.press("Go on with this agent")
    expect(page.get_by_text("This is Own.")).to_be_visible()
    page.get_by_role("button", name="Change: Agent").click()
    expect(step(page, "Agent")).to_be_focused()
    check(page)
    visit.press("Later")
    page.wait_for_url("**/agents")
    expect(page.get_by_role("link", name="Own", exact=True)).to_be_visible()


@pytest.mark.parametrize("locale, scheme, width", [("en-US", "dark", 360), ("zh-CN", "light", 1280)])
def test_it_can_be_read_and_used_by_everybody(open_visit, session, server, locale, scheme, width):
    visit = open_visit(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 800})
    visit.page.context.add_cookies(
        [{"name": "buckle_session", "value": session, "url": server.url, "httpOnly": True}])
    page = visit.page
    visit.goto("/welcome")
    page.get_by_role("heading", level=2).first.wait_for()
    check(page)
    page.get_by_role("button", name=re.compile("^(Go on with the demo model|先用演示模型继续)$")).click()
    check(page)


def check(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == []
