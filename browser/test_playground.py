"""The playground: forms made from the API's own description, what is sent and what comes back, and the same as code."""

import base64
import contextlib
import io
import json
import os
import re
import subprocess
import warnings
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import PASSWORD, Visit
from harness import API
from playwright.sync_api import expect

NASTY = "He said \"hi\" \\ $HOME `id` 'q' 中文 😀 ${x} %s {y} \"\"\"\n\tnext <img src=x onerror=alert(1)>"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
RENAME = "PUT/v1/conversations/{conversation_id}"


@dataclass
class Maker:
    """Somebody with a bot that is online, and what they reach over the API themselves."""

    api: API
    token: str
    cookie: str
    workspace: str
    bot: str


@pytest.fixture(scope="module")
def maker(api) -> Maker:
    body = {"user_name": "player", "nick_name": "Player", "password": PASSWORD}
    account = api.post("/buckle/v1/accounts", body).ok().data["user_id"]
    path = f"/buckle/v1/accounts/{account}/tokens"
    token = api.post(path, {"name": "mine", "permissions": ["all"]}).ok().data["secret"]
    mine = API(api.url, token)
    workspace = mine.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    bot = mine.post("/v1/bot/create", {"space_id": workspace, "name": "Parrot"}).ok().data["bot_id"]
    mine.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]}).ok()
    cookie = api.raw("POST", "/buckle/v1/sessions", json={"account": "player", "password": PASSWORD})
    return Maker(mine, token, cookie.cookies["buckle_session"], workspace, bot)


@pytest.fixture
def conversation(maker) -> str:
    return maker.api.post("/v1/conversation/create", {"bot_id": maker.bot, "name": "First"}).ok().data["id"]


class Playground:
    def __init__(self, visit: Visit, maker: Maker):
        self.visit, self.page = visit, visit.page
        self.page.context.add_cookies([{"name": "buckle_session", "value": maker.cookie, "url": visit.server.url}])
        self.reply = self.page.get_by_role("region", name="Reply")
        self.events = self.reply.get_by_role("group", name="Events").get_by_role("listitem")

    def open(self, operation):
        """An operation by its method and path."""
        self.visit.goto(f"/playground#/{operation}")
        self.page.locator("html[data-ready]").wait_for()
        expect(self.page.get_by_role("form").get_by_text(operation.replace("/", " /", 1), exact=True)).to_be_visible()
        return self

    def field(self, name):
        return self.page.get_by_label(name, exact=True)

    def fill(self, **values):
        for name, value in values.items():
            control = self.field(name)
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)
        return self

    def button(self, name):
        return self.page.get_by_role("button", name=name, exact=True)

    def send(self, label="Send") -> dict:
        """Sends, and gives the envelope that is shown."""
        self.button(label).click()
        expect(self.reply.get_by_text("Status", exact=True)).to_be_visible()
        return json.loads(self.reply.get_by_role("group", name="Body").inner_text())

    def code(self, language) -> str:
        """The code of a language, which follows what is typed with some delay."""
        self.page.get_by_role("tab", name=language).click()
        # Sending writes it at once; what was typed since then is not waited for here.
        return self.page.get_by_role("tabpanel").get_by_role("group").text_content()


@pytest.fixture
def playground(visit, maker) -> Playground:
    return Playground(visit, maker)


