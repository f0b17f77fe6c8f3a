// Shows a turn: the question, what the bot did on the way, its answer, and what can be done with them.
import { button, copyText, fill, form, h, showError, textarea } from "../lib/dom.js";
import { formatDuration, formatNumber, formatTime, texts } from "../lib/text.js";
import { grow, isComposing } from "./composer.js";
import { fileList } from "./files.js";
import { iconButton, setIcon } from "./icons.js";
import { failure } from "./outcomes.js";
import { Prose } from "./prose.js";
import { quotation, withoutQuotation } from "./quote.js";
import { callView, toolForm } from "./tools.js";
import { parts, textOf } from "./turn.js";

const t = texts({
  en: {
    you: "Your message", answerOf: "Answer of {name}", copy: "Copy", copied: "Copied", edit: "Edit and ask again",
    editing: "Edit the message", send: "Send", cancel: "Cancel", editHint: "Escape cancels.",
    dropsLater: "What comes after this message is removed from the conversation.", like: "Good answer",
    dislike: "Bad answer", again: "Answer again", quote: "Quote", tryAgain: "Try again", thinking: "Thinking…",
    reasoning: "Reasoning", writing: "Answering…", stopped: "Stopped", details: "Details",
    reconnecting: "The connection was lost. Trying again…", failed: "The answer failed", code: "Error {code}",
    logID: "Log ID {id}", followUps: "Ask next", actions: "Answer actions", tokens: "Tokens",
    tokenCounts: "{all} ({input} in, {output} out)", chat: "Chat ID", log: "Log ID", began: "Asked at", took: "Took",
    nothing: "The answer is empty.", cleared: "The agent does not see what stands above",
  },
  zh: {
    you: "您的消息", answerOf: "{name} 的回答", copy: "复制", copied: "已复制", edit: "编辑并重新提问", editing: "编辑消息",
    send: "发送", cancel: "取消", editHint: "按 Esc 取消。", dropsLater: "此消息之后的内容将从会话中移除。", like: "回答得好",
    dislike: "回答不好", again: "重新回答", quote: "引用", tryAgain: "重试", thinking: "正在思考…", reasoning: "思考过程",
    writing: "正在回答…", stopped: "已停止", reconnecting: "连接已断开，正在重试…", details: "详情", failed: "回答失败",
    code: "错误 {code}", logID: "日志 ID {id}", followUps: "接着问", actions: "回答操作", tokens: "Token 数",
    tokenCounts: "{all}（输入 {input}，输出 {output}）", chat: "对话 ID", log: "日志 ID", began: "提问时间", took: "用时",
    nothing: "回答为空。", cleared: "智能体看不到以上内容",
  },
});

function copyIcon(text) {
  const element = iconButton(t("copy"), "copy", async () => {
    try {
      await copyText(text());
    } catch (error) {
      showError(error);
      return;
    }
    setIcon(element, t("copied"), "done");
    setTimeout(() => setIcon(element, t("copy"), "copy"), 1500);
  });
  return element;
}

export class TurnView {
  #steps = new Map();
  #footer = "";
  #questions = "";
  #tools = { calls: "", element: null };
  #editor = null;

  /**
   * @param turn what is shown
   * @param host what can be done: name, options {feedback, functionCalls, quote}, quote(text), isLast(turn), canReplace(turn),
   *   replace(turn, content?), send(text), submit(turn, outputs), judge(turn, kind)
   */
  constructor(turn, host) {
    this.turn = turn;
    this.host = host;
    this.asked = h("div.chat-asked");
    this.made = h("div.chat-steps");
    this.state = h("p.chat-state", { hidden: true });
    this.foot = h("div");
    this.answer = h("article.chat-answer", { "aria-label": t("answerOf", { name: host.name }) },
      this.made, this.state, this.foot);
    this.divider = h("p.chat-divider", { hidden: true }, t("cleared"));
    this.element = h("div.chat-turn", this.divider, this.asked, this.answer);
    this.update();
  }

  /** Shows the turn as it is now. */
  update() {
    this.#updateQuestions();
    this.#updateSteps();
    this.#updateState();
    this.#updateFooter();
    this.answer.hidden = this.made.childElementCount === 0 && this.state.hidden && this.foot.childElementCount === 0;
  }

