import asyncio

import pytest
from cozepy import PublishStatus
from cozepy.folders import FolderType

from harness import GARBAGE_IDS, UNKNOWN_ID, refused
from places import TYPES, Person, look, make, rename, team


@pytest.fixture
def workspace(api):
    return team(api)


@pytest.fixture(scope="module")
def stranger(server):
    return Person(server)


def fold(api, workspace, name="folder", kind="development", parent=None, **more):
    body = {"workspace_id": workspace, "folder_type": kind, "name": name, "parent_folder_id": parent, **more}
    return api.post("/buckle/v1/folders", body).ok().data["id"]


def put(api, kind, thing, folder):
    return api.put(f"/buckle/v1/{kind}s/{thing}/folder", {"folder_id": folder})


class TestFolders:
    def test_the_sdk_lists_level_by_level(self, api, coze, workspace, user_id):
        roots = [fold(api, workspace, f"文件夹 {number}", description="d") for number in range(3)]
        child = fold(api, workspace, "child", parent=roots[0])
        library = fold(api, workspace, "library", "library")
        page = coze.folders.list(workspace_id=workspace, folder_type=FolderType.DEVELOPMENT, page_size=2)
        found = list(page)
        assert [folder.id for folder in found] == roots and page.total == 3
        first = found[0]
        assert (first.name, first.description, first.workspace_id) == ("文件夹 0", "d", workspace)
        assert (first.creator_user_id, first.folder_type) == (user_id, FolderType.DEVELOPMENT)
        assert first.parent_folder_id is None
        assert [folder.children_count for folder in found] == [1, 0, 0]
        below = coze.folders.list(
            workspace_id=workspace, folder_type=FolderType.DEVELOPMENT, parent_folder_id=roots[0])
        assert [(folder.id, folder.parent_folder_id) for folder in below] == [(child, roots[0])]
        other = coze.folders.list(workspace_id=workspace, folder_type=FolderType.LIBRARY)
        assert [folder.id for folder in other] == [library]

    def test_the_asynchronous_sdk_finds_the_same(self, api, acoze, coze, workspace):
        folder = fold(api, workspace)

        async def run():
            page = await acoze.folders.list(workspace_id=workspace, folder_type=FolderType.DEVELOPMENT)
            return [each.id async for each in page], await acoze.folders.retrieve(folder_id=folder)

        ids, found = asyncio.run(run())
        assert ids == [folder]
        assert found.model_dump() == coze.folders.retrieve(folder_id=folder).model_dump()

    def test_the_documented_page(self, api, workspace):
        folder = fold(api, workspace)
        for root in ({}, {"parent_folder_id": "0"}, {"parent_folder_id": ""}):
            data = api.get("/v1/folders", workspace_id=workspace, folder_type="development", **root).ok().data
            assert set(data) == {"items", "has_more", "total_count"}
            assert data["has_more"] is False and data["total_count"] == 1
            assert data["items"][0]["id"] == folder and data["items"][0]["children_count"] == 0
        data = api.get("/v1/folders", workspace_id=workspace, folder_type="development", page_num=2).ok().data
        assert data == {"items": [], "has_more": False, "total_count": 1}

    def test_the_sdk_retrieves_one(self, api, coze, workspace):
        folder = fold(api, workspace)
        child = fold(api, workspace, "child", parent=folder)
        assert coze.folders.retrieve(folder_id=child).parent_folder_id == folder
        data = api.get(f"/v1/folders/{folder}").ok().data
        assert "parent_folder_id" not in data and "children_count" not in data
        with refused(4200):
            coze.folders.retrieve(folder_id=UNKNOWN_ID)
        for garbage in GARBAGE_IDS:
            assert "folder_id" in api.get(f"/v1/folders/{garbage}").refused(4000).msg

    @pytest.mark.parametrize("query, field", [
        ({"folder_type": None}, "folder_type"), ({"folder_type": "attic"}, "folder_type"),
        ({"workspace_id": None}, "workspace_id"), ({"workspace_id": "abc"}, "workspace_id"),
        ({"page_size": 51}, "page_size"), ({"page_num": 0}, "page_num"),
        ({"parent_folder_id": "x"}, "parent_folder_id"),
    ], ids=str)
    def test_wrong_queries_are_refused_by_the_field(self, api, workspace, query, field):
        whole = {"workspace_id": workspace, "folder_type": "development", **query}
        assert field in api.get("/v1/folders", **whole).refused(4000).msg

    def test_folders_move_and_are_renamed(self, api, workspace):
        one, two = fold(api, workspace, "one"), fold(api, workspace, "two")
        path = f"/buckle/v1/folders/{two}"
        assert api.put(path, {"parent_folder_id": one}).ok().data["parent_folder_id"] == one
        renamed = api.put(path, {"name": "2", "description": "d"}).ok().data
        assert (renamed["name"], renamed["description"], renamed["parent_folder_id"]) == ("2", "d", one)
        for folder in (one, two):
            cycle = api.put(f"/buckle/v1/folders/{folder}", {"parent_folder_id": two})
            assert "parent_folder_id" in cycle.refused(4000).msg
        api.put(path, {"parent_folder_id": UNKNOWN_ID}).refused(4200)
        assert api.get(f"/v1/folders/{two}").ok().data == renamed
        assert "parent_folder_id" not in api.put(path, {"parent_folder_id": "0"}).ok().data

    def test_ten_lie_in_each_other(self, api, workspace):
        parent = None
        for _ in range(10):
            parent = fold(api, workspace, parent=parent)
        body = {"workspace_id": workspace, "folder_type": "development", "name": "x", "parent_folder_id": parent}
        assert "parent_folder_id" in api.post("/buckle/v1/folders", body).refused(4000).msg

    @pytest.mark.parametrize("field, value", [
        ("name", "名" * 51), ("name", ""), ("name", " "), ("name", None), ("description", "d" * 501),
        ("folder_type", "attic"), ("workspace_id", None), ("parent_folder_id", "x"),
    ], ids=str)
    def test_what_is_out_of_its_limits_is_refused(self, api, workspace, field, value):
        body = {"workspace_id": workspace, "folder_type": "development", "name": "名" * 50, "description": "d" * 500}
        assert field in api.post("/buckle/v1/folders", {**body, field: value}).refused(4000).msg
        api.post("/buckle/v1/folders", body).ok()

    def test_what_lay_in_a_deleted_folder_lies_in_its_parent(self, api, coze, workspace):
        root = fold(api, workspace)
        middle = fold(api, workspace, parent=root)
        leaf = fold(api, workspace, parent=middle)
        bot = make(api, "bot", workspace)
        put(api, "bot", bot, middle).ok()
        assert "data" not in api.delete(f"/buckle/v1/folders/{middle}").ok().body
        assert coze.folders.retrieve(folder_id=leaf).parent_folder_id == root
        (item,) = coze.bots.list(space_id=workspace, use_api_version=2, publish_status=PublishStatus.ALL)
        assert (item.id, item.folder_id) == (bot, root)
        api.get(f"/v1/folders/{middle}").refused(4200)

    def test_only_who_made_one_or_manages_the_workspace_changes_it(self, server, api, workspace, stranger):
        member = Person(server).join(api, workspace)
        theirs, own = fold(api, workspace), fold(member.api, workspace)
        assert member.coze.folders.retrieve(folder_id=theirs).id == theirs
        member.api.put(f"/buckle/v1/folders/{theirs}", {"name": "x"}).refused(4101)
        member.api.delete(f"/buckle/v1/folders/{theirs}").refused(4101)
        member.api.put(f"/buckle/v1/folders/{own}", {"name": "x"}).ok()
        api.put(f"/buckle/v1/folders/{own}", {"name": "y"}).ok()
        for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
            path = "/v1/folders" if method == "GET" else "/buckle/v1/folders"
            unknown = stranger.api.call(method, f"{path}/{UNKNOWN_ID}", json=body).refused(4200).msg
            known = stranger.api.call(method, f"{path}/{own}", json=body).refused(4200).msg
            assert known == unknown.replace(UNKNOWN_ID, own)
        stranger.api.get("/v1/folders", workspace_id=workspace, folder_type="development").refused(4200)

    @pytest.mark.parametrize("kind", TYPES)
    def test_things_lie_in_folders_of_their_kind(self, api, workspace, kind):
        right, wrong = ("library", "development") if kind == "workflow" else ("development", "library")
        thing = make(api, kind, workspace)
        folder = fold(api, workspace, kind=right)
        assert "data" not in put(api, kind, thing, folder).ok().body
        put(api, kind, thing, fold(api, workspace, kind=wrong)).refused(4000)
        put(api, kind, thing, fold(api, team(api), kind=right)).refused(4200)
        path = "/buckle/v1/workflows" if kind == "workflow" else f"/v1/{kind}s"
        query = {"workspace_id": workspace, "publish_status": "all"}
        assert [item["folder_id"] for item in api.get(path, **query).ok().data["items"]] == [folder]
        assert "folder_id" in api.put(f"/buckle/v1/{kind}s/{thing}/folder", {}).refused(4000).msg
        put(api, kind, thing, "0").ok()
        assert ["folder_id" in item for item in api.get(path, **query).ok().data["items"]] == [False]