def test_conversations_are_made_filled_and_deleted_through_forms(playground, maker):
    fill = playground.open("POST/v1/conversation/create").fill
    fill(bot_id=maker.bot, name="From a form")
    playground.button("Add to meta_data").click()
    fill(**{"meta_data: key": "mood", "meta_data: value": "good"})
    made = playground.send()["data"]
    assert (made["name"], made["meta_data"]) == ("From a form", {"mood": "good"})

    playground.open(RENAME).fill(conversation_id=made["id"], name=NASTY)
    assert playground.send()["data"]["name"] == NASTY
    assert maker.api.get("/v1/conversation/retrieve", conversation_id=made["id"]).data["name"] == NASTY

    playground.open("POST/v1/conversation/message/create").fill(
        conversation_id=made["id"], role="user", content="Hello", content_type="text")
    message = playground.send()["data"]
    playground.open("POST/v1/conversation/message/list").fill(conversation_id=made["id"], limit="5", order="asc")
    assert [one["id"] for one in playground.send()["data"]] == [message["id"]]
    playground.open("GET/v1/conversation/message/retrieve").fill(conversation_id=made["id"], message_id=message["id"])
    assert playground.send()["data"]["content"] == "Hello"

    playground.open("GET/v1/conversations").fill(bot_id=maker.bot, page_size="1")
    assert len(playground.send()["data"]["conversations"]) == 1

    playground.open("DELETE/v1/conversations/{conversation_id}").fill(conversation_id=made["id"])
    assert playground.button("Send").count() == 0, "what deletes says so on its button"
    assert playground.send("Send DELETE")["code"] == 0
    maker.api.get("/v1/conversation/retrieve", conversation_id=made["id"]).refused(4002)
    assert playground.send("Send DELETE")["code"] != 0
    expect(playground.reply.get_by_text("Error 4002", exact=True)).to_be_visible()
    expect(playground.page.get_by_role("row").get_by_text("200 · 4002")).to_be_visible()
    log_id = playground.reply.get_by_role("code").inner_text()
    assert json.loads(playground.reply.get_by_role("group", name="Body").inner_text())["detail"]["logid"] == log_id


def test_nested_values_and_lists_reach_the_server(playground, maker):
    playground.open("POST/v1/bot/create").fill(space_id=maker.workspace, name="Nested")
    page = playground.page
    page.get_by_text("onboarding_info").click()
    playground.fill(prologue="Welcome")
    for number, text in enumerate(["One?", "", "Three?"], 1):
        playground.button("Add to suggested_questions").click()
        expect(playground.field(f"suggested_questions {number}")).to_be_focused()
        page.keyboard.type(text)
    playground.button("Remove suggested_questions 2").click()
    expect(playground.field("suggested_questions 2")).to_have_value("Three?")
    page.get_by_text("model_info_config").click()
    model = maker.api.get("/buckle/v1/models").data["models"][0]
    playground.fill(
        model_id=model.get("model_id") or model["id"], temperature="0.50", max_tokens="12345678901234567890x")
    playground.button("Send").click()
    expect(playground.field("max_tokens")).to_be_focused()
    expect(page.get_by_text("This must be a whole number.")).to_be_visible()
    playground.fill(max_tokens="77")
    with page.expect_request("**/v1/bot/create") as sent:
        bot = playground.send()["data"]["bot_id"]
    assert '"temperature":0.50' in sent.value.post_data, "numbers go as they were written"
    known = maker.api.get(f"/v1/bots/{bot}", is_published="false").ok().data
    assert known["onboarding_info"] == {"prologue": "Welcome", "suggested_questions": ["One?", "Three?"]}

    playground.open("PUT/v1/variables").fill(bot_id=maker.bot, connector_uid="someone")
    playground.button("Add to data").click()
    playground.fill(keyword="mood", value=NASTY)
    with page.expect_request("**/v1/variables") as sent:
        playground.send()
    data = [{"keyword": "mood", "value": NASTY}]
    assert sent.value.post_data_json == {"bot_id": maker.bot, "connector_uid": "someone", "data": data}


