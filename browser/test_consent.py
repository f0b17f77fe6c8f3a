import re
from urllib.parse import quote, urlsplit

import pytest
import requests
from conftest import Target
from cozepy import Coze, PKCEOAuthApp, TokenAuth, WebOAuthApp

STATE = "a&b=c <script>alert('state')</script>"


@pytest.fixture
def web(make_app, target, server):
    """An app with a site, and the SDK's way to it."""
    made = make_app("web", target.callback)
    return WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url)


def ask(visit, app, target, **options) -> None:
    visit.goto(app.get_oauth_url(target.callback, STATE, **options))


def test_a_person_sees_what_is_asked_for_allows_it_and_the_app_gets_its_token(
    visit, person, target, web, server
):
    ask(visit, web, target)
    assert visit.path == "/sign-in"
    visit.sign_in(person)
    assert visit.path == "/oauth/consent"
    assert visit.heading == "Report writer asks for access"
    for shown in ["Writes reports.", person.name, target.callback, "hold chats with bots", "chat", "getMetadata"]:
        assert shown in visit.text
    assert "Made by" in visit.text
    visit.press("Allow")
    visit.page.wait_for_url("**/callback?**")
    answer = target.answer()
    assert answer["state"] == STATE
    token = web.get_access_token(target.callback, answer["code"])
    coze = Coze(auth=TokenAuth(token.access_token), base_url=server.url)
    assert coze.users.me().user_id == person.id
    assert web.refresh_access_token(token.refresh_token).access_token != token.access_token


@pytest.mark.parametrize("method", ["plain", "S256"])
def test_an_app_without_a_secret_comes_back_with_a_proof(inside, person, target, make_app, server, method):
    app = PKCEOAuthApp(make_app("pkce", target.callback)["client_id"], base_url=server.url)
    verifier = "a-verifier-that-only-the-app-knows-" + "x" * 20
    inside.goto(app.get_oauth_url(target.callback, verifier, method, STATE))
    inside.press("Allow")
    inside.page.wait_for_url("**/callback?**")
    code = target.answer()["code"]
    token = app.get_access_token(target.callback, code, verifier)
    assert Coze(auth=TokenAuth(token.access_token), base_url=server.url).users.me().user_id == person.id


def test_a_person_denies(inside, person, target, web):
    ask(inside, web, target)
    inside.press("Deny")
    inside.page.wait_for_url("**/callback?**")
    answer = target.answer()
    assert answer["error"] == "access_denied"
    assert answer["state"] == STATE
    assert "code" not in answer


def test_only_the_chosen_workspaces_are_reached(visit, newcomer, target, web, server, api):
    own = server.api(newcomer.token(api))
    second = own.post("/v1/workspaces", {"name": "<b>Second</b>", "description": "for reports"}).ok().data["id"]
    ask(visit, web, target)
    visit.sign_in(newcomer)
    boxes = visit.page.get_by_role("checkbox")
    assert boxes.count() == 0, "they are hidden while all are chosen"
    visit.page.get_by_label("Only these:").check()
    assert boxes.count() == 2
    # None is no choice.
    visit.press("Allow")
    assert "Choose at least one" in visit.page.get_by_role("alert").inner_text()
    assert target.visits == []
    visit.page.get_by_label("<b>Second</b>").check()
    visit.press("Allow")
    visit.page.wait_for_url("**/callback?**")
    token = web.get_access_token(target.callback, target.answer()["code"]).access_token
    coze = Coze(auth=TokenAuth(token), base_url=server.url)
    assert [workspace.id for workspace in coze.workspaces.list()] == [second]


def test_all_workspaces_are_reached_unless_some_are_chosen(visit, newcomer, target, web, server, api):
    own = server.api(newcomer.token(api))
    own.post("/v1/workspaces", {"name": "Second", "description": "x"}).ok()
    ask(visit, web, target)
    visit.sign_in(newcomer)
    visit.press("Allow")
    visit.page.wait_for_url("**/callback?**")
    token = web.get_access_token(target.callback, target.answer()["code"]).access_token
    own.post("/v1/workspaces", {"name": "Later", "description": "x"}).ok()
    coze = Coze(auth=TokenAuth(token), base_url=server.url)
    assert len(list(coze.workspaces.list())) == 3


def test_an_app_that_asks_for_one_workspace_gets_nothing_of_the_account(inside, person, target, web, server, api):
    workspace = server.api(person.token(api)).get("/v1/workspaces").ok().data["workspaces"][0]
    ask(inside, web, target, workspace_id=workspace["id"])
    assert workspace["name"] in inside.text
    assert "this workspace only" in inside.text
    assert "getMetadata" in inside.text
    assert "hold chats" not in inside.text and "In your account" not in inside.text
    assert inside.page.get_by_role("radio").count() == 0
    inside.press("Allow")
    inside.page.wait_for_url("**/callback?**")
    token = web.get_access_token(target.callback, target.answer()["code"]).access_token
    assert server.api(token).get("/v1/workspaces").code == 4101


