"""The models page: adding, trying and changing models, and what becomes of their keys."""

import re
from urllib.parse import urlsplit

import pytest
from conftest import PASSWORD
from playwright.sync_api import expect
from test_first_run import KEY, check, provider  # noqa: F401
from upstream import HELLO_TEXT

MODELS = "/buckle/v1/models"
NOTHING = "http://127.0.0.1:9/v1"
"""Where nobody listens: discard."""
AGAIN = "Put in the key for the new server, or remove the stored one."


@pytest.fixture(scope="module")
def cookie(api):
    """A session of somebody who operates the server."""
    body = {"user_name": "modeller", "nick_name": "Modeller", "password": PASSWORD, "is_operator": True}
    api.post("/buckle/v1/accounts", body).ok()
    reply = api.raw("POST", "/buckle/v1/sessions", json={"account": "modeller", "password": PASSWORD})
    return reply.cookies["buckle_session"]


@pytest.fixture
def open_models(open_visit, api, cookie, server):
    """Opens the page; removes all models when the test is over."""

    def open_models(**options):
        visit = open_visit(**options)
        visit.page.context.add_cookies([{"name": "buckle_session", "value": cookie, "url": server.url}])
        visit.goto("/models")
        visit.sent = []
        visit.page.on("request", lambda request: request.method in ("POST", "PUT") and visit.sent.append(
            (request.method, urlsplit(request.url).path, request.post_data_json)))
        return visit

    yield open_models
    for model in stored(api):
        api.delete(f"{MODELS}/{model['id']}").ok()


def stored(api):
    return [one for one in api.get(MODELS).ok().data["models"] if one["source"] == "database"]


def add(api, base_url, **fields):
    return api.post(MODELS, {"base_url": base_url, "model": "plain", "name": "Mine", **fields}).ok().data


def row(page, text):
    return page.get_by_role("row").filter(has_text=text)


def edit(page, name="Mine"):
    row(page, name).get_by_role("button", name="Edit").click()
    return page.get_by_role("dialog")


def press(dialog, name):
    dialog.get_by_role("button", name=name, exact=True).click()


def test_a_model_is_added_tried_and_removed(open_models, provider, api):  # noqa: F811
    visit = open_models()
    page = visit.page
    visit.press("Add a model")
    dialog = page.get_by_role("dialog")
    where = dialog.get_by_label("Where does the model run?")
    where.focus()
    page.keyboard.press("End")
    expect(where).to_have_value(where.locator("option").last.get_attribute("value"))
    expect(dialog.get_by_label("Address")).to_be_focused()
    where.focus()
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_label("Address")).to_have_value("https://openrouter.ai/api/v1")
    expect(where).to_be_focused()
    where.select_option("Other (OpenAI-compatible)")
    expect(dialog.get_by_label("Address")).to_be_focused()
    dialog.get_by_label("Address").fill(NOTHING)
    dialog.get_by_label("Model", exact=True).fill("nothing")
    press(dialog, "Add the model")
    expect(dialog.get_by_role("alert")).to_contain_text("The server cannot be reached")
    assert stored(api) == []

    dialog.get_by_label("Address").fill(provider.base_url)
    dialog.get_by_label("API key").fill(KEY)
    dialog.get_by_label("Model", exact=True).fill("")
    press(dialog, "Test")
    expect(dialog.get_by_text("The server answers. It has 2 models.")).to_be_visible()
    dialog.get_by_label("Model of the server").select_option("plain")
    dialog.get_by_text("More", exact=True).click()
    dialog.get_by_label("Name that people see").fill("No <u>model")
    dialog.get_by_label("It sees images").check()
    press(dialog, "Test")
    expect(dialog.get_by_text("The model answers, after")).to_contain_text(HELLO_TEXT)
    visit.sent.clear()
    press(dialog, "Add the model")
    expect(row(page, "No <u>model")).to_contain_text(provider.base_url)
    # It has answered already.
    assert [path for _, path, _ in visit.sent] == [MODELS]
    assert KEY not in page.content()
    (added,) = stored(api)
    assert (added["model"], added["capabilities"], added["has_api_key"]) == ("plain", ["tools", "vision"], True)

    row(page, "No <u>model").get_by_role("button", name="Remove").click()
    press(page.get_by_role("dialog"), "Remove")
    expect(row(page, "No <u>model")).to_have_count(0)


def test_a_key_does_not_come_to_another_server(open_models, provider, api):  # noqa: F811
    model = add(api, NOTHING, api_key="sk-of-somebody-else-1234")
    visit = open_models()
    dialog = edit(visit.page)
    expect(dialog.get_by_text("Empty keeps the one that ends in 1234.")).to_be_visible()
    note = dialog.get_by_text("The stored key is for http://127.0.0.1:9 and is sent to no other server.")
    expect(note).to_be_hidden()
    dialog.get_by_label("Address").fill(provider.base_url)
    expect(note).to_be_visible()
    key = dialog.get_by_label("API key")
    for button in ("Test", "Save"):
        press(dialog, button)
        expect(key).to_be_focused()
        expect(key).to_have_accessible_description(f"{AGAIN} Please fill this in.")
        key.fill("x")
        key.fill("")
    assert visit.sent == []
    assert stored(api) == [model]

    key.fill(KEY)
    press(dialog, "Save")
    expect(row(visit.page, "Mine")).to_contain_text(provider.base_url)
    (changed,) = stored(api)
    assert (changed["base_url"], changed["api_key_hint"]) == (provider.base_url, KEY[-4:])
    tried, saved = visit.sent
    assert tried[2] == {"base_url": provider.base_url, "model": "plain", "api_key": KEY}
    assert saved[:2] == ("PUT", f"{MODELS}/{model['id']}")


