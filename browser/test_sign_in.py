import re
import time
from urllib.parse import quote

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from conftest import PASSWORD, Person
from playwright.sync_api import expect


def form_token(html: str) -> str:
    return re.search(r'name="form_token" value="([0-9a-f]{64})"', html).group(1)


@pytest.fixture
def plain():
    session = requests.Session()
    session.trust_env = False
    return session


def test_a_person_signs_in_sees_who_they_are_and_signs_out(visit, person):
    visit.goto("/")
    assert visit.path == "/sign-in"
    visit.sign_in(person)
    assert visit.path == "/agents"
    assert visit.page.get_by_role("link", name=person.shown_name).is_visible()
    visit.goto("/sign-in")
    assert visit.path == "/agents", "who is signed in already needs no form"
    visit.press("Sign out")
    assert visit.path == "/sign-in"
    visit.goto("/")
    assert visit.path == "/sign-in"


def test_the_session_cookie_is_hidden_from_scripts_and_dies_with_the_session(visit, person, server, plain):
    visit.goto("/sign-in")
    visit.sign_in(person)
    cookie = next(c for c in visit.page.context.cookies() if c["name"] == "buckle_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    header = {"Cookie": f"buckle_session={cookie['value']}"}
    assert plain.get(server.url + "/agents", headers=header, allow_redirects=False).status_code == 200
    visit.press("Sign out")
    assert plain.get(server.url + "/agents", headers=header, allow_redirects=False).headers["Location"].startswith("/sign-in")


def test_a_wrong_password_is_told_and_what_was_typed_is_kept(visit, person):
    visit.goto("/sign-in?return_to=" + quote("/oauth/device"))
    visit.sign_in(Person(person.id, person.name, "", "wrong"))
    assert "no account with this name and password" in visit.page.get_by_role("alert").inner_text()
    assert visit.page.get_by_label("Name or email").input_value() == person.name
    assert visit.page.get_by_label("Password").input_value() == ""
    visit.sign_in(person)
    assert visit.path == "/oauth/device", "the way back was not lost"


def test_an_unknown_name_looks_like_a_wrong_password(server, person, plain):
    token = form_token(plain.get(server.url + "/sign-in").text)

    def refusal(name):
        form = {"account": name, "password": "wrong wrong", "form_token": token}
        reply = plain.post(server.url + "/sign-in", data=form, allow_redirects=False)
        assert reply.status_code == 401
        assert "buckle_session" not in reply.cookies
        return reply.text.replace(name, "NAME")

    assert refusal(person.name) == refusal("nobody-at-all")


def test_who_guesses_passwords_is_made_to_wait(server, newcomer, plain):
    token = form_token(plain.get(server.url + "/sign-in").text)
    form = {"account": newcomer.name, "password": "wrong wrong", "form_token": token}
    for _ in range(30):
        reply = plain.post(server.url + "/sign-in", data=form)
        if reply.status_code == 429:
            break
        assert reply.status_code == 401
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) >= 1
    assert "Try again in 1 min" in reply.text
    time.sleep(int(reply.headers["Retry-After"]))
    right = {**form, "password": PASSWORD}
    assert plain.post(server.url + "/sign-in", data=right, allow_redirects=False).status_code == 303


