// Where an agent is online, and how programs and pages reach it.
import { button, copyButton, fill, h, table } from "../lib/dom.js";
import { formatTime, texts } from "../lib/text.js";
import { channelName, takeOffline } from "./publish.js";

const t = texts({
  en: {
    online: "Where it is online", channel: "Channel", version: "Published", actions: "Actions", offline: "Take offline",
    offlineIn: "Take offline in the channel {channel}", none: "It is online nowhere. Publish it first.",
    pages: "Pages", chat: "Open the chat page", chatText: "Everybody in the workspace can chat with the agent there.",
    embed: "Embed the chat in a website", ids: "IDs", bot: "Agent (bot_id)", space: "Workspace (space_id)",
    base: "Base URL",
    code: "Call it from a program", codeText: "Put a token of yours in the place of YOUR_TOKEN.", token: "Make a token",
    copy: "Copy {name}",
  },
  zh: {
    online: "线上渠道", channel: "渠道", version: "发布时间", actions: "操作", offline: "下线",
    offlineIn: "在渠道“{channel}”下线", none: "尚未上线，请先发布。",
    pages: "页面", chat: "打开对话页", chatText: "工作空间的所有成员都可以在此与智能体对话。",
    embed: "将对话嵌入网站", ids: "ID", bot: "智能体（bot_id）", space: "工作空间（space_id）", base: "服务地址",
    code: "在程序中调用", codeText: "请将 YOUR_TOKEN 替换为您的令牌。", token: "新建令牌",
    copy: "复制 {name}",
  },
});

/** Programs that ask the agent something and print its answer while it comes. */
function snippets(id) {
  const base = location.origin;
  const body = {
    bot_id: id, user_id: "user-1", stream: true,
    additional_messages: [{ role: "user", content: "Hello", content_type: "text" }],
  };
  return [
    ["Python (cozepy)", `from cozepy import ChatEventType, Coze, Message, TokenAuth

coze = Coze(auth=TokenAuth("YOUR_TOKEN"), base_url="${base}")
for event in coze.chat.stream(
    bot_id="${id}",
    user_id="user-1",
    additional_messages=[Message.build_user_question_text("Hello")],
):
    if event.event == ChatEventType.CONVERSATION_MESSAGE_DELTA:
        print(event.message.content, end="", flush=True)`],
    ["JavaScript (@coze/api)", `import { ChatEventType, CozeAPI, RoleType } from "@coze/api";

const client = new CozeAPI({ token: "YOUR_TOKEN", baseURL: "${base}" });
const stream = client.chat.stream({
  bot_id: "${id}",
  user_id: "user-1",
  additional_messages: [{ role: RoleType.User, content: "Hello", content_type: "text" }],
});
for await (const part of stream) {
  if (part.event === ChatEventType.CONVERSATION_MESSAGE_DELTA) process.stdout.write(part.data.content);
}`],
    ["curl", `curl -N '${base}/v3/chat' \\
  -H 'Authorization: Bearer YOUR_TOKEN' \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify(body)}'`],
  ];
}

/**
 * @param options.onChange is called after the agent was taken offline somewhere
 * @returns {element, show(bot)}
 */
export function integration({ onChange }) {
  const element = h("div.stack");
  function show(bot) {
    const channels = table([
      { title: t("channel"), cell: (one) => channelName(one.connector_id) },
      { title: t("version"), cell: (one) => formatTime(Number(one.version) / 1000) },
      {
        title: t("actions"), kind: "actions",
        cell: ({ connector_id: channel }) => bot.can_edit && button(t("offline"), async () => {
          if (await takeOffline(bot, channel)) await onChange();
        }, { kind: "danger small", "aria-label": t("offlineIn", { channel: channelName(channel) }) }),
      },
    ], { empty: t("none") });
    channels.set(bot.online_channels);
    const isOnline = bot.online_channels.length > 0;
    const ids = [[t("bot"), bot.bot_id], [t("space"), bot.workspace_id], [t("base"), location.origin]];
    fill(element,
      h("section.stack", { "aria-label": t("online") }, h("h2", t("online")), channels.element),
      isOnline && h("section.card.stack", { "aria-label": t("pages") }, h("h2", t("pages")), h("div.row",
        h("a.button", { href: `/chat/${bot.bot_id}` }, t("chat")),
        h("a.button", { href: `/embedding?bot_id=${bot.bot_id}` }, t("embed"))), h("p.small.muted", t("chatText"))),
      h("section.card.stack", { "aria-label": t("ids") }, h("h2", t("ids")), h("dl.ids", ids.map(([name, value]) => [
        h("dt", name), h("dd.row", h("code", value), named(copyButton(value), name)),
      ]))),
      h("section.card.stack", { "aria-label": t("code") }, h("h2", t("code")),
        h("p", t("codeText"), " ", h("a", { href: "/tokens" }, t("token"))),
        snippets(bot.bot_id).map(([name, code]) => h("div.code",
          h("div.code-head", h("h3", name), named(copyButton(code), name)),
          h("pre", { tabindex: 0, role: "region", "aria-label": name }, h("code", code))))));
  }
  return { element, show };
}

/** Several buttons that copy need names that tell them apart. */
function named(copy, name) {
  copy.setAttribute("aria-label", t("copy", { name }));
  return copy;
}
