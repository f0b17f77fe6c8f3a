import secrets
import time

import pytest
from cozepy import Coze, TokenAuth
from cozepy.variables import VariableValue

from harness import GARBAGE_IDS, UNKNOWN_ID, refused

ANN = "ann@example.com 安娜"
"""An end user, by a name that needs quoting in a query."""


def published(coze, api, workspace_id, variables=(), connectors=("1024",)):
    """A bot with these variables, online in these channels."""
    bot = coze.bots.create(space_id=workspace_id, name=f"bot {secrets.token_hex(4)}")
    api.put(f"/buckle/v1/bots/{bot.bot_id}/variables", {"variables": list(variables)}).ok()
    if connectors:
        coze.bots.publish(bot_id=bot.bot_id, connector_ids=list(connectors))
    return bot.bot_id


@pytest.fixture
def bot_id(coze, api, workspace_id):
    return published(coze, api, workspace_id, [
        {"keyword": "city", "default_value": "杭州"},
        {"keyword": "off", "enable": False},
        {"keyword": "mood"},
        {"keyword": "sys_uuid", "channel": "system"},
    ])


def values(coze, bot_id, *keywords, user=ANN, **options):
    found = coze.variables.retrieve(connector_uid=user, keywords=list(keywords), bot_id=bot_id, **options)
    return {item.keyword: item.value for item in found.data}


def update(coze, bot_id, user=ANN, connector_id=None, **pairs):
    data = [VariableValue(keyword=keyword, value=value) for keyword, value in pairs.items()]
    coze.variables.update(connector_uid=user, data=data, bot_id=bot_id, connector_id=connector_id)


class TestSDK:
    def test_what_is_set_is_retrieved_with_its_times(self, coze, bot_id):
        before = int(time.time())
        update(coze, bot_id, city="北京 🏯 \"'{{x}}\n", mood="")
        items = coze.variables.retrieve(connector_uid=ANN, keywords=[], bot_id=bot_id).data
        assert [(item.keyword, item.value) for item in items] == [("city", "北京 🏯 \"'{{x}}\n"), ("mood", "")]
        for item in items:
            assert before <= item.create_time <= item.update_time <= time.time() + 1

    def test_defaults_have_no_times(self, coze, bot_id):
        items = coze.variables.retrieve(connector_uid=ANN, keywords=[], bot_id=bot_id).data
        assert [item.model_dump() for item in items] == [
            {"keyword": "city", "value": "杭州", "create_time": 0, "update_time": 0},
            {"keyword": "mood", "value": "", "create_time": 0, "update_time": 0},
        ]

    def test_keywords_come_in_the_order_asked_and_unknown_ones_are_left_out(self, coze, bot_id):
        update(coze, bot_id, own="1")
        found = coze.variables.retrieve(connector_uid=ANN, keywords=["own", "nothing", "mood", "city"], bot_id=bot_id)
        assert [item.keyword for item in found.data] == ["own", "mood", "city"]

    def test_a_bot_needs_no_variables_of_its_own(self, coze, api, workspace_id):
        plain = published(coze, api, workspace_id)
        assert values(coze, plain) == {}
        update(coze, plain, b="2", a="1")
        assert values(coze, plain) == {"a": "1", "b": "2"}

    def test_an_update_changes_only_what_it_names(self, coze, bot_id):
        update(coze, bot_id, city="a", mood="b")
        update(coze, bot_id, mood="c")
        assert values(coze, bot_id) == {"city": "a", "mood": "c"}

    def test_values_belong_to_one_user_channel_and_bot(self, coze, api, workspace_id, bot_id):
        other = published(coze, api, workspace_id, [{"keyword": "city", "default_value": "杭州"}])
        update(coze, bot_id, city="here")
        assert values(coze, bot_id, "city") == {"city": "here"}
        assert values(coze, bot_id, "city", connector_id="1024") == {"city": "here"}
        assert values(coze, bot_id, "city", user=ANN.upper()) == {"city": "杭州"}
        assert values(coze, bot_id, "city", connector_id="999") == {"city": "杭州"}
        assert values(coze, other, "city") == {"city": "杭州"}
        update(coze, bot_id, connector_id="999", city="there")
        assert values(coze, bot_id, "city", connector_id="999") == {"city": "there"}
        assert values(coze, bot_id, "city") == {"city": "here"}

    @pytest.mark.parametrize("keyword", ["off", "sys_uuid"])
    def test_a_variable_that_clients_may_not_use_is_refused(self, coze, bot_id, keyword):
        with refused(4000) as caught:
            values(coze, bot_id, "city", keyword)
        assert keyword in caught.value.msg
        with refused(4000):
            update(coze, bot_id, city="changed", **{keyword: "x"})
        assert values(coze, bot_id) == {"city": "杭州", "mood": ""}

    @pytest.mark.parametrize("connectors, code", [((), 4015), (("10000122",), 4015), (("999",), 0), (("998",), 0)])
    def test_a_bot_must_be_online_where_there_are_variables(self, coze, api, workspace_id, connectors, code):
        bot_id = published(coze, api, workspace_id, [{"keyword": "city"}], connectors)
        if code == 0:
            update(coze, bot_id, city="a")
            assert values(coze, bot_id) == {"city": "a"}
            return
        with refused(code):
            values(coze, bot_id)
        with refused(code):
            update(coze, bot_id, city="a")

    def test_an_app_does_not_exist(self, coze):
        with refused(4200):
            coze.variables.retrieve(connector_uid=ANN, keywords=[], app_id=UNKNOWN_ID)
        with refused(4200):
            coze.variables.update(
                connector_uid=ANN, data=[VariableValue(keyword="a", value="1")], app_id=UNKNOWN_ID)

    def test_unknown_and_garbage_bots_are_refused(self, coze):
        for bot_id, code in [(UNKNOWN_ID, 4200)] + [(garbage, 4000) for garbage in GARBAGE_IDS]:
            with refused(code):
                values(coze, bot_id)
            with refused(code):
                update(coze, bot_id, city="a")

    def test_they_outlive_the_server(self, own_server):
        coze = Coze(auth=TokenAuth(own_server.token), base_url=own_server.url)
        bot_id = published(coze, own_server.api(), coze.workspaces.list().items[0].id, [{"keyword": "city"}])
        update(coze, bot_id, city="kept")
        own_server.kill()
        own_server.start()
        assert values(Coze(auth=TokenAuth(own_server.token), base_url=own_server.url), bot_id) == {"city": "kept"}


