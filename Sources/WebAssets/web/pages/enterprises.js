// Enterprises: their people and organizations.
import { get, post, put, remove } from "../lib/api.js";
import { button, confirm, dialog, field, fill, form, h, input, refuse, select, showError, table, textarea, toast } from "../lib/dom.js";
import { page, query, userID } from "../lib/page.js";
import { formatDate, texts } from "../lib/text.js";
import { numbered } from "../access/numbered.js";
import { askForPerson, findPerson } from "../access/people.js";

const t = texts({
  en: {
    about: "An enterprise holds people and organizations that share workspaces and apps with privileges.", make: "New enterprise",
    name: "Name", role: "Role", since: "Since", actions: "Actions", open: "Open", rename: "Rename", save: "Save", saved: "Saved.",
    delete: "Delete", deleteTitle: "Delete {name}?", deleteText: "Only an enterprise without workspaces can be deleted.",
    deleted: "The enterprise is deleted.", empty: "You belong to no enterprise.", people: "People", addPerson: "Add a person",
    addGuest: "Add a guest", userName: "User name", remove: "Remove", removePerson: "Remove {name}",
    receiver: "User name or e-mail of who takes over what they own", unknown: "There is no such person on this server.",
    organizations: "Organizations", makeOrganization: "New organization", description: "Description", standard: "default",
    members: "Members", deleteOrganizationTitle: "Delete the organization {name}?", deleteOrganizationText: "Only one without workspaces can be deleted.",
    head: "User name or e-mail of its super admin", hand: "Make super admin", handTitle: "Make {name} the super admin?",
    handText: "You become an admin.", added: "{name} belongs to it now.", back: "All enterprises", you: "you",
    enterprise_super_admin: "super admin", enterprise_admin: "admin", enterprise_member: "member", enterprise_guest: "guest",
    organization_super_admin: "super admin", organization_admin: "admin", organization_member: "member", organization_guest: "guest",
  },
  zh: {
    about: "企业包含共享工作空间和特权应用的人员与组织。", make: "新建企业",
    name: "名称", role: "角色", since: "加入时间", actions: "操作", open: "打开", rename: "重命名", save: "保存", saved: "已保存。",
    delete: "删除", deleteTitle: "删除“{name}”？", deleteText: "仅可删除没有工作空间的企业。",
    deleted: "企业已删除。", empty: "您不属于任何企业。", people: "人员", addPerson: "添加人员",
    addGuest: "添加访客", userName: "用户名", remove: "移除", removePerson: "移除“{name}”",
    receiver: "接收其资产的人员（用户名或邮箱）", unknown: "本服务器上没有该用户。",
    organizations: "组织", makeOrganization: "新建组织", description: "描述", standard: "默认",
    members: "成员", deleteOrganizationTitle: "删除组织“{name}”？", deleteOrganizationText: "仅可删除没有工作空间的组织。",
    head: "超级管理员（用户名或邮箱）", hand: "设为超级管理员", handTitle: "将“{name}”设为超级管理员？",
    handText: "您将变为管理员。", added: "“{name}”已加入。", back: "全部企业", you: "本人",
    enterprise_super_admin: "超级管理员", enterprise_admin: "管理员", enterprise_member: "成员", enterprise_guest: "访客",
    organization_super_admin: "超级管理员", organization_admin: "管理员", organization_member: "成员", organization_guest: "访客",
  },
});

const PATH = "/buckle/v1/enterprises";
const choices = (names) => names.map((one) => [one, t(one)]);
const ENTERPRISE_ROLES = choices(["enterprise_member", "enterprise_admin"]);
const ORGANIZATION_ROLES = choices([
  "organization_member", "organization_admin", "organization_super_admin", "organization_guest",
]);

/** A role that can be chosen anew. `change(role)` stores it. */
function roleSelect(name, roles, role, change) {
  const control = select(roles, {
    value: role, "aria-label": `${t("role")}: ${name}`,
    onchange: async () => {
      try {
        await change(control.value);
        role = control.value;
        toast(t("saved"));
      } catch (error) {
        control.value = role;
        showError(error);
      }
    },
  });
  return control;
}

