// OAuth apps: programs that act for people who allow it, or sign JWTs with their own keys.
import { get, post, put, remove } from "../lib/api.js";
import {
  button, checkbox, confirm, copyButton, dialog, field, form, h, input, refuse, select, table, textarea, toast,
} from "../lib/dom.js";
import { page } from "../lib/page.js";
import { formatTime, texts } from "../lib/text.js";
import { numbered } from "../access/numbered.js";
import { permissionPicker, permissionSummary } from "../access/permissions.js";
import { showSecrets } from "../access/secret.js";

const t = texts({
  en: {
    about: "An app asks people for access to their accounts, or, as a service, signs JWTs with its own key.",
    make: "New app", name: "Name", type: "Type", clientID: "Client ID", permissions: "Permissions", state: "State",
    enabled: "enabled", disabled: "disabled", actions: "Actions", open: "Open", description: "Description",
    web: "Web: a server keeps the secret", pkce: "PKCE: phone, desktop or single page", device: "Device: television, command line",
    service: "Service: signs JWTs", redirects: "Redirect addresses", redirectsHint: "One a line, up to three. They are compared letter by letter.",
    s256: "Only accept challenges of the method S256", channel: "Stands for a channel of its own", channelID: "Channel ID",
    channelHint: "Empty for a new one.", empty: "No apps yet.",
    created: "The app {name}", secret: "Client secret", save: "Save", saved: "Saved.", keys: "Keys", kid: "Key ID (kid)", since: "Since",
    addKey: "Make a key pair", ownKey: "Add your own public key", publicKey: "Public key (PEM)", privateKey: "Private key (PEM)",
    newKey: "The new key", noKeys: "No keys yet. Without one the app cannot sign.", removeKey: "Remove",
    removeKeyTitle: "Remove the key {kid}?", removeKeyText: "JWTs that it signed are refused from now on.",
    replace: "Replace the secret", replaceTitle: "Replace the secret of {name}?", replaceText: "The old one stops working at once.",
    enable: "Enable", disable: "Disable", revoke: "Revoke all tokens", revokeTitle: "Revoke all tokens and grants of {name}?",
    revokeText: "Everybody has to allow the app anew.", revoked: "All tokens are revoked.", delete: "Delete",
    deleteTitle: "Delete the app {name}?", deleteText: "Its tokens stop working at once. This cannot be undone.", deleted: "The app is deleted.",
    client: "Client", danger: "Careful", required: "Give at least one address.",
  },
  zh: {
    about: "应用可请求用户授权访问其账号，或作为服务类应用用自己的密钥签发 JWT。",
    make: "新建应用", name: "名称", type: "类型", clientID: "客户端 ID", permissions: "权限", state: "状态",
    enabled: "已启用", disabled: "已停用", actions: "操作", open: "打开", description: "描述",
    web: "Web：由服务端保存密钥", pkce: "PKCE：手机、桌面或单页应用", device: "设备：电视、命令行",
    service: "服务：签发 JWT", redirects: "重定向地址", redirectsHint: "每行一个，最多三个，须逐字一致。",
    s256: "仅接受 S256 方式", channel: "拥有独立渠道", channelID: "渠道 ID",
    channelHint: "留空则新建。", empty: "还没有应用。",
    created: "应用“{name}”", secret: "客户端密钥", save: "保存", saved: "已保存。", keys: "密钥对", kid: "密钥 ID（kid）", since: "创建时间",
    addKey: "生成密钥对", ownKey: "添加自己的公钥", publicKey: "公钥（PEM）", privateKey: "私钥（PEM）",
    newKey: "新密钥", noKeys: "还没有密钥，应用无法签名。", removeKey: "移除",
    removeKeyTitle: "移除密钥 {kid}？", removeKeyText: "此后由它签名的 JWT 将被拒绝。",
    replace: "更换密钥", replaceTitle: "更换“{name}”的密钥？", replaceText: "旧密钥将立即失效。",
    enable: "启用", disable: "停用", revoke: "撤销全部令牌", revokeTitle: "撤销“{name}”的全部令牌和授权？",
    revokeText: "所有用户都需要重新授权。", revoked: "已撤销全部令牌。", delete: "删除",
    deleteTitle: "删除应用“{name}”？", deleteText: "其令牌将立即失效，且无法恢复。", deleted: "应用已删除。",
    client: "客户端", danger: "谨慎操作", required: "请至少填写一个地址。",
  },
});

