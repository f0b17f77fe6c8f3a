// Deleting with a way back: what is deleted vanishes at once, and the server is asked when nobody can undo it any more.
import { remove } from "../lib/api.js";
import { toast } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { nameOf } from "./row.js";
import { isUnknown } from "./store.js";

const t = texts({
  en: {
    one: "“{name}” was deleted", many: "{count} conversations were deleted", undo: "Undo",
    failed: "“{name}” was not deleted: {reason}", failedMany: "{count} conversations were not deleted: {reason}",
  },
  zh: {
    one: "已删除“{name}”", many: "已删除 {count} 个会话", undo: "撤销", failed: "“{name}”未删除：{reason}",
    failedMany: "{count} 个会话未删除：{reason}",
  },
});

/** How long a deletion can be undone. */
const SECONDS = 8;
/** How many requests are under way at a time. */
const WIDTH = 4;

/**
 * @param onUndo called with the conversations that came back because somebody wanted so
 * @returns delete(conversations)
 */
export function deletion(store, onUndo) {
  /** What is deleted here and not yet on the server: lots of conversations with their toasts, oldest first. */
  const waiting = new Map();
  /** What the server is still to be asked for, of the lots that nobody can undo any more. */
  const running = new Set();

  // The page may be left meanwhile.
  const request = (one) => remove(`/v1/conversations/${one.id}`, { keepalive: true });

  function setGone(conversations, isGone) {
    for (const conversation of conversations) {
      conversation.isGone = isGone;
      store.tell(conversation);
    }
  }

  function undo(lot) {
    if (!waiting.delete(lot)) return;
    setGone(lot, false);
    onUndo(lot);
  }

  async function carryOut(lot) {
    if (!waiting.delete(lot)) return;
    const rest = [...lot];
    running.add(rest);
    const kept = [];
    let reason = "";
    const work = async () => {
      for (let one = rest.pop(); one; one = rest.pop()) {
        try {
          await request(one);
        } catch (error) {
          if (isUnknown(error)) continue;
          kept.push(one);
          reason = error.message;
        }
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, work));
    running.delete(rest);
    if (kept.length === 0) return;
    setGone(kept, false);
    const text = kept.length === 1
      ? t("failed", { name: nameOf(kept[0]), reason }) : t("failedMany", { count: kept.length, reason });
    toast(text, { kind: "bad", seconds: 12 });
  }

  // Who leaves the page wanted the deletion, and can no longer undo it. There is no later to wait for replies in.
  addEventListener("pagehide", () => {
    for (const shown of waiting.values()) shown.cancel();
    for (const lot of [...waiting.keys(), ...running]) for (const one of lot.splice(0)) request(one).catch(() => {});
    waiting.clear();
  });

  addEventListener("keydown", (event) => {
    const isPlain = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const isUndo = isPlain && event.key.toLowerCase() === "z";
    if (!isUndo || waiting.size === 0 || event.target.closest?.("input:not([type=checkbox]), textarea, dialog")) return;
    event.preventDefault();
    const [lot, shown] = [...waiting].at(-1);
    shown.cancel();
    undo(lot);
  });

  return (conversations) => {
    const lot = [...conversations];
    if (lot.length === 0) return;
    setGone(lot, true);
    const text = lot.length === 1 ? t("one", { name: nameOf(lot[0]) }) : t("many", { count: lot.length });
    waiting.set(lot, toast(text, {
      seconds: SECONDS, action: { label: t("undo"), run: () => undo(lot) }, onGone: () => carryOut(lot),
    }));
  };
}
