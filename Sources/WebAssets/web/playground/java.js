// Calls in Java 15 and later: with coze-java, or with the JDK's own client.
import { print } from "./json.js";
import { bracketed, indent, javaBlock, javaText, javaValue } from "./literals.js";
import { address, formTexts, isStream } from "./request.js";
import { argumentsOf, CHOICES, element, entryFor, fileName, isList, plainMessage, takes } from "./sdk.js";

const CLIENT = "com.coze.openapi.client";
const MESSAGES = `${CLIENT}.connversations.message.model`;
const BOTS = `${CLIENT}.bots.model`;
const model = (name, list) => ({ name, takes: takes(list) });
const MODELS = {
  Message: model(`${MESSAGES}.Message`, "role! type content content_type meta_data"),
  ToolOutput: model(`${CLIENT}.chat.model.ToolOutput`, "tool_call_id! output!"),
  VariableValue: model(`${CLIENT}.variables.model.VariableValue`, "keyword! value!"),
  PromptInfo: model(`${BOTS}.BotPromptInfo`, "prompt!"),
  OnboardingInfo: model(`${BOTS}.BotOnboardingInfo`, "prologue suggested_questions"),
  ModelInfo: model(`${BOTS}.BotModelInfoConfig`,
    "model_id>modelId! top_k top_p max_tokens temperature context_round response_format presence_penalty "
    + "frequency_penalty"),
  PluginIDList: model(`${BOTS}.BotPluginIdList`, "id_list>idList!"),
  PluginIDInfo: model(`${BOTS}.BotPluginIdInfo`, "plugin_id>pluginId! api_id>apiId!"),
  WorkflowIDList: model(`${BOTS}.BotWorkflowIdList`, "ids>ids!"),
  WorkflowIDInfo: model(`${BOTS}.BotWorkflowIdInfo`, "id!"),
};
/** The classes of choices, and what makes one of a text. */
const MAKERS = {
  MessageRole: [`${MESSAGES}.MessageRole`, "fromString"], MessageType: [`${MESSAGES}.MessageType`, "fromString"],
  MessageContentType: [`${MESSAGES}.MessageContentType`, "fromString"],
  ResponseFormat: [`${BOTS}.BotResponseFormat`, "fromValue"],
};

const CHAT = "conversation_id bot_id! user_id! additional_messages>messages custom_variables meta_data parameters "
  + "enable_card";
const MESSAGE = "conversation_id! message_id!";
const TOOLS = "conversation_id! chat_id! tool_outputs!";
const BOT = "description icon_file_id prompt_info onboarding_info plugin_id_list>pluginIdList "
  + "workflow_id_list>workflowIdList model_info_config";

/** Operation: the call, its request's class, what that takes, and what comes of it (a page). */
const CALLS = {
  "POST /v1/conversation/create": [
    "conversations().create", "connversations.CreateConversationReq", "bot_id messages meta_data"],
  "GET /v1/conversation/retrieve": [
    "conversations().retrieve", "connversations.RetrieveConversationReq", "conversation_id!"],
  "GET /v1/conversations": [
    "conversations().list", "connversations.ListConversationReq", "bot_id! page_num page_size", "page"],
  "POST /v1/conversations/{conversation_id}/clear": [
    "conversations().clear", "connversations.ClearConversationReq", "conversation_id!"],
  "POST /v1/conversation/message/create": [
    "conversations().messages().create", "connversations.message.CreateMessageReq",
    "conversation_id! role! content! content_type! meta_data>metadata"],
  "POST /v1/conversation/message/list": [
    "conversations().messages().list", "connversations.message.ListMessageReq",
    "conversation_id! order chat_id before_id after_id limit", "page"],
  "GET /v1/conversation/message/retrieve": [
    "conversations().messages().retrieve", "connversations.message.RetrieveMessageReq", MESSAGE],
  "POST /v1/conversation/message/retrieve": [
    "conversations().messages().retrieve", "connversations.message.RetrieveMessageReq", MESSAGE],
  "POST /v1/conversation/message/modify": [
    "conversations().messages().update", "connversations.message.UpdateMessageReq",
    `${MESSAGE} content content_type meta_data`],
  "POST /v1/conversation/message/delete": [
    "conversations().messages().delete", "connversations.message.DeleteMessageReq", MESSAGE],
  "POST /v3/chat": ["chat().create", "chat.CreateChatReq", CHAT],
  "POST /v3/chat stream": ["chat().stream", "chat.CreateChatReq", `${CHAT} auto_save_history`],
  "GET /v3/chat/retrieve": ["chat().retrieve", "chat.RetrieveChatReq", "conversation_id! chat_id!"],
  "POST /v3/chat/retrieve": ["chat().retrieve", "chat.RetrieveChatReq", "conversation_id! chat_id!"],
  "GET /v3/chat/message/list": ["chat().message().list", "chat.message.ListMessageReq", "conversation_id! chat_id!"],
  "POST /v3/chat/cancel": ["chat().cancel", "chat.CancelChatReq", "conversation_id! chat_id!"],
  "POST /v3/chat/submit_tool_outputs": ["chat().submitToolOutputs", "chat.SubmitToolOutputsReq", TOOLS],
  "POST /v3/chat/submit_tool_outputs stream": ["chat().streamSubmitToolOutputs", "chat.SubmitToolOutputsReq", TOOLS],
  "POST /v1/files/upload": ["files().upload", "files.UploadFileReq", ""],
  "GET /v1/files/retrieve": ["files().retrieve", "files.RetrieveFileReq", "file_id!"],
  "GET /v1/variables": [
    "variables().retrieve", "variables.RetrieveVariableReq", "connector_uid! keywords app_id bot_id connector_id"],
  "PUT /v1/variables": [
    "variables().update", "variables.UpdateVariableReq", "connector_uid! data! app_id bot_id connector_id"],
  "POST /v1/bot/create": ["bots().create", "bots.CreateBotReq", `space_id! name! ${BOT}`],
  "POST /v1/bot/update": ["bots().update", "bots.UpdateBotReq", `bot_id! name ${BOT}`],
  "POST /v1/bot/publish": ["bots().publish", "bots.PublishBotReq", "bot_id! connector_ids"],
  "GET /v1/bot/get_online_info": ["bots().retrieve", "bots.RetrieveBotReq", "bot_id!"],
  "GET /v1/space/published_bots_list": [
    "bots().list", "bots.ListBotReq", "space_id! page_index>page_num page_size", "page"],
  "GET /v1/workspaces": ["workspaces().list", "workspace.ListWorkspaceReq", "page_num page_size", "page"],
};