def test_a_key_can_be_left_behind(open_models, provider, api):  # noqa: F811
    add(api, NOTHING, api_key="sk-of-somebody-else-1234")
    visit = open_models()
    dialog = edit(visit.page)
    dialog.get_by_label("Address").fill(provider.base_url)
    press(dialog, "Save")
    expect(dialog.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Remove the stored key").check()
    expect(dialog.get_by_label("API key")).to_be_disabled()
    expect(dialog.get_by_text("Please fill this in.")).to_be_hidden()
    expect(dialog.get_by_text(AGAIN)).to_have_count(0)
    press(dialog, "Save")
    expect(dialog.get_by_role("alert")).to_contain_text("that is no key of ours")
    press(dialog, "Save anyway")
    expect(row(visit.page, "Mine")).to_contain_text(provider.base_url)
    assert stored(api)[0]["has_api_key"] is False


def test_a_path_changes_and_the_key_stays(open_models, provider, api):  # noqa: F811
    model = add(api, provider.base_url.removesuffix("/v1"), api_key=KEY)
    visit = open_models()
    dialog = edit(visit.page)
    dialog.get_by_label("Address").fill(provider.base_url)
    expect(dialog.get_by_text("Empty keeps the one that ends in")).to_be_visible()
    press(dialog, "Save")
    expect(row(visit.page, "Mine")).to_contain_text(provider.base_url)
    (changed,) = stored(api)
    assert (changed["base_url"], changed["api_key_hint"]) == (provider.base_url, model["api_key_hint"])
    assert visit.sent[0][2] == {"base_url": provider.base_url, "model": "plain", "model_id": model["id"]}


def test_a_key_that_the_server_cannot_open_can_be_removed(open_models, api):
    """It is told of as if there were none."""
    add(api, NOTHING, api_key="sk-of-somebody-else-1234")
    visit = open_models()

    def as_if_none(route):
        reply = route.fetch()
        told = reply.json()
        told["data"]["models"] = [{**one, "has_api_key": False} for one in told["data"]["models"]]
        route.fulfill(response=reply, json=told)

    visit.page.route(f"**{MODELS}", as_if_none)
    visit.page.reload()
    dialog = edit(visit.page)
    dialog.get_by_label("Address").fill("http://localhost:9/v1")
    expect(dialog.get_by_label("Remove the stored key")).to_be_hidden()
    press(dialog, "Save")
    press(dialog, "Save anyway")
    expect(dialog.get_by_label("API key")).to_have_accessible_description(re.compile("is sent to no other server"))
    dialog.get_by_label("Remove the stored key").check()
    press(dialog, "Save")
    press(dialog, "Save anyway")
    expect(row(visit.page, "Mine")).to_contain_text("http://localhost:9/v1")
    assert stored(api)[0]["base_url"] == "http://localhost:9/v1"


def test_what_is_only_renamed_is_not_tried(open_models, api):
    add(api, NOTHING, api_key="sk-of-somebody-else-1234")
    visit = open_models()
    dialog = edit(visit.page)
    dialog.get_by_label("Name that people see").fill("Yours")
    dialog.get_by_label("It calls functions").check()
    dialog.get_by_label("Context length").fill("1")
    # What is wrong is shown though it is folded up.
    dialog.get_by_text("More", exact=True).click()
    expect(dialog.get_by_label("Context length")).to_be_hidden()
    press(dialog, "Save")
    expect(dialog.get_by_label("Context length")).to_be_focused()
    dialog.get_by_label("Context length").fill("4096")
    press(dialog, "Save")
    expect(row(visit.page, "Yours")).to_contain_text("4,096")
    assert [method for method, _, _ in visit.sent] == ["PUT"]
    (changed,) = stored(api)
    assert (changed["name"], changed["capabilities"], changed["has_api_key"]) == ("Yours", ["tools"], True)


@pytest.mark.parametrize("locale, scheme, width", [("en-US", "dark", 360), ("zh-CN", "light", 1280)])
def test_the_form_can_be_read_and_used_by_everybody(open_models, api, locale, scheme, width):
    add(api, NOTHING, api_key="sk-of-somebody-else-1234")
    visit = open_models(locale=locale, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = visit.page
    page.get_by_role("button", name=re.compile("^(Add a model|添加模型)$")).click()
    check(page)
    page.keyboard.press("Escape")
    row(page, "Mine").get_by_role("button", name=re.compile("^(Edit|编辑)$")).click()
    page.get_by_label(re.compile("^(Address|地址)$")).fill("http://a.example/v1")
    page.get_by_role("button", name=re.compile("^(Save|保存)$")).click()
    expect(page.get_by_label(re.compile("^API"))).to_have_attribute("aria-invalid", "true")
    check(page)
