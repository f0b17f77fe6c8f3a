// Shortcut commands: what end users ask an agent at the press of a button, with values that they fill in.
import { checkbox, h, input, refuse, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { editableItems } from "./items.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Shortcut commands", command: "Command", add: "Add a command", name: "Button", typed: "Typed as",
    description: "Description",
    template: "What the agent is asked", templateHint: "{{name}} stands for the value of a field.",
    fields: "Fields to fill in", field: "Field", addField: "Add a field", noFields: "None yet.", fieldName: "Name",
    initial: "Default value", hide: "Not asked for",
    none: "Buttons above the input that ask something for the user. None yet.", twice: "Another field has this name.",
  },
  zh: {
    title: "快捷指令", command: "指令", add: "添加指令", name: "按钮名称", typed: "输入形式", description: "描述",
    template: "发送给智能体的内容", templateHint: "{{名称}} 会替换为字段的值。",
    fields: "需填写的字段", field: "字段", addField: "添加字段", noFields: "目前没有。", fieldName: "名称",
    initial: "默认值", hide: "不向用户询问",
    none: "输入框上方的按钮，一键替用户提问。目前没有。", twice: "已有同名字段。",
  },
});

function component(known) {
  const name = textField(t("fieldName"), input({ value: known.name }), { most: 100, required: true });
  const description = textField(t("description"), input({ value: known.description }), { most: 500 });
  const initial = textField(t("initial"), input({ value: known.default_value }), { most: 10_000 });
  const hide = checkbox(t("hide"), { checked: known.is_hide });
  return {
    element: h("div.stack", h("div.fields", name.element, description.element, initial.element), hide.element),
    start: name.control,
    name,
    value: () => ({
      ...known, name: name.value(), description: description.value(), default_value: initial.value(),
      is_hide: hide.input.checked,
    }),
    check: () => [name, description, initial].every((one) => one.check()),
  };
}

const blankComponent = () => ({
  name: "", description: "", default_value: "", is_hide: false, type: "text", tool_parameter: "",
});

/** @returns {element, value(), check(), take(saved)}; take() tells the ids that new commands were given */
export function commands(known) {
  const list = editableItems(known, (command) => {
    let { id } = command;
    const name = textField(t("name"), input({ value: command.name }), { most: 100, required: true });
    const typed = textField(t("typed"), input({ value: command.command, placeholder: "/weather" }), { most: 100 });
    const description = textField(t("description"), input({ value: command.description }), { most: 500 });
    const template = textField(t("template"), textarea({ rows: 2, value: command.query_template }), {
      most: 20_000, hint: t("templateHint"),
    });
    const fields = editableItems(command.components, component, {
      name: t("field"), add: t("addField"), blank: blankComponent, empty: t("noFields"), most: 20,
    });
    return {
      element: h("div.stack", h("div.fields", name.element, typed.element, description.element), template.element,
        h("div", { role: "group", "aria-label": t("fields") }, h("h3", t("fields")), fields.element)),
      start: name.control,
      name,
      take: (given) => { id = given; },
      value: () => ({
        id, name: name.value(), command: typed.value(), description: description.value(),
        query_template: template.value(), components: fields.values(),
      }),
      check() {
        if (![name, typed, description, template, fields].every((one) => one.check())) return false;
        const seen = new Set();
        for (const part of fields.parts()) {
          if (seen.has(part.name.value())) return refuse(part.name.control, t("twice"));
          seen.add(part.name.value());
        }
        return true;
      },
    };
  }, {
    name: t("command"), add: t("add"), empty: t("none"), most: 100,
    blank: () => ({ name: "", command: "", description: "", query_template: "", components: [] }),
  });
  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")), list.element),
    value: () => list.values(),
    check: () => list.check(),
    take: (saved) => list.parts().forEach((part, index) => part.take(saved[index].id)),
  };
}
