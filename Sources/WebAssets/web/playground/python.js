// Calls in Python: with cozepy, or with requests.
import { bracketed, pythonText, pythonValue } from "./literals.js";
import { address, formTexts, isStream, path } from "./request.js";
import { argumentsOf, CHOICES, element, entryFor, fileName, isList, plainMessage, takes } from "./sdk.js";

const model = (name, list) => ({ name, takes: takes(list) });
const MODELS = {
  Message: model("Message", "role! type content! content_type! meta_data"),
  ToolOutput: model("ToolOutput", "tool_call_id! output!"),
  VariableValue: model("VariableValue", "keyword! value!"),
  WorkspaceMember: model("WorkspaceMember", "user_id! role_type!"),
  EnterpriseMember: model("EnterpriseMember", "user_id! role:EnterpriseMemberRole!"),
  PromptInfo: model("BotPromptInfo", "prompt!"),
  OnboardingInfo: model("BotOnboardingInfo", "prologue suggested_questions"),
  SuggestReplyInfo: model("BotSuggestReplyInfo", "reply_mode! customized_prompt"),
  Knowledge: model("BotKnowledge", "dataset_ids! auto_call! search_strategy!"),
  ModelInfo: model("BotModelInfo",
    "model_id! temperature context_round max_tokens response_format top_k top_p cache_type presence_penalty "
    + "frequency_penalty parameters:{text} sp_anti_leak sp_current_time"),
  PluginIDList: model("PluginIDList", "id_list!"),
  PluginIDInfo: model("PluginIDList.PluginIDInfo", "plugin_id! api_id!"),
  WorkflowIDList: model("WorkflowIDList", "ids!"),
  WorkflowIDInfo: model("WorkflowIDList.WorkflowIDInfo", "id!"),
};
const INNER = { ResponseFormat: "BotModelInfo.ResponseFormat", CacheType: "BotModelInfo.CacheType" };

const CHAT = "bot_id! user_id! conversation_id additional_messages custom_variables auto_save_history meta_data "
  + "parameters";
const MESSAGE = "conversation_id! message_id!";
const PAGE = "page_num page_size";
const BOT = "name description icon_file_id prompt_info onboarding_info suggest_reply_info model_info_config";

