// Pieces that pages are made of. Nothing here takes HTML as text: what users wrote stays text.
import { ApiError } from "./api.js";
import { texts } from "./text.js";

const t = texts({
  en: {
    close: "Close", cancel: "Cancel", copy: "Copy", copied: "Copied", failed: "That did not work.",
    logID: "Log ID {id}", more: "Show more", loading: "Loading…", undo: "Undo", again: "Try again",
    noCopy: "The browser does not let this page copy. Select the text and copy it yourself.",
  },
  zh: {
    close: "关闭", cancel: "取消", copy: "复制", copied: "已复制", failed: "操作未成功。",
    logID: "日志 ID {id}", more: "显示更多", loading: "正在加载…", undo: "撤销", again: "重试",
    noCopy: "浏览器不允许此页面复制，请自行选中文本后复制。",
  },
});

let lastID = 0;
/** An id that no other element of the page has. */
export const uniqueID = (prefix = "e") => `${prefix}-${++lastID}`;

/**
 * Makes an element: h("a.button", {href: "/x", onclick: f, "aria-label": "…"}, "text", child, [children], null).
 * Properties that begin with "on" are listeners; class, dataset, style (an object) and boolean attributes work as
 * expected ("svgtitle" is the title element of SVG); null and false leave a property or a child out. An href that is no web address is left out.
 */
export function h(name, ...rest) {
  const [tag, ...classes] = name.split(".");
  const isSVG = SVG.has(tag);
  const element = isSVG ? document.createElementNS("http://www.w3.org/2000/svg", tag === "svgtitle" ? "title" : tag) : document.createElement(tag || "div");
  if (classes.length) element.setAttribute("class", classes.join(" "));
  const properties =
    rest[0] && typeof rest[0] === "object" && !(rest[0] instanceof Node) && !Array.isArray(rest[0]) ? rest.shift() : {};
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") value.split(" ").filter(Boolean).forEach((one) => element.classList.add(one));
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key === "style") for (const [rule, setting] of Object.entries(value)) element.style.setProperty(rule, setting);
    else if (key === "value" && !isSVG) element.value = value;
    else if (key === "href" && !safeAddress(value)) continue;
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, rest);
  return element;
}

const SVG = new Set(["svg", "g", "path", "rect", "line", "circle", "polyline", "polygon", "text", "tspan", "svgtitle"]);

function safeAddress(value) {
  try {
    return ["http:", "https:", "mailto:", "blob:"].includes(new URL(value, location.href).protocol);
  } catch {
    return false;
  }
}

export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Puts these in the place of all that an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A button. kind: "primary", "danger", "plain" or nothing. It cannot be pressed twice while its work runs. */
export function button(label, onclick, { kind = "", ...properties } = {}) {
  const element = h("button", { type: "button", class: kind, ...properties }, label);
  if (onclick) element.addEventListener("click", (event) => busy(element, () => onclick(event)));
  return element;
}

/** Runs work while an element is disabled; what it throws is shown. @returns what the work did; undefined if it failed */
export async function busy(element, work) {
  if (element.getAttribute("aria-busy") === "true") return undefined;
  element.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (error) {
    showError(error);
    return undefined;
  } finally {
    element.removeAttribute("aria-busy");
  }
}

/**
 * A labelled control. `control` is an input, select or textarea, or what makes one from its id.
 * options: hint (text below), required.
 */
export function field(label, control, { hint, required = false, kind = "" } = {}) {
  const id = control.id || uniqueID("field");
  control.id = id;
  if (required) control.required = true;
  const error = h("p.field-error", { id: `${id}-error`, hidden: true });
  const about = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  control.setAttribute("aria-describedby", about);
  return h("div.field", { class: kind }, h("label", { for: id }, label), control,
    hint && h("p.hint", { id: `${id}-hint` }, hint), error);
}

export const input = (properties = {}) => h("input", { type: "text", autocomplete: "off", ...properties });
export const textarea = (properties = {}) => h("textarea", { rows: 4, ...properties });

