// Follows a chat to its end, whatever becomes of the connection: the chat goes on at the server, and its log tells what
// was missed.
import { ApiError, events } from "../lib/api.js";

/** Milliseconds without an event after which a connection counts as dead. Asking anew costs next to nothing. */
const SILENCE = 30_000;
const DELAYS = [300, 1000, 2000, 4000, 8000];

/** Whether asking again may help. */
const isPassing = (error) =>
  error instanceof ApiError && (error.status === 0 || error.status >= 500 || error.status === 429);

/**
 * Starts a chat by a request that streams, and follows it.
 * @param request {path, query, body}
 * @param turn takes in the events
 * @param changed called after each of them
 * @throws what the server answers instead of a stream, and when nothing is known of the chat
 */
export async function start(request, turn, { changed, signal }) {
  let begun = false;
  try {
    const end = await read("POST", request.path, {
      query: request.query, body: request.body, signal, onOpen: (logID) => (turn.logID = logID),
    }, (event) => {
      begun = true;
      turn.apply(event);
      changed();
    });
    if (end === "done") return;
  } catch (error) {
    if (signal.aborted || !begun || !turn.id || !isPassing(error)) throw error;
  }
  if (!begun || !turn.id) throw new ApiError("The connection ended before the chat began");
  await follow(turn, { changed, signal });
}

/** Follows a chat that runs already, from its beginning. */
export async function follow(turn, { changed, signal }) {
  let after = "0";
  let failures = 0;
  turn.replay();
  for (;;) {
    try {
      const query = { conversation_id: turn.conversation, after };
      const end = await read("GET", `/buckle/v1/chats/${turn.id}/events`, { query, signal }, (event) => {
        if (event.id) after = event.id;
        failures = 0;
        turn.isReconnecting = false;
        turn.apply(event);
        changed();
      });
      if (end === "done") return;
      if (end === "silent") continue;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
    }
    turn.isReconnecting = true;
    changed();
    await pause(DELAYS[Math.min(failures, DELAYS.length - 1)], signal);
    failures += 1;
  }
}

/** Reads one reply. @returns done, or how the connection ended before: silent or cut */
async function read(method, path, { signal, ...options }, take) {
  const own = new AbortController();
  const stop = () => own.abort();
  signal.addEventListener("abort", stop);
  let silence = setTimeout(stop, SILENCE);
  try {
    signal.throwIfAborted();
    for await (const event of events(method, path, { ...options, signal: own.signal })) {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE);
      take(event);
      if (event.event === "done") return "done";
    }
    return "cut";
  } catch (error) {
    if (own.signal.aborted && !signal.aborted) return "silent";
    throw error;
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", stop);
  }
}

/** Waits; not longer than until the network is there again. */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
