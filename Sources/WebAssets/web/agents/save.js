// Saving a draft that others may have changed since.
import { ApiError, put } from "../lib/api.js";
import { button, dialog, h } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { draft } from "./bots.js";
import { differences } from "./compare.js";

const t = texts({
  en: {
    title: "Somebody else has changed this agent",
    text:
      "The draft has changed since you opened it or saved it last, perhaps in another window. Yours is not saved yet.",
    theirs: "What they have changed", keep: "Go on editing", load: "Load theirs, drop mine",
    overwrite: "Overwrite with mine",
  },
  zh: {
    title: "该智能体已被他人修改",
    text: "自您打开或上次保存之后，草稿已被他人（或在其他窗口中）修改。您的内容尚未保存。",
    theirs: "对方的修改", keep: "继续编辑", load: "载入对方版本，放弃我的", overwrite: "用我的版本覆盖",
  },
});

/**
 * Does what is refused once somebody else has changed the draft.
 * @returns {draft} as it is then; {changed: the draft as somebody else left it} if that was why it was refused
 */
export async function guarded(id, revision, work) {
  try {
    return { draft: await work() };
  } catch (error) {
    // 4000 stands for whatever is wrong with a request: only the draft tells whether it was this.
    if (!(error instanceof ApiError) || error.code !== 4000) throw error;
    const current = await draft(id);
    if (current.revision === revision) throw error;
    return { changed: current };
  }
}

/**
 * Saves a draft; if somebody else has changed it, asks what to do.
 * @param base the draft that was edited
 * @returns {draft, isTheirs}; undefined if nothing was saved
 */
export async function save(base, content) {
  let { revision } = base;
  for (;;) {
    const outcome = await guarded(base.bot_id, revision, () =>
      put(`/buckle/v1/bots/${base.bot_id}/draft`, { ...content, revision }));
    if (outcome.draft) return { draft: outcome.draft, isTheirs: false };
    const choice = await ask(base, outcome.changed);
    if (choice === "load") return { draft: outcome.changed, isTheirs: true };
    if (choice !== "overwrite") return undefined;
    revision = outcome.changed.revision;
  }
}

async function ask(base, current) {
  const shown = dialog(t("title"), [
    h("p", t("text")), h("h3", t("theirs")), differences(base, current, "h4").element,
  ], [
    button(t("keep"), () => shown.close()), button(t("load"), () => shown.close("load"), { kind: "danger" }),
    button(t("overwrite"), () => shown.close("overwrite"), { kind: "danger" }),
  ]);
  shown.element.classList.add("wide-dialog");
  return shown.done;
}
