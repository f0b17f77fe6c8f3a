// A name becomes a field in its place. Enter and leaving it save, Escape does not.
import { h, toast, uniqueID } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { faultOf } from "./store.js";

const t = texts({
  en: {
    label: "Name of the conversation", hint: "Enter saves, Escape cancels", refused: "“{name}” was not saved: {reason}",
    again: "Try again",
  },
  zh: { label: "会话名称", hint: "按 Enter 保存，按 Esc 取消", refused: "“{name}”未保存：{reason}", again: "重试" },
});

/** The one editor that is open. */
let open;

/**
 * Lets somebody rename a conversation.
 * @param place the element that shows the name; it is hidden meanwhile
 * @param options text (to begin with; the name if absent), onEnd (called when the editor is gone, with true if a key
 *   closed it), again (called with what was typed, to edit it once more after the server refused it)
 */
export function editName(store, conversation, place, { text = conversation.name, onEnd, again }) {
  open?.cancel();
  const fault = uniqueID("fault");
  const message = h("p.field-error", { id: fault, role: "alert", hidden: true });
  const input = h("input", {
    type: "text", autocomplete: "off", value: text, title: t("hint"), "aria-label": t("label"),
    "aria-describedby": fault,
  });
  const element = h("div.rename", input, message);
  let isOver = false;

  function close(byKey) {
    if (isOver) return;
    isOver = true;
    if (open?.element === element) open = undefined;
    place.hidden = false;
    element.remove();
    onEnd?.(byKey);
  }

  function check() {
    const reason = faultOf(input.value.trim());
    message.textContent = reason;
    message.hidden = reason === "";
    input.setAttribute("aria-invalid", String(reason !== ""));
    return reason === "";
  }

  function save(byKey) {
    if (isOver) return;
    const name = input.value.trim();
    // Leaving an emptied field is no wish for an empty name.
    if (name === "" && !byKey) return close(false);
    if (!check()) {
      if (byKey) input.focus();
      return;
    }
    close(byKey);
    store.rename(conversation, name).catch((error) => {
      toast(t("refused", { name, reason: error.message }), {
        kind: "bad", seconds: 12, action: { label: t("again"), run: () => again(name) },
      });
    });
  }

  input.addEventListener("keydown", (event) => {
    // The list around it has keys of its own, and those of an input method are not for us.
    event.stopPropagation();
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") {
      event.preventDefault();
      save(true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close(true);
    }
  });
  input.addEventListener("input", () => {
    if (!message.hidden) check();
  });
  input.addEventListener("blur", () => save(false));
  open = { element, cancel: () => close(false) };
  place.hidden = true;
  place.before(element);
  input.focus();
  input.select();
}
