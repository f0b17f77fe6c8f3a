import pytest

from harness import GARBAGE_IDS, UNKNOWN_ID

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather", "description": "Tells the weather 天气",
        "parameters": {
            "type": "object", "required": ["city"],
            "properties": {"days": {"type": "integer", "maximum": 7}, "city": {"type": "string"}},
            "x-any": [1, 1.5, None],
        },
    },
}
PARTS = ["tools", "variables", "shortcut_commands"]


def function(**members):
    return [{"type": "function", "function": members}]


def draft(coze, bot):
    return coze.bots.retrieve(bot_id=bot.bot_id, is_published=False, use_api_version=2)


def path(bot, part):
    return f"/buckle/v1/bots/{bot.bot_id}/{part}"


@pytest.mark.parametrize("part", PARTS)
class TestEach:
    def test_a_new_bot_has_none(self, api, bot, part):
        assert api.get(path(bot, part)).ok().data == {part: []}

    def test_setting_answers_as_reading_does_and_replaces_all(self, api, bot, part):
        items = {"tools": [WEATHER], "variables": [{"keyword": "a"}], "shortcut_commands": [{"name": "a"}]}[part]
        data = api.put(path(bot, part), {part: items}).ok().data
        assert len(data[part]) == 1
        assert api.get(path(bot, part)).ok().data == data
        assert api.put(path(bot, part), {part: []}).ok().data == {part: []}
        assert api.get(path(bot, part)).ok().data == {part: []}

    def test_a_list_is_required(self, api, bot, part):
        for body in ({}, {part: None}, {part: "x"}, {part: {}}, {part: [1]}, []):
            api.put(path(bot, part), body).refused(4000)

    def test_unknown_and_garbage_bots_are_refused(self, api, part):
        for bot_id, code in [(UNKNOWN_ID, 4200)] + [(garbage, 4000) for garbage in GARBAGE_IDS]:
            api.get(f"/buckle/v1/bots/{bot_id}/{part}").refused(code)
            api.put(f"/buckle/v1/bots/{bot_id}/{part}", {part: []}).refused(code)

    def test_reading_and_setting_need_permissions_of_their_own(self, server, bot, part):
        reader = server.api(server.create_token("getMetadata"))
        reader.get(path(bot, part)).ok()
        reader.put(path(bot, part), {part: []}).refused(4101)
        editor = server.api(server.create_token("edit"))
        editor.put(path(bot, part), {part: []}).ok()
        editor.get(path(bot, part)).refused(4101)

    def test_a_bot_update_leaves_it_alone_and_it_the_rest(self, coze, api, bot, part):
        items = {"tools": [WEATHER], "variables": [{"keyword": "a"}], "shortcut_commands": [{"name": "a"}]}[part]
        data = api.put(path(bot, part), {part: items}).ok().data
        coze.bots.update(bot_id=bot.bot_id, name="renamed", description="described")
        assert api.get(path(bot, part)).ok().data == data
        api.put(path(bot, part), {part: []}).ok()
        assert (draft(coze, bot).name, draft(coze, bot).description) == ("renamed", "described")


