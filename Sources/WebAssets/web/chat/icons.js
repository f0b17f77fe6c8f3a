// The signs on the chat's small buttons. Each is named for those who do not see it.
import { h } from "../lib/dom.js";

const PATHS = {
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  done: "M5 13l4.5 4.5L19 7",
  like: "M7 21V10l4.5-7c2 0 2.5 1.5 2.2 3L13 9h7l-2 12H7zM3 10h4v11H3z",
  dislike: "M17 3v11l-4.5 7c-2 0-2.5-1.5-2.2-3l.7-3H4L6 3h11zM21 3h-4v11h4z",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  edit: "M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
  send: "M12 20V4M5 11l7-7 7 7",
  stop: "M6 6h12v12H6z",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.5a2 2 0 0 1-3-3L14 7",
  remove: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  down: "M12 5v14M5 12l7 7 7-7",
  add: "M12 5v14M5 12h14",
  list: "M4 6h16M4 12h16M4 18h16",
  quote: "M9 6C6 7 4.5 9.5 4.5 13v4h5v-5H7M18 6c-3 1-4.5 3.5-4.5 7v4h5v-5H16",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
};

export const icon = (name) =>
  h("svg.icon", {
    class: name === "more" ? "dots" : "", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false",
  }, h("path", { d: PATHS[name] }));

/** A button that shows a sign alone. */
export const iconButton = (label, name, onclick, properties = {}) =>
  h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...properties }, icon(name));

/** Changes the sign and the name of such a button. */
export function setIcon(button, label, name) {
  button.setAttribute("aria-label", label);
  button.title = label;
  button.replaceChildren(icon(name));
}