export function java(request, origin) {
  const entry = entryFor(CALLS, request);
  const given = entry && (request.operation.isUpload ? [] : argumentsOf(request, entry[2], MODELS));
  return given
    ? { text: withSDK(request, entry, given, origin), usesSDK: true }
    : { text: plain(request, origin), usesSDK: false };
}

const INITIALS = { id: "ID", ids: "IDs", uid: "UID" };
/** A setter's name; names that the table gives are as they are. */
const setter = (name) =>
  name.replace(/_([a-z]+)/g, (mark, word) => INITIALS[word] ?? word[0].toUpperCase() + word.slice(1));

const simple = (name) => name.split(".").pop();

function built(name, parts) {
  return `${name}.builder()${parts.map((part) => `\n    .${indent(part)}`).join("")}\n    .build()`;
}

function written(value, kind, imports) {
  if (isList(kind)) {
    imports.add("java.util.List");
    return bracketed("List.of(", value.map((one) => written(one, element(kind), imports)), ")", { last: "" });
  }
  if (kind === "{text}" || kind === "any") {
    imports.add("java.util.Map");
    const made = javaValue(value);
    if (made.includes("List.of(")) imports.add("java.util.List");
    return made;
  }
  if (kind === "number") return /[.eE]/.test(value.text) ? value.text : `${value.text}.0`;
  if (kind === "int") return value.text;
  if (MAKERS[kind]) {
    const [name, maker] = MAKERS[kind];
    imports.add(name);
    return `${simple(name)}.${maker}(${javaText(value)})`;
  }
  if (CHOICES[kind] || !MODELS[kind]) return javaValue(value);
  const { name, takes: taken } = MODELS[kind];
  imports.add(name);
  const plainly = kind === "Message" && plainMessage(value);
  if (plainly) {
    const maker = plainly === "question" ? "buildUserQuestionText" : "buildAssistantAnswer";
    return `Message.${maker}(${javaText(value.content)})`;
  }
  return built(simple(name), Object.entries(value).map(([key, one]) => {
    const field = taken.get(key);
    return `${setter(field.name)}(${written(one, field.kind, imports)})`;
  }));
}

function program(imports, body) {
  const lines = [...imports].sort().map((name) => `import ${name};`).join("\n");
  return `${lines}\n\npublic class Example {\n    public static void main(String[] args) throws Exception {\n`
    + `        ${indent(body, "        ")}\n    }\n}\n`;
}

