// The variables of an agent, of which each end user has a value.
import { checkbox, h, input, refuse, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { editableItems } from "./items.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Variables", variable: "Variable", add: "Add a variable", keyword: "Name", description: "Description",
    initial: "Default value", enable: "In use", prompt: "The prompt may use it",
    none: "The agent remembers a value of each variable for each person, such as a name or a city. None yet.",
    wrong: "Use letters from A to Z, digits and underscores, and begin with no digit.",
    twice: "Another variable has this name.",
  },
  zh: {
    title: "变量", variable: "变量", add: "添加变量", keyword: "名称", description: "描述",
    initial: "默认值", enable: "启用", prompt: "可用于提示词",
    none: "智能体会为每位用户记住每个变量的值，例如姓名或城市。目前没有。",
    wrong: "只能使用英文字母、数字和下划线，且不能以数字开头。", twice: "已有同名变量。",
  },
});

/** @returns {element, value(), check(), names(): those that the prompt may use, add(keyword)} */
export function variables(known) {
  const list = editableItems(known, (variable) => {
    const keyword = textField(t("keyword"), input({ value: variable.keyword, spellcheck: "false" }), {
      most: 50, required: true, trims: true,
    });
    const description = textField(t("description"), input({ value: variable.description }), { most: 500 });
    const initial = textField(t("initial"), textarea({ rows: 1, value: variable.default_value }), { most: 10_000 });
    const enable = checkbox(t("enable"), { checked: variable.enable });
    const prompt = checkbox(t("prompt"), { checked: variable.prompt_enable });
    return {
      element: h("div.stack", h("div.fields", keyword.element, description.element, initial.element),
        h("div.row", enable.element, prompt.element)),
      start: keyword.control,
      keyword,
      value: () => ({
        keyword: keyword.value(), description: description.value(), default_value: initial.value(),
        enable: enable.input.checked, prompt_enable: prompt.input.checked, channel: variable.channel,
      }),
      check() {
        if (![keyword, description, initial].every((one) => one.check())) return false;
        return /^[A-Za-z_]\w*$/.test(keyword.value()) || refuse(keyword.control, t("wrong"));
      },
    };
  }, {
    name: t("variable"), add: t("add"), empty: t("none"), most: 100, blank: () => blank(""),
  });
  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")), list.element),
    value: () => list.values(),
    check() {
      if (!list.check()) return false;
      const seen = new Set();
      for (const { keyword } of list.parts()) {
        if (seen.has(keyword.value())) return refuse(keyword.control, t("twice"));
        seen.add(keyword.value());
      }
      return true;
    },
    names: () =>
      list.values().filter((one) => one.keyword && one.enable && one.prompt_enable).map((one) => one.keyword),
    add: (keyword) => list.add(blank(keyword)),
  };
}

const blank = (keyword) =>
  ({ keyword, description: "", default_value: "", enable: true, prompt_enable: true, channel: "custom" });
