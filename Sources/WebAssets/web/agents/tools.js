// Functions that the model may call and the agent's clients carry out.
import { button, field, h, input, refuse, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { editableItems } from "./items.js";
import { textField } from "./text-field.js";

const t = texts({
  en: {
    title: "Client tools", tool: "Tool", add: "Add a tool", name: "Name", description: "Description",
    descriptionHint: "When to call it, and what it does. The model reads this.",
    parameters: "Parameters (JSON Schema)", format: "Tidy up",
    none: "Functions that the model may call and that your own program carries out. None yet.",
    wrong: "Use letters from A to Z, digits, underscores and hyphens.", twice: "Another tool has this name.",
    noJSON: "This is no valid JSON: {fault}", noObject: "This must be a JSON object.",
    noType: "Its type must be \"object\".", noProperties: "Its properties must be an object.",
    noRequired: "Its required must be an array of strings.", large: "This must have at most 64 KB.",
  },
  zh: {
    title: "客户端工具", tool: "工具", add: "添加工具", name: "名称", description: "描述",
    descriptionHint: "何时调用、有什么用。模型会阅读这段说明。",
    parameters: "参数（JSON Schema）", format: "整理格式",
    none: "模型可以调用、由您自己的程序执行的函数。目前没有。",
    wrong: "只能使用英文字母、数字、下划线和连字符。", twice: "已有同名工具。",
    noJSON: "不是有效的 JSON：{fault}", noObject: "必须是 JSON 对象。",
    noType: "type 必须是 \"object\"。", noProperties: "properties 必须是对象。",
    noRequired: "required 必须是字符串数组。", large: "不能超过 64 KB。",
  },
});

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with a schema that was typed; nothing for none. The API checks the same, later. */
function schemaFault(text) {
  if (!text.trim()) return "";
  let schema;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return t("noJSON", { fault: error.message });
  }
  if (!isObject(schema)) return t("noObject");
  if ((schema.type ?? "object") !== "object") return t("noType");
  if (schema.properties !== undefined && !isObject(schema.properties)) return t("noProperties");
  const { required } = schema;
  if (required !== undefined && !(Array.isArray(required) && required.every((one) => typeof one === "string"))) {
    return t("noRequired");
  }
  return new TextEncoder().encode(JSON.stringify(schema)).length > 65_536 ? t("large") : "";
}

const parsed = (text) => (text.trim() ? JSON.parse(text) : undefined);
const shown = (schema) => (schema === undefined || schema === null ? "" : JSON.stringify(schema, null, 2));

/** @returns {element, value(), check()} */
export function tools(known) {
  const list = editableItems(known, ({ function: tool }) => {
    const name = textField(t("name"), input({ value: tool.name, spellcheck: "false" }), {
      most: 64, required: true, trims: true,
    });
    const description = textField(t("description"), textarea({ rows: 2, value: tool.description ?? "" }), {
      most: 1024, hint: t("descriptionHint"),
    });
    const schema = textarea({ rows: 6, class: "code", value: shown(tool.parameters), spellcheck: "false" });
    const checkSchema = () => {
      const wrong = schemaFault(schema.value);
      return wrong === "" || refuse(schema, wrong);
    };
    const format = button(t("format"), () => {
      if (!checkSchema() || !schema.value.trim()) return;
      schema.value = shown(JSON.parse(schema.value));
      schema.dispatchEvent(new Event("input", { bubbles: true }));
    }, { kind: "small" });
    return {
      element: h("div.stack", name.element, description.element, field(t("parameters"), schema), h("div.row", format)),
      start: name.control,
      name,
      // While the schema is no JSON the text stands for it, so that a change is seen as one; it is not saved then.
      value: () => ({
        type: "function",
        function: {
          name: name.value(), description: description.value() || undefined,
          parameters: schemaFault(schema.value) ? schema.value : parsed(schema.value),
        },
      }),
      check() {
        if (!name.check()) return false;
        if (!/^[\w-]+$/.test(name.value())) return refuse(name.control, t("wrong"));
        return description.check() && checkSchema();
      },
    };
  }, {
    name: t("tool"), add: t("add"), empty: t("none"), most: 128,
    blank: () => ({ function: { name: "", description: "", parameters: { type: "object", properties: {} } } }),
  });
  return {
    element: h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")), list.element),
    value: () => list.values(),
    check() {
      if (!list.check()) return false;
      const seen = new Set();
      for (const { name } of list.parts()) {
        if (seen.has(name.value())) return refuse(name.control, t("twice"));
        seen.add(name.value());
      }
      return true;
    },
  };
}
