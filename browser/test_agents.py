"""The pages with which agents are made, changed, published and looked back at."""

import json
import re
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from conftest import PASSWORD, make_person
from harness import API

# Every quirk that a page could take for something else than text.
NASTY = "<img src=x onerror=boom()>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000ffff030000060005"
    "57bfabd40000000049454e44ae426082")
LONG_PROMPT = "\n".join(f"Rule {number}: be kind to guest {number}." for number in range(1, 41))
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather", "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Studio:
    """Somebody with a workspace, a token and a browser."""

    def __init__(self, visit, api, person, cookie):
        self.visit, self.page, self.person = visit, visit.page, person
        self.api = API(visit.server.url, person.token(api))
        self.space = self.api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        self.enter(visit, cookie)

    @staticmethod
    def enter(visit, cookie):
        visit.page.context.add_cookies(
            [{"name": "buckle_session", "value": cookie, "url": visit.server.url, "httpOnly": True, "sameSite": "Lax"}])

    def make(self, name="Cook", **settings) -> str:
        return self.api.post("/v1/bot/create", {"space_id": self.space, "name": name, **settings}).ok().data["bot_id"]

    def publish(self, bot, note=""):
        body = {"bot_id": bot, "connector_ids": ["1024"], "changelog": note}
        return self.api.post("/v1/bot/publish", body).ok().data["version"]

    def draft(self, bot):
        return self.api.get(f"/buckle/v1/bots/{bot}/draft").ok().data

    def open(self, path):
        self.visit.goto(path)
        self.page.locator("html[data-ready]").wait_for()

    def edit(self, bot):
        self.open(f"/agents/{bot}")
        expect(self.page.get_by_role("textbox", name="Name", exact=True).first).to_be_visible()

    def save(self):
        self.visit.press("Save")
        expect(self.page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        expect(self.unsaved).to_be_hidden()

    @property
    def unsaved(self):
        return self.page.get_by_text("Unsaved changes", exact=True)

    @property
    def dialog(self):
        return self.page.get_by_role("dialog")

    def confirm(self, label):
        self.dialog.get_by_role("button", name=label, exact=True).click()
        expect(self.dialog).to_have_count(0)

    def region(self, name):
        return self.page.get_by_role("region", name=name, exact=True)


@pytest.fixture
def studio(open_visit, api, person, session) -> Studio:
    # A picture that was just chosen has an address without a host.
    return Studio(open_visit(), api, person, session)


def session_of(person, api) -> str:
    body = {"account": person.name, "password": PASSWORD}
    return api.raw("POST", "/buckle/v1/sessions", json=body).cookies["buckle_session"]


@pytest.fixture(scope="module")
def host(api):
    """Somebody whose workspaces only the tests of this file see, with the cookie of a session."""
    host = make_person(api)
    return host, session_of(host, api)


@pytest.fixture
def place(visit, api, host) -> Studio:
    """A studio that is at work in a new workspace."""
    studio = Studio(visit, api, *host)
    name = f"team {secrets.token_hex(4)}"
    studio.space = studio.api.post("/v1/workspaces", {"name": name, "description": ""}).ok().data["id"]
    studio.open("/agents")
    studio.page.get_by_label("Workspace").select_option(studio.space)
    expect(studio.page.get_by_text("No agents in this workspace yet")).to_be_visible()
    return studio


def test_agents_are_made_found_copied_and_deleted(place):
    studio, page = place, place.page
    assert page.get_by_role("link", name="Make the first agent").get_attribute("href") == "/welcome"
    studio.visit.press("New agent")
    studio.dialog.get_by_label("Name").fill("  ")
    studio.dialog.get_by_role("button", name="Create").click()
    expect(studio.dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    studio.dialog.get_by_label("Name").fill("Cook")
    studio.dialog.get_by_label("Description").fill("Teaches cooking.")
    studio.dialog.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/agents/\d+"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Cook")

    studio.publish(studio.make("Guide"))
    studio.open("/agents")
    cards = page.get_by_role("list", name="Agents").get_by_role("listitem")
    expect(cards).to_have_count(2)
    expect(cards.filter(has_text="Cook")).to_contain_text("Teaches cooking.")
    expect(cards.filter(has_text="Cook")).to_contain_text("draft")
    expect(cards.filter(has_text="Guide")).to_contain_text("published")
    assert page.get_by_role("link", name="Chat with").count() == 1

    page.get_by_label("Search by name").fill("coo")
    expect(cards.filter(visible=True)).to_have_count(1)
    page.get_by_label("Search by name").fill("nobody")
    expect(page.get_by_text("No agent is called that.")).to_be_visible()
    page.get_by_label("Search by name").fill("")
    page.get_by_label("Show").select_option("Published")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Guide")
    page.get_by_label("Show").select_option("All agents")
    expect(cards).to_have_count(2)

    page.get_by_role("button", name="Copy Guide").click()
    studio.confirm("Copy")
    expect(cards).to_have_count(3)
    page.get_by_role("button", name="Delete Cook").click()
    studio.confirm("Cancel")
    expect(cards).to_have_count(3)
    page.get_by_role("button", name="Delete Cook").click()
    studio.confirm("Delete")
    expect(cards).to_have_count(2)
    listed = studio.api.get("/v1/bots", workspace_id=studio.space, publish_status="all").ok().data["items"]
    assert [one["name"] for one in listed if one["name"] == "Cook"] == []


def test_an_agent_is_copied_into_another_workspace(place):
    studio, page = place, place.page
    other = studio.api.post("/v1/workspaces", {"name": "Other place", "description": ""}).ok().data["id"]
    studio.make("Traveller", description="goes places")
    studio.open("/agents")
    page.get_by_role("button", name="Copy Traveller").click()
    studio.dialog.get_by_label("Workspace").select_option("Other place")
    studio.dialog.get_by_role("button", name="Copy", exact=True).click()
    page.get_by_role("status").get_by_role("button", name="Open").click()
    page.wait_for_url(re.compile(r"/agents/\d+"))
    expect(page.get_by_role("textbox", name="Description", exact=True).first).to_have_value("goes places")
    found = studio.api.get("/v1/bots", workspace_id=other, publish_status="all").ok().data["items"]
    assert [one["id"] for one in found] == [studio.visit.path.split("/")[-1]]


def test_all_of_a_draft_is_edited_and_saved(studio):
    bot, page = studio.make("Cook"), studio.page
    studio.edit(bot)
    assert studio.unsaved.is_hidden()
    page.get_by_role("textbox", name="Name", exact=True).first.fill("Chef")
    page.get_by_role("textbox", name="Description", exact=True).first.fill("Cooks.")
    page.get_by_label("Prompt", exact=True).fill("You live in ")
    expect(studio.unsaved).to_be_visible()

    variables = studio.region("Variables")
    variables.get_by_role("button", name="Add a variable").click()
    variables.get_by_label("Name").fill("city")
    variables.get_by_label("Default value").fill("Lyon")
    page.get_by_role("button", name="Insert {{city}}").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("You live in {{city}}")

    talk = studio.region("Conversation")
    talk.get_by_label("Opening words").fill("Bonjour!")
    for number, question in enumerate(["What is in season?", "Something quick?"], start=1):
        talk.get_by_role("button", name="Add a question").click()
        talk.get_by_label(f"Question {number}", exact=True).get_by_role("textbox").fill(question)
    talk.get_by_role("button", name="Move Question 2 up").click()
    talk.get_by_label("Suggest what to ask next").select_option("Yes, as described here")
    talk.get_by_label("How to find the questions").fill("About desserts.")

    model = studio.region("Model")
    model.get_by_label("Model").select_option("Demo")
    model.get_by_text("Parameters", exact=True).click()
    model.get_by_label("Temperature").fill("0.3")
    model.get_by_label("Rounds of the conversation it sees").fill("5")
    model.get_by_label("Form of answers").select_option("JSON")
    model.get_by_label("Tell it the current time").check()

    tools = studio.region("Client tools")
    tools.get_by_role("button", name="Add a tool").click()
    tools.get_by_label("Name").fill("get_weather")
    tools.get_by_label("Description").fill("The weather.")
    tools.get_by_label("Parameters (JSON Schema)").fill(json.dumps(WEATHER["function"]["parameters"]))

    commands = studio.region("Shortcut commands")
    commands.get_by_role("button", name="Add a command").click()
    commands.get_by_label("Button").fill("Menu")
    commands.get_by_label("What the agent is asked").fill("A menu for {{people}}")
    commands.get_by_role("button", name="Add a field").click()
    commands.get_by_label("Name").fill("people")
    studio.save()

    draft = studio.draft(bot)
    assert (draft["name"], draft["description"]) == ("Chef", "Cooks.")
    assert draft["prompt_info"]["prompt"] == "You live in {{city}}"
    assert draft["onboarding_info"] == {
        "prologue": "Bonjour!", "suggested_questions": ["Something quick?", "What is in season?"]}
    assert draft["suggest_reply_info"] == {"reply_mode": "customized", "customized_prompt": "About desserts."}
    settings = {name: value for name, value in draft["model_info"].items() if value is not None}
    assert settings == {
        "model_id": "demo", "model_name": "demo", "temperature": 0.3, "context_round": 5, "response_format": "json",
        "sp_current_time": True}
    assert [(one["keyword"], one["default_value"]) for one in draft["variables"]] == [("city", "Lyon")]
    assert draft["tools"] == [WEATHER]
    command = draft["shortcut_commands"][0]
    assert (command["name"], command["query_template"]) == ("Menu", "A menu for {{people}}")
    assert [one["name"] for one in command["components"]] == ["people"]

    # A command keeps its id, even under another name.
    commands.get_by_label("Button").fill("Dinner")
    model.get_by_label("Temperature").fill("")
    talk.get_by_role("button", name="Remove Question 1").click()
    page.keyboard.press("Control+s")
    expect(studio.unsaved).to_be_hidden()
    draft = studio.draft(bot)
    assert [(one["id"], one["name"]) for one in draft["shortcut_commands"]] == [(command["id"], "Dinner")]
    assert draft["model_info"].get("temperature") is None
    assert draft["onboarding_info"]["suggested_questions"] == ["What is in season?"]

    # What is saved is what a new visit shows, and there is nothing to save in it.
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chef")
    expect(studio.region("Model").get_by_label("Form of answers")).to_have_value("json")
    assert studio.unsaved.is_hidden()


def test_what_this_page_does_not_show_is_kept(studio):
    bot, page = studio.make("Keeper"), studio.page
    settings = {
        "model_id": "demo", "api_mode": "responses_api", "parameters": {"thinking_type": "enabled", "effort": "low"}}
    parts = {"prefix_prompt": "Always.", "dynamic_prompt": "Now {{x}}."}
    studio.api.post("/v1/bot/update", {
        "bot_id": bot, "model_info_config": {**settings, "cache_type": "prefix"},
        "prompt_info": {"prompt_mode": "prefix", "prefix_prompt_info": parts},
        "knowledge": {"dataset_ids": ["123"], "auto_call": False}}).ok()
    studio.edit(bot)
    page.get_by_label("Prompt: the part that changes").fill("Later {{x}}.")
    studio.save()
    draft = studio.draft(bot)
    assert draft["model_info"].items() >= {**settings, "cache_type": "prefix"}.items()
    assert draft["prompt_info"]["prefix_prompt_info"] == {**parts, "dynamic_prompt": "Later {{x}}."}
    assert draft["knowledge"]["dataset_ids"] == ["123"] and draft["knowledge"]["auto_call"] is False


def test_names_that_are_no_variables_are_pointed_out(studio):
    page = studio.page
    studio.edit(studio.make("Names", prompt_info={"prompt": "{{city}} {{ mood | upper }} {{城市}}"}))
    persona = studio.region("Persona and prompt")
    missing = persona.get_by_role("status")
    expect(missing).to_contain_text("{{city}}")
    expect(missing).to_contain_text("{{mood}}")
    expect(missing).to_contain_text("{{城市}}")
    persona.get_by_role("button", name="Define city").click()
    expect(studio.region("Variables").get_by_label("Name")).to_have_value("city")
    expect(missing).not_to_contain_text("{{city}}")
    expect(persona.get_by_role("button", name="Insert {{city}}")).to_be_visible()
    studio.region("Variables").get_by_label("The prompt may use it").uncheck()
    expect(missing).to_contain_text("{{city}}")
    page.get_by_label("Prompt", exact=True).fill("No names.")
    expect(missing).to_be_empty()


@pytest.mark.parametrize("schema, fault", [
    ('{"type": "object"', "This is no valid JSON"), ("[1]", "This must be a JSON object."),
    ('{"type": "array"}', 'Its type must be "object".'),
    ('{"required": [1]}', "Its required must be an array of strings."),
])
def test_a_fault_in_a_tool_s_schema_is_shown_and_nothing_is_saved(studio, schema, fault):
    bot = studio.make("Tools")
    studio.edit(bot)
    tools = studio.region("Client tools")
    tools.get_by_role("button", name="Add a tool").click()
    tools.get_by_label("Name").fill("get_weather")
    field = tools.get_by_label("Parameters (JSON Schema)")
    field.fill(schema)
    studio.visit.press("Save")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(tools.get_by_text(fault)).to_be_visible()
    expect(studio.unsaved).to_be_visible()
    assert studio.draft(bot)["tools"] == []
    field.fill('{"type": "object"}')
    tools.get_by_role("button", name="Tidy up").click()
    expect(field).to_have_value('{\n  "type": "object"\n}')
    studio.save()
    assert studio.draft(bot)["tools"][0]["function"]["parameters"] == {"type": "object"}


def test_limits_are_shown_where_they_are_broken(studio):
    bot, page = studio.make("Limits"), studio.page
    studio.edit(bot)
    name = page.get_by_role("textbox", name="Name", exact=True).first
    name.fill("x" * 21)
    studio.visit.press("Save")
    expect(page.get_by_text("At most 20 characters.")).to_be_visible()
    # Characters are counted as the API counts them.
    name.fill("😀" * 20)
    model = studio.region("Model")
    model.get_by_label("Model").select_option("Demo")
    model.get_by_text("Parameters", exact=True).click()
    model.get_by_label("Top P").fill("1.5")
    model.get_by_text("Parameters", exact=True).click()
    studio.visit.press("Save")
    expect(page.get_by_text("A number from 0 to 1.")).to_be_visible()
    model.get_by_label("Top P").fill("0.5")
    variables = studio.region("Variables")
    for number in (1, 2):
        variables.get_by_role("button", name="Add a variable").click()
        variables.get_by_role("group", name=f"Variable {number}").get_by_label("Name").fill("same")
    studio.visit.press("Save")
    expect(page.get_by_text("Another variable has this name.")).to_be_visible()
    assert studio.draft(bot)["name"] == "Limits"
    variables.get_by_role("button", name="Remove Variable 2").click()
    studio.save()
    assert studio.draft(bot)["name"] == "😀" * 20


def test_a_picture_is_uploaded_shown_and_removed(studio):
    bot, page = studio.make("Face"), studio.page
    studio.edit(bot)
    page.get_by_label("Choose a picture").set_input_files({"name": "face.png", "mimeType": "image/png", "buffer": PNG})
    expect(page.get_by_role("button", name="Remove the picture")).to_be_visible()
    studio.save()
    assert studio.draft(bot)["icon_url"]
    page.reload()
    page.get_by_role("button", name="Remove the picture").click()
    studio.save()
    assert studio.draft(bot)["icon_url"] == ""


def test_unsaved_changes_are_not_left_behind_unasked(studio):
    bot, page = studio.make("Unsaved"), studio.page
    studio.edit(bot)
    questions = []

    def stay(dialog):
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label("Prompt", exact=True).fill("Half a thought")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="All agents").click(no_wait_after=True)
    assert questions == ["beforeunload"]
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Half a thought")
    studio.save()
    page.get_by_role("link", name="All agents").click()
    page.wait_for_url("**/agents")
    assert questions == ["beforeunload"]


