// What a chat came to: how it ended, who answered, what it took.
import { get } from "../lib/api.js";
import { copyButton, h } from "../lib/dom.js";
import { formatDuration, formatNumber, texts } from "../lib/text.js";

const t = texts({
  en: {
    chat: "About this chat", created: "Created", in_progress: "In progress", completed: "Completed", failed: "Failed",
    requires_action: "Waits for tools", canceled: "Canceled", status: "Status", model: "Model", tokens: "Tokens",
    counts: "{input} in, {output} out", took: "Took", instant: "under 1 s",
    seconds: "{count} s", log: "Log ID", copyLog: "Copy log ID",
  },
  zh: {
    chat: "此次对话的信息", created: "已创建", in_progress: "进行中", completed: "已完成", failed: "失败",
    requires_action: "等待工具输出", canceled: "已取消", status: "状态", model: "模型", tokens: "Token 数",
    counts: "输入 {input}，输出 {output}", took: "用时", instant: "不到 1 秒",
    seconds: "{count} 秒", log: "日志 ID", copyLog: "复制日志 ID",
  },
});

let known;
/** The names of models by id; none if this account may not see them. */
const modelNames = () => (known ??= get("/buckle/v1/models").then(
  ({ models }) => new Map(models.map((model) => [model.id, model.name])), () => new Map()));

const BAD = ["failed", "canceled"];

/** @param chat as the list of a conversation's chats tells it */
export function chatInfo(chat) {
  const end = chat.completed_at || chat.failed_at;
  const model = h("dd", chat.model_id);
  if (chat.model_id) modelNames().then((names) => (model.textContent = names.get(chat.model_id) ?? chat.model_id));
  // Times are whole seconds.
  const seconds = end ? end - chat.created_at : undefined;
  const rows = [
    [t("status"), h("dd", h("span.badge", { class: BAD.includes(chat.status) ? "bad" : "" }, t(chat.status)))],
    chat.model_id && [t("model"), model],
    chat.usage && [t("tokens"), h("dd", t("counts", {
      input: formatNumber(chat.usage.input_count), output: formatNumber(chat.usage.output_count),
    }))],
    seconds !== undefined && [t("took"), h("dd", took(seconds))],
    chat.log_id && [t("log"), h("dd.log-id", h("code", chat.log_id), named(copyButton(chat.log_id), t("copyLog")))],
  ].filter(Boolean);
  return h("dl.chat-info", { "aria-label": t("chat") }, rows.map(([name, value]) => h("div", h("dt", name), value)));
}

function took(seconds) {
  if (seconds === 0) return t("instant");
  return seconds < 60 ? t("seconds", { count: seconds }) : formatDuration(seconds * 1000);
}

function named(button, label) {
  button.title = label;
  return button;
}
