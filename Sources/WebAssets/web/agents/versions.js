// The versions of an agent: reading one, comparing two, going back to one.
import { post } from "../lib/api.js";
import { button, confirm, dialog, field, fill, h, pages, select, showError, table, toast } from "../lib/dom.js";
import { formatTime, texts } from "../lib/text.js";
import { draft, version, versions } from "./bots.js";
import { description, differences } from "./compare.js";
import { channelName } from "./publish.js";
import { guarded } from "./save.js";

const t = texts({
  en: {
    compare: "Compare", older: "From", newer: "To", draft: "Draft, as it is saved", differences: "Differences",
    version: "Version {number}", published: "Published", by: "By", note: "Note", state: "State",
    online: "online: {channels}", actions: "Actions", view: "View", viewOf: "View version {number}",
    compareOf: "Compare version {number} with the draft", revert: "Revert",
    revertOf: "Revert the draft to version {number}",
    none: "Nothing is published yet. Each publication is kept here as a version.", one: "Version",
    revertTitle: "Make the draft what version {number} is?",
    revertText:
      "All that has been changed in the draft since is lost, also what is not saved. What is online stays as it is.",
    anyway: "Somebody else has changed the draft since you opened it",
    anywayText: "Going back to version {number} takes away what they have changed.",
    reverted: "The draft is what version {number} is.",
    title: "Version {number} of {date}",
  },
  zh: {
    compare: "比较", older: "从", newer: "到", draft: "草稿（已保存的内容）", differences: "差异",
    version: "版本 {number}", published: "发布时间", by: "发布者", note: "更新说明", state: "状态",
    online: "线上：{channels}", actions: "操作", view: "查看", viewOf: "查看版本 {number}",
    compareOf: "将版本 {number} 与草稿比较", revert: "回退", revertOf: "将草稿回退到版本 {number}",
    none: "尚未发布。每次发布都会作为一个版本保存在此。", one: "版本",
    revertTitle: "将草稿恢复为版本 {number}？",
    revertText: "此后对草稿的所有修改（包括未保存的内容）都将丢失。线上版本不变。",
    anyway: "草稿已被他人修改", anywayText: "回退到版本 {number} 将丢失对方的修改。", reverted: "草稿已恢复为版本 {number}。",
    title: "版本 {number}，{date}",
  },
});

const DRAFT = "draft";

/**
 * @param options.current gives the draft that the page knows; options.onRevert is told the draft after going back
 * @returns {element, reload()}
 */
export function versionList(id, { current, onRevert }) {
  let known = [];
  const older = select([], { onchange: () => show().catch(showError) });
  const newer = select([], { onchange: () => show().catch(showError) });
  const result = h("div.stack");
  const resultTitle = h("h3", { tabindex: -1 }, t("differences"));
  const comparison = h("section.card.stack", { "aria-label": t("compare"), hidden: true }, h("h2", t("compare")),
    h("div.fields", field(t("older"), older), field(t("newer"), newer)), resultTitle, result);

  const detail = (which) => (which === DRAFT ? draft(id) : version(id, which));
  let turn = 0;
  async function show() {
    const own = (turn += 1);
    const [before, after] = await Promise.all([detail(older.value), detail(newer.value)]);
    if (own === turn) fill(result, differences(before, after, "h4").element);
  }

  function offer() {
    const options = () => [h("option", { value: DRAFT }, t("draft")),
      ...known.map((one) =>
        h("option", { value: one.version }, `${t("version", one)} · ${formatTime(Number(one.created_at))}`))];
    const chosen = [older.value, newer.value];
    fill(older, options());
    fill(newer, options());
    const isKnown = (value) => value === DRAFT || known.some((one) => one.version === value);
    older.value = chosen[0] && isKnown(chosen[0]) ? chosen[0] : known[0].version;
    newer.value = chosen[1] && isKnown(chosen[1]) ? chosen[1] : DRAFT;
    comparison.hidden = false;
  }

  async function compare(one) {
    older.value = one.version;
    newer.value = DRAFT;
    await show();
    resultTitle.focus();
  }

  async function view(one) {
    const shown = await version(id, one.version);
    dialog(t("title", { number: one.number, date: formatTime(shown.published_at) }), [
      shown.changelog && h("p.note.written", shown.changelog), description(shown),
    ]).element.classList.add("wide-dialog");
  }

  async function revert(one) {
    if (!(await confirm(t("revertTitle", one), t("revertText"), t("revert")))) return;
    const call = (revision) => () => post(`/buckle/v1/bots/${id}/draft/revert`, { version: one.version, revision });
    let { revision } = current();
    let outcome = await guarded(id, revision, call(revision));
    while (outcome.changed) {
      if (!(await confirm(t("anyway"), t("anywayText", one), t("revert")))) return;
      ({ revision } = outcome.changed);
      outcome = await guarded(id, revision, call(revision));
    }
    onRevert(outcome.draft);
    toast(t("reverted", one));
    await show();
  }

  function state(one) {
    const channels = current().online_channels.filter((channel) => channel.version === one.version);
    if (channels.length === 0) return "";
    const names = channels.map((channel) => channelName(channel.connector_id)).join(", ");
    return h("span.badge.good", t("online", { channels: names }));
  }

  const list = table([
    { title: t("one"), cell: (one) => one.number },
    { title: t("published"), cell: (one) => formatTime(Number(one.created_at)) },
    { title: t("by"), cell: (one) => one.creator.name },
    { title: t("note"), cell: (one) => h("span.written", one.changelog) },
    { title: t("state"), cell: state },
    {
      title: t("actions"), kind: "actions", cell: (one) => [
        button(t("view"), () => view(one), { kind: "small", "aria-label": t("viewOf", one) }), " ",
        button(t("compare"), () => compare(one), { kind: "small", "aria-label": t("compareOf", one) }), " ",
        current().can_edit
          && button(t("revert"), () => revert(one), { kind: "small", "aria-label": t("revertOf", one) }),
      ],
    },
  ], { empty: t("none") });

  const listed = pages(list.element, async (page = 1) => {
    const found = await versions(id, page);
    if (page === 1) { list.set([]); known = []; }
    return found;
  }, (found) => {
    list.add(found);
    known.push(...found);
    if (known.length > 0) offer();
  });
  return {
    element: h("div.stack", listed.element, comparison),
    async reload() {
      await listed.reload();
      if (known.length > 0) await show();
    },
  };
}
