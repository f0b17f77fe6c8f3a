// How to put a chat into any page, and the same running here: the page's frame loads the script, as any page would.
import { everything } from "../access/numbered.js";
import { choose } from "../conversations/agents.js";
import { post } from "../lib/api.js";
import { button, copyButton, field, fill, h, input, select, table } from "../lib/dom.js";
import { page, query, showWorkspaces, userID, workspace } from "../lib/page.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: {
    about: "One script puts a chat with an agent into any page, as a bubble or in its place. A page that uses the platform's Chat SDK keeps its code and changes the script's address alone.",
    agent: "Agent", title: "Title", code: "For your page", tryIt: "Try it here", stop: "Take it away", noAgents: "Publish an agent first, then choose it here.",
    tried: "Made a token for 15 minutes for this; the bubble is at the bottom right.", options: "Options", option: "Option", meaning: "Meaning",
    rules: "What your page needs", ruleOrigin: "Its address must be among the server's allowed_origins; otherwise browsers refuse to show the frame. Without the setting, no other site can.",
    ruleToken: "Everybody who opens your page can read the token in it. Give each visitor their own from your server: an OAuth app of the type service signs a JWT whose session_name keeps one visitor's conversations from the next. A personal token in a public page gives away what it may do.",
    ruleChannel: "The agent must be published to the channel Chat SDK (999).", methods: "Methods",
    type: "bot. Pages of apps are not supported.", bot_id: "the agent", parameters: "values for the {{names}} in its prompt",
    token: "what the calls carry", refresh: "called when the token is refused; returns another one, or a promise of it", user: "your own id of the visitor; without it the browser gets one",
    icon: "picture on the bubble", layout: "pc or mobile; without it by the width of the window", lang: "en or zh-CN", zIndex: "the layer",
    asst: "false: no bubble; call showChatBot yourself", header: "isShow, isNeedClose", footer: "expressionText with {{name}} for the links in linkvars: {name: {text, link}}; isShow",
    chatTitle: "the title", uploadable: "false: no files", width: "pixels, 460 if absent", el: "an element to fill instead of floating", newConversation: "false: no button for a new conversation",
    calls: "false: calls of tools are not shown", quote: "true: answers, or what is selected of them, can be quoted", feedback: "isNeedFeedback: true shows thumbs; feedbackPanel {title, placeholder, tags} asks what is wrong with an answer", events: "called before and after; false from the first keeps things as they are", conversations: "true: earlier conversations can be chosen. They are those of the token.",
    show: "opens it", hide: "closes it", destroy: "takes everything away", publishHint: "Published agents of the chosen workspace",
  },
  zh: {
    about: "一行脚本即可将智能体聊天嵌入任意网页，以悬浮按钮或页内形式展示。已使用平台 Chat SDK 的网页无需改代码，只需更换脚本地址。",
    agent: "智能体", title: "标题", code: "网页代码", tryIt: "在此试用", stop: "移除", noAgents: "请先发布智能体，再在此选择。",
    tried: "已为此创建 15 分钟有效的令牌，悬浮按钮位于右下角。", options: "选项", option: "选项", meaning: "说明",
    rules: "使用前提", ruleOrigin: "网页的来源须列入服务器的 allowed_origins，否则浏览器会拒绝显示。未设置时任何其他网站都无法嵌入。",
    ruleToken: "打开网页的任何人都能看到其中的令牌。请由您的服务端为每位访客签发：使用服务类 OAuth 应用签名的 JWT，并用 session_name 隔离各访客的会话。在公开网页中使用个人令牌会泄露其全部权限。",
    ruleChannel: "智能体须已发布到 Chat SDK 渠道（999）。", methods: "方法",
    type: "bot。暂不支持应用页面。", bot_id: "智能体 ID", parameters: "提示词中 {{名称}} 的取值",
    token: "调用时携带的令牌", refresh: "令牌被拒绝时调用，返回新令牌或其 Promise", user: "您系统中的访客 ID，缺省时由浏览器生成",
    icon: "悬浮按钮图标", layout: "pc 或 mobile，缺省时按窗口宽度决定", lang: "en 或 zh-CN", zIndex: "层级",
    asst: "false：不显示悬浮按钮，由您调用 showChatBot", header: "isShow、isNeedClose", footer: "expressionText 中的 {{名称}} 会替换为 linkvars 中的链接：{名称: {text, link}}；isShow",
    chatTitle: "标题", uploadable: "false：不可上传文件", width: "宽度（像素），缺省为 460", el: "要填充的页内元素，不再悬浮", newConversation: "false：不显示新会话按钮",
    calls: "false：不显示工具调用", quote: "true：可引用回答，或引用其中选中的文字", feedback: "isNeedFeedback: true 时显示点赞和点踩；feedbackPanel {title, placeholder, tags} 在点踩后询问原因", events: "显示或隐藏前后调用，前者返回 false 则保持原状", conversations: "true：可选择历史会话（该令牌可见的会话）。",
    show: "打开", hide: "关闭", destroy: "完全移除", publishHint: "所选工作空间中已发布的智能体",
  },
});

