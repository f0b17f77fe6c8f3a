// The chat in a frame of another site's page. The page hands over the token; nothing here is signed in.
import { setCredentials } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { History } from "../chat/history.js";
import { iconButton } from "../chat/icons.js";
import { ChatView } from "../chat/view.js";

const t = texts({
  en: { close: "Close the chat", conversations: "Conversations", alone: "This page is made to be embedded in another one." },
  zh: { close: "关闭聊天", conversations: "会话", alone: "此页面用于嵌入其他网页。" },
});

/** The channel of chats in other sites' pages. */
const CONNECTOR = "999";
/** What a page answers with a new token to. */
const REFUSALS = [4100, 4101, 700012006];

const parent = window.parent;
const send = (message) => parent.postMessage(message, "*");
let token = "";
let lastRequest = 0;
const waiting = new Map();

let renewal;

/** Asks the page for another token, once for all calls that are refused meanwhile. @returns whether it gave one */
function renew() {
  renewal ??= new Promise((resolve) => {
    const id = ++lastRequest;
    waiting.set(id, resolve);
    send({ type: "buckle:renew", id });
    setTimeout(() => take({ type: "buckle:token", id, token: null }), 30_000);
  }).finally(() => { renewal = undefined; });
  return renewal;
}

function take({ type, ...message }) {
  if (type === "buckle:start") start(message);
  if (type !== "buckle:token" || !waiting.has(message.id)) return;
  if (message.token) token = message.token;
  waiting.get(message.id)(Boolean(message.token));
  waiting.delete(message.id);
}

/** What is remembered from visit to visit, if the browser lets a frame remember anything. */
const memory = {
  get(key) {
    try { return localStorage.getItem(key) ?? ""; } catch { return ""; }
  },
  set(key, value) {
    try {
      if (value) localStorage.setItem(key, value);
      else localStorage.removeItem(key);
    } catch {
      // Then the next visit begins anew.
    }
  },
};

/** Who writes: the page's own id for them; else one that this browser keeps. */
function visitor(user) {
  if (user.id) return user.id;
  // Browsers make UUIDs for pages that came over HTTPS alone.
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
  const known = memory.get("embed-visitor") || random();
  memory.set("embed-visitor", known);
  return known;
}

let isStarted = false;
async function start({ token: first, bot, parameters, user, ui, isClosable }) {
  if (isStarted) return;
  isStarted = true;
  token = first ?? "";
  setCredentials({
    headers: async () => ({ Authorization: `Bearer ${token}` }), renew,
    isRefusal: (error) => error.status === 401 || REFUSALS.includes(error.code),
  });
  if (!token && !(await renew())) console.warn("CozeWebSDK: auth.token is missing");
  const endUser = visitor(user);
  const key = `embed-conversation/${bot}/${endUser}`;
  const { chatBot = {}, header = {}, footer = {}, conversations = {} } = ui;
  const actions = [];
  const ends = [];
  let history;
  if (conversations.isNeed) {
    history = new History({
      bot, path: () => "#", open: (id) => { toggle(false); chat.open(id); }, close: () => toggle(false),
    });
    history.element.classList.add("embed-history");
    actions.push(iconButton(t("conversations"), "list", () => toggle(history.element.hidden)));
  }
  const toggle = (isOpen) => { if (history) history.element.hidden = !isOpen; };
  if (isClosable) ends.push(iconButton(t("close"), "remove", () => send({ type: "buckle:close" }), { class: "embed-close" }));
  const chat = new ChatView({
    bot, endUser, connector: CONNECTOR, conversation: memory.get(key), actions: [...actions, ...ends], variables: strings(parameters),
    onConversation(id, isNew) {
      memory.set(key, id);
      history?.setCurrent(id);
      if (isNew) history?.note(id);
    },
    options: {
      title: chatBot.title, head: header.isShow !== false, uploadable: chatBot.uploadable !== false,
      newConversation: chatBot.isNeedAddNewConversation !== false, functionCalls: chatBot.isNeedFunctionCallMessage !== false,
      feedback: Boolean(chatBot.feedback?.isNeedFeedback), feedbackPanel: chatBot.feedback?.feedbackPanel,
      quote: Boolean(chatBot.isNeedQuote),
    },
  });
  toggle(false);
  fill(document.getElementById("view"), history?.element, chat.element, footer.isShow === false ? null : footerOf(footer));
  document.documentElement.dataset.ready = "yes";
}

/** The line below: `{{name}}` in it stands for the link of that name. */
function footerOf({ expressionText, linkvars = {} }) {
  if (!expressionText) return null;
  const parts = String(expressionText).split(/\{\{(\w+)\}\}/);
  return h("p.embed-footer", parts.map((part, index) => {
    const link = index % 2 === 1 ? linkvars[part] : null;
    return link ? h("a", { href: link.link, target: "_blank", rel: "noopener noreferrer" }, link.text) : part;
  }));
}

const strings = (values) => Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) =>
  [name, typeof value === "string" ? value : JSON.stringify(value)]));

addEventListener("keydown", (event) => {
  // In a dialog the key closes that alone.
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) send({ type: "buckle:close" });
});
if (parent === window) {
  fill(document.getElementById("view"), h("p.empty", t("alone")));
} else {
  addEventListener("message", (event) => event.source === parent && take(event.data ?? {}));
  send({ type: "buckle:ready" });
}
