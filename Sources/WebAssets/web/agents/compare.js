// An agent's configuration in words, and what differs between two.
import { fill, h } from "../lib/dom.js";
import { formatNumber, texts } from "../lib/text.js";
import { folded, lineDiff } from "./diff.js";

const t = texts({
  en: {
    name: "Name", description: "Description", icon: "Icon", prompt: "Prompt",
    fixed: "Prompt: the part that stays the same",
    changing: "Prompt: the part that changes", prologue: "Opening words", questions: "Suggested questions",
    suggest: "Suggest what to ask next", suggestHow: "How to find the questions", disable: "no", enable: "yes",
    customized: "yes, as described", model: "Model", standard: "the server's default",
    setting: "Model: {name}", variable: "Variable {name}", tool: "Tool {name}", command: "Command {name}",
    knowledge: "Datasets", plugins: "Plugins", workflows: "Workflows", calls: "Voice calls", noCalls: "off",
    noDifference: "There is no difference.", left: "… {count} lines that are the same", before: "Taken away:",
    after: "Added:",
    description_: "Description", default_: "Default value", off: "Not in use", notInPrompt: "The prompt may not use it",
  },
  zh: {
    name: "名称", description: "描述", icon: "图标", prompt: "提示词", fixed: "提示词：固定部分",
    changing: "提示词：变化部分", prologue: "开场白", questions: "预置问题",
    suggest: "推荐后续问题", suggestHow: "如何推荐问题", disable: "否", enable: "是", customized: "是，按说明推荐", model: "模型",
    standard: "服务器默认模型",
    setting: "模型：{name}", variable: "变量 {name}", tool: "工具 {name}", command: "指令 {name}",
    knowledge: "知识库", plugins: "插件", workflows: "工作流", calls: "语音通话", noCalls: "关闭",
    noDifference: "没有差异。", left: "… {count} 行相同", before: "删除：", after: "新增：",
    description_: "描述", default_: "默认值", off: "未启用", notInPrompt: "不可用于提示词",
  },
});

const json = (value) => JSON.stringify(value, null, 2);

/** What is configured, one entry for each thing: [[key, label, text]]; empty texts are what is not configured. */
function entries(bot) {
  const { model_name: _, model_id: model, parameters = {}, ...settings } = bot.model_info ?? {};
  const { prefix_prompt_info: parts, prompt } = bot.prompt_info;
  return [
    ["name", t("name"), bot.name], ["description", t("description"), bot.description],
    ["icon", t("icon"), bot.icon_file_id ?? ""], ["prompt", t("prompt"), prompt],
    ["fixed", t("fixed"), parts?.prefix_prompt ?? ""], ["changing", t("changing"), parts?.dynamic_prompt ?? ""],
    ["prologue", t("prologue"), bot.onboarding_info.prologue],
    ["questions", t("questions"), bot.onboarding_info.suggested_questions.join("\n")],
    ["suggest", t("suggest"), t(bot.suggest_reply_info.reply_mode)],
    ["suggestHow", t("suggestHow"), bot.suggest_reply_info.customized_prompt ?? ""],
    ["model", t("model"), model ?? t("standard")],
    ...Object.entries({ ...settings, ...parameters }).sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [`setting ${name}`, t("setting", { name }), String(value ?? "")]),
    ...bot.variables.map((one) => [`variable ${one.keyword}`, t("variable", { name: one.keyword }), [
      `${t("description_")}: ${one.description}`, `${t("default_")}: ${one.default_value}`,
      !one.enable && t("off"), !one.prompt_enable && t("notInPrompt"),
    ].filter(Boolean).join("\n")]),
    ...bot.tools.map(({ function: tool }) => [`tool ${tool.name}`, t("tool", { name: tool.name }), json(tool)]),
    ...bot.shortcut_commands.map(({ id, name, command, description, query_template, components }) =>
      [`command ${id}`, t("command", { name }), json({ name, command, description, query_template, components })]),
    ["knowledge", t("knowledge"), [
      ...bot.knowledge.dataset_ids, !bot.knowledge.auto_call && "auto_call: false",
      bot.knowledge.search_strategy !== 0 && `search_strategy: ${bot.knowledge.search_strategy}`,
    ].filter(Boolean).join("\n")],
    ["plugins", t("plugins"),
      bot.plugin_info_list.flatMap((one) => one.api_info_list.map((tool) => tool.api_id)).join("\n")],
    ["workflows", t("workflows"), bot.workflow_info_list.map((one) => one.id).join("\n")],
    ["calls", t("calls"), bot.media_config.is_voice_call_closed ? t("noCalls") : ""],
  ];
}

/** All that a version or a draft is, to be read. */
export function description(bot) {
  return h("dl.configuration", entries(bot).filter(([, , text]) => text !== "").map(([, label, text]) => [
    h("dt", label), h("dd.written", text),
  ]));
}

/**
 * What differs between two versions, field by field; in long texts line by line.
 * @param before may be null, for nothing at all  @param heading the element for what a field is called
 * @returns {element, count}
 */
export function differences(before, after, heading = "h3") {
  const old = new Map(before ? entries(before).map(([key, label, text]) => [key, { label, text }]) : []);
  const current = new Map(entries(after).map(([key, label, text]) => [key, { label, text }]));
  const changed = [...new Set([...current.keys(), ...old.keys()])]
    .map((key) => ({
      label: current.get(key)?.label ?? old.get(key).label,
      was: old.get(key)?.text ?? "", is: current.get(key)?.text ?? "",
    }))
    .filter(({ was, is }) => was !== is);
  const element = h("div.stack");
  if (changed.length === 0) fill(element, h("p.muted", t("noDifference")));
  else fill(element, changed.map(({ label, was, is }) => h("div.change", h(heading, label), lines(was, is))));
  return { element, count: changed.length };
}

function lines(was, is) {
  const cut = (text) => (text === "" ? [] : text.split("\n"));
  return h("div.diff", folded(lineDiff(cut(was), cut(is))).map((step) => {
    if (step.kind === "left") return h("div.left", t("left", { count: formatNumber(step.count) }));
    if (step.kind === "same") return h("div.same", h("span.sign", { "aria-hidden": "true" }, " "), step.text);
    const isNew = step.kind === "new";
    return h(isNew ? "ins" : "del", h("span.sign", { "aria-hidden": "true" }, isNew ? "+" : "−"),
      h("span.heard", t(isNew ? "after" : "before"), " "), step.text);
  }));
}