def test_the_body_can_be_edited_as_json_both_ways(playground, conversation):
    page = playground.open("POST/v3/chat").page
    playground.fill(user_id="u", stream="false")
    page.get_by_label("Edit as JSON").check()
    text = playground.field("Body as JSON")
    assert json.loads(text.input_value()) == {"user_id": "u", "stream": False}
    text.fill('{\n  "user_id": "v",\n  "bot_id": 7,}')
    expect(page.get_by_text("This is no JSON from line 3, column 15 on.")).to_be_visible()
    page.get_by_label("Edit as JSON").click()
    expect(page.get_by_label("Edit as JSON")).to_be_checked()
    playground.button("Send").click()
    expect(text).to_be_focused()
    # What the form has no fields for survives it: a wrong kind, null, an empty text, an unknown name.
    odd = {
        "user_id": "", "bot_id": 12345678901234567890, "enable_card": None, "unknown": [1], "additional_messages": []}
    text.fill(json.dumps(odd))
    page.get_by_label("Edit as JSON").uncheck()
    expect(playground.field("bot_id")).to_have_value("12345678901234567890")
    expect(page.get_by_text("An empty list is sent.")).to_be_visible()
    playground.fill(bot_version="3")
    page.get_by_label("Edit as JSON").check()
    assert json.loads(text.input_value()) == {**odd, "bot_version": "3"}


def test_a_chat_streams_event_by_event(playground, maker):
    playground.open("POST/v3/chat").fill(bot_id=maker.bot, user_id="u", stream="true")
    playground.button("Add to additional_messages").click()
    playground.fill(role="user", content=NASTY, content_type="text")
    playground.button("Send").click()
    expect(playground.reply.get_by_text(re.compile(r"^The stream has ended: \d+ events\.$"))).to_be_visible()
    shown = playground.events.all_inner_texts()
    assert re.match(r"\+\d+ (ms|s)", shown[0]) and "conversation.chat.created" in shown[0]
    assert "done" in shown[-1]
    deltas = [json.loads(one[one.index("{"):])["content"] for one in shown if "message.delta" in one]
    assert NASTY in "".join(deltas)
    chat = json.loads(shown[0][shown[0].index("{"):])
    assert chat["id"].isdigit() and chat["bot_id"] == maker.bot

    playground.fill(content="/count 1000")
    playground.button("Send").click()
    expect(playground.events.filter(has_text="message.delta").nth(3)).to_be_visible()
    playground.button("Stop").click()
    expect(playground.reply.get_by_text(re.compile(r"^Stopped after \d+ events\.$"))).to_be_visible()
    expect(playground.button("Send")).not_to_have_attribute("aria-busy", "true")


def test_files_are_uploaded_shown_and_saved(playground, tmp_path):
    picture = tmp_path / "it's, 中.png"
    picture.write_bytes(PIXEL)
    playground.open("POST/v1/files/upload").field("file").set_input_files(picture)
    file = playground.send()["data"]
    assert (file["file_name"], file["bytes"]) == (picture.name, len(PIXEL))

    playground.open("GET/buckle/v1/files/{file_id}/content")
    playground.button("Choose file_id").click()
    playground.page.get_by_role("button", name=file["id"]).click()
    expect(playground.field("file_id")).to_have_value(file["id"])
    playground.button("Send").click()
    image = playground.reply.get_by_role("img", name="The picture in the reply")
    expect(image).to_be_visible()
    assert image.evaluate("async e => { await e.decode(); return e.naturalWidth }") == 1
    with playground.page.expect_download() as download:
        playground.button("Save as a file").click()
    assert download.value.path().read_bytes() == PIXEL


def run_python(code, maker):
    """What the code leaves behind, and what it printed."""
    os.environ["COZE_TOKEN"] = maker.token
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(code, "playground", "exec"), names)
    return names, printed.getvalue()


