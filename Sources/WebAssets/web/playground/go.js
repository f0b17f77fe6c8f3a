// Calls in Go: with coze-go, or with net/http.
import { isObject, Numeral, print } from "./json.js";
import { bracketed, goBlock, goText, goValue, indent } from "./literals.js";
import { address, formTexts, isStream } from "./request.js";
import { argumentsOf, CHOICES, element, entryFor, fileName, isList, plainMessage, takes } from "./sdk.js";

const model = (name, list) => ({ name, takes: takes(list) });
const MODELS = {
  Message: model("Message", "role! type content content_type meta_data"),
  ToolOutput: model("ToolOutput", "tool_call_id! output!"),
  VariableValue: model("VariableValue", "keyword! value!"),
  WorkspaceMember: model("WorkspaceMember", "user_id! role_type!"),
  EnterpriseMember: model("EnterpriseMember", "user_id! role:EnterpriseMemberRole!"),
  PromptInfo: model("BotPromptInfo", "prompt!"),
  OnboardingInfo: model("BotOnboardingInfo", "prologue suggested_questions"),
  SuggestReplyInfo: model("BotSuggestReplyInfo", "reply_mode customized_prompt"),
  ModelInfo: model("BotModelInfoConfig",
    "model_id! top_k top_p max_tokens temperature context_round response_format presence_penalty frequency_penalty "
    + "parameters:{text}"),
  WorkflowIDList: model("WorkflowIDList", "ids!"),
  WorkflowIDInfo: model("WorkflowIDInfo", "id!"),
};
/** Kinds whose lists hold no pointers. */
const PLAIN = new Set(["VariableValue", "WorkflowIDInfo"]);

const CHAT = "conversation_id bot_id! user_id! additional_messages>messages custom_variables meta_data parameters "
  + "enable_card*";
const MESSAGE = "conversation_id! message_id!";
const TOOLS = "conversation_id! chat_id! tool_outputs!";
const PAGE = "page_num page_size";
const BOT = "description icon_file_id prompt_info onboarding_info model_info_config workflow_id_list";

