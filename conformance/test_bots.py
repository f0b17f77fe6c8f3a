import time

import pytest
from cozepy import (
    Bot,
    BotKnowledge,
    BotModelInfo,
    BotOnboardingInfo,
    BotPromptInfo,
    BotSuggestReplyInfo,
    Coze,
    NumberPaged,
    NumberPagedResponse,
    PluginIDList,
    PublishStatus,
    SuggestReplyMode,
    TokenAuth,
    WorkflowIDList,
)
from cozepy.bots import BotMode
from cozepy.model import CozeModel

from harness import GARBAGE_IDS, UNKNOWN_ID, Buckle, refused

MODEL = BotModelInfo(
    model_id="100001", temperature=0.5, context_round=7, max_tokens=2048, top_k=40, top_p=0.75,
    response_format=BotModelInfo.ResponseFormat.MARKDOWN, cache_type=BotModelInfo.CacheType.CLOSED,
    presence_penalty=0.25, frequency_penalty=-0.5, parameters={"thinking_type": "disabled"},
    sp_anti_leak=True, sp_current_time=False,
)


class Version(CozeModel):
    """What later releases of the SDK demand of a version; this release has no call for them yet."""

    class Creator(CozeModel):
        id: str
        name: str

    version: str
    description: str
    created_at: str
    updated_at: str
    creator: Creator


class VersionPage(CozeModel, NumberPagedResponse[Version]):
    items: list[Version]
    total: int

    def get_total(self) -> int | None:
        return self.total

    def get_has_more(self) -> bool | None:
        return None

    def get_items(self) -> list[Version]:
        return self.items


def versions(coze: Coze, url: str, bot_id: str, page_size: int) -> NumberPaged:
    requester = coze._requester

    def request(page_num, page_size):
        return requester.make_request(
            "GET", f"{url}/v1/bots/{bot_id}/versions", params={"page_num": page_num, "page_size": page_size},
            cast=VersionPage, stream=False,
        )

    return NumberPaged(page_num=1, page_size=page_size, requestor=requester, request_maker=request)


def draft(coze, bot_id) -> Bot:
    return coze.bots.retrieve(bot_id=bot_id, is_published=False, use_api_version=2)


def online(coze, bot_id) -> Bot:
    return coze.bots.retrieve(bot_id=bot_id)


@pytest.fixture
def full_bot(coze, workspace_id) -> Bot:
    """A bot made with every option that the SDK has."""
    return coze.bots.create(
        space_id=workspace_id,
        name="旅行助手",
        description="Knows 杭州",
        prompt_info=BotPromptInfo(prompt="You are a guide to 杭州."),
        onboarding_info=BotOnboardingInfo(prologue="你好 👋", suggested_questions=["Where to eat?", "去哪里?"]),
        suggest_reply_info=BotSuggestReplyInfo(
            reply_mode=SuggestReplyMode.CUSTOMIZED, customized_prompt="Suggest places."
        ),
        model_info_config=MODEL,
        plugin_id_list=PluginIDList(id_list=[]),
        workflow_id_list=WorkflowIDList(ids=[]),
    )