def run_curl(code, maker):
    made = subprocess.run(
        ["bash", "-c", code], capture_output=True, text=True, timeout=120,
        env={**os.environ, "COZE_TOKEN": maker.token})
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def test_the_code_does_what_the_form_does(playground, maker, conversation):
    playground.open(RENAME).fill(conversation_id=conversation, name=NASTY)
    sent = playground.send()
    maker.api.put(f"/v1/conversations/{conversation}", {"name": "in between"}).ok()
    code = playground.code("Python")
    assert "coze.conversations.update(" in code and maker.token not in code
    result = run_python(code, maker)[0]["result"]
    assert (result.id, result.last_section_id) == (conversation, sent["data"]["last_section_id"])
    assert maker.api.get("/v1/conversation/retrieve", conversation_id=conversation).data["name"] == NASTY
    maker.api.put(f"/v1/conversations/{conversation}", {"name": "in between"}).ok()
    again = run_curl(playground.code("curl"), maker)
    volatile = {"updated_at": 0}
    assert {**again["data"], **volatile} == {**sent["data"], **volatile}

    playground.open("POST/v1/conversation/message/create").fill(
        conversation_id=conversation, role="user", content=NASTY, content_type="text")
    playground.send()
    made = run_python(playground.code("Python"), maker)[0]["result"]
    assert (made.content, made.role, made.conversation_id) == (NASTY, "user", conversation)
    assert run_curl(playground.code("curl"), maker)["data"]["content"] == NASTY

    playground.open("GET/v1/conversations").fill(bot_id=maker.bot, page_num="1", page_size="2")
    sent = playground.send()["data"]["conversations"]
    page = run_python(playground.code("Python"), maker)[0]["page"]
    assert [one.id for one in page.items] == [one["id"] for one in sent]
    # The SDK's call has no such parameter, so it goes over plain HTTP.
    playground.fill(sort_order="ASC")
    sent = playground.send()["data"]
    code = playground.code("Python")
    assert "import requests" in code and "cozepy has no call" in playground.page.get_by_role("tabpanel").inner_text()
    assert json.loads(run_python(code, maker)[0]["response"].text)["data"] == sent
    assert run_curl(playground.code("curl"), maker)["data"] == sent


def test_the_code_streams_uploads_and_calls_what_no_sdk_knows(playground, maker, tmp_path, monkeypatch):
    playground.open("POST/v3/chat").fill(bot_id=maker.bot, user_id="u", stream="true")
    playground.button("Add to additional_messages").click()
    playground.fill(role="user", content=NASTY, content_type="text")
    playground.button("Send").click()
    expect(playground.reply.get_by_text("The stream has ended")).to_be_visible()
    code = playground.code("Python")
    assert "coze.chat.stream(" in code
    assert NASTY in run_python(code, maker)[1]

    playground.open("GET/buckle/v1/models")
    sent = playground.send()["data"]
    assert json.loads(run_python(playground.code("Python"), maker)[0]["response"].text)["data"] == sent
    assert run_curl(playground.code("curl"), maker)["data"] == sent

    monkeypatch.chdir(tmp_path)
    (tmp_path / "it's; \"here\".txt").write_text("text")
    playground.open("POST/v1/files/upload").field("file").set_input_files(tmp_path / "it's; \"here\".txt")
    assert playground.send()["code"] == 0
    assert run_python(playground.code("Python"), maker)[0]["result"].bytes == 4
    assert run_curl(playground.code("curl"), maker)["data"]["bytes"] == 4


def test_every_language_has_its_code(playground, conversation):
    playground.open("GET/v1/conversation/retrieve").fill(conversation_id=conversation)
    playground.send()
    calls = {
        "curl": "curl 'http", "Python": "coze.conversations.retrieve(", "Node": "client.conversations.retrieve(",
        "Go": "client.Conversations.Retrieve(", "Java": "coze.conversations().retrieve(",
    }
    for language, call in calls.items():
        code = playground.code(language)
        assert call in code and conversation in code and "COZE_TOKEN" in code
    playground.page.keyboard.press("Home")
    expect(playground.page.get_by_role("tab", name="curl")).to_be_focused()
    playground.page.keyboard.press("ArrowLeft")
    expect(playground.page.get_by_role("tab", name="Java")).to_have_attribute("aria-selected", "true")
    playground.page.reload()
    expect(playground.page.get_by_role("tab", name="Java")).to_have_attribute("aria-selected", "true")


