// The right half: one conversation, oldest message first, read from its end backwards.
import { ApiError, post } from "../lib/api.js";
import { button, confirm, copyButton, fill, h, showError, toast } from "../lib/dom.js";
import { formatTime, texts } from "../lib/text.js";
import { follow } from "../chat/stream.js";
import { iconButton } from "./icons.js";
import { Log } from "./log.js";
import { editName } from "./rename.js";
import { agentOf, nameOf } from "./row.js";
import { exportConversation } from "./transfer.js";
import { Turns } from "./turns.js";

const t = texts({
  en: {
    back: "All conversations", rename: "Rename", chat: "Continue chatting", clear: "Clear context", remove: "Delete",
    exportJSON: "Export JSON", exportText: "Export Markdown", loading: "Loading…", older: "Show older messages",
    begin: "Beginning of the conversation", empty: "This conversation has no messages yet.",
    clearTitle: "Clear the context?", clearText: "The messages stay here, but the agent no longer sees them.",
    wasCleared: "The context was cleared", made: "Made {time}", copyID: "Copy ID", messages: "Messages",
    reader: "Conversation", failed: "The messages could not be loaded: {reason}", again: "Try again",
    unknown: "Conversation {id}",
  },
  zh: {
    back: "所有会话", rename: "重命名", chat: "继续对话", clear: "清除上下文", remove: "删除", exportJSON: "导出 JSON",
    exportText: "导出 Markdown", loading: "正在加载…", older: "显示更早的消息", begin: "会话开始", empty: "此会话还没有消息。",
    clearTitle: "清除上下文？", clearText: "消息会保留在这里，但智能体不再看到它们。", wasCleared: "上下文已清除",
    made: "创建于 {time}", copyID: "复制 ID", messages: "消息", reader: "会话内容", failed: "无法加载消息：{reason}", again: "重试",
    unknown: "会话 {id}",
  },
});

/** How far from the beginning older messages are asked for. */
const MARGIN = "800px 0px 0px 0px";
/** Pixels from its end within which a log counts as being there. */
const NEAR = 48;

/** Event `shown`: it is known which conversation this is, or that there is none. */
export class Reader extends EventTarget {
  #store;
  #actions;
  #id = "";
  #abort = new AbortController();
  #log;
  #turns;
  #observer;
  #pane = null;
  #isLoading = false;
  #wantsFocus = false;

  /** @param actions remove(conversation), back(), leave(): the focus goes back to the list */
  constructor(store, actions) {
    super();
    this.#store = store;
    this.#actions = actions;
    /** What is shown; undefined while that is not known. */
    this.conversation = undefined;
    /** The id of what was shown last. */
    this.last = "";
    this.name = h("h2", { tabindex: -1, ondblclick: () => this.rename() });
    this.pencil = iconButton("rename", t("rename"), { onclick: () => this.rename() });
    this.title = h("div.reader-name", this.name, this.pencil);
    this.about = h("p.reader-about.muted.small");
    this.buttons = h("div.row.reader-actions");
    this.status = h("p.muted.small", { role: "status" });
    this.older = button(t("older"), () => this.#loadOlder(), { kind: "small", hidden: true });
    this.top = h("div");
    this.place = h("div");
    this.scroller = h("div.pane-scroll.reader-log", { role: "region", "aria-label": t("messages"), tabindex: 0 },
      h("div.reader-top", this.status, this.older), this.top, this.place);
    const onkeydown = (event) => this.#key(event);
    this.element = h("section.reader", { hidden: true, "aria-label": t("reader"), onkeydown },
      h("div.reader-title", button(t("back"), () => actions.back(), { kind: "plain reader-back" }), this.title),
      this.about, this.buttons, this.scroller);
    store.addEventListener("change", ({ detail }) => {
      if (detail === this.conversation && !detail.isGone) this.#showHead();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#refresh().catch(showError);
    });
  }

  /** @param pane the element in which the messages scroll; null if that is the window */
  watch(pane) {
    this.#pane = pane;
    this.#observer?.disconnect();
    this.#observer = new IntersectionObserver((seen) => {
      // After a failure only the button asks again.
      if (seen.at(-1).isIntersecting && !this.older.hidden && this.status.textContent === "") this.#loadOlder();
    }, { root: pane, rootMargin: MARGIN });
    if (this.#log) this.#observer.observe(this.top);
  }

