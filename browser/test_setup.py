"""The very first visit: from the link that the first start prints to the console."""

import re
import secrets
from urllib.parse import urldefrag

import pytest
from conftest import PASSWORD
from harness import Buckle, eventually
from playwright.sync_api import expect
from test_looks import CONTRAST, UNNAMED


@pytest.fixture
def new_server(tmp_path):
    """A server that nobody has signed in to yet."""
    server = Buckle(tmp_path)
    try:
        yield server.start(options=("--port", "0", "--log-level", "debug"))
    finally:
        server.remove()


@pytest.fixture
def link(new_server) -> str:
    """What is printed to be opened."""
    pattern = r"http://\S+/setup#token=pat_[0-9a-f]+"
    found = eventually(lambda: re.search(pattern, new_server.output), within=20)
    assert found, new_server.output
    assert found.group(0) == f"{new_server.url}/setup#token={new_server.token}"
    return found.group(0)


def fill(page, password=PASSWORD, again=None):
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Name that others see").fill("Ada Lovelace")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again").fill(again or password)


def test_the_link_leads_to_a_form_and_the_form_into_the_console(new_server, link, open_visit):
    visit = open_visit(at=new_server)
    asked = []
    visit.page.on("request", lambda request: asked.append(request))
    visit.goto(link)
    page = visit.page
    page.wait_for_url("**/setup")
    page.wait_for_function("document.activeElement.id === 'user_name'")
    assert not page.get_by_label("Token").is_visible(), "the token is filled in, and not shown to whoever looks on"
    fill(page)
    visit.press("Set up and sign in")
    page.wait_for_url("**/welcome")
    assert page.get_by_role("link", name="Ada Lovelace").is_visible()
    page.go_back()
    assert page.url == new_server.url + "/setup", "the token is not among the visited addresses"
    for request in asked:
        assert new_server.token not in urldefrag(request.url).url
        assert new_server.token not in request.headers.get("referer", "")
    assert new_server.token not in new_server.log.read_text()
    me = new_server.api().get("/buckle/v1/users/me").ok().data
    assert (me["user_name"], me["nick_name"], me["has_password"]) == ("ada", "Ada Lovelace", True)

    other = open_visit(at=new_server)
    other.goto("/sign-in")
    assert other.page.get_by_role("link", name="First time here?").count() == 0
    other.page.get_by_label("Name or email").fill("ada")
    other.page.get_by_label("Password").fill(PASSWORD)
    other.press("Sign in")
    assert other.path != "/sign-in"


def test_without_scripts_the_token_is_put_in_by_hand(new_server, link, open_visit):
    visit = open_visit(at=new_server, java_script_enabled=False)
    visit.goto("/")
    visit.page.get_by_role("link", name="First time here?").click()
    assert visit.path == "/setup"
    visit.page.get_by_label("Token").fill(new_server.token)
    fill(visit.page)
    visit.press("Set up and sign in")
    visit.page.wait_for_url("**/welcome")


def test_what_is_wrong_is_told_and_the_token_of_the_link_is_kept(new_server, link, open_visit):
    visit = open_visit(at=new_server)
    visit.goto(link)
    visit.page.wait_for_url("**/setup")
    fill(visit.page, again="correct horse batteries")
    visit.press("Set up and sign in")
    again = visit.page.get_by_label("Password again")
    expect(again).to_have_accessible_description("The two passwords are not the same.")
    expect(again).to_be_focused()
    assert visit.page.get_by_label("User name").input_value() == "ada"
    assert visit.page.get_by_label("Token").input_value() == new_server.token
    fill(visit.page)
    visit.press("Set up and sign in")
    visit.page.wait_for_url("**/welcome")


def test_a_wrong_token_sets_nothing_up(new_server, link, open_visit):
    visit = open_visit(at=new_server)
    visit.goto(f"/setup#token=pat_{secrets.token_hex(32)}")
    visit.page.wait_for_url("**/setup")
    fill(visit.page)
    visit.press("Set up and sign in")
    expect(visit.page.get_by_label("Token")).to_have_accessible_description(re.compile("^This token is wrong"))
    assert not [c for c in visit.page.context.cookies() if c["name"] == "buckle_session"]
    # The right link in the same window only changes what is behind the #.
    visit.goto(link)
    visit.page.wait_for_url("**/setup")
    assert visit.page.get_by_label("Token").input_value() == new_server.token


def test_the_token_is_kept_in_another_language(new_server, link, open_visit):
    visit = open_visit(at=new_server)
    visit.goto(link)
    visit.page.wait_for_url("**/setup")
    visit.press("中文")
    visit.page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    visit.page.wait_for_url("**/setup")
    assert visit.heading == "设置您的账号"
    assert visit.page.locator("#token").input_value() == new_server.token
    # The choice stays.
    visit.goto("/sign-in")
    assert visit.heading == "登录"
    visit.press("English")
    assert visit.heading == "Sign in"


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_can_be_read_and_used(open_visit, server, locale, scheme):
    visit = open_visit(locale=locale, color_scheme=scheme)
    visit.goto("/setup")
    measured = visit.page.evaluate(CONTRAST)
    assert measured["texts"] >= 3 and measured["found"] == []
    assert visit.page.evaluate(UNNAMED) == []
    for width in [360, 1280]:
        visit.page.set_viewport_size({"width": width, "height": 800})
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