class TestCreate:
    def test_a_bot_made_with_every_option_gives_them_back(self, coze, full_bot, user_id):
        found = draft(coze, full_bot.bot_id)
        assert found.bot_id == full_bot.bot_id
        assert found.name == "旅行助手"
        assert found.description == "Knows 杭州"
        assert found.prompt_info.prompt == "You are a guide to 杭州."
        assert found.onboarding_info.prologue == "你好 👋"
        assert found.onboarding_info.suggested_questions == ["Where to eat?", "去哪里?"]
        assert found.suggest_reply_info.reply_mode == SuggestReplyMode.CUSTOMIZED
        assert found.suggest_reply_info.customized_prompt == "Suggest places."
        assert found.bot_mode == BotMode.SINGLE_AGENT
        assert found.owner_user_id == user_id
        for field in (
            "model_id", "temperature", "context_round", "max_tokens", "top_k", "top_p", "response_format",
            "presence_penalty", "frequency_penalty", "parameters",
        ):
            assert getattr(found.model_info, field) == getattr(MODEL, field), field

    def test_creating_answers_with_the_id_alone(self, api, workspace_id):
        before = int(time.time())
        data = api.post("/v1/bot/create", {"space_id": workspace_id, "name": "x"}).ok().data
        assert isinstance(data["bot_id"], str)
        assert before <= int(data["bot_id"]) >> 32 <= int(time.time())

    def test_a_bot_made_of_a_name_alone_has_its_fields_all_the_same(self, api, coze, bot, user_id):
        now = int(time.time())
        found = draft(coze, bot.bot_id)
        assert found.description == ""
        assert isinstance(found.icon_url, str)
        assert now - 5 <= found.create_time <= found.update_time <= now + 1
        raw = api.get(f"/v1/bots/{bot.bot_id}", is_published="false").ok().data
        for field in ("bot_id", "name", "description", "icon_url", "version", "owner_user_id"):
            assert isinstance(raw[field], str), field
        for field in ("create_time", "update_time", "bot_mode"):
            assert isinstance(raw[field], int), field

    @pytest.mark.parametrize("field, value", [
        ("name", "名" * 20),
        ("description", "述" * 500),
        ("prompt_info", {"prompt": "词" * 20_000}),
        ("onboarding_info", {"prologue": "白" * 300}),
        ("onboarding_info", {"suggested_questions": ["问" * 50]}),
    ], ids=["name 20", "description 500", "prompt 20,000", "prologue 300", "question 50"])
    def test_exactly_the_limit_is_accepted(self, api, workspace_id, field, value):
        api.post("/v1/bot/create", {"space_id": workspace_id, "name": "x", field: value}).ok()

    @pytest.mark.parametrize("field, value", [
        ("name", "名" * 21),
        ("name", ""),
        ("name", None),
        ("name", 5),
        ("description", "述" * 501),
        ("prompt", {"prompt_info": {"prompt": "词" * 20_001}}),
        ("prologue", {"onboarding_info": {"prologue": "白" * 301}}),
        ("suggested_questions", {"onboarding_info": {"suggested_questions": ["问" * 51]}}),
        ("suggested_questions", {"onboarding_info": {"suggested_questions": "one"}}),
        ("reply_mode", {"suggest_reply_info": {"reply_mode": "sometimes"}}),
        ("model_id", {"model_info_config": {"temperature": 0.5}}),
        ("response_format", {"model_info_config": {"model_id": "1", "response_format": "xml"}}),
        ("max_tokens", {"model_info_config": {"model_id": "1", "max_tokens": "many"}}),
        ("top_k", {"model_info_config": {"model_id": "1", "top_k": 2**31}}),
        ("api_mode", {"model_info_config": {"model_id": "1", "api_mode": "fax"}}),
        ("cache_type", {"model_info_config": {"model_id": "1", "cache_type": "open"}}),
        ("parameters", {"model_info_config": {"model_id": "1", "parameters": {"thinking_budget": 2000}}}),
        ("prompt_mode", {"prompt_info": {"prompt": "x", "prompt_mode": "suffix"}}),
        ("space_id", None),
        ("space_id", "abc"),
    ], ids=[
        "name 21", "empty name", "no name", "name that is a number", "description 501", "prompt 20,001",
        "prologue 301", "question 51", "questions that are no list", "unknown reply mode", "model without id",
        "unknown response format", "tokens that are no number", "a number beyond 32 bits", "unknown API mode",
        "unknown cache type", "a parameter that is no string", "unknown prompt mode", "no space", "garbage space",
    ])
    def test_beyond_it_is_refused_by_the_name_of_the_field(self, api, workspace_id, field, value):
        body = {"space_id": workspace_id, "name": "x"}
        body.update(value if isinstance(value, dict) else {field: value})
        assert field in api.post("/v1/bot/create", body).refused(4000).msg

    def test_a_prompt_in_two_parts_comes_back(self, api, workspace_id):
        prompt = {"prompt_mode": "prefix", "prefix_prompt_info": {"prefix_prompt": "a", "dynamic_prompt": "b"}}
        model = {"model_id": "1", "cache_type": "prefix"}
        made = api.post("/v1/bot/create", {
            "space_id": workspace_id, "name": "x", "prompt_info": prompt, "model_info_config": model,
        }).ok().data
        found = api.get(f"/v1/bots/{made['bot_id']}", is_published="false").ok().data["prompt_info"]
        assert found["prompt_mode"] == "prefix"
        assert found["prefix_prompt_info"] == prompt["prefix_prompt_info"]

    def test_an_unknown_workspace_is_refused(self, coze):
        with refused(4200, 4101):
            coze.bots.create(space_id=UNKNOWN_ID, name="x")