def test_who_saves_over_another_s_changes_is_asked(studio):
    bot, page = studio.make("Shared", description="first"), studio.page
    studio.edit(bot)
    prompt = page.get_by_label("Prompt", exact=True)

    def change(text):
        studio.api.post("/v1/bot/update", {"bot_id": bot, "description": text}).ok()

    prompt.fill("mine")
    change("theirs")
    studio.visit.press("Save")
    expect(studio.dialog).to_contain_text("Somebody else has changed this agent")
    assert studio.dialog.locator("del").inner_text().endswith("first")
    assert studio.dialog.locator("ins").inner_text().endswith("theirs")
    studio.confirm("Go on editing")
    expect(studio.unsaved).to_be_visible()
    assert studio.draft(bot)["prompt_info"]["prompt"] == ""

    studio.visit.press("Save")
    studio.confirm("Load theirs, drop mine")
    expect(prompt).to_have_value("")
    expect(page.get_by_role("textbox", name="Description", exact=True).first).to_have_value("theirs")
    assert studio.unsaved.is_hidden()

    prompt.fill("mine again")
    change("theirs again")
    studio.visit.press("Save")
    studio.confirm("Overwrite with mine")
    expect(studio.unsaved).to_be_hidden()
    draft = studio.draft(bot)
    assert (draft["prompt_info"]["prompt"], draft["description"]) == ("mine again", "theirs")


