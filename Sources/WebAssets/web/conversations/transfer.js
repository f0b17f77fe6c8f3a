// Taking conversations out as files, and in again.
import { ApiError, download, post } from "../lib/api.js";
import { h, toast } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { nameOf } from "./row.js";

const t = texts({
  en: {
    noJSON: "{file}: this is no JSON. Choose a file that was exported as JSON.", refused: "{file}: {reason}",
    done: "“{name}” was imported", doneMany: "{count} conversations were imported",
  },
  zh: {
    noJSON: "{file}：不是 JSON 文件。请选择以 JSON 格式导出的文件。", refused: "{file}：{reason}", done: "已导入“{name}”",
    doneMany: "已导入 {count} 个会话",
  },
});

const ENDINGS = { json: "json", markdown: "md" };

/** Downloads a conversation. @param format json, which can be imported again, or markdown */
export async function exportConversation(conversation, format) {
  const blob = await download(`/buckle/v1/conversations/${conversation.id}/export`, { format });
  const address = URL.createObjectURL(blob);
  // What file systems do not take in names is left out.
  const name = nameOf(conversation).replace(/[\s\\/:*?"<>|\p{Cc}\p{Cf}]+/gu, " ").trim();
  const short = [...name].slice(0, 80).join("").trim() || conversation.id;
  h("a", { href: address, download: `${short}.${ENDINGS[format]}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/**
 * Imports files one after the other, and tells what went wrong with which.
 * @returns the new conversations as replies tell them
 */
export async function importFiles(files) {
  const made = [];
  for (const file of files) {
    try {
      made.push(await post("/buckle/v1/conversations/import", JSON.parse(await file.text())));
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof SyntaxError)) throw error;
      const text = error instanceof SyntaxError
        ? t("noJSON", { file: file.name }) : t("refused", { file: file.name, reason: error.message });
      toast(text, { kind: "bad", seconds: 20 });
    }
  }
  if (made.length > 0) {
    toast(made.length === 1 ? t("done", { name: nameOf(made[0]) }) : t("doneMany", { count: made.length }));
  }
  return made;
}
