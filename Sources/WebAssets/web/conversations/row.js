// One conversation of the list.
import { h } from "../lib/dom.js";
import { formatAge, formatTime, texts } from "../lib/text.js";
import { iconButton } from "./icons.js";

const t = texts({
  en: {
    untitled: "Untitled conversation", noAgent: "No agent", goneAgent: "Agent not available", select: "Select “{name}”",
    rename: "Rename “{name}”", remove: "Delete “{name}”", user: "User:", assistant: "Agent:",
    hits: "and {count} more in this conversation", hit: "and one more in this conversation",
  },
  zh: {
    untitled: "未命名会话", noAgent: "无智能体", goneAgent: "智能体不可用", select: "选择“{name}”", rename: "重命名“{name}”",
    remove: "删除“{name}”", user: "用户：", assistant: "智能体：", hits: "此会话中还有 {count} 处", hit: "此会话中还有 1 处",
  },
});

/** What a conversation is called. */
export const nameOf = (conversation) => conversation.name || t("untitled");

/** What the agent is called that a conversation is held with. */
export const agentOf = ({ botID, botName }) => (botID === "" ? t("noAgent") : botName || t("goneAgent"));

/** A text in which places are marked: start and length of each, in Unicode characters. */
function marked(text, places) {
  const characters = [...text];
  const nodes = [];
  let end = 0;
  for (const [start, length] of places) {
    nodes.push(characters.slice(end, start).join(""));
    end = start + length;
    nodes.push(h("mark", characters.slice(start, end).join("")));
  }
  return [nodes, characters.slice(end).join("")];
}

/** How many of a conversation's hits are shown. */
const SHOWN_HITS = 3;

/**
 * @param entry {conversation, hits}
 * @param state href, isOpen, isSelected, isCurrent: whether the Tab key comes to it
 */
export function rowOf({ conversation, hits }, { href, isOpen, isSelected, isCurrent }) {
  const name = nameOf(conversation);
  const made = conversation.createdAt;
  const tabindex = isCurrent ? "0" : "-1";
  const found = hits.find((hit) => hit.message_id === "" && hit.conversation.name === conversation.name);
  const messages = hits.filter((hit) => hit.message_id !== "");
  const rest = messages.length - SHOWN_HITS;
  return h("div.conversation", { role: "listitem", dataset: { id: conversation.id }, class: isOpen ? "open" : "" },
    h("input", { type: "checkbox", "aria-label": t("select", { name }), tabindex, checked: isSelected }),
    h("a.row-link", { href, tabindex, "aria-current": isOpen ? "true" : null },
      h("span.row-name", { class: conversation.name ? "" : "muted" },
        found ? marked(found.snippet, found.highlights) : name),
      h("span.row-about",
        h("span.row-agent", agentOf(conversation)),
        h("time", { datetime: new Date(made * 1000).toISOString(), title: formatTime(made) }, formatAge(made))),
      messages.slice(0, SHOWN_HITS).map((hit) => h("span.row-hit",
        h("span.row-role", t(hit.role === "user" ? "user" : "assistant")), " ", marked(hit.snippet, hit.highlights))),
      rest > 0 && h("span.row-hit.muted", rest === 1 ? t("hit") : t("hits", { count: rest }))),
    h("span.row-actions",
      iconButton("rename", t("rename", { name }), { tabindex, dataset: { action: "rename" } }),
      iconButton("remove", t("remove", { name }), { tabindex, dataset: { action: "remove" } })));
}
