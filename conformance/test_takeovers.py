"""How somebody could come to act as another, keep what they had lost, or reach beyond what they were given."""

import pytest
from cozepy import Coze, CozeAPIError, DeviceOAuthApp, TokenAuth, WebOAuthApp

import places
from harness import API, UNKNOWN_ID
from jwts import APPS, GRANTS, ServiceApp, refusal
from test_accounts import PASSWORD, account, signed_in
from test_audit import AUDIT, records
from test_enterprises import Enterprise
from test_oauth_flows import REDIRECT, error, exchange
from test_oauth_flows import Person as Visitor
from test_tokens import TOKENS, make
from test_users_workspaces import Person

NO_PERMISSION = 4101
SUSPENDED = 4100
UNAUTHENTICATED = 700012006


@pytest.fixture(scope="module")
def visitor(server) -> Visitor:
    """Somebody whom apps ask, in a browser."""
    return Visitor(server)


@pytest.fixture
def works(server) -> Enterprise:
    return Enterprise(server)


def web_app(maker: API, **fields) -> WebOAuthApp:
    """A web app of somebody's, with its secret."""
    made = maker.post(APPS, {
        "name": "Notebook", "app_type": "web", "redirect_uris": [REDIRECT], "permissions": ["listWorkspace", "listBot"],
        **fields,
    }).ok().data
    app = WebOAuthApp(made["client_id"], made["client_secret"], base_url=maker.url)
    app.path = f"{APPS}/{made['app_id']}"
    return app


def code_for(app, person: Visitor, **fields) -> str:
    """The code that an app's address is told when a person lets the app."""
    return person.answer(app.get_oauth_url(REDIRECT), **fields)["code"]


def tokens_for(app, person: Visitor, **fields):
    return app.get_access_token(REDIRECT, code_for(app, person, **fields))


def refused(call, message):
    with pytest.raises(CozeAPIError) as caught:
        call()
    assert message in caught.value.msg


class TestAppsOfWhoLeavesAnEnterprise:
    @staticmethod
    def dismiss(works: Enterprise):
        """Removes the admin; what was theirs passes to the super admin."""
        works.leave(works.organization, works.admin, receiver=works.chief).ok()
        receiver = {"receiver_user_id": works.chief.id}
        works.chief.delete(f"{works.members}/{works.admin.id}", receiver).ok()

    def test_the_old_key_of_a_service_app_signs_nothing_in_the_new_owners_name(self, server, works):
        app = ServiceApp(works.admin.api, enterprise_id=works.id, permissions=["listWorkspace", "Buckle.readAudit"])
        assert server.api(app.token()).get("/v1/users/me").ok().data["user_id"] == works.admin.id
        self.dismiss(works)
        chief = works.chief.api
        passed = chief.get(app.path).ok().data
        assert (passed["owner_user_id"], passed["is_enabled"]) == (works.chief.id, False)
        assert chief.get(f"{app.path}/keys").ok().data["items"] == []
        refusal(app.exchange(), "invalid_request")
        chief.post(f"{app.path}/enable").ok()
        refusal(app.exchange(), "invalid_request")
        with pytest.raises(CozeAPIError):
            app.sdk.get_access_token()

        # A key that the new owner makes does.
        key = chief.post(f"{app.path}/keys").ok().data
        app.kid, app.private_key = key["kid"], key["private_key"]
        assert server.api(app.token()).get("/v1/users/me").ok().data["user_id"] == works.chief.id

    def test_the_old_secret_of_a_web_app_gets_nothing(self, server, works, visitor):
        app = web_app(works.admin.api, enterprise_id=works.id)
        tokens, code = tokens_for(app, visitor), code_for(app, visitor)
        self.dismiss(works)
        chief = works.chief.api
        chief.post(f"{app.path}/enable").ok()
        ways = [
            {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token},
            {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT},
        ]
        for fields in ways:
            for secret in (app._client_secret, None):
                reply = exchange(server, {**fields, "client_id": app._client_id}, secret)
                assert "client secret" in error(reply, "invalid_client", 401)
        secret = chief.post(f"{app.path}/secret").ok().data["client_secret"]
        for fields in ways:
            reply = exchange(server, {**fields, "client_id": app._client_id}, secret)
            assert reply.status_code == 200, reply.text

    def test_what_passed_to_whom_is_noted(self, works):
        apps = [ServiceApp(works.admin.api, enterprise_id=works.id), web_app(works.admin.api, enterprise_id=works.id)]
        own, theirs = ServiceApp(works.admin.api), ServiceApp(works.chief.api, enterprise_id=works.id)
        self.dismiss(works)
        found = records(works.chief.api, action="oauth_app.pass", enterprise_id=works.id)
        noted = {(item["object_type"], item["object_id"], item["detail"]["name"]) for item in found}
        names = ("robot", "Notebook")
        assert noted == {("oauth_app", app.path.split("/")[-1], name) for app, name in zip(apps, names, strict=True)}
        for item in found:
            assert item["user"]["id"] == works.chief.id
            assert item["detail"]["user_id"] == works.admin.id
            assert item["detail"]["receiver_user_id"] == works.chief.id
        # What is no app of the enterprise's, or another's, keeps its key.
        own.token()
        theirs.token()


