// The turns of a log in the page, with what is known of each chat below it.
import { fill, h, showError } from "../lib/dom.js";
import { formatTime, texts } from "../lib/text.js";
import { TurnView } from "../chat/message.js";
import { chatInfo } from "./info.js";

const t = texts({
  en: {
    cleared: "Context cleared", replaced: "Replaced answer", replacedMany: "{count} replaced answers",
    loading: "Loading…",
  },
  zh: { cleared: "上下文已清除", replaced: "被替换的回答", replacedMany: "{count} 个被替换的回答", loading: "正在加载…" },
});

/** What can be done with turns that are only read: nothing. */
const readOnly = (name) => ({
  name, options: { feedback: false, functionCalls: true }, isLast: () => false, canReplace: () => false,
});

const gap = () => h("p.context-gap", h("span", t("cleared")));

export class Turns {
  #log;
  #name;
  #blocks = new Map();
  #end = null;

  /** @param name what the agent is called */
  constructor(log, name) {
    this.#log = log;
    this.#name = name;
    this.element = h("div.turns");
  }

  /**
   * Shows the log as it is now.
   * @param changed turns that may be other than they were
   * @param lastSection the section that new messages go to
   */
  show(changed, lastSection) {
    const { turns } = this.#log;
    const shown = new Set(turns);
    for (const [turn, block] of this.#blocks) {
      if (shown.has(turn)) continue;
      block.element.remove();
      this.#blocks.delete(turn);
    }
    for (const turn of changed) this.#blocks.get(turn)?.view.update();
    let before;
    let section = "";
    for (const turn of turns) {
      const block = this.#block(turn);
      if (!block.element.isConnected || block.element.previousElementSibling !== (before ?? null)) {
        if (before) before.after(block.element);
        else this.element.prepend(block.element);
      }
      const isCleared = section !== "" && turn.section !== "" && section !== turn.section;
      if (isCleared && !block.gap) block.element.prepend((block.gap = gap()));
      section = turn.section || section;
      before = block.element;
      this.#showFoot(turn, block);
    }
    this.#end?.remove();
    this.#end = section === "" || section === lastSection ? null : gap();
    if (this.#end) this.element.append(this.#end);
  }

  /** Shows how a turn goes on that runs. */
  update(turn) {
    this.#blocks.get(turn)?.view.update();
  }

  #block(turn) {
    let block = this.#blocks.get(turn);
    if (block) return block;
    const view = new TurnView(turn, readOnly(this.#name));
    block = { view, gap: null, foot: h("div"), state: "" };
    block.element = h("div.turn", h("p.turn-time.muted.small", formatTime(turn.firstAt)), view.element, block.foot);
    this.#blocks.set(turn, block);
    return block;
  }

  #showFoot(turn, block) {
    const chat = this.#log.chats.get(turn.id);
    if (!chat) return;
    const replaced = this.#log.replacedBy(turn.id);
    const state = JSON.stringify([chat.status, chat.usage, replaced.length]);
    if (state === block.state) return;
    block.state = state;
    fill(block.foot, chatInfo(chat), replaced.length > 0 && this.#replaced(replaced));
  }

  /** What was answered before, folded; it is read when somebody wants to see it. */
  #replaced(chats) {
    const body = h("div.replaced-turns");
    const text = chats.length === 1 ? t("replaced") : t("replacedMany", { count: chats.length });
    const element = h("details.replaced", h("summary", text), body);
    element.addEventListener("toggle", async () => {
      if (!element.open || body.childElementCount > 0) return;
      fill(body, h("p.muted", { role: "status" }, t("loading")));
      try {
        const turns = await this.#log.readReplaced(chats);
        fill(body, turns.map((turn) => [
          new TurnView(turn, readOnly(this.#name)).element, chatInfo(this.#log.chats.get(turn.id)),
        ]));
      } catch (error) {
        body.replaceChildren();
        element.open = false;
        showError(error);
      }
    });
    return element;
  }
}
