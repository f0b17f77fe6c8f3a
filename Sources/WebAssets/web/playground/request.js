// One call: {operation, path, query, headers, body, files}. Values of path and query are texts, those of the body JSON
// values as json.js reads them; `body` is undefined if none is sent, `files` are {name, file} parts.
import { isObject, print } from "./json.js";

const encode = (text) => encodeURIComponent(text)
  .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** The path with its values; `{name}` stays where one is missing. */
export function path(request) {
  return request.operation.path.replace(/\{(\w+)\}/g,
    (mark, name) => (name in request.path ? encode(request.path[name]) : mark));
}

/** Path and query. */
export function address(request) {
  const query = Object.entries(request.query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return path(request) + (query.length ? `?${query.join("&")}` : "");
}

/** Whether the reply will be a stream of events. */
export function isStream({ operation, body }) {
  return operation.onlyEvents || (operation.hasEvents && isObject(body) && body.stream === true);
}

/** What an upload carries beside its files. */
export const formTexts = ({ body }) =>
  Object.entries(body ?? {}).map(([name, value]) => [name, typeof value === "string" ? value : print(value)]);

/** What fetch needs beside who calls. */
export function options(request) {
  const headers = { ...request.headers };
  let body;
  if (request.operation.isUpload) {
    body = new FormData();
    for (const { name, file } of request.files) body.append(name, file, file.name);
    for (const [name, text] of formTexts(request)) body.append(name, text);
  } else if (request.body !== undefined) {
    headers["Content-Type"] = "application/json";
    body = print(request.body);
  }
  return { method: request.operation.method, headers, body };
}
