import pytest

from harness import GARBAGE_IDS, UNKNOWN_ID
from places import POINTS, TYPES, Person, look, make, team

PATH = "/v1/entities/copy_tasks"


@pytest.fixture(scope="module")
def stranger(server):
    return Person(server)


@pytest.fixture
def workspace(api):
    return team(api)


def copy(api, kind, thing, to=None):
    return api.post(PATH, {"entity_id": thing, "entity_type": kind, "to_workspace_id": to})


def outcome(api, kind, thing, to=None):
    task = copy(api, kind, thing, to).ok().data
    assert set(task) == {"task_id"}
    return api.get(f"{PATH}/{task['task_id']}").ok().data


class TestCopies:
    @pytest.mark.parametrize("to", [None, "", "same"])
    def test_a_bot_is_copied_within_its_workspace_at_once(self, api, coze, workspace, to):
        bot = make(api, "bot", workspace, "helper", description="d", prompt_info={"prompt": "Be kind."})
        coze.bots.publish(bot_id=bot)
        data = copy(api, "bot", bot, workspace if to == "same" else to).ok().data
        assert set(data) == {"copied_entity_id"}
        made = coze.bots.retrieve(bot_id=data["copied_entity_id"], is_published=False, use_api_version=2)
        assert (made.name, made.description, made.prompt_info.prompt) == ("helper_copy", "d", "Be kind.")
        api.get(f"/v1/bots/{made.bot_id}").refused(4015)
        assert coze.bots.retrieve(bot_id=bot).name == "helper"

    @pytest.mark.parametrize("kind", ["app", "workflow"])
    def test_others_are_copied_by_a_task(self, api, workspace, kind):
        thing = make(api, kind, workspace, "original", description="d")
        task = outcome(api, kind, thing)
        assert task["entity_type"] == kind and task["task_status"] == "successful"
        assert task["source_entity_id"] == thing and task["target_workspace_id"] == workspace
        assert task["failed_reasons"] == []
        made = look(api, kind, task["target_entity_id"]).ok().data
        assert (made["name"], made["description"]) == ("original_copy", "d")

    @pytest.mark.parametrize("kind", TYPES)
    def test_all_are_copied_to_another_workspace_by_a_task(self, server, api, workspace, kind):
        member = Person(server).join(api, workspace)
        thing = make(api, kind, workspace, "original")
        task = outcome(member.api, kind, thing, member.workspace_id)
        assert task["task_status"] == "successful" and task["target_workspace_id"] == member.workspace_id
        made = look(member.api, kind, task["target_entity_id"]).ok().data
        assert (made["name"], made["owner_user_id"]) == ("original", member.id)
        look(api, kind, task["target_entity_id"]).refused(4200)
        api.get(f"{PATH}/{task['task_id']}").refused(4200)

    def test_an_app_takes_its_workflows_along(self, api, workspace):
        app = make(api, "app", workspace)
        for name in ("one", "two"):
            make(api, "workflow", workspace, name, app_id=app)
        target = team(api)
        made = outcome(api, "app", app, target)["target_entity_id"]
        items = api.get("/buckle/v1/workflows", workspace_id=target, app_id=made).ok().data["items"]
        assert [item["name"] for item in items] == ["one", "two"]

    def test_a_bot_takes_its_workflows_along(self, api, workspace):
        flow = make(api, "workflow", workspace, "flow")
        bot = make(api, "bot", workspace, workflow_id_list={"ids": [{"id": flow}]})
        target = team(api)
        assert outcome(api, "bot", bot, target)["task_status"] == "successful"
        (item,) = api.get("/buckle/v1/workflows", workspace_id=target).ok().data["items"]
        assert item["name"] == "flow" and item["id"] != flow


class TestRefusals:
    @pytest.mark.parametrize("kind", TYPES)
    def test_a_stranger_learns_nothing(self, api, workspace, stranger, kind):
        thing = make(api, kind, workspace)
        unknown = copy(stranger.api, kind, UNKNOWN_ID).refused(4200).msg
        assert copy(stranger.api, kind, thing).refused(4200).msg == unknown.replace(UNKNOWN_ID, thing)
        unknown = copy(api, kind, thing, UNKNOWN_ID).refused(4200).msg
        far = copy(api, kind, thing, stranger.workspace_id).refused(4200).msg
        assert far == unknown.replace(UNKNOWN_ID, stranger.workspace_id)

    @pytest.mark.parametrize("kind", TYPES)
    def test_each_kind_needs_two_permissions(self, server, api, workspace, kind):
        thing = make(api, kind, workspace)
        for lacking in POINTS[kind]:
            held = [point for points in POINTS.values() for point in points if point != lacking]
            assert lacking in copy(server.api(server.create_token(*held)), kind, thing).refused(4101).msg
        copy(server.api(server.create_token(*POINTS[kind])), kind, thing).ok()

    def test_a_task_needs_no_permission_but_is_ones_own(self, server, api, workspace, stranger):
        task = copy(api, "app", make(api, "app", workspace)).ok().data["task_id"]
        assert server.api(server.create_token("chat")).get(f"{PATH}/{task}").ok().data["task_id"] == task
        unknown = stranger.api.get(f"{PATH}/{UNKNOWN_ID}").refused(4200).msg
        assert stranger.api.get(f"{PATH}/{task}").refused(4200).msg == unknown.replace(UNKNOWN_ID, task)
        for garbage in GARBAGE_IDS:
            assert "task_id" in api.get(f"{PATH}/{garbage}").refused(4000).msg

    @pytest.mark.parametrize("field, value", [
        ("entity_id", None), ("entity_id", "x"), ("entity_id", 1), ("entity_type", None), ("entity_type", "plugin"),
        ("to_workspace_id", "x"),
    ], ids=str)
    def test_wrong_fields_are_named(self, api, workspace, field, value):
        body = {"entity_id": make(api, "bot", workspace), "entity_type": "bot", field: value}
        assert field in api.post(PATH, body).refused(4000).msg