class TestTools:
    def test_they_are_kept_as_they_came(self, api, bot):
        tools = [WEATHER, {"type": "function", "function": {"name": "a-B_9"}}]
        reply = api.put(path(bot, "tools"), {"tools": tools}).ok()
        assert reply.data == {"tools": tools}
        kept = api.get(path(bot, "tools")).ok().data["tools"]
        assert list(kept[0]["function"]["parameters"]["properties"]) == ["days", "city"]
        assert kept == tools

    @pytest.mark.parametrize("tools, field", [
        (function(), "tools[0].function.name"), (function(name=""), "tools[0].function.name"),
        (function(name="a b"), "tools[0].function.name"), (function(name="天气"), "tools[0].function.name"),
        (function(name="n" * 65), "tools[0].function.name"),
        (function(name="a", description="说" * 1025), "tools[0].function.description"),
        (function(name="a", parameters=[]), "tools[0].function.parameters"),
        (function(name="a", parameters={"type": "string"}), "tools[0].function.parameters.type"),
        (function(name="a", parameters={"properties": []}), "tools[0].function.parameters.properties"),
        (function(name="a", parameters={"required": [1]}), "tools[0].function.parameters.required"),
        (function(name="a", parameters={"title": "x" * 65_536}), "tools[0].function.parameters"),
        (function(name="a") * 2, "tools[1].function.name"),
        ([{"type": "plugin", "function": {"name": "a"}}], "tools[0].type"),
        ([{"type": "function"}], "tools[0].function"),
        ([function(name=f"t{n}")[0] for n in range(129)], "tools"),
    ], ids=[
        "no name", "an empty name", "a name with a blank", "a name of other letters", "a long name",
        "a long description", "parameters that are a list", "a schema of strings", "properties that are a list",
        "required that names no string", "large parameters", "a name twice", "another type", "no function", "129 tools",
    ])
    def test_anything_else_is_refused_by_the_name_of_the_field_and_changes_nothing(self, api, bot, tools, field):
        api.put(path(bot, "tools"), {"tools": [WEATHER]}).ok()
        assert field in api.put(path(bot, "tools"), {"tools": tools}).refused(4000).msg
        assert api.get(path(bot, "tools")).ok().data == {"tools": [WEATHER]}

    def test_exactly_the_limit_is_accepted(self, api, bot):
        schema = {"type": "object", "title": "x" * 65_503}
        tools = [*function(name="n" * 64, description="说" * 1024, parameters=schema)]
        tools += [function(name=f"t{n}")[0] for n in range(127)]
        assert api.put(path(bot, "tools"), {"tools": tools}).ok().data == {"tools": tools}


class TestVariables:
    def test_the_sdk_finds_them_in_the_draft_and_in_what_is_online(self, coze, api, bot):
        api.put(path(bot, "variables"), {"variables": [
            {"keyword": "city", "default_value": "杭州", "description": "Where"},
            {"keyword": "_2", "enable": False, "prompt_enable": False, "channel": "system"},
        ]}).ok()
        coze.bots.publish(bot_id=bot.bot_id)
        api.put(path(bot, "variables"), {"variables": []}).ok()
        assert draft(coze, bot).variables == []
        city, other = coze.bots.retrieve(bot_id=bot.bot_id).variables
        assert (city.keyword, city.default_value, city.description) == ("city", "杭州", "Where")
        assert (city.variable_type, city.channel) == ("KVVariable", "custom")
        assert (city.enable, city.prompt_enable) == (True, True)
        assert (other.keyword, other.channel, other.enable, other.prompt_enable) == ("_2", "system", False, False)

    def test_what_bot_info_shows_can_be_sent_back(self, api, bot):
        data = api.put(path(bot, "variables"), {"variables": [{"keyword": "a", "default_value": "1"}]}).ok().data
        shown = api.get(f"/v1/bots/{bot.bot_id}", is_published="false").ok().data["variables"]
        assert api.put(path(bot, "variables"), {"variables": shown}).ok().data == data

    @pytest.mark.parametrize("variables, field", [
        ([{}], "variables[0].keyword"), ([{"keyword": "1a"}], "variables[0].keyword"),
        ([{"keyword": "a-b"}], "variables[0].keyword"), ([{"keyword": "k" * 51}], "variables[0].keyword"),
        ([{"keyword": "a"}] * 2, "variables[1].keyword"),
        ([{"keyword": "a", "channel": "fax"}], "variables[0].channel"),
        ([{"keyword": "a", "enable": "yes"}], "variables[0].enable"),
        ([{"keyword": "a", "default_value": "值" * 10_001}], "variables[0].default_value"),
        ([{"keyword": "a", "description": "说" * 501}], "variables[0].description"),
        ([{"keyword": f"k{n}"} for n in range(101)], "variables"),
    ], ids=[
        "no keyword", "a digit first", "a hyphen", "a long keyword", "a keyword twice", "an unknown channel",
        "enable that is a text", "a long default", "a long description", "101 variables",
    ])
    def test_anything_else_is_refused_by_the_name_of_the_field(self, api, bot, variables, field):
        assert field in api.put(path(bot, "variables"), {"variables": variables}).refused(4000).msg


