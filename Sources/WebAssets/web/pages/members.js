// Workspaces: the chosen one with its members and invitations, and all others.
import { post, put, remove } from "../lib/api.js";
import { button, confirm, dialog, field, form, h, input, select, table, textarea, toast } from "../lib/dom.js";
import { chooseWorkspace, page, showWorkspaces, userID, workspace, workspaces } from "../lib/page.js";
import { formatTime, texts } from "../lib/text.js";
import { everything, numbered } from "../access/numbered.js";
import { askForPerson } from "../access/people.js";

const t = texts({
  en: {
    members: "Members of {name}", add: "Add a member", name: "Name", userName: "User name", role: "Role", actions: "Actions",
    owner: "owner", admin: "admin", member: "member", remove: "Remove", removeTitle: "Remove {name} from the workspace?",
    removeText: "What they own here goes to the workspace's owner.", removed: "{name} is no longer a member.",
    added: "{name} is a member now.", invited: "{name} is invited.", already: "{name} is a member already.",
    waiting: "{name} is invited already.", you: "you", invitations: "Invitations", since: "Since", withdraw: "Withdraw",
    all: "Your workspaces", open: "Open", make: "New workspace", description: "Description", edit: "Edit", save: "Save",
    saved: "Saved.", leave: "Leave", leaveTitle: "Leave {name}?", leaveText: "What you own in it goes to its owner.",
    delete: "Delete", deleteTitle: "Delete {name} with everything in it?",
    deleteText: "Its agents, apps and folders are gone for good. This cannot be undone.", deleted: "The workspace is deleted.",
    hand: "Hand over", handTitle: "Hand {name} over to another member", handed: "{name} is the owner now.", personal: "personal",
    current: "open", type: "Kind", team: "team",
  },
  zh: {
    members: "“{name}”的成员", add: "添加成员", name: "名称", userName: "用户名", role: "角色", actions: "操作",
    owner: "所有者", admin: "管理员", member: "成员", remove: "移除", removeTitle: "将“{name}”移出工作空间？",
    removeText: "其在此拥有的内容将转给工作空间所有者。", removed: "“{name}”已不再是成员。",
    added: "“{name}”已成为成员。", invited: "已邀请“{name}”。", already: "“{name}”已是成员。",
    waiting: "“{name}”已被邀请过。", you: "本人", invitations: "邀请", since: "邀请时间", withdraw: "撤回",
    all: "我的工作空间", open: "打开", make: "新建工作空间", description: "描述", edit: "编辑", save: "保存",
    saved: "已保存。", leave: "退出", leaveTitle: "退出“{name}”？", leaveText: "您在其中拥有的内容将转给其所有者。",
    delete: "删除", deleteTitle: "删除“{name}”及其全部内容？",
    deleteText: "其中的智能体、应用和文件夹将被永久删除，无法恢复。", deleted: "工作空间已删除。",
    hand: "转让", handTitle: "将“{name}”转让给其他成员", handed: "“{name}”现在是所有者。", personal: "个人",
    current: "当前", type: "类型", team: "团队",
  },
});

const ROLES = [["member", t("member")], ["admin", t("admin")]];
const reload = () => location.reload();

async function members(place) {
  const path = `/v1/workspaces/${place.id}/members`;
  const manages = place.role_type === "owner" || place.role_type === "admin";
  const list = table([
    { title: t("name"), cell: (one) => [one.user_nickname, one.user_id === userID ? [" ", h("span.badge", t("you"))] : null] },
    { title: t("userName"), cell: (one) => one.user_unique_name },
    {
      title: t("role"),
      cell: (one) => (place.role_type === "owner" && one.role_type !== "owner"
        ? select(ROLES, {
          value: one.role_type, "aria-label": `${t("role")}: ${one.user_nickname}`,
          onchange: async (event) => {
            const control = event.target;
            try {
              await put(`/buckle/v1/workspaces/${place.id}/members/${one.user_id}`, { role_type: control.value });
              one.role_type = control.value;
              toast(t("saved"));
            } catch (error) {
              control.value = one.role_type;
              toast(error.message, { kind: "bad" });
            }
          },
        }) : t(one.role_type)),
    },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => (manages && one.role_type !== "owner" && one.user_id !== userID ? button(t("remove"), async (event) => {
        if (!(await confirm(t("removeTitle", { name: one.user_nickname }), t("removeText"), t("remove")))) return;
        await remove(path, { body: { user_ids: [one.user_id] } });
        list.remove(event.target);
        toast(t("removed", { name: one.user_nickname }));
      }, { kind: "danger small" }) : ""),
    },
  ]);
  const listed = numbered(list, path, {}, { id: "user_id", size: 20 });
  await listed.reload();
  const add = () => askForPerson(t("add"), ROLES, async (person, role) => {
    const done = await post(path, { users: [{ user_id: person.user_id, role_type: role }] });
    const outcome = [
      ["added_success_user_ids", "added"], ["invited_success_user_ids", "invited"], ["already_joined_user_ids", "already"],
      ["already_invited_user_ids", "waiting"],
    ].find(([group]) => done[group].length > 0);
    if (outcome) toast(t(outcome[1], { name: person.nick_name }));
    await Promise.all([listed.reload(), invited?.reload()]);
  });
  const invited = manages ? invitations(place) : undefined;
  await invited?.reload();
  return h("section", h("div.head", h("h2.grow", t("members", { name: place.name })),
    manages && button(t("add"), add, { kind: "primary" })), listed.element, invited?.element);
}