/** Operation: the call, what it takes, what comes of it (a page, a list), and what is added. */
const CALLS = {
  "POST /v1/conversation/create": ["conversations.create", "bot_id name messages meta_data connector_id"],
  "GET /v1/conversation/retrieve": ["conversations.retrieve", "conversation_id!"],
  "GET /v1/conversations": ["conversations.list", `bot_id! ${PAGE}`, "page"],
  "PUT /v1/conversations/{conversation_id}": ["conversations.update", "conversation_id! name"],
  "DELETE /v1/conversations/{conversation_id}": ["conversations.delete", "conversation_id!"],
  "POST /v1/conversations/{conversation_id}/clear": ["conversations.clear", "conversation_id!"],
  "POST /v1/conversation/message/create": [
    "conversations.messages.create", "conversation_id! role! content! content_type! meta_data"],
  "POST /v1/conversation/message/list": [
    "conversations.messages.list", "conversation_id! order chat_id before_id after_id limit", "page"],
  "GET /v1/conversation/message/retrieve": ["conversations.messages.retrieve", MESSAGE],
  "POST /v1/conversation/message/retrieve": ["conversations.messages.retrieve", MESSAGE],
  "POST /v1/conversation/message/modify": [
    "conversations.messages.update", `${MESSAGE} content content_type meta_data`],
  "POST /v1/conversation/message/delete": ["conversations.messages.delete", MESSAGE],
  "POST /v1/conversations/{conversation_id}/messages/{message_id}/feedback": [
    "conversations.messages.feedback.create", `${MESSAGE} feedback_type! reason_types comment`],
  "DELETE /v1/conversations/{conversation_id}/messages/{message_id}/feedback": [
    "conversations.messages.feedback.delete", MESSAGE],
  "POST /v3/chat": ["chat.create", CHAT],
  "POST /v3/chat stream": ["chat.stream", `${CHAT} enable_card`],
  "GET /v3/chat/retrieve": ["chat.retrieve", "conversation_id! chat_id!"],
  "POST /v3/chat/retrieve": ["chat.retrieve", "conversation_id! chat_id!"],
  "GET /v3/chat/message/list": ["chat.messages.list", "conversation_id! chat_id!", "list"],
  "POST /v3/chat/cancel": ["chat.cancel", "conversation_id! chat_id!"],
  "POST /v3/chat/submit_tool_outputs": [
    "chat.submit_tool_outputs", "conversation_id! chat_id! tool_outputs!", "", "stream=False"],
  "POST /v3/chat/submit_tool_outputs stream": [
    "chat.submit_tool_outputs", "conversation_id! chat_id! tool_outputs!", "", "stream=True"],
  "POST /v1/files/upload": ["files.upload", ""],
  "GET /v1/files/retrieve": ["files.retrieve", "file_id!"],
  "GET /v1/variables": ["variables.retrieve", "connector_uid! keywords! app_id bot_id connector_id", "list"],
  "PUT /v1/variables": ["variables.update", "connector_uid! data! app_id bot_id connector_id"],
  "POST /v1/bot/create": ["bots.create", `space_id! ${BOT} plugin_id_list workflow_id_list`.replace("name", "name!")],
  "POST /v1/bot/update": ["bots.update", `bot_id! ${BOT} knowledge`],
  "POST /v1/bot/publish": ["bots.publish", "bot_id! connector_ids"],
  "POST /v1/bots/{bot_id}/unpublish": ["bots.unpublish", "bot_id! connector_id! unpublish_reason"],
  "GET /v1/bots/{bot_id}": ["bots.retrieve", "bot_id! is_published", "", "use_api_version=2"],
  "GET /v1/bot/get_online_info": ["bots.retrieve", "bot_id!"],
  "GET /v1/bots": [
    "bots.list", `workspace_id>space_id! publish_status connector_id ${PAGE}`, "page", "use_api_version=2"],
  "GET /v1/space/published_bots_list": ["bots.list", "space_id! page_index>page_num page_size", "page"],
  "GET /v1/workspaces": ["workspaces.list", `user_id coze_account_id ${PAGE}`, "page"],
  "GET /v1/workspaces/{workspace_id}/members": ["workspaces.members.list", `workspace_id! ${PAGE}`, "page"],
  "POST /v1/workspaces/{workspace_id}/members": [
    "workspaces.members.create", "workspace_id! users:[WorkspaceMember]!"],
  "DELETE /v1/workspaces/{workspace_id}/members": ["workspaces.members.delete", "workspace_id! user_ids!"],
  "POST /v1/enterprises/{enterprise_id}/members": [
    "enterprises.members.create", "enterprise_id! users:[EnterpriseMember]!"],
  "PUT /v1/enterprises/{enterprise_id}/members/{user_id}": [
    "enterprises.members.update", "enterprise_id! user_id! role:EnterpriseMemberRole!"],
  "DELETE /v1/enterprises/{enterprise_id}/members/{user_id}": [
    "enterprises.members.delete", "enterprise_id! user_id! receiver_user_id!"],
  "GET /v1/folders": ["folders.list", `workspace_id! folder_type! parent_folder_id ${PAGE}`, "page"],
  "GET /v1/folders/{folder_id}": ["folders.retrieve", "folder_id!"],
  "GET /v1/apps": ["apps.list", `workspace_id! publish_status connector_id ${PAGE}`, "page"],
  "GET /v1/users/me": ["users.me", ""],
};

export function python(request, origin) {
  const entry = entryFor(CALLS, request);
  const given = entry && (request.operation.isUpload ? [] : argumentsOf(request, entry[1], MODELS));
  return given
    ? { text: withSDK(request, entry, given, origin), usesSDK: true }
    : { text: plain(request, origin), usesSDK: false };
}