def test_a_workspace_of_others_looks_like_none(inside, person, target, web, server, api):
    foreign = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    texts = []
    for workspace in [foreign, "7300000000000000001"]:
        inside.goto(web.get_oauth_url(target.callback, STATE, workspace_id=workspace))
        assert inside.heading == "This did not work"
        texts.append(inside.text.replace(workspace, "ID"))
    assert texts[0] == texts[1]
    assert target.visits == []


def test_the_app_may_lead_on_to_another_host(open_visit, person, target, web):
    other = Target()
    target.next = other.url + "/welcome"
    visit = open_visit(allowed=[target.url, other.url])
    ask(visit, web, target)
    visit.sign_in(person)
    visit.press("Allow")
    visit.page.wait_for_url(other.url + "/welcome")
    other.close()


FORGED = [
    ({"redirect_uri": "https://evil.example/callback"}, 400),
    ({"redirect_uri": "{callback}/"}, 400),
    ({"redirect_uri": "{callback}.evil.example"}, 400),
    ({"redirect_uri": ""}, 400),
    ({"client_id": "7300000000000000001.app.coze"}, 401),
    ({"client_id": ""}, 400),
]


@pytest.mark.parametrize("change, status", FORGED)
def test_a_forged_request_shows_an_error_and_leads_nowhere(inside, person, target, web, change, status):
    address = urlsplit(web.get_oauth_url(target.callback, STATE))
    fields = dict(pair.split("=", 1) for pair in address.query.split("&"))
    for name, value in change.items():
        fields[name] = quote(value.replace("{callback}", target.callback), safe="")
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    reply = inside.goto(f"{address.path}?{query}")
    assert reply.status == status
    assert inside.heading == "This did not work"
    assert inside.page.locator("main a, main form").count() == 0
    assert target.visits == []


def test_a_fault_that_the_app_made_is_told_to_the_app(visit, target, make_app, server):
    client = make_app("pkce", target.callback)["client_id"]
    visit.goto(
        f"/api/permission/oauth2/authorize?response_type=code&client_id={client}"
        f"&redirect_uri={quote(target.callback, safe='')}&state={quote(STATE, safe='')}")
    answer = target.answer()
    assert answer["error"] == "invalid_request" and answer["state"] == STATE


@pytest.mark.parametrize("key", ["", "nonsense", "e30.e30", "x" * 3000])
def test_a_key_that_is_none_is_told(inside, person, key):
    assert inside.goto(f"/oauth/consent?authorize_key={key}").status == 400
    assert "expired" in inside.text


def test_an_answer_needs_the_session_s_own_form(inside, person, target, web, server):
    ask(inside, web, target)
    key = inside.page.locator("[name=authorize_key]").get_attribute("value")
    token = inside.page.locator("main [name=csrf_token]").get_attribute("value")

    def post(**form):
        return inside.page.request.post(server.url + "/oauth/consent", form=form, max_redirects=0)

    for wrong in [{}, {"csrf_token": ""}, {"csrf_token": "0" * 64}, {"csrf_token": token[:-1]}]:
        reply = post(authorize_key=key, decision="allow", **wrong)
        assert reply.status == 403 and "location" not in reply.headers
    assert post(authorize_key=key, csrf_token=token).status == 400, "neither allowed nor denied"
    # Without the cookie the token is worth nothing.
    form = {"authorize_key": key, "csrf_token": token, "decision": "allow"}
    stranger = requests.post(server.url + "/oauth/consent", data=form, allow_redirects=False)
    assert stranger.headers["Location"].startswith("/sign-in?")
    assert target.visits == []
    reply = post(**form)
    assert reply.status == 303 and reply.headers["location"].startswith(target.callback + "?code=")


def test_another_s_workspace_is_not_granted(inside, person, target, web, server, api):
    foreign = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    ask(inside, web, target)
    inside.page.get_by_label("Only these:").check()
    box = inside.page.get_by_role("checkbox").first
    box.evaluate("(box, id) => { box.value = id }", foreign)
    box.check()
    inside.press("Allow")
    assert inside.heading == "This did not work"
    assert target.visits == []


def test_script_in_names_is_shown_as_text(inside, person, target, make_app, server):
    name = "<script>alert(1)</script>\"\u0301 x=\""
    made = make_app("web", target.callback, name=name)
    ask(inside, WebOAuthApp(made["client_id"], made["client_secret"], base_url=server.url), target)
    assert inside.heading == f"{name} asks for access"
    assert inside.page.title().startswith(name)
    assert inside.page.locator("script").count() == 0


def test_somebody_else_can_sign_in_instead_and_come_back(visit, person, target, web, api):
    ask(visit, web, target)
    visit.sign_in(person)
    visit.press("Sign out")
    assert visit.path == "/sign-in"
    visit.sign_in(person)
    assert visit.path == "/oauth/consent"
    assert visit.heading == "Report writer asks for access"


def test_pages_that_ask_cannot_be_framed_or_kept(inside, person, target, web, server):
    ask(inside, web, target)
    headers = inside.goto(inside.page.url).headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
    assert re.search(r"form-action 'self' http:(;|$)", policy)
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
