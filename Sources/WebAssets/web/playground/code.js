// The request as code, in several languages.
import { copyButton, fill, h } from "../lib/dom.js";
import { curl } from "./curl.js";
import { go } from "./go.js";
import { java } from "./java.js";
import { node } from "./node.js";
import { python } from "./python.js";
import { t } from "./texts.js";

const LANGUAGES = [
  { id: "curl", title: "curl", make: curl },
  { id: "python", title: "Python", make: python, sdk: "cozepy" },
  { id: "node", title: "Node", make: node, sdk: "@coze/api" },
  { id: "go", title: "Go", make: go, sdk: "coze-go" },
  { id: "java", title: "Java", make: java, sdk: "coze-java" },
];
const REMEMBERED = "playground.language";

/** @returns {element, show(request)} */
export function makeCode() {
  let request;
  let current = LANGUAGES.find(({ id }) => id === localStorage.getItem(REMEMBERED)) ?? LANGUAGES[0];
  const note = h("p.small.muted");
  const name = h("span");
  const text = h("pre", { tabindex: 0, role: "group", "aria-labelledby": "code-title" });
  const panel = h("div", { role: "tabpanel", id: "code-panel" }, note,
    h("div.code", h("div.code-head", name, copyButton(() => text.textContent, t("copyCode"))), text),
    h("p.small.muted", t("tokenNote"), " ", h("a", { href: "/tokens" }, t("makeToken"))));
  const bar = h("div.tabs", { role: "tablist", "aria-label": t("language") });
  const tabs = LANGUAGES.map((one) => h("button.tab", {
    type: "button", role: "tab", id: `code-${one.id}`, "aria-controls": "code-panel", onclick: () => open(one),
  }, one.title));
  bar.append(...tabs);
  bar.addEventListener("keydown", (event) => {
    const at = LANGUAGES.indexOf(current);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: LANGUAGES.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    open(LANGUAGES[(next + LANGUAGES.length) % LANGUAGES.length]);
    tabs[LANGUAGES.indexOf(current)].focus();
  });
  function open(one) {
    current = one;
    localStorage.setItem(REMEMBERED, one.id);
    render();
  }
  function render() {
    tabs.forEach((tab, number) => {
      const isCurrent = LANGUAGES[number] === current;
      tab.setAttribute("aria-selected", String(isCurrent));
      tab.tabIndex = isCurrent ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `code-${current.id}`);
    if (!request) return;
    const made = current.make(request, location.origin);
    fill(note, current.sdk && t(made.usesSDK ? "withSDK" : "withoutSDK", { sdk: current.sdk }));
    note.hidden = !current.sdk;
    name.textContent = current.title;
    text.textContent = made.text;
  }
  render();
  const element = h("section.card.stack", { "aria-labelledby": "code-title" },
    h("h2", { id: "code-title" }, t("asCode")), bar, panel);
  return { element, show(other) { request = other; render(); } };
}
