// Conversations with all agents: found, read, renamed, taken out and in, deleted.
import { fill, h, showError } from "../lib/dom.js";
import { decoded, page } from "../lib/page.js";
import { texts } from "../lib/text.js";
import { deletion } from "../conversations/deletion.js";
import { ListPane } from "../conversations/list-pane.js";
import { Reader } from "../conversations/reader.js";
import { nameOf } from "../conversations/row.js";
import { ConversationStore } from "../conversations/store.js";

const t = texts({
  en: { title: "Conversations", choose: "Choose a conversation to read it." },
  zh: { title: "会话", choose: "选择一个会话即可阅读。" },
});

/** Where both halves stand side by side, each scrolling by itself. The stylesheet says the same. */
const isWide = matchMedia("(min-width: 60.0625rem) and (min-height: 32rem)");

/** What the page's address says. */
function stateOfAddress() {
  const [, id] = location.pathname.split("/").filter(Boolean);
  const query = new URLSearchParams(location.search);
  return {
    id: id ? decoded(id) : "", botID: query.get("bot_id") ?? "", query: (query.get("q") ?? "").trim(),
  };
}

function addressOf({ id, botID, query }) {
  const search = new URLSearchParams();
  if (botID) search.set("bot_id", botID);
  if (query) search.set("q", query);
  return `/conversations${id ? `/${encodeURIComponent(id)}` : ""}${search.size > 0 ? `?${search}` : ""}`;
}

page((view) => {
  let state = stateOfAddress();
  /** Where a narrow page was scrolled to when a conversation was opened. */
  let place = 0;
  const store = new ConversationStore();
  const remove = deletion(store, comeBack);
  const list = new ListPane(store, state, {
    open, remove, address: (id) => addressOf({ ...state, id }),
    choose: (chosen) => {
      if (chosen.query === state.query && chosen.botID === state.botID) return;
      go({ ...state, ...chosen }, { replaces: true });
    },
  });
  const reader = new Reader(store, {
    remove: (conversation) => remove([conversation]), back,
    leave: () => (isWide.matches ? list.list.focus(state.id) : back()),
  });
  const nothing = h("p.empty", t("choose"));
  const right = h("div.reader-pane", nothing, reader.element);
  const panes = h("div.panes", list.element, right);
  fill(view, panes);

  function show() {
    panes.classList.toggle("reading", state.id !== "");
    nothing.hidden = state.id !== "";
    reader.show(state.id);
    setTitle();
  }

  function setTitle() {
    const name = reader.conversation && nameOf(reader.conversation);
    document.title = `${name ? `${name} – ${t("title")}` : t("title")} – Buckle`;
  }

  function go(next, { replaces = false } = {}) {
    history[replaces ? "replaceState" : "pushState"](null, "", addressOf(next));
    state = next;
    list.show(state, false);
    show();
  }

  function open(id, byKey) {
    if (!isWide.matches) place = scrollY;
    if (id !== state.id) go({ ...state, id });
    if (byKey || !isWide.matches) reader.focus();
  }

  function back() {
    const { id } = state;
    go({ ...state, id: "" });
    if (!isWide.matches) scrollTo(0, place);
    list.list.focus(id);
  }

  function comeBack(conversations) {
    // Undone: what was open is open again, unless something else is.
    const wasOpen = conversations.some((one) => one.id === reader.last);
    if (state.id === "" && wasOpen) go({ ...state, id: reader.last });
    list.list.focus(conversations[0].id);
  }

  store.addEventListener("change", ({ detail }) => {
    if (detail.id !== state.id) return;
    if (detail.isGone) go({ ...state, id: "" });
    else setTitle();
  });
  reader.addEventListener("shown", setTitle);
  addEventListener("popstate", () => {
    state = stateOfAddress();
    list.show(state, false);
    show();
    if (!isWide.matches && state.id === "") scrollTo(0, place);
  });

  const watch = () => {
    list.watch(isWide.matches ? list.scroller : null);
    reader.watch(isWide.matches ? reader.scroller : null);
  };
  isWide.addEventListener("change", watch);
  watch();
  show();
  list.loadAgents().catch(showError);
});