def test_versions_are_published_compared_and_gone_back_to(studio):
    bot, page = studio.make("Host", prompt_info={"prompt": LONG_PROMPT}), studio.page
    studio.edit(bot)
    studio.visit.press("Publish")
    expect(studio.dialog).to_contain_text("This agent is not online yet.")
    studio.dialog.get_by_label("What has changed").fill("The beginning")
    studio.confirm("Publish")
    expect(page.get_by_text("The agent is published.")).to_be_visible()
    channels = {one["connector_id"] for one in studio.draft(bot)["online_channels"]}
    assert channels == {"1024", "999"}

    # What is unsaved is saved first.
    page.get_by_label("Prompt", exact=True).fill(LONG_PROMPT.replace("kind to guest 20.", "fair to guest 20."))
    studio.visit.press("Publish")
    assert studio.dialog.locator("del").inner_text().endswith("Rule 20: be kind to guest 20.")
    assert studio.dialog.locator("ins").inner_text().endswith("Rule 20: be fair to guest 20.")
    expect(studio.dialog).to_contain_text("Rule 18: be kind")
    expect(studio.dialog).not_to_contain_text("Rule 17: be kind")
    studio.dialog.get_by_label("Chat SDK").uncheck()
    studio.confirm("Publish")

    page.get_by_role("tab", name="Versions").click()
    rows = page.get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("online: API")
    expect(rows.nth(2)).to_contain_text("The beginning")
    expect(rows.nth(2)).to_contain_text("online: Chat SDK")
    expect(rows.nth(2)).to_contain_text("Ada Lovelace")
    expect(page.get_by_text("There is no difference.")).to_be_visible()
    page.get_by_role("button", name="Compare version 1 with the draft").click()
    expect(studio.region("Compare").locator("ins")).to_contain_text("fair to guest 20")
    page.get_by_label("From").select_option("Draft, as it is saved")
    page.get_by_label("To", exact=True).select_option(index=2)
    expect(studio.region("Compare").locator("ins")).to_contain_text("kind to guest 20")

    page.get_by_role("button", name="View version 1").click()
    expect(studio.dialog).to_contain_text("Rule 20: be kind to guest 20.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Revert the draft to version 1").click()
    studio.confirm("Revert")
    expect(page.get_by_text("The draft is what version 1 is.")).to_be_visible()
    assert studio.draft(bot)["prompt_info"]["prompt"] == LONG_PROMPT
    page.get_by_role("tab", name="Configure").click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(LONG_PROMPT)
    expect(page.get_by_text("published, changed since")).to_be_visible()

    page.get_by_role("tab", name="Publication and API").click()
    for channel in ("API", "Chat SDK"):
        page.get_by_role("button", name=f"Take offline in the channel {channel}").click()
        studio.confirm("Take offline")
    expect(page.get_by_text("It is online nowhere.")).to_be_visible()
    assert studio.draft(bot)["online_channels"] == []


