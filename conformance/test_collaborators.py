import pytest

from harness import GARBAGE_IDS, UNKNOWN_ID
from places import TYPES, Person, look, make, rename, team


@pytest.fixture(scope="module")
def workspace(server, api):
    return team(api)


@pytest.fixture(scope="module")
def friend(server, api, workspace):
    return Person(server).join(api, workspace)


@pytest.fixture(scope="module")
def stranger(server):
    return Person(server)


def mode_path(kind, thing):
    """Apps have no documented switch."""
    return f"{'/buckle' if kind == 'app' else ''}/v1/{kind}s/{thing}/collaboration_mode"


def switch(api, kind, thing, mode="collaboration"):
    return api.post(mode_path(kind, thing), {"collaboration_mode": mode})


def add(api, kind, thing, *users):
    return api.post(f"/v1/{kind}s/{thing}/collaborators", {"collaborators": [{"user_id": user} for user in users]})


def remove(api, kind, thing, user, **options):
    return api.call("DELETE", f"/v1/{kind}s/{thing}/collaborators/{user}", **options)


def listed(api, kind, thing):
    return api.get(f"/buckle/v1/{kind}s/{thing}/collaborators").ok().data


@pytest.mark.parametrize("kind", TYPES)
class TestEach:
    def test_collaborators_come_and_go(self, api, user_id, workspace, friend, kind):
        thing = make(api, kind, workspace)
        rename(friend.api, kind, thing).refused(4101)
        assert "data" not in switch(api, kind, thing).ok().body
        assert "data" not in add(api, kind, thing, friend.id).ok().body
        rename(friend.api, kind, thing, "by a friend").ok()
        data = listed(friend.api, kind, thing)
        assert data["collaboration_mode"] == "collaboration"
        assert data["owner_user_id"] == user_id
        (one,) = data["collaborators"]
        assert one["user_id"] == friend.id and one["user_name"] == friend.name
        assert isinstance(one["added_at"], int)
        # The documentation's example sends an empty object, and other clients nothing at all.
        assert "data" not in remove(api, kind, thing, friend.id, json={}).ok().body
        rename(friend.api, kind, thing).refused(4101)
        assert look(api, kind, thing).ok().data["name"] == "by a friend"
        add(api, kind, thing, friend.id).ok()
        remove(api, kind, thing, friend.id).ok()
        switch(api, kind, thing, "single").ok()
        assert listed(api, kind, thing) == {
            "collaboration_mode": "single", "owner_user_id": user_id, "collaborators": [],
        }

    def test_adding_twice_is_as_good_as_once(self, api, workspace, friend, kind):
        thing = make(api, kind, workspace)
        switch(api, kind, thing).ok()
        for _ in range(2):
            add(api, kind, thing, friend.id).ok()
        assert len(listed(api, kind, thing)["collaborators"]) == 1

    def test_the_mode_comes_first_and_goes_last(self, api, workspace, friend, kind):
        thing = make(api, kind, workspace)
        assert f"{kind}_id" in add(api, kind, thing, friend.id).refused(4000).msg
        switch(api, kind, thing).ok()
        add(api, kind, thing, friend.id).ok()
        assert "collaboration_mode" in switch(api, kind, thing, "single").refused(4000).msg
        data = listed(api, kind, thing)
        assert data["collaboration_mode"] == "collaboration" and len(data["collaborators"]) == 1

    def test_one_in_a_call_and_only_members(self, api, user_id, workspace, friend, stranger, kind):
        thing = make(api, kind, workspace)
        switch(api, kind, thing).ok()
        for users in ([], [friend.id, stranger.id]):
            assert "collaborators" in add(api, kind, thing, *users).refused(4000).msg
        unknown = add(api, kind, thing, UNKNOWN_ID).refused(4200).msg
        assert add(api, kind, thing, stranger.id).refused(4200).msg == unknown.replace(UNKNOWN_ID, stranger.id)
        assert "user_id" in add(api, kind, thing, user_id).refused(4000).msg
        remove(api, kind, thing, friend.id).refused(4200)
        assert listed(api, kind, thing)["collaborators"] == []

    def test_only_the_owner_switches_and_collaborators_add_and_remove(self, server, api, workspace, friend, kind):
        other = Person(server).join(api, workspace)
        thing = make(api, kind, workspace)
        switch(api, kind, thing).ok()
        add(other.api, kind, thing, other.id).refused(4101)
        add(api, kind, thing, friend.id).ok()
        add(friend.api, kind, thing, other.id).ok()
        switch(friend.api, kind, thing, "single").refused(4101)
        remove(other.api, kind, thing, friend.id).ok()
        remove(other.api, kind, thing, other.id).ok()
        remove(friend.api, kind, thing, other.id).refused(4101)

    def test_a_stranger_learns_nothing(self, api, workspace, friend, stranger, kind):
        thing = make(api, kind, workspace)
        switch(api, kind, thing).ok()
        add(api, kind, thing, friend.id).ok()
        for call in (
            lambda id: switch(stranger.api, kind, id, "single"),
            lambda id: add(stranger.api, kind, id, stranger.id),
            lambda id: remove(stranger.api, kind, id, friend.id),
            lambda id: stranger.api.get(f"/buckle/v1/{kind}s/{id}/collaborators"),
        ):
            assert call(thing).refused(4200).msg == call(UNKNOWN_ID).refused(4200).msg.replace(UNKNOWN_ID, thing)
        assert len(listed(api, kind, thing)["collaborators"]) == 1

    def test_each_call_needs_a_permission_of_its_own(self, server, api, workspace, friend, kind):
        name = {"bot": "Bot", "app": "Project", "workflow": "Workflow"}[kind]
        thing = make(api, kind, workspace)
        point = "addCollaborator" if kind == "app" else "switchDevelopMode"
        switcher = server.api(server.create_token(f"{name}.{point}"))
        adder = server.api(server.create_token(f"{name}.addCollaborator"))
        remover = server.api(server.create_token(f"{name}.removeCollaborator"))
        switch(remover, kind, thing).refused(4101)
        switch(switcher, kind, thing).ok()
        add(remover, kind, thing, friend.id).refused(4101)
        add(adder, kind, thing, friend.id).ok()
        remove(adder, kind, thing, friend.id).refused(4101)
        remove(remover, kind, thing, friend.id).ok()

    @pytest.mark.parametrize("body", [{}, {"collaboration_mode": "many"}, {"collaboration_mode": 1}], ids=str)
    def test_an_unknown_mode_is_refused(self, api, workspace, kind, body):
        thing = make(api, kind, workspace)
        assert "collaboration_mode" in api.post(mode_path(kind, thing), body).refused(4000).msg

    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_garbage_ids_are_refused(self, api, friend, kind, garbage):
        assert f"{kind}_id" in switch(api, kind, garbage).refused(4000).msg
        assert f"{kind}_id" in add(api, kind, garbage, friend.id).refused(4000).msg
        assert f"{kind}_id" in remove(api, kind, garbage, friend.id).refused(4000).msg


