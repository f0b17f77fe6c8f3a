"""What a console and a chat page ask for beyond the documented API, and what of it the official SDK sees."""
import threading

import pytest
from cozepy import MessageContentType, MessageRole, PublishStatus

from chat import SAID, EventStream, answered, completed, of, only_terminal, outputs_for, question, text
from harness import GARBAGE_IDS, UNKNOWN_ID, eventually, refused
from test_bots import draft as draft_as_sdk_sees_it
from test_bots import versions
from test_files import other_account
from upstream import HELLO_TEXT, USAGE

CONVERSATIONS = "/buckle/v1/conversations"
WHOLE = {
    "name": "天气", "description": "Tells the weather",
    "prompt_info": {"prompt": "You know {{city}}."},
    "onboarding_info": {"prologue": "Hello!", "suggested_questions": ["Rain?", "Snow?"]},
    "model_info": {
        "model_id": "demo", "temperature": 0.5, "top_p": 0.25, "top_k": 7, "max_tokens": 100, "context_round": 3,
        "response_format": "markdown", "presence_penalty": -1.5, "frequency_penalty": 1.5,
        "parameters": {"thinking_type": "disabled", "x": "y", "a": "b"}, "api_mode": "chat_api",
        "cache_type": "closed", "sp_anti_leak": True, "sp_current_time": True,
    },
    "suggest_reply_info": {"reply_mode": "customized", "customized_prompt": "Ask more."},
    "tools": [{"type": "function", "function": {"name": "now"}}],
    "variables": [{"keyword": "city", "default_value": "杭州"}],
    "shortcut_commands": [{"name": "Weather", "query_template": "In {{city}}?", "components": [{"name": "city"}]}],
}


def path(bot_id, rest=""):
    return f"/buckle/v1/bots/{bot_id}{rest}"


def draft(api, bot_id) -> dict:
    return api.get(path(bot_id, "/draft")).ok().data


def replace(api, bot_id, body):
    return api.put(path(bot_id, "/draft"), body)


def publish(api, bot_id, **more) -> str:
    return api.post("/v1/bot/publish", {"bot_id": bot_id, "connector_ids": ["1024"], **more}).ok().data["version"]


def regenerate(stand, chat, **more):
    """The chat in place of another, once it is over."""
    body = {"conversation_id": chat["conversation_id"], **more}
    return stand.over(stand.api.post(f"/buckle/v1/chats/{chat['id']}/regenerate", body).ok().data)


def history(api, conversation, **query) -> dict:
    return api.get(f"{CONVERSATIONS}/{conversation}/chats", **query).ok().data


