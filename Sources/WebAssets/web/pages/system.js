// How the server is doing, and its backups. For operators.
import { get, post, remove } from "../lib/api.js";
import { button, confirm, h, showError, table, toast } from "../lib/dom.js";
import { page } from "../lib/page.js";
import { formatBytes, formatDuration, formatNumber, formatTime, texts } from "../lib/text.js";

const t = texts({
  en: {
    server: "Server", version: "Version", started: "Started", uptime: "Running for", memory: "Memory", cpu: "CPU time",
    files: "Open files", streams: "Open streams", running: "Chats being answered", database: "Database", kind: "Kind", size: "Size",
    schema: "Schema version", contents: "Contents", accounts: "People", workspaces: "Workspaces", agents: "Agents",
    uploads: "Uploaded files", disk: "Disk", directory: "Data directory", free: "Free", of: "{free} of {total}", backups: "Backups",
    settings: "Settings", registration: "Anybody may register", limits: "Rate limits", audit: "Audit log kept for",
    usage: "Usage kept for", publicURL: "Public address", yes: "yes", no: "no", days: "{count} days", forever: "for ever",
    models: "Models", every: "Automatic backups", everyHours: "every {hours} h, the last {keep} are kept", off: "off",
    make: "Back up now", name: "Name", time: "Made", state: "State", actions: "Actions", done: "done", failed: "failed",
    runningState: "being made…", download: "Download", delete: "Delete", deleteTitle: "Delete the backup {name}?",
    deleteText: "This cannot be undone.", empty: "No backups yet. A backup holds all conversations and files: keep it where only you can read it.",
    postgres: "This server's data lies in PostgreSQL: use pg_dump, and copy the data directory's folder blobs.", made: "The backup is made.",
    restore: "To bring one back, stop the server and run: buckle restore --data-dir DIRECTORY --force FILE",
  },
  zh: {
    server: "服务器", version: "版本", started: "启动时间", uptime: "已运行", memory: "内存", cpu: "CPU 时间",
    files: "打开的文件", streams: "打开的流", running: "正在回答的对话", database: "数据库", kind: "类型", size: "大小",
    schema: "结构版本", contents: "内容", accounts: "用户", workspaces: "工作空间", agents: "智能体",
    uploads: "上传的文件", disk: "磁盘", directory: "数据目录", free: "可用", of: "{free} / {total}", backups: "备份",
    settings: "设置", registration: "开放注册", limits: "频率限制", audit: "操作记录保留", usage: "用量保留",
    publicURL: "公开地址", yes: "是", no: "否", days: "{count} 天", forever: "永久",
    models: "模型", every: "自动备份", everyHours: "每 {hours} 小时一次，保留最近 {keep} 份", off: "未启用",
    make: "立即备份", name: "名称", time: "创建时间", state: "状态", actions: "操作", done: "完成", failed: "失败",
    runningState: "正在创建…", download: "下载", delete: "删除", deleteTitle: "删除备份“{name}”？",
    deleteText: "此操作无法恢复。", empty: "还没有备份。备份包含所有会话和文件，请存放在仅您可读取的位置。",
    postgres: "本服务器的数据存于 PostgreSQL：请使用 pg_dump，并复制数据目录中的 blobs 文件夹。", made: "备份已完成。",
    restore: "恢复备份：先停止服务器，再运行 buckle restore --data-dir 目录 --force 文件",
  },
});

const yesNo = (value) => t(value ? "yes" : "no");
const kept = (days) => (days > 0 ? t("days", { count: days }) : t("forever"));

const facts = (title, lines) => h("section.card", h("h2", title), h("dl.facts", lines.map(([name, value]) => h("div", h("dt", name), h("dd", value)))));

function cards(system) {
  const { database, disk, process, contents, settings } = system;
  return h("div.columns",
    facts(t("server"), [
      [t("version"), system.version], [t("started"), formatTime(system.started_at)], [t("uptime"), formatDuration(system.uptime * 1000)],
      [t("streams"), formatNumber(process.open_streams)], [t("running"), formatNumber(process.running_chats)],
      [t("memory"), formatBytes(process.memory_bytes)], [t("cpu"), formatDuration(process.cpu_seconds * 1000)],
      [t("files"), formatNumber(process.open_files)],
    ]),
    facts(t("database"), [
      [t("kind"), `${database.kind === "sqlite" ? "SQLite" : "PostgreSQL"} ${database.version}`], [t("size"), formatBytes(database.size_bytes)],
      [t("schema"), database.schema_version], [t("accounts"), formatNumber(contents.accounts)],
      [t("workspaces"), formatNumber(contents.workspaces)], [t("agents"), formatNumber(contents.bots)],
      [t("uploads"), `${formatNumber(contents.files)} (${formatBytes(contents.file_bytes)})`],
    ]),
    facts(t("disk"), [
      [t("directory"), h("code.small", disk.data_directory)],
      [t("free"), t("of", { free: formatBytes(disk.free_bytes), total: formatBytes(disk.total_bytes) })],
      [t("backups"), formatBytes(disk.backup_bytes)],
    ]),
    facts(t("settings"), [
      [t("publicURL"), settings.public_url], [t("registration"), yesNo(settings.registration_open)], [t("limits"), yesNo(settings.rate_limits)],
      [t("models"), formatNumber(system.models)], [t("audit"), kept(settings.audit_retention_days)], [t("usage"), kept(settings.usage_retention_days)],
      [t("every"), settings.backup_every_hours > 0
        ? t("everyHours", { hours: settings.backup_every_hours, keep: settings.backup_keep }) : t("off")],
    ]));
}

async function backups() {
  const list = table([
    { title: t("name"), cell: (one) => h("code.small", one.name) },
    { title: t("time"), cell: (one) => formatTime(one.created_at) },
    { title: t("size"), kind: "number", cell: (one) => (one.state === "done" ? formatBytes(one.size_bytes) : "–") },
    {
      title: t("state"),
      cell: (one) => [
        h("span.badge", { class: { done: "good", failed: "bad" }[one.state] ?? "" }, t(one.state === "running" ? "runningState" : one.state)),
        one.error && h("div.small", one.error),
      ],
    },
    {
      title: t("actions"), kind: "actions",
      cell: (one) => [
        one.state === "done" && [h("a", { href: `/buckle/v1/backups/${one.name}/content`, download: one.name }, t("download")), " "],
        one.state !== "running" && button(t("delete"), async (event) => {
          if (!(await confirm(t("deleteTitle", { name: one.name }), t("deleteText"), t("delete")))) return;
          await remove(`/buckle/v1/backups/${one.name}`);
          list.remove(event.target);
        }, { kind: "danger small" }),
      ],
    },
  ], { empty: t("empty") });

  /** Looks until none is being made any more. */
  async function follow() {
    for (;;) {
      const { items } = await get("/buckle/v1/backups");
      list.set(items);
      if (!items.some((one) => one.state === "running")) return items;
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
  }
  const make = button(t("make"), async () => {
    const made = await post("/buckle/v1/backups");
    const items = await follow();
    const state = items.find((one) => one.name === made.name);
    if (state?.state === "done") toast(t("made"));
    else if (state?.error) toast(state.error, { kind: "bad" });
  }, { kind: "primary" });
  follow().catch(showError);
  return h("section", h("div.head", h("h2.grow", t("backups")), make), list.element, h("p.muted.small", t("restore")));
}

page(async (view) => {
  const system = await get("/buckle/v1/system");
  view.append(cards(system),
    system.database.kind === "sqlite" ? await backups() : h("section", h("h2", t("backups")), h("p", t("postgres"))));
});
