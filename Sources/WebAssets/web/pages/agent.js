// The editor of one agent: its draft with a chat to try it, its versions, and how it is reached.
import { get } from "../lib/api.js";
import { button, fill, h, tabs, toast } from "../lib/dom.js";
import { page, path, setTitle } from "../lib/page.js";
import { texts } from "../lib/text.js";
import { draft } from "../agents/bots.js";
import { draftForm } from "../agents/form.js";
import { integration } from "../agents/integrate.js";
import { publish } from "../agents/publish.js";
import { save } from "../agents/save.js";
import { testChat } from "../agents/test-chat.js";
import { versionList } from "../agents/versions.js";

const t = texts({
  en: {
    all: "All agents", configure: "Configure", versions: "Versions", integrate: "Publication and API", save: "Save",
    publish: "Publish", unsaved: "Unsaved changes", saved: "Saved.", nothing: "Everything is saved.",
    theirs: "This is what they have saved.", draft: "draft", published: "published",
    changed: "published, changed since",
    offline: "offline", test: "Test chat", form: "Back",
    readOnly: "You can look at this agent and try it, but not change it: only its owner and collaborators can.",
  },
  zh: {
    all: "全部智能体", configure: "配置", versions: "版本", integrate: "发布与 API", save: "保存",
    publish: "发布", unsaved: "有未保存的修改", saved: "已保存。", nothing: "没有需要保存的修改。",
    theirs: "已载入对方保存的内容。", draft: "草稿", published: "已发布", changed: "已发布，之后有修改",
    offline: "已下线", test: "调试", form: "返回",
    readOnly: "您可以查看和试用此智能体，但不能修改：只有所有者和协作者可以修改。",
  },
});

function stateBadge(bot) {
  if (!bot.latest_version) return h("span.badge", t("draft"));
  if (bot.online_channels.length === 0) return h("span.badge", t("offline"));
  return h("span.badge.good", t(bot.has_unpublished_changes ? "changed" : "published"));
}

page(async (view) => {
  const id = path[1];
  const [opened, { models }] = await Promise.all([draft(id), get("/buckle/v1/models")]);
  let bot = opened;
  let form;
  /** What the form holds when there is nothing to save. */
  let clean = "";
  let isDirty = false;

  const badge = h("span");
  const unsaved = h("span.badge.bad", { hidden: true }, t("unsaved"));
  const status = h("span", { role: "status" }, unsaved);
  const place = h("div.form-place");
  const chat = testChat(id);
  const editor = h("div.editor", place, chat.element);

  const content = () => JSON.stringify(form.value());

  function update() {
    isDirty = bot.can_edit && content() !== clean;
    unsaved.hidden = !isDirty;
    chat.markUnsaved(isDirty);
  }

  /** Takes over how the agent stands, without touching the form. */
  function take(changed) {
    bot = changed;
    setTitle(bot.name);
    fill(badge, stateBadge(bot));
    integrate.show(bot);
  }

  /** Begins to edit a draft. */
  function open(changed) {
    take(changed);
    form = draftForm(bot, models);
    clean = content();
    fill(place, !bot.can_edit && h("p.note", t("readOnly")), form.element);
    update();
  }

  let last = Promise.resolve();
  /** One after the other: each begins with what the one before has left. @returns whether all in the form is saved */
  function store() {
    last = last.then(storeNow, storeNow);
    return last;
  }

  async function storeNow() {
    if (!isDirty) return true;
    tab.open("configure");
    showTest(false);
    if (!form.check()) return false;
    const sent = content();
    const outcome = await save(bot, JSON.parse(sent));
    if (!outcome) return false;
    if (outcome.isTheirs) {
      open(outcome.draft);
      toast(t("theirs"));
    } else {
      take(outcome.draft);
      const hasStayed = content() === sent;
      if (hasStayed) form.take(bot);
      clean = hasStayed ? content() : sent;
      update();
    }
    chat.refresh();
    return !outcome.isTheirs && !isDirty;
  }

  async function storeAndTell() {
    if (!isDirty) toast(t("nothing"));
    else if (await store()) toast(t("saved"));
  }

  async function reread() {
    take(await draft(id));
    if (versionsAreShown) await versions.reload();
  }

  async function publishDraft() {
    if ((await store()) && (await publish(id))) await reread();
  }

  const integrate = integration({ onChange: reread });
  const versions = versionList(id, {
    current: () => bot,
    onRevert(reverted) { open(reverted); chat.refresh(); },
  });
  let versionsAreShown = false;
  const saving = button(t("save"), storeAndTell, { "aria-keyshortcuts": "Control+S Meta+S" });
  const publishing = button(t("publish"), publishDraft, { kind: "primary" });
  const testing = button(t("test"), () => {
    showTest(!editor.classList.contains("is-testing"));
    tab.open("configure");
    if (editor.classList.contains("is-testing")) chat.element.scrollIntoView({ block: "end" });
  }, { class: "test-switch" });
  /** Where there is no room for both: whether the chat is shown in the place of the form. */
  function showTest(is) {
    editor.classList.toggle("is-testing", is);
    testing.textContent = t(is ? "form" : "test");
  }

  const tab = tabs([
    { id: "configure", title: t("configure"), show: (panel) => { panel.append(editor); } },
    {
      id: "versions", title: t("versions"),
      show(panel) {
        panel.append(versions.element);
        versionsAreShown = true;
        return versions.reload();
      },
    },
    { id: "api", title: t("integrate"), show: (panel) => { panel.append(integrate.element); } },
  ], { onShow: (name) => { if (name !== "configure") showTest(false); } });

  open(bot);
  editor.addEventListener("input", update);
  editor.addEventListener("change", update);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (bot.can_edit && !document.querySelector("dialog[open]")) saving.click();
  });
  window.addEventListener("beforeunload", (event) => { if (isDirty) event.preventDefault(); });
  view.append(h("div.head.editor-bar",
    h("a", { href: "/agents" }, "← ", t("all")), badge, h("span.grow", status), testing,
    bot.can_edit && [saving, publishing]), tab.element);
});
