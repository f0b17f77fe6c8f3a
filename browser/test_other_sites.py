"""What pages of other sites can do to the server from a browser: what its operator allows, and nothing else."""

import pytest
from conftest import PASSWORD, Target
from harness import Buckle

# Calls the API as a script of a page does, and returns what it could read.
CHAT = """async ([url, token, bot, credentials]) => {
    const message = { role: 'user', type: 'question', content: '/count 8', content_type: 'text' };
    const answer = await fetch(`${url}/v3/chat`, {
        method: 'POST', credentials,
        headers: {
            'Content-Type': 'application/json', 'X-Coze-Client-User-Agent': 'a page',
            ...(token ? { Authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({ bot_id: bot, user_id: 'visitor', stream: true, additional_messages: [message] }),
    });
    const [reader, decoder, parts] = [answer.body.getReader(), new TextDecoder(), []];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(decoder.decode(part.value, { stream: true }));
    }
    return { status: answer.status, logID: answer.headers.get('x-tt-logid'), parts };
}"""
READ = """async ([url, path, credentials]) => {
    const answer = await fetch(url + path, { credentials });
    return [answer.status, await answer.text()];
}"""


@pytest.fixture(scope="module")
def shop():
    """A site whose pages the operator allows."""
    site = Target()
    yield site
    site.close()


@pytest.fixture(scope="module")
def shop_server(tmp_path_factory, shop):
    server = Buckle(tmp_path_factory.mktemp("shop"))
    try:
        yield server.start(env={"BUCKLE_ALLOWED_ORIGINS": shop.url})
    finally:
        server.remove()


@pytest.fixture(scope="module")
def bot(shop_server) -> str:
    return make_bot(shop_server)


def make_bot(server) -> str:
    api = server.api()
    workspace = api.get("/v1/workspaces", page_num=1, page_size=1).ok().data["workspaces"][0]["id"]
    bot = api.post("/v1/bot/create", {"space_id": workspace, "name": "counter"}).ok().data["bot_id"]
    api.post("/v1/bot/publish", {"bot_id": bot, "connector_ids": ["1024"]}).ok()
    return bot


def refused(visit, script, *arguments):
    """The browser keeps the answer from the page, and says why."""
    caught = f"async all => {{ try {{ return await ({script})(all) }} catch (e) {{ return `${{e}}` }} }}"
    said = visit.page.evaluate(caught, list(arguments))
    assert said == "TypeError: Failed to fetch", said
    assert any("CORS" in fault for fault in visit.faults), visit.faults
    visit.faults.clear()


def test_a_page_of_an_allowed_site_chats_and_reads_the_answer_as_it_comes(open_visit, shop_server, shop, bot):
    visit = open_visit(at=shop_server, allowed=[shop.url])
    visit.goto(shop.url + "/")
    answer = visit.page.evaluate(CHAT, [shop_server.url, shop_server.token, bot, "omit"])
    assert answer["status"] == 200 and answer["logID"]
    assert len(answer["parts"]) > 1, "it came in one piece"
    whole = "".join(answer["parts"])
    assert "event:conversation.chat.completed" in whole and "[DONE]" in whole
    # So are refusals.
    answer = visit.page.evaluate(CHAT, [shop_server.url, "pat_wrong", bot, "omit"])
    assert answer["status"] == 401 and "700012006" in "".join(answer["parts"])
    assert visit.page.evaluate(READ, [shop_server.url, "/v1/nothing", "omit"])[0] == 404


def test_a_page_of_any_other_site_reads_nothing(open_visit, shop_server, target, bot):
    visit = open_visit(at=shop_server, allowed=[target.url])
    visit.goto(target.url + "/")
    refused(visit, CHAT, shop_server.url, shop_server.token, bot, "omit")
    refused(visit, READ, shop_server.url, "/v1/users/me", "omit")


def test_without_the_setting_no_page_reads_anything(open_visit, server, target):
    visit = open_visit(allowed=[target.url])
    visit.goto(target.url + "/")
    refused(visit, CHAT, server.url, server.token, make_bot(server), "omit")


def test_the_session_of_the_browser_is_of_no_use_to_an_allowed_site(open_visit, shop_server, shop, bot):
    body = {"user_name": "ada", "password": PASSWORD}
    shop_server.api().post("/buckle/v1/accounts", body).ok()
    reply = shop_server.api().raw("POST", "/buckle/v1/sessions", json={"account": "ada", "password": PASSWORD})
    visit = open_visit(at=shop_server, allowed=[shop.url])
    visit.page.context.add_cookies([{
        "name": "buckle_session", "value": reply.cookies["buckle_session"], "url": shop_server.url,
        "httpOnly": True, "sameSite": "Lax"}])
    # Ports make no difference to cookies: the browser sends it along.
    visit.goto(shop.url + "/")
    for script, arguments in [(READ, [shop_server.url, "/v1/users/me", "include"]),
                              (CHAT, [shop_server.url, None, bot, "include"])]:
        refused(visit, script, *arguments)
    assert visit.page.evaluate(READ, [shop_server.url, "/v1/users/me", "omit"])[0] == 401
    # Pages with forms are not even read.
    refused(visit, READ, shop_server.url, "/sign-in", "omit")


def test_the_servers_own_pages_call_it_with_their_session(open_visit, shop_server):
    body = {"user_name": "grace", "password": PASSWORD}
    shop_server.api().post("/buckle/v1/accounts", body).ok()
    visit = open_visit(at=shop_server)
    visit.goto("/sign-in")
    visit.page.get_by_label("Name or email").fill("grace")
    visit.page.get_by_label("Password").fill(PASSWORD)
    visit.press("Sign in")
    # Browsers name the origin of what changes something, and not that of what reads.
    csrf = visit.page.evaluate(READ, ["", "/buckle/v1/sessions/current", "same-origin"])[1]
    status = visit.page.evaluate("""async session => {
        const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': JSON.parse(session).data.csrf_token };
        const body = JSON.stringify({ nick_name: 'Grace Hopper' });
        return (await fetch('/buckle/v1/users/me', { method: 'PUT', headers, body })).status;
    }""", csrf)
    assert status == 200
