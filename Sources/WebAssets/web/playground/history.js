// The calls of this tab, and what was typed into the forms: kept as long as the tab.
import { h, table } from "../lib/dom.js";
import { userID } from "../lib/page.js";
import { formatDuration, language } from "../lib/text.js";
import { t } from "./texts.js";

const PREFIX = `playground/${userID}/`;
const LENGTH = 20;
const times = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en", { timeStyle: "medium" });

function stored(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name)) ?? undefined;
  } catch {
    return undefined;
  }
}

function store(name, value) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Full, or not to be had: then it is forgotten.
  }
}

/** What was typed for an operation. */
export const formState = (key) => stored(key);
export const keepFormState = (key, state) => store(key, state);
export const forgetFormState = (key) => sessionStorage.removeItem(PREFIX + key);

/** @param load gets an entry that is to be put back into its form  @returns {element, add(entry)} */
export function makeHistory(load) {
  let entries = stored("history") ?? [];
  const shown = table([
    { title: t("when"), cell: (one) => times.format(one.at) },
    {
      title: t("operation"),
      cell: (one) => h("div", h("b", one.method), " ", one.address, one.logID && h("div.small.muted", one.logID)),
    },
    { title: t("status"), cell: (one) => h("span.badge", { class: one.isGood ? "good" : "bad" }, one.status) },
    { title: t("time"), kind: "number", cell: (one) => formatDuration(one.milliseconds) },
    {
      title: t("load"), kind: "actions",
      cell: (one) => h("button", {
        type: "button", onclick: () => load(one),
        "aria-label": t("loadNamed", { name: `${one.method} ${one.address}`, time: times.format(one.at) }),
      }, t("load")),
    },
  ], { empty: t("noHistory") });
  shown.set(entries);
  return {
    element: h("section.stack", { "aria-labelledby": "history-title" },
      h("h2", { id: "history-title" }, t("history")), shown.element),
    add(entry) {
      entries = [entry, ...entries].slice(0, LENGTH);
      store("history", entries);
      shown.set(entries);
    },
  };
}
