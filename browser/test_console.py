"""What holds for every page of the console: languages, widths, axe's rules, weight, the keyboard."""

import os
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import PASSWORD
from playwright.sync_api import expect

SHOTS = os.environ.get("BUCKLE_SHOTS")
"""A directory for pictures of all pages, to be looked at; none are taken without it."""
MENU = [
    "agents", "conversations", "models", "tokens", "oauth-apps", "members", "enterprises", "accounts", "usage", "audit",
    "system", "playground", "embedding",
]


@pytest.fixture(scope="module")
def owner(api):
    """An operator with something on every page: the cookie of a session, and the paths of all pages."""
    body = {"user_name": "looker", "nick_name": "Looker", "password": PASSWORD, "is_operator": True}
    account = api.post("/buckle/v1/accounts", body).ok().data["user_id"]
    secret = api.post(f"/buckle/v1/accounts/{account}/tokens", {"name": "mine", "permissions": ["all"]}).ok().data["secret"]
    mine = type(api)(api.url, secret)
    workspace = mine.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    bot = mine.post("/v1/bot/create", {
        "space_id": workspace, "name": "向导 Guide", "description": "Knows **Hangzhou**.",
        "prompt_info": {"prompt": "You know {{city}}."},
        "onboarding_info": {"prologue": "Hello!", "suggested_questions": ["What shall I see?"]}}).ok().data["bot_id"]
    mine.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024", "999"]}).ok()
    question = {"role": "user", "content": "| a | b |\n|---|---|\n| 1 | 2 |\n\n```swift\nlet x = 1\n```", "content_type": "text"}
    mine.raw("POST", "/v3/chat", json={
        "bot_id": bot, "user_id": "u", "stream": True, "additional_messages": [question]}).text
    conversation = mine.get("/buckle/v1/conversations").ok().data["conversations"][0]["id"]
    reply = api.raw("POST", "/buckle/v1/sessions", json={"account": "looker", "password": PASSWORD})
    pages = {name: f"/{name}" for name in [*MENU, "welcome", "account"]} | {
        "agent": f"/agents/{bot}", "conversation": f"/conversations/{conversation}", "chat": f"/chat/{bot}/{conversation}",
        "chat-new": f"/chat/{bot}",
    }
    return reply.cookies["buckle_session"], pages


def enter(visit, cookie):
    visit.page.context.add_cookies([{"name": "buckle_session", "value": cookie, "url": visit.server.url}])
    return visit


def ready(visit, path):
    visit.goto(path)
    visit.page.wait_for_selector("html[data-ready]")
    visit.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("locale, scheme", [("en-US", "light"), ("zh-CN", "dark")])
def test_every_page_keeps_the_rules_of_accessibility(open_visit, owner, locale, scheme):
    cookie, pages = owner
    visit = enter(open_visit(locale=locale, color_scheme=scheme, reduced_motion="reduce"), cookie)
    found = []
    for name, path in pages.items():
        for width in [1280, 360]:
            visit.page.set_viewport_size({"width": width, "height": 800})
            ready(visit, path)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than {width}"
            if SHOTS:
                visit.page.screenshot(path=f"{SHOTS}/console-{name}-{scheme}-{width}.png", full_page=True)
        faults = visit.faults[:]
        for violation in Axe().run(visit.page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found.append((name, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]]))
        # Axe puts styles of its own into the page, which the page's policy refuses.
        visit.faults[:] = faults
        assert visit.page.locator("html").get_attribute("lang") == {"en-US": "en", "zh-CN": "zh-CN"}[locale]
        assert visit.page.get_by_role("heading", level=1).count() == 1, name
    assert found == []


def test_the_first_load_is_light(open_visit, owner):
    cookie, pages = owner
    # The playground has names of its own in Chinese.
    visits = [(name, "en-US") for name in pages] + [("playground", "zh-CN")]
    for name, locale in visits:
        visit = enter(open_visit(locale=locale), cookie)
        session = visit.page.context.new_cdp_session(visit.page)
        session.send("Network.enable")
        loaded = {}
        session.on("Network.responseReceived", lambda event: loaded.setdefault(
            event["requestId"], [urlsplit(event["response"]["url"]).path, 0]))
        session.on("Network.loadingFinished", lambda event: loaded.get(event["requestId"], [0, 0]).__setitem__(
            1, event["encodedDataLength"]))
        ready(visit, pages[name])
        # The API's own description, which the playground reads, is data and not the page.
        page = sum(size for path, size in loaded.values() if not path.startswith(("/buckle/", "/v1/", "/v3/", "/openapi")))
        assert 0 < page < 150_000, f"{name} loads {page} bytes: {sorted(loaded.values(), key=lambda one: -one[1])[:5]}"
        visit.page.close()


def test_the_menu_leads_to_every_page_and_says_where_one_is(open_visit, owner):
    visit = enter(open_visit(), owner[0])
    visit.goto("/")
    menu = visit.page.get_by_role("navigation", name="Menu")
    assert [urlsplit(link.get_attribute("href")).path.strip("/") for link in menu.get_by_role("link").all()] == MENU
    for name in MENU:
        menu.locator(f'a[href="/{name}"]').click()
        visit.page.wait_for_url(f"**/{name}*")
        expect(menu.locator("a[aria-current=page]")).to_have_attribute("href", f"/{name}")


def test_on_a_phone_the_menu_opens_by_a_button(open_visit, owner):
    visit = enter(open_visit(viewport={"width": 390, "height": 800}), owner[0])
    ready(visit, "/tokens")
    link = visit.page.get_by_role("link", name="Usage")
    expect(link).to_be_hidden()
    visit.page.get_by_role("button", name="Menu").press("Enter")
    expect(link).to_be_visible()


def test_the_language_is_chosen_and_kept(open_visit, owner):
    visit = enter(open_visit(), owner[0])
    ready(visit, "/tokens")
    visit.press("中文")
    visit.page.wait_for_selector("html[lang=zh-CN][data-ready]")
    assert (visit.path, visit.heading) == ("/tokens", "令牌")
    ready(visit, "/usage")
    assert visit.heading == "用量"
    visit.press("English")
    visit.page.wait_for_selector("html[lang=en][data-ready]")
    assert visit.heading == "Usage"


def test_the_keyboard_skips_the_menu(open_visit, owner):
    visit = enter(open_visit(), owner[0])
    ready(visit, "/tokens")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to content"
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.activeElement.id === 'main'")


def test_who_is_not_signed_in_comes_back_after_signing_in(visit, person):
    visit.goto("/usage?period=month")
    assert visit.path == "/sign-in"
    visit.sign_in(person)
    visit.page.wait_for_selector("html[data-ready]")
    assert visit.path == "/usage"