class TestDrafts:
    def test_all_of_a_draft_is_set_at_once_and_the_sdk_sees_it(self, api, coze, bot):
        replace(api, bot.bot_id, WHOLE).ok()
        seen = draft_as_sdk_sees_it(coze, bot.bot_id)
        assert (seen.name, seen.description) == ("天气", "Tells the weather")
        assert seen.prompt_info.prompt == "You know {{city}}."
        assert seen.onboarding_info.prologue == "Hello!"
        assert seen.onboarding_info.suggested_questions == ["Rain?", "Snow?"]
        assert (seen.model_info.model_id, seen.model_info.temperature, seen.model_info.top_k) == ("demo", 0.5, 7)
        assert seen.suggest_reply_info.reply_mode == "customized"
        assert [one.keyword for one in seen.variables] == ["city"]

    def test_the_list_tells_whether_a_draft_is_published_as_it_is(self, api, coze, bot, workspace_id):
        def is_changed():
            items = api.get("/v1/bots", workspace_id=workspace_id, publish_status="all", page_size=100).ok().data["items"]
            told = next(one for one in items if one["id"] == bot.bot_id)["has_unpublished_changes"]
            assert told == draft(api, bot.bot_id)["has_unpublished_changes"]
            return told

        assert is_changed()
        coze.bots.publish(bot_id=bot.bot_id)
        assert not is_changed()
        # Within the same second, and back again.
        name = draft(api, bot.bot_id)["name"]
        coze.bots.update(bot_id=bot.bot_id, name="another")
        assert is_changed()
        coze.bots.update(bot_id=bot.bot_id, name=name)
        assert not is_changed()

    def test_empty_values_clear_other_than_for_a_bot_update(self, api, coze, bot):
        replace(api, bot.bot_id, WHOLE).ok()
        coze.bots.update(bot_id=bot.bot_id, name="updated")
        assert draft(api, bot.bot_id)["description"] == "Tells the weather"
        for body in ({"name": "bare"}, {name: None for name in WHOLE} | {"name": "bare", "icon_file_id": None}):
            replace(api, bot.bot_id, WHOLE).ok()
            cleared = replace(api, bot.bot_id, body).ok().data
            assert (cleared["name"], cleared["description"], cleared["tools"]) == ("bare", "", [])
            assert "model_info" not in cleared
            assert cleared["prompt_info"]["prompt"] == ""
            assert cleared["onboarding_info"] == {"prologue": "", "suggested_questions": []}
            assert (cleared["variables"], cleared["shortcut_commands"]) == ([], [])

    def test_a_draft_and_a_version_differ_where_they_differ(self, api, bot):
        replace(api, bot.bot_id, WHOLE).ok()
        version = publish(api, bot.bot_id)
        published = api.get(path(bot.bot_id, f"/versions/{version}")).ok().data
        now = draft(api, bot.bot_id)
        shared = now.keys() & published.keys() - {"version"}
        assert shared >= WHOLE.keys()
        assert {name for name in shared if now[name] != published[name]} == set()
        assert now["has_unpublished_changes"] is False
        changed = replace(api, bot.bot_id, now | {"description": "other"}).ok().data
        assert {name for name in shared if changed[name] != published[name]} <= {"description", "update_time"}
        assert changed["has_unpublished_changes"] is True

    def test_the_whole_of_any_version_comes_back_by_a_revert(self, api, bot):
        replace(api, bot.bot_id, WHOLE).ok()
        first = publish(api, bot.bot_id, changelog="one")
        kept = api.get(path(bot.bot_id, f"/versions/{first}")).ok().data
        replace(api, bot.bot_id, {"name": "second"}).ok()
        second = publish(api, bot.bot_id, changelog="two")
        reverted = api.post(path(bot.bot_id, "/draft/revert"), {"version": first}).ok().data
        for name in ("name", "prompt_info", "model_info", "tools", "variables", "shortcut_commands"):
            assert reverted[name] == kept[name], name
        assert (reverted["has_unpublished_changes"], reverted["latest_version"]) == (True, second)
        assert api.get(f"/v1/bots/{bot.bot_id}").ok().data["name"] == "second"

    def test_versions_tell_what_their_publishers_noted(self, api, server, coze, bot):
        notes = ["", "first\nlines", "第二版"]
        for note in notes:
            publish(api, bot.bot_id, changelog=note)
        listed = versions(coze, server.url, bot.bot_id, page_size=10)
        assert [one.description for one in listed] == notes[::-1]
        api.post("/v1/bot/publish", {
            "bot_id": bot.bot_id, "connector_ids": ["1024"], "changelog": "x" * 2001}).refused(4000)

    def test_of_many_who_save_what_they_saw_one_succeeds(self, server, api, bot):
        seen = draft(api, bot.bot_id)["revision"]
        replies = []

        def save(number):
            replies.append(replace(server.api(), bot.bot_id, {"name": f"n{number}", "revision": seen}))

        threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saved = [one for one in replies if one.code == 0]
        assert len(saved) == 1
        assert {one.code for one in replies} == {0, 4000}
        assert all("revision" in one.msg for one in replies if one.code)
        assert draft(api, bot.bot_id)["revision"] == saved[0].data["revision"]

    def test_each_call_needs_its_permission(self, server, bot, api):
        version = publish(api, bot.bot_id)
        calls = {
            "getMetadata": [("GET", "/draft", None), ("GET", f"/versions/{version}", None)],
            "edit": [("PUT", "/draft", {"name": "x"}), ("POST", "/draft/revert", {"version": version})],
            "delete": [("DELETE", "", None)],
        }
        for permission, allowed in calls.items():
            token = server.api(server.create_token(permission))
            for other, theirs in calls.items():
                for method, rest, body in theirs:
                    if other != permission:
                        token.call(method, path(bot.bot_id, rest), json=body).refused(4101)
            for method, rest, body in allowed:
                token.call(method, path(bot.bot_id, rest), json=body).ok()

    def test_unknown_and_garbage_ids_are_refused(self, api, bot):
        for id, code in [(UNKNOWN_ID, 4200)] + [(garbage, 4000) for garbage in GARBAGE_IDS]:
            api.get(path(id, "/draft")).refused(code)
            replace(api, id, {"name": "x"}).refused(code)
            api.post(path(id, "/draft/revert"), {"version": "7"}).refused(code)
            api.get(path(bot.bot_id, f"/versions/{id}")).refused(code)
            api.post(path(bot.bot_id, "/draft/revert"), {"version": id}).refused(code)
            api.delete(path(id)).refused(code)


