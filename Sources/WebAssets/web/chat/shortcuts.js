// Commands that are given at the press of a button. Those that need values ask for them first.
import { dialog, field, form, h, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { commands: "Commands", send: "Send" },
  zh: { commands: "快捷指令", send: "发送" },
});

/**
 * @param commands the bot's, as the API tells them
 * @param give called with {text: how the command is shown until it is known what it asks, shortcut}
 */
export function shortcutButtons(commands, give) {
  if (commands.length === 0) return null;
  const one = (command) => h("button", {
    type: "button", title: command.description || null, onclick: () => open(command, give),
  }, command.name);
  return h("div.chat-shortcuts", { role: "group", "aria-label": t("commands") }, commands.map(one));
}

function open(command, give) {
  const send = (parameters) => {
    const values = Object.values(parameters).filter(Boolean).join(", ");
    give({
      text: values ? `${command.name}: ${values}` : command.name, shortcut: { command_id: command.id, parameters },
    });
  };
  if (command.components.length === 0) return send({});
  const controls = command.components.map((one) => {
    const control = textarea({ rows: 1 });
    control.value = one.default_value;
    return { one, control };
  });
  const shown = dialog(command.name, [
    command.description && h("p", command.description),
    form(controls.map(({ one, control }) => field(one.name, control, { hint: one.description })), t("send"), () => {
      shown.close();
      send(Object.fromEntries(controls.map(({ one, control }) => [one.name, control.value])));
    }),
  ]);
  controls[0].control.focus();
}