/** Operation: the call, its request's type, what that takes, and what comes of it (a page). */
const CALLS = {
  "POST /v1/conversation/create": [
    "Conversations.Create", "CreateConversationsReq", "bot_id messages meta_data connector_id"],
  "GET /v1/conversation/retrieve": ["Conversations.Retrieve", "RetrieveConversationsReq", "conversation_id!"],
  "GET /v1/conversations": ["Conversations.List", "ListConversationsReq", `bot_id! ${PAGE}`, "page"],
  "POST /v1/conversations/{conversation_id}/clear": [
    "Conversations.Clear", "ClearConversationsReq", "conversation_id!"],
  "POST /v1/conversation/message/create": [
    "Conversations.Messages.Create", "CreateMessageReq", "conversation_id! role! content! content_type! meta_data"],
  "POST /v1/conversation/message/list": [
    "Conversations.Messages.List", "ListConversationsMessagesReq",
    "conversation_id! order* chat_id* before_id* after_id* limit", "page"],
  "GET /v1/conversation/message/retrieve": [
    "Conversations.Messages.Retrieve", "RetrieveConversationsMessagesReq", MESSAGE],
  "POST /v1/conversation/message/retrieve": [
    "Conversations.Messages.Retrieve", "RetrieveConversationsMessagesReq", MESSAGE],
  "POST /v1/conversation/message/modify": [
    "Conversations.Messages.Update", "UpdateConversationMessagesReq", `${MESSAGE} content content_type meta_data`],
  "POST /v1/conversation/message/delete": ["Conversations.Messages.Delete", "DeleteConversationsMessagesReq", MESSAGE],
  "POST /v1/conversations/{conversation_id}/messages/{message_id}/feedback": [
    "Conversations.Messages.Feedback.Create", "CreateConversationMessageFeedbackReq",
    `${MESSAGE} feedback_type! reason_types comment*`],
  "DELETE /v1/conversations/{conversation_id}/messages/{message_id}/feedback": [
    "Conversations.Messages.Feedback.Delete", "DeleteConversationMessageFeedbackReq", MESSAGE],
  "POST /v3/chat": ["Chat.Create", "CreateChatsReq", CHAT],
  "POST /v3/chat stream": ["Chat.Stream", "CreateChatsReq", `${CHAT} auto_save_history*`],
  "GET /v3/chat/retrieve": ["Chat.Retrieve", "RetrieveChatsReq", "conversation_id! chat_id!"],
  "POST /v3/chat/retrieve": ["Chat.Retrieve", "RetrieveChatsReq", "conversation_id! chat_id!"],
  "GET /v3/chat/message/list": ["Chat.Messages.List", "ListChatsMessagesReq", "conversation_id! chat_id!"],
  "POST /v3/chat/cancel": ["Chat.Cancel", "CancelChatsReq", "conversation_id! chat_id!"],
  "POST /v3/chat/submit_tool_outputs": ["Chat.SubmitToolOutputs", "SubmitToolOutputsChatReq", TOOLS],
  "POST /v3/chat/submit_tool_outputs stream": ["Chat.StreamSubmitToolOutputs", "SubmitToolOutputsChatReq", TOOLS],
  "POST /v1/files/upload": ["Files.Upload", "UploadFilesReq", ""],
  "GET /v1/files/retrieve": ["Files.Retrieve", "RetrieveFilesReq", "file_id!"],
  "GET /v1/variables": [
    "Variables.Retrieve", "RetrieveVariablesReq", "connector_uid! keywords app_id* bot_id* connector_id*"],
  "PUT /v1/variables": ["Variables.Update", "UpdateVariablesReq", "connector_uid! data! app_id* bot_id* connector_id*"],
  "POST /v1/bot/create": ["Bots.Create", "CreateBotsReq", `space_id! name! ${BOT} suggest_reply_info`],
  "POST /v1/bot/update": ["Bots.Update", "UpdateBotsReq", `bot_id! name ${BOT}`],
  "POST /v1/bot/publish": ["Bots.Publish", "PublishBotsReq", "bot_id! connector_ids!"],
  "GET /v1/bots/{bot_id}": ["Bots.Retrieve", "RetrieveBotsReq", "bot_id! is_published*"],
  "GET /v1/bot/get_online_info": ["Bots.Retrieve", "RetrieveBotsReq", "bot_id!"],
  "GET /v1/space/published_bots_list": ["Bots.List", "ListBotsReq", "space_id! page_index>page_num page_size", "page"],
  "GET /v1/workspaces": [
    "Workspaces.List", "ListWorkspaceReq", `enterprise_id* user_id* coze_account_id* ${PAGE}`, "page"],
  "GET /v1/workspaces/{workspace_id}/members": [
    "Workspaces.Members.List", "ListWorkspaceMemberReq", `workspace_id! ${PAGE}`, "page"],
  "POST /v1/workspaces/{workspace_id}/members": [
    "Workspaces.Members.Create", "CreateWorkspaceMemberReq", "workspace_id! users:[WorkspaceMember]!"],
  "DELETE /v1/workspaces/{workspace_id}/members": [
    "Workspaces.Members.Delete", "DeleteWorkspaceMemberReq", "workspace_id! user_ids!"],
  "POST /v1/enterprises/{enterprise_id}/members": [
    "Enterprises.Members.Create", "CreateEnterpriseMemberReq", "enterprise_id! users:[EnterpriseMember]!"],
  "PUT /v1/enterprises/{enterprise_id}/members/{user_id}": [
    "Enterprises.Members.Update", "UpdateEnterpriseMemberReq", "enterprise_id! user_id! role:EnterpriseMemberRole!"],
  "DELETE /v1/enterprises/{enterprise_id}/members/{user_id}": [
    "Enterprises.Members.Delete", "DeleteEnterpriseMemberReq", "enterprise_id! user_id! receiver_user_id!"],
  "GET /v1/folders": ["Folders.List", "ListFoldersReq", `workspace_id! folder_type! parent_folder_id* ${PAGE}`, "page"],
  "GET /v1/folders/{folder_id}": ["Folders.Retrieve", "RetrieveFolderReq", "folder_id!"],
  "GET /v1/apps": ["Apps.List", "ListAppReq", `workspace_id! publish_status* connector_id* ${PAGE}`, "page"],
  "GET /v1/users/me": ["Users.Me", "", ""],
};
const ADDED = { "GET /v1/bots/{bot_id}": "UseAPIVersion: 2" };

