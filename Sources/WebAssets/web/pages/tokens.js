// Personal tokens, and the service tokens of the chosen workspace.
import { post, put, remove } from "../lib/api.js";
import {
  button, checkbox, confirm, dialog, field, form, h, input, refuse, select, table, tabs, toast,
} from "../lib/dom.js";
import { page, showWorkspaces, workspace, workspaces } from "../lib/page.js";
import { formatAge, formatTime, texts } from "../lib/text.js";
import { numbered } from "../access/numbered.js";
import { permissionPicker, permissionSummary } from "../access/permissions.js";
import { showSecrets } from "../access/secret.js";

const t = texts({
  en: {
    personal: "Personal tokens", service: "Service tokens", make: "New token", name: "Name", permissions: "Permissions",
    state: "State", valid: "valid", expired: "expired", revoked: "revoked", expires: "Expires", never: "never", used: "Last used",
    actions: "Actions", revoke: "Revoke", revokeTitle: "Revoke the token {name}?",
    revokeText: "Programs that use it are refused from their next request on. This cannot be undone.",
    edit: "Edit", save: "Save", days: "{count} days", year: "1 year", lifetime: "Valid for", reach: "Workspaces",
    everywhere: "All workspaces, also later ones", chosen: "Only these:", created: "The token {name}", secret: "Token",
    noPersonal: "No tokens yet. A token lets a program or an SDK act for you.",
    noService: "No service tokens yet. A service token belongs to the workspace and stays when people leave.",
    personalText: "A personal token acts for you: what it does, you did.",
    serviceText: "A service token belongs to the workspace {name}, not to a person. Owners and admins manage them.",
    revoked_: "The token is revoked.", saved: "Saved.", pick: "Choose at least one workspace.",
  },
  zh: {
    personal: "个人令牌", service: "服务令牌", make: "新建令牌", name: "名称", permissions: "权限",
    state: "状态", valid: "有效", expired: "已过期", revoked: "已撤销", expires: "到期时间", never: "永不", used: "最近使用",
    actions: "操作", revoke: "撤销", revokeTitle: "撤销令牌“{name}”？",
    revokeText: "使用该令牌的程序从下一次请求起将被拒绝。此操作无法恢复。",
    edit: "编辑", save: "保存", days: "{count} 天", year: "1 年", lifetime: "有效期", reach: "工作空间",
    everywhere: "全部工作空间，包括以后加入的", chosen: "仅限以下工作空间：", created: "令牌“{name}”", secret: "令牌",
    noPersonal: "还没有令牌。程序或 SDK 可通过令牌以您的身份操作。",
    noService: "还没有服务令牌。服务令牌属于工作空间，成员离开后依然有效。",
    personalText: "个人令牌代表您本人：用它执行的操作视为您的操作。",
    serviceText: "服务令牌属于工作空间“{name}”，不属于个人，由所有者和管理员管理。",
    revoked_: "令牌已撤销。", saved: "已保存。", pick: "请至少选择一个工作空间。",
  },
});

const DAY = 86400;
const lifetimes = [[30, t("days", { count: 30 })], [90, t("days", { count: 90 })], [365, t("year")], ["", t("never")]];

/** The choice of workspaces: all of them, or some. */
async function reachPicker(ids) {
  const all = checkbox(t("everywhere"), { checked: !ids });
  const boxes = (await workspaces()).map((one) => ({ id: one.id, ...checkbox(one.name, { checked: ids?.includes(one.id) ?? false }) }));
  const list = h("div.stack", { hidden: !ids }, boxes.map((box) => box.element));
  all.input.addEventListener("change", () => { list.hidden = all.input.checked; });
  return {
    element: h("fieldset", h("legend", t("reach")), all.element, list),
    value: () => (all.input.checked ? undefined : boxes.filter((box) => box.input.checked).map((box) => box.id)),
  };
}

/** One kind of tokens. `path` is where they lie; `reach` whether they name workspaces. */
async function tokenList(view, path, { text, empty, reach }) {
  const list = table([
    { title: t("name"), cell: (token) => token.name },
    { title: t("permissions"), cell: (token) => permissionSummary(token.permissions) },
    { title: t("state"), cell: (token) => h("span.badge", { class: token.state === "valid" ? "good" : "" }, t(token.state)) },
    { title: t("expires"), cell: (token) => (token.expires_at ? formatTime(token.expires_at) : t("never")) },
    { title: t("used"), cell: (token) => formatAge(token.last_used_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (token) => (token.state === "valid" ? [
        button(t("edit"), (event) => edit(token, event.target), { kind: "small" }), " ",
        button(t("revoke"), () => revoke(token), { kind: "danger small" }),
      ] : ""),
    },
  ], { empty });
  const listed = numbered(list, path, {}, { items: "tokens" });

  async function ask(title, token) {
    const name = input({ value: token?.name ?? "", maxlength: 100, required: true });
    const lifetime = select(lifetimes, { value: "90" });
    const points = await permissionPicker(token?.permissions ?? (reach ? ["all"] : []), { all: reach });
    const places = reach ? await reachPicker(token?.workspace_ids) : null;
    const shown = dialog(title, form([
      field(t("name"), name, { required: true }), token ? null : field(t("lifetime"), lifetime), points.element, places?.element,
    ], token ? t("save") : t("make"), async () => {
      if (points.fault()) return toast(points.fault(), { kind: "bad" });
      const ids = places?.value();
      if (ids && ids.length === 0) return toast(t("pick"), { kind: "bad" });
      if (!name.value.trim()) return refuse(name, name.validationMessage || t("name"));
      const body = { name: name.value.trim(), permissions: points.value(), workspace_ids: ids };
      if (token) {
        shown.close(await put(`${path}/${token.id}`, body));
      } else {
        if (lifetime.value) body.expires_in = Number(lifetime.value) * DAY;
        shown.close(await post(path, body));
      }
    }));
    return shown.done;
  }

  async function make() {
    const made = await ask(t("make"));
    if (!made) return;
    list.prepend(made.token);
    await showSecrets(t("created", { name: made.token.name }), [[t("secret"), made.secret]]);
  }

  async function edit(token, node) {
    const changed = await ask(t("edit"), token);
    if (!changed) return;
    list.replace(node, changed);
    toast(t("saved"));
  }

  async function revoke(token) {
    if (!(await confirm(t("revokeTitle", { name: token.name }), t("revokeText"), t("revoke")))) return;
    await remove(`${path}/${token.id}`);
    toast(t("revoked_"));
    await listed.reload();
  }

  view.append(
    h("div.head", h("p.grow.muted", text), button(t("make"), make, { kind: "primary" })), listed.element);
  await listed.reload();
}

page(async (view) => {
  await showWorkspaces();
  const place = await workspace();
  view.append(tabs([
    {
      id: "personal", title: t("personal"),
      show: (panel) => tokenList(panel, "/buckle/v1/tokens", { text: t("personalText"), empty: t("noPersonal"), reach: true }),
    },
    {
      id: "service", title: t("service"),
      show: (panel) => tokenList(panel, `/buckle/v1/workspaces/${place.id}/service_tokens`, {
        text: t("serviceText", { name: place.name }), empty: t("noService"), reach: false,
      }),
    },
  ]).element);
});
