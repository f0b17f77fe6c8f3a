// How things end, in words.
import { language, texts } from "../lib/text.js";

const t = texts({
  en: {
    done: "Answer complete: {text}", stopped: "Stopped", failed: "The answer failed. {text}",
    tools: "The agent waits for the outputs of tools",
    running: "An answer is being written in this conversation, perhaps in another window. "
      + "Your message can be sent when it is complete, or stopped.",
    unpublished: "This agent is not published. It can be talked to once it is.",
    unknownConversation: "There is no such conversation. It may have been deleted.",
    stale: "The conversation has changed meanwhile, perhaps in another window. This is how it stands now.",
    offline: "The server cannot be reached.",
    busy: "Too many messages at a time. Try again in a moment.", logged: "{reason} (log ID {id})",
  },
  zh: {
    done: "回答完成：{text}", stopped: "已停止", failed: "回答失败。{text}", tools: "智能体正在等待工具的输出",
    running: "此会话中有回答正在进行，可能来自其他窗口。待其完成或停止后即可发送您的消息。",
    unpublished: "此智能体尚未发布，发布后才能与它对话。", unknownConversation: "没有这个会话，它可能已被删除。",
    stale: "此会话已有变化，可能来自其他窗口。现在显示的是最新内容。", offline: "无法连接服务器。",
    busy: "消息过于频繁，请稍后再试。", logged: "{reason}（日志 ID {id}）",
  },
});

/** The API tells in English what went wrong; what happens to many is told in Chinese too. */
const CHINESE = {
  4010: "内容超出了模型能读取的长度", 4012: "智能体所用的模型不存在", 4013: "模型未能回答", 4014: "模型的内容过滤拒绝了回答",
  4020: "请求过于频繁，请稍后再试", 4022: "模型账户余额不足", 4200: "智能体不存在，或您无权访问", 5000: "服务器处理失败，请稍后再试",
};

/** Why a chat failed: a text for an error of the API, {code, msg}. */
export const failure = ({ code, msg }) => (language === "zh" && CHINESE[code]) || msg;

export const RUNNING = 4016;
export const UNKNOWN_CONVERSATION = 4002;
const UNPUBLISHED = 4015;

/** Whether a chat cannot be answered anew, or continued, since something else has become of it. */
export const isStale = (error) => error.code === 4000 && /\bchat_id\b/.test(error.message);

/** Why something was refused. */
export function reason(error) {
  if (error.status === 0) return t("offline");
  if (error.status === 429) return t("busy");
  if (error.code === RUNNING) return t("running");
  if (error.code === UNPUBLISHED) return t("unpublished");
  if (error.code === UNKNOWN_CONVERSATION) return t("unknownConversation");
  if (isStale(error)) return t("stale");
  const text = failure({ code: error.code, msg: error.message });
  return error.logID ? t("logged", { reason: text, id: error.logID }) : text;
}

/** Characters of an answer that are read out when it is complete. */
const SPOKEN = 500;

/** What screen readers are told when a chat has ended. */
export function ending({ turn, made }) {
  if (turn.status === "canceled") return t("stopped");
  if (turn.status === "failed") return t("failed", { text: turn.error ? failure(turn.error) : "" });
  if (turn.status === "requires_action") return t("tools");
  const said = [...made.querySelectorAll(".markdown")].map((one) => one.textContent).join(" ");
  return t("done", { text: said.length > SPOKEN ? `${said.slice(0, SPOKEN)}…` : said });
}