class TestDeletingABot:
    def test_it_is_gone_for_the_sdk_and_its_conversations_are_not(self, stand):
        coze, api = stand.coze, stand.api
        bot = stand.new_bot("plain")
        conversation = coze.conversations.create(bot_id=bot).id
        chat = stand.chat("hello", conversation=conversation, bot_id=bot)
        api.delete(path(bot)).ok()
        with refused(4200):
            coze.bots.retrieve(bot_id=bot)
        with refused(4200):
            coze.bots.publish(bot_id=bot)
        workspace = coze.workspaces.list().items[0].id
        listed = coze.bots.list(space_id=workspace, publish_status=PublishStatus.ALL, use_api_version=2)
        assert bot not in [one.id for one in listed]
        assert stand.said(conversation) == [("user", "hello"), ("assistant", HELLO_TEXT)]
        assert coze.conversations.update(conversation_id=conversation, name="kept").name == "kept"
        assert [one.id for one in coze.conversations.list(bot_id=bot)] == [conversation]
        stand.begin("more", conversation=conversation, bot_id=bot).refused(4200)
        api.post(f"/buckle/v1/chats/{chat['id']}/regenerate", {"conversation_id": conversation}).refused(4200)
        item = api.get(f"{CONVERSATIONS}/{conversation}").ok().data
        assert (item["bot_id"], item["bot_name"], item["is_bot_available"]) == (bot, "", False)
        # Another bot can go on with it.
        assert stand.chat("and now?", "plain", conversation)["status"] == "completed"

    def test_a_chat_that_runs_meanwhile_comes_to_its_end(self, stand):
        bot = stand.new_bot("second")
        chat = stand.begin("count", bot_id=bot).ok().data
        stand.asked("count", pieces=1)
        stand.api.delete(path(bot)).ok()
        assert stand.over(chat)["status"] == "completed"
        assert stand.messages(chat)[0]["content"].startswith("1 2 3")


