// Which model an agent answers with, and how.
import { checkbox, field, h, input, refuse, select } from "../lib/dom.js";
import { formatNumber, texts } from "../lib/text.js";

const t = texts({
  en: {
    title: "Model", model: "Model", standard: "The server's default ({name})",
    gone: "{name} (no longer on this server)",
    goneHint: "The agent cannot answer: choose another model.", parameters: "Parameters",
    parametersHint: "What is left empty is up to the model.", choose: "To set parameters, choose a model by name.",
    context: "{count} tokens of context", tools: "calls functions", vision: "sees images", text: "text only",
    noTools: "This model does not call functions, so the client tools are not offered to it.",
    demo: "The demo model is no language model. It only shows that everything works.",
    temperature: "Temperature", topP: "Top P", topK: "Top K", maxTokens: "Longest answer (tokens)",
    contextRound: "Rounds of the conversation it sees", presence: "Presence penalty", frequency: "Frequency penalty",
    range: "{low} to {high}", least: "at least {low}", format: "Form of answers", asIs: "As the model likes",
    plain: "Plain text", markdown: "Markdown", json: "JSON", thinking: "Thinking",
    thinkingHint: "For models that can switch it.", enabled: "On", disabled: "Off", auto: "As needed",
    time: "Tell it the current time", leak: "Tell it to keep its prompt to itself",
    number: "A number from {low} to {high}.", whole: "A whole number from {low} to {high}.",
  },
  zh: {
    title: "模型", model: "模型", standard: "服务器默认模型（{name}）", gone: "{name}（服务器上已不存在）",
    goneHint: "智能体无法回答：请选择其他模型。", parameters: "参数",
    parametersHint: "留空则由模型决定。", choose: "要设置参数，请选定具体模型。",
    context: "上下文 {count} tokens", tools: "可调用函数", vision: "可识别图片", text: "仅文本",
    noTools: "该模型不能调用函数，因此不会向它提供客户端工具。",
    demo: "演示模型不是语言模型，仅用于展示功能可用。",
    temperature: "温度（temperature）", topP: "Top P", topK: "Top K", maxTokens: "最大回复长度（tokens）",
    contextRound: "携带上下文轮数", presence: "话题重复惩罚（presence penalty）", frequency: "语句重复惩罚（frequency penalty）",
    range: "{low} 到 {high}", least: "不小于 {low}", format: "输出格式", asIs: "由模型决定",
    plain: "纯文本", markdown: "Markdown", json: "JSON", thinking: "深度思考",
    thinkingHint: "适用于可开关思考的模型。", enabled: "开启", disabled: "关闭", auto: "按需",
    time: "告知当前时间", leak: "要求不泄露提示词",
    number: "请输入 {low} 到 {high} 之间的数。", whole: "请输入 {low} 到 {high} 之间的整数。",
  },
});

const LARGEST = 2_147_483_647;
/** name, text, lowest, highest, whether it is a whole number */
const NUMBERS = [
  ["temperature", "temperature", 0, 2, false], ["top_p", "topP", 0, 1, false], ["top_k", "topK", 0, LARGEST, true],
  ["max_tokens", "maxTokens", 1, LARGEST, true], ["context_round", "contextRound", 0, LARGEST, true],
  ["presence_penalty", "presence", -2, 2, false], ["frequency_penalty", "frequency", -2, 2, false],
];

function numberField([name, label, low, high, isWhole], value) {
  const hint = high === LARGEST ? t("least", { low }) : t("range", { low, high });
  const control = input({
    type: "number", min: low, max: high, step: isWhole ? 1 : "any", value: value ?? "", inputmode: "decimal",
  });
  return {
    name, element: field(t(label), control, { hint }),
    value: () => (control.value === "" ? undefined : Number(control.value)),
    check() {
      const number = Number(control.value);
      const isMissing = control.value === "" && !control.validity.badInput;
      const fits = control.value !== "" && number >= low && number <= high && (!isWhole || Number.isInteger(number));
      return isMissing || fits || refuse(control, t(isWhole ? "whole" : "number", { low, high: formatNumber(high) }));
    },
  };
}

