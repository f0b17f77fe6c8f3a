// Small pictures for buttons whose names are told to those who do not see them.
import { h } from "../lib/dom.js";

const PATHS = {
  rename: "M3 13l.6-3L11 2.6a1.4 1.4 0 0 1 2 0l.4.4a1.4 1.4 0 0 1 0 2L6 12.4 3 13zM9.8 3.8l2.4 2.4",
  remove: "M2.5 4.5h11M6 4.5V3h4v1.5M4 4.5l.6 8.5h6.8l.6-8.5M6.6 7v3.6M9.4 7v3.6",
};

/** A button with a picture. @param label its name, which is also shown when a pointer rests on it */
export function iconButton(picture, label, properties = {}) {
  return h("button.row-icon", { type: "button", "aria-label": label, title: label, ...properties },
    h("svg", {
      viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor", "stroke-width": 1.4,
      "stroke-linejoin": "round", "stroke-linecap": "round", "aria-hidden": "true",
    }, h("path", { d: PATHS[picture] })));
}