const PATH = "/buckle/v1/oauth_apps";
// What no app can be given: with these it could take more than it was given.
const UNGRANTABLE = [
  "Buckle.manageTokens", "Buckle.manageOAuthApps", "Buckle.manageAccounts", "Buckle.manageModels", "Buckle.manageServer",
];
const takesRedirects = (type) => type === "web" || type === "pkce";

/** The controls for what can be changed later too. */
async function controls(app) {
  const name = input({ value: app?.name ?? "", maxlength: 50 });
  const description = textarea({ value: app?.description ?? "", maxlength: 500, rows: 2 });
  const redirects = textarea({ value: (app?.redirect_uris ?? []).join("\n"), rows: 3, spellcheck: "false" });
  const s256 = checkbox(t("s256"), { checked: app?.is_s256_only ?? false });
  const points = await permissionPicker(app?.permissions ?? [], { all: false, without: UNGRANTABLE });
  const redirectField = field(t("redirects"), redirects, { hint: t("redirectsHint") });
  return {
    elements: [field(t("name"), name, { required: true }), field(t("description"), description), redirectField, s256.element, points.element],
    show(type) {
      redirectField.hidden = !takesRedirects(type);
      s256.element.hidden = type !== "pkce";
    },
    /** What they hold; undefined after telling what is missing. */
    value(type) {
      const addresses = redirects.value.split(/\s+/).filter(Boolean);
      if (takesRedirects(type) && addresses.length === 0) return refuse(redirects, t("required"));
      return {
        name: name.value.trim(), description: description.value.trim(), permissions: points.value(),
        redirect_uris: takesRedirects(type) ? addresses : undefined, is_s256_only: type === "pkce" ? s256.input.checked : undefined,
      };
    },
  };
}

async function make(list) {
  const type = select(["web", "pkce", "device", "service"].map((one) => [one, t(one)]));
  const channel = checkbox(t("channel"));
  const channelID = input({ inputmode: "numeric" });
  const channelField = field(t("channelID"), channelID, { hint: t("channelHint") });
  const rest = await controls();
  const update = () => {
    rest.show(type.value);
    channel.element.hidden = type.value === "device";
    channelField.hidden = channel.element.hidden || !channel.input.checked;
  };
  type.addEventListener("change", update);
  channel.input.addEventListener("change", update);
  update();
  const shown = dialog(t("make"), form([field(t("type"), type), ...rest.elements, channel.element, channelField], t("make"), async () => {
    const body = rest.value(type.value);
    if (!body) return;
    const isChannel = channel.input.checked && !channel.element.hidden;
    shown.close(await post(PATH, {
      ...body, app_type: type.value, is_channel: isChannel || undefined, connector_id: (isChannel && channelID.value.trim()) || undefined,
    }));
  }));
  const app = await shown.done;
  if (!app) return;
  list.prepend(app);
  if (app.client_secret) {
    await showSecrets(t("created", { name: app.name }), [[t("clientID"), app.client_id], [t("secret"), app.client_secret]]);
  }
  if (app.app_type === "service") await open(app.app_id, list);
}