export function go(request, origin) {
  const entry = entryFor(CALLS, request);
  const given = entry && (request.operation.isUpload ? [] : argumentsOf(request, entry[2], MODELS));
  const isCarried = given?.every((one) => one.isRequired || one.isPointer || !isZero(one.value));
  return isCarried
    ? { text: withSDK(request, entry, given, origin), usesSDK: true }
    : { text: plain(request, origin), usesSDK: false };
}

/** Whether the SDK would leave a value out: it takes those for not set. */
function isZero(value) {
  if (value instanceof Numeral) return Number(value.text) === 0;
  if (Array.isArray(value)) return value.length === 0 || value.some((one) => isObject(one) && hasZero(one));
  return isObject(value) ? hasZero(value) : value === "" || value === false;
}
const hasZero = (object) => Object.keys(object).length === 0 || Object.values(object).some((one) => isZero(one));

const INITIALS = { id: "ID", ids: "IDs", uid: "UID" };
const goWord = (word) => INITIALS[word] ?? word[0].toUpperCase() + word.slice(1);
const goName = (wire) => wire.split("_").map(goWord).join("");

function written(value, kind, isPointer) {
  if (isPointer) {
    const made = CHOICES[kind] && kind !== "Order" ? `coze.${kind}(${goText(value)})` : written(value, kind);
    return `ptr(${made})`;
  }
  if (isList(kind)) {
    const inner = element(kind);
    const name = inner === "text" ? "string" : `${PLAIN.has(inner) ? "" : "*"}coze.${MODELS[inner].name}`;
    return bracketed(`[]${name}{`, value.map((one) => elementOf(one, inner)), "}", { by: "\t" });
  }
  if (kind === "{text}") return goValue(value).replace("map[string]any", "map[string]string");
  if (!MODELS[kind]) return goValue(value);
  return `&coze.${MODELS[kind].name}${members(value, kind)}`;
}

function members(value, kind) {
  const parts = Object.entries(value).map(([key, one]) => {
    const field = MODELS[kind].takes.get(key);
    return `${goName(field.name)}: ${written(one, field.kind)}`;
  });
  return bracketed("{", parts, "}", { by: "\t" });
}

function elementOf(value, kind) {
  const plainly = kind === "Message" && plainMessage(value);
  if (plainly) {
    const name = plainly === "question" ? "UserQuestionText" : "AssistantAnswer";
    return `coze.Build${name}(${goText(value.content)}, nil)`;
  }
  return MODELS[kind] ? members(value, kind) : goValue(value);
}

function program(imports, body, helpers = "") {
  const line = (one) => `\t"${one}"`;
  const others = imports.filter((one) => one.includes(".")).map(line);
  const lines = imports.filter((one) => !one.includes(".")).sort().map(line);
  if (others.length) lines.push("", ...others);
  return `package main\n\nimport (\n${lines.join("\n")}\n)\n\nfunc main() {\n\t${indent(body, "\t")}\n}\n${helpers}`;
}

const CHECK = "if err != nil {\n\tlog.Fatal(err)\n}";

