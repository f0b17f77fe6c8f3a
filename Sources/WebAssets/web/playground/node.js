// Calls in JavaScript on Node: with @coze/api, or with fetch.
import { print } from "./json.js";
import { bracketed, indent, isExact, nodeText, nodeValue } from "./literals.js";
import { address, formTexts, isStream } from "./request.js";
import { entryFor, fields, fileName } from "./sdk.js";

/** Operation: the call and its arguments; `*` is an object of all that is left, `*?` one that may be missing. */
const CALLS = {
  "POST /v1/conversation/create": ["conversations.create", "*"],
  "GET /v1/conversation/retrieve": ["conversations.retrieve", "conversation_id"],
  "GET /v1/conversations": ["conversations.list", "*"],
  "POST /v1/conversations/{conversation_id}/clear": ["conversations.clear", "conversation_id"],
  "POST /v1/conversation/message/create": ["conversations.messages.create", "conversation_id *"],
  "POST /v1/conversation/message/list": ["conversations.messages.list", "conversation_id *?"],
  "GET /v1/conversation/message/retrieve": ["conversations.messages.retrieve", "conversation_id message_id"],
  "POST /v1/conversation/message/retrieve": ["conversations.messages.retrieve", "conversation_id message_id"],
  "POST /v1/conversation/message/modify": ["conversations.messages.update", "conversation_id message_id *"],
  "POST /v1/conversation/message/delete": ["conversations.messages.delete", "conversation_id message_id"],
  "POST /v3/chat": ["chat.create", "*"],
  "POST /v3/chat stream": ["chat.stream", "*"],
  "GET /v3/chat/retrieve": ["chat.retrieve", "conversation_id chat_id"],
  "POST /v3/chat/retrieve": ["chat.retrieve", "conversation_id chat_id"],
  "GET /v3/chat/message/list": ["chat.messages.list", "conversation_id chat_id"],
  "POST /v3/chat/cancel": ["chat.cancel", "conversation_id chat_id"],
  "POST /v3/chat/submit_tool_outputs stream": ["chat.submitToolOutputs", "*"],
  "POST /v1/files/upload": ["files.upload", ""],
  "GET /v1/files/retrieve": ["files.retrieve", "file_id"],
  "GET /v1/variables": ["variables.retrieve", "*"],
  "PUT /v1/variables": ["variables.update", "*"],
  "POST /v1/bot/create": ["bots.create", "*"],
  "POST /v1/bot/update": ["bots.update", "*"],
  "POST /v1/bot/publish": ["bots.publish", "*"],
  "GET /v1/bots/{bot_id}": ["bots.retrieveNew", "bot_id *?"],
  "GET /v1/bot/get_online_info": ["bots.retrieve", "*"],
  "GET /v1/bots": ["bots.listNew", "*"],
  "GET /v1/space/published_bots_list": ["bots.list", "*"],
  "GET /v1/workspaces": ["workspaces.list", "*?"],
  "GET /v1/users/me": ["users.me", ""],
};
// Submitting outputs streams unless it is told not to.
const ADDED = { "POST /v3/chat/submit_tool_outputs stream": { stream: true } };

export function node(request, origin) {
  const entry = entryFor(CALLS, request);
  const given = entry && argumentsOf(request, entry[1]);
  return given
    ? { text: withSDK(request, entry[0], given, origin), usesSDK: true }
    : { text: plain(request, origin), usesSDK: false };
}

/** The arguments as JavaScript; nothing if the call cannot carry all of the request. */
function argumentsOf(request, list) {
  if (request.operation.isUpload) return [`{ file: fs.createReadStream(${nodeText(fileName(request))}) }`];
  const values = fields(request);
  if (request.operation.hasEvents && typeof values.stream === "boolean") delete values.stream;
  // The SDK puts what stands in an address there as it is.
  const raw = [...Object.values(request.path), ...Object.values(request.query)];
  if (!isExact(values) || raw.some((text) => !/^[\w.,-]*$/.test(text))) return undefined;
  const words = list.split(" ").filter(Boolean);
  const given = words.filter((word) => !word.startsWith("*")).map((name) => {
    const value = nodeValue(values[name] ?? `<${name}>`);
    delete values[name];
    return value;
  });
  if (isStream(request)) Object.assign(values, ADDED[`${request.operation.key} stream`]);
  const isEmpty = Object.keys(values).length === 0;
  if (!words.some((word) => word.startsWith("*"))) return isEmpty ? given : undefined;
  if (!isEmpty || words.includes("*")) given.push(nodeValue(values));
  return given;
}

function withSDK(request, call, given, origin) {
  const events = isStream(request);
  // The last argument's braces stay on the call's own line.
  const inner = given.join(", ");
  const made = `client.${call}(${inner})`;
  const rest = events
    ? `for await (const event of ${made}) {\n  if (event.event === ChatEventType.CONVERSATION_MESSAGE_DELTA) {\n`
      + "    process.stdout.write(event.data.content);\n  }\n}"
    : `const result = await ${made};\nconsole.log(result);`;
  return `import { ${events ? "ChatEventType, " : ""}CozeAPI } from "@coze/api";\n`
    + `${request.operation.isUpload ? 'import fs from "node:fs";\n' : ""}\n`
    + `const client = new CozeAPI({ token: process.env.COZE_TOKEN, baseURL: ${nodeText(origin)} });\n\n${rest}\n`;
}

function plain(request, origin) {
  const { operation } = request;
  const headers = Object.entries(request.headers).map(([name, value]) => `${nodeText(name)}: ${nodeText(value)}`);
  if (!operation.isOpen) headers.unshift("Authorization: `Bearer ${process.env.COZE_TOKEN}`");
  const parts = [`method: "${operation.method}"`];
  let before = "";
  if (operation.isUpload) {
    const { name = "file" } = request.files[0] ?? {};
    const file = nodeText(fileName(request));
    before = `const form = new FormData();\nform.append(${nodeText(name)}, await openAsBlob(${file}), ${file});\n`
      + formTexts(request).map(([key, text]) => `form.append(${nodeText(key)}, ${nodeText(text)});\n`).join("") + "\n";
    parts.push("body: form");
  } else if (request.body !== undefined) {
    headers.push('"Content-Type": "application/json"');
    // Longer numbers than a script holds go as they are.
    const body = isExact(request.body) ? `JSON.stringify(${nodeValue(request.body)})` : nodeText(print(request.body));
    parts.push(`body: ${body}`);
  }
  if (headers.length) parts.splice(1, 0, `headers: ${bracketed("{", headers, "}", { by: "  ", width: 0 })}`);
  const url = nodeText(origin + address(request));
  const made = `fetch(${url}, {\n  ${parts.map((part) => indent(part, "  ")).join(",\n  ")},\n})`;
  const rest = isStream(request)
    ? "for await (const piece of response.body) {\n  process.stdout.write(piece);\n}"
    : operation.isDownload
      ? 'await writeFile("download", Buffer.from(await response.arrayBuffer()));\n'
        + 'console.log(response.status, response.headers.get("Content-Type"));'
      : "console.log(response.status, await response.text());";
  const imports = operation.isUpload ? 'import { openAsBlob } from "node:fs";\n\n'
    : operation.isDownload ? 'import { writeFile } from "node:fs/promises";\n\n' : "";
  return `${imports}${before}const response = await ${made};\n${rest}\n`;
}
