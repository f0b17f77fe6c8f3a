"""What is counted of chats and requests, and who sees it."""
import secrets
import time

import pytest
from cozepy import ChatStatus, Message

from chat import of, outputs_for, text
from harness import UNKNOWN_ID, eventually
from test_tokens import new_person, workspace_of
from upstream import HELLO_TEXT, USAGE

USAGE_OF = "/buckle/v1/usage"
REQUESTS = "/buckle/v1/usage/requests"
DAY = 86_400
STORED = 8
"""Counters are stored every five seconds."""


def usage(api, **query) -> dict:
    query.setdefault("workspace_id", workspace_of(api))
    return api.get(USAGE_OF, **query).ok().data


def counted(api, chats, **query) -> dict:
    """What is told once so many chats are counted."""
    def found():
        now = usage(api, **query)
        return now if now["total"]["chats"] >= chats else None

    told = eventually(found, within=STORED, every=0.1)
    assert told, usage(api, **query)
    return told


def figures(item, *names) -> tuple:
    return tuple(item[name] for name in names or ("chats", "completed", "failed", "canceled"))


class TestChats:
    def test_the_sdks_chats_are_counted_with_their_tokens(self, stand):
        bots, begun = [stand.new_bot("plain"), stand.new_bot("no_usage")], int(time.time())
        said = [Message.build_user_question_text("hello")]
        polled = [
            stand.coze.chat.create_and_poll(bot_id=bot, user_id="someone", additional_messages=said).chat
            for bot in bots
        ]
        assert all(chat.status == ChatStatus.COMPLETED for chat in polled)
        streamed = list(stand.coze.chat.stream(bot_id=bots[0], user_id="someone", additional_messages=said))
        assert [event.chat for event in streamed if event.chat][-1].status == ChatStatus.COMPLETED
        # Nobody reads it and it is not kept, but it is a chat.
        with stand.stream("hello", bot_id=bots[0], auto_save_history=False) as unsaved:
            assert text(unsaved.rest()) == HELLO_TEXT

        told = counted(stand.api, 3, bot_id=bots[0])
        assert figures(told["total"]) == (3, 3, 0, 0)
        assert figures(told["total"], "input_tokens", "output_tokens") == (3 * USAGE[0], 3 * USAGE[1])
        for times in (told["total"]["first_token_ms"], told["total"]["duration_ms"]):
            assert set(times) == {"average", "p50", "p95"}
            assert 0 < times["p50"] <= times["p95"] and 0 < times["average"] < 15_000
        day, = told["items"]
        assert day["time"] % DAY == 0 and begun - DAY < day["time"] <= time.time()
        assert {name: value for name, value in day.items() if name != "time"} == told["total"]

        # What an upstream does not tell is estimated, as the chat says.
        other = counted(stand.api, 1, bot_id=bots[1])["total"]
        assert figures(other, "input_tokens", "output_tokens") == (
            polled[1].usage.input_count, polled[1].usage.output_count)

    def test_items_are_what_is_asked_for(self, stand):
        api = stand.api
        bot = stand.new_bot("plain", name=(name := f"counted {secrets.token_hex(4)}"))
        stand.chat("hello", bot_id=bot)
        stand.chat("hello", bot_id=bot)
        counted(api, 2, bot_id=bot)
        items = {
            grouping: usage(api, bot_id=bot, group_by=grouping)["items"]
            for grouping in ("hour", "day", "bot", "model", "channel", "none")
        }
        assert items.pop("none") == []
        assert all(len(found) == 1 and found[0]["chats"] == 2 for found in items.values()), items
        assert figures(items["bot"][0], "bot_id", "bot_name") == (bot, name)
        model = api.get(f"/v1/bots/{bot}", is_published="true").ok().data["model_info"]["model_id"]
        assert items["model"][0]["model_id"] == model and items["channel"][0]["connector_id"] == "1024"
        assert items["hour"][0]["time"] % 3600 == 0
        for grouping, keys in [("hour", {"time"}), ("day", {"time"}), ("bot", {"bot_id", "bot_name"}),
                               ("model", {"model_id"}), ("channel", {"connector_id"})]:
            found = set(items[grouping][0]) & {"time", "bot_id", "bot_name", "model_id", "connector_id"}
            assert found == keys
        assert usage(api, bot_id=bot, model_id=model)["total"]["chats"] == 2
        assert usage(api, bot_id=bot, model_id="another")["total"]["chats"] == 0
        # The whole workspace has it too, and more.
        listed = usage(api, group_by="bot")
        assert items["bot"][0] in listed["items"]
        assert listed["total"]["chats"] == sum(item["chats"] for item in listed["items"])
        assert [item["chats"] for item in listed["items"]] == sorted(
            (item["chats"] for item in listed["items"]), reverse=True)

    def test_a_chat_with_tools_is_one_chat(self, stand):
        bot = stand.new_bot("weather", tools=[{"type": "function", "function": {"name": "get_weather"}}])
        chat = stand.chat("the weather?", bot_id=bot)
        assert chat["status"] == "requires_action"
        waiting = counted(stand.api, 1, bot_id=bot)["total"]
        assert figures(waiting) == (1, 0, 0, 0)
        assert figures(waiting, "input_tokens", "output_tokens") == USAGE
        stand.submit(chat, outputs_for(chat)).ok()
        assert stand.over(chat)["usage"]["token_count"] == 2 * sum(USAGE)

        def done():
            total = usage(stand.api, bot_id=bot)["total"]
            return total if total["completed"] else None

        total = eventually(done, within=STORED, every=0.1)
        assert figures(total) == (1, 1, 0, 0)
        assert figures(total, "input_tokens", "output_tokens") == (2 * USAGE[0], 2 * USAGE[1])

    def test_what_fails_or_is_canceled_is_counted_as_such(self, stand):
        failing, canceled = stand.new_bot("broken"), stand.new_bot("long")
        assert stand.chat("hello", bot_id=failing)["status"] == "failed"
        for _ in range(2):
            stream = stand.stream("tell me much", bot_id=canceled)
            stream.until("message.delta answer")
            stand.cancel(stream.chat).ok()
            stream.close()
        # One is deleted while it runs.
        stream = stand.stream("tell me much", bot_id=canceled)
        stream.until("message.delta answer")
        stand.api.delete(f"/v1/conversations/{stream.chat['conversation_id']}").ok()
        stream.close()
        total = counted(stand.api, 1, bot_id=failing)["total"]
        assert figures(total) == (1, 0, 1, 0)
        # No answer began.
        assert "first_token_ms" not in total and total["duration_ms"]["average"] > 0
        total = counted(stand.api, 3, bot_id=canceled)["total"]
        assert figures(total) == (3, 0, 0, 3)
        assert total["output_tokens"] > 0 and total["first_token_ms"]["average"] > 0

    def test_a_refused_chat_is_none(self, stand):
        bot = stand.new_bot("plain")
        stand.begin([], bot_id=bot).refused(4000)
        stand.chat("hello", bot_id=bot)
        assert counted(stand.api, 1, bot_id=bot)["total"]["chats"] == 1

    @pytest.mark.parametrize("query, field", [
        ({"group_by": "week"}, "group_by"), ({"utc_offset": 50401}, "utc_offset"), ({"utc_offset": "x"}, "utc_offset"),
        ({"from": -1}, "from"), ({"from": "yesterday"}, "from"), ({"from": 10, "to": 10}, "from"),
        ({"from": 0, "to": 400 * DAY + 1}, "from"), ({"to": 10**18}, "to"), ({"bot_id": "x"}, "bot_id"),
        ({"workspace_id": "x"}, "workspace_id"), ({"workspace_id": ""}, "workspace_id"),
    ])
    def test_what_cannot_be_asked_is_refused(self, api, query, field):
        asked = {"workspace_id": workspace_of(api)} | query
        assert f" {field}:" in api.get(USAGE_OF, **asked).refused(4000).msg

    def test_a_period_of_long_ago_is_empty(self, api):
        told = usage(api, **{"from": 1_000_000_000, "to": 1_000_000_000 + 400 * DAY}, utc_offset=-50400)
        assert told["items"] == [] and figures(told["total"]) == (0, 0, 0, 0)
        assert "first_token_ms" not in told["total"] and "duration_ms" not in told["total"]