class TestAppsOfDisabledAccounts:
    @pytest.fixture
    def maker(self, server) -> Person:
        return Person(server, "maker")

    def test_a_web_app_rests_with_its_maker(self, server, api, maker, visitor):
        app = web_app(maker.api)
        tokens, code = tokens_for(app, visitor), code_for(app, visitor)
        theirs = server.api(tokens.access_token)
        theirs.get("/v1/workspaces").ok()
        api.post(f"/buckle/v1/accounts/{maker.id}/disable").ok()
        theirs.get("/v1/workspaces").refused(SUSPENDED)
        refused(lambda: app.refresh_access_token(tokens.refresh_token), "the account is disabled")
        refused(lambda: app.get_access_token(REDIRECT, code), "the account is disabled")

        api.post(f"/buckle/v1/accounts/{maker.id}/enable").ok()
        theirs.get("/v1/workspaces").ok()
        for fresh in (app.refresh_access_token(tokens.refresh_token), app.get_access_token(REDIRECT, code)):
            server.api(fresh.access_token).get("/v1/workspaces").ok()

    def test_so_does_one_for_devices(self, server, api, maker, visitor):
        made = maker.api.post(APPS, {"name": "TV", "app_type": "device", "permissions": ["listWorkspace"]}).ok().data
        app = DeviceOAuthApp(made["client_id"], base_url=server.url)
        codes = [app.get_device_code() for _ in range(2)]
        for code in codes:
            assert visitor.answer_device(code.user_code).status_code == 200
        theirs = server.api(app.get_access_token(codes[0].device_code).access_token)
        api.post(f"/buckle/v1/accounts/{maker.id}/disable").ok()
        theirs.get("/v1/workspaces").refused(SUSPENDED)
        refused(app.get_device_code, "the account is disabled")
        refused(lambda: app.get_access_token(codes[1].device_code), "the account is disabled")
        api.post(f"/buckle/v1/accounts/{maker.id}/enable").ok()
        theirs.get("/v1/workspaces").ok()
        assert app.get_access_token(codes[1].device_code).access_token

    def test_so_do_the_tokens_of_those_who_let_its_service_app(self, server, api, maker, visitor):
        app = ServiceApp(maker.api)
        server.api(visitor.token).post(GRANTS, {"client_id": app.client_id}).ok()
        place = f"account/{visitor.id}/"
        theirs = server.api(app.token(place=place))
        assert theirs.get("/v1/users/me").ok().data["user_id"] == visitor.id
        api.post(f"/buckle/v1/accounts/{maker.id}/disable").ok()
        theirs.get("/v1/users/me").refused(SUSPENDED)
        assert refusal(app.exchange(place=place), "access_deny") == "the account is disabled"
        api.post(f"/buckle/v1/accounts/{maker.id}/enable").ok()
        theirs.get("/v1/users/me").ok()

    def test_an_enterprises_app_goes_on(self, server, api, works, visitor):
        app = web_app(works.admin.api, enterprise_id=works.id)
        tokens = tokens_for(app, visitor)
        api.post(f"/buckle/v1/accounts/{works.admin.id}/disable").ok()
        server.api(tokens.access_token).get("/v1/workspaces").ok()
        fresh = app.refresh_access_token(tokens.refresh_token)
        server.api(fresh.access_token).get("/v1/workspaces").ok()
        tokens_for(app, visitor)


class TestJWTsOfOnesOwn:
    POINTS = ["Bot.switchDevelopMode", "Bot.addCollaborator", "Bot.removeCollaborator"]

    def test_a_member_does_not_let_themselves_into_anothers_bot(self, server):
        owner, member = places.Person(server), places.Person(server)
        workspace = places.team(owner.api)
        member.join(owner.api, workspace)
        bot = places.make(owner.api, "bot", workspace)
        places.rename(member.api, "bot", bot).refused(NO_PERMISSION)
        signed = server.api(ServiceApp(member.api, permissions=self.POINTS).token())
        mode = {"collaboration_mode": "collaboration"}
        people = {"collaborators": [{"user_id": member.id}]}
        signed.post(f"/v1/bots/{bot}/collaboration_mode", mode).refused(NO_PERMISSION)
        owner.api.post(f"/v1/bots/{bot}/collaboration_mode", mode).ok()
        signed.post(f"/v1/bots/{bot}/collaborators", people).refused(NO_PERMISSION)
        signed.delete(f"/v1/bots/{bot}/collaborators/{owner.id}").refused(NO_PERMISSION)
        places.rename(member.api, "bot", bot).refused(NO_PERMISSION)

        # With a role that may look after the workspace, the permission is enough.
        role = f"/buckle/v1/workspaces/{workspace}/members/{member.id}"
        owner.api.put(role, {"role_type": "admin"}).ok()
        signed.post(f"/v1/bots/{bot}/collaborators", people).ok()
        places.rename(member.api, "bot", bot).ok()
        signed.delete(f"/v1/bots/{bot}/collaborators/{member.id}").ok()
        owner.api.put(role, {"role_type": "member"}).ok()
        signed.post(f"/v1/bots/{bot}/collaborators", people).refused(NO_PERMISSION)


