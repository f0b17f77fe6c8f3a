// The description of the server's operations, as the page uses it.
import { get } from "../lib/api.js";
import { loadNames } from "./names.js";

let schemas = {};

/** Groups of operations in the order of the document: the platform's before the server's own. */
export async function load() {
  const [description, names] = await Promise.all([get("/openapi.json"), loadNames()]);
  return read(description, names);
}

function read(description, names) {
  schemas = description.components.schemas;
  const groups = new Map(description.tags.filter(({ name }) => name !== "Pages").map(({ name }) => [name, []]));
  for (const [path, item] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      groups.get(operation.tags[0])?.push(makeOperation(method.toUpperCase(), path, operation, names));
    }
  }
  return [...groups]
    .map(([name, operations]) => (
      { name, title: names.GROUPS[name] ?? name, operations, isOwn: operations.every((one) => one.isOwn) }))
    .filter(({ operations }) => operations.length > 0)
    .sort((one, other) => one.isOwn - other.isOwn);
}

const DESTRUCTIVE = /^(delete|remove|erase|clear|revoke|take .* offline)\b/i;

function makeOperation(method, path, operation, names) {
  const key = `${method} ${path}`;
  const summary = operation.summary ?? "";
  const parameters = operation.parameters ?? [];
  const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const replies = operation.responses["200"].content ?? {};
  const hasEvents = "text/event-stream" in replies;
  return {
    key, method, path, summary, tag: operation.tags[0],
    /** What it does, in the reader's language. */
    title: names.SUMMARIES[key] ?? summary,
    // The permissions are shown by themselves.
    description: (operation.description ?? "").replace(/^Needs the permission [^]*?`\.\s*/, ""),
    permissions: operation["x-permissions"] ?? [],
    isDeprecated: operation.deprecated === true,
    isOpen: operation.security?.length === 0,
    /** Whether the platform has no such operation. */
    isOwn: path.startsWith("/buckle/"),
    isDestructive: method === "DELETE" || DESTRUCTIVE.test(summary),
    parameters: (place) => parameters.filter((one) => one.in === place),
    body: content && { mediaType, schema: content.schema, isRequired: operation.requestBody.required === true },
    isUpload: mediaType === "multipart/form-data",
    isDownload: "*/*" in replies,
    hasEvents,
    /** Whether every success is a stream. Else the body's `stream` asks for one. */
    onlyEvents: hasEvents && replies["application/json"]?.schema.$ref === "#/components/schemas/Error",
  };
}

/** A schema without its reference; what stands beside the reference stays. */
export function resolve(schema) {
  if (!schema?.$ref) return schema ?? {};
  const { $ref, ...own } = schema;
  return { ...resolve(schemas[$ref.split("/").pop()]), ...own };
}

/** What a schema describes: text, choice, integer, number, boolean, list, map, object, file or any. */
export function kindOf(schema) {
  switch (schema.type) {
    case "string": return schema.format === "binary" ? "file" : schema.enum ? "choice" : "text";
    case "integer": case "number": case "boolean": return schema.type;
    case "array": return "list";
    case "object": return schema.additionalProperties ? "map" : "object";
    default: return "any";
  }
}
