// One's own account: name, password, browser sessions, what apps were granted, invitations.
import { get, post, put, remove } from "../lib/api.js";
import { button, confirm, field, form, h, input, refuse, table, toast, userNameOf } from "../lib/dom.js";
import { page } from "../lib/page.js";
import { formatAge, formatTime, texts } from "../lib/text.js";
import { numbered } from "../access/numbered.js";
import { permissionSummary } from "../access/permissions.js";

const t = texts({
  en: {
    profile: "Profile", userName: "User name", nickName: "Name that others see", email: "E-mail", save: "Save", saved: "Saved.",
    password: "Password", current: "Current password", next: "New password", again: "New password once more",
    differ: "The two passwords differ.", change: "Change password", changed: "The password is changed; your other sessions have ended.",
    hint: "At least 8 characters.", sessions: "Browser sessions", since: "Since", used: "Last used", ends: "Ends", actions: "Actions",
    thisOne: "this browser", end: "End", ended: "The session has ended.",
    grants: "Apps with access to your account", noGrants: "You have not allowed any app to act for you.", app: "App",
    permissions: "Permissions", withdraw: "Withdraw", withdrawTitle: "Withdraw what {app} was granted?",
    withdrawText: "Its tokens stop working at once.", withdrawn: "The app has no access any more.",
    invitations: "Invitations", workspace: "Workspace", from: "From", accept: "Accept", decline: "Decline",
    accepted: "You are a member of {name} now.", declined: "Declined.", role: "Role",
    admin: "admin", member: "member",
  },
  zh: {
    profile: "个人资料", userName: "用户名", nickName: "显示名称", email: "邮箱", save: "保存", saved: "已保存。",
    password: "密码", current: "当前密码", next: "新密码", again: "再次输入新密码",
    differ: "两次输入的密码不一致。", change: "修改密码", changed: "密码已修改，您在其他浏览器中的登录已失效。",
    hint: "至少 8 个字符。", sessions: "浏览器登录", since: "登录时间", used: "最近使用", ends: "到期时间", actions: "操作",
    thisOne: "当前浏览器", end: "退出", ended: "该登录已退出。",
    grants: "可访问您账号的应用", noGrants: "您还没有授权任何应用。", app: "应用",
    permissions: "权限", withdraw: "取消授权", withdrawTitle: "取消对“{app}”的授权？",
    withdrawText: "其令牌将立即失效。", withdrawn: "该应用已无法访问您的账号。",
    invitations: "邀请", workspace: "工作空间", from: "邀请人", accept: "接受", decline: "拒绝",
    accepted: "您已加入“{name}”。", declined: "已拒绝。", role: "角色",
    admin: "管理员", member: "成员",
  },
});

function profile(account) {
  const nickName = input({ value: account.nick_name, maxlength: 64 });
  const email = input({ type: "email", value: account.email, autocomplete: "email" });
  return h("section.card", h("h2", t("profile")), form([
    field(t("userName"), input({ value: account.user_name, readonly: true })), field(t("nickName"), nickName, { required: true }),
    field(t("email"), email),
  ], t("save"), async () => {
    await put("/buckle/v1/users/me", { nick_name: nickName.value.trim(), email: email.value.trim() });
    document.querySelector(".top .person").textContent = nickName.value.trim();
    toast(t("saved"));
  }));
}

function password(account) {
  const current = input({ type: "password", autocomplete: "current-password" });
  const next = input({ type: "password", autocomplete: "new-password", minlength: 8, maxlength: 128 });
  const again = input({ type: "password", autocomplete: "new-password" });
  return h("section.card", h("h2", t("password")), form([
    userNameOf(account.user_name), field(t("current"), current, { required: true }), field(t("next"), next, { required: true, hint: t("hint") }),
    field(t("again"), again, { required: true }),
  ], t("change"), async (element) => {
    if (next.value !== again.value) return refuse(again, t("differ"));
    await put("/buckle/v1/users/me/password", { current_password: current.value, new_password: next.value });
    element.reset();
    toast(t("changed"));
  }));
}

async function sessions() {
  const list = table([
    { title: t("since"), cell: (one) => [formatTime(one.created_at), one.is_current ? [" ", h("span.badge.good", t("thisOne"))] : null] },
    { title: t("used"), cell: (one) => formatAge(one.last_used_at) },
    { title: t("ends"), cell: (one) => formatTime(one.expires_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => (one.is_current ? "" : button(t("end"), async (event) => {
        await remove(`/buckle/v1/sessions/${one.id}`);
        list.remove(event.target);
        toast(t("ended"));
      }, { kind: "small" })),
    },
  ]);
  list.set((await get("/buckle/v1/sessions")).items);
  return h("section", h("h2", t("sessions")), list.element);
}

async function grants() {
  const list = table([
    { title: t("app"), cell: (one) => one.app.name },
    { title: t("permissions"), cell: (one) => permissionSummary(one.permissions) },
    { title: t("since"), cell: (one) => formatTime(one.created_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => button(t("withdraw"), async (event) => {
        if (!(await confirm(t("withdrawTitle", { app: one.app.name }), t("withdrawText"), t("withdraw")))) return;
        await remove(`/buckle/v1/oauth_grants/${one.id}`);
        list.remove(event.target);
        toast(t("withdrawn"));
      }, { kind: "danger small" }),
    },
  ], { empty: t("noGrants") });
  const listed = numbered(list, "/buckle/v1/oauth_grants");
  await listed.reload();
  return h("section", h("h2", t("grants")), listed.element);
}

async function invitations() {
  const found = await get("/buckle/v1/invitations", { page_num: 1, page_size: 50 });
  if (found.items.length === 0) return null;
  const answer = (one, verb, text) => button(t(verb), async (event) => {
    await post(`/buckle/v1/invitations/${one.invitation_id}/${verb}`);
    list.remove(event.target);
    toast(text);
  }, { kind: verb === "accept" ? "primary small" : "small" });
  const list = table([
    { title: t("workspace"), cell: (one) => one.workspace_name },
    { title: t("from"), cell: (one) => one.inviter_nickname },
    { title: t("role"), cell: (one) => t(one.role_type) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => [
        answer(one, "accept", t("accepted", { name: one.workspace_name })), " ", answer(one, "decline", t("declined")),
      ],
    },
  ]);
  list.set(found.items);
  return h("section", h("h2", t("invitations")), list.element);
}

page(async (view) => {
  const [account, invited, opened, granted] = await Promise.all([
    get("/buckle/v1/users/me"), invitations(), sessions(), grants(),
  ]);
  view.append(...[invited, h("div.columns", profile(account), password(account)), opened, granted].filter(Boolean));
});