/** Whose password a form holds: unseen, for those who keep passwords. */
export const userNameOf = (name) => h("input", { type: "text", autocomplete: "username", value: name, hidden: true, readonly: true });

/** A list to choose from. options: [value, label] pairs, or texts. */
export function select(options, { value, ...properties } = {}) {
  const element = h("select", properties, options.map((one) => {
    const [key, label] = Array.isArray(one) ? one : [one, one];
    return h("option", { value: key }, label);
  }));
  if (value !== undefined) element.value = value;
  return element;
}

/** A box to tick with its label. @returns {element, input} */
export function checkbox(label, { hint, ...properties } = {}) {
  const box = h("input", { type: "checkbox", id: uniqueID("box"), ...properties });
  if (properties.checked) box.checked = true;
  return { element: h("div.check", box, h("label", { for: box.id }, label, hint && h("span.hint", " ", hint))), input: box };
}

/**
 * Shows what is wrong with one control of a form, also if it lies in something that is folded up, and leads there.
 * It is shown until something is put in. @returns false, for checks
 */
export function refuse(control, message) {
  for (let place = control.parentElement; place; place = place.parentElement) {
    if (place.tagName === "DETAILS") place.open = true;
  }
  const error = document.getElementById(`${control.id}-error`);
  control.setAttribute("aria-invalid", "true");
  if (error) fill(error, message).hidden = false;
  control.focus();
  control.addEventListener("input", () => accept(control), { once: true });
  return false;
}

/** Takes back what refuse() has shown. */
export function accept(control) {
  control.removeAttribute("aria-invalid");
  const error = document.getElementById(`${control.id}-error`);
  if (error) error.hidden = true;
}

/** Where short messages are shown: in the dialog that is open, since nothing outside of it can be used. */
function region() {
  const element = document.getElementById("toasts")
    ?? h("div", { id: "toasts", role: "status", "aria-live": "polite" });
  const place = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  if (element.parentElement !== place) place.append(element);
  return element;
}

/**
 * Says something at the edge of the page for some seconds.
 * options: action {label, run}, kind "bad", seconds, onGone (called unless the action was taken)
 */
export function toast(text, { action, kind = "", seconds = 6, onGone } = {}) {
  const element = h("div.toast", { class: kind }, h("span", text));
  let isOver = false;
  const end = (taken) => {
    if (isOver) return;
    isOver = true;
    clearTimeout(timer);
    element.remove();
    if (!taken) onGone?.();
  };
  if (action) element.append(button(action.label, () => { end(true); return action.run(); }, { kind: "plain" }));
  element.append(h("button.plain", { type: "button", "aria-label": t("close"), onclick: () => end(false) }, "×"));
  const timer = setTimeout(() => end(false), seconds * 1000);
  region().append(element);
  return { close: () => end(false), cancel: () => end(true) };
}

/** Says what went wrong, with the log id under which the server has the details. */
export function showError(error) {
  if (error?.name === "AbortError") return;
  if (!(error instanceof ApiError)) console.error(error);
  const text = error instanceof ApiError ? error.message : t("failed");
  toast(error?.logID ? `${text} · ${t("logID", { id: error.logID })}` : text, { kind: "bad", seconds: 12 });
}

/**
 * A dialog over the page. `content` is nodes; `actions` are buttons. Escape closes it.
 * @returns {element, close(value), done: a promise of the value it was closed with}
 */
export function dialog(title, content, actions = []) {
  const heading = uniqueID("dialog");
  const element = h("dialog", { "aria-labelledby": heading },
    h("div.dialog-head", h("h2", { id: heading }, title),
      h("button.plain", { type: "button", "aria-label": t("close"), onclick: () => close(undefined) }, "×")),
    h("div.dialog-body", content), actions.length > 0 && h("div.buttons", actions));
  let finish;
  const done = new Promise((resolve) => (finish = resolve));
  const before = document.activeElement;
  const close = (value) => {
    if (!element.isConnected) return;
    element.close();
    // What is said in it is said on.
    if (element.querySelector("#toasts")) region();
    element.remove();
    before?.focus?.();
    finish(value);
  };
  element.addEventListener("cancel", (event) => { event.preventDefault(); close(undefined); });
  document.body.append(element);
  element.showModal();
  return { element, close, done };
}

