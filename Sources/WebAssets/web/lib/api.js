// Calls of the server's API: replies in its envelope, streams of events, uploads.
import { texts } from "./text.js";

const t = texts({
  en: {
    offline: "The server cannot be reached.", broken: "The connection broke off.",
    other: "Somebody else has signed in with this browser. Load the page anew.",
  },
  zh: { offline: "无法连接服务器。", broken: "连接已中断。", other: "此浏览器已登录其他账号，请重新加载页面。" },
});

/** What the API refused, or what went wrong on the way to it. */
export class ApiError extends Error {
  /** @param code the envelope's code; -1 if no envelope came  @param status HTTP's; 0 if nothing came */
  constructor(message, { code = -1, status = 0, logID = "" } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.logID = logID;
  }
}

/** Who calls. The console's pages call with the session's cookie; a frame in another site has a token. */
let credentials = {
  headers: async () => ({ "X-CSRF-Token": meta("csrf-token")?.content ?? "" }),
  /** Called when the server refuses who calls. True: try once more. */
  renew: async (error) => {
    if (isOfOldSession(error)) return renewToken();
    location.assign(`/sign-in?return_to=${encodeURIComponent(location.pathname + location.search)}`);
    return false;
  },
  isRefusal: (error) => error.status === 401 || isOfOldSession(error),
};

const meta = (name) => document.querySelector(`meta[name=${name}]`);
const isOfOldSession = (error) => error.code === 4101 && error.message.includes("X-CSRF-Token");

/** Somebody has signed in anew since the page was loaded, in another window. The page goes on in that session. */
async function renewToken() {
  const session = await call("GET", "/buckle/v1/sessions/current");
  if (session.user_id !== meta("user")?.content) throw new ApiError(t("other"));
  meta("csrf-token").content = session.csrf_token;
  for (const control of document.querySelectorAll("input[name=csrf_token]")) control.value = session.csrf_token;
  return true;
}

export function setCredentials(other) {
  credentials = other;
}

export const headers = () => credentials.headers();

function address(path, query) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

async function failure(response) {
  const logID = response.headers.get("X-Tt-Logid") ?? "";
  try {
    const body = await response.json();
    return new ApiError(body.msg || response.statusText, {
      code: body.code ?? -1, status: response.status, logID: body.detail?.logid ?? logID,
    });
  } catch {
    return new ApiError(response.statusText || `HTTP ${response.status}`, { status: response.status, logID });
  }
}

async function request(method, path, { query, body, form, signal, accept, lastEventID, keepalive } = {}, isSecond = false) {
  const options = { method, signal, keepalive, headers: await credentials.headers(), credentials: "same-origin" };
  if (accept) options.headers.Accept = accept;
  if (lastEventID !== undefined) options.headers["Last-Event-ID"] = String(lastEventID);
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  } else if (form) {
    options.body = form;
  }
  let response;
  try {
    response = await fetch(address(path, query), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("offline"));
  }
  const isJSON = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!response.ok || (isJSON && accept === "text/event-stream")) {
    const error = await failure(response);
    if (credentials.isRefusal(error) && !isSecond && (await credentials.renew(error))) {
      return request(method, path, arguments[2], true);
    }
    throw error;
  }
  return response;
}

/**
 * Calls an endpoint.
 * @param options query, body (sent as JSON), form (a FormData), signal, keepalive
 * @returns what is under `data`; the whole envelope if `whole` is set, for replies whose fields stand beside `code`
 */
export async function call(method, path, options = {}, isSecond = false) {
  const response = await request(method, path, options);
  const reply = await response.json().catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(t("broken"));
  });
  if (reply.code) {
    const error = new ApiError(reply.msg, {
      code: reply.code, status: response.status, logID: reply.detail?.logid ?? "",
    });
    const isRenewed = isOfOldSession(error) && !isSecond && (await credentials.renew(error));
    if (isRenewed) return call(method, path, options, true);
    throw error;
  }
  return options.whole ? reply : (reply.data ?? reply);
}

export const get = (path, query, options) => call("GET", path, { ...options, query });
export const post = (path, body, options) => call("POST", path, { ...options, body: body ?? {} });
export const put = (path, body, options) => call("PUT", path, { ...options, body: body ?? {} });
export const remove = (path, options) => call("DELETE", path, options);

/** A reply's bytes, for downloads. */
export async function download(path, query) {
  return (await request("GET", path, { query })).blob();
}

/** Uploads a file for messages and icons. @returns {id, file_name, bytes, …} */
export function upload(file, options = {}) {
  const form = new FormData();
  form.append("file", file, file.name);
  return call("POST", "/v1/files/upload", { ...options, form });
}

/**
 * A stream of server-sent events, one by one: {event, id, data}; data is parsed if it is JSON.
 * Ends with the stream, and breaks off with an error when the connection does.
 * options.onOpen is called with the log id when the stream begins.
 */
export async function* events(method, path, options = {}) {
  const response = await request(method, path, { ...options, accept: "text/event-stream" });
  options.onOpen?.(response.headers.get("X-Tt-Logid") ?? "");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { event: "message", id: undefined, data: [] };
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error) => {
        throw error.name === "AbortError" ? error : new ApiError(t("broken"));
      });
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          if (event.data.length > 0) yield { ...event, data: parsed(event.data.join("\n")) };
          event = { event: "message", id: event.id, data: [] };
          continue;
        }
        const colon = line.indexOf(":");
        if (colon === 0) continue;
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") event.event = text;
        else if (field === "data") event.data.push(text);
        else if (field === "id") event.id = text;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
