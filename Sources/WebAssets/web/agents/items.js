// A list whose items are added, removed and moved with buttons.
import { button, h } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { up: "Move {name} up", down: "Move {name} down", remove: "Remove {name}", item: "{name} {number}" },
  zh: { up: "上移{name}", down: "下移{name}", remove: "移除{name}", item: "{name} {number}" },
});

/**
 * @param items what is in the list at first
 * @param make makes an item's part: {element, value(), check(), start, label}; `start` is the control that a new one
 *   begins with, `label` the label of the only control, if there is one
 * @param options name (what an item is called), add (the label of the button that adds one), blank() (a new item),
 *   empty (what is said when there is none), most
 * @returns {element, values(), check(), add(item), parts()}
 */
export function editableItems(items, make, { name, add, blank, empty, most }) {
  const list = h("ol.items");
  const nothing = h("p.muted.small", empty);
  const adding = button(add, () => append(blank()).start.focus(), { kind: "small" });
  const element = h("div.stack", nothing, list, adding);
  let entries = [];

  function changed() {
    nothing.hidden = entries.length > 0;
    list.hidden = entries.length === 0;
    adding.disabled = entries.length >= most;
    entries.forEach((entry, index) => {
      const label = t("item", { name, number: index + 1 });
      entry.title.textContent = label;
      entry.group.setAttribute("aria-label", label);
      entry.up.setAttribute("aria-label", t("up", { name: label }));
      entry.down.setAttribute("aria-label", t("down", { name: label }));
      entry.remove.setAttribute("aria-label", t("remove", { name: label }));
      entry.up.disabled = index === 0;
      entry.down.disabled = index === entries.length - 1;
    });
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function move(entry, step) {
    const index = entries.indexOf(entry);
    const other = entries[index + step];
    entries[index] = other;
    entries[index + step] = entry;
    if (step < 0) other.node.before(entry.node);
    else other.node.after(entry.node);
    changed();
    // The end of the list disables the button that was pressed.
    const pressed = step < 0 ? entry.up : entry.down;
    (pressed.disabled ? (step < 0 ? entry.down : entry.up) : pressed).focus();
  }

  function drop(entry) {
    const index = entries.indexOf(entry);
    entries = entries.filter((one) => one !== entry);
    entry.node.remove();
    changed();
    (entries[Math.min(index, entries.length - 1)]?.remove ?? adding).focus();
  }

  function entryOf(item) {
    const part = make(item);
    const entry = { part, title: part.label ?? h("span.item-title") };
    entry.up = button("↑", () => move(entry, -1), { kind: "small" });
    entry.down = button("↓", () => move(entry, 1), { kind: "small" });
    entry.remove = button("×", () => drop(entry), { kind: "small" });
    const buttons = [entry.up, entry.down, entry.remove];
    entry.group = part.label
      ? h("div.item.single", { role: "group" }, part.element, h("div.item-head", buttons))
      : h("div.item", { role: "group" }, h("div.item-head", entry.title, buttons), part.element);
    entry.node = h("li", entry.group);
    return entry;
  }

  function append(item) {
    const entry = entryOf(item);
    entries.push(entry);
    list.append(entry.node);
    changed();
    return entry.part;
  }

  entries = items.map(entryOf);
  list.append(...entries.map((entry) => entry.node));
  changed();
  return {
    element,
    values: () => entries.map((entry) => entry.part.value()),
    check: () => entries.every((entry) => entry.part.check()),
    parts: () => entries.map((entry) => entry.part),
    add: (item) => append(item),
  };
}
