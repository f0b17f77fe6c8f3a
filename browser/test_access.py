"""Tokens, OAuth apps, workspaces, enterprises, people, usage, the audit log and the system page."""

import re

import pytest
from conftest import PASSWORD, Person
from playwright.sync_api import expect


def sign_in(visit, server, token_of=None, name=None, password=PASSWORD):
    """A session of somebody's, without the form."""
    reply = server.api().raw("POST", "/buckle/v1/sessions", json={"account": name, "password": password})
    cookie = reply.cookies["buckle_session"]
    visit.page.context.add_cookies([{"name": "buckle_session", "value": cookie, "url": server.url}])


@pytest.fixture(scope="module")
def operator(api) -> Person:
    """Somebody who manages the server."""
    body = {"user_name": "boss", "nick_name": "The Boss", "password": PASSWORD, "is_operator": True}
    return Person(api.post("/buckle/v1/accounts", body).ok().data["user_id"], "boss", "The Boss")


@pytest.fixture
def boss(visit, server, operator):
    """A browser in which the operator has signed in."""
    sign_in(visit, server, name=operator.name)
    return visit


def row(page, text):
    return page.get_by_role("row").filter(has_text=text)


def test_a_token_is_made_used_and_revoked(inside, server):
    visit, page = inside, inside.page
    visit.goto("/tokens")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("reader")
    dialog.get_by_label("Only these:").first.check()
    dialog.get_by_label("Filter permissions").fill("listConversation")
    dialog.get_by_label(re.compile("^listConversation")).check()
    dialog.get_by_role("button", name="New token").click()
    secret = page.get_by_label("Token", exact=True).input_value()
    assert secret.startswith("pat_")
    page.get_by_role("button", name="I have copied it").click()
    reader = server.api(secret)
    assert reader.get("/buckle/v1/conversations").code == 0
    assert reader.get("/v1/workspaces").code == 4101
    expect(row(page, "reader")).to_contain_text("listConversation")
    row(page, "reader").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row(page, "reader")).to_contain_text("revoked")
    assert reader.get("/buckle/v1/conversations").status == 401


def test_permissions_are_told_in_the_readers_language(open_visit, session, server):
    visit = open_visit(locale="zh-CN")
    page = visit.page
    page.context.add_cookies([{"name": "buckle_session", "value": session, "url": server.url}])
    visit.goto("/tokens")
    page.get_by_role("button", name="新建令牌").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("仅限以下权限：").first.check()
    dialog.get_by_label("筛选权限").fill("重命名")
    expect(dialog.get_by_label(re.compile("^updateConversation|^editConversation")).first).to_be_visible()
    expect(dialog.get_by_label(re.compile("^listConversation"))).to_be_hidden()


def test_a_service_app_is_made_with_a_key(inside):
    page = inside.page
    inside.goto("/oauth-apps")
    page.get_by_role("button", name="New app").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Type").select_option("service")
    dialog.get_by_label("Name", exact=True).fill("Signer <b>&")
    dialog.get_by_text("Conversations", exact=True).click()
    dialog.get_by_label(re.compile("^editConversation")).check()
    dialog.get_by_role("button", name="New app").click()
    page.get_by_role("button", name="Make a key pair").click()
    assert "PRIVATE KEY" in page.get_by_label("Private key (PEM)").input_value()
    page.get_by_role("button", name="I have copied it").click()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(row(page, "Signer <b>&")).to_contain_text("editConversation")
    row(page, "Signer <b>&").get_by_role("button", name="Open").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").last.get_by_role("button", name="Delete").click()
    expect(row(page, "Signer")).to_have_count(0)


def test_a_member_is_invited_given_a_role_and_removed(inside, newcomer, server, api):
    page = inside.page
    inside.goto("/members")
    page.get_by_role("button", name="New workspace").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Editors")
    page.get_by_role("dialog").get_by_role("button", name="New workspace").click()
    page.get_by_role("heading", name="Members of Editors").wait_for()
    page.get_by_role("button", name="Add a member").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name or e-mail").fill("nobody-at-all")
    dialog.get_by_role("button", name="Add a member").click()
    expect(dialog.get_by_text("There is no such person")).to_be_visible()
    dialog.get_by_label("User name or e-mail").fill(newcomer.name)
    dialog.get_by_role("button", name="Add a member").click()
    expect(row(page, newcomer.name).get_by_role("button", name="Withdraw")).to_be_visible()
    theirs = server.api(newcomer.token(api))
    invitation = theirs.get("/buckle/v1/invitations").ok().data["items"][0]["invitation_id"]
    theirs.post(f"/buckle/v1/invitations/{invitation}/accept", {}).ok()
    page.reload()
    row(page, newcomer.name).get_by_role("combobox").select_option("admin")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    page.reload()
    expect(row(page, newcomer.name).get_by_role("combobox")).to_have_value("admin")
    row(page, newcomer.name).get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row(page, newcomer.name)).to_have_count(0)
    row(page, "Editors").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_load_state()
    expect(row(page, "Editors")).to_have_count(0)