class TestWhoSeesIt:
    def test_a_stranger_learns_nothing(self, server, api, workspace_id):
        _, stranger = new_person(server)
        refused = stranger.get(USAGE_OF, workspace_id=workspace_id).refused(4200)
        unknown = stranger.get(USAGE_OF, workspace_id=UNKNOWN_ID).refused(4200)
        assert refused.msg.replace(workspace_id, "") == unknown.msg.replace(UNKNOWN_ID, "")
        # Nor with a bot of another's in a workspace of their own.
        theirs = stranger.get(USAGE_OF, workspace_id=workspace_of(stranger), bot_id=UNKNOWN_ID).ok()
        assert theirs.data["items"] == []
        for query in ({}, {"group_by": "route"}):
            stranger.get(REQUESTS, **query).refused(4101)

    def test_members_see_it_and_need_the_permission(self, server, api, stand):
        owner = stand.api
        id, member = new_person(stand.server)
        team = owner.post("/v1/workspaces", {"name": "counted", "description": ""}).ok().data["id"]
        owner.post(f"/v1/workspaces/{team}/members", {"users": [{"user_id": id, "role_type": "member"}]}).ok()
        invitation, = member.get("/buckle/v1/invitations").ok().data["items"]
        member.get(USAGE_OF, workspace_id=team).refused(4200)
        member.post(f"/buckle/v1/invitations/{invitation['invitation_id']}/accept").ok()
        member.get(USAGE_OF, workspace_id=team).ok()
        other = stand.server.api(stand.server.create_token("listBot"))
        other.get(USAGE_OF, workspace_id=team).refused(4101)
        stand.server.api(stand.server.create_token("Buckle.readUsage")).get(USAGE_OF, workspace_id=team).ok()


