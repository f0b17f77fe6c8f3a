// The people who have an account on this server. For operators.
import { post, put } from "../lib/api.js";
import { button, checkbox, confirm, dialog, field, form, h, input, table, toast, userNameOf } from "../lib/dom.js";
import { page, userID } from "../lib/page.js";
import { formatDate, texts } from "../lib/text.js";
import { numbered } from "../access/numbered.js";
import { permissionPicker } from "../access/permissions.js";
import { showSecrets } from "../access/secret.js";

const t = texts({
  en: {
    about: "Everybody who can sign in here. Each has a workspace of their own; what is in it only they see.",
    make: "New person", name: "User name", nameHint: "3 to 64 letters, digits, dots, underscores or hyphens.", nickName: "Shown name",
    email: "E-mail", password: "Password", passwordHint: "At least 8 characters. They can change it themselves.",
    operator: "Operator: manages this server, its models and people", state: "State", active: "active", disabled: "disabled",
    noPassword: "no password", isOperator: "operator", since: "Since", actions: "Actions", edit: "Edit", save: "Save", saved: "Saved.",
    reset: "Set password", resetDone: "The password is set; all their sessions have ended.", disable: "Disable", enable: "Enable",
    disableTitle: "Disable {name}?", disableText: "They can no longer sign in, and their tokens are refused. What they made stays.",
    token: "Make a token", tokenName: "Token name", secret: "Token", tokenFor: "A token for {name}", created: "{name} can sign in now.",
  },
  zh: {
    about: "可登录本服务器的所有用户。每人都有自己的工作空间，其中的内容仅本人可见。",
    make: "新建用户", name: "用户名", nameHint: "3 至 64 个字母、数字、点、下划线或连字符。", nickName: "显示名称",
    email: "邮箱", password: "密码", passwordHint: "至少 8 个字符，用户可自行修改。",
    operator: "管理员：管理本服务器、模型和用户", state: "状态", active: "正常", disabled: "已停用",
    noPassword: "未设密码", isOperator: "管理员", since: "创建时间", actions: "操作", edit: "编辑", save: "保存", saved: "已保存。",
    reset: "设置密码", resetDone: "密码已设置，该用户的所有登录已失效。", disable: "停用", enable: "启用",
    disableTitle: "停用“{name}”？", disableText: "该用户将无法登录，其令牌会被拒绝，但其创建的内容会保留。",
    token: "创建令牌", tokenName: "令牌名称", secret: "令牌", tokenFor: "“{name}”的令牌", created: "“{name}”现在可以登录。",
  },
});

const PATH = "/buckle/v1/accounts";

async function make(list) {
  const name = input({ maxlength: 64, autocapitalize: "none", autocomplete: "username" });
  const nickName = input({ maxlength: 64 });
  const email = input({ type: "email" });
  const password = input({ type: "password", autocomplete: "new-password", minlength: 8 });
  const operator = checkbox(t("operator"));
  const shown = dialog(t("make"), form([
    field(t("name"), name, { required: true, hint: t("nameHint") }), field(t("nickName"), nickName), field(t("email"), email),
    field(t("password"), password, { required: true, hint: t("passwordHint") }), operator.element,
  ], t("make"), async () => shown.close(await post(PATH, {
    user_name: name.value.trim(), nick_name: nickName.value.trim() || undefined, email: email.value.trim() || undefined,
    password: password.value, is_operator: operator.input.checked || undefined,
  }))));
  const account = await shown.done;
  if (!account) return;
  list.prepend(account);
  toast(t("created", { name: account.nick_name }));
}

async function edit(account, list, node) {
  const nickName = input({ value: account.nick_name, maxlength: 64 });
  const email = input({ type: "email", value: account.email });
  const operator = checkbox(t("operator"), { checked: account.is_operator, disabled: account.user_id === userID });
  const shown = dialog(account.user_name, form([
    field(t("nickName"), nickName, { required: true }), field(t("email"), email), operator.element,
  ], t("save"), async () => shown.close(await put(`${PATH}/${account.user_id}`, {
    nick_name: nickName.value.trim(), email: email.value.trim(), is_operator: operator.input.checked,
  }))));
  const changed = await shown.done;
  if (!changed) return;
  list.replace(node, changed);
  toast(t("saved"));
}

async function setPassword(account) {
  const password = input({ type: "password", autocomplete: "new-password", minlength: 8 });
  const shown = dialog(`${t("reset")}: ${account.nick_name}`, form([
    userNameOf(account.user_name), field(t("password"), password, { required: true, hint: t("passwordHint") }),
  ], t("reset"), async () => {
    await put(`${PATH}/${account.user_id}/password`, { password: password.value });
    toast(t("resetDone"));
    shown.close();
  }));
  await shown.done;
}

async function makeToken(account) {
  const name = input({ maxlength: 100 });
  const points = await permissionPicker(["all"]);
  const shown = dialog(t("tokenFor", { name: account.nick_name }), form([
    field(t("tokenName"), name, { required: true }), points.element,
  ], t("token"), async () => {
    if (points.fault()) return toast(points.fault(), { kind: "bad" });
    shown.close(await post(`${PATH}/${account.user_id}/tokens`, { name: name.value.trim(), permissions: points.value() }));
  }));
  const made = await shown.done;
  if (made) await showSecrets(t("tokenFor", { name: account.nick_name }), [[t("secret"), made.secret]]);
}

async function toggle(account, list, node) {
  if (!account.is_disabled
    && !(await confirm(t("disableTitle", { name: account.nick_name }), t("disableText"), t("disable")))) return;
  list.replace(node, await post(`${PATH}/${account.user_id}/${account.is_disabled ? "enable" : "disable"}`));
  toast(t("saved"));
}

const badge = (text, kind = "") => [h("span.badge", { class: kind }, text), " "];

page(async (view) => {
  const list = table([
    { title: t("nickName"), cell: (one) => one.nick_name },
    { title: t("name"), cell: (one) => one.user_name },
    { title: t("email"), cell: (one) => one.email },
    {
      title: t("state"),
      cell: (one) => [
        one.is_disabled ? badge(t("disabled"), "bad") : badge(t("active"), "good"),
        one.is_operator ? badge(t("isOperator")) : null, one.has_password ? null : badge(t("noPassword")),
      ],
    },
    { title: t("since"), cell: (one) => formatDate(one.created_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => [
        button(t("edit"), (event) => edit(one, list, event.target), { kind: "small" }), " ",
        button(t("reset"), () => setPassword(one), { kind: "small" }), " ",
        one.is_disabled ? null : [button(t("token"), () => makeToken(one), { kind: "small" }), " "],
        one.user_id === userID ? null : button(t(one.is_disabled ? "enable" : "disable"), (event) => toggle(one, list, event.target), {
          kind: one.is_disabled ? "small" : "danger small",
        }),
      ],
    },
  ]);
  const listed = numbered(list, PATH, {}, { id: "user_id" });
  view.append(h("div.head", h("p.grow.muted", t("about")), button(t("make"), () => make(list), { kind: "primary" })), listed.element);
  await listed.reload();
});