class TestUpdate:
    def test_what_is_left_out_stays(self, coze, full_bot):
        before = draft(coze, full_bot.bot_id)
        coze.bots.update(bot_id=full_bot.bot_id, description="new description")
        after = draft(coze, full_bot.bot_id)
        assert after.description == "new description"
        edited = {"description", "update_time"}
        assert after.model_dump(exclude=edited) == before.model_dump(exclude=edited)

    def test_every_option_can_be_changed(self, coze, full_bot):
        coze.bots.update(
            bot_id=full_bot.bot_id,
            name="new name",
            description="new description",
            prompt_info=BotPromptInfo(prompt="new prompt"),
            onboarding_info=BotOnboardingInfo(prologue="new prologue", suggested_questions=["new question"]),
            knowledge=BotKnowledge(dataset_ids=[], auto_call=False, search_strategy=20),
            suggest_reply_info=BotSuggestReplyInfo(reply_mode=SuggestReplyMode.DISABLE),
            model_info_config=BotModelInfo(model_id="100002", temperature=1.0, top_p=0.5),
        )
        after = draft(coze, full_bot.bot_id)
        assert after.name == "new name"
        assert after.description == "new description"
        assert after.prompt_info.prompt == "new prompt"
        assert after.onboarding_info.prologue == "new prologue"
        assert after.onboarding_info.suggested_questions == ["new question"]
        assert after.suggest_reply_info.reply_mode == SuggestReplyMode.DISABLE
        assert (after.model_info.model_id, after.model_info.temperature, after.model_info.top_p) == ("100002", 1.0, 0.5)

    def test_update_time_moves(self, coze, bot):
        before = draft(coze, bot.bot_id)
        time.sleep(1.1)
        coze.bots.update(bot_id=bot.bot_id, name="later")
        after = draft(coze, bot.bot_id)
        assert before.update_time < after.update_time <= int(time.time())
        assert after.create_time == before.create_time

    def test_the_answer_has_no_data(self, api, bot):
        assert "data" not in api.post("/v1/bot/update", {"bot_id": bot.bot_id, "name": "x"}).ok().body

    def test_nulls_and_empty_strings_change_nothing(self, api, coze, full_bot):
        before = draft(coze, full_bot.bot_id)
        api.post("/v1/bot/update", {
            "bot_id": full_bot.bot_id, "name": None, "description": None, "prompt_info": None,
            "onboarding_info": None, "model_info_config": None, "suggest_reply_info": None, "icon_file_id": "",
        }).ok()
        after = draft(coze, full_bot.bot_id)
        assert after.model_dump(exclude={"update_time"}) == before.model_dump(exclude={"update_time"})

    @pytest.mark.parametrize("field, value", [
        ("name", {"name": "名" * 21}),
        ("description", {"description": "述" * 501}),
        ("prompt", {"prompt_info": {"prompt": "词" * 20_001}}),
        ("prologue", {"onboarding_info": {"prologue": "白" * 301}}),
        ("suggested_questions", {"onboarding_info": {"suggested_questions": ["问" * 51]}}),
        ("dataset_ids", {"knowledge": {"dataset_ids": [str(n) for n in range(1, 152)]}}),
        ("search_strategy", {"knowledge": {"search_strategy": 7}}),
        ("reply_mode", {"suggest_reply_info": {"reply_mode": "sometimes"}}),
    ], ids=lambda value: value if isinstance(value, str) else "")
    def test_beyond_the_limits_it_is_refused_and_changes_nothing(self, api, coze, full_bot, field, value):
        before = draft(coze, full_bot.bot_id)
        assert field in api.post("/v1/bot/update", {"bot_id": full_bot.bot_id, **value}).refused(4000).msg
        assert draft(coze, full_bot.bot_id).model_dump() == before.model_dump()

    @pytest.mark.parametrize("body", [
        {"name": "x"}, {"bot_id": None}, {"bot_id": ""}, {"bot_id": 5}, {"bot_id": "abc"},
    ], ids=str)
    def test_the_bot_must_be_named(self, api, body):
        assert "bot_id" in api.post("/v1/bot/update", body).refused(4000).msg


