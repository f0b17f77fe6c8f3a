// What a chat begins with: who answers, what they say first, and questions to ask.
import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { markdown } from "../lib/markdown.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: {
    suggestions: "Questions to begin with", noModel: "The model of this agent is not on this server. It cannot answer.",
  },
  zh: { suggestions: "可以这样问", noModel: "此服务器上没有该智能体所用的模型，因此它无法回答。" },
});

/** What is shown of a bot. @returns {name, description, icon_url, prologue, suggested_questions, capabilities, …} */
export function facts(bot, { isDraft, connector, signal }) {
  return get(`/buckle/v1/bots/${encodeURIComponent(bot)}/chat_info`, {
    publish_status: isDraft ? "unpublished_draft" : undefined, connector_id: connector,
  }, { signal });
}

/** A bot's picture; the first letter of its name if there is none. */
export function face(name, address) {
  const letter = h("span.chat-face", { "aria-hidden": "true" }, [...name.trim()][0] ?? "·");
  if (!address) return letter;
  const url = new URL(address, location.href);
  // The page may be under another name of the server than the one that links are made with.
  const image = h("img.chat-face", { alt: "", src: url.pathname + url.search });
  image.addEventListener("error", () => image.replaceWith(letter));
  return image;
}

/**
 * @param bot what `facts` told
 * @param send called with a question that was chosen
 * @returns {element, showSuggestions(isShown)}
 */
export function opening(bot, send) {
  const suggestions = h("div.chat-suggestions", { role: "group", "aria-label": t("suggestions") },
    bot.suggested_questions.map((text) => h("button", { type: "button", onclick: () => send(text) }, text)));
  const prologue = bot.prologue && h("div.markdown", markdown(bot.prologue));
  return {
    element: h("div.chat-opening", face(bot.name, bot.icon_url), h("p.chat-name", bot.name),
      !prologue && bot.description && h("p.muted", bot.description), prologue,
      !bot.is_model_available && h("p.alert", t("noModel")), suggestions),
    showSuggestions: (isShown) => (suggestions.hidden = !isShown || bot.suggested_questions.length === 0),
  };
}
