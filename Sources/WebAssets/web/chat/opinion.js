// What people think of answers, and why, if the page that shows the chat wants to know.
import { post, remove } from "../lib/api.js";
import { checkbox, dialog, field, form, h, showError, textarea } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { title: "What is wrong with the answer?", reasons: "Reasons", comment: "Comment", send: "Send" },
  zh: { title: "这个回答有什么问题？", reasons: "原因", comment: "补充说明", send: "提交" },
});

/** What the server takes: reasons, and characters of each and of the comment. */
const LIMITS = { reasons: 10, reason: 30, comment: 250 };

/**
 * Notes what somebody thinks of a turn's answer.
 * @param kind like, unlike or empty to take it back  @param panel what is asked about bad answers, {title, placeholder,
 *   tags: reasons to choose from}; nothing if undefined  @param show called when the turn has changed
 */
export async function judge(turn, kind, panel, show) {
  const why = kind === "unlike" && panel ? await askWhatIsWrong(panel) : {};
  if (!why) return;
  const { id } = turn.judged;
  const path = `/v1/conversations/${turn.conversation}/messages/${id}/feedback`;
  const before = turn.opinion;
  turn.opinions.set(id, kind);
  show();
  try {
    await (kind ? post(path, { feedback_type: kind, ...why }) : remove(path));
  } catch (error) {
    turn.opinions.set(id, before);
    show();
    showError(error);
  }
}

/** @returns a promise of {reason_types, comment}; of undefined if the person would rather not say anything */
function askWhatIsWrong({ title, placeholder = "", tags = [] }) {
  const reasons = [...new Set(tags.map((tag) => [...String(tag).trim()].slice(0, LIMITS.reason).join("")))]
    .filter(Boolean).slice(0, LIMITS.reasons);
  const boxes = reasons.map((reason) => checkbox(reason));
  const comment = textarea({ rows: 3, maxlength: LIMITS.comment, placeholder });
  const shown = dialog(title || t("title"), form([
    boxes.length > 0 && h("fieldset", h("legend", t("reasons")), boxes.map((box) => box.element)),
    field(t("comment"), comment),
  ], t("send"), () => shown.close({
    reason_types: reasons.filter((_, index) => boxes[index].input.checked), comment: comment.value.trim(),
  })));
  return shown.done;
}