  /** What the question is changed to and not sent yet; undefined if it is not being changed. */
  get edited() {
    return this.#editor?.isConnected ? this.#editor.value : undefined;
  }

  /** Goes on to change the question. */
  edit(text) {
    this.#edit(this.asked.lastElementChild, this.turn.questions.at(-1), text);
  }

  #updateQuestions() {
    if (this.edited !== undefined) return;
    const { turn } = this;
    const canEdit = this.host.canReplace(turn);
    const state = JSON.stringify([canEdit, turn.questions]);
    if (state === this.#questions) return;
    this.#questions = state;
    const last = turn.questions.length - 1;
    fill(this.asked, turn.questions.map((message, index) => this.#question(message, canEdit && index === last)));
  }

  #question(message, canEdit) {
    const text = textOf(message);
    const [about, words] = withoutQuotation(text);
    const element = h("article.chat-question", { "aria-label": t("you") }, h("div.chat-bubble", fileList(parts(message)),
      about && h("blockquote.chat-text", about), words && h("p.chat-text", words)));
    element.append(h("div.chat-actions", text && copyIcon(() => text),
      canEdit && iconButton(t("edit"), "edit", () => this.#edit(element, message))));
    return element;
  }

  #edit(element, message, text = textOf(message)) {
    const control = textarea({ rows: 1, "aria-label": t("editing"), oninput: () => grow(control) });
    control.value = text;
    this.#editor = control;
    const close = () => {
      editor.replaceWith(element);
      this.#updateQuestions();
      this.asked.querySelector(`[aria-label="${CSS.escape(t("edit"))}"]`)?.focus();
    };
    const editor = form([control, h("p.hint", this.host.isLast(this.turn) ? "" : `${t("dropsLater")} `, t("editHint"))],
      t("send"), () => {
        const text = control.value.trim();
        if (text === "") return control.focus();
        const files = parts(message).filter((one) => one.type !== "text");
        return this.host.replace(this.turn, { text, files }).then((isDone) => isDone || control.focus());
      }, { extra: [button(t("cancel"), close)] });
    editor.classList.add("chat-edit");
    editor.addEventListener("keydown", (event) => {
      if (isComposing(event)) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && !event.shiftKey && event.target === control) {
        event.preventDefault();
        editor.requestSubmit();
      }
    });
    element.replaceWith(editor);
    grow(control);
    control.focus();
    control.setSelectionRange(control.value.length, control.value.length);
  }

  #updateSteps() {
    const shown = new Set();
    let place = null;
    for (const step of this.turn.steps) {
      if (step.kind === "call" && !this.host.options.functionCalls) continue;
      let view = this.#steps.get(step.id);
      if (!view) {
        view = step.kind === "call" ? callView() : answerView();
        this.#steps.set(step.id, view);
        if (place) place.after(view.element);
        else this.made.prepend(view.element);
      }
      view.set(step);
      place = view.element;
      shown.add(step.id);
    }
    for (const [id, view] of this.#steps) {
      if (shown.has(id)) continue;
      view.element.remove();
      this.#steps.delete(id);
    }
  }

  #updateState() {
    const { turn } = this;
    const last = turn.steps.at(-1);
    let text = "";
    if (turn.isReconnecting) text = t("reconnecting");
    else if (turn.isRunning && last?.kind !== "answer") text = t("writing");
    else if (turn.status === "canceled") text = t("stopped");
    else if (turn.status === "completed" && turn.text === "") text = t("nothing");
    if (this.state.textContent !== text) this.state.textContent = text;
    this.state.hidden = text === "";
    this.element.classList.toggle("running", turn.isRunning);
  }

