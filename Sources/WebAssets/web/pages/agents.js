// The agents of the chosen workspace.
import { get, remove } from "../lib/api.js";
import {
  button, confirm, debounce, dialog, field, fill, form, h, input, pages, select, textarea, toast,
} from "../lib/dom.js";
import { page, showWorkspaces, userID, workspace, workspaces } from "../lib/page.js";
import { formatAge, texts } from "../lib/text.js";
import { copyBot, createBot } from "../agents/bots.js";
import { picture } from "../agents/picture.js";
import { textField } from "../agents/text-field.js";

const t = texts({
  en: {
    make: "New agent", name: "Name", description: "Description", nameHint: "Up to 20 characters.", create: "Create",
    search: "Search by name", show: "Show", all: "All agents", published_draft: "Published",
    unpublished_draft: "Drafts",
    published: "published", changed: "published, changed since", draft: "draft", updated: "Changed {age}",
    edit: "Edit", editOf: "Edit {name}", chat: "Chat", chatOf: "Chat with {name}", copy: "Copy", copyOf: "Copy {name}",
    delete: "Delete", deleteOf: "Delete {name}", deleteTitle: "Delete the agent {name}?",
    deleteText:
      "All its versions are deleted too, and whoever uses it loses it. Conversations stay. This cannot be undone.",
    deleted: "The agent is deleted.", copyTitle: "Copy {name}", to: "Workspace",
    copyText: "What is copied is the draft.",
    copied: "The copy is made.", open: "Open", agents: "Agents",
    none: "No agents in this workspace yet",
    noneText: "An agent is a persona with a model behind it. The first one takes two minutes.",
    begin: "Make the first agent", noMatch: "No agent is called that.", noneOfKind: "There are none of these.",
    noWorkspace: "You are in no workspace. Ask somebody to add you to one.",
  },
  zh: {
    make: "新建智能体", name: "名称", description: "描述", nameHint: "不超过 20 个字符。", create: "创建",
    search: "按名称搜索", show: "显示", all: "全部智能体", published_draft: "已发布", unpublished_draft: "草稿",
    published: "已发布", changed: "已发布，之后有修改", draft: "草稿", updated: "修改于{age}",
    edit: "编辑", editOf: "编辑{name}", chat: "对话", chatOf: "与{name}对话", copy: "复制", copyOf: "复制{name}",
    delete: "删除", deleteOf: "删除{name}", deleteTitle: "删除智能体“{name}”？",
    deleteText: "将删除智能体及其全部版本，使用者会立即失去它。会话会保留。此操作无法恢复。",
    deleted: "智能体已删除。", copyTitle: "复制“{name}”", to: "工作空间", copyText: "复制的是草稿。",
    copied: "已复制。", open: "打开", agents: "智能体",
    none: "此工作空间还没有智能体", noneText: "智能体由人设和背后的模型组成，两分钟即可创建第一个。",
    begin: "创建第一个智能体", noMatch: "没有名称匹配的智能体。", noneOfKind: "没有这类智能体。",
    noWorkspace: "您不在任何工作空间中，请联系他人将您加入。",
  },
});

const editor = (id) => `/agents/${id}`;

async function askForNew(space) {
  const name = textField(t("name"), input(), { most: 20, required: true, hint: t("nameHint"), trims: true });
  const description = textField(t("description"), textarea({ rows: 3 }), { most: 500 });
  const shown = dialog(t("make"), form([name.element, description.element], t("create"), async () => {
    if (!name.check() || !description.check()) return;
    const id = await createBot(space.id, { name: name.value(), description: description.value() });
    location.assign(editor(id));
  }));
  name.control.focus();
  await shown.done;
}

async function askForCopy(bot, space) {
  const all = await workspaces();
  const place = select(all.map((one) => [one.id, one.name]), { value: space.id });
  const shown = dialog(t("copyTitle", { name: bot.name }), form([
    field(t("to"), place, { hint: t("copyText") }),
  ], t("copy"), async () => {
    const id = await copyBot(bot.id, place.value);
    shown.close({ id, workspace: place.value });
  }));
  return shown.done;
}

