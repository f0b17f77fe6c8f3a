// How a conversation with an agent begins and goes on: opening words, suggested questions.
import { field, h, input, select, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { editableItems } from "./items.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Conversation", prologue: "Opening words", prologueHint: "What the agent says before it is asked anything.",
    questions: "Suggested questions", question: "Question", add: "Add a question",
    noQuestions: "Questions that people can begin with at the press of a button. None yet.",
    suggest: "Suggest what to ask next", disable: "No", enable: "Yes, three questions after each answer",
    customized: "Yes, as described here", describe: "How to find the questions",
  },
  zh: {
    title: "对话", prologue: "开场白", prologueHint: "用户提问之前智能体先说的话。",
    questions: "预置问题", question: "问题", add: "添加问题",
    noQuestions: "用户可以一键提出的问题。目前没有。",
    suggest: "推荐后续问题", disable: "不推荐", enable: "每次回答后推荐三个问题",
    customized: "按以下说明推荐", describe: "如何推荐问题",
  },
});

/**
 * @param opening the draft's `onboarding_info`
 * @param suggest its `suggest_reply_info`
 * @returns {element, value(): the fields of the draft, check(), prologue()}
 */
export function opening(opening, suggest) {
  const prologue = textField(t("prologue"), textarea({ rows: 3, value: opening.prologue }), {
    most: 300, hint: t("prologueHint"),
  });
  const questions = editableItems(opening.suggested_questions, (question) => {
    const control = input({ value: question });
    const text = textField(t("question"), control, { most: 50, trims: true });
    return { ...text, start: control, label: text.element.querySelector("label") };
  }, { name: t("question"), add: t("add"), blank: () => "", empty: t("noQuestions"), most: 100 });
  const mode = select(["disable", "enable", "customized"].map((one) => [one, t(one)]), { value: suggest.reply_mode });
  const custom = textField(t("describe"), textarea({ rows: 3, value: suggest.customized_prompt ?? "" }), {
    most: 20_000,
  });
  const show = () => { custom.element.hidden = mode.value !== "customized"; };
  mode.addEventListener("change", show);
  show();
  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")), prologue.element,
      h("div", { role: "group", "aria-label": t("questions") }, h("h3", t("questions")), questions.element),
      field(t("suggest"), mode), custom.element),
    value: () => ({
      onboarding_info: { prologue: prologue.value(), suggested_questions: questions.values().filter(Boolean) },
      suggest_reply_info: { reply_mode: mode.value, customized_prompt: custom.value() },
    }),
    check: () => prologue.check() && questions.check() && (mode.value !== "customized" || custom.check()),
    prologue: () => prologue.value(),
  };
}
