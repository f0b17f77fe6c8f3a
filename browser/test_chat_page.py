"""The page to talk with an agent: streams, what can be done with them, and the conversations beside it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chat import GET_WEATHER
from harness import eventually
from talks import Paced, Talk, dead_ports, forgive, place, talk, upstream_of_all, wire  # noqa: F401
from upstream import HELLO_TEXT, answer

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000ffff030000060005"
    "57bfabd40000000049454e44ae426082")


class TestStreams:
    def test_an_answer_grows_as_it_comes(self, talk, place):
        talk = talk("queue").open()
        script = place.next(Paced("**Hel", "lo** ", "world"))
        talk.say("hi")
        expect(talk.questions).to_have_text("hi")
        script.more()
        expect(talk.answers).to_contain_text("**Hel")
        script.more()
        expect(talk.answers.locator("strong")).to_have_text("Hello")
        expect(talk.button("Stop")).to_be_visible()
        script.all()
        expect(talk.answers).to_contain_text("Hello world")
        talk.over()
        expect(talk.field).to_be_focused()
        expect(talk.page.get_by_role("status").filter(has_text="Answer complete: Hello world")).to_have_count(1)
        assert talk.said() == [("user", "hi"), ("assistant", "**Hello** world")]
        expect(talk.list.get_by_role("link", name="hi")).to_have_attribute("aria-current", "page")

    def test_one_that_is_stopped_stays_as_far_as_it_came(self, talk, place):
        talk = talk("queue").open()
        script = place.next(Paced("one ", "two ", "three"))
        talk.say("count")
        script.more(2)
        expect(talk.answers).to_contain_text("one two")
        talk.button("Stop").click()
        expect(talk.answers).to_contain_text("Stopped")
        talk.over()
        assert script.is_given_up.wait(20), "the model was not told"
        script.all()
        talk.page.reload()
        expect(talk.answers).to_contain_text("one two")
        expect(talk.answers).to_contain_text("Stopped")
        expect(talk.answers).not_to_contain_text("three")
        talk.ask("again", HELLO_TEXT)

    def test_who_reads_above_is_not_moved(self, talk, place):
        talk = talk("queue", viewport={"width": 900, "height": 500}).open()
        script = place.next(Paced(*(f"line {number}\n\n" for number in range(80))))
        talk.say("much")
        script.more(40)
        expect(talk.answers).to_contain_text("line 39")
        bottom = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
        assert eventually(lambda: talk.log.evaluate(bottom) < 20, within=20), "it followed the end"
        talk.log.hover()
        talk.page.mouse.wheel(0, -400)
        expect(talk.button("Latest messages")).to_be_visible()
        top = talk.place_in_log()
        script.more(20)
        expect(talk.answers).to_contain_text("line 59")
        assert talk.log.evaluate("log => log.scrollTop") == top
        talk.button("Latest messages").click()
        script.all()
        talk.over()
        expect(talk.button("Latest messages")).to_be_hidden()
        assert eventually(lambda: talk.log.evaluate(bottom) < 20, within=20), "it follows again"

    def test_what_is_selected_stays_selected(self, talk, place):
        talk = talk("queue").open()
        script = place.next(Paced("some words", " and", " more"))
        talk.say("hi")
        script.more()
        expect(talk.answers).to_contain_text("some words")
        talk.answers.get_by_text("some words").dblclick(position={"x": 10, "y": 8})
        selected = talk.page.evaluate("getSelection().toString().trim()")
        assert selected == "some"
        script.all()
        talk.over()
        assert talk.page.evaluate("getSelection().toString().trim()") == "some"
        talk.field.click()
        expect(talk.answers).to_contain_text("some words and more")

    def test_reloading_goes_on_with_the_stream(self, talk, place):
        talk = talk("queue").open()
        script = place.next(Paced("one ", "two ", "three ", "four"))
        talk.say("count")
        script.more(2)
        expect(talk.answers).to_contain_text("one two")
        conversation = talk.conversation
        talk.page.reload()
        expect(talk.answers).to_contain_text("one two")
        assert talk.conversation == conversation
        script.more()
        expect(talk.answers).to_contain_text("one two three")
        expect(talk.button("Stop")).to_be_visible()
        script.all()
        talk.over()
        expect(talk.answers).to_have_count(1)
        expect(talk.answers.get_by_role("paragraph")).to_have_text(["one two three four"])

    def test_after_reloading_it_can_be_stopped(self, talk, place):
        talk = talk("queue").open()
        script = place.next(Paced("one ", "two"))
        talk.say("count")
        script.more()
        expect(talk.answers).to_contain_text("one")
        assert talk.conversation
        talk.page.reload()
        expect(talk.answers).to_contain_text("one")
        talk.button("Stop").click()
        expect(talk.answers).to_contain_text("Stopped")
        assert script.is_given_up.wait(20)

    def test_a_connection_that_breaks_off_is_made_anew(self, talk, place, wire, open_visit):
        talk = talk("queue", visit=open_visit(at=wire)).open()
        script = place.next(Paced("one ", "two ", "three ", "four"))
        talk.say("count")
        script.more(2)
        expect(talk.answers).to_contain_text("one two")
        for piece in ["three", "four"]:
            # First the stream of the chat itself is cut, then that of its log.
            wire.cut()
            expect(talk.answers).to_contain_text("The connection was lost")
            script.more()
            expect(talk.answers).not_to_contain_text(piece)
            wire.mend()
            expect(talk.answers).to_contain_text(piece)
            expect(talk.answers).not_to_contain_text("The connection was lost")
        script.all()
        talk.over()
        expect(talk.answers.get_by_role("paragraph")).to_have_text(["one two three four"])
        forgive(talk.visit)

    def test_what_cannot_be_sent_is_kept(self, talk):
        talk = talk().open()
        talk.page.context.set_offline(True)
        talk.say("hello")
        expect(talk.page.get_by_role("alert").filter(has_text="The server cannot be reached")).to_be_visible()
        expect(talk.field).to_have_value("hello")
        expect(talk.questions).to_have_count(0)
        talk.page.context.set_offline(False)
        talk.field.press("Enter")
        expect(talk.answers).to_contain_text(HELLO_TEXT)
        talk.over()
        forgive(talk.visit)

    def test_a_connection_in_which_nothing_moves_is_given_up(self, talk, place):
        talk = talk("queue")
        talk.page.clock.install()
        talk.open()
        script = place.next(Paced("one ", "two ", "three"))
        talk.say("count")
        script.more()
        expect(talk.answers).to_contain_text("one")
        with talk.page.expect_request("**/events?*"):
            talk.page.clock.fast_forward(31_000)
        script.more()
        expect(talk.answers).to_contain_text("one two")
        expect(talk.answers).not_to_contain_text("The connection was lost")
        with talk.page.expect_request(re.compile(r"/events\?.*after=[1-9]")):
            talk.page.clock.fast_forward(31_000)
        script.all()
        expect(talk.answers.get_by_role("paragraph")).to_have_text(["one two three"])
        talk.over()

    def test_what_the_server_took_is_not_sent_twice(self, talk):
        talk = talk().open()
        talk.ask("hello")
        lost = []

        def lose(route):
            lost.append(route.fetch())
            route.abort()

        talk.page.route("**/v3/chat?*", lose, times=1)
        talk.say("again")
        expect(talk.questions).to_have_text(["hello", "again"])
        expect(talk.answers.last).to_contain_text(HELLO_TEXT)
        talk.over()
        expect(talk.field).to_have_value("")
        assert [text for role, text in talk.said() if role == "user"] == ["hello", "again"]
        assert len(lost) == 1
        forgive(talk.visit)

    def test_two_windows_show_the_same(self, talk, open_visit, place):
        first = talk("queue").open()
        first.ask("hello")
        page = first.page.context.new_page()
        page.goto(first.page.url)
        second = Talk(first.visit, place, first.bot)
        second.page = page
        expect(second.answers).to_contain_text(HELLO_TEXT)
        script = place.next(Paced("one ", "two ", "three"))
        first.say("count")
        script.more()
        expect(first.answers.last).to_contain_text("one")
        expect(second.answers.last).to_contain_text("one")
        expect(second.questions.last).to_have_text("count")
        script.all()
        for one in [first, second]:
            one.over()
            expect(one.answers).to_have_count(2)
            expect(one.answers.last.get_by_role("paragraph")).to_have_text(["one two three"])

    def test_a_second_chat_in_a_conversation_has_to_wait(self, talk, place):
        talk = talk("queue").open()
        talk.ask("hello")
        script = place.next(Paced("one ", "two"))
        place.api.post("/v3/chat", {
            "bot_id": talk.bot, "user_id": "x", "additional_messages": [
                {"role": "user", "content": "from elsewhere", "content_type": "text"}],
        }, conversation_id=talk.conversation).ok()
        talk.say("me too")
        expect(talk.page.get_by_role("alert").filter(has_text="An answer is being written")).to_be_visible()
        expect(talk.field).to_have_value("me too")
        expect(talk.questions).to_have_text(["hello", "from elsewhere"])
        script.all()
        expect(talk.answers.last).to_contain_text("one two")
        talk.over()
        talk.field.press("Enter")
        expect(talk.questions).to_have_text(["hello", "from elsewhere", "me too"])
        expect(talk.answers.last).to_contain_text(HELLO_TEXT)
        talk.over()


class TestAskingAgain:
    def test_an_answer_is_given_anew(self, talk, place):
        talk = talk("queue").open()
        talk.ask("hello")
        place.next(answer("another"))
        talk.button("Answer again").click()
        expect(talk.answers).to_contain_text("another")
        talk.over()
        expect(talk.answers).to_have_count(1)
        expect(talk.questions).to_have_text("hello")
        talk.page.reload()
        expect(talk.answers).to_contain_text("another")
        assert talk.said() == [("user", "hello"), ("assistant", "another")]

    def test_a_question_is_edited_and_asked_again(self, talk, place):
        talk = talk("queue").open()
        talk.ask("helo")
        talk.button("Edit and ask again").click()
        editor = talk.page.get_by_role("textbox", name="Edit the message")
        expect(editor).to_be_focused()
        editor.fill("never mind")
        editor.press("Escape")
        expect(talk.questions).to_have_text("helo")
        expect(talk.button("Edit and ask again")).to_be_focused()
        place.next(answer("better"))
        talk.button("Edit and ask again").click()
        editor.fill("hello")
        editor.press("Enter")
        expect(talk.answers).to_contain_text("better")
        talk.over()
        expect(talk.questions).to_have_text("hello")
        assert talk.said() == [("user", "hello"), ("assistant", "better")]

    def test_an_earlier_question_takes_along_what_came_after_it(self, talk, place):
        talk = talk("queue").open()
        for text in ["first", "second", "third"]:
            talk.ask(text)
        talk.questions.nth(1).get_by_role("button", name="Edit and ask again").click()
        expect(talk.log).to_contain_text("What comes after this message is removed")
        editor = talk.page.get_by_role("textbox", name="Edit the message")
        editor.fill("other")
        place.next(answer("of the other"))
        editor.press("Enter")
        expect(talk.answers.last).to_contain_text("of the other")
        talk.over()
        expect(talk.questions).to_have_text(["first", "other"])
        talk.page.reload()
        expect(talk.questions).to_have_text(["first", "other"])

    def test_a_failure_is_told_and_tried_again(self, talk, place):
        talk = talk("queue").open()

        async def fail(exchange):
            exchange.refuse(500, None, "internal error")

        place.next(fail)
        talk.say("hello")
        expect(talk.answers).to_contain_text("The answer failed")
        expect(talk.answers).to_contain_text(re.compile(r"Log ID \w{20,}"))
        expect(talk.answers).to_contain_text(re.compile(r"Error \d+"))
        talk.over()
        talk.page.reload()
        expect(talk.answers).to_contain_text("The answer failed")
        talk.button("Try again").click()
        expect(talk.answers).to_contain_text(HELLO_TEXT)
        talk.over()
        expect(talk.answers).not_to_contain_text("The answer failed")

    def test_what_another_window_has_changed_is_shown(self, talk, place):
        talk = talk("queue").open()
        talk.ask("hello")
        chats = lambda: place.api.get(f"/buckle/v1/conversations/{talk.conversation}/chats").ok().data  # noqa: E731
        chat = chats()["chats"][0]["id"]
        place.next(answer("from elsewhere"))
        place.api.post(f"/buckle/v1/chats/{chat}/regenerate", {"conversation_id": talk.conversation}).ok()
        assert eventually(lambda: chats()["running_chat_id"] == "", within=20)
        assert ("assistant", "from elsewhere") in talk.said()
        talk.button("Answer again").click()
        expect(talk.page.get_by_role("alert").filter(has_text="has changed meanwhile")).to_be_visible()
        expect(talk.answers).to_contain_text("from elsewhere")


class TestAnswers:
    def test_thoughts_are_folded(self, talk):
        talk = talk("thinking").open()
        talk.ask("hello")
        expect(talk.log.get_by_text("First, I think about it.")).to_be_hidden()
        talk.log.get_by_text("Reasoning").click()
        expect(talk.log.get_by_text("First, I think about it.")).to_be_visible()

    def test_details_and_opinions(self, talk):
        talk = talk().open()
        talk.ask("hello")
        talk.log.get_by_text("Details").click()
        expect(talk.log.get_by_text("18 (11 in, 7 out)")).to_be_visible()
        for name, pressed in [("Good answer", "true"), ("Bad answer", "true"), ("Bad answer", "false")]:
            with talk.page.expect_response("**/feedback") as reply:
                talk.button(name).click()
            assert reply.value.json()["code"] == 0
            expect(talk.button(name)).to_have_attribute("aria-pressed", pressed)
            expect(talk.button(name)).to_be_focused()
        expect(talk.button("Good answer")).to_have_attribute("aria-pressed", "false")

    def test_opinions_are_still_there_after_a_reload(self, talk):
        talk = talk().open()
        talk.ask("hello")
        for name in ["Bad answer", "Good answer"]:
            with talk.page.expect_response("**/feedback"):
                talk.button(name).click()
        talk.page.reload()
        expect(talk.button("Good answer")).to_have_attribute("aria-pressed", "true")
        expect(talk.button("Bad answer")).to_have_attribute("aria-pressed", "false")

    def test_an_answer_is_copied(self, talk, place):
        talk = talk("queue", permissions=["clipboard-read", "clipboard-write"]).open()
        place.next(answer("**bold**"))
        talk.ask("hello", "bold")
        talk.answers.get_by_role("button", name="Copy").click()
        expect(talk.answers.get_by_role("button", name="Copied")).to_be_visible()
        assert talk.page.evaluate("navigator.clipboard.readText()") == "**bold**"

    def test_tools_wait_for_what_a_person_types(self, talk, place):
        talk = talk(bot=place.new_bot("says_and_calls", tools=[GET_WEATHER])).open()
        talk.say("weather?")
        output = talk.page.get_by_label("Output of get_weather")
        expect(output).to_be_visible()
        expect(talk.log).to_contain_text("Let me look.")
        expect(talk.log.get_by_text('"杭州"').last).to_be_visible()
        talk.page.reload()
        output.fill('{"sky": "clear"}')
        talk.button("Submit outputs").click()
        expect(talk.answers).to_contain_text(HELLO_TEXT)
        talk.over()
        expect(output).to_have_count(0)
        expect(talk.log.get_by_text('"sky": "clear"')).to_be_hidden()
        talk.log.get_by_text("Called get_weather").click()
        expect(talk.log.get_by_text('"sky": "clear"')).to_be_visible()
        talk.page.reload()
        expect(talk.log.get_by_text("Called get_weather")).to_be_visible()
        expect(talk.answers).to_contain_text(HELLO_TEXT)

    def test_it_begins_with_what_the_agent_says_and_goes_on_with_what_it_proposes(self, talk, place):
        bot = place.new_bot(
            "queue", onboarding_info={"prologue": "I am **here**.", "suggested_questions": ["Who are you?"]},
            suggest_reply_info={"reply_mode": "enable"})
        talk = talk(bot=bot).open()
        expect(talk.log.locator("strong")).to_have_text("here")
        place.next(answer("Nobody."))
        place.next(answer("And then?\nWhy?"))
        talk.button("Who are you?").click()
        expect(talk.answers).to_contain_text("Nobody.")
        expect(talk.button("Who are you?")).to_be_hidden()
        place.next(answer("That is all."))
        place.next(answer("Really?"))
        talk.button("Why?").click()
        expect(talk.answers.last).to_contain_text("That is all.")
        expect(talk.questions).to_have_text(["Who are you?", "Why?"])
        expect(talk.button("Really?")).to_be_visible()
        expect(talk.button("And then?")).to_have_count(0)

    def test_commands_ask_for_their_values(self, talk, place):
        bot = place.new_bot("queue", publish=False)
        place.api.put(f"/buckle/v1/bots/{bot}/shortcut_commands", {"shortcut_commands": [
            {"name": "Weather", "command": "/weather", "query_template": "How is the weather in {{city}}?",
             "components": [{"name": "city", "description": "A town", "default_value": "Hangzhou"}]},
            {"name": "Joke", "command": "/joke", "query_template": "Tell me a joke."},
        ]}).ok()
        place.publish(bot)
        talk = talk(bot=bot).open()
        talk.button("Joke").click()
        expect(talk.answers).to_contain_text(HELLO_TEXT)
        expect(talk.questions).to_have_text("Tell me a joke.")
        talk.over()
        talk.button("Weather").click()
        value = talk.page.get_by_role("dialog").get_by_label("city")
        expect(value).to_have_value("Hangzhou")
        value.fill("Lyon")
        talk.page.get_by_role("dialog").get_by_role("button", name="Send").click()
        expect(talk.questions.last).to_have_text("How is the weather in Lyon?")
        expect(talk.answers).to_have_count(2)
        talk.over()


HOSTILE = """
<script>window.hacked = 1</script>
<img src=x onerror="window.hacked = 2">
<svg onload="window.hacked = 3"><script>window.hacked = 4</script></svg>
<iframe src="javascript:window.hacked = 5"></iframe>
<a href="javascript:window.hacked = 6">html link</a>
[a link](javascript:window.hacked=7) [data](data:text/html,<script>window.hacked=8</script>)
![picture](data:image/svg+xml;base64,PHN2Zy8+) ![far](https://evil.example/x.png)
<style>body { display: none }</style><form action="/sign-out"><button>press</button></form>
<div style="position:fixed;inset:0" onclick="window.hacked = 9" id="main" class="alert">over all</div>

```<img src=x onerror=alert(1)>
code
```

[ref]

[ref]: javascript:window.hacked=10

The end.
"""


class TestHarm:
    def check(self, talk):
        page = talk.page
        assert page.evaluate("window.hacked") is None
        forbidden = "script, iframe, style, form, object, embed, [onerror], [onload], [onclick], [style*=fixed]"
        assert talk.log.locator(forbidden).count() == 0
        for address in talk.log.locator("a").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
            assert re.match("(https?:|/)", address), address
        for address in talk.log.locator("img").evaluate_all("images => images.map(image => image.src)"):
            assert address.startswith((talk.visit.server.url, "blob:")), address

    def test_answers_run_no_code(self, talk, place):
        talk = talk("queue").open()
        place.next(answer(*re.findall(r".{1,7}", HOSTILE, re.S), pace=0.002))
        talk.ask(HOSTILE, "The end.")
        assert talk.questions.inner_text().strip().startswith("<script>window.hacked = 1</script>")
        for link in talk.answers.get_by_role("link").all():
            link.evaluate("link => link.removeAttribute('target')")
        self.check(talk)
        talk.page.reload()
        expect(talk.answers).to_contain_text("The end.")
        self.check(talk)

    def test_names_are_text(self, talk, place):
        name = "<b onclick=x>b</b>"
        bot = place.new_bot("plain", name=name, description=name, onboarding_info={
            "prologue": HOSTILE[:300], "suggested_questions": ["<b onclick=alert(1)>x</b>"]})
        talk = talk(bot=bot).open()
        expect(talk.log).to_contain_text("html link")
        expect(talk.log).to_contain_text(name)
        self.check(talk)
        talk.ask(name)
        expect(talk.list).to_contain_text(name)
        assert name in talk.page.title()
        assert talk.page.evaluate("window.hacked") is None


class TestFiles:
    def test_a_picture_and_a_text_go_with_a_message(self, talk, place):
        talk = talk("seeing").open()
        name = "<img src=x onerror=y>.txt"
        with talk.page.expect_file_chooser() as chooser:
            talk.button("Attach files").click()
        chooser.value.set_files([
            {"name": "dot.png", "mimeType": "image/png", "buffer": PNG},
            {"name": name, "mimeType": "text/plain", "buffer": b"some words"},
            {"name": "not this.txt", "mimeType": "text/plain", "buffer": b"no"}])
        chips = talk.page.get_by_role("list", name="Files that go with the message").get_by_role("listitem")
        expect(chips).to_have_count(3)
        talk.button("Remove not this.txt").click()
        expect(chips).to_have_count(2)
        expect(chips.nth(1)).to_contain_text("10 B")
        expect(chips.nth(0)).not_to_contain_text("Uploading")
        talk.field.press("Enter")
        expect(talk.page.get_by_role("alert").filter(has_text="Write something about the files")).to_be_visible()
        talk.ask("look")
        expect(chips).to_have_count(0)
        for _ in range(2):
            expect(talk.questions.get_by_role("img", name="dot.png")).to_be_visible()
            width = "image => image.naturalWidth"
            assert eventually(lambda: talk.questions.get_by_role("img").evaluate(width) == 1, within=20)
            link = talk.questions.get_by_role("link", name=name)
            expect(link).to_contain_text("10 B")
            assert talk.page.request.get(place.server.url + link.get_attribute("href")).text() == "some words"
            talk.page.reload()
        sent = place.upstream.about("look")[-1].messages[-1]["content"]
        assert any(one["type"] == "image_url" for one in sent)
        assert any("some words" in one.get("text", "") for one in sent)
        # The picture before it was sent was the browser's own.

    def test_files_are_pasted_and_dropped(self, talk):
        talk = talk("seeing").open()
        transfer = talk.page.evaluate_handle("""() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["words"], "notes.txt", { type: "text/plain" }));
            return transfer;
        }""")
        talk.field.evaluate("""(field, data) => field.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""", transfer)
        chips = talk.page.get_by_role("list", name="Files that go with the message").get_by_role("listitem")
        expect(chips).to_have_count(1)
        talk.log.dispatch_event("dragover", {"dataTransfer": transfer})
        expect(talk.page.get_by_text("Drop files here")).to_be_visible()
        talk.log.dispatch_event("drop", {"dataTransfer": transfer})
        expect(talk.page.get_by_text("Drop files here")).to_be_hidden()
        expect(chips).to_have_count(2)
        talk.ask("read")
        expect(talk.questions.get_by_role("link", name="notes.txt")).to_have_count(2)

    @pytest.mark.parametrize("end", ["uploaded", "removed", "refused"])
    def test_a_message_sent_too_early_waits_for_its_files(self, talk, end):
        talk = talk("seeing").open()
        held = []
        talk.page.route("**/v1/files/upload", lambda route: held.append(route))
        talk.page.locator("input[type=file]").set_input_files(
            {"name": "slow.txt", "mimeType": "text/plain", "buffer": b"at last"})
        chips = talk.page.get_by_role("list", name="Files that go with the message").get_by_role("listitem")
        expect(chips).to_contain_text("Uploading")
        talk.say("read")
        waiting = talk.page.get_by_role("alert").filter(has_text="Sent as soon as the files are uploaded.")
        expect(waiting).to_be_visible()
        expect(talk.questions).to_have_count(0)
        if end == "uploaded":
            held[0].continue_()
            expect(talk.answers).to_contain_text(HELLO_TEXT)
            expect(talk.questions.get_by_role("link", name="slow.txt")).to_have_count(1)
            return
        if end == "removed":
            talk.button("Remove slow.txt").click()
        else:
            held[0].abort()
            expect(talk.page.get_by_role("alert").filter(has_text="Not sent, since a file")).to_be_visible()
            forgive(talk.visit)
        expect(waiting).to_be_hidden()
        expect(talk.field).to_have_value("read")
        talk.field.press("Enter")
        expect(talk.answers).to_contain_text(HELLO_TEXT)
        expect(talk.questions).to_have_count(1)
        expect(talk.questions.get_by_role("link")).to_have_count(0)

    def test_what_cannot_go_is_refused_before_it_is_uploaded(self, talk):
        talk = talk("plain").open()
        picker = talk.page.locator("input[type=file]")
        chips = talk.page.get_by_role("list", name="Files that go with the message")
        picker.set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": PNG})
        expect(talk.page.get_by_text("does not see pictures")).to_be_visible()
        picker.set_input_files({"name": "much.txt", "mimeType": "text/plain", "buffer": b"x" * (1024 * 1024 + 1)})
        expect(talk.page.get_by_text("much.txt is too large")).to_be_visible()
        expect(chips).to_be_hidden()
        picker.set_input_files({"name": "x.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\0\0"})
        expect(chips).to_contain_text("Not uploaded")


class TestWriting:
    def test_enter_of_an_input_method_sends_nothing(self, talk):
        talk = talk().open()
        talk.field.fill("ni hao")
        talk.field.dispatch_event("compositionstart")
        talk.field.press("Enter")
        talk.field.dispatch_event("compositionend")
        expect(talk.questions).to_have_count(0)
        assert "ni hao" in talk.field.input_value()
        # Some browsers end the composition first, and tell by this code alone that the key was not theirs.
        talk.field.evaluate("""field => field.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))""")
        expect(talk.questions).to_have_count(0)
        talk.field.fill("你好")
        talk.field.press("Shift+Enter")
        talk.field.press_sequentially("again")
        talk.field.press("Enter")
        expect(talk.questions).to_have_text("你好\nagain")
        talk.over()

    def test_what_was_not_sent_is_there_again(self, talk):
        talk = talk().open()
        talk.ask("hello")
        first = talk.conversation
        talk.field.fill("half a though")
        talk.list.get_by_role("button", name="New conversation").click()
        expect(talk.page).to_have_url(re.compile(r"/chat/\d+$"))
        expect(talk.field).to_have_value("")
        talk.field.fill("something else")
        talk.page.reload()
        expect(talk.field).to_have_value("something else")
        talk.open(first)
        expect(talk.field).to_have_value("half a though")
        talk.ask("done")
        talk.page.reload()
        expect(talk.questions).to_have_count(2)
        expect(talk.field).to_have_value("")


class TestConversations:
    @pytest.fixture
    def named(self, talk, place):
        """A page of a bot of its own with three conversations, and their ids, newest first."""
        bot = place.new_bot("plain")
        ids = [place.api.post("/v1/conversation/create", {"bot_id": bot, "name": name, "messages": [
            {"role": "user", "content": f"about {name}", "content_type": "text"},
            {"role": "assistant", "content": "I see", "content_type": "text"},
        ]}).ok().data["id"] for name in ["pears", "plums", "apples"]]
        return talk(bot=bot), ids[::-1]

    def names(self, talk):
        return talk.list.get_by_role("listitem").get_by_role("link")

    def test_they_are_opened_and_left_by_the_browser_s_own_buttons(self, named):
        talk, ids = named
        talk.open()
        expect(self.names(talk)).to_have_count(3)
        self.names(talk).nth(1).click()
        expect(talk.questions).to_have_text("about plums")
        assert talk.conversation == ids[1]
        self.names(talk).nth(0).click()
        expect(talk.questions).to_have_text("about apples")
        expect(talk.page).to_have_title("apples – Agent plain – Buckle")
        talk.page.go_back()
        expect(talk.questions).to_have_text("about plums")
        talk.page.go_back()
        expect(talk.questions).to_have_count(0)
        talk.page.go_forward()
        expect(talk.questions).to_have_text("about plums")
        expect(self.names(talk).nth(1)).to_have_attribute("aria-current", "page")

    def test_a_new_name_is_shown_at_once(self, named, place):
        talk, ids = named
        talk.open(ids[0])
        self.names(talk).nth(2).dblclick()
        editor = talk.page.get_by_role("textbox", name="Name of the conversation")
        expect(editor).to_be_focused()
        editor.fill("cherries")
        editor.press("Enter")
        expect(self.names(talk).nth(2)).to_contain_text("cherries")
        expect(self.names(talk).nth(2)).to_be_focused()
        renamed = lambda: place.api.get("/v1/conversation/retrieve", conversation_id=ids[2]).data["name"]  # noqa: E731
        assert eventually(lambda: renamed() == "cherries", within=20)
        self.names(talk).nth(2).press("F2")
        editor.fill("nothing")
        editor.press("Escape")
        expect(self.names(talk).nth(2)).to_contain_text("cherries")
        self.names(talk).nth(2).focus()
        talk.button("Actions for “cherries”").click()
        talk.page.get_by_role("button", name="Rename").click()
        editor.fill("x" * 101)
        editor.press("Enter")
        expect(talk.page.get_by_role("alert").filter(has_text="100")).to_be_visible()
        editor.fill("figs")
        refusal = '{"code": 5000, "msg": "no luck", "detail": {"logid": "x"}}'
        talk.page.route("**/v1/conversations/*", lambda route: route.fulfill(
            status=200, content_type="application/json", body=refusal))
        editor.press("Enter")
        expect(talk.page.get_by_text("no luck")).to_be_visible()
        expect(self.names(talk).nth(2)).to_contain_text("cherries")
        assert renamed() == "cherries"

    def test_a_deletion_is_undone(self, named, place):
        talk, ids = named
        talk.open(ids[0])
        expect(talk.questions).to_have_text("about apples")
        talk.button("Actions for “apples”").click()
        talk.page.get_by_role("button", name="Delete").click()
        expect(self.names(talk)).to_have_count(2)
        expect(talk.questions).to_have_count(0)
        talk.button("Undo").click()
        expect(self.names(talk)).to_have_count(3)
        expect(talk.questions).to_have_text("about apples")
        place.api.get("/v1/conversation/retrieve", conversation_id=ids[0]).ok()

    def test_a_deletion_is_carried_out_when_the_page_is_left(self, named, place):
        talk, ids = named
        talk.open()
        self.names(talk).nth(1).focus()
        self.names(talk).nth(1).press("Delete")
        expect(self.names(talk)).to_have_count(2)
        place.api.get("/v1/conversation/retrieve", conversation_id=ids[1]).ok()
        talk.page.goto("about:blank")
        gone = lambda: place.api.get("/v1/conversation/retrieve", conversation_id=ids[1]).code == 4002  # noqa: E731
        assert eventually(gone, within=20)

    def test_they_are_searched(self, named):
        talk, _ = named
        talk.open()
        search = talk.list.get_by_role("searchbox", name="Search conversations")

        def found():
            search.fill("")
            expect(self.names(talk)).to_have_count(3)
            search.fill("plums")
            expect(talk.list.get_by_role("status")).to_contain_text("found")
            return self.names(talk).count() == 1

        # What was said within the last second may be missing.
        assert eventually(found, within=30)
        expect(self.names(talk)).to_contain_text("about plums")
        search.fill("bananas")
        expect(talk.list.get_by_role("status")).to_have_text("Nothing was found.")

    def test_what_was_said_long_ago_is_loaded_when_it_is_scrolled_to(self, talk, place):
        bot = place.new_bot("plain")
        said = [{"role": ["user", "assistant"][number % 2], "content": f"message {number}.", "content_type": "text"}
                for number in range(100)]
        conversation = place.api.post("/v1/conversation/create", {"bot_id": bot, "messages": said}).ok().data["id"]
        talk = talk(bot=bot, viewport={"width": 900, "height": 600}).open(conversation)
        expect(talk.log.get_by_text("message 99.")).to_be_in_viewport()
        expect(talk.log.get_by_text("message 49.", exact=True)).to_have_count(0)
        first = talk.log.get_by_text("message 50.")
        place_before = first.evaluate("""element => {
            element.closest("[role=log]").scrollTop = 0;
            return element.getBoundingClientRect().y;
        }""")
        expect(talk.log.get_by_text("message 0.", exact=True)).to_have_count(1)
        assert abs(first.bounding_box()["y"] - place_before) < 2
        expect(talk.log.get_by_role("article")).to_have_count(100)
        expect(talk.button("Show earlier messages")).to_be_hidden()

    def test_what_is_not_there_is_told(self, talk, place):
        talk = talk(bot=place.new_bot("plain", publish=False))
        talk.visit.goto(f"/chat/{talk.bot}")
        expect(talk.log.get_by_text("This agent is not published")).to_be_visible()
        other = Talk(talk.visit, place, place.bot("plain"))
        other.visit.goto(f"/chat/{other.bot}/7300000000000000001")
        expect(other.log.get_by_text("There is no such conversation")).to_be_visible()
        other.log.get_by_role("button", name="New conversation").click()
        other.ask("hello")


class TestLooks:
    def test_a_phone(self, talk, place):
        talk = talk("queue", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).open()
        place.next(answer("| a | b |\n|---|---|\n| " + "word" * 40 + " | 2 |\n\n" + "https://example.com/" + "x" * 200))
        talk.say("a table")
        expect(talk.answers).to_contain_text("xxx")
        talk.over()
        for width in [390, 360]:
            talk.page.set_viewport_size({"width": width, "height": 700})
            assert talk.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert talk.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            expect(talk.field).to_be_in_viewport(ratio=1)
        expect(talk.list).to_be_hidden()
        talk.button("Conversations").click()
        expect(talk.list.get_by_role("link", name="a table")).to_be_visible()
        talk.page.keyboard.press("Escape")
        expect(talk.list).to_be_hidden()
        expect(talk.button("Conversations")).to_be_focused()
        talk.button("Conversations").click()
        talk.list.get_by_role("button", name="New conversation").click()
        expect(talk.list).to_be_hidden()
        expect(talk.questions).to_have_count(0)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
    def test_everybody_can_use_it(self, talk, place, scheme, locale):
        bot = place.new_bot("says_and_calls", tools=[GET_WEATHER], onboarding_info={
            "prologue": "# Hi", "suggested_questions": ["Why?"]})
        talk = talk(bot=bot, color_scheme=scheme, locale=locale, viewport={"width": 1000, "height": 800})
        talk.visit.goto(f"/chat/{bot}")
        page = talk.page
        page.get_by_role("button", name="Why?").wait_for()
        field = page.get_by_role("textbox").last
        field.fill("weather?")
        field.press("Enter")
        output = page.get_by_role("log").get_by_role("textbox")
        expect(output).to_be_visible()
        check = lambda: Axe().run(page).response["violations"]  # noqa: E731
        assert check() == []
        output.fill("x")
        output.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text(HELLO_TEXT)
        for one in page.get_by_role("log").locator("summary").all():
            one.click()
        assert check() == []
        page.set_viewport_size({"width": 360, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert check() == []