class TestApps:
    def test_the_workflows_of_whoever_leaves_become_the_owners(self, api, user_id, workspace, friend):
        app = make(api, "app", workspace)
        switch(api, "app", app).ok()
        add(api, "app", app, friend.id).ok()
        inside = make(friend.api, "workflow", workspace, app_id=app)
        outside = make(friend.api, "workflow", workspace)
        remove(api, "app", app, friend.id).ok()
        assert look(api, "workflow", inside).ok().data["owner_user_id"] == user_id
        assert look(api, "workflow", outside).ok().data["owner_user_id"] == friend.id

    def test_their_workflows_have_no_collaborators_of_their_own(self, api, workspace):
        app = make(api, "app", workspace)
        inside = make(api, "workflow", workspace, app_id=app)
        assert "workflow_id" in switch(api, "workflow", inside).refused(4000).msg


class TestServiceTokens:
    @pytest.mark.parametrize("kind", TYPES)
    def test_the_permission_is_enough(self, server, api, workspace, friend, kind):
        thing = make(api, kind, workspace)
        points = ["edit"] + [
            f"{name}.{verb}Collaborator" for name in ("Bot", "Project", "Workflow") for verb in ("add", "remove")
        ] + ["Bot.switchDevelopMode", "Workflow.switchDevelopMode"]
        made = api.post(
            f"/buckle/v1/workspaces/{workspace}/service_tokens", {"name": "robot", "permissions": points}
        ).ok().data
        robot = server.api(made["secret"])
        switch(robot, kind, thing).ok()
        add(robot, kind, thing, friend.id).ok()
        remove(robot, kind, thing, friend.id).ok()
        rename(robot, kind, thing).refused(4101)
        elsewhere = make(api, kind, team(api))
        switch(robot, kind, elsewhere).refused(4200)
