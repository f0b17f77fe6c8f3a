// The chat beside the form, in which the draft is tried out.
import { button, fill, h } from "../lib/dom.js";
import { userID } from "../lib/page.js";
import { texts } from "../lib/text.js";
import { ChatView } from "../chat/view.js";

const t = texts({
  en: {
    title: "Test chat", restart: "Start over",
    unsaved: "Answers come from the saved draft. Save to try your changes.",
  },
  zh: { title: "调试预览", restart: "重新开始", unsaved: "回复来自已保存的草稿。保存后可测试修改内容。" },
});

/** @returns {element, refresh(): is called when the draft was saved, markUnsaved(is)} */
export function testChat(bot) {
  const place = h("div.test-place");
  const note = h("p.note.small", { hidden: true }, t("unsaved"));
  let chat;
  let hasBegun = false;
  function begin() {
    chat?.destroy();
    hasBegun = false;
    chat = new ChatView({
      bot, isDraft: true, endUser: userID, compact: true, options: { head: false },
      onConversation: (conversation) => { hasBegun = conversation !== ""; },
    });
    fill(place, chat.element);
  }
  begin();
  return {
    element: h("section.card.test", { "aria-label": t("title") },
      h("div.head", h("h2.grow", t("title")), button(t("restart"), () => chat.restart(), { kind: "small" })),
      note, place),
    // A conversation that has begun goes on, with the new draft. Else its opening words may be other ones now.
    refresh() {
      if (hasBegun) return;
      const isFocused = place.contains(document.activeElement);
      begin();
      if (isFocused) chat.composer.focus();
    },
    markUnsaved: (is) => { note.hidden = !is; },
  };
}
