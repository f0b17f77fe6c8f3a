// The form in which an agent's draft is edited.
import { h, input, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { commands } from "./commands.js";
import { modelForm } from "./model.js";
import { opening } from "./opening.js";
import { persona } from "./persona.js";
import { pictureChoice } from "./picture.js";
import { textField } from "./text-field.js";
import { tools } from "./tools.js";
import { variables } from "./variables.js";

const t = texts({
  en: { title: "Profile", name: "Name", description: "Description", legend: "Configuration" },
  zh: { title: "基本信息", name: "名称", description: "描述", legend: "配置" },
});

/**
 * @param draft as it is read; @param models the server's models
 * @returns {element, value(): the draft as it is written, without `revision`, check(): whether it can be saved,
 *   take(saved): is told what has been saved, unless the form has changed meanwhile}
 */
export function draftForm(draft, models) {
  const name = textField(t("name"), input({ value: draft.name }), { most: 20, required: true });
  const description = textField(t("description"), textarea({ rows: 2, value: draft.description }), { most: 500 });
  const icon = pictureChoice(draft);
  const variablePart = variables(draft.variables);
  const toolPart = tools(draft.tools);
  const openingPart = opening(draft.onboarding_info, draft.suggest_reply_info);
  const commandPart = commands(draft.shortcut_commands);
  const modelPart = modelForm(draft.model_info, models, { hasTools: () => toolPart.value().length > 0 });
  const personaPart = persona(draft.prompt_info, {
    variables: variablePart.names, otherTexts: () => [openingPart.prologue()],
    define(variable) {
      variablePart.add(variable).start.focus();
      personaPart.refresh();
    },
  });
  openingPart.element.addEventListener("input", personaPart.refresh);
  variablePart.element.addEventListener("input", personaPart.refresh);
  variablePart.element.addEventListener("change", personaPart.refresh);
  toolPart.element.addEventListener("input", modelPart.refresh);
  personaPart.refresh();
  modelPart.refresh();

  const profile = h("section.card.stack", { "aria-label": t("title") }, h("h2", t("title")), icon.element,
    name.element, description.element);
  const parts = [personaPart, openingPart, modelPart, variablePart, toolPart, commandPart];
  return {
    element: h("fieldset.stack.draft", { disabled: !draft.can_edit, "aria-label": t("legend") },
      profile, parts.map((part) => part.element)),
    value: () => ({
      name: name.value(), description: description.value(), icon_file_id: icon.value(),
      prompt_info: personaPart.value(),
      ...openingPart.value(), model_info: modelPart.value(), variables: variablePart.value(), tools: toolPart.value(),
      shortcut_commands: commandPart.value(),
    }),
    take: (saved) => commandPart.take(saved.shortcut_commands),
    check: () => [name, description, ...parts].every((part) => part.check()),
  };
}