def test_long_numbers_keep_their_digits(playground):
    body = '{"code":0,"msg":"","data":{"id":9223372036854775807,"ratio":0.10,"big":1e400,"empty":{}}}'
    playground.page.route("**/v1/users/me", lambda route: route.fulfill(body=body, content_type="application/json"))
    playground.open("GET/v1/users/me").button("Send").click()
    expect(playground.reply.get_by_text("9223372036854775807")).to_be_visible()
    shown = playground.reply.get_by_role("group", name="Body").inner_text()
    assert shown.split() == [
        "{", '"code":', "0,", '"msg":', '"",', '"data":', "{", '"id":', "9223372036854775807,", '"ratio":', "0.10,",
        '"big":', "1e400,", '"empty":', "{}", "}", "}"]

    playground.open("POST/v3/chat").fill(bot_id="1", user_id="u", parameters='{"n": 12345678901234567890, "m": 1.0}')
    with playground.page.expect_request("**/v3/chat") as sent:
        playground.send()
    assert '{"n":12345678901234567890,"m":1.0}' in sent.value.post_data
    assert "12345678901234567890" in playground.code("Node")


def test_what_was_written_by_others_is_text(playground, maker, conversation):
    evil = "<img src=x onerror=\"document.title='owned'\"></pre><script>document.title='owned'</script>"
    maker.api.put(f"/v1/conversations/{conversation}", {"name": evil[:100]}).ok()
    playground.open("GET/buckle/v1/conversations").fill(limit="5")
    answer = playground.send()["data"]["conversations"]
    assert evil[:100] in [one["name"] for one in answer]
    playground.open(RENAME)
    playground.button("Choose conversation_id").click()
    playground.page.get_by_role("button", name=evil[:100]).click()
    playground.fill(name=evil)
    playground.page.keyboard.press("Control+Enter")
    expect(playground.reply.get_by_text("Status", exact=True)).to_be_visible()
    assert evil in playground.code("Node").encode().decode("unicode_escape")
    html = "<script>document.title='owned'</script><h1>Hi</h1>"
    playground.page.route("**/v1/users/me", lambda route: route.fulfill(body=html, content_type="text/html"))
    playground.open("GET/v1/users/me").button("Send").click()
    expect(playground.reply.get_by_role("group", name="Body")).to_have_text(html)
    assert "owned" not in playground.page.title()
    assert playground.page.locator("main img, main script").count() == 0


def test_the_operation_and_what_was_typed_survive_a_reload(playground, conversation):
    playground.open(RENAME).fill(conversation_id=conversation, name="Kept")
    playground.send()
    playground.open("PUT/buckle/v1/users/me/password").fill(new_password="not to be kept")
    playground.page.go_back()
    expect(playground.field("name")).to_have_value("Kept")
    playground.page.reload()
    expect(playground.page.get_by_role("heading", name="Rename a conversation")).to_be_visible()
    expect(playground.field("name")).to_have_value("Kept")
    assert "not to be kept" not in playground.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    playground.page.go_forward()
    expect(playground.field("new_password")).to_have_value("")

    playground.page.get_by_role("button", name=f"Load PUT /v1/conversations/{conversation}").click()
    expect(playground.field("conversation_id")).to_have_value(conversation)
    playground.button("Clear the form").click()
    expect(playground.field("name")).to_have_value("")
    playground.page.get_by_role("button", name=f"Load PUT /v1/conversations/{conversation}").click()
    expect(playground.field("name")).to_have_value("Kept")


def test_a_token_calls_in_place_of_the_session(playground, maker, api):
    playground.open("GET/v1/users/me")
    playground.page.get_by_label("a personal token").check()
    playground.button("Send").click()
    expect(playground.page.get_by_text("Paste a token first.")).to_be_visible()
    expect(playground.field("Personal token")).to_be_focused()
    playground.field("Personal token").fill("pat_wrong")
    playground.button("Send").click()
    expect(playground.reply.get_by_text("401 Unauthorized")).to_be_visible()
    playground.field("Personal token").fill(playground.visit.server.token)
    with playground.page.expect_request("**/v1/users/me") as sent:
        answer = playground.send()
    assert "cookie" not in sent.value.all_headers()
    assert answer["data"]["user_name"] == api.get("/v1/users/me").data["user_name"]
    stored = playground.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
    token = playground.field("Personal token").input_value()
    assert token not in stored + "".join(playground.code(one) for one in ["curl", "Python", "Node", "Go", "Java"])
    playground.open("GET/v1/workspaces")
    expect(playground.field("Personal token")).to_have_value(token)
    playground.page.reload()
    expect(playground.page.get_by_label("this session")).to_be_checked()
    expect(playground.field("Personal token")).to_have_value("")