class TestTokensOfSomeWorkspaces:
    def test_they_manage_no_oauth_apps(self, server, api, workspace_id):
        app, service = web_app(api), ServiceApp(api)
        token, secret = make(api, "Buckle.manageOAuthApps", workspace_ids=[workspace_id])
        assert token["permissions"] == ["Buckle.manageOAuthApps"], "it is made, and of no use"
        for bound in (server.api(secret), server.api(make(api, "all", workspace_ids=[workspace_id])[1])):
            for reply in (
                bound.get(APPS), bound.get(app.path), bound.put(app.path, {"redirect_uris": ["https://evil.example/"]}),
                bound.post(f"{app.path}/secret"), bound.post(f"{app.path}/disable"), bound.post(f"{app.path}/enable"),
                bound.post(f"{app.path}/revoke"), bound.delete(app.path), bound.get(f"{service.path}/keys"),
                bound.post(f"{service.path}/keys"), bound.delete(f"{service.path}/keys/{service.kid}"),
                bound.post(APPS, {"name": "robot", "app_type": "service", "permissions": ["Buckle.readAudit"]}),
            ):
                reply.refused(NO_PERMISSION)
        found = api.get(app.path).ok().data
        assert (found["redirect_uris"], found["is_enabled"]) == ([REDIRECT], True)
        service.token()

        free = server.api(make(api, "Buckle.manageOAuthApps")[1])
        free.get(app.path).ok()
        free.put(app.path, {"name": "Diary"}).ok()
        free.post(f"{app.path}/secret").ok()
        free.delete(app.path).ok()

    def test_they_do_not_read_an_enterprises_audit_log(self, server, works):
        chief = works.chief.api
        workspace = chief.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        query = {"enterprise_id": works.id}
        assert server.api(make(chief, "Buckle.readAudit")[1]).get(AUDIT, **query).ok().data["items"]
        bound = server.api(make(chief, "Buckle.readAudit", workspace_ids=[workspace])[1])
        bound.get(AUDIT, **query).refused(NO_PERMISSION)
        bound.get(AUDIT, **query, workspace_id=workspace).refused(NO_PERMISSION)
        bound.get(AUDIT, workspace_id=workspace).ok()
        bound.get(AUDIT).ok()


class TestWhoLosesARole:
    def test_nobody_comes_by_the_invitations_of_a_former_admin(self, server):
        owner, admin, friend, guest = (Person(server, name) for name in ("owner", "admin", "friend", "guest"))
        team = owner.make_team()
        members, role = f"/v1/workspaces/{team}/members", f"/buckle/v1/workspaces/{team}/members/{admin.id}"

        def invite(by, person, role_type):
            by.api.post(members, {"users": [{"user_id": person.id, "role_type": role_type}]}).ok()

        invite(owner, admin, "admin")
        admin.accept(team)
        invite(admin, friend, "admin")
        invite(owner, guest, "member")
        (invitation,) = friend.api.get("/buckle/v1/invitations").ok().data["items"]
        owner.api.put(role, {"role_type": "admin"}).ok()
        assert friend.api.get("/buckle/v1/invitations").ok().data["items"] == [invitation]

        owner.api.put(role, {"role_type": "member"}).ok()
        assert friend.api.get("/buckle/v1/invitations").ok().data["items"] == []
        friend.api.post(f"/buckle/v1/invitations/{invitation['invitation_id']}/accept").refused(4200)
        guest.accept(team)
        assert owner.members(team) == {owner.id: "owner", admin.id: "member", guest.id: "member"}