/** Asks whether to go on. @returns a promise of true or false */
export async function confirm(title, text, label, { kind = "danger" } = {}) {
  const shown = dialog(title, h("p", text), [
    button(t("cancel"), () => shown.close(false)), button(label, () => shown.close(true), { kind }),
  ]);
  return (await shown.done) === true;
}

/** A form: Enter submits, what is thrown is shown. `work` gets the form. @returns the element */
export function form(children, label, work, { kind = "primary", extra = [] } = {}) {
  const submit = h("button", { type: "submit", class: kind }, label);
  const element = h("form.stack", { novalidate: true }, children, h("div.buttons", submit, extra));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = [...element.elements].find((control) => !control.checkValidity?.() && control.willValidate);
    if (missing) return refuse(missing, missing.validationMessage);
    return busy(submit, () => work(element));
  });
  return element;
}

/** Puts a text on the clipboard. Pages that came over plain HTTP, and frames, have no other way than the old one. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    const before = document.activeElement;
    const place = h("textarea", { class: "unseen", "aria-hidden": "true" });
    place.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(place);
    place.select();
    const isCopied = document.execCommand("copy");
    place.remove();
    before?.focus?.({ preventScroll: true });
    if (!isCopied) throw new ApiError(t("noCopy"));
  }
}

/** Copies a text; says so on the button. */
export function copyButton(text, label = t("copy")) {
  const element = button(label, async () => {
    await copyText(typeof text === "function" ? text() : text);
    element.textContent = t("copied");
    setTimeout(() => (element.textContent = label), 1500);
  }, { kind: "plain" });
  return element;
}

/** Watches the focus until it is asked. @returns a function that tells whether somebody has moved it since */
export function watchFocus() {
  const watch = new AbortController();
  let hasMoved = false;
  document.addEventListener("focusin", () => (hasMoved = true), { signal: watch.signal });
  return () => {
    watch.abort();
    return hasMoved;
  };
}

/** What can have the focus in a part of the page. */
const controls = (part) => [...(part?.querySelectorAll("a, button, input, select, summary") ?? [])];

/**
 * A table that becomes cards on narrow screens.
 * columns: [{title, cell(row) -> nodes, kind?: "number"|"actions"}]; rows are added with `add`.
 */
export function table(columns, { caption, empty } = {}) {
  const body = h("tbody");
  const nothing = empty ? h("p.empty", empty) : null;
  const element = h("table", caption && h("caption", caption),
    h("thead", h("tr", columns.map((one) => h("th", { scope: "col", class: one.kind ?? "" }, one.title)))), body);
  const wrapper = h("div.table", element, nothing);
  // Who has no mouse scrolls what has the focus.
  new ResizeObserver(() => {
    if (wrapper.scrollWidth > wrapper.clientWidth) wrapper.tabIndex = 0;
    else if (document.activeElement !== wrapper) wrapper.removeAttribute("tabindex");
  }).observe(wrapper);
  const show = () => {
    element.hidden = body.children.length === 0 && nothing !== null;
    if (nothing) nothing.hidden = body.children.length > 0;
  };
  /** What is shown in each line. */
  const known = new WeakMap();
  const line = (row) => {
    const cell = (one) => h("td", { class: one.kind ?? "", "data-title": one.title }, one.cell(row));
    const made = h("tr", columns.map(cell));
    known.set(made, row);
    return made;
  };
  /** Where the focus was in rows that have been taken away: [row, control], both as numbers. */
  let lost = null;
  /** Changes rows. Whoever was in one of them finds the focus in its place, or near. */
  const change = (work) => {
    const row = body.contains(document.activeElement) ? document.activeElement.closest("tr") : null;
    if (row) lost = [row.sectionRowIndex, controls(row).indexOf(document.activeElement)];
    work();
    show();
    if (!lost || row?.isConnected) return;
    if ([document.body, wrapper].includes(document.activeElement)) {
      const [place, index] = lost;
      const near = controls(body.children[Math.min(place, body.children.length - 1)]);
      wrapper.tabIndex = -1;
      (near[Math.min(index, near.length - 1)] ?? controls(body).at(-1) ?? wrapper).focus();
      // A list that is read anew is empty meanwhile.
      if (body.children.length === 0) return;
    }
    lost = null;
  };
  show();
  return {
    element: wrapper,
    /** What is shown, in its order. */
    get rows() { return [...body.children].map((one) => known.get(one)); },
    add(rows) { change(() => rows.forEach((row) => body.append(line(row)))); },
    set(rows) { change(() => fill(body, rows.map(line))); },
    prepend(row) { change(() => body.prepend(line(row))); },
    replace(old, row) { change(() => old.closest("tr").replaceWith(line(row))); },
    remove(node) { change(() => node.closest("tr").remove()); },
  };
}

