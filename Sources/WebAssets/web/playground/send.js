// Sends a request and reads what comes of it, however it comes.
import { headers as sessionHeaders } from "../lib/api.js";
import { address, options } from "./request.js";

// Who calls. The token lives here and nowhere else.
let token = "";
let usesToken = false;

export function setCaller(withToken, text) {
  usesToken = withToken;
  token = text.trim();
}

export const lacksToken = () => usesToken && token === "";

async function who() {
  return usesToken ? { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" }
    : { headers: await sessionHeaders(), credentials: "same-origin" };
}

/** What an operation of the server gives, for lists to choose from. */
export async function read(path, query = {}) {
  const caller = await who();
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, caller);
  const reply = await response.json();
  if (reply.code) throw new Error(reply.msg);
  return reply.data;
}

/**
 * Sends. `on` hears of {head}, once, and of {event} for each event of a stream.
 * @returns {status, statusText, headers, milliseconds, size, and text or blob}; rejects if no reply comes
 */
export async function send(request, signal, on) {
  const caller = await who();
  const { headers, ...rest } = options(request);
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  const response = await fetch(address(request), {
    ...rest, signal, credentials: caller.credentials, cache: "no-store", headers: { ...caller.headers, ...headers },
  });
  const type = response.headers.get("Content-Type") ?? "";
  const head = {
    status: response.status, statusText: response.statusText, headers: [...response.headers], type,
    logID: response.headers.get("X-Tt-Logid") ?? "", url: response.redirected ? response.url : "",
    isStream: type.startsWith("text/event-stream"), elapsed,
  };
  on.head(head);
  const result = { ...head, size: 0 };
  if (head.isStream) await readEvents(response, result, (event) => on.event({ ...event, milliseconds: elapsed() }));
  else {
    result.blob = await response.blob();
    result.size = result.blob.size;
    const isText = /^(text\/|application\/([\w.-]+\+)?(json|xml))/.test(type);
    const isFile = response.headers.get("Content-Disposition")?.startsWith("attachment");
    if (type === "" || (isText && !isFile)) result.text = await result.blob.text();
  }
  return { ...result, milliseconds: elapsed() };
}

/** Events as they came, their data as text. */
async function readEvents(response, result, onEvent) {
  const decoder = new TextDecoder();
  let rest = "";
  let event = { name: "message", id: "", data: [] };
  for (const reader = response.body.getReader(); ;) {
    const { value, done } = await reader.read();
    if (value) result.size += value.length;
    const lines = (rest + decoder.decode(value, { stream: !done })).split(/\r\n|\n|\r(?!$)/);
    rest = done ? "" : lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (event.data.length) onEvent({ ...event, data: event.data.join("\n") });
        event = { name: "message", id: "", data: [] };
        continue;
      }
      const [, field, text] = /^([^:]*):? ?([^]*)$/.exec(line);
      if (field === "event") event.name = text;
      else if (field === "data") event.data.push(text);
      else if (field === "id") event.id = text;
    }
    if (done) return;
  }
}