class TestWorkflowsOfApps:
    def test_a_collaborator_takes_none_into_an_app_of_their_own(self, server):
        owner, friend = places.Person(server), places.Person(server)
        workspace = places.team(owner.api)
        friend.join(owner.api, workspace)
        shared, own = (places.make(person.api, "app", workspace) for person in (owner, friend))
        workflow = places.make(owner.api, "workflow", workspace, app_id=shared)
        path = f"/buckle/v1/workflows/{workflow}"
        owner.api.post(f"/buckle/v1/apps/{shared}/collaboration_mode", {"collaboration_mode": "collaboration"}).ok()
        owner.api.post(f"/v1/apps/{shared}/collaborators", {"collaborators": [{"user_id": friend.id}]}).ok()
        for app in (own, "0"):
            friend.api.put(path, {"app_id": app, "name": "mine"}).refused(NO_PERMISSION)
        friend.api.delete(path).refused(NO_PERMISSION)
        found = owner.api.get(path).ok().data
        assert (found["app_id"], found["name"]) == (shared, "thing")

        # The collaborator works on it all the same, and says where it is.
        friend.api.put(path, {"app_id": shared, "name": "better"}).ok()
        other = places.make(owner.api, "app", workspace)
        owner.api.put(path, {"app_id": other}).ok()
        assert owner.api.get(path).ok().data["app_id"] == other


class TestConsent:
    def test_who_allows_less_is_heard_at_once(self, server, api, visitor):
        app = web_app(api)
        team = server.api(visitor.token).post("/v1/workspaces", {"name": "team", "description": ""}).ok().data["id"]
        tokens = tokens_for(app, visitor)
        for workspace in (team, visitor.workspace_id):
            server.api(tokens.access_token).get("/v1/bots", workspace_id=workspace).ok()
        code = code_for(app, visitor, workspaces="some", workspace_ids=visitor.workspace_id)
        reply = server.api(tokens.access_token).get("/v1/bots", workspace_id=team)
        reply.refused(UNAUTHENTICATED, status=401)
        fresh = app.get_access_token(REDIRECT, code)
        server.api(fresh.access_token).get("/v1/bots", workspace_id=visitor.workspace_id).ok()
        server.api(fresh.access_token).get("/v1/bots", workspace_id=team).refused(4200)

    def test_so_is_who_allows_a_device_less(self, server, api, visitor):
        made = api.post(APPS, {"name": "TV", "app_type": "device", "permissions": ["listBot"]}).ok().data
        app = DeviceOAuthApp(made["client_id"], base_url=server.url)
        team = server.api(visitor.token).post("/v1/workspaces", {"name": "team", "description": ""}).ok().data["id"]
        code = app.get_device_code()
        assert visitor.answer_device(code.user_code).status_code == 200
        token = app.get_access_token(code.device_code).access_token
        server.api(token).get("/v1/bots", workspace_id=team).ok()
        again = app.get_device_code().user_code
        reply = visitor.answer_device(again, workspaces="some", workspace_ids=visitor.workspace_id)
        assert reply.status_code == 200
        server.api(token).get("/v1/bots", workspace_id=team).refused(UNAUTHENTICATED, status=401)

    def test_it_is_noted_that_an_app_need_not_hash_its_challenge(self, api):
        made = api.post(APPS, {
            "name": "P", "app_type": "pkce", "redirect_uris": [REDIRECT], "is_s256_only": True}).ok().data
        for value in (False, True):
            api.put(f"{APPS}/{made['app_id']}", {"is_s256_only": value}).ok()
            newest = records(api, action="oauth_app.update", object_id=made["app_id"])[0]
            assert newest["detail"] == {"is_s256_only": str(value).lower()}


class TestCaches:
    def test_no_cache_keeps_what_a_session_was_shown(self, server):
        person = account(server)
        browser = signed_in(server, person["user_name"], PASSWORD)
        for path in ("/buckle/v1/users/me", "/v1/workspaces", TOKENS, "/buckle/v1/sessions/current"):
            assert browser.get(path).ok().headers["Cache-Control"] == "no-store"
        made = browser.post(TOKENS, {"name": "shown once", "permissions": ["listWorkspace"]}).ok()
        assert made.headers["Cache-Control"] == "no-store"
        missing = browser.get(f"{TOKENS}/{UNKNOWN_ID}").refused(4200)
        assert missing.headers["Cache-Control"] == "no-store"
        del browser.session.headers["X-CSRF-Token"]
        forged = browser.post(TOKENS, {"name": "forged"}).refused(NO_PERMISSION)
        assert forged.headers["Cache-Control"] == "no-store"
        # Programs that send a token keep no cache that others look into.
        coze = Coze(auth=TokenAuth(made.data["secret"]), base_url=server.url)
        assert coze.workspaces.list().items
        reply = server.api(made.data["secret"]).get("/v1/workspaces").ok()
        assert "Cache-Control" not in reply.headers

    def test_what_says_itself_how_it_is_kept_goes_on_doing_so(self, server):
        person = account(server)
        browser = signed_in(server, person["user_name"], PASSWORD)
        reply = browser.delete("/buckle/v1/sessions/current").ok()
        assert reply.response.raw.headers.getlist("Cache-Control") == ["no-store"]
