// A chat with a bot: what was said, and the field to go on. The chat page, the test of an agent and the frames in other
// sites all show this one.
import { ApiError, get, post } from "../lib/api.js";
import { button, fill, h, showError, watchFocus } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { Composer } from "./composer.js";
import { iconButton } from "./icons.js";
import { TurnView } from "./message.js";
import { face, facts, opening } from "./opening.js";
import { judge } from "./opinion.js";
import { ending, isStale, reason, RUNNING, UNKNOWN_CONVERSATION } from "./outcomes.js";
import { Past } from "./past.js";
import { chatRequest, outputsRequest, replacement } from "./requests.js";
import { announcer, Scroller } from "./scroll.js";
import { shortcutButtons } from "./shortcuts.js";
import { follow, start } from "./stream.js";
import { question, textOf, Turn } from "./turn.js";

const t = texts({
  en: {
    log: "Messages", latest: "Latest messages", earlier: "Show earlier messages", fresh: "New conversation",
    loading: "Loading…", again: "Try again",
  },
  zh: {
    log: "消息", latest: "最新消息", earlier: "显示更早的消息", fresh: "新会话", loading: "正在加载…", again: "重试",
  },
});

export class ChatView {
  #visit = new AbortController();
  #turns = [];
  #running = null;
  #wantsStop = false;
  #dirty = new Set();
  #frame = 0;
  #past = null;
  /** Settles when the conversation is shown. */
  #shown = Promise.resolve();
  #channel = null;
  #bot = null;
  /** What was asked and has not begun: its conversation is not shown yet, or the connection is gone. */
  #waiting = new Set();

  /**
   * @param settings bot; isDraft: whether the draft answers; endUser: the user_id of chats; conversation: the one to
   *   open; connector: the channel; variables: values for names in the prompt; compact: less room, and the focus stays
   *   where it is; actions: nodes at the head's beginning;
   *   onConversation(id, isNew): another conversation is open, "" for one that has not begun; onTitle(name): the open
   *   conversation's name; options: title, head, uploadable, newConversation, feedback: whether answers are judged;
   *   feedbackPanel: what is asked about bad ones, {title, placeholder, tags}; quote, functionCalls
   */
  constructor(settings) {
    this.settings = settings;
    this.options = {
      head: true, uploadable: true, newConversation: true, feedback: true, functionCalls: true, ...settings.options,
    };
    this.conversation = "";
    this.name = "";
    this.#build();
    this.#listen();
    /** Settles when the conversation that was asked for is shown. */
    this.ready = this.open(settings.conversation ?? "");
  }

  #build() {
    this.notice = h("div.chat-notice");
    this.earlier = button(t("earlier"), () => this.#showEarlier(), { kind: "plain", hidden: true });
    this.top = h("div");
    this.list = h("div.chat-list");
    this.content = h("div.chat-content", this.earlier, this.top, this.list, this.notice);
    this.log = h("div.chat-log", { role: "log", "aria-live": "off", "aria-label": t("log"), tabindex: 0 },
      this.content);
    const jump = iconButton(t("latest"), "down", null, { hidden: true, class: "chat-jump" });
    this.status = announcer();
    this.composer = new Composer({
      stop: () => this.stop(), say: (text) => this.#say(text),
      send: (asked) => this.#ask(asked),
    });
    this.shortcuts = h("div");
    this.head = h("div.chat-head", { hidden: !this.options.head });
    this.element = h("div.chat", { class: this.settings.compact ? "compact" : "" }, this.head,
      h("div.chat-middle", this.log, jump), this.shortcuts, this.composer.element, this.status);
    this.composer.takeDrops(this.element);
    this.scroller = new Scroller(this.log, this.content, jump);
    this.watcher = new IntersectionObserver((seen) => {
      if (seen.at(-1).isIntersecting) this.earlier.click();
    }, { root: this.log, rootMargin: "300px 0px 0px 0px" });
    this.watcher.observe(this.earlier);
    this.#fillHead();
  }

  #fillHead() {
    const { title, newConversation } = this.options;
    const name = title || this.name;
    fill(this.head, this.settings.actions, name && face(name, this.#bot?.icon_url), h("p.chat-name", name),
      newConversation && iconButton(t("fresh"), "add", () => this.restart(), { class: "chat-fresh" }));
  }