class TestRequests:
    def test_requests_are_counted_by_their_route(self, own_server):
        api = own_server.api()
        for _ in range(20):
            api.get("/v1/users/me").ok()
        for _ in range(3):
            own_server.api("nonsense").get("/v1/users/me").refused(700012006, status=401)
        api.get("/v1/bots/99").refused(4200)
        api.raw("GET", "/nowhere")
        for path in ("/health/live", "/health/ready", "/metrics"):
            api.raw("GET", path)

        def routes():
            items = api.get(REQUESTS, group_by="route").ok().data["items"]
            found = {item["route"]: item for item in items}
            return found if found.get("GET /v1/users/me", {}).get("requests", 0) >= 23 else None

        found = eventually(routes, within=STORED, every=0.2)
        assert found, api.get(REQUESTS, group_by="route").ok().data
        me = found["GET /v1/users/me"]
        assert figures(me, "requests", "errors", "server_errors") == (23, 3, 0)
        assert 0 < me["duration_ms"]["p50"] <= me["duration_ms"]["p95"]
        assert figures(found["GET /v1/bots/{bot_id}"], "requests", "errors") == (1, 1)
        assert figures(found[""], "requests", "errors") == (1, 1)
        assert not [route for route in found if "health" in route or "metrics" in route]
        for grouping in ("day", "hour", "none"):
            told = api.get(REQUESTS, group_by=grouping).ok().data
            assert sum(item["requests"] for item in told["items"]) in (0, told["total"]["requests"])
            assert told["total"]["requests"] >= 25


class TestTheEnd:
    def test_sigterm_stores_what_was_counted_last(self, own_stand):
        stand = own_stand
        bot = stand.new_bot("plain")
        stand.chat("hello", bot_id=bot)
        running = stand.stream("tell me much", "second")
        running.until("message.delta answer")
        slow = stand.bot("second")
        assert stand.server.stop(within=15) == 0
        running.close()
        stand.start_server()
        for id in (bot, slow):
            assert figures(usage(stand.api, bot_id=id)["total"]) == (1, 1, 0, 0)
        routes = stand.api.get(REQUESTS, group_by="route").ok().data["items"]
        assert [item["requests"] for item in routes if item["route"] == "POST /v3/chat"] == [2]

    def test_a_crash_loses_seconds_and_fails_what_ran(self, own_stand):
        stand = own_stand
        plain, long, weather = (stand.new_bot("plain"), stand.new_bot("long"), stand.bot("weather"))
        stand.chat("hello", bot_id=plain)
        waiting = stand.chat("the weather?", "weather")
        counted(stand.api, 1, bot_id=plain)
        counted(stand.api, 1, bot_id=weather)
        running = stand.begin("tell me much", bot_id=long).ok().data
        stand.submit(waiting, outputs_for(waiting))
        assert stand.over(waiting)["status"] == "completed"
        stand.server.kill()
        stand.start_server()
        assert stand.retrieve(running)["status"] == "failed"
        told = counted(stand.api, 1, bot_id=long, group_by="model")
        assert figures(told["total"]) == (1, 0, 1, 0)
        model = stand.api.get(f"/v1/bots/{long}", is_published="true").ok().data["model_info"]["model_id"]
        assert [item["model_id"] for item in told["items"]] == [model]
        assert figures(usage(stand.api, bot_id=plain)["total"]) == (1, 1, 0, 0)
        # The second run of this one was not stored yet, or just.
        assert usage(stand.api, bot_id=weather)["total"]["chats"] == 1

    def test_what_is_counted_survives_the_bots_conversations(self, own_stand):
        stand = own_stand
        bot = stand.new_bot("plain")
        chat = stand.chat("hello", bot_id=bot)
        stand.api.delete(f"/v1/conversations/{of(chat)['conversation_id']}").ok()
        assert stand.server.stop(within=15) == 0
        stand.start_server()
        assert usage(stand.api, bot_id=bot)["total"]["chats"] == 1