/** Asks who takes over what somebody owns, and removes them from `path`. */
async function askForReceiver(name, path) {
  const receiver = input({ autocapitalize: "none", spellcheck: "false" });
  const shown = dialog(t("removePerson", { name }), form([field(t("receiver"), receiver, { required: true })], t("remove"), async () => {
    const person = await findPerson(receiver.value);
    if (!person) return refuse(receiver, t("unknown"));
    await remove(path, { body: { receiver_user_id: person.user_id } });
    shown.close(true);
  }, { kind: "danger" }));
  return shown.done;
}

const nameColumn = { title: t("name"), cell: (one) => [one.user_nickname, one.user_id === userID ? [" ", h("span.badge", t("you"))] : null] };
const userNameColumn = { title: t("userName"), cell: (one) => one.user_unique_name };

async function people(enterprise) {
  const path = `/v1/enterprises/${enterprise.enterprise_id}/members`;
  const isHead = enterprise.role === "enterprise_super_admin";
  const manages = isHead || enterprise.role === "enterprise_admin";
  const changeable = (one) => manages && ["enterprise_admin", "enterprise_member"].includes(one.role) && one.user_id !== userID;
  const list = table([
    nameColumn, userNameColumn,
    {
      title: t("role"),
      cell: (one) => (changeable(one)
        ? roleSelect(one.user_nickname, ENTERPRISE_ROLES, one.role, (role) => put(`${path}/${one.user_id}`, { role })) : t(one.role)),
    },
    { title: t("since"), cell: (one) => formatDate(one.created_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => (one.user_id === userID ? "" : [
        isHead && changeable(one) && [button(t("hand"), async () => {
          if (!(await confirm(t("handTitle", { name: one.user_nickname }), t("handText"), t("hand"), { kind: "primary" }))) return;
          await post(`${PATH}/${enterprise.enterprise_id}/super_admin`, { user_id: one.user_id });
          location.reload();
        }, { kind: "small" }), " "],
        manages && one.role !== "enterprise_super_admin" && button(t("remove"), async (event) => {
          const row = event.target;
          if (await askForReceiver(one.user_nickname, `${path}/${one.user_id}`)) list.remove(row);
        }, { kind: "danger small" }),
      ]),
    },
  ]);
  const listed = numbered(list, `${PATH}/${enterprise.enterprise_id}/members`, {}, { id: "user_id" });
  const added = async (person) => {
    toast(t("added", { name: person.nick_name }));
    await listed.reload();
  };
  const add = () => askForPerson(t("addPerson"), ENTERPRISE_ROLES, async (person, role) => {
    await post(path, { users: [{ user_id: person.user_id, role }] });
    await added(person);
  });
  const addGuest = () => askForPerson(t("addGuest"), [["", ""]], async (person) => {
    await post(`${PATH}/${enterprise.enterprise_id}/guests`, { user_id: person.user_id });
    await added(person);
  });
  await listed.reload();
  return h("section", h("div.head", h("h2.grow", t("people")), manages && [button(t("addGuest"), addGuest), button(t("addPerson"), add, { kind: "primary" })]),
    listed.element);
}

async function openMembers(organization) {
  const path = `/v1/organizations/${organization.organization_id}/members`;
  const list = table([
    nameColumn, userNameColumn,
    {
      title: t("role"),
      cell: (one) => roleSelect(one.user_nickname, ORGANIZATION_ROLES, one.organization_role_type,
        (role) => put(`${path}/${one.user_id}`, { organization_role_type: role })),
    },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => button(t("remove"), async (event) => {
        const row = event.target;
        if (await askForReceiver(one.user_nickname, `${path}/${one.user_id}`)) list.remove(row);
      }, { kind: "danger small" }),
    },
  ]);
  const listed = numbered(list, path, {}, { id: "user_id", size: 20 });
  const add = () => askForPerson(t("addPerson"), ORGANIZATION_ROLES, async (person, role) => {
    await post(path, { organization_people: [{ user_id: person.user_id, organization_role_type: role }] });
    toast(t("added", { name: person.nick_name }));
    await listed.reload();
  });
  await listed.reload();
  const shown = dialog(organization.organization_name, [h("div.row.end", button(t("addPerson"), add)), listed.element]);
  shown.element.classList.add("wide-dialog");
  await shown.done;
}