def test_going_back_over_another_s_changes_asks_once_more(studio):
    bot, page = studio.make("Back", description="published"), studio.page
    studio.publish(bot)
    studio.open(f"/agents/{bot}#versions")
    studio.api.post("/v1/bot/update", {"bot_id": bot, "description": "theirs"}).ok()
    revert = page.get_by_role("button", name="Revert the draft to version 1")
    revert.click()
    studio.dialog.get_by_role("button", name="Revert", exact=True).click()
    expect(studio.dialog).to_contain_text("Somebody else has changed the draft")
    studio.confirm("Cancel")
    assert studio.draft(bot)["description"] == "theirs"
    revert.click()
    studio.dialog.get_by_role("button", name="Revert", exact=True).click()
    expect(studio.dialog).to_contain_text("Somebody else has changed the draft")
    studio.confirm("Revert")
    expect(page.get_by_text("The draft is what version 1 is.")).to_be_visible()
    assert studio.draft(bot)["description"] == "published"


def test_the_test_chat_talks_to_what_is_saved(studio):
    bot, page = studio.make("Talker"), studio.page
    studio.edit(bot)
    chat = studio.region("Test chat")
    studio.region("Conversation").get_by_label("Opening words").fill("I have news.")
    expect(chat.get_by_text("Answers come from the saved draft.")).to_be_visible()
    expect(chat.get_by_text("I have news.")).to_have_count(0)
    studio.save()
    expect(chat.get_by_text("I have news.")).to_be_visible()
    chat.get_by_label("Message", exact=True).fill("hello there")
    page.keyboard.press("Enter")
    expect(chat.get_by_text("You said: hello there").first).to_be_visible()

    # A conversation that has begun goes on, with the tools that are saved meanwhile.
    tools = studio.region("Client tools")
    tools.get_by_role("button", name="Add a tool").click()
    tools.get_by_label("Name").fill("get_weather")
    studio.save()
    expect(chat.get_by_text("You said: hello there").first).to_be_visible()
    chat.get_by_label("Message", exact=True).fill('/call get_weather {"city": "Lyon"}')
    page.keyboard.press("Enter")
    expect(chat.get_by_text("get_weather").first).to_be_visible()
    chat.get_by_role("button", name="Start over").click()
    expect(chat.get_by_text("You said: hello there")).to_have_count(0)