def test_a_call_that_does_not_answer_is_canceled(playground):
    waiting = []
    playground.page.route("**/v1/users/me", lambda route: waiting.append(route))
    playground.open("GET/v1/users/me").button("Send").click()
    expect(playground.reply.get_by_text("Waiting for the reply…")).to_be_visible()
    expect(playground.button("Send")).to_have_attribute("aria-busy", "true")
    playground.button("Cancel").click()
    expect(playground.reply.get_by_text("Canceled.")).to_be_visible()
    playground.button("Send").click()
    # Nothing has come of the first: it was given up before there was a reply.
    while len(waiting) < 2:
        playground.page.wait_for_timeout(10)
    waiting[1].abort()
    expect(playground.reply.get_by_text("No reply came:")).to_be_visible()
    expect(playground.page.get_by_role("row").filter(has_text="/v1/users/me")).to_have_count(2)
    # The browser tells of it, as it should.
    playground.visit.faults[:] = [one for one in playground.visit.faults if "net::ERR_FAILED" not in one]


def test_a_long_reply_begins_with_its_beginning(playground):
    body = json.dumps({"code": 0, "data": ["x" * 99] * 5000 + ["the end"]})
    playground.page.route("**/v1/users/me", lambda route: route.fulfill(body=body, content_type="application/json"))
    playground.open("GET/v1/users/me").button("Send").click()
    shown = playground.reply.get_by_role("group", name="Body")
    expect(playground.reply.get_by_text("Only the beginning is shown.")).to_be_visible()
    assert "the end" not in shown.text_content()
    playground.page.get_by_role("button", name=re.compile("^Show all")).click()
    expect(shown).to_be_focused()
    assert "the end" in shown.text_content()