class TestHTTP:
    def body(self, bot_id, *pairs, **more):
        return {
            "bot_id": bot_id, "connector_uid": ANN,
            "data": [{"keyword": keyword, "value": value} for keyword, value in pairs], **more,
        }

    def test_an_update_has_no_data(self, api, bot_id):
        assert "data" not in api.put("/v1/variables", self.body(bot_id, ("city", "a"))).ok().body

    def test_blank_options_are_as_good_as_absent(self, api, bot_id):
        api.put("/v1/variables", self.body(bot_id, ("city", "a"), app_id="", connector_id=None)).ok()
        found = api.get("/v1/variables", bot_id=bot_id, app_id="", connector_id="", connector_uid=ANN, keywords="").ok()
        assert [item["value"] for item in found.data["items"]] == ["a", ""]
        assert [set(item) for item in found.data["items"]] == [{"keyword", "value", "create_time", "update_time"}] * 2

    def test_keywords_may_be_repeated_instead_of_joined(self, api, bot_id):
        found = api.call("GET", "/v1/variables", params=[
            ("bot_id", bot_id), ("connector_uid", ANN), ("keywords", "mood"), ("keywords", "city"),
        ]).ok()
        assert [item["keyword"] for item in found.data["items"]] == ["mood", "city"]

    @pytest.mark.parametrize("pairs, field", [
        ([], "data"), ([(f"k{n}", "v") for n in range(101)], "data"),
        ([("city", "1"), ("city", "2")], "data[1].keyword"), ([("city", "值" * 10_001)], "data[0].value"),
        ([("city", "1"), ("mood", None)], "data[1].value"), ([("city", 1)], "data[0].value"),
        ([("city", "1"), ("", "1")], "data[1].keyword"), ([("1a", "1")], "data[0].keyword"),
        ([("a b", "1")], "data[0].keyword"), ([("k" * 51, "1")], "data[0].keyword"), ([("城市", "1")], "data[0].keyword"),
    ], ids=[
        "no items", "101 items", "a keyword twice", "a long value", "no value", "a value that is a number",
        "no keyword", "a keyword that begins with a digit", "a keyword with a blank", "a long keyword",
        "a keyword of other letters",
    ])
    def test_anything_else_is_refused_by_the_name_of_the_field_and_changes_nothing(self, api, bot_id, pairs, field):
        assert field in api.put("/v1/variables", self.body(bot_id, *pairs)).refused(4000).msg
        found = api.get("/v1/variables", bot_id=bot_id, connector_uid=ANN).ok()
        assert [item["value"] for item in found.data["items"]] == ["杭州", ""]

    def test_exactly_the_limit_is_accepted(self, api, bot_id):
        pairs = [("k" * 50, "值" * 10_000)] + [(f"_{n}", "v") for n in range(99)]
        api.put("/v1/variables", self.body(bot_id, *pairs)).ok()
        found = api.get("/v1/variables", bot_id=bot_id, connector_uid=ANN, keywords="k" * 50 + ",_98").ok()
        assert [item["value"] for item in found.data["items"]] == ["值" * 10_000, "v"]

    def test_a_bot_and_a_user_must_be_named(self, api, bot_id):
        assert "bot_id" in api.get("/v1/variables", connector_uid=ANN).refused(4000).msg
        assert "connector_uid" in api.get("/v1/variables", bot_id=bot_id).refused(4000).msg
        assert "connector_uid" in api.get("/v1/variables", bot_id=bot_id, connector_uid="").refused(4000).msg
        assert "connector_uid" in api.get("/v1/variables", bot_id=bot_id, connector_uid="u" * 257).refused(4000).msg

    def test_reading_and_setting_need_permissions_of_their_own(self, server, bot_id):
        query = {"bot_id": bot_id, "connector_uid": ANN}
        reader = server.api(server.create_token("readVariable"))
        reader.get("/v1/variables", **query).ok()
        reader.put("/v1/variables", self.body(bot_id, ("city", "a"))).refused(4101)
        writer = server.api(server.create_token("updateVariable"))
        writer.put("/v1/variables", self.body(bot_id, ("city", "a"))).ok()
        writer.get("/v1/variables", **query).refused(4101)
