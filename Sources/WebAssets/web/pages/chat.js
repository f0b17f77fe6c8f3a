// The page to talk with a bot: its conversations on the left, the open one on the right.
import { h } from "../lib/dom.js";
import { decoded, page, path, userID } from "../lib/page.js";
import { texts } from "../lib/text.js";
import { History } from "../chat/history.js";
import { iconButton } from "../chat/icons.js";
import { ChatView } from "../chat/view.js";

const t = texts({
  en: { conversations: "Conversations", chat: "Chat" },
  zh: { conversations: "会话", chat: "对话" },
});

const bot = path[1];
const address = (id) => `/chat/${encodeURIComponent(bot)}${id ? `/${encodeURIComponent(id)}` : ""}`;
const opened = () => decoded(location.pathname.split("/")[3] ?? "");

page(async (view) => {
  const opener = iconButton(t("conversations"), "list", () => drawer.open(), {
    class: "chat-opener", "aria-expanded": "false",
  });
  let chat = null;
  const conversations = new History({
    bot, path: address,
    open: (id) => {
      drawer.close();
      if (id !== chat.conversation || id === "") chat.open(id);
    },
    close: () => drawer.close(),
  });
  const drawer = makeDrawer(conversations.element, opener);
  const showTitle = (name) => {
    const title = chat.name || t("chat");
    document.title = `${[name, title].filter(Boolean).join(" – ")} – Buckle`;
    document.querySelector("main h1").textContent = title;
  };
  const showOpen = (id, isNew) => {
    conversations.setCurrent(id);
    if (isNew) conversations.note(id);
    if (location.pathname !== address(id)) history[chat ? "pushState" : "replaceState"](null, "", address(id));
  };
  chat = new ChatView({
    bot, endUser: userID, conversation: opened(), actions: [opener], onConversation: showOpen, onTitle: showTitle,
  });
  conversations.onChange = ({ id, name }) => id === chat.conversation && showTitle(name);
  addEventListener("popstate", () => {
    if (opened() !== chat.conversation) chat.open(opened());
  });
  view.append(drawer.veil, conversations.element, h("div.chat-place", chat.element));
  view.classList.add("chat-page");
});

/** On narrow windows the conversations are a drawer over the page. */
function makeDrawer(element, opener) {
  const narrow = matchMedia("(max-width: 48rem)");
  const veil = h("div.chat-veil", { hidden: true });
  let isOpen = false;
  const set = (wanted) => {
    const wasOpen = isOpen;
    isOpen = wanted && narrow.matches;
    element.hidden = narrow.matches && !isOpen;
    veil.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
    // What lies below the drawer cannot be used meanwhile.
    for (const other of document.querySelectorAll(".top, .chat-place")) other.inert = isOpen;
    if (isOpen) element.querySelector("button").focus();
    else if (wasOpen && narrow.matches) opener.focus();
  };
  veil.addEventListener("click", () => set(false));
  element.addEventListener("keydown", (event) => event.key === "Escape" && set(false));
  narrow.addEventListener("change", () => set(false));
  set(false);
  return { veil, open: () => set(true), close: () => set(false) };
}
