// What an agent is and how it behaves: the prompt, with the variables that can stand in it.
import { button, debounce, fill, h, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { promptNames } from "./prompt-names.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Persona and prompt", label: "Prompt", fixed: "Prompt: the part that stays the same",
    changing: "Prompt: the part that changes",
    hint: "Who the agent is, what it does and how it talks. {{name}} stands for the value of a variable.",
    insert: "Insert a variable:", insertOne: "Insert {mark}", none: "Define variables below to insert them here.",
    unknown: "Not defined as variables, so empty unless a chat gives them:", define: "Define {name}",
    placeholder: "You are a patient cooking teacher. You explain each step, and ask what is in the fridge first.",
  },
  zh: {
    title: "人设与提示词", label: "提示词", fixed: "提示词：固定部分", changing: "提示词：变化部分",
    hint: "智能体是谁、做什么、怎样说话。{{名称}} 会替换为变量的值。",
    insert: "插入变量：", insertOne: "插入 {mark}", none: "在下方定义变量后即可在此插入。",
    unknown: "以下名称未定义为变量，除非对话传入，否则为空：", define: "定义 {name}",
    placeholder: "你是一位耐心的烹饪老师。先问冰箱里有什么，再一步一步讲解。",
  },
});

const PROMPT = 20_000;
/** What can be the name of a variable. */
const KEYWORD = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/;

/**
 * @param prompt the draft's `prompt_info`
 * @param options.variables gives the names that the prompt may use; options.define(name) makes a variable of it;
 *   options.otherTexts gives further texts in which such names may stand
 * @returns {element, value(), check(), refresh()}; refresh() is called when variables have changed
 */
export function persona(prompt, { variables, define, otherTexts }) {
  // Other clients may have cut the prompt in two, for models that keep what stays the same. It is left like that.
  const parts = prompt.prefix_prompt_info;
  const isSplit = Boolean(parts?.prefix_prompt || parts?.dynamic_prompt);
  const area = (rows) => textarea({ rows, spellcheck: "false", placeholder: isSplit ? null : t("placeholder") });
  const first = textField(isSplit ? t("fixed") : t("label"), area(16), { most: PROMPT, hint: t("hint") });
  const second = textField(t("changing"), area(6), { most: PROMPT });
  first.set(isSplit ? [parts.prefix_prompt, prompt.prompt].filter(Boolean).join("\n") : prompt.prompt);
  second.set(parts?.dynamic_prompt ?? "");
  const fields = isSplit ? [first, second] : [first];

  let last = first.control;
  for (const { control } of fields) control.addEventListener("focus", () => (last = control));
  function insert(name) {
    const mark = `{{${name}}}`;
    last.setRangeText(mark, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
    last.focus();
  }

  const mark = (name, label, work) => button(`{{${name}}}`, () => work(name), {
    kind: "small mark", "aria-label": t(label, { name, mark: `{{${name}}}` }),
  });
  const bar = h("div.row.small", { role: "group", "aria-label": t("insert") });
  const unknown = h("div.row.small", { role: "status" });
  let shown = "";
  function refresh() {
    const known = variables();
    const used = promptNames([...fields.map(({ control }) => control.value), ...otherTexts()].join("\n"));
    const missing = used.filter((name) => !known.includes(name));
    // A button that is replaced while it is pressed does nothing.
    const next = JSON.stringify([known, missing]);
    if (next === shown) return;
    shown = next;
    fill(bar, known.length === 0 ? h("span.muted", t("none")) : [
      h("span.muted", t("insert")),
      known.map((name) => mark(name, "insertOne", insert)),
    ]);
    fill(unknown, missing.length > 0 && [
      h("span", t("unknown")),
      missing.map((name) => (KEYWORD.test(name) ? mark(name, "define", define) : h("code", `{{${name}}}`))),
    ]);
  }
  const soon = debounce(refresh, 300);
  for (const { control } of fields) control.addEventListener("input", soon);

  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")),
      first.element, isSplit && second.element, bar, unknown),
    value() {
      if (!isSplit) return { prompt: first.value() };
      return {
        prompt_mode: "prefix",
        prefix_prompt_info: { prefix_prompt: first.value(), dynamic_prompt: second.value() },
      };
    },
    check: () => fields.every((one) => one.check()),
    refresh,
  };
}
