// What the tables of the SDKs' calls have in common: which call can carry a request.
import { resolve } from "./document.js";
import { isObject, Numeral } from "./json.js";
import { isStream } from "./request.js";

/** The kinds of fields by their names on the wire, where an entry does not say otherwise; texts are not listed. */
const KINDS = {
  page_num: "int", page_index: "int", page_size: "int", limit: "int",
  stream: "bool", auto_save_history: "bool", enable_card: "bool", is_published: "bool", auto_call: "bool",
  sp_anti_leak: "bool", sp_current_time: "bool",
  top_k: "int", max_tokens: "int", context_round: "int", search_strategy: "int",
  temperature: "number", top_p: "number", presence_penalty: "number", frequency_penalty: "number",
  meta_data: "{text}", custom_variables: "{text}", parameters: "any",
  connector_ids: "[text]", user_ids: "[text]", keywords: "[text]", reason_types: "[text]", dataset_ids: "[text]",
  suggested_questions: "[text]",
  messages: "[Message]", additional_messages: "[Message]", tool_outputs: "[ToolOutput]", data: "[VariableValue]",
  prompt_info: "PromptInfo", onboarding_info: "OnboardingInfo", suggest_reply_info: "SuggestReplyInfo",
  model_info_config: "ModelInfo", knowledge: "Knowledge",
  plugin_id_list: "PluginIDList", workflow_id_list: "WorkflowIDList",
  id_list: "[PluginIDInfo]", ids: "[WorkflowIDInfo]",
  role: "MessageRole", type: "MessageType", content_type: "MessageContentType", publish_status: "PublishStatus",
  feedback_type: "FeedbackType", folder_type: "FolderType", role_type: "WorkspaceRoleType",
  reply_mode: "SuggestReplyMode",
  response_format: "ResponseFormat", cache_type: "CacheType", order: "Order",
};

/** Kinds that are texts of which an SDK knows some. */
export const CHOICES = {
  MessageRole: ["user", "assistant"],
  MessageType: ["question", "answer", "function_call", "tool_output", "tool_response", "follow_up", "verbose"],
  MessageContentType: ["text", "object_string", "card", "audio"],
  PublishStatus: ["all", "published_online", "published_draft", "unpublished_draft"],
  FeedbackType: ["like", "unlike"],
  FolderType: ["development", "library"],
  WorkspaceRoleType: ["owner", "admin", "member"],
  EnterpriseMemberRole: ["enterprise_admin", "enterprise_member"],
  SuggestReplyMode: ["disable", "enable", "customized"],
  ResponseFormat: ["text", "markdown", "json"],
  CacheType: ["closed", "prefix"],
  Order: ["asc", "desc"],
};

/**
 * Reads a list of what a call or a model takes: each is the name on the wire, then what applies of `>name` (its name in
 * the SDK), `:kind`, `!` (the SDK does without it in no case) and `*` (a pointer).
 */
export function takes(list) {
  return new Map(list.split(" ").filter(Boolean).map((word) => {
    const [, wire, name, kind, marks] = /^(\w+)(?:>(\w+))?(?::([^!*]+))?([!*]*)$/.exec(word);
    return [wire, {
      wire, name: name ?? wire, kind: kind ?? KINDS[wire] ?? "text",
      isRequired: marks.includes("!"), isPointer: marks.includes("*"),
    }];
  }));
}

export const element = (kind) => kind.slice(1, -1);
export const isList = (kind) => kind.startsWith("[");

/** Whether a value can be written as this kind. `models` are the SDK's, by kind. */
export function fits(value, kind, models) {
  if (isList(kind)) return Array.isArray(value) && value.every((one) => fits(one, element(kind), models));
  if (kind === "{text}") return isObject(value) && Object.values(value).every((one) => typeof one === "string");
  if (kind === "text") return typeof value === "string";
  if (kind === "int") return value instanceof Numeral && /^-?\d{1,9}$/.test(value.text);
  if (kind === "number") return value instanceof Numeral;
  if (kind === "bool") return typeof value === "boolean";
  if (kind === "any") return isObject(value) && isPlain(value);
  if (CHOICES[kind]) return CHOICES[kind].includes(value);
  const model = models[kind];
  if (!model || !isObject(value)) return false;
  const fitsField = ([key, one]) => model.takes.has(key) && fits(one, model.takes.get(key).kind, models);
  return Object.entries(value).every(fitsField)
    && [...model.takes.values()].every((one) => !one.isRequired || one.wire in value);
}

// Neither null, which Java's maps have not, nor whole numbers that are too long for its literals.
const isPlain = (value) =>
  value instanceof Numeral ? !/^-?\d{16,}$/.test(value.text) : typeof value !== "object" ? true
    : value !== null && Object.values(value).every(isPlain);

/** What a call shows in place of what it cannot do without. */
function placeholder({ wire, kind }) {
  if (isList(kind)) return [];
  if (kind === "text") return `<${wire}>`;
  return CHOICES[kind]?.[0];
}

/** A query's text as the value that it stands for. */
function fromText(text, schema) {
  switch (resolve(schema).type) {
    case "integer": case "number": return new Numeral(text);
    case "boolean": return text === "true";
    case "array": return text.split(",");
    default: return text;
  }
}

/** All that a request carries, by name. */
export function fields(request) {
  const { operation } = request;
  const query = Object.entries(request.query).map(([name, text]) => {
    const parameter = operation.parameters("query").find((one) => one.name === name);
    return [name, fromText(text, parameter?.schema)];
  });
  return { ...request.path, ...Object.fromEntries(query), ...(isObject(request.body) ? request.body : {}) };
}

/** The table's entry for a request: streams have entries of their own. */
export function entryFor(table, request) {
  const entry = table[request.operation.key + (isStream(request) ? " stream" : "")];
  const isOther = request.body !== undefined && !isObject(request.body);
  return isOther || Object.keys(request.headers).length > 0 ? undefined : entry;
}

/** @returns [{name, kind, value, …}] in the order of the call; nothing if the call cannot carry all of the request */
export function argumentsOf(request, list, models) {
  const taken = takes(list);
  const values = fields(request);
  // It is the call that says whether there is a stream.
  if (request.operation.hasEvents && typeof values.stream === "boolean") delete values.stream;
  for (const field of taken.values()) {
    if (field.isRequired && !(field.wire in values)) values[field.wire] = placeholder(field);
  }
  const given = [...taken.values()].filter(({ wire }) => wire in values);
  const fit = Object.keys(values).every((wire) => taken.has(wire) && fits(values[wire], taken.get(wire).kind, models));
  return fit ? given.map((field) => ({ ...field, value: values[field.wire] })) : undefined;
}

/** A message as the SDKs' short forms make it: "question" or "answer"; nothing if it is another. */
export function plainMessage(value) {
  if (Object.keys(value).some((key) => !["role", "type", "content", "content_type"].includes(key))) return undefined;
  if (typeof value.content !== "string" || (value.content_type ?? "text") !== "text") return undefined;
  const usual = value.role === "user" ? "question" : "answer";
  return (value.type ?? usual) === usual ? usual : undefined;
}

/** The file that a request uploads, or a name to put one's own in place of. */
export const fileName = (request) => request.files[0]?.file.name ?? "picture.png";