function invitations(place) {
  const path = `/buckle/v1/workspaces/${place.id}/invitations`;
  const list = table([
    { title: t("name"), cell: (one) => one.user_nickname },
    { title: t("userName"), cell: (one) => one.user_unique_name },
    { title: t("role"), cell: (one) => t(one.role_type) },
    { title: t("since"), cell: (one) => formatTime(one.created_at) },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => button(t("withdraw"), async (event) => {
        await remove(`${path}/${one.invitation_id}`);
        list.remove(event.target);
      }, { kind: "small" }),
    },
  ]);
  const listed = numbered(list, path, {}, { id: "invitation_id" });
  const element = h("section", { hidden: true }, h("h3", t("invitations")), listed.element);
  return {
    element,
    async reload() {
      await listed.reload();
      element.hidden = list.element.querySelector("tbody tr") === null;
    },
  };
}

async function ask(title, place) {
  const name = input({ value: place?.name ?? "", maxlength: 50 });
  const description = textarea({ value: place?.description ?? "", rows: 2 });
  const shown = dialog(title, form([field(t("name"), name, { required: true }), field(t("description"), description)],
    place ? t("save") : title, async () => {
      const body = { name: name.value.trim(), description: description.value.trim() };
      shown.close(place ? await put(`/v1/workspaces/${place.id}`, body).then(() => true) : await post("/v1/workspaces", body));
    }));
  return shown.done;
}

async function handOver(place) {
  const others = (await everything(`/v1/workspaces/${place.id}/members`)).filter((one) => one.user_id !== userID);
  const chosen = select(others.map((one) => [one.user_id, one.user_nickname]));
  const shown = dialog(t("handTitle", { name: place.name }), form([field(t("name"), chosen, { required: true })], t("hand"), async () => {
    await post(`/buckle/v1/workspaces/${place.id}/owner`, { user_id: chosen.value });
    shown.close(true);
  }));
  if (await shown.done) reload();
}

function actions(one) {
  const isOwner = one.role_type === "owner";
  const isPersonal = one.workspace_type === "personal";
  return [
    button(t("open"), () => { chooseWorkspace(one.id); reload(); }, { kind: "small" }), " ",
    one.role_type !== "member" && [button(t("edit"), async () => { if (await ask(t("edit"), one)) reload(); }, { kind: "small" }), " "],
    isOwner && !isPersonal && [button(t("hand"), () => handOver(one), { kind: "small" }), " "],
    !isOwner && button(t("leave"), async () => {
      if (!(await confirm(t("leaveTitle", { name: one.name }), t("leaveText"), t("leave")))) return;
      await post(`/buckle/v1/workspaces/${one.id}/leave`);
      reload();
    }, { kind: "danger small" }),
    isOwner && !isPersonal && button(t("delete"), async () => {
      if (!(await confirm(t("deleteTitle", { name: one.name }), t("deleteText"), t("delete")))) return;
      await remove(`/buckle/v1/workspaces/${one.id}`);
      reload();
    }, { kind: "danger small" }),
  ];
}

page(async (view) => {
  await showWorkspaces();
  const place = await workspace();
  const list = table([
    { title: t("name"), cell: (one) => [one.name, one.id === place.id ? [" ", h("span.badge.good", t("current"))] : null] },
    { title: t("type"), cell: (one) => t(one.workspace_type === "personal" ? "personal" : "team") },
    { title: t("role"), cell: (one) => t(one.role_type) },
    { title: t("description"), cell: (one) => one.description },
    { title: t("actions"), kind: "actions", cell: actions },
  ]);
  list.set(await workspaces());
  const make = async () => {
    const made = await ask(t("make"));
    if (!made) return;
    chooseWorkspace(made.id);
    reload();
  };
  view.append(await members(place),
    h("section", h("div.head", h("h2.grow", t("all")), button(t("make"), make)), list.element));
});
