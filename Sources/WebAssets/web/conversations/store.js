// What this page knows of conversations. Lists and reader show the same objects, so that a new name or a deletion is
// seen everywhere at once, before the server has answered.
import { ApiError, get, put } from "../lib/api.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { blank: "A name must not be blank.", long: "A name has at most 100 characters; this one has {count}." },
  zh: { blank: "名称不能为空白。", long: "名称最多 100 个字符，当前有 {count} 个。" },
});

/** Why the server would refuse a name; empty if it would not. Characters are counted as it counts: code points. */
export function faultOf(name) {
  if (/^\p{White_Space}*$/u.test(name)) return t("blank");
  const count = [...name].length;
  return count > 100 ? t("long", { count }) : "";
}

/** Event `change`: what is known of `detail`, a conversation, is different now. */
export class ConversationStore extends EventTarget {
  #known = new Map();
  /** New names that the search may not know yet: the index follows about a second behind. */
  #fresh = new Set();

  /**
   * Notes what a reply tells of a conversation.
   * @returns {id, name, botID, botName, hasBot, createdAt, lastSectionID, isGone}: always the same object for an id
   */
  keep(item) {
    let known = this.#known.get(item.id);
    if (!known) {
      known = { id: item.id, isGone: false, renames: 0 };
      this.#known.set(item.id, known);
    }
    // A name on its way to the server is newer than any reply.
    if (!known.saving) known.name = item.name;
    known.savedName = item.name;
    known.createdAt = item.created_at;
    known.lastSectionID = item.last_section_id;
    known.botID = item.bot_id;
    known.botName = item.bot_name;
    known.hasBot = item.is_bot_available;
    return known;
  }

  /** What is known of a conversation; undefined if nothing is. */
  known(id) {
    return this.#known.get(id);
  }

  tell(conversation) {
    this.dispatchEvent(new CustomEvent("change", { detail: conversation }));
  }

  /** @returns a page: {items: [{conversation, hits: []}], next} */
  async list(cursor, { botID, signal }) {
    const page = await get("/buckle/v1/conversations", {
      bot_id: botID, before: cursor, limit: cursor ? 100 : 50,
    }, { signal });
    return { items: page.conversations.map((item) => ({ conversation: this.keep(item), hits: [] })), next: page.next };
  }

  /** Like `list`, with what was found: a conversation may have several hits, also on different pages. */
  async search(query, cursor, { botID, signal }) {
    const request = { query, bot_id: botID, cursor, limit: 50 };
    const page = await get("/buckle/v1/conversations/search", request, { signal }).catch((error) => {
      // Nothing but punctuation, or more than the server looks for: nothing is found.
      if (error.code !== 4000) throw error;
      return { items: [], next_cursor: "" };
    });
    const items = page.items.map((item) => ({ conversation: this.keep(item.conversation), hits: [item] }));
    return { items: cursor ? items : [...this.#freshlyNamed(query, botID), ...items], next: page.next_cursor };
  }

  #freshlyNamed(query, botID) {
    const wanted = query.trim().toLowerCase();
    return [...this.#fresh]
      .filter((one) => one.name.toLowerCase().includes(wanted) && (!botID || one.botID === botID))
      .map((conversation) => ({ conversation, hits: [] }));
  }

  async find(id, options) {
    return this.keep(await get(`/buckle/v1/conversations/${encodeURIComponent(id)}`, undefined, options));
  }

  /** Shows the new name at once, and the old one again if the server refuses it, which is thrown. */
  async rename(conversation, name) {
    if (name === conversation.name) return;
    conversation.renames += 1;
    const turn = conversation.renames;
    const before = conversation.saving ?? Promise.resolve();
    conversation.name = name;
    conversation.saving = this.#save(conversation, name, before);
    this.tell(conversation);
    try {
      conversation.savedName = await conversation.saving;
    } finally {
      if (turn === conversation.renames) {
        conversation.saving = undefined;
        conversation.name = conversation.savedName;
        this.tell(conversation);
      }
    }
  }

  async #save(conversation, name, before) {
    // One after the other: the last name that was typed must be the last to arrive.
    await before.catch(() => {});
    // The page may be left right after Enter.
    const saved = await put(`/v1/conversations/${conversation.id}`, { name }, { keepalive: true });
    this.#fresh.add(conversation);
    setTimeout(() => this.#fresh.delete(conversation), 5000);
    return saved.name;
  }
}

/** Whether the server says that there is no such conversation, or none of this account. */
export const isUnknown = (error) => error instanceof ApiError && error.code === 4002;
