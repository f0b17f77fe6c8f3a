// Calls of the server's API: replies in its envelope, streams of events, uploads.

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
  headers: async () => ({ "X-CSRF-Token": document.querySelector("meta[name=csrf-token]")?.content ?? "" }),
  /** Called when the server refuses who calls. True: try once more. */
  renew: async () => {
    location.assign(`/sign-in?return_to=${encodeURIComponent(location.pathname + location.search)}`);
    return false;
  },
  isRefusal: (error) => error.status === 401,
};

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
    throw new ApiError(error.message || "The server does not answer");
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
export async function call(method, path, options = {}) {
  const response = await request(method, path, options);
  const reply = await response.json();
  if (reply.code) {
    throw new ApiError(reply.msg, { code: reply.code, status: response.status, logID: reply.detail?.logid ?? "" });
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
        throw error.name === "AbortError" ? error : new ApiError(error.message || "The connection broke off");
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