  /** Windows of one browser tell each other when an answer begins. */
  #listen() {
    if (!("BroadcastChannel" in globalThis)) return;
    this.#channel = new BroadcastChannel("buckle-chat");
    this.#channel.addEventListener("message", ({ data }) => {
      if (data.conversation === this.conversation && !this.#running) this.#show(true);
    });
  }

  // Opening

  /** Opens a conversation; without an id one that begins with the next message. */
  async open(conversation) {
    // It stays in the conversation that it was written in.
    for (const asked of this.#waiting) if (asked.unsent) this.composer.restore(asked.unsent);
    this.#waiting.clear();
    this.conversation = conversation ?? "";
    this.composer.open(this.#draftKey);
    this.settings.onConversation?.(this.conversation, false);
    // Whoever has gone elsewhere by the time it is shown stays there.
    const hasMoved = watchFocus();
    await this.#show();
    if (!hasMoved() && !this.settings.compact) this.#focus();
    await this.#tellTitle();
  }

  /** Leaves the conversation and begins another. */
  restart() {
    return this.open("");
  }

  get #draftKey() {
    return `chat-draft/${this.settings.bot}/${this.conversation || "new"}`;
  }

  /**
   * Shows the conversation as the server has it, and goes on with what runs in it.
   * @param keeps whether what is shown stays until that is there
   */
  #show(keeps = false) {
    this.#visit.abort();
    this.#visit = new AbortController();
    this.#setRunning(null);
    this.#shown = this.#read(keeps, this.#visit.signal);
    return this.#shown;
  }

  async #read(keeps, signal) {
    if (!keeps) this.#clear(h("p.muted", t("loading")));
    const past = this.conversation ? new Past(this.conversation, signal) : null;
    let edited;
    try {
      const [bot, turns] = await Promise.all([this.#bot ?? this.#facts(), past?.read() ?? []]);
      if (signal.aborted) return;
      this.#setBot(bot);
      const [view] = this.#turns.filter((one) => one.edited !== undefined);
      if (view) edited = { id: view.turn.id, text: view.edited };
      this.#clear();
      this.#past = past;
      for (const turn of turns) this.#add(new TurnView(turn, this));
    } catch (error) {
      if (signal.aborted) return;
      this.#clear(h("p.alert", { role: "alert" }, reason(error)), error.code === UNKNOWN_CONVERSATION
        ? button(t("fresh"), () => this.restart()) : button(t("again"), () => this.#show()));
      this.composer.element.hidden = true;
      return;
    }
    this.#arrange();
    this.scroller.toEnd();
    if (edited) this.#goOnEditing(edited);
    const last = this.#turns.at(-1);
    if (last?.turn.isRunning) this.#run(last, (options) => follow(last.turn, options));
  }

  /** What somebody was changing before all was shown anew; what it was said in may be gone meanwhile. */
  #goOnEditing({ id, text }) {
    const view = this.#turns.find((one) => one.turn.id === id);
    if (view) view.edit(text);
    else this.composer.restore({ text, files: [] });
  }

  #clear(...notice) {
    this.#turns = [];
    this.#past = null;
    this.earlier.hidden = true;
    this.composer.element.hidden = false;
    fill(this.top);
    fill(this.list);
    fill(this.notice, notice);
  }

  #facts() {
    const { bot, isDraft, connector } = this.settings;
    return facts(bot, { isDraft, connector });
  }

  #setBot(bot) {
    if (this.#bot === bot) return;
    this.#bot = bot;
    this.name = bot.name;
    this.opening = opening(bot, (text) => this.send(text));
    this.composer.allow({
      files: this.options.uploadable && bot.can_upload, pictures: bot.capabilities.includes("vision"),
    });
    fill(this.shortcuts, shortcutButtons(bot.shortcut_commands, (asked) => !this.#running && this.#ask(asked)));
    this.#fillHead();
  }

  async #tellTitle() {
    const id = this.conversation;
    if (!this.settings.onTitle) return;
    try {
      const name = id ? (await get("/v1/conversation/retrieve", { conversation_id: id })).name : "";
      if (id === this.conversation) this.settings.onTitle(name);
    } catch {
      // The conversation itself tells what is wrong with it.
    }
  }

  async #showEarlier() {
    const past = this.#past;
    if (!past?.hasMore) return;
    const isFocused = document.activeElement === this.earlier;
    const known = new Map(this.#turns.map((view) => [view.turn.id, view.turn]));
    const turns = await past.read(known);
    if (past !== this.#past) return;
    const views = turns.map((turn) => new TurnView(turn, this));
    this.scroller.keeping(() => {
      this.#turns.unshift(...views);
      this.list.prepend(...views.map((view) => view.element));
      this.#arrange();
    });
    if (isFocused && this.earlier.hidden) this.log.focus({ preventScroll: true });
    // What is still in sight after that is no change that the watcher would tell.
    this.watcher.unobserve(this.earlier);
    this.watcher.observe(this.earlier);
  }

  #add(view) {
    this.#turns.push(view);
    this.list.append(view.element);
  }

  /** Brings in order what depends on a turn's place among the others. */
  #arrange() {
    const hasMore = this.#past?.hasMore ?? false;
    this.earlier.hidden = !hasMore;
    this.opening.showSuggestions(this.#turns.length === 0);
    if (hasMore) fill(this.top);
    else if (!this.top.firstChild) fill(this.top, this.opening.element);
    let section = this.#turns[0]?.turn.section;
    for (const view of this.#turns) {
      view.divider.hidden = !view.turn.section || view.turn.section === section;
      section = view.turn.section || section;
      view.update();
    }
  }

  // What turns ask of their chat

  isLast(turn) {
    return this.#turns.at(-1)?.turn === turn;
  }

  /** Whether a turn can be answered anew. */
  canReplace(turn) {
    return Boolean(turn.id) && !this.#running && turn.questions.length > 0
      && turn.section === this.#turns.at(-1)?.turn.section;
  }

  /** Sends a question, as if it had been typed. */
  send(text) {
    if (this.#running) return;
    this.#ask({ text, parts: [] });
    this.#focus();
  }

  /** Answers a turn's question anew, or another one in its place. What came after it goes. @returns whether it began */
  async replace(turn, edited) {
    const place = this.#turns.findIndex((view) => view.turn === turn);
    if (this.#running) this.composer.tellRunning();
    if (place < 0 || this.#running) return false;
    const asked = edited && question(edited.text, edited.files);
    const questions = turn.questions.map((one) => ({ ...one }));
    if (asked) questions[questions.length - 1] = { ...questions.at(-1), ...asked, id: "" };
    const view = new TurnView(new Turn({ conversation: this.conversation, status: "sending", questions }), this);
    const gone = this.#turns.splice(place, Infinity, view);
    gone[0].element.before(view.element);
    for (const one of gone) one.element.remove();
    this.#focus();
    const request = replacement(turn.id, this.conversation, asked, gone.length > 1);
    return this.#run(view, (options) => start(request, view.turn, options), () => {
      this.#turns.splice(place, Infinity, ...gone);
      view.element.replaceWith(...gone.map((one) => one.element));
    });
  }

  /** Hands in the outputs of tools. */
  submit(turn, outputs) {
    const view = this.#turns.find((one) => one.turn === turn);
    const request = outputsRequest(turn.id, this.conversation, outputs);
    return this.#run(view, (options) => start(request, turn, options), () => {});
  }

  /** Takes what the next message is about. */
  quote = (text) => this.composer.quote(text);

  /** @param kind like, unlike or empty to take it back */
  judge(view, kind) {
    return judge(view.turn, kind, this.options.feedbackPanel, () => view.update());
  }

  /** Stops the answer that is being written. What is there of it stays. */
  async stop() {
    const view = this.#running;
    if (!view) return;
    const { turn } = view;
    // A chat that has not begun has no id yet.
    this.#wantsStop = !turn.id;
    if (!turn.id) return;
    try {
      turn.take(await post("/v3/chat/cancel", { conversation_id: turn.conversation, chat_id: turn.id }));
      this.#render(view);
    } catch (error) {
      if (this.#running === view && turn.isRunning) showError(error);
    }
  }

  // Running

  /** @param asked {text, parts, unsent: what the composer takes back} or {text, shortcut} */
  async #ask(asked) {
    this.#waiting.add(asked);
    let shown;
    do {
      shown = this.#shown;
      await shown;
    } while (shown !== this.#shown);
    if (!this.#waiting.delete(asked)) return false;
    if (this.#running || this.composer.element.hidden) {
      if (asked.unsent) this.composer.restore(asked.unsent);
      return false;
    }
    const questions = [{ id: "", ...question(asked.text, asked.parts) }];
    const view = new TurnView(new Turn({ conversation: this.conversation, status: "sending", questions }), this);
    this.#add(view);
    this.scroller.toEnd();
    const request = chatRequest(this.settings, this.conversation, asked);
    return this.#run(view, (options) => start(request, view.turn, options), () => {
      this.#turns = this.#turns.filter((one) => one !== view);
      view.element.remove();
      if (!asked.shortcut) this.composer.restore(asked.unsent ?? { text: asked.text, files: [] });
    }, asked);
  }

  /**
   * Follows a chat to its end.
   * @param work reads the chat's events: work({changed, signal})
   * @param undo takes back what is shown, after the server refused to begin
   * @param asked what was asked, if that is new
   * @returns whether the chat began
   */
  async #run(view, work, undo, asked) {
    const { signal } = this.#visit;
    const { turn } = view;
    const before = turn.status;
    let isTold = false;
    this.#setRunning(view);
    this.#arrange();
    const changed = () => {
      if (!isTold && turn.id) {
        isTold = true;
        this.#begun(view, asked);
      }
      this.#render(view);
    };
    try {
      await work({ changed, signal });
    } catch (error) {
      if (signal.aborted) return isTold;
      if (!(error instanceof ApiError)) console.error(error);
      if (!isTold && error.status === 0 && asked) {
        this.#waiting.add(asked);
        const hasBegun = await this.#hasBegun(asked.text);
        this.#waiting.delete(asked);
        if (signal.aborted) return false;
        if (hasBegun) {
          await this.#show(true);
          return true;
        }
      }
      if (!isTold && undo) {
        turn.status = before;
        this.#setRunning(null);
        undo();
        this.#arrange();
        await this.#refused(error);
        return false;
      }
      turn.status = "failed";
      turn.error = { code: Math.max(error.code ?? 0, 0), msg: error.message };
    }
    if (signal.aborted) return true;
    turn.isReconnecting = false;
    this.#setRunning(null);
    this.#arrange();
    this.scroller.follow();
    this.#say(ending(view));
    return true;
  }

  #begun(view, asked) {
    const { turn } = view;
    if (!this.conversation) {
      this.conversation = turn.conversation;
      this.composer.move(this.#draftKey);
      this.settings.onConversation?.(this.conversation, true);
      this.#tellTitle();
    }
    this.#channel?.postMessage({ conversation: this.conversation });
    if (asked?.shortcut) this.#showQuestion(view);
    if (this.#wantsStop) this.stop();
  }

  /** What a command asks is known to the server alone. */
  async #showQuestion(view) {
    const query = { conversation_id: this.conversation, message_id: view.turn.questions[0].id };
    try {
      view.turn.add(await get("/v1/conversation/message/retrieve", query));
      this.#render(view);
    } catch {
      // Then the command's name stands for it.
    }
  }

  /** Whether the server took a question, although its answer did not arrive. */
  async #hasBegun(text) {
    if (!this.conversation) return false;
    const known = new Set(this.#turns.map((view) => view.turn.id));
    try {
      const last = (await new Past(this.conversation, this.#visit.signal).read()).at(-1);
      return Boolean(last) && !known.has(last.id) && textOf(last.questions.at(-1) ?? { content: "" }) === text;
    } catch {
      return false;
    }
  }

  async #refused(error) {
    if (error.code === RUNNING || isStale(error)) await this.#show(true);
    this.composer.tell(reason(error));
  }

  #setRunning(view) {
    this.#running = view;
    this.#wantsStop = false;
    this.composer.setRunning(Boolean(view));
    this.log.setAttribute("aria-busy", String(Boolean(view)));
  }

  /** Shows a turn's changes with the next frame; with a later one if that takes long, so that the page stays usable. */
  #render(view) {
    this.#dirty.add(view);
    this.#frame ||= requestAnimationFrame(() => {
      const began = performance.now();
      for (const one of this.#dirty) one.update();
      this.#dirty.clear();
      this.scroller.follow();
      const rest = 4 * (performance.now() - began);
      const next = () => {
        this.#frame = 0;
        if (this.#dirty.size > 0) this.#render(this.#dirty.values().next().value);
      };
      if (rest < 16) next();
      else setTimeout(next, rest);
    });
  }

  #say(text) {
    this.status.textContent = text;
  }

  /**
   * Leads to where one goes on, but not away from what somebody types elsewhere. Where it would bring up a keyboard on
   * the screen, that is the messages.
   */
  #focus() {
    const { activeElement } = document;
    if (activeElement?.matches("input, textarea, select") && !this.element.contains(activeElement)) return;
    if (matchMedia("(pointer: fine)").matches) this.composer.focus();
    else this.log.focus({ preventScroll: true });
  }

  /** Lets go of everything. Answers that are being written go on at the server. */
  destroy() {
    this.#visit.abort();
    this.#channel?.close();
    this.watcher.disconnect();
    this.scroller.end();
    cancelAnimationFrame(this.#frame);
    this.element.remove();
  }
}
