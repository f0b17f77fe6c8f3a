// Who did what to which object, when and from where.
import { get } from "../lib/api.js";
import { checkbox, debounce, field, h, input, pages, showError, table } from "../lib/dom.js";
import { isOperator, page, query, showWorkspaces, workspace } from "../lib/page.js";
import { formatTime, texts } from "../lib/text.js";

const t = texts({
  en: {
    time: "Time", user: "Who", action: "Action", object: "Object", detail: "Details", address: "Address", logID: "Log ID",
    command: "command line", from: "From", to: "To (not included)", actionHint: "for example workspace.update",
    objectID: "Object ID", userID: "User ID", workspaceOnly: "Only in the workspace {name}",
    empty: "Nothing fits. What you and, where you manage them, others changed is listed here.",
  },
  zh: {
    time: "时间", user: "操作者", action: "操作", object: "对象", detail: "详情", address: "来源地址", logID: "日志 ID",
    command: "命令行", from: "起始日期", to: "截止日期（不含）", actionHint: "例如 workspace.update",
    objectID: "对象 ID", userID: "用户 ID", workspaceOnly: "仅限工作空间“{name}”",
    empty: "没有符合条件的记录。您本人以及您所管理范围内其他人的更改会列在此处。",
  },
});

const seconds = (date) => (date ? Math.floor(new Date(`${date}T00:00`).getTime() / 1000) : undefined);

page(async (view) => {
  await showWorkspaces();
  const place = await workspace();
  const action = input({ type: "search", value: query.get("action") ?? "" });
  const object = input({ type: "search", inputmode: "numeric", value: query.get("object_id") ?? "" });
  const user = input({ type: "search", inputmode: "numeric", value: query.get("user_id") ?? "" });
  const from = input({ type: "date" });
  const to = input({ type: "date" });
  const here = checkbox(t("workspaceOnly", { name: place.name }), { checked: !isOperator && !object.value && !user.value });
  const list = table([
    { title: t("time"), cell: (one) => formatTime(one.created_at) },
    { title: t("user"), cell: (one) => (one.user.id === "0" ? t("command") : one.user.user_name || one.user.id) },
    { title: t("action"), cell: (one) => h("code", one.action) },
    { title: t("object"), cell: (one) => [one.object_type, " ", h("code.small", one.object_id)] },
    {
      title: t("detail"),
      cell: (one) => Object.entries(one.detail).map(([name, value]) => h("div.small", h("span.muted", name, ": "), value)),
    },
    { title: t("address"), cell: (one) => one.address },
    { title: t("logID"), cell: (one) => h("code.small", one.log_id) },
  ], { empty: t("empty") });
  const listed = pages(list.element, async (last) => {
    const found = await get("/buckle/v1/audit", {
      workspace_id: here.input.checked ? place.id : undefined, action: action.value.trim(), object_id: object.value.trim(),
      user_id: user.value.trim(), after: seconds(from.value), before: seconds(to.value), before_id: last, limit: 50,
    });
    if (!last) list.set([]);
    return { items: found.items, next: found.has_more ? found.items.at(-1).id : undefined };
  }, (items) => list.add(items));
  const reload = debounce(() => listed.reload().catch(showError), 250);
  for (const control of [action, object, user, from, to, here.input]) control.addEventListener("input", reload);
  view.append(
    h("search", h("div.fields", field(t("action"), action, { hint: t("actionHint") }), field(t("objectID"), object),
      field(t("userID"), user), field(t("from"), from), field(t("to"), to)), here.element),
    listed.element);
  await listed.reload();
});