/** What a model can do, in words. */
export function modelSummary(model) {
  const can = model.capabilities.map((one) => ({ tools: t("tools"), vision: t("vision") })[one] ?? one);
  return [t("context", { count: formatNumber(model.context_length) }), ...(can.length ? can : [t("text")])].join(" · ");
}

/**
 * @param settings the draft's `model_info`; null for the server's default model
 * @param models the server's models
 * @param options.hasTools whether the agent has client tools
 * @returns {element, value(), check(), refresh()}; refresh() is called when tools have changed
 */
export function modelForm(settings, models, { hasTools }) {
  const standard = models.find((one) => one.is_default) ?? models[0];
  const isGone = settings && !models.some((one) => one.id === settings.model_id);
  const choice = select([
    ["", t("standard", { name: standard.name })], ...models.map((one) => [one.id, one.name]),
    ...(isGone ? [[settings.model_id, t("gone", { name: settings.model_id })]] : []),
  ], { value: settings?.model_id ?? "" });
  const about = h("p.small.muted");
  const warning = h("p.note.small", { role: "status" });

  const numbers = NUMBERS.map((one) => numberField(one, settings?.[one[0]]));
  const format = select([["", t("asIs")], ["text", t("plain")], ["markdown", t("markdown")], ["json", t("json")]],
    { value: settings?.response_format ?? "" });
  const thinking = select(["", "enabled", "disabled", "auto"].map((one) => [one, t(one || "asIs")]));
  const thinkingWas = settings?.parameters?.thinking_type ?? "";
  const isKnown = [...thinking.options].some((one) => one.value === thinkingWas);
  if (!isKnown) thinking.append(h("option", { value: thinkingWas }, thinkingWas));
  thinking.value = thinkingWas;
  const time = checkbox(t("time"), { checked: settings?.sp_current_time ?? false });
  const leak = checkbox(t("leak"), { checked: settings?.sp_anti_leak ?? false });
  const parameters = h("details", h("summary", t("parameters")), h("div.stack.folded",
    h("p.small.muted", t("parametersHint")),
    h("div.fields", numbers.map((one) => one.element), field(t("format"), format),
      field(t("thinking"), thinking, { hint: t("thinkingHint") })), time.element, leak.element));
  const needsName = h("p.small.muted", t("choose"));

  function refresh() {
    const model = choice.value === "" ? standard : models.find((one) => one.id === choice.value);
    about.textContent = model ? modelSummary(model) : t("goneHint");
    parameters.hidden = choice.value === "";
    needsName.hidden = choice.value !== "";
    const notes = [
      model?.source === "built_in" && t("demo"),
      model && hasTools() && !model.capabilities.includes("tools") && t("noTools"),
    ].filter(Boolean);
    warning.hidden = notes.length === 0;
    warning.textContent = notes.join(" ");
  }
  choice.addEventListener("change", refresh);

  /** What this form does not show stays as it is: other clients may have set it. */
  function value() {
    if (choice.value === "") return undefined;
    const { parameters: own, api_mode, cache_type } = settings ?? {};
    const { thinking_type: _, ...others } = own ?? {};
    const all = { ...others, ...(thinking.value && { thinking_type: thinking.value }) };
    return {
      model_id: choice.value, api_mode, cache_type,
      ...Object.fromEntries(numbers.map((one) => [one.name, one.value()])),
      response_format: format.value || undefined, sp_current_time: time.input.checked || undefined,
      sp_anti_leak: leak.input.checked || undefined, parameters: Object.keys(all).length ? all : undefined,
    };
  }

  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")),
      h("div", field(t("model"), choice), about), warning, needsName, parameters),
    value,
    check: () => choice.value === "" || numbers.every((one) => one.check()),
    refresh,
  };
}
