// Fills fields for ids from lists of what the caller has.
import { dialog, field, fill, h, pages, select } from "../lib/dom.js";
import { workspace, workspaces } from "../lib/page.js";
import { formatAge, formatBytes } from "../lib/text.js";
import { read } from "./send.js";
import { t } from "./texts.js";

const KINDS = {
  bot_id: "bot_id", conversation_id: "conversation_id", chat_id: "chat_id",
  workspace_id: "workspace_id", space_id: "workspace_id",
  file_id: "file_id", icon_file_id: "file_id",
};

/** Page by page: `load(cursor)` gives {items: [{id, title, about}], next}. */
const SOURCES = {
  async bot_id(cursor = 1, { space }) {
    const query = { workspace_id: space, publish_status: "all", page_num: cursor, page_size: 20 };
    const page = await read("/v1/bots", query);
    const items = page.items.map((one) => ({ id: one.id, title: one.name }));
    return { items, next: items.length === 20 ? cursor + 1 : undefined };
  },
  async workspace_id(cursor = 1) {
    const page = await read("/v1/workspaces", { page_num: cursor, page_size: 20 });
    const items = page.workspaces.map((one) => ({ id: one.id, title: one.name }));
    return { items, next: items.length === 20 ? cursor + 1 : undefined };
  },
  async conversation_id(cursor, { valueOf }) {
    const bot = valueOf("bot_id");
    const query = { limit: 20, ...(bot && { bot_id: bot }), ...(cursor && { before: cursor }) };
    const page = await read("/buckle/v1/conversations", query);
    const items = page.conversations.map((one) => ({
      id: one.id, title: one.name || t("untitled"), about: `${one.bot_name} ${formatAge(one.created_at)}`,
    }));
    return { items, next: page.next || undefined };
  },
  async chat_id(cursor, { valueOf }) {
    const path = `/buckle/v1/conversations/${encodeURIComponent(valueOf("conversation_id"))}/chats`;
    const page = await read(path, { limit: 20, ...(cursor && { before: cursor }) });
    const items = page.chats.map((one) => ({ id: one.id, title: one.status, about: formatAge(one.created_at) }));
    return { items, next: page.next || undefined };
  },
  async file_id(cursor) {
    const page = await read("/buckle/v1/files", { limit: 20, ...(cursor && { after_id: cursor }) });
    const items = page.items.map((one) => ({
      id: one.id, title: one.file_name, about: `${formatBytes(one.bytes)} ${formatAge(one.created_at)}`,
    }));
    return { items, next: page.has_more ? page.last_id : undefined };
  },
};

/**
 * What makes a field choose, if its name is one of those there are lists for.
 * @param valueOf the form's value of another field
 */
export function chooser(valueOf) {
  return (name) => (KINDS[name] ? (control) => choose(KINDS[name], control, valueOf) : undefined);
}

async function choose(kind, control, valueOf) {
  const list = h("ul.choices");
  const options = { valueOf };
  let hasAny = false;
  const loaded = pages(list, async (cursor) => {
    try {
      return await SOURCES[kind](cursor, options);
    } catch (error) {
      // The dialog covers what is shown at the page's edge.
      fill(list, h("li", h("p.alert", { role: "alert" }, error.message)));
      hasAny = true;
      return { items: [] };
    }
  }, (items) => {
    hasAny ||= items.length > 0;
    list.append(...items.map((one) => h("li", h("button", { type: "button", onclick: () => shown.close(one.id) },
      h("span.title", one.title), h("span.small.muted", [one.about, one.id].filter(Boolean).join(" · "))))));
    if (!hasAny) fill(list, h("li.empty", t("noChoice")));
  });
  const reload = () => { hasAny = false; fill(list); return loaded.reload(); };
  const isMissing = kind === "chat_id" && !valueOf("conversation_id");
  let head;
  if (kind === "bot_id") {
    const [all, current] = [await workspaces(), await workspace()];
    options.space = current?.id;
    const space = select(all.map((one) => [one.id, one.name]), { value: options.space });
    space.addEventListener("change", () => { options.space = space.value; reload(); });
    head = field(t("pick_workspace_id"), space);
  }
  const content = isMissing ? h("p", t("needsConversation")) : h("div.stack", head, loaded.element);
  const shown = dialog(t(`pick_${kind}`), content);
  if (!isMissing) reload();
  const id = await shown.done;
  if (id === undefined) return;
  control.value = id;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.focus();
}
