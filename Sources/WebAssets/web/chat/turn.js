// One turn of a conversation as data: what was asked, and all that came of it. It is fed with stored messages or with
// the events of a stream, and is the same in the end.

/** Ids are whole numbers without leading zeros: the longer one is the greater. */
export const compareIDs = (a, b) => a.length - b.length || (a < b ? -1 : Number(a > b));

const END = ["completed", "failed", "canceled", "requires_action"];

export class Turn {
  #messages = new Map();
  /** What the events of the log have told so far, while that is less than what is shown already. */
  #replayed = null;

  /** @param id the chat's; empty while there is none yet, or for a message that belongs to none */
  constructor({ id = "", conversation = "", status = "", questions = [] } = {}) {
    this.id = id;
    this.conversation = conversation;
    /** sending, in_progress, completed, failed, canceled or requires_action; empty if it is not known */
    this.status = status;
    this.questions = questions;
    this.error = null;
    this.usage = null;
    this.calls = [];
    this.logID = "";
    this.section = "";
    this.createdAt = 0;
    this.completedAt = 0;
    this.isReconnecting = false;
    /** like, unlike or empty by an answer's id: what somebody thinks of it */
    this.opinions = new Map();
  }

  get isRunning() {
    return ["sending", "created", "in_progress"].includes(this.status);
  }

  /** Adds a stored message. */
  add(message) {
    this.section ||= message.section_id ?? "";
    if (message.role !== "user") {
      this.#messages.set(message.id, message);
      return;
    }
    this.questions = [...this.questions.filter((one) => one.id !== message.id), message]
      .sort((a, b) => compareIDs(a.id, b.id));
  }

  /** Adds what another turn knows of the same chat. */
  merge(other) {
    for (const message of [...other.questions, ...other.#messages.values()]) this.add(message);
  }

  /** Takes over how the chat stands, as the API tells it. */
  take(chat) {
    this.id = chat.id;
    this.conversation = chat.conversation_id;
    this.status = chat.status === "created" ? "in_progress" : chat.status;
    this.section ||= chat.section_id ?? "";
    this.usage = chat.usage ?? null;
    this.error = chat.status === "failed" ? chat.last_error ?? { code: 0, msg: "" } : null;
    this.calls = chat.required_action?.submit_tool_outputs.tool_calls ?? [];
    this.createdAt = chat.created_at ?? 0;
    this.completedAt = chat.completed_at ?? 0;
    if (chat.log_id) this.logID = chat.log_id;
    for (const one of chat.feedback ?? []) this.opinions.set(one.message_id, one.feedback_type);
    const inserted = chat.inserted_additional_messages ?? [];
    if (inserted.length === this.questions.length) {
      this.questions.forEach((question, index) => (question.id = inserted[index].id));
    }
  }

  /** The events that follow are those of the log, from its beginning. What is shown stays until they have caught up. */
  replay() {
    this.#replayed = new Map();
  }

  /** Takes in one event of a stream. */
  apply({ event, data }) {
    const messages = this.#replayed ?? this.#messages;
    if (event === "conversation.message.delta") {
      const known = messages.get(data.id) ?? { ...data, content: "", reasoning_content: "" };
      messages.set(data.id, {
        ...known, isPartial: true, content: known.content + (data.content ?? ""),
        reasoning_content: (known.reasoning_content ?? "") + (data.reasoning_content ?? ""),
      });
    } else if (event === "conversation.message.completed") {
      messages.set(data.id, data);
    } else if (event.startsWith("conversation.chat.")) {
      this.take(data);
    } else if (event === "error") {
      this.status = "failed";
      this.error = data;
    }
    if (this.#replayed && (event === "done" || size(this.#replayed) >= size(this.#messages))) {
      this.#messages = this.#replayed;
      this.#replayed = null;
    }
  }

  get #sorted() {
    return [...this.#messages.values()].sort((a, b) => compareIDs(a.id, b.id));
  }

  /**
   * What the bot did and said, in its order: {id, kind: "answer", text, reasoning, isPartial} and
   * {id, kind: "call", name, arguments, output}; output is undefined until it is there.
   */
  get steps() {
    const steps = [];
    for (const message of this.#sorted) {
      if (message.type === "function_call") {
        const call = parsed(message.content) ?? {};
        const input = call.arguments ?? message.content;
        steps.push({ id: message.id, kind: "call", name: call.name ?? "", arguments: input });
      } else if (message.type === "tool_response" || message.type === "tool_output") {
        const call = steps.find((one) => one.kind === "call" && one.output === undefined);
        if (call) call.output = message.content;
      } else if (message.type === "answer" || message.type === "") {
        steps.push({
          id: message.id, kind: "answer", text: message.content, reasoning: message.reasoning_content ?? "",
          isPartial: Boolean(message.isPartial) && !END.includes(this.status),
        });
      }
    }
    return steps;
  }

  /** The answer that is judged, if there is one. */
  get judged() {
    return this.steps.findLast((one) => one.kind === "answer");
  }

  /** like, unlike or empty */
  get opinion() {
    return this.opinions.get(this.judged?.id) ?? "";
  }

  /** What the bot proposes to ask next. */
  get followUps() {
    return this.#sorted.filter((one) => one.type === "follow_up").map((one) => one.content);
  }

  /** All that the bot answered, as it is copied. */
  get text() {
    return this.steps.filter((one) => one.kind === "answer").map((one) => one.text).join("\n\n");
  }
}

function size(messages) {
  let total = 0;
  for (const one of messages.values()) total += one.content.length + (one.reasoning_content?.length ?? 0);
  return total;
}

export function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** The parts of a message: [{type: "text", text}, {type: "image"|"file"|"audio", file_id | file_url}]. */
export function parts(message) {
  const found = message.content_type === "object_string" ? parsed(message.content) : undefined;
  return Array.isArray(found) ? found : [{ type: "text", text: message.content }];
}

/** The text of a message. */
export const textOf = (message) => parts(message).find((one) => one.type === "text")?.text ?? "";

/** What the API takes as a question: a text, and the files beside it as parts. */
export function question(text, files = []) {
  if (files.length === 0) return { role: "user", type: "question", content_type: "text", content: text };
  const content = JSON.stringify([{ type: "text", text }, ...files]);
  return { role: "user", type: "question", content_type: "object_string", content };
}

/**
 * Puts messages that were listed together into turns, oldest first. Messages of one chat are one turn; what belongs to
 * no chat is a turn of its own.
 */
export function turnsOf(messages, conversation) {
  const turns = new Map();
  for (const message of [...messages].sort((a, b) => compareIDs(a.id, b.id))) {
    const key = message.chat_id || `message ${message.id}`;
    if (!turns.has(key)) turns.set(key, new Turn({ id: message.chat_id ?? "", conversation }));
    turns.get(key).add(message);
  }
  return [...turns.values()];
}
