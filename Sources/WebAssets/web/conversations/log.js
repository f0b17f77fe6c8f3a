// A conversation's turns as data: read from the newest backwards, joined with what is known of their chats.
import { call, get } from "../lib/api.js";
import { compareIDs, turnsOf } from "../chat/turn.js";

/** Messages of a page. */
const PAGE = 50;

/** The messages of a conversation, or of one of its chats. */
async function list(id, { signal, ...body }) {
  const reply = await call("POST", "/v1/conversation/message/list", {
    query: { conversation_id: id }, body: { limit: PAGE, include_middle_message: true, ...body }, whole: true, signal,
  });
  return { messages: reply.data, hasMore: reply.has_more };
}

export class Log {
  #signal;
  /** Pages that are read one after the other. */
  #nextChats;
  #oldest;
  #newest = "0";
  /** What is shown, oldest first. */
  turns = [];
  #turns = new Map();
  /** Chats by id. */
  chats = new Map();
  hasOlder = true;
  /** The chat that runs; empty if none does. */
  running = "";

  constructor(id, signal) {
    this.id = id;
    this.#signal = signal;
  }

  /** Reads the newest messages, or those before what is there already. @returns the turns that are new or changed */
  async older() {
    // The chats first: all messages of one that has ended by then are there.
    if (this.chats.size === 0) await this.#readChats();
    const page = await list(this.id, { order: "desc", after_id: this.#oldest, signal: this.#signal });
    this.hasOlder = page.hasMore;
    const changed = this.#take(page.messages);
    const oldest = this.turns.find((turn) => turn.id);
    while (this.#nextChats && oldest && compareIDs(this.#nextChats, oldest.id) > 0) await this.#readChats();
    this.#tell();
    return changed;
  }

  /** Reads what came since. @returns the turns that are new or changed */
  async newer() {
    const changed = new Set();
    await this.#readChats(true);
    for (;;) {
      const page = await list(this.id, { order: "asc", after_id: this.#newest, signal: this.#signal });
      for (const turn of this.#take(page.messages)) changed.add(turn);
      if (!page.hasMore) break;
    }
    this.#tell();
    return [...changed];
  }

  #take(messages) {
    const changed = [];
    for (const turn of turnsOf(messages, this.id)) {
      const key = turn.id || turn.questions[0]?.id || turn.steps[0]?.id;
      const known = this.#turns.get(key);
      if (known) {
        for (const message of messages) if (message.chat_id === turn.id) known.add(message);
        changed.push(known);
        continue;
      }
      const first = messages.filter((one) => (one.chat_id || one.id) === key).sort((a, b) => compareIDs(a.id, b.id))[0];
      [turn.firstID, turn.firstAt] = [first.id, first.created_at];
      this.#turns.set(key, turn);
      this.turns.push(turn);
      changed.push(turn);
    }
    this.turns.sort((a, b) => compareIDs(a.firstID, b.firstID));
    for (const { id } of messages) {
      if (!this.#oldest || compareIDs(id, this.#oldest) < 0) this.#oldest = id;
      if (compareIDs(id, this.#newest) > 0) this.#newest = id;
    }
    return changed;
  }

  async #readChats(isLatest = false) {
    const page = await get(`/buckle/v1/conversations/${encodeURIComponent(this.id)}/chats`, {
      limit: 100, before: isLatest ? undefined : this.#nextChats,
    }, { signal: this.#signal });
    for (const chat of page.chats) this.chats.set(chat.id, chat);
    if (!isLatest) this.#nextChats = page.next;
    this.running = page.running_chat_id;
  }

  #tell() {
    // Of a chat that was replaced meanwhile nothing is listed any more.
    this.turns = this.turns.filter((turn) => !this.chats.get(turn.id)?.superseded_by);
    for (const turn of this.turns) if (this.chats.has(turn.id)) turn.take(this.chats.get(turn.id));
  }

  /** The chats in whose place another one answered, oldest first. */
  replacedBy(id) {
    const found = [];
    for (const chat of this.chats.values()) {
      if (chat.superseded_by === id) found.push(...this.replacedBy(chat.id), chat);
    }
    return found.sort((a, b) => compareIDs(a.id, b.id));
  }

  /** What was said in chats that have been replaced. @returns turns */
  async readReplaced(chats) {
    const turns = [];
    for (const chat of chats) {
      const { messages } = await list(this.id, { order: "asc", chat_id: chat.id, signal: this.#signal });
      for (const turn of turnsOf(messages, this.id)) {
        turn.take(chat);
        turns.push(turn);
      }
    }
    return turns;
  }
}