function withSDK(request, [call, type, , gives], given, origin) {
  const name = `${CLIENT}.${type}`;
  const service = "com.coze.openapi.service";
  const imports = new Set([`${service}.auth.TokenAuth`, `${service}.service.CozeAPI`, name]);
  const events = isStream(request);
  const parts = given.map((one) => `${setter(one.name)}(${written(one.value, one.kind, imports)})`);
  const taken = request.operation.isUpload
    ? `${simple(name)}.of(${javaText(fileName(request))})` : built(simple(name), parts);
  const made = `coze.${call}(\n    ${indent(taken)})`;
  const client = `CozeAPI coze = new CozeAPI.Builder()\n    .baseURL(${javaText(origin)})\n`
    + `    .auth(new TokenAuth(System.getenv("COZE_TOKEN")))\n    .build();\n`;
  let rest;
  if (events) {
    imports.add(`${CLIENT}.chat.model.ChatEventType`);
    rest = `${made}.blockingForEach(event -> {\n`
      + "    if (ChatEventType.CONVERSATION_MESSAGE_DELTA.equals(event.getEvent())) {\n"
      + "        System.out.print(event.getMessage().getContent());\n    }\n});";
  } else if (gives === "page") rest = `var page = ${made};\npage.getItems().forEach(System.out::println);`;
  else rest = `var result = ${made};\nSystem.out.println(result);`;
  return program(imports, `${client}${rest}\ncoze.shutdownExecutor();`);
}

function plain(request, origin) {
  const { operation } = request;
  const imports = new Set([
    "java.net.URI", "java.net.http.HttpClient", "java.net.http.HttpRequest", "java.net.http.HttpResponse"]);
  const parts = [];
  let before = "";
  let publisher = "HttpRequest.BodyPublishers.noBody()";
  if (!operation.isOpen) parts.push('header("Authorization", "Bearer " + System.getenv("COZE_TOKEN"))');
  if (operation.isUpload) {
    ["java.io.ByteArrayOutputStream", "java.nio.charset.StandardCharsets", "java.nio.file.Files", "java.nio.file.Path"]
      .forEach((one) => imports.add(one));
    before = formData(request);
    parts.push('header("Content-Type", "multipart/form-data; boundary=" + boundary)');
    publisher = "HttpRequest.BodyPublishers.ofByteArray(form.toByteArray())";
  } else if (request.body !== undefined) {
    parts.push('header("Content-Type", "application/json")');
    before = `String body = ${javaBlock(print(request.body, 2))};\n`;
    publisher = "HttpRequest.BodyPublishers.ofString(body)";
  }
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push(`header(${javaText(name)}, ${javaText(value)})`);
  }
  parts.push(`method("${operation.method}", ${publisher})`, "build()");
  // What is not filled in yet must be an address all the same.
  const url = javaText(origin + address(request).replace(/[{}]/g, encodeURIComponent));
  const made = `HttpRequest request = HttpRequest.newBuilder(URI.create(${url}))`
    + `${parts.map((part) => `\n    .${part}`).join("")};\n`;
  const send = (handler) => `HttpClient.newHttpClient().send(\n    request, HttpResponse.BodyHandlers.${handler})`;
  let rest;
  if (isStream(request)) rest = `${send("ofLines()")}.body().forEach(System.out::println);`;
  else if (operation.isDownload) {
    imports.add("java.nio.file.Path");
    rest = `var response = ${send('ofFile(Path.of("download"))')};\nSystem.out.println(response.statusCode());`;
  } else {
    rest = `var response = ${send("ofString()")};\nSystem.out.println(response.statusCode());\n`
      + "System.out.println(response.body());";
  }
  return program(imports, before + made + rest);
}

/** The JDK has no form data of its own. */
function formData(request) {
  const texts = formTexts(request).map(([name, text]) => {
    const head = `\\r\\nContent-Disposition: form-data; name=\\"" + ${javaText(name)} + "\\"\\r\\n\\r\\n"`;
    return `form.writeBytes(("--" + boundary + "${head} + ${javaText(text)} + "\\r\\n")\n`
      + "    .getBytes(StandardCharsets.UTF_8));\n";
  });
  const name = request.files[0]?.name ?? "file";
  return `String boundary = "part-" + System.nanoTime();\nPath file = Path.of(${javaText(fileName(request))});\n`
    + `var form = new ByteArrayOutputStream();\n${texts.join("")}`
    + `form.writeBytes(("--" + boundary + "\\r\\nContent-Disposition: form-data; name=\\"" + ${javaText(name)}\n`
    + `    + "\\"; filename=\\"" + file.getFileName() + "\\"\\r\\n\\r\\n").getBytes(StandardCharsets.UTF_8));\n`
    + `form.writeBytes(Files.readAllBytes(file));\n`
    + `form.writeBytes(("\\r\\n--" + boundary + "--\\r\\n").getBytes(StandardCharsets.UTF_8));\n`;
}