class TestConversations:
    def test_all_are_listed_by_key_while_others_are_made(self, own_server):
        api = own_server.api()
        workspace = api.get("/v1/workspaces").ok().data["workspaces"][0]["id"]
        bots = [api.post("/v1/bot/create", {"space_id": workspace, "name": f"b{number}"}).ok().data["bot_id"]
                for number in range(2)]
        made = [api.post("/v1/conversation/create", {"bot_id": bots[number % 2], "name": f"c{number}"}).ok().data["id"]
                for number in range(12)]

        def walk(limit, meanwhile=lambda: None, **query):
            found, next = [], ""
            while True:
                page = api.get(CONVERSATIONS, limit=limit, before=next, **query).ok().data
                found += [one["id"] for one in page["conversations"]]
                meanwhile()
                if not (next := page["next"]):
                    return found

        assert walk(5) == made[::-1]
        assert walk(4) == made[::-1]
        # Whoever pages on neither misses nor repeats what is there, whatever is added or renamed.
        seen = walk(5, lambda: (
            api.post("/v1/conversation/create", {}).ok(), api.put(f"/v1/conversations/{made[0]}", {"name": "x"}).ok()))
        assert seen == made[::-1]
        assert walk(1, bot_id=bots[1]) == made[1::2][::-1]
        page = api.get(CONVERSATIONS, bot_id=bots[0], limit=1).ok().data["conversations"][0]
        assert (page["bot_id"], page["bot_name"], page["is_bot_available"]) == (bots[0], "b0", True)
        stranger = own_server.api(other_account(own_server))
        assert stranger.get(CONVERSATIONS).ok().data == {"conversations": [], "next": ""}
        stranger.get(f"{CONVERSATIONS}/{made[0]}").refused(4002)
        for query in ({"limit": 0}, {"limit": 101}, {"before": "x"}, {"bot_id": "x"}):
            api.get(CONVERSATIONS, **query).refused(4000)

    def test_a_conversation_has_what_the_sdk_retrieves_and_its_bot(self, api, coze, bot):
        made = coze.conversations.create(bot_id=bot.bot_id, meta_data={"a": "b"})
        item = api.get(f"{CONVERSATIONS}/{made.id}").ok().data
        retrieved = api.get("/v1/conversation/retrieve", conversation_id=made.id).ok().data
        assert item == retrieved | {
            "bot_id": bot.bot_id, "bot_name": draft(api, bot.bot_id)["name"], "bot_icon_url": "",
            "is_bot_available": True}


class TestChatsOfAConversation:
    def test_they_tell_what_each_took_and_how_it_ended(self, stand):
        conversation = stand.coze.conversations.create().id
        bot = stand.new_bot("plain")
        version = stand.publish(bot)
        begun = stand.begin("one", conversation=conversation, bot_id=bot).ok()
        stand.over(begun.data)
        second = stand.chat("two", "broken", conversation)
        page = history(stand.api, conversation)
        assert (page["next"], page["running_chat_id"]) == ("", "")
        last, first = page["chats"]
        assert (first["id"], first["log_id"], first["bot_version"]) == (begun.data["id"], begun.logid, version)
        assert first["usage"] == {
            "token_count": sum(USAGE), "input_count": USAGE[0], "output_count": USAGE[1]}
        assert first["completed_at"] >= first["created_at"]
        assert first["model_id"] and first["user_id"] == "user 1" and first["superseded_by"] == ""
        assert (last["id"], last["status"], last["last_error"]["code"]) == (second["id"], "failed", 4013)
        assert last["model_id"] != first["model_id"]
        # All that the chat itself tells stands in the list, too.
        assert stand.retrieve(begun.data).items() <= first.items()

    def test_the_one_that_runs_is_told_on_every_page(self, stand, running):
        conversation = stand.coze.conversations.create().id
        ended = stand.chat("one", "plain", conversation)
        chat = running("count", conversation)
        for query in ({}, {"limit": 1}, {"before": ended["id"]}):
            assert history(stand.api, conversation, **query)["running_chat_id"] == chat["id"]
        waiting = history(stand.api, conversation)["chats"][0]
        assert (waiting["id"], waiting["status"]) == (chat["id"], "in_progress")
        stand.cancel(chat).ok()
        assert history(stand.api, conversation)["running_chat_id"] == ""

    def test_what_a_chat_waits_for_is_told(self, stand):
        waiting = stand.chat("the weather?", "weather")
        listed = history(stand.api, waiting["conversation_id"])
        assert listed["running_chat_id"] == ""
        assert listed["chats"][0]["required_action"] == waiting["required_action"]

    def test_pages_follow_each_other(self, stand):
        conversation = stand.coze.conversations.create().id
        ids = [stand.chat(f"number {number}", "plain", conversation)["id"] for number in range(4)]
        found, next = [], ""
        while True:
            page = history(stand.api, conversation, limit=3, before=next)
            found += [one["id"] for one in page["chats"]]
            if not (next := page["next"]):
                break
        assert found == ids[::-1]
        stranger = stand.server.api(other_account(stand.server))
        stranger.get(f"{CONVERSATIONS}/{conversation}/chats").refused(4002)

    def test_what_users_think_of_answers_is_told(self, stand):
        conversation = stand.coze.conversations.create().id
        chats = [stand.chat(text, "plain", conversation) for text in ("one", "two", "three")]
        said = stand.api.post(SAID, {"order": "asc"}, conversation_id=conversation).ok().data
        answers = [one["id"] for one in said if one["type"] == "answer"]
        path = f"/v1/conversations/{conversation}/messages/%s/feedback"
        given = {"feedback_type": "unlike", "reason_types": ["wrong", "slow"], "comment": "no 杭州"}
        stand.api.post(path % answers[0], given).ok()
        stand.api.post(path % answers[1], {"feedback_type": "like"}).ok()

        def told(**page):
            return [one["feedback"] for one in history(stand.api, conversation, **page)["chats"]]

        liked = {"message_id": answers[1], "feedback_type": "like", "reason_types": [], "comment": ""}
        assert told() == [[], [liked], [given | {"message_id": answers[0]}]]
        assert told(limit=1, before=chats[2]["id"]) == [[liked]]
        stand.api.delete(path % answers[1]).ok()
        assert told(limit=2) == [[], []]

    def test_what_a_bot_did_on_its_way_is_listed_on_demand(self, stand):
        conversation = stand.coze.conversations.create().id
        waiting = stand.chat("the weather?", "weather", conversation)
        stand.over(stand.submit(waiting, outputs_for(waiting)).ok().data)
        listed = stand.api.post(
            SAID, {"order": "asc", "include_middle_message": True}, conversation_id=conversation).ok().data
        assert [one["type"] for one in listed] == [
            "question", "function_call", "tool_response", "answer", "verbose"]
        assert len({one["chat_id"] for one in listed}) == 1