const script = `${location.origin}/sdk/chat.js`;

const snippet = (bot, title) => `<script src="${script}"></script>
<script>
  const chat = new CozeWebSDK.WebChatClient({
    config: { type: "bot", bot_id: "${bot}" },
    auth: {
      type: "token",
      token: "YOUR_TOKEN",
      onRefreshToken: async () => (await fetch("/your-server/token")).text(),
    },
    userInfo: { id: "visitor-1", nickname: "Visitor" },
    ui: {
      base: { lang: "${document.documentElement.lang}", layout: "pc" },
      chatBot: { title: ${JSON.stringify(title).replace(/</g, "\\u003c")} },
    },
  });
</script>`;

const options = (rows) => {
  const list = table([
    { title: t("option"), cell: ([name]) => h("code.small", name) }, { title: t("meaning"), cell: ([, meaning]) => meaning },
  ]);
  list.set(rows);
  return list.element;
};

async function published(place) {
  const found = await everything("/v1/bots", { workspace_id: place.id, connector_id: "999" }, { size: 100 });
  return found.map((one) => [one.id, one.name]);
}

page(async (view) => {
  await showWorkspaces();
  const bots = await published(await workspace());
  const bot = select(bots);
  if (query.get("bot_id")) choose(bot, query.get("bot_id"));
  const title = input({ value: "Chat", maxlength: 50 });
  const code = h("code");
  const show = () => fill(code, snippet(bot.value || "BOT_ID", title.value));
  let client;
  const note = h("p.note", { role: "status", hidden: true });
  const stop = button(t("stop"), () => {
    client?.destroy();
    client = undefined;
    stop.hidden = true;
    note.hidden = true;
  }, { hidden: true });
  const attempt = button(t("tryIt"), async () => {
    const make = async () => (await post("/buckle/v1/tokens", {
      name: "Embedding page", expires_in: 900,
      permissions: [
        "chat", "getMetadata", "getPublishedBot", "listConversation", "retrieveConversation", "createConversation", "editConversation", "listMessage",
        "retrieveMessage", "getChat", "cancelChat", "submitToolChat", "uploadFile", "retrieveFile", "feedback",
      ],
    })).secret;
    client?.destroy();
    client = new window.CozeWebSDK.WebChatClient({
      config: { type: "bot", bot_id: bot.value }, auth: { type: "token", token: await make(), onRefreshToken: make },
      userInfo: { id: userID }, ui: { base: { lang: document.documentElement.lang }, chatBot: { title: title.value } },
    });
    client.showChatBot();
    fill(note, t("tried")).hidden = false;
    stop.hidden = false;
  }, { kind: "primary", disabled: bots.length === 0 });
  for (const control of [bot, title]) control.addEventListener("input", show);
  show();
  const pre = h("pre", { tabindex: 0 }, code);
  view.append(h("p", t("about")), bots.length === 0 && h("p.note", t("noAgents")) || "",
    h("div.fields", field(t("agent"), bot, { hint: t("publishHint") }), field(t("title"), title)),
    h("section", h("h2", t("code")), h("div.code", h("div.code-head", h("span", "HTML"), copyButton(() => code.textContent)), pre),
      h("div.row", attempt, stop), note),
    h("section", h("h2", t("rules")), h("ul", h("li", t("ruleOrigin")), h("li", t("ruleToken")), h("li", t("ruleChannel")))),
    h("section", h("h2", t("options")), options([
      ["config.type", t("type")], ["config.bot_id", t("bot_id")], ["config.botInfo.parameters", t("parameters")],
      ["auth.token", t("token")], ["auth.onRefreshToken", t("refresh")], ["userInfo.id", t("user")],
      ["ui.base.icon", t("icon")], ["ui.base.layout", t("layout")], ["ui.base.lang", t("lang")], ["ui.base.zIndex", t("zIndex")],
      ["ui.asstBtn.isNeed", t("asst")], ["ui.header", t("header")], ["ui.footer", t("footer")], ["ui.chatBot.title", t("chatTitle")],
      ["ui.chatBot.uploadable", t("uploadable")], ["ui.chatBot.width", t("width")], ["ui.chatBot.el", t("el")],
      ["ui.chatBot.isNeedAddNewConversation", t("newConversation")], ["ui.chatBot.isNeedFunctionCallMessage", t("calls")],
      ["ui.chatBot.isNeedQuote", t("quote")], ["ui.chatBot.feedback", t("feedback")],
      ["ui.chatBot.onBeforeShow, onShow, onBeforeHide, onHide", t("events")],
      ["ui.conversations.isNeed", t("conversations")],
    ])),
    h("section", h("h2", t("methods")), options([["showChatBot()", t("show")], ["hideChatBot()", t("hide")], ["destroy()", t("destroy")]])));
});