function state(bot) {
  if (!bot.is_published) return h("span.badge", t("draft"));
  return h("span.badge.good", t(bot.has_unpublished_changes ? "changed" : "published"));
}

page(async (view) => {
  await showWorkspaces();
  const space = await workspace();
  if (!space) {
    view.append(h("p.empty", t("noWorkspace")));
    return;
  }
  const search = input({ type: "search", "aria-label": t("search"), placeholder: t("search") });
  const kinds = ["all", "published_draft", "unpublished_draft"];
  const kind = select(kinds.map((one) => [one, t(one)]), { "aria-label": t("show") });
  const making = button(t("make"), () => askForNew(space), { kind: "primary" });
  const list = h("ul.cards", { "aria-label": t("agents") });
  const nothing = h("div.card.empty", { hidden: true });
  const head = h("div.head.agents-head", h("div.row.grow", search, kind), making);
  const cards = [];

  const manages = ["owner", "admin"].includes(space.role_type);

  function card(bot) {
    const isMine = manages || bot.owner_user_id === userID;
    const named = (label) => ({ "aria-label": t(label, { name: bot.name }) });
    const link = (address, label) => h("a.button.small", { href: address, ...named(`${label}Of`) }, t(label));
    const node = h("li.card.agent",
      h("div.agent-head", picture(bot.name, bot.icon_url),
        h("div.grow", h("h2", h("a", { href: editor(bot.id) }, bot.name)), state(bot))),
      h("p.agent-about", bot.description),
      h("p.small.muted", t("updated", { age: formatAge(bot.updated_at) })),
      h("div.row.agent-actions",
        link(editor(bot.id), "edit"),
        bot.is_published && link(`/chat/${bot.id}`, "chat"),
        button(t("copy"), () => copy(bot), { kind: "small", ...named("copyOf") }),
        isMine && button(t("delete"), () => drop(bot, node), { kind: "danger small", ...named("deleteOf") })));
    return node;
  }

  async function copy(bot) {
    const made = await askForCopy(bot, space);
    if (!made) return;
    toast(t("copied"), { action: { label: t("open"), run: () => location.assign(editor(made.id)) } });
    if (made.workspace === space.id) await listed.reload();
  }

  async function drop(bot, node) {
    if (!(await confirm(t("deleteTitle", { name: bot.name }), t("deleteText"), t("delete")))) return;
    await remove(`/buckle/v1/bots/${bot.id}`);
    const next = node.nextElementSibling ?? node.previousElementSibling;
    cards.splice(cards.findIndex((one) => one.node === node), 1);
    node.remove();
    filter();
    (next?.querySelector("a") ?? nothing.querySelector("a, button") ?? making).focus();
    toast(t("deleted"));
  }

  /** Shows those whose name holds what is searched for, and says so if there are none. */
  function filter() {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const { bot, node } of cards) {
      node.hidden = !bot.name.toLowerCase().includes(wanted);
      if (!node.hidden) count += 1;
    }
    const isFirst = cards.length === 0 && kind.value === "all";
    head.hidden = isFirst;
    nothing.hidden = count > 0;
    if (count > 0) return;
    if (isFirst) fill(nothing, h("h2", t("none")), h("p", t("noneText")), h("div.row",
      h("a.button.primary", { href: "/welcome" }, t("begin")), button(t("make"), () => askForNew(space))));
    else fill(nothing, h("p", { role: "status" }, t(cards.length === 0 ? "noneOfKind" : "noMatch")));
  }

  const listed = pages(list, async (number = 1) => {
    const found = await get("/v1/bots", {
      workspace_id: space.id, publish_status: kind.value, page_num: number, page_size: 100,
    });
    if (number === 1) { fill(list); cards.length = 0; }
    return { items: found.items, next: number * 100 < found.total ? number + 1 : undefined };
  }, (bots) => {
    for (const bot of bots) {
      const node = card(bot);
      cards.push({ bot, node });
      list.append(node);
    }
    filter();
  });

  search.addEventListener("input", debounce(filter, 100));
  kind.addEventListener("change", () => listed.reload());
  view.append(head, nothing, listed.element);
  await listed.reload();
});