async function askForOrganization(enterprise, organization) {
  const name = input({ value: organization?.organization_name ?? "", maxlength: 50 });
  const description = textarea({ value: organization?.organization_description ?? "", rows: 2 });
  const head = input({ autocapitalize: "none", spellcheck: "false" });
  const title = organization ? t("rename") : t("makeOrganization");
  const shown = dialog(title, form([
    field(t("name"), name, { required: true }), field(t("description"), description),
    organization ? null : field(t("head"), head, { required: true }),
  ], organization ? t("save") : title, async () => {
    const body = { name: name.value.trim(), description: description.value.trim() };
    if (organization) {
      await put(`/v1/organizations/${organization.organization_id}`, body);
    } else {
      const person = await findPerson(head.value);
      if (!person) return refuse(head, t("unknown"));
      await post(`/v1/enterprises/${enterprise.enterprise_id}/organizations`, { ...body, super_admin_user_id: person.user_id });
    }
    shown.close(true);
  }));
  return shown.done;
}

async function organizations(enterprise) {
  const manages = ["enterprise_super_admin", "enterprise_admin"].includes(enterprise.role);
  if (!manages) return null;
  const list = table([
    {
      title: t("name"),
      cell: (one) => [one.organization_name, one.is_default_organization ? [" ", h("span.badge", t("standard"))] : null],
    },
    { title: t("description"), cell: (one) => one.organization_description },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => [
        button(t("members"), () => openMembers(one), { kind: "small" }), " ",
        button(t("rename"), async () => { if (await askForOrganization(enterprise, one)) await listed.reload(); }, { kind: "small" }), " ",
        !one.is_default_organization && button(t("delete"), async (event) => {
          const row = event.target;
          if (!(await confirm(t("deleteOrganizationTitle", { name: one.organization_name }), t("deleteOrganizationText"), t("delete")))) return;
          await remove(`/buckle/v1/organizations/${one.organization_id}`);
          list.remove(row);
        }, { kind: "danger small" }),
      ],
    },
  ]);
  const path = `/v1/enterprises/${enterprise.enterprise_id}/organizations`;
  const listed = numbered(list, path, {}, { id: "organization_id", size: 20 });
  await listed.reload();
  const make = async () => { if (await askForOrganization(enterprise)) await listed.reload(); };
  return h("section", h("div.head", h("h2.grow", t("organizations")), button(t("makeOrganization"), make)), listed.element);
}

async function askForName(title, label, name, work) {
  const control = input({ value: name, maxlength: 50 });
  const shown = dialog(title, form([field(t("name"), control, { required: true })], label, async () => {
    shown.close(await work(control.value.trim()));
  }));
  return shown.done;
}

async function one(view, id) {
  const enterprise = await get(`${PATH}/${id}`);
  const heading = h("h2.grow", enterprise.name);
  const rename = () => askForName(t("rename"), t("save"), enterprise.name, async (name) => {
    await put(`${PATH}/${id}`, { name });
    fill(heading, name);
  });
  const erase = async () => {
    if (!(await confirm(t("deleteTitle", { name: enterprise.name }), t("deleteText"), t("delete")))) return;
    await remove(`${PATH}/${id}`);
    location.assign("/enterprises");
  };
  view.append(h("p", h("a", { href: "/enterprises" }, t("back"))), h("div.head", heading, h("span.badge", t(enterprise.role)),
    enterprise.role === "enterprise_super_admin" && [button(t("rename"), rename), button(t("delete"), erase, { kind: "danger" })]),
  await people(enterprise), (await organizations(enterprise)) ?? "");
}

async function all(view) {
  const list = table([
    { title: t("name"), cell: (found) => h("a", { href: `/enterprises?id=${found.enterprise_id}` }, found.name) },
    { title: t("role"), cell: (found) => t(found.role) },
    { title: t("since"), cell: (found) => formatDate(found.created_at) },
  ], { empty: t("empty") });
  const listed = numbered(list, PATH, {}, { id: "enterprise_id" });
  const make = () => askForName(t("make"), t("make"), "", async (name) => {
    const made = await post(PATH, { name });
    location.assign(`/enterprises?id=${made.enterprise_id}`);
  });
  view.append(h("div.head", h("p.grow.muted", t("about")), button(t("make"), make, { kind: "primary" })), listed.element);
  await listed.reload();
}

page((view) => (query.get("id") ? one(view, query.get("id")) : all(view)));
