import threading

import pytest
from cozepy import Coze, CozePKCEAuthError, DeviceOAuthApp, TokenAuth


@pytest.fixture
def device(make_app, server) -> DeviceOAuthApp:
    return DeviceOAuthApp(make_app("device", name="Television")["client_id"], base_url=server.url)


def test_a_device_waits_until_a_person_lets_it(visit, person, device, server):
    code = device.get_device_code()
    assert code.verification_uri == server.url + "/oauth/device"
    tokens = []
    polling = threading.Thread(
        target=lambda: tokens.append(device.get_access_token(code.device_code, poll=True)), daemon=True)
    polling.start()
    visit.goto(code.verification_url)
    visit.sign_in(person)
    assert visit.heading == "Television asks for access"
    assert f"shows the code {code.user_code}" in visit.text
    assert tokens == []
    visit.press("Allow")
    assert visit.heading == "The device is connected"
    polling.join(20)
    assert Coze(auth=TokenAuth(tokens[0].access_token), base_url=server.url).users.me().user_id == person.id


def test_a_person_types_the_code_in(inside, person, device):
    code = device.get_device_code()
    inside.goto("/oauth/device")
    assert inside.heading == "Connect a device"
    inside.page.get_by_label("Code").fill("BBBB-BBBB")
    inside.press("Continue")
    assert "not known" in inside.page.get_by_role("alert").inner_text()
    inside.page.get_by_label("Code").fill(code.user_code.lower().replace("-", " "))
    inside.press("Continue")
    assert inside.heading == "Television asks for access"
    inside.press("Allow")
    assert inside.heading == "The device is connected"
    assert device.get_access_token(code.device_code).access_token


def test_a_person_denies_a_device(inside, person, device):
    code = device.get_device_code()
    inside.goto(code.verification_url)
    inside.press("Deny")
    assert inside.heading == "Access was denied"
    with pytest.raises(CozePKCEAuthError) as caught:
        device.get_access_token(code.device_code)
    assert caught.value.error == "access_denied"
    # It was answered.
    inside.goto(code.verification_url)
    assert "not known" in inside.page.get_by_role("alert").inner_text()


def test_a_device_reaches_only_the_chosen_workspace(visit, newcomer, device, server, api):
    own = server.api(newcomer.token(api))
    second = own.post("/v1/workspaces", {"name": "Second", "description": "x"}).ok().data["id"]
    code = device.get_device_code()
    visit.goto(code.verification_url)
    visit.sign_in(newcomer)
    visit.page.get_by_label("Only these:").check()
    visit.press("Allow")
    assert "Choose at least one" in visit.page.get_by_role("alert").inner_text()
    visit.page.get_by_label("Second").check()
    visit.press("Allow")
    token = device.get_access_token(code.device_code).access_token
    coze = Coze(auth=TokenAuth(token), base_url=server.url)
    assert [workspace.id for workspace in coze.workspaces.list()] == [second]


def test_letting_a_device_needs_the_session_s_own_form(inside, person, device, server):
    code = device.get_device_code()
    inside.goto(code.verification_url)
    for token in [{}, {"csrf_token": "0" * 64}]:
        form = {"user_code": code.user_code, "decision": "allow", **token}
        assert inside.page.request.post(server.url + "/oauth/device", form=form).status == 403
    with pytest.raises(CozePKCEAuthError) as caught:
        device.get_access_token(code.device_code)
    assert caught.value.error == "authorization_pending"


def test_who_guesses_codes_is_made_to_wait(visit, newcomer, device, server):
    code = device.get_device_code()
    visit.goto("/sign-in")
    visit.sign_in(newcomer)
    for _ in range(12):
        reply = visit.page.request.get(server.url + "/oauth/device?user_code=BBBB-BBBB")
    assert reply.status == 429
    assert int(reply.headers["retry-after"]) > 0
    assert "too many attempts" in reply.text()
    assert visit.goto(code.verification_url).status == 429, "nor is a right code looked at"