ELSEWHERE = [
    "//evil.example", "/\\evil.example", "https://evil.example/", "\\\\evil.example", "/\t/evil.example",
    "/\n/evil.example", " //evil.example", "javascript:alert(1)", "evil.example", "", "/ü",
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_a_way_back_that_leads_elsewhere_is_not_followed(server, session, plain, elsewhere):
    page = plain.get(server.url + "/sign-in", params={"return_to": elsewhere})
    assert 'name="return_to" value="/"' in page.text
    # Nor is it for those who have signed in already.
    reply = plain.get(
        server.url + "/sign-in", params={"return_to": elsewhere}, cookies={"buckle_session": session},
        allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_a_way_back_that_was_put_into_the_form_is_not_followed_either(server, person, plain):
    token = form_token(plain.get(server.url + "/sign-in").text)
    form = {"account": person.name, "password": PASSWORD, "return_to": "//evil.example", "form_token": token}
    reply = plain.post(server.url + "/sign-in", data=form, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_the_browser_too_stays_at_the_server(visit, person):
    visit.goto("/sign-in?return_to=//evil.example")
    visit.sign_in(person)
    assert visit.page.url == visit.server.url + "/agents"


def test_a_form_that_another_site_made_does_not_sign_in(server, person, plain):
    form = {"account": person.name, "password": PASSWORD}
    token = form_token(plain.get(server.url + "/sign-in").text)
    right = {**form, "form_token": token}

    def refused(**options):
        reply = requests.post(server.url + "/sign-in", allow_redirects=False, **options)
        assert reply.status_code == 403, options
        assert "buckle_session" not in reply.cookies

    refused(data=form)
    refused(data=right)
    refused(data=right, cookies={"buckle_form": "0" * 64})
    refused(data=form, cookies={"buckle_form": token})
    refused(data={**form, "form_token": "x"}, cookies={"buckle_form": "x"})
    for site in ["cross-site", "same-site"]:
        refused(data=right, cookies={"buckle_form": token}, headers={"Sec-Fetch-Site": site})
    reply = requests.post(
        server.url + "/sign-in", data=right, cookies={"buckle_form": token}, allow_redirects=False)
    assert reply.status_code == 303 and reply.cookies["buckle_session"]


def test_signing_out_needs_the_session_s_own_form(visit, person, server):
    visit.goto("/sign-in")
    visit.sign_in(person)
    for form in [{}, {"csrf_token": "0" * 64}]:
        reply = visit.page.request.post(server.url + "/sign-out", form=form, max_redirects=0)
        assert reply.status == 403
    visit.goto("/")
    assert visit.path == "/agents"


def test_what_was_typed_is_shown_as_text(visit):
    visit.goto("/sign-in")
    # Browsers end the attribute at a quotation mark, whatever accent follows it.
    typed = '"\u0301 data-injected="1"><script>alert(1)</script>'
    visit.sign_in(Person("", typed, "", "wrong"))
    assert visit.page.get_by_label("Name or email").input_value() == typed
    assert visit.page.locator("[data-injected], main script").count() == 0


def test_there_is_no_registration_unless_it_is_open(visit, server):
    assert visit.goto("/register").status == 404
    assert visit.page.request.post(server.url + "/register", form={"user_name": "x"}).status == 404
    visit.goto("/sign-in")
    assert visit.page.get_by_role("link", name="Create an account").count() == 0


def test_anybody_registers_where_it_is_open(open_visit, open_server):
    visit = open_visit(at=open_server)
    visit.goto("/sign-in?return_to=" + quote("/oauth/device"))
    visit.page.get_by_role("link", name="Create an account").click()
    page = visit.page
    page.get_by_label("User name").fill("grace")
    page.get_by_label("Name that others see").fill("Grace Hopper")
    page.get_by_label("Password").fill("grace-grace-grace")
    visit.press("Create account")
    assert visit.path == "/oauth/device"
    assert "Grace Hopper" in page.get_by_role("banner").inner_text()
    visit.press("Sign out")
    # A name that is taken is told, and nothing that was typed is lost but the password.
    visit.goto("/register")
    page.get_by_label("User name").fill("GRACE")
    page.get_by_label("Email").fill("g@example.com")
    page.get_by_label("Password").fill("grace-grace-grace")
    visit.press("Create account")
    expect(page.get_by_label("User name")).to_have_accessible_description(re.compile("^Somebody else has this user name"))
    assert page.get_by_label("Email").input_value() == "g@example.com"


LABELS = {
    "en-US": ["User name", "Email", "Password", "Create account"],
    "zh-CN": ["用户名", "邮箱", "密码", "注册"],
}
SLIPS = {
    "en-US": ["Somebody else has this user name", "Another account has this email address", "must not be the user name"],
    "zh-CN": ["该用户名已被使用", "该邮箱已被其他账号使用", "密码不能与用户名或邮箱相同"],
}


@pytest.mark.parametrize("locale", LABELS)
def test_what_is_wrong_is_told_at_its_field_in_one_s_language(open_visit, open_server, locale):
    taken = f"first-{locale}"
    open_server.api().post("/buckle/v1/accounts", {"user_name": taken, "email": f"{taken}@example.com"}).ok()
    visit = open_visit(at=open_server, locale=locale)
    visit.goto("/register")
    page = visit.page
    user, email, password, button = LABELS[locale]

    def field(name):
        return page.get_by_label(name, exact=True)

    expect(field(user)).to_be_focused()
    free = f"second-{locale}"
    tries = [(user, [taken, "", PASSWORD]), (email, [free, f"{taken}@example.com", PASSWORD]), (password, [free, "", free])]
    for (wrong, typed), text in zip(tries, SLIPS[locale], strict=True):
        for name, value in zip([user, email, password], typed, strict=True):
            field(name).fill(value)
        visit.press(button)
        expect(field(wrong)).to_have_accessible_description(re.compile(text))
        expect(field(wrong)).to_have_attribute("aria-invalid", "true")
        expect(field(wrong)).to_be_focused()
        expect(page.get_by_text(text)).to_be_visible()
        assert page.locator("[aria-invalid]").count() == 1
        assert "parameter" not in visit.text and "user_name" not in visit.text
    faults = visit.faults[:]
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    # Axe puts styles of its own into the page, which the page's policy refuses.
    visit.faults[:] = faults