async function keys(app) {
  const found = await get(`${PATH}/${app.app_id}/keys`);
  const list = table([
    { title: t("kid"), cell: (key) => h("code.small", key.kid) },
    { title: t("since"), cell: (key) => formatTime(key.created_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (key) => [copyButton(key.public_key, t("publicKey")), " ", button(t("removeKey"), async (event) => {
        if (!(await confirm(t("removeKeyTitle", { kid: key.kid }), t("removeKeyText"), t("removeKey")))) return;
        await remove(`${PATH}/${app.app_id}/keys/${encodeURIComponent(key.kid)}`);
        list.remove(event.target);
      }, { kind: "danger small" })],
    },
  ], { empty: t("noKeys") });
  list.set(found.items);
  const own = textarea({ rows: 5, spellcheck: "false" });
  const add = async (body) => {
    const key = await post(`${PATH}/${app.app_id}/keys`, body);
    list.add([key]);
    own.value = "";
    if (key.private_key) await showSecrets(t("newKey"), [[t("kid"), key.kid], [t("privateKey"), key.private_key]]);
  };
  return h("section", h("h3", t("keys")), list.element,
    h("div.row", button(t("addKey"), () => add({}))),
    h("details", h("summary", t("ownKey")), form([field(t("publicKey"), own, { required: true })], t("ownKey"),
      () => add({ public_key: own.value }), { kind: "" })));
}

async function open(id, list, node) {
  const app = await get(`${PATH}/${id}`);
  const rest = await controls(app);
  rest.show(app.app_type);
  let row = node;
  const at = node?.closest("tr").sectionRowIndex ?? 0;
  const take = (changed) => {
    if (!row) return;
    const place = row.closest("tr").rowIndex - 1;
    list.replace(row, changed);
    row = list.element.querySelectorAll("tbody tr")[place].firstElementChild;
  };
  const gone = (text) => {
    toast(text);
    shown.close();
  };
  const act = (verb) => post(`${PATH}/${id}/${verb}`);
  const shown = dialog(app.name, [
    h("p", h("span.badge", t(app.app_type)), " ", t("clientID"), " ", h("code", app.client_id), " ", copyButton(app.client_id),
      app.connector_id && [" ", t("channelID"), " ", h("code", app.connector_id)]),
    app.app_type === "service" ? await keys(app) : null,
    form(rest.elements, t("save"), async () => {
      const body = rest.value(app.app_type);
      if (!body) return;
      take(await put(`${PATH}/${id}`, body));
      toast(t("saved"));
    }),
    h("section", h("h3", t("danger")), h("div.row",
      app.app_type === "web" && button(t("replace"), async () => {
        if (!(await confirm(t("replaceTitle", { name: app.name }), t("replaceText"), t("replace")))) return;
        const changed = await act("secret");
        await showSecrets(t("created", { name: app.name }), [[t("secret"), changed.client_secret]]);
      }),
      button(t(app.is_enabled ? "disable" : "enable"), async () => {
        take(await act(app.is_enabled ? "disable" : "enable"));
        gone(t("saved"));
      }),
      button(t("revoke"), async () => {
        if (!(await confirm(t("revokeTitle", { name: app.name }), t("revokeText"), t("revoke")))) return;
        await act("revoke");
        toast(t("revoked"));
      }, { kind: "danger" }),
      button(t("delete"), async () => {
        if (!(await confirm(t("deleteTitle", { name: app.name }), t("deleteText"), t("delete")))) return;
        await remove(`${PATH}/${id}`);
        if (row) list.remove(row);
        gone(t("deleted"));
      }, { kind: "danger" }))),
  ]);
  shown.element.classList.add("wide-dialog");
  await shown.done;
  // The button that opened this may be gone, with its row or without.
  if (document.activeElement !== document.body) return;
  const opens = list.element.querySelectorAll("tbody .actions button");
  (opens[Math.min(at, opens.length - 1)] ?? document.querySelector("main .head button")).focus();
}

page(async (view) => {
  const list = table([
    { title: t("name"), cell: (app) => app.name },
    { title: t("type"), cell: (app) => t(app.app_type).split(/[:：]/)[0] },
    { title: t("clientID"), cell: (app) => h("code.small", app.client_id) },
    { title: t("permissions"), cell: (app) => permissionSummary(app.permissions) },
    { title: t("state"), cell: (app) => h("span.badge", { class: app.is_enabled ? "good" : "" }, t(app.is_enabled ? "enabled" : "disabled")) },
    { title: t("actions"), kind: "actions", cell: (app) => button(t("open"), (event) => open(app.app_id, list, event.target), { kind: "small" }) },
  ], { empty: t("empty") });
  const listed = numbered(list, PATH, {}, { id: "app_id" });
  view.append(h("div.head", h("p.grow.muted", t("about")), button(t("make"), () => make(list), { kind: "primary" })), listed.element);
  await listed.reload();
});