def test_the_program_that_is_shown_runs(studio, server, api):
    bot = studio.make("Callee")
    studio.publish(bot)
    studio.open(f"/agents/{bot}#api")
    code = studio.page.get_by_role("region", name="Python (cozepy)").inner_text()
    assert bot in code and server.url in code
    said = []
    own = {"print": lambda text, **_: said.append(text)}
    exec(code.replace("YOUR_TOKEN", studio.person.token(api)), own)
    assert "".join(said).endswith("You said: Hello")
    for name in ("JavaScript (@coze/api)", "curl"):
        assert bot in studio.page.get_by_role("region", name=name).inner_text()


def test_whoever_may_not_change_an_agent_can_look_at_it(place, api, newcomer, open_visit):
    bot = place.make("Cook", description="Not yours")
    place.publish(bot)
    members = {"users": [{"user_id": newcomer.id, "role_type": "member"}]}
    place.api.post(f"/v1/workspaces/{place.space}/members", members).ok()
    own = API(place.visit.server.url, newcomer.token(api))
    for invitation in own.get("/buckle/v1/invitations").ok().data["items"]:
        own.post(f"/buckle/v1/invitations/{invitation['invitation_id']}/accept").ok()
    visit = open_visit()
    Studio.enter(visit, session_of(newcomer, api))
    visit.goto(f"/agents/{bot}")
    page = visit.page
    expect(page.get_by_text("You can look at this agent")).to_be_visible()
    expect(page.get_by_role("textbox", name="Description", exact=True).first).to_be_disabled()
    assert page.get_by_role("button", name="Save").count() == 0
    assert page.get_by_role("button", name="Publish", exact=True).count() == 0
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_role("button", name="View version 1")).to_be_visible()
    assert page.get_by_role("button", name="Revert").count() == 0
    visit.goto("/agents")
    page.get_by_label("Workspace").select_option(place.space)
    expect(page.get_by_role("button", name="Copy Cook")).to_be_visible()
    assert page.get_by_role("button", name="Delete Cook").count() == 0