def test_an_enterprise_holds_people_and_organizations(boss, newcomer):
    page = boss.page
    boss.goto("/enterprises")
    page.get_by_role("button", name="New enterprise").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Acme")
    page.get_by_role("dialog").get_by_role("button", name="New enterprise").click()
    page.get_by_role("heading", name="Acme").wait_for()
    page.get_by_role("button", name="Add a person").click()
    page.get_by_role("dialog").get_by_label("User name or e-mail").fill(newcomer.name)
    page.get_by_role("dialog").get_by_role("button", name="Add a person").click()
    expect(row(page, newcomer.name)).to_be_visible()
    page.get_by_role("button", name="New organization").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Research")
    dialog.get_by_label(re.compile("super admin")).fill(newcomer.name)
    dialog.get_by_role("button", name="New organization").click()
    expect(row(page, "Research")).to_be_visible()
    row(page, "Research").get_by_role("button", name="Members").click()
    expect(page.get_by_role("dialog").get_by_role("row").filter(has_text=newcomer.name)).to_be_visible()


def test_operators_manage_people_and_others_do_not(boss, server, open_visit, person, session):
    page = boss.page
    boss.goto("/accounts")
    page.get_by_role("button", name="New person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name").fill("grace")
    dialog.get_by_label("Shown name").fill("Grace <i>Hopper")
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_role("button", name="New person").click()
    expect(row(page, "Grace <i>Hopper")).to_contain_text("active")
    row(page, "grace").get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    expect(row(page, "grace")).to_contain_text("disabled")
    reply = server.api().raw("POST", "/buckle/v1/sessions", json={"account": "grace", "password": PASSWORD})
    assert "buckle_session" not in reply.cookies
    row(page, "grace").get_by_role("button", name="Enable").click()
    expect(row(page, "grace")).to_contain_text("active")

    other = open_visit()
    other.page.context.add_cookies([{"name": "buckle_session", "value": session, "url": server.url}])
    other.goto("/accounts")
    assert other.page.get_by_role("heading", level=1).inner_text() == "This did not work"
    assert "Grace" not in other.text
    other.goto("/agents")
    assert other.page.get_by_role("link", name="People").count() == 0
    assert other.page.get_by_role("link", name="System").count() == 0


def test_the_audit_log_is_filtered(boss):
    page = boss.page
    boss.goto("/audit")
    page.get_by_label("Action").fill("account.create")
    expect(page.get_by_role("row").nth(1)).to_contain_text("account.create")
    page.get_by_label("Action").fill("nothing.of_the_kind")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()


def test_usage_shows_chats_by_agent_and_model(inside, server, api, person):
    mine = server.api(person.token(api))
    workspace = mine.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
    bot = mine.post("/v1/bot/create", {"space_id": workspace, "name": "Counted <s>"}).ok().data["bot_id"]
    mine.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]}).ok()
    question = {"role": "user", "content": "count me", "content_type": "text"}
    mine.raw("POST", "/v3/chat", json={
        "bot_id": bot, "user_id": "u", "stream": True, "additional_messages": [question]}).text
    page = inside.page

    def counted():
        inside.goto("/usage?period=day")
        page.wait_for_selector("html[data-ready]")
        return row(page, "Counted <s>").count()

    # Counted as chats end, and stored some seconds later.
    for _ in range(20):
        if counted():
            break
        page.wait_for_timeout(500)
    expect(row(page, "Counted <s>").first).to_contain_text("1")
    expect(page.get_by_role("img", name="Tokens")).to_be_visible()
    assert page.get_by_role("heading", name="Requests to the whole server").count() == 0, "that is for operators"


def test_the_system_page_makes_a_backup(boss):
    page = boss.page
    boss.goto("/system")
    expect(page.get_by_role("main")).to_contain_text("SQLite")
    page.get_by_role("button", name="Back up now").click()
    expect(row(page, ".backup")).to_contain_text("done", timeout=20_000)
    with page.expect_download() as download:
        row(page, ".backup").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.endswith(".backup")
    row(page, ".backup").get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row(page, ".backup")).to_have_count(0)


def test_one_s_own_account_is_changed(visit, server, newcomer):
    sign_in(visit, server, name=newcomer.name)
    page = visit.page
    visit.goto("/account")
    page.get_by_label("Name that others see").fill("Countess <b>Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Countess <b>Lovelace")).to_be_visible()
    page.get_by_label("Current password").fill("wrong one")
    page.get_by_label("New password", exact=True).fill("another good one")
    page.get_by_label("New password once more").fill("another good one")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status").filter(has_text=re.compile("password", re.I)).first).to_be_visible()
    page.get_by_label("Current password").fill(newcomer.password)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status").filter(has_text="is changed")).to_be_visible()
    reply = server.api().raw(
        "POST", "/buckle/v1/sessions", json={"account": newcomer.name, "password": "another good one"})
    assert "buckle_session" in reply.cookies