def test_operations_are_found_by_path_name_and_group(playground):
    playground.visit.goto("/playground")
    page = playground.page
    links = page.get_by_role("navigation", name="Operations").get_by_role("link")
    page.get_by_label("Filter").fill("rename conversation")
    expect(links).to_have_count(1)
    page.get_by_label("Filter").press("Tab")
    page.keyboard.press("Tab")
    expect(links.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rename a conversation")).to_be_focused()
    expect(links.first).to_have_attribute("aria-current", "page")
    page.get_by_label("Filter").fill("/buckle/v1/conversations/import")
    expect(links).to_have_count(1)
    page.get_by_label("Filter").fill("no such thing")
    expect(page.get_by_text("No operation matches.")).to_be_visible()
    playground.visit.goto("/playground#/GET/v9/nothing")
    expect(page.get_by_text("There is no operation GET /v9/nothing.")).to_be_visible()


NAMES = """async () => {
    const scripts = performance.getEntriesByType('resource').map(one => one.name);
    const script = scripts.find(name => name.endsWith('/playground/chinese.js'));
    return script ? await import(script).then(({ GROUPS, SUMMARIES }) => [GROUPS, SUMMARIES]) : null;
}"""


def test_every_operation_and_group_has_a_chinese_name(playground, open_visit, maker):
    playground.open("POST/v1/bot/create")
    assert playground.page.evaluate(NAMES) is None, "those who read English load no Chinese names"
    chinese = Playground(open_visit(locale="zh-CN"), maker).open("POST/v1/bot/create")
    groups, summaries = chinese.page.evaluate(NAMES)
    paths = maker.api.raw("GET", "/openapi.json").json()["paths"]
    known = {
        f"{method.upper()} {path}": one["tags"][0]
        for path, item in paths.items() for method, one in item.items() if one["tags"] != ["Pages"]}
    assert summaries.keys() == known.keys()
    assert groups.keys() == set(known.values())
    assert [text for text in [*groups.values(), *summaries.values()] if not re.search("[\u4e00-\u9fff]", text)] == []
    shown = chinese.page.get_by_role("navigation", name="接口").locator("a").evaluate_all(
        "all => all.map(a => [decodeURI(a.hash), a.querySelector('span').textContent])")
    assert dict(shown) == {"#/" + key.replace(" ", ""): text for key, text in summaries.items()}


def test_operations_are_found_in_chinese_and_english(open_visit, maker):
    chinese = Playground(open_visit(locale="zh-CN"), maker).open("POST/v1/bot/create")
    page = chinese.page
    expect(page.get_by_role("heading", name="创建智能体")).to_be_visible()
    expect(page).to_have_title(re.compile("^创建智能体 – "))
    contents = page.get_by_role("navigation", name="接口")
    expect(contents.get_by_text("智能体", exact=True)).to_be_visible()
    links = contents.get_by_role("link")
    for words in ["重命名 会话", "rename conversation"]:
        page.get_by_label("筛选").fill(words)
        expect(links).to_have_text(["重命名会话PUT /v1/conversations/{conversation_id}"])
    for words in ["会话导入导出", "conversation transfer", "导入会话"]:
        page.get_by_label("筛选").fill(words)
        expect(links.filter(has_text="/buckle/v1/conversations/import")).to_be_visible()
    links.filter(has_text="/buckle/v1/conversations/import").click()
    expect(page.get_by_role("heading", name="导入会话")).to_be_focused()
    page.get_by_label("筛选").fill("没有此接口")
    expect(page.get_by_text("没有匹配的接口。")).to_be_visible()
    # What destroys something is told apart in every language.
    chinese.open("DELETE/v1/conversations/{conversation_id}")
    expect(chinese.button("发送 DELETE")).to_be_visible()


WALK = """async () => {
    const keys = [...document.querySelectorAll('nav[aria-label=Operations] a')].map(a => a.hash);
    const seen = [];
    for (const key of keys) {
        location.hash = key;
        await new Promise(done => addEventListener('hashchange', () => setTimeout(done), { once: true }));
        for (let folded; (folded = document.querySelector('form details:not([open])'));) {
            folded.open = true;
            await new Promise(done => setTimeout(done));
        }
        const codes = [...document.querySelectorAll('[role=tab]')].map(tab => {
            tab.click();
            return document.querySelector('[role=tabpanel] [role=group]').textContent.length > 40;
        });
        seen.push([decodeURI(location.hash), document.querySelector('main h2').textContent,
            document.querySelectorAll('form input, form textarea, form select').length, codes.every(Boolean)]);
    }
    return seen;
}"""


def test_every_operation_has_a_form_and_code(playground, maker):
    playground.visit.goto("/playground")
    playground.page.locator("html[data-ready]").wait_for()
    seen = playground.page.evaluate(WALK)
    known = maker.api.raw("GET", "/openapi.json").json()["paths"]
    expected = {
        f"#/{method.upper()}{path}": one["summary"]
        for path, item in known.items() for method, one in item.items() if one["tags"] != ["Pages"]}
    assert {key: summary for key, summary, _, _ in seen} == expected
    assert all(controls >= 3 and has_code for _, _, controls, has_code in seen)


@pytest.mark.parametrize("scheme, width", [("light", 360), ("dark", 1280)])
def test_a_form_with_a_reply_is_readable_and_usable(open_visit, maker, conversation, scheme, width):
    playground = Playground(
        open_visit(color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"), maker)
    playground.open("POST/v1/bot/update")
    for one in playground.page.get_by_role("group").locator("summary").all():
        one.click()
    playground.fill(bot_id="1")
    playground.send()
    assert playground.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [one["id"] for one in Axe().run(playground.page).response["violations"]] == []
    playground.button("Choose bot_id").click()
    expect(playground.page.get_by_role("button", name="Parrot")).to_be_visible()
    assert [one["id"] for one in Axe().run(playground.page, "dialog").response["violations"]] == []
    playground.page.keyboard.press("Escape")
    expect(playground.button("Choose bot_id")).to_be_focused()