  get #scroll() {
    return this.#pane ?? document.scrollingElement;
  }

  focus() {
    if (this.element.hidden || !this.name.textContent) this.#wantsFocus = true;
    else this.name.focus({ preventScroll: true });
  }

  /** Shows a conversation; none if the id is empty. */
  async show(id) {
    if (id === this.#id) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#observer.unobserve(this.top);
    this.#id = id;
    this.#log = undefined;
    this.#isLoading = false;
    this.#wantsFocus = false;
    this.conversation = id ? this.#store.known(id) : undefined;
    this.element.hidden = id === "";
    this.place.replaceChildren();
    this.older.hidden = true;
    this.#showHead();
    if (!id) return;
    this.last = id;
    await this.#load();
  }

  async #load() {
    const { signal } = this.#abort;
    const log = new Log(this.#id, signal);
    this.status.textContent = t("loading");
    try {
      const [conversation] = await Promise.all([this.#store.find(this.#id, { signal }), log.older()]);
      if (signal.aborted) return;
      this.#log = log;
      this.conversation = conversation;
      this.#showHead();
      this.#turns = new Turns(log, agentOf(conversation));
      fill(this.place, this.#turns.element);
      this.#showTurns([]);
    } catch (error) {
      if (!signal.aborted) this.#refuse(error);
      return;
    }
    this.#toEnd();
    this.dispatchEvent(new Event("shown"));
    this.#follow().catch(showError);
  }

  /** Whether a conversation is another's or does not exist: the server says the same of both. */
  #refuse(error) {
    if (!(error instanceof ApiError)) console.error(error);
    this.#log = undefined;
    this.conversation = undefined;
    this.#showHead();
    this.name.textContent = t("unknown", { id: this.#id });
    this.status.textContent = "";
    fill(this.place, h("p.alert", { role: "alert" }, error.message), button(t("again"), () => this.#load()));
    this.dispatchEvent(new Event("shown"));
    this.#takeFocus();
  }

  // The head

  #showHead() {
    const { conversation } = this;
    const isKnown = conversation !== undefined;
    this.pencil.hidden = this.about.hidden = this.buttons.hidden = !isKnown;
    this.name.textContent = this.name.title = isKnown ? nameOf(conversation) : "";
    if (!isKnown) return;
    const { id, botID, hasBot } = conversation;
    const agent = agentOf(conversation);
    const state = JSON.stringify([id, botID, hasBot, agent]);
    if (this.about.dataset.state !== state) {
      this.about.dataset.state = state;
      fill(this.about, hasBot ? h("a", { href: `/agents/${botID}` }, agent) : h("span", agent),
        h("span", t("made", { time: formatTime(conversation.createdAt) })),
        h("span.reader-id", h("code", id), copyButton(id, t("copyID"))));
      fill(this.buttons, hasBot && h("a.button.primary.small", { href: `/chat/${botID}/${id}` }, t("chat")),
        button(t("clear"), () => this.#clear(), { kind: "small" }),
        button(t("exportJSON"), () => exportConversation(conversation, "json"), { kind: "small" }),
        button(t("exportText"), () => exportConversation(conversation, "markdown"), { kind: "small" }),
        button(t("remove"), () => this.#actions.remove(conversation), { kind: "small danger" }));
    }
    this.#takeFocus();
  }

  #takeFocus() {
    if (!this.#wantsFocus) return;
    this.#wantsFocus = false;
    this.name.focus({ preventScroll: true });
  }

  /** @param text what to begin with; the name if absent */
  rename(text) {
    const { conversation } = this;
    if (!conversation) return;
    editName(this.#store, conversation, this.title, {
      text, again: (typed) => this.conversation === conversation && this.rename(typed),
      onEnd: (byKey) => byKey && this.pencil.focus(),
    });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "F2") this.rename();
    else if (event.key === "Escape") this.#actions.leave();
    else return;
    event.preventDefault();
  }

  async #clear() {
    // Another one may be shown by the time this is answered.
    const { conversation } = this;
    if (!(await confirm(t("clearTitle"), t("clearText"), t("clear")))) return;
    conversation.lastSectionID = (await post(`/v1/conversations/${conversation.id}/clear`)).id;
    toast(t("wasCleared"));
    if (conversation !== this.conversation || !this.#log) return;
    this.#showTurns([]);
    this.#toEnd();
  }

  // The messages

  #showTurns(changed) {
    this.#turns.show(changed, this.conversation.lastSectionID);
    this.older.hidden = !this.#log.hasOlder;
    const isEmpty = this.#log.turns.length === 0;
    this.status.textContent = this.#log.hasOlder ? "" : t(isEmpty ? "empty" : "begin");
    // An observer tells of changes only; the beginning may still be near.
    this.#observer.unobserve(this.top);
    this.#observer.observe(this.top);
  }

  #toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  get #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  /** Puts older messages above without moving what is in sight. */
  async #loadOlder() {
    if (this.#isLoading || !this.#log?.hasOlder) return;
    const log = this.#log;
    this.#isLoading = true;
    this.status.textContent = t("loading");
    try {
      const changed = await log.older();
      if (log !== this.#log) return;
      const first = this.#turns.element.firstElementChild;
      const before = first.getBoundingClientRect().top;
      this.#isLoading = false;
      this.#showTurns(changed);
      this.#scroll.scrollTop += first.getBoundingClientRect().top - before;
    } catch (error) {
      if (log !== this.#log) return;
      this.#isLoading = false;
      this.status.textContent = t("failed", { reason: error.message });
    }
  }

  /** Shows what came since, for those who come back to the page. */
  async #refresh() {
    const log = this.#log;
    if (!log) return;
    const wasAtEnd = this.#isAtEnd;
    const [changed] = await Promise.all([log.newer(), this.#store.find(this.#id, { signal: this.#abort.signal })]);
    if (log !== this.#log) return;
    this.#showTurns(changed);
    if (wasAtEnd) this.#toEnd();
    await this.#follow();
  }

  /** Follows a chat that runs, to its end. */
  async #follow() {
    const { signal } = this.#abort;
    const log = this.#log;
    const turn = log.running && log.turns.find((one) => one.id === log.running);
    if (!turn || turn === this.followed) return;
    this.followed = turn;
    try {
      await follow(turn, {
        signal, changed: () => {
          const wasAtEnd = this.#isAtEnd;
          this.#turns.update(turn);
          if (wasAtEnd) this.#toEnd();
        },
      });
    } finally {
      this.followed = undefined;
    }
    await this.#refresh();
  }
}
