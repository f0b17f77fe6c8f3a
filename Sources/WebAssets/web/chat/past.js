// Reads what was said in a conversation, newest first, page by page.
import { call, get } from "../lib/api.js";
import { compareIDs, Turn, turnsOf } from "./turn.js";

export class Past {
  #chats = new Map();
  #nextChats = "";
  #hasAllChats = false;
  #cursor = "";
  /** Whether there is more before what was read. */
  hasMore = true;
  /** The chat that runs now; empty if none does. */
  running = "";

  constructor(conversation, signal) {
    this.conversation = conversation;
    this.signal = signal;
  }

  /**
   * Reads the page before.
   * @param known the turns that are shown already, by their chats; what belongs to one of them is added to it
   * @returns further turns, oldest first
   */
  async read(known = new Map()) {
    const { conversation, signal } = this;
    // The chats first: all messages of one that has ended by then are there.
    if (this.#cursor === "") await this.#readChats();
    const page = await call("POST", "/v1/conversation/message/list", {
      query: { conversation_id: conversation }, whole: true, signal,
      body: { order: "desc", limit: 50, include_middle_message: true, after_id: this.#cursor || undefined },
    });
    this.#cursor = page.last_id;
    this.hasMore = page.has_more;
    const found = [];
    for (const turn of turnsOf(page.data, conversation)) {
      const old = turn.id && known.get(turn.id);
      if (old) old.merge(turn);
      else found.push(turn);
    }
    // Messages of a chat that was read from its middle have greater ids than it; the chat itself tells its place.
    const oldest = found.find((one) => one.id)?.id;
    while (oldest && !this.#hasAllChats && compareIDs(oldest, this.#nextChats) < 0) await this.#readChats();
    for (const turn of found) {
      const chat = this.#chats.get(turn.id);
      if (chat) turn.take(chat);
    }
    if (this.running && !known.has(this.running) && !found.some((one) => one.id === this.running)) {
      found.push(new Turn({ id: this.running, conversation, status: "in_progress" }));
    }
    return found;
  }

  async #readChats() {
    const page = await get(`/buckle/v1/conversations/${this.conversation}/chats`, {
      limit: 100, before: this.#nextChats,
    }, { signal: this.signal });
    if (this.#nextChats === "") this.running = page.running_chat_id;
    for (const chat of page.chats) this.#chats.set(chat.id, chat);
    this.#nextChats = page.next;
    this.#hasAllChats = page.next === "";
  }
}