class TestPublish:
    def test_it_answers_with_the_bot_and_a_version_in_milliseconds(self, coze, bot):
        before = int(time.time() * 1000)
        published = coze.bots.publish(bot_id=bot.bot_id)
        assert published.bot_id == bot.bot_id
        assert before <= int(published.version) <= int(time.time() * 1000)
        assert online(coze, bot.bot_id).version == published.version

    def test_the_published_version_is_the_draft_of_that_moment(self, coze, full_bot):
        drafted = draft(coze, full_bot.bot_id)
        coze.bots.publish(bot_id=full_bot.bot_id)
        other = {"version", "update_time"}
        assert online(coze, full_bot.bot_id).model_dump(exclude=other) == drafted.model_dump(exclude=other)

    def test_a_published_version_stays_while_the_draft_goes_on(self, coze, full_bot):
        first = coze.bots.publish(bot_id=full_bot.bot_id)
        published = online(coze, full_bot.bot_id)
        coze.bots.update(
            bot_id=full_bot.bot_id, name="second", prompt_info=BotPromptInfo(prompt="second prompt"),
            model_info_config=BotModelInfo(model_id="2"),
        )
        assert online(coze, full_bot.bot_id).model_dump() == published.model_dump()
        drafted = draft(coze, full_bot.bot_id)
        assert (drafted.name, drafted.prompt_info.prompt) == ("second", "second prompt")
        second = coze.bots.publish(bot_id=full_bot.bot_id)
        assert int(second.version) > int(first.version)
        now = online(coze, full_bot.bot_id)
        assert (now.name, now.prompt_info.prompt, now.version) == ("second", "second prompt", second.version)

    def test_versions_made_in_the_same_moment_are_all_different(self, coze, bot):
        made = [coze.bots.publish(bot_id=bot.bot_id).version for _ in range(5)]
        assert len(set(made)) == 5
        assert made == sorted(made, key=int)

    def test_publishing_to_the_chat_sdk_alone_does_not_publish_to_the_api(self, coze, bot):
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=["999"])
        with refused(4015):
            online(coze, bot.bot_id)
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=["1024", "999"])
        assert online(coze, bot.bot_id).bot_id == bot.bot_id

    def test_a_channel_of_ones_own_takes_the_api_too(self, coze, bot):
        with refused(4000):
            coze.bots.publish(bot_id=bot.bot_id, connector_ids=["10000999"])
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=["10000999", "1024"])

    @pytest.mark.parametrize("connectors", [None, [], "1024", [1024], [""]], ids=str)
    def test_channels_must_be_a_list_of_strings(self, api, bot, connectors):
        reply = api.post("/v1/bot/publish", {"bot_id": bot.bot_id, "connector_ids": connectors})
        assert "connector_ids" in reply.refused(4000).msg


class TestUnpublish:
    def test_the_bot_is_then_a_draft_only(self, coze, bot, workspace_id):
        coze.bots.publish(bot_id=bot.bot_id)
        coze.bots.unpublish(bot_id=bot.bot_id, connector_id="1024", unpublish_reason="out of date")
        with refused(4015):
            online(coze, bot.bot_id)
        with refused(4015):
            coze.bots.retrieve(bot_id=bot.bot_id, is_published=True, use_api_version=2)
        assert draft(coze, bot.bot_id).bot_id == bot.bot_id
        left = coze.bots.list(
            space_id=workspace_id, publish_status=PublishStatus.UNPUBLISHED_DRAFT, use_api_version=2, page_size=20
        )
        found = [b for b in left if b.id == bot.bot_id]
        assert len(found) == 1 and found[0].is_published is False

    def test_other_channels_stay(self, coze, bot):
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=["1024", "999"])
        coze.bots.unpublish(bot_id=bot.bot_id, connector_id="999")
        assert online(coze, bot.bot_id).bot_id == bot.bot_id

    def test_it_can_be_published_again(self, coze, bot):
        coze.bots.publish(bot_id=bot.bot_id)
        coze.bots.unpublish(bot_id=bot.bot_id, connector_id="1024")
        again = coze.bots.publish(bot_id=bot.bot_id)
        assert online(coze, bot.bot_id).version == again.version

    def test_the_answer_has_no_data_and_a_reason_may_have_1024_characters(self, api, coze, bot):
        coze.bots.publish(bot_id=bot.bot_id)
        path = f"/v1/bots/{bot.bot_id}/unpublish"
        body = {"bot_id": bot.bot_id, "connector_id": "1024"}
        assert "unpublish_reason" in api.post(path, {**body, "unpublish_reason": "因" * 1025}).refused(4000).msg
        assert online(coze, bot.bot_id).bot_id == bot.bot_id
        assert "data" not in api.post(path, {**body, "unpublish_reason": "因" * 1024}).ok().body

    @pytest.mark.parametrize("body", [{}, {"connector_id": ""}, {"connector_id": None}, {"connector_id": 1024}])
    def test_the_channel_must_be_named(self, api, bot, body):
        assert "connector_id" in api.post(f"/v1/bots/{bot.bot_id}/unpublish", body).refused(4000).msg