  #updateFooter() {
    const { turn, host } = this;
    const isLast = host.isLast(turn);
    // While an answer comes in, this is asked for each piece of it.
    const state = turn.isRunning ? "running" : JSON.stringify([
      turn.status, isLast, host.canReplace(turn), turn.error, turn.logID, turn.usage, turn.opinion, turn.followUps,
      turn.calls,
    ]);
    if (state === this.#footer) return;
    this.#footer = state;
    if (turn.isRunning) {
      this.foot.replaceChildren();
      return;
    }
    const { activeElement } = document;
    const focused = this.foot.contains(activeElement) ? activeElement.getAttribute("aria-label") : null;
    const isOpen = this.foot.querySelector(".chat-details")?.open ?? false;
    fill(this.foot, turn.error && this.#failure(isLast),
      isLast && turn.status === "requires_action" && this.#toolForm(),
      (turn.id || turn.text) && this.#actions(isLast, isOpen), isLast && this.#followUps());
    if (focused) this.foot.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  /** The same element for the same calls: it holds what was typed. */
  #toolForm() {
    const { turn } = this;
    const calls = JSON.stringify(turn.calls);
    if (this.#tools.calls !== calls) {
      this.#tools = { calls, element: toolForm(turn.calls, (outputs) => this.host.submit(turn, outputs)) };
    }
    return this.#tools.element;
  }

  #failure(isLast) {
    const { error, logID } = this.turn;
    const why = failure(error);
    return h("div.alert.chat-failure",
      h("p", h("strong", t("failed")), why ? ` – ${why}` : ""),
      h("p.small", [error.code ? t("code", { code: error.code }) : "", logID ? t("logID", { id: logID }) : ""]
        .filter(Boolean).join(" · ")),
      isLast && this.host.canReplace(this.turn) && button(t("tryAgain"), () => this.host.replace(this.turn)));
  }

  #actions(isLast, isOpen) {
    const { turn, host } = this;
    const isJudged = host.options.feedback && turn.id && turn.judged;
    const judge = (kind, name) => iconButton(t(name), name, () => host.judge(this, turn.opinion === kind ? "" : kind),
      { "aria-pressed": String(turn.opinion === kind) });
    return h("div.chat-actions", { role: "group", "aria-label": t("actions") },
      turn.text && copyIcon(() => turn.text),
      turn.text && host.options.quote && iconButton(t("quote"), "quote",
        // What is selected stays selected.
        () => host.quote(quotation(this.made, turn.text)), { onmousedown: (event) => event.preventDefault() }),
      isJudged && [judge("like", "like"), judge("unlike", "dislike")],
      isLast && turn.status !== "failed" && host.canReplace(turn)
        && iconButton(t("again"), "again", () => host.replace(turn)),
      turn.id && this.#details(isOpen));
  }

  #details(isOpen) {
    const { turn } = this;
    const { usage } = turn;
    const rows = [
      [t("tokens"), usage && t("tokenCounts", {
        all: formatNumber(usage.token_count), input: formatNumber(usage.input_count),
        output: formatNumber(usage.output_count),
      })],
      [t("began"), turn.createdAt && formatTime(turn.createdAt)],
      [t("took"), turn.completedAt > turn.createdAt && formatDuration((turn.completedAt - turn.createdAt) * 1000)],
      [t("chat"), turn.id],
      [t("log"), turn.logID],
    ].filter(([, value]) => value);
    return h("details.chat-details", { open: isOpen }, h("summary", t("details")),
      h("dl", rows.map(([name, value]) => h("div", h("dt", name), h("dd", value)))));
  }

  #followUps() {
    const { followUps } = this.turn;
    if (followUps.length === 0) return null;
    return h("div.chat-suggestions", { role: "group", "aria-label": t("followUps") },
      followUps.map((text) => h("button", { type: "button", onclick: () => this.host.send(text) }, text)));
  }
}

/** An answer, with how the model came to it folded above. */
function answerView() {
  const reasoning = h("p.chat-text");
  const summary = h("summary");
  const folded = h("details.chat-reasoning", summary, reasoning);
  const prose = new Prose();
  const element = h("div.chat-said", prose.element);
  return {
    element,
    set(step) {
      if (step.reasoning !== "") {
        if (!folded.isConnected) element.prepend(folded);
        if (reasoning.textContent !== step.reasoning) reasoning.textContent = step.reasoning;
        summary.textContent = t(step.isPartial && step.text === "" ? "thinking" : "reasoning");
      }
      prose.element.hidden = step.text === "";
      prose.set(step.text, !step.isPartial);
    },
  };
}