class TestEditing:
    def test_the_model_and_the_sdk_see_the_edited_question_and_its_answer_alone(self, stand):
        conversation = stand.coze.conversations.create().id
        stand.chat("one", "plain", conversation)
        old = stand.chat([answered("by the way"), question("two", meta_data={"a": "b"})], "plain", conversation)
        new = regenerate(stand, old, content="zwei", content_type="text")
        assert new["id"] != old["id"] and new["status"] == "completed"
        expected = [
            ("user", "one"), ("assistant", HELLO_TEXT), ("assistant", "by the way"), ("user", "zwei"),
            ("assistant", HELLO_TEXT)]
        assert stand.question_of("zwei").said == expected[:-1]
        assert stand.said(conversation) == expected
        listed = list(stand.coze.conversations.messages.list(conversation_id=conversation, order="asc", limit=2))
        assert [one.content for one in listed] == [content for _, content in expected]
        assert listed[3].meta_data == {"a": "b"} and listed[3].chat_id == new["id"]
        stand.chat("three", "plain", conversation)
        assert stand.question_of("three").said == [*expected, ("user", "three")]
        # What was there before is kept under its chat's id.
        kept = stand.api.post(SAID, {"order": "asc", "chat_id": old["id"]}, conversation_id=conversation).ok().data
        assert [one["content"] for one in kept] == ["two", HELLO_TEXT]
        assert stand.messages(old)[0]["content"] == HELLO_TEXT
        assert stand.retrieve(old)["status"] == "completed"

    def test_it_streams_as_a_chat_does(self, stand):
        old = stand.chat("say it", "plain")
        events = EventStream(stand.server, "POST", f"/buckle/v1/chats/{old['id']}/regenerate", {
            "conversation_id": old["conversation_id"], "stream": True, "content": "say this",
            "content_type": "text"}).rest()
        assert only_terminal(events).name == "conversation.chat.completed"
        assert text(events) == HELLO_TEXT
        assert completed(events)[0]["content"] == HELLO_TEXT
        assert stand.said(old["conversation_id"]) == [("user", "say this"), ("assistant", HELLO_TEXT)]

    def test_going_back_to_an_earlier_question_drops_what_came_after_it(self, stand):
        conversation = stand.coze.conversations.create().id
        first = stand.chat("first", "plain", conversation)
        second = stand.chat("second", "second", conversation)
        stand.coze.conversations.messages.create(
            conversation_id=conversation, role=MessageRole.USER, content="loose", content_type=MessageContentType.TEXT)
        third = stand.chat("third", "weather", conversation)
        assert third["status"] == "requires_action"
        before = stand.said(conversation)
        stand.api.post(f"/buckle/v1/chats/{first['id']}/regenerate", {
            "conversation_id": conversation, "content": "x", "content_type": "text"}).refused(4000)
        assert stand.said(conversation) == before
        new = regenerate(stand, first, content="first, edited", content_type="text", drop_later=True)
        assert stand.said(conversation) == [("user", "first, edited"), ("assistant", HELLO_TEXT)]
        assert stand.question_of("first, edited").said == [("user", "first, edited")]
        chats = history(stand.api, conversation)["chats"]
        assert [(one["id"], one["superseded_by"]) for one in chats] == [
            (new["id"], ""), (third["id"], new["id"]), (second["id"], new["id"]), (first["id"], new["id"])]
        # What waited for outputs of tools waits no more.
        stand.submit(third, outputs_for(third)).refused(4000)
        stand.chat("goes on", "plain", conversation)
        assert stand.question_of("goes on").said == [
            ("user", "first, edited"), ("assistant", HELLO_TEXT), ("user", "goes on")]

    def test_other_sections_are_left_alone(self, stand):
        conversation = stand.coze.conversations.create().id
        stand.chat("in the first", "plain", conversation)
        stand.coze.conversations.clear(conversation_id=conversation)
        second = stand.chat("in the second", "plain", conversation)
        stand.chat("to be dropped", "plain", conversation)
        regenerate(stand, second, drop_later=True)
        assert stand.said(conversation) == [
            ("user", "in the first"), ("assistant", HELLO_TEXT), ("user", "in the second"), ("assistant", HELLO_TEXT)]

    def test_an_answer_that_was_regenerated_is_not_listed(self, stand):
        old = stand.chat("again", "second")
        new = regenerate(stand, old)
        listed = list(stand.coze.conversations.messages.list(conversation_id=old["conversation_id"]))
        assert [(one.role, one.chat_id) for one in listed] == [
            (MessageRole.ASSISTANT, new["id"]), (MessageRole.USER, new["id"])]
        again = stand.api.post(
            SAID, {"include_middle_message": True}, conversation_id=old["conversation_id"]).ok().data
        assert {one["chat_id"] for one in again} == {new["id"]}

    @pytest.mark.parametrize("body", [
        {"content": "x"}, {"content_type": "text"}, {"content": "", "content_type": "text"},
        {"content": "x", "content_type": "object_string"}, {"content": 1, "content_type": "text"},
        {"drop_later": "no"},
    ])
    def test_what_is_not_acceptable_changes_nothing(self, stand, body):
        old = stand.chat("keep this", "plain")
        stand.api.post(f"/buckle/v1/chats/{old['id']}/regenerate", {
            "conversation_id": old["conversation_id"], **body}).refused(4000)
        assert stand.said(old["conversation_id"]) == [("user", "keep this"), ("assistant", HELLO_TEXT)]
        assert [one["id"] for one in history(stand.api, old["conversation_id"])["chats"]] == [old["id"]]

    def test_of_many_edits_at_once_one_counts(self, stand):
        chat = stand.chat("edit me", "plain")
        replies = []

        def edit(number):
            replies.append(stand.server.api().post(f"/buckle/v1/chats/{chat['id']}/regenerate", {
                "conversation_id": chat["conversation_id"], "content": f"edit {number}", "content_type": "text",
                "drop_later": True}))

        threads = [threading.Thread(target=edit, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        begun = [one.data for one in replies if one.code == 0]
        assert len(begun) == 1, replies
        assert {one.code for one in replies} <= {0, 4000, 4016}
        assert stand.over(begun[0])["status"] == "completed"
        said = stand.said(chat["conversation_id"])
        assert [role for role, _ in said] == ["user", "assistant"] and said[0][1].startswith("edit ")

    def test_a_failed_chat_can_be_edited(self, stand):
        old = stand.chat("please try", "broken")
        assert old["status"] == "failed"
        assert regenerate(stand, old, content="please try harder", content_type="text")["status"] == "failed"
        assert stand.said(old["conversation_id"]) == [("user", "please try harder")]


class TestChatInfo:
    def test_a_token_that_may_chat_is_enough(self, server, api, bot):
        replace(api, bot.bot_id, WHOLE | {"onboarding_info": {"prologue": "From {{city}}!"}}).ok()
        page = server.api(server.create_token("chat"))
        page.get(path(bot.bot_id, "/chat_info")).refused(4015)
        version = publish(api, bot.bot_id)
        facts = page.get(path(bot.bot_id, "/chat_info")).ok().data
        assert (facts["name"], facts["version"], facts["prologue"]) == ("天气", version, "From 杭州!")
        assert (facts["suggests_replies"], facts["can_upload"], facts["is_model_available"]) == (True, False, True)
        assert [one["name"] for one in facts["shortcut_commands"]] == ["Weather"]
        assert not facts.keys() & {"prompt_info", "model_info", "variables", "tools"}
        assert "query_template" not in facts["shortcut_commands"][0]
        replace(api, bot.bot_id, {"name": "newer"}).ok()
        assert page.get(path(bot.bot_id, "/chat_info")).ok().data == facts
        unpublished = page.get(path(bot.bot_id, "/chat_info"), publish_status="unpublished_draft").ok().data
        assert (unpublished["name"], unpublished["version"]) == ("newer", "")
        server.api(server.create_token("getMetadata")).get(path(bot.bot_id, "/chat_info")).refused(4101)

    def test_what_the_model_can_do_is_told(self, stand):
        seeing, blind = stand.bot("seeing"), stand.bot("plain")
        assert stand.api.get(path(seeing, "/chat_info")).ok().data["capabilities"] == ["tools", "vision"]
        assert stand.api.get(path(blind, "/chat_info")).ok().data["capabilities"] == ["tools"]
        missing = stand.new_bot("nobody has this")
        facts = stand.api.get(path(missing, "/chat_info")).ok().data
        assert (facts["is_model_available"], facts["capabilities"]) == (False, [])

    def test_unknown_and_garbage_bots_are_refused(self, api):
        for id, code in [(UNKNOWN_ID, 4200)] + [(garbage, 4000) for garbage in GARBAGE_IDS]:
            api.get(path(id, "/chat_info")).refused(code)


def test_what_was_superseded_is_not_found_by_its_words(stand):
    old = stand.chat("zeppelins over Friedrichshafen", "plain")
    which = {"query": "zeppelins", "limit": 50}

    def found():
        return [one["message_id"] for one in stand.api.get(f"{CONVERSATIONS}/search", **which).ok().data["items"]]

    assert eventually(lambda: len(found()) == 2, within=5), found()
    regenerate(stand, old, content="balloons", content_type="text")
    # The conversation still has its name from the first question.
    assert found() == [""]


def test_the_chat_that_was_edited_is_known_to_its_readers(stand):
    old = stand.chat("follow me", "plain")
    new = regenerate(stand, old, content="follow this", content_type="text")
    assert text(stand.log(new).rest()) == HELLO_TEXT
    assert text(stand.log(old).rest()) == HELLO_TEXT
    assert of(new)["conversation_id"] == old["conversation_id"]