/**
 * A list that is read page by page. `load(cursor)` resolves to {items, next}; no `next`, no more pages.
 * `show(items)` puts them into `list`. @returns {element, reload()}
 */
export function pages(list, load, show) {
  const status = h("p.muted", { role: "status" });
  const more = button(t("more"), () => step(), { hidden: true });
  let cursor;
  let turn = 0;
  async function step() {
    const own = turn;
    status.textContent = t("loading");
    try {
      const { items, next } = await load(cursor);
      if (own !== turn) return;
      cursor = next;
      const before = new Set(controls(list));
      const isFocused = document.activeElement === more;
      show(items);
      more.textContent = t("more");
      more.hidden = !next;
      if (isFocused && more.hidden) goOn(before);
    } finally {
      if (own === turn) status.textContent = "";
    }
  }
  /** Whoever pressed the button, which is gone now, goes on with what it brought. */
  function goOn(before) {
    const first = controls(list).find((one) => !before.has(one) && one.getClientRects().length > 0);
    if (!first) list.tabIndex = -1;
    (first ?? list).focus();
  }
  return {
    element: h("div.pages", list, status, more),
    async reload() {
      turn += 1;
      cursor = undefined;
      more.hidden = true;
      const own = turn;
      try {
        await step();
      } catch (error) {
        showError(error);
        if (own !== turn) return;
        more.textContent = t("again");
        more.hidden = false;
      }
    },
  };
}

/** Waits until nothing was called for so long, then calls once: for search while somebody types. */
export function debounce(work, milliseconds = 200) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

/** Tabs: [{id, title, show(panel)}]. A panel is made when it is first shown. The tab's id is the page's fragment. */
export function tabs(list, { onShow } = {}) {
  const panels = new Map();
  const bar = h("div.tabs", { role: "tablist" });
  const place = h("div");
  const prefix = uniqueID("tab");
  for (const one of list) {
    bar.append(h("button.tab", {
      type: "button", role: "tab", id: `${prefix}-${one.id}`, "aria-controls": `${prefix}-${one.id}-panel`,
      onclick: () => open(one.id),
    }, one.title));
    const panel = h("div", { role: "tabpanel", id: `${prefix}-${one.id}-panel`, "aria-labelledby": `${prefix}-${one.id}`, hidden: true });
    panels.set(one.id, panel);
    place.append(panel);
  }
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = [...bar.children];
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    next.click();
  });
  function open(id) {
    const one = list.find((tab) => tab.id === id) ?? list[0];
    for (const tab of list) {
      const isOpen = tab === one;
      const head = document.getElementById(`${prefix}-${tab.id}`) ?? bar.querySelector(`#${prefix}-${tab.id}`);
      head.setAttribute("aria-selected", String(isOpen));
      head.tabIndex = isOpen ? 0 : -1;
      panels.get(tab.id).hidden = !isOpen;
    }
    const panel = panels.get(one.id);
    if (!panel.dataset.made) {
      panel.dataset.made = "yes";
      Promise.resolve(one.show(panel)).catch(showError);
    }
    history.replaceState(history.state, "", `#${one.id}`);
    onShow?.(one.id);
  }
  const element = h("div", bar, place);
  queueMicrotask(() => open(location.hash.slice(1)));
  return { element, open };
}