class TestRetrieve:
    def test_the_draft_and_the_published_one_are_told_apart(self, coze, bot):
        coze.bots.publish(bot_id=bot.bot_id)
        coze.bots.update(bot_id=bot.bot_id, name="draft name")
        assert draft(coze, bot.bot_id).name == "draft name"
        for published in (
            coze.bots.retrieve(bot_id=bot.bot_id, is_published=True, use_api_version=2),
            coze.bots.retrieve(bot_id=bot.bot_id, use_api_version=2),
            coze.bots.retrieve(bot_id=bot.bot_id),
        ):
            assert published.name != "draft name"
            assert published.bot_id == bot.bot_id

    def test_both_reads_of_the_published_one_agree(self, api, coze, full_bot):
        coze.bots.publish(bot_id=full_bot.bot_id)
        old = api.get("/v1/bot/get_online_info", bot_id=full_bot.bot_id).ok().data
        assert api.get(f"/v1/bots/{full_bot.bot_id}", is_published="true").ok().data == old
        assert api.get(f"/v1/bots/{full_bot.bot_id}", is_published="").ok().data == old

    def test_one_that_was_never_published_is_refused(self, coze, bot):
        with refused(4015):
            coze.bots.retrieve(bot_id=bot.bot_id)
        with refused(4015):
            coze.bots.retrieve(bot_id=bot.bot_id, use_api_version=2)
        with refused(4015):
            coze.bots.retrieve(bot_id=bot.bot_id, is_published=True, use_api_version=2)

    def test_is_published_must_be_true_or_false(self, api, bot):
        assert "is_published" in api.get(f"/v1/bots/{bot.bot_id}", is_published="perhaps").refused(4000).msg


class TestUnknown:
    CALLS = {
        "retrieve": lambda coze, id: coze.bots.retrieve(bot_id=id),
        "retrieve v2": lambda coze, id: coze.bots.retrieve(bot_id=id, use_api_version=2),
        "retrieve draft": lambda coze, id: draft(coze, id),
        "update": lambda coze, id: coze.bots.update(bot_id=id, name="x"),
        "publish": lambda coze, id: coze.bots.publish(bot_id=id),
        "unpublish": lambda coze, id: coze.bots.unpublish(bot_id=id, connector_id="1024"),
    }

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
    def test_an_unknown_bot_is_refused(self, coze, call):
        with refused(4200):
            call(coze, UNKNOWN_ID)

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
    @pytest.mark.parametrize("garbage", GARBAGE_IDS)
    def test_a_garbage_id_is_refused(self, coze, call, garbage):
        with refused(4000):
            call(coze, garbage)

    def test_the_calls_that_the_sdk_lacks_refuse_it_too(self, api):
        api.get(f"/v1/bots/{UNKNOWN_ID}/versions").refused(4200)
        api.post(f"/v1/bots/{UNKNOWN_ID}/collaboration_mode", {"collaboration_mode": "single"}).refused(4200)
        api.post(f"/v1/bots/{UNKNOWN_ID}/collaborators", {"collaborators": [{"user_id": "1"}]}).refused(4200)
        api.delete(f"/v1/bots/{UNKNOWN_ID}/collaborators/{UNKNOWN_ID}").refused(4200)