class TestShortcutCommands:
    COMMANDS = [
        {
            "name": "天气", "command": "/weather", "description": "Asks for the weather",
            "query_template": "How is the weather in {{city}}?",
            "components": [
                {"name": "city", "description": "Which city", "type": "text", "tool_parameter": "city",
                 "default_value": "杭州", "is_hide": True},
                {"name": "day"},
            ],
        },
        {"name": "Hello"},
    ]

    def set(self, api, bot, commands):
        return api.put(path(bot, "shortcut_commands"), {"shortcut_commands": commands}).ok().data["shortcut_commands"]

    def test_they_are_given_ids_that_stay(self, coze, api, bot):
        first, second = made = self.set(api, bot, self.COMMANDS)
        assert first["id"] != second["id"] and first["id"].isdigit()
        assert {key: first[key] for key in self.COMMANDS[0] if key != "components"} == {
            key: value for key, value in self.COMMANDS[0].items() if key != "components"
        }
        assert first["components"] == [self.COMMANDS[0]["components"][0], {
            "name": "day", "description": "", "type": "text", "tool_parameter": "", "default_value": "",
            "is_hide": False,
        }]
        assert self.set(api, bot, self.COMMANDS) == made
        assert self.set(api, bot, list(reversed(made))) == list(reversed(made))
        renamed = self.set(api, bot, [{"id": first["id"], "name": "Weather"}, {"name": "New"}])
        assert renamed[0]["id"] == first["id"]
        assert renamed[1]["id"] not in (first["id"], second["id"])

    def test_bot_info_shows_them_as_published(self, coze, api, bot):
        made = self.set(api, bot, self.COMMANDS)
        coze.bots.publish(bot_id=bot.bot_id)
        self.set(api, bot, [])
        shown = api.get(f"/v1/bots/{bot.bot_id}").ok().data["shortcut_commands"]
        assert [{key: command[key] for key in made[0]} for command in shown] == made
        assert all({"agent_id", "icon_url"} <= set(command) for command in shown)
        assert api.get(f"/v1/bots/{bot.bot_id}", is_published="false").ok().data["shortcut_commands"] == []

    @pytest.mark.parametrize("commands, field", [
        ([{}], "shortcut_commands[0].name"), ([{"name": "  "}], "shortcut_commands[0].name"),
        ([{"name": "a", "id": "abc"}], "shortcut_commands[0].id"),
        ([{"name": "a", "id": "5"}, {"name": "b", "id": "5"}], "shortcut_commands[1].id"),
        ([{"name": "a", "components": [{}]}], "shortcut_commands[0].components[0].name"),
        ([{"name": "a", "components": [{"name": "c"}] * 2}], "shortcut_commands[0].components[1].name"),
        ([{"name": "a", "components": [{"name": f"c{n}"} for n in range(21)]}], "shortcut_commands[0].components"),
        ([{"name": "a", "query_template": "q" * 20_001}], "shortcut_commands[0].query_template"),
        ([{"name": "a"}] * 101, "shortcut_commands"),
    ], ids=[
        "no name", "a blank name", "a garbage id", "an id twice", "a component without a name", "a component twice",
        "21 components", "a long query", "101 commands",
    ])
    def test_anything_else_is_refused_by_the_name_of_the_field(self, api, bot, commands, field):
        refusal = api.put(path(bot, "shortcut_commands"), {"shortcut_commands": commands}).refused(4000)
        assert field in refusal.msg