class TestApps:
    def test_the_sdk_lists_apps_page_by_page(self, api, coze, workspace, user_id):
        apps = [make(api, "app", workspace, f"应用 {number}", description="d") for number in range(5)]
        page = coze.apps.list(workspace_id=workspace, publish_status=PublishStatus.ALL, page_size=2)
        found = list(page)
        assert [app.id for app in found] == apps[::-1] and page.total == 5
        last = found[-1]
        assert (last.name, last.description, last.icon_url) == ("应用 0", "d", "")
        assert (last.is_published, last.owner_user_id, last.published_at) == (False, user_id, None)
        assert last.folder_id is None and last.updated_at > 0

    def test_the_asynchronous_sdk_lists_the_same(self, api, acoze, workspace):
        apps = [make(api, "app", workspace) for _ in range(3)]

        async def run():
            page = await acoze.apps.list(workspace_id=workspace, publish_status=PublishStatus.ALL, page_size=1)
            return [app.id async for app in page]

        assert asyncio.run(run()) == apps[::-1]

    def test_both_names_of_the_page_number_count(self, api, workspace):
        apps = [make(api, "app", workspace) for _ in range(2)]
        for name in ("page_num", "page_index"):
            query = {"workspace_id": workspace, "publish_status": "all", "page_size": 1, name: 2}
            data = api.get("/v1/apps", **query).ok().data
            assert ([item["id"] for item in data["items"]], data["total"]) == ([apps[0]], 2)

    def test_what_is_listed_depends_on_what_is_published(self, api, coze, workspace):
        def names(status=None, connector=None):
            return [
                app.name for app in coze.apps.list(
                    workspace_id=workspace, publish_status=status, connector_id=connector)
            ]

        app = make(api, "app", workspace, "one")
        path = f"/buckle/v1/apps/{app}"
        assert names() == [] and names(PublishStatus.UNPUBLISHED_DRAFT) == ["one"]
        published = api.post(f"{path}/publish").ok().data
        assert (published["is_published"], published["connector_ids"]) == (True, ["1024"])
        api.put(path, {"name": "two"}).ok()
        assert names() == names(PublishStatus.PUBLISHED_ONLINE) == ["one"]
        assert names(PublishStatus.PUBLISHED_DRAFT) == names(PublishStatus.ALL) == ["two"]
        assert names(PublishStatus.UNPUBLISHED_DRAFT) == names(connector="998") == []
        (item,) = coze.apps.list(workspace_id=workspace)
        assert item.is_published and item.published_at == published["published_at"]
        api.post(f"{path}/publish", {"connector_ids": ["998"]}).ok()
        assert names(connector="998") == ["two"] and names() == ["one"]
        api.post(f"{path}/unpublish", {"connector_id": "998"}).ok()
        api.post(f"{path}/unpublish", {"connector_id": "998"}).refused(4015)
        assert names(connector="998") == [] and names() == ["one"]

    def test_unknown_workspaces_are_refused(self, api, coze, workspace, stranger):
        make(api, "app", workspace)
        for space in (UNKNOWN_ID, stranger.workspace_id):
            with refused(4200):
                coze.apps.list(workspace_id=space)
        stranger.api.get("/v1/apps", workspace_id=workspace).refused(4200)
        assert "workspace_id" in api.get("/v1/apps").refused(4000).msg

    def test_an_app_takes_its_workflows_with_it(self, api, workspace):
        app = make(api, "app", workspace)
        inside, outside = make(api, "workflow", workspace, app_id=app), make(api, "workflow", workspace)
        assert "data" not in api.delete(f"/buckle/v1/apps/{app}").ok().body
        look(api, "app", app).refused(4200)
        look(api, "workflow", inside).refused(4200)
        look(api, "workflow", outside).ok()

    @pytest.mark.parametrize("kind", ["app", "workflow"])
    def test_its_owner_changes_it_and_strangers_learn_nothing(self, server, api, workspace, stranger, kind):
        member = Person(server).join(api, workspace)
        thing = make(api, kind, workspace)
        assert look(member.api, kind, thing).ok().data["name"] == "thing"
        rename(member.api, kind, thing).refused(4101)
        member.api.delete(f"/buckle/v1/{kind}s/{thing}").refused(4101)
        for call in (
            lambda id: look(stranger.api, kind, id), lambda id: rename(stranger.api, kind, id),
            lambda id: stranger.api.delete(f"/buckle/v1/{kind}s/{id}"),
        ):
            assert call(thing).refused(4200).msg == call(UNKNOWN_ID).refused(4200).msg.replace(UNKNOWN_ID, thing)
        assert look(api, kind, thing).ok().data["name"] == "thing"

    @pytest.mark.parametrize("kind", ["app", "workflow"])
    @pytest.mark.parametrize("field, value", [
        ("name", "名" * 51), ("name", ""), ("name", None), ("description", "d" * 501), ("workspace_id", None),
        ("folder_id", "x"),
    ], ids=str)
    def test_what_is_out_of_its_limits_is_refused(self, api, workspace, kind, field, value):
        body = {"workspace_id": workspace, "name": "名" * 50, "description": "d" * 500}
        assert field in api.post(f"/buckle/v1/{kind}s", {**body, field: value}).refused(4000).msg
        api.post(f"/buckle/v1/{kind}s", body).ok()


class TestWorkflows:
    def test_they_lie_in_apps_or_in_the_library(self, api, workspace):
        app = make(api, "app", workspace)
        one = make(api, "workflow", workspace, "one", app_id=app)
        two = make(api, "workflow", workspace, "two")

        def ids(**query):
            data = api.get("/buckle/v1/workflows", workspace_id=workspace, **query).ok().data
            return [item["id"] for item in data["items"]]

        assert ids() == [one, two] and ids(app_id=app) == [one] and ids(page_size=1, page_num=2) == [two]
        assert api.put(f"/buckle/v1/workflows/{two}", {"app_id": app}).ok().data["app_id"] == app
        assert "app_id" not in api.put(f"/buckle/v1/workflows/{one}", {"app_id": "0"}).ok().data
        assert ids(app_id=app) == [two]
        api.get("/buckle/v1/workflows", workspace_id=workspace, app_id=UNKNOWN_ID).refused(4200)
        api.put(f"/buckle/v1/workflows/{one}", {"app_id": make(api, "app", team(api))}).refused(4200)
        assert ids(app_id=app) == [two]
