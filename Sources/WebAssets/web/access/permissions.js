// The choice of permission points, grouped as the API's operations are.
import { get } from "../lib/api.js";
import { checkbox, h, input, uniqueID } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { loadNames } from "../playground/names.js";

const t = texts({
  en: {
    legend: "Permissions", all: "All, whatever the account may do", some: "Only these:", filter: "Filter permissions",
    chosen: "{count} chosen", none: "Choose at least one permission.",
  },
  zh: {
    legend: "权限", all: "全部：该账号可执行的一切操作", some: "仅限以下权限：", filter: "筛选权限",
    chosen: "已选 {count} 项", none: "请至少选择一项权限。",
  },
});

let known;
/** The points with what they allow: [{tag, points: [{name, summaries}]}]. */
async function groups() {
  known ??= Promise.all([get("/openapi.json", undefined, { whole: true }), loadNames()]).then(([document, names]) => {
    const found = new Map();
    const seen = new Set();
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { tags, "x-permissions": points = [] } = operation;
        const summary = names.SUMMARIES[`${method.toUpperCase()} ${path}`] ?? operation.summary;
        for (const name of points) {
          const tag = [...found].find(([, group]) => group.has(name))?.[0] ?? tags[0];
          if (!found.has(tag)) found.set(tag, new Map());
          const group = found.get(tag);
          if (!group.has(name)) group.set(name, []);
          if (!seen.has(name + summary)) group.get(name).push(summary);
          seen.add(name + summary);
        }
      }
    }
    return [...found].map(([tag, group]) => ({
      tag: names.GROUPS[tag] ?? tag, points: [...group].map(([name, summaries]) => ({ name, summaries })),
    }));
  });
  // What failed is tried again the next time.
  known.catch(() => { known = undefined; });
  return known;
}

/**
 * A group of controls to choose points with.
 * @param chosen the points at first; ["all"] for all
 * @param options.all whether all may be chosen; options.without: points that are not offered
 * @returns {element, value(): ["all"] or the points, fault(): what is missing, or ""}
 */
export async function permissionPicker(chosen = ["all"], { all = true, without = [] } = {}) {
  const name = uniqueID("permissions");
  const isAll = all && chosen.includes("all");
  const boxes = [];
  const count = h("p.muted.small", { role: "status" });
  const update = () => {
    count.textContent = t("chosen", { count: boxes.filter((box) => box.input.checked).length });
  };
  const sections = (await groups()).map(({ tag, points }) => {
    const own = points.filter((point) => !without.includes(point.name)).map((point) => {
      const box = checkbox(point.name, { hint: point.summaries.join(" · "), checked: chosen.includes(point.name), onchange: update });
      boxes.push({ ...box, name: point.name, text: `${point.name} ${point.summaries.join(" ")}`.toLowerCase() });
      return box.element;
    });
    if (own.length === 0) return null;
    const isOpen = points.some((point) => chosen.includes(point.name));
    return h("details", { open: isOpen }, h("summary", tag), h("div.stack", own));
  }).filter(Boolean);
  const filter = input({ type: "search", "aria-label": t("filter"), placeholder: t("filter"), oninput: () => {
    const words = filter.value.trim().toLowerCase();
    for (const box of boxes) box.element.hidden = !box.text.includes(words);
    for (const section of sections) {
      section.hidden = ![...section.querySelectorAll(".check")].some((one) => !one.hidden);
      if (words) section.open = true;
    }
  } });
  const list = h("div.stack", { hidden: isAll }, filter, sections, count);
  const radio = (value, label, isChosen) => {
    const control = h("input", { type: "radio", name, id: uniqueID("choice"), value, onchange: () => { list.hidden = value === "all"; } });
    control.checked = isChosen;
    return { control, element: h("div.check", control, h("label", { for: control.id }, label)) };
  };
  const allChoice = all ? radio("all", t("all"), isAll) : null;
  const someChoice = all ? radio("some", t("some"), !isAll) : null;
  update();
  const value = () => (allChoice?.control.checked ? ["all"] : boxes.filter((box) => box.input.checked).map((box) => box.name));
  return {
    element: h("fieldset", h("legend", t("legend")), allChoice?.element, someChoice?.element, list),
    value,
    fault: () => (value().length ? "" : t("none")),
  };
}

/** Points in short: up to three by name, of more the number. */
export function permissionSummary(points) {
  if (points.includes("all")) return h("span.badge", texts({ en: { all: "all" }, zh: { all: "全部" } })("all"));
  const shown = points.slice(0, 3).map((point) => h("code.small", point, " "));
  if (points.length <= 3) return shown;
  return h("details", h("summary", String(points.length)), points.map((point) => h("div", h("code.small", point))));
}