function withSDK(request, [call, , gives, added], given, origin) {
  const names = new Set(["Coze", "TokenAuth"]);
  const lines = given.map(({ name, kind, value }) => `${name}=${written(value, kind, names)}`);
  if (added) lines.push(added);
  const isUpload = request.operation.isUpload;
  if (isUpload) lines.push(`file=Path(${pythonText(fileName(request))})`);
  const events = isStream(request);
  if (events) names.add("ChatEventType");
  const made = bracketed(`coze.${call}(`, lines, ")");
  const rest = events
    ? `stream = ${made}\nfor event in stream:\n    if event.event == ChatEventType.CONVERSATION_MESSAGE_DELTA:\n`
      + `        print(event.message.content, end="", flush=True)`
    : gives === "page" ? `page = ${made}\nfor item in page.items:\n    print(item)`
      : gives === "list" ? `items = ${made}\nfor item in items:\n    print(item)` : `result = ${made}\nprint(result)`;
  const words = [...names].sort();
  const isShort = words.join(", ").length < 90;
  const imports = isShort ? `from cozepy import ${words.join(", ")}` : bracketed("from cozepy import (", words, ")");
  return `import os\n${isUpload ? "from pathlib import Path\n" : ""}\n${imports}\n\n`
    + `coze = Coze(auth=TokenAuth(os.environ["COZE_TOKEN"]), base_url=${pythonText(origin)})\n\n${rest}\n`;
}

function written(value, kind, names) {
  if (isList(kind)) return bracketed("[", value.map((one) => written(one, element(kind), names)), "]");
  if (CHOICES[kind] && kind !== "Order") {
    const name = INNER[kind] ?? kind;
    names.add(name.split(".")[0]);
    return `${name}.${value.toUpperCase()}`;
  }
  if (!MODELS[kind]) return pythonValue(value);
  const { name, takes: taken } = MODELS[kind];
  names.add(name.split(".")[0]);
  const plainly = kind === "Message" && plainMessage(value);
  if (plainly) {
    const maker = plainly === "question" ? "build_user_question_text" : "build_assistant_answer";
    return `Message.${maker}(${pythonText(value.content)})`;
  }
  const parts = Object.entries(value).map(([key, one]) => `${key}=${written(one, taken.get(key).kind, names)}`);
  return bracketed(`${name}(`, parts, ")");
}

function plain(request, origin) {
  const { operation } = request;
  const streams = isStream(request);
  const parts = [pythonText(origin + (Object.keys(request.query).length ? path(request) : address(request)))];
  const headers = Object.entries(request.headers).map(([name, value]) => `${pythonText(name)}: ${pythonText(value)}`);
  if (!operation.isOpen) headers.unshift(`"Authorization": f"Bearer {os.environ['COZE_TOKEN']}"`);
  if (headers.length) parts.push(`headers=${bracketed("{", headers, "}")}`);
  if (Object.keys(request.query).length) parts.push(`params=${pythonValue(request.query)}`);
  if (operation.isUpload) {
    const name = request.files[0]?.name ?? "file";
    parts.push(`files={${pythonText(name)}: open(${pythonText(fileName(request))}, "rb")}`);
    const texts = formTexts(request);
    if (texts.length) parts.push(`data=${pythonValue(Object.fromEntries(texts))}`);
  } else if (request.body !== undefined) parts.push(`json=${pythonValue(request.body)}`);
  if (streams) parts.push("stream=True");
  const made = bracketed(`requests.${operation.method.toLowerCase()}(`, parts, ")");
  const rest = streams
    ? `response.encoding = "utf-8"\nfor line in response.iter_lines(decode_unicode=True):\n    print(line)`
    : operation.isDownload
      ? `with open("download", "wb") as file:\n    file.write(response.content)\n`
        + `print(response.status_code, response.headers["Content-Type"])`
      : "print(response.status_code)\nprint(response.text)";
  return `${operation.isOpen ? "" : "import os\n\n"}import requests\n\nresponse = ${made}\n${rest}\n`;
}