function withSDK(request, [call, type, , gives], given, origin) {
  const events = isStream(request);
  const isUpload = request.operation.isUpload;
  const imports = ["context", "fmt", "log", "os", "github.com/coze-dev/coze-go"];
  const parts = given.map((one) => `${goName(one.name)}: ${written(one.value, one.kind, one.isPointer)}`);
  if (ADDED[request.operation.key]) parts.push(ADDED[request.operation.key]);
  if (isUpload) parts.push("File: file");
  const options = [`coze.NewTokenAuth(os.Getenv("COZE_TOKEN"))`, `coze.WithBaseURL(${goText(origin)})`];
  if (events || isUpload) {
    imports.push("net/http", "time");
    options.push("coze.WithHttpClient(&http.Client{Timeout: 20 * time.Minute})");
  }
  const taken = type ? `, ${bracketed(`&coze.${type}{`, parts, "}", { by: "\t", width: 40 })}` : "";
  const made = `client.${call}(context.Background()${taken})`;
  let body = `client := ${bracketed("coze.NewCozeAPI(", options, ")", { by: "\t", width: 0 })}\n`;
  if (isUpload) body += `file, err := os.Open(${goText(fileName(request))})\n${CHECK}\ndefer file.Close()\n`;
  if (events) {
    imports.push("errors", "io");
    body += `stream, err := ${made}\n${CHECK}\ndefer stream.Close()\nfor {\n\tevent, err := stream.Recv()\n`
      + `\tif errors.Is(err, io.EOF) {\n\t\tbreak\n\t}\n\t${indent(CHECK, "\t")}\n`
      + "\tif event.Event == coze.ChatEventConversationMessageDelta {\n\t\tfmt.Print(event.Message.Content)\n\t}\n}";
  } else if (gives === "page") {
    body += `page, err := ${made}\n${CHECK}\nfor _, item := range page.Items() {\n\tfmt.Printf("%+v\\n", *item)\n}`;
  } else body += `result, err := ${made}\n${CHECK}\nfmt.Printf("%+v\\n", result)`;
  const helpers = made.includes("ptr(") ? "\nfunc ptr[T any](value T) *T { return &value }\n" : "";
  return program(imports, body, helpers);
}

function plain(request, origin) {
  const { operation } = request;
  const imports = ["fmt", "io", "log", "net/http"];
  if (!operation.isOpen || operation.isUpload || operation.isDownload || isStream(request)) imports.push("os");
  const lines = [];
  let body = "nil";
  if (operation.isUpload) {
    imports.push("bytes", "mime/multipart");
    body = "&form";
    lines.push(
      `file, err := os.Open(${goText(fileName(request))})`, CHECK, "defer file.Close()", "var form bytes.Buffer",
      "writer := multipart.NewWriter(&form)",
      `part, err := writer.CreateFormFile(${goText(request.files[0]?.name ?? "file")}, file.Name())`, CHECK,
      "if _, err := io.Copy(part, file); err != nil {\n\tlog.Fatal(err)\n}");
    for (const [name, text] of formTexts(request)) lines.push(`writer.WriteField(${goText(name)}, ${goText(text)})`);
    lines.push("writer.Close()");
  } else if (request.body !== undefined) {
    imports.push("strings");
    lines.push(`body := strings.NewReader(${goBlock(print(request.body, 2))})`);
    body = "body";
  }
  const url = goText(origin + address(request));
  lines.push(`request, err := http.NewRequest("${operation.method}", ${url}, ${body})`, CHECK);
  const header = (name, value) => lines.push(`request.Header.Set(${goText(name)}, ${value})`);
  if (!operation.isOpen) header("Authorization", '"Bearer "+os.Getenv("COZE_TOKEN")');
  if (operation.isUpload) header("Content-Type", "writer.FormDataContentType()");
  else if (request.body !== undefined) header("Content-Type", '"application/json"');
  for (const [name, value] of Object.entries(request.headers)) header(name, goText(value));
  lines.push("response, err := http.DefaultClient.Do(request)", CHECK, "defer response.Body.Close()");
  if (isStream(request)) {
    lines.push(
      "fmt.Println(response.Status)",
      "if _, err := io.Copy(os.Stdout, response.Body); err != nil {\n\tlog.Fatal(err)\n}");
  } else if (operation.isDownload) {
    lines.push(
      'output, err := os.Create("download")', CHECK, "defer output.Close()",
      "if _, err := io.Copy(output, response.Body); err != nil {\n\tlog.Fatal(err)\n}", "fmt.Println(response.Status)");
  } else lines.push("reply, err := io.ReadAll(response.Body)", CHECK, "fmt.Println(response.Status, string(reply))");
  return program(imports, lines.join("\n"));
}
