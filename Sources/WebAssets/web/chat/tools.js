// Calls of tools: what a bot asked for and what it got, and the form for those that a person carries out.
import { field, form, h, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { parsed } from "./turn.js";

const t = texts({
  en: {
    called: "Called {name}", calling: "Calls {name}", arguments: "Arguments", output: "Output",
    waiting: "no output yet", needed: "The agent waits for the outputs of these tools",
    outputOf: "Output of {name}", submit: "Submit outputs",
    hint: "Text or JSON, as the tool would return it",
  },
  zh: {
    called: "已调用 {name}", calling: "正在调用 {name}", arguments: "参数", output: "输出", waiting: "尚无输出",
    needed: "智能体正在等待以下工具的输出", outputOf: "{name} 的输出", submit: "提交输出", hint: "工具会返回的文本或 JSON",
  },
});

function pretty(value) {
  const json = typeof value === "string" ? parsed(value) : value;
  return json !== null && typeof json === "object" ? JSON.stringify(json, null, 2) : String(value);
}

/** A call, folded. @returns {element, set(step)} */
export function callView() {
  const summary = h("summary");
  const body = h("div");
  let shown = "";
  return {
    element: h("details.chat-call", summary, body),
    set(step) {
      const state = JSON.stringify([step.name, step.arguments, step.output]);
      if (state === shown) return;
      shown = state;
      summary.textContent = t(step.output === undefined ? "calling" : "called", { name: step.name });
      body.replaceChildren(
        h("p.chat-label", t("arguments")), h("pre", { tabindex: 0 }, pretty(step.arguments)),
        h("p.chat-label", t("output")),
        step.output === undefined ? h("p.muted", t("waiting")) : h("pre", { tabindex: 0 }, pretty(step.output)));
    },
  };
}

/**
 * The form for calls that wait for their outputs.
 * @param calls as the API tells them
 * @param submit called with [{tool_call_id, output}]
 */
export function toolForm(calls, submit) {
  const outputs = calls.map((call) => {
    const control = textarea({ rows: 2, spellcheck: "false" });
    return { call, control };
  });
  return h("div.chat-tools",
    h("p", t("needed")),
    form(outputs.map(({ call, control }) => h("div",
      h("pre", { tabindex: 0 }, `${call.function.name}(${pretty(call.function.arguments)})`),
      field(t("outputOf", { name: call.function.name }), control, { hint: t("hint") }))), t("submit"), () =>
      submit(outputs.map(({ call, control }) => ({ tool_call_id: call.id, output: control.value })))));
}