def test_what_people_wrote_is_text(studio):
    bot, page = studio.make(NASTY[:20], description=NASTY), studio.page
    name = NASTY[:20]
    studio.api.post("/v1/bot/update", {
        "bot_id": bot, "prompt_info": {"prompt": NASTY},
        "onboarding_info": {"prologue": NASTY, "suggested_questions": [NASTY]}}).ok()
    tool = {"type": "function", "function": {"name": "x", "description": NASTY, "parameters": {"description": NASTY}}}
    studio.api.put(f"/buckle/v1/bots/{bot}/tools", {"tools": [tool]}).ok()
    studio.api.put(f"/buckle/v1/bots/{bot}/shortcut_commands", {"shortcut_commands": [{"name": NASTY}]}).ok()
    studio.publish(bot, note=NASTY)
    studio.api.post("/v1/bot/update", {"bot_id": bot, "description": NASTY + "2"}).ok()

    studio.open("/agents")
    card = page.get_by_role("listitem").filter(has_text=name)
    expect(card).to_contain_text(NASTY)
    studio.edit(bot)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(NASTY)
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text(NASTY)
    expect(studio.region("Compare").locator("ins")).to_contain_text(NASTY + "2")
    page.get_by_role("button", name="View version 1").click()
    expect(studio.dialog.get_by_text(NASTY).first).to_be_visible()
    page.keyboard.press("Escape")
    studio.visit.press("Publish")
    expect(studio.dialog).to_contain_text(NASTY + "2")
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("locale, scheme, width", [("en-US", "light", 1280), ("zh-CN", "dark", 360)])
def test_the_pages_can_be_read_and_used_by_everybody(open_visit, api, person, session, locale, scheme, width):
    visit = open_visit(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 800})
    studio = Studio(visit, api, person, session)
    bot = studio.make("Reader", prompt_info={"prompt": "{{x}}" + LONG_PROMPT})
    for path, body in (
            ("tools", {"tools": [WEATHER]}), ("variables", {"variables": [{"keyword": "city"}]}),
            ("shortcut_commands", {"shortcut_commands": [{"name": "Menu", "components": [{"name": "people"}]}]})):
        studio.api.put(f"/buckle/v1/bots/{bot}/{path}", body).ok()
    studio.publish(bot, "note")
    studio.api.post("/v1/bot/update", {"bot_id": bot, "onboarding_info": {"suggested_questions": ["Why?"]}}).ok()
    for path in ("/agents", f"/agents/{bot}#configure", f"/agents/{bot}#versions", f"/agents/{bot}#api"):
        studio.visit.goto("/sign-in")
        studio.open(path)
        if path.endswith("versions"):
            studio.page.locator("ins").first.wait_for()
        check(studio.page, path)


def check(page, name):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"
    # The preload would fetch style sheets a second time, from where they are not.
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], name