class TestList:
    @pytest.fixture(scope="class")
    def shelf(self, tmp_path_factory):
        """A server whose bots are known: two drafts, two published, one published and then changed."""
        server = Buckle(tmp_path_factory.mktemp("shelf"))
        try:
            server.start()
            coze = Coze(auth=TokenAuth(server.token), base_url=server.url)
            space = coze.workspaces.list().items[0].id
            names = ["draft 1", "draft 2", "published 1", "published 2", "changed"]
            ids = {
                name: coze.bots.create(space_id=space, name=name, description=f"about {name}").bot_id
                for name in names
            }
            for name in names[2:]:
                coze.bots.publish(bot_id=ids[name], connector_ids=["1024", "999"] if name == "published 2" else None)
            coze.bots.update(bot_id=ids["changed"], name="changed since")
            yield server, coze, space, ids
        finally:
            server.remove()

    def names(self, shelf, **how):
        _, coze, space, _ = shelf
        return sorted(b.name for b in coze.bots.list(space_id=space, use_api_version=2, **how))

    def test_each_publish_status_shows_its_own(self, shelf):
        published = ["changed", "published 1", "published 2"]
        changed = ["changed since", "published 1", "published 2"]
        drafts = ["draft 1", "draft 2"]
        assert self.names(shelf) == published
        assert self.names(shelf, publish_status=PublishStatus.PUBLISHED_ONLINE) == published
        assert self.names(shelf, publish_status=PublishStatus.PUBLISHED_DRAFT) == changed
        assert self.names(shelf, publish_status=PublishStatus.UNPUBLISHED_DRAFT) == drafts
        assert self.names(shelf, publish_status=PublishStatus.ALL) == sorted(changed + drafts)

    def test_each_channel_shows_its_own(self, shelf):
        online = {"publish_status": PublishStatus.PUBLISHED_ONLINE}
        assert self.names(shelf, connector_id="999", **online) == ["published 2"]
        assert self.names(shelf, connector_id="1024", **online) == ["changed", "published 1", "published 2"]

    def test_an_item_has_every_field(self, shelf):
        _, coze, space, ids = shelf
        owner, now = coze.users.me().user_id, int(time.time())
        listed = {b.id: b for b in coze.bots.list(space_id=space, use_api_version=2, publish_status=PublishStatus.ALL)}
        assert set(listed) == set(ids.values())
        for bot in listed.values():
            published = bot.id not in (ids["draft 1"], ids["draft 2"])
            assert bot.is_published is published
            assert bot.description.startswith("about ")
            assert bot.owner_user_id == owner
            assert now - 600 < bot.updated_at <= now + 1
            assert not published or now - 600 < bot.published_at <= now + 1

    @pytest.mark.parametrize("status", list(PublishStatus), ids=lambda s: s.value)
    def test_the_paginator_walks_to_the_end_by_two(self, shelf, status):
        _, coze, space, _ = shelf
        how = {"space_id": space, "use_api_version": 2, "publish_status": status}
        whole = [b.id for b in coze.bots.list(**how, page_size=20)]
        pages = list(coze.bots.list(**how, page_size=2).iter_pages())
        assert [b.id for page in pages for b in page.items] == whole
        assert all(page.total == len(whole) for page in pages)
        assert len(pages) == -(-len(whole) // 2)

    def test_pages_are_named_either_way(self, shelf):
        server, _, space, _ = shelf
        query = {"workspace_id": space, "publish_status": "all", "page_size": 2}
        api = server.api()
        for page in (1, 2, 3, 4):
            assert (
                api.get("/v1/bots", **query, page_num=page).ok().data
                == api.get("/v1/bots", **query, page_index=page).ok().data
            )
        assert api.get("/v1/bots", **query, page_num=4).ok().data["items"] == []

    def test_the_deprecated_list_shows_what_is_published_to_the_api(self, shelf):
        server, coze, space, ids = shelf
        listed = list(coze.bots.list(space_id=space))
        assert sorted(b.name for b in listed) == ["changed", "published 1", "published 2"]
        assert [b.published_at for b in listed] == sorted((b.published_at for b in listed), reverse=True)
        raw = server.api().get("/v1/space/published_bots_list", space_id=space).ok().data
        assert raw["total"] == 3
        for item in raw["space_bots"]:
            assert item["publish_time"] == str(int(item["publish_time"]))
            assert item["bot_id"] in ids.values()
            assert isinstance(item["icon_url"], str) and item["description"].startswith("about ")

    def test_the_deprecated_list_is_walked_to_the_end_by_two(self, shelf):
        _, coze, space, _ = shelf
        whole = [b.id for b in coze.bots.list(space_id=space)]
        pages = list(coze.bots.list(space_id=space, page_size=2).iter_pages())
        assert [[b.id for b in page.items] for page in pages] == [whole[:2], whole[2:]]

    @pytest.mark.parametrize("path, name", [
        ("/v1/bots", "workspace_id"), ("/v1/space/published_bots_list", "space_id"),
    ])
    def test_the_workspace_must_be_named(self, api, path, name):
        assert name in api.get(path).refused(4000).msg
        assert name in api.get(path, **{name: ""}).refused(4000).msg
        assert name in api.get(path, **{name: "abc"}).refused(4000).msg
        api.get(path, **{name: UNKNOWN_ID}).refused(4200, 4101)

    def test_an_unknown_status_is_refused(self, api, workspace_id):
        reply = api.get("/v1/bots", workspace_id=workspace_id, publish_status="secret")
        assert "publish_status" in reply.refused(4000).msg


class TestVersions:
    def test_the_paginator_walks_to_the_end_by_two(self, server, coze, bot):
        made = [coze.bots.publish(bot_id=bot.bot_id).version for _ in range(5)]
        pages = list(versions(coze, server.url, bot.bot_id, page_size=2).iter_pages())
        assert [len(page.items) for page in pages] == [2, 2, 1]
        walked = [v.version for page in pages for v in page.items]
        assert walked in (made, made[::-1])

    def test_an_item_has_every_field_of_the_documents_and_of_the_sdk(self, api, coze, bot, user_id):
        made = coze.bots.publish(bot_id=bot.bot_id).version
        now = int(time.time())
        data = api.get(f"/v1/bots/{bot.bot_id}/versions").ok().data
        assert (data["total"], data["has_more"], len(data["items"])) == (1, False, 1)
        item = data["items"][0]
        assert item["version"] == made
        assert item["description"] == item["changelog"]
        assert item["publish_status"] == "published_online"
        assert item["creator"]["id"] == user_id
        assert isinstance(item["creator"]["name"], str)
        assert now - 10 <= int(item["created_at"]) <= now + 1
        assert isinstance(item["created_at"], str) and isinstance(item["updated_at"], str)

    def test_has_more_and_total_agree(self, api, coze, bot):
        for _ in range(3):
            coze.bots.publish(bot_id=bot.bot_id)
        pages = [
            api.get(f"/v1/bots/{bot.bot_id}/versions", page_num=n, page_size=2).ok().data for n in (1, 2, 3)
        ]
        assert [page["has_more"] for page in pages] == [True, False, False]
        assert [page["total"] for page in pages] == [3, 3, 3]
        assert [len(page["items"]) for page in pages] == [2, 1, 0]

    def test_a_bot_that_was_never_published_has_none(self, api, bot):
        data = api.get(f"/v1/bots/{bot.bot_id}/versions").ok().data
        assert (data["items"], data["total"], data["has_more"]) == ([], 0, False)

    def test_a_page_holds_10_by_default_and_never_more_than_30(self, api, coze, bot):
        for _ in range(31):
            coze.bots.publish(bot_id=bot.bot_id)
        path = f"/v1/bots/{bot.bot_id}/versions"
        assert len(api.get(path).ok().data["items"]) == 10
        assert len(api.get(path, page_size=30).ok().data["items"]) == 30
        more = api.get(path, page_size=31)
        assert more.code == 4000 or len(more.ok().data["items"]) == 30


class TestCollaboration:
    def test_the_mode_can_be_switched(self, api, bot):
        path = f"/v1/bots/{bot.bot_id}/collaboration_mode"
        for mode in ("collaboration", "collaboration", "single"):
            assert "data" not in api.post(path, {"collaboration_mode": mode}).ok().body

    @pytest.mark.parametrize("body", [{}, {"collaboration_mode": "many"}, {"collaboration_mode": 1}])
    def test_an_unknown_mode_is_refused(self, api, bot, body):
        path = f"/v1/bots/{bot.bot_id}/collaboration_mode"
        assert "collaboration_mode" in api.post(path, body).refused(4000).msg

    @pytest.mark.parametrize("collaborators", [
        None, [], "1", [{}], [{"user_id": ""}], [{"user_id": "1"}, {"user_id": "2"}], [{"user_id": 1}],
    ], ids=str)
    def test_exactly_one_collaborator_is_added_in_a_call(self, api, bot, collaborators):
        reply = api.post(f"/v1/bots/{bot.bot_id}/collaborators", {"collaborators": collaborators}).refused(4000)
        assert "collaborators" in reply.msg or "user_id" in reply.msg

    def test_only_a_member_of_the_workspace_can_be_added(self, api, bot):
        body = {"collaborators": [{"user_id": UNKNOWN_ID}]}
        api.post(f"/v1/bots/{bot.bot_id}/collaborators", body).refused(4000, 4101, 4200)
