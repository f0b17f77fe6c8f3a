// The list of operations by group, and the filter over it.
import { debounce, field, h } from "../lib/dom.js";
import { t } from "./texts.js";

export const fragment = (operation) => `#/${operation.method}${operation.path}`;

/** The operation that a page's fragment names: {key} of it, whether there is one or not. */
export function keyOf(hash) {
  let text = hash;
  try { text = decodeURI(hash); } catch { /* Not one of ours. */ }
  const found = /^#\/([A-Z]+)(\/.*)$/.exec(text);
  return found ? `${found[1]} ${found[2]}` : undefined;
}

/** @returns {element, mark(operation)} */
export function makeContents(groups) {
  const search = h("input", { type: "search", autocomplete: "off", placeholder: t("filterHint") });
  const count = h("p.small.muted", { role: "status" });
  const shown = groups.map((group) => {
    const items = group.operations.map((operation) => {
      const link = h("a", { href: fragment(operation) },
        h("span.summary", operation.title), operation.isOwn && !group.isOwn && badge(),
        operation.isDeprecated && h("span.badge", t("deprecated")),
        h("span.route", h("b", operation.method), " ", operation.path));
      const { path, method, title, summary, description } = operation;
      const words = [method, path, title, summary, description, group.title, group.name].join(" ");
      return { operation, link, element: h("li", link), words: words.toLowerCase() };
    });
    const details = h("details", h("summary", group.title, " ", group.isOwn && badge()),
      h("ul", items.map(({ element }) => element)));
    return { items, details };
  });
  let current;
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { items, details } of shown) {
      let own = 0;
      for (const item of items) {
        const isFound = words.every((word) => item.words.includes(word));
        item.element.hidden = !isFound;
        own += isFound;
      }
      details.hidden = own === 0;
      details.open = words.length > 0 ? own > 0 : items.some(({ operation }) => operation === current);
      found += own;
    }
    count.textContent = found ? t("found", { count: found }) : t("noneFound");
  };
  search.addEventListener("input", debounce(filter, 80));
  filter();
  const toggle = h("button.plain.contents-button",
    { type: "button", "aria-expanded": "false", "aria-controls": "contents" }, t("contents"));
  const panel = h("div", { id: "contents" },
    field(t("filter"), search), count, h("div.groups", shown.map(({ details }) => details)));
  const unfold = (isOpen) => toggle.setAttribute("aria-expanded", String(isOpen));
  toggle.addEventListener("click", () => unfold(toggle.getAttribute("aria-expanded") !== "true"));
  return {
    element: h("nav.contents", { "aria-label": t("contents") }, toggle, panel),
    mark(operation) {
      current = operation;
      unfold(!operation);
      for (const { items, details } of shown) {
        for (const item of items) {
          if (item.operation !== operation) { item.link.removeAttribute("aria-current"); continue; }
          item.link.setAttribute("aria-current", "page");
          details.open = true;
          item.link.scrollIntoView({ block: "nearest" });
        }
      }
    },
  };
}

export const badge = () => h("span.badge", { title: t("ownHint") }, t("own"));
