// The first steps: a model, an agent, a hello.
import { get } from "../lib/api.js";
import { button, confirm, field, fill, form, h, select, input, textarea } from "../lib/dom.js";
import { isOperator, page, userID, workspace } from "../lib/page.js";
import { texts } from "../lib/text.js";
import { createBot, CHANNELS, publishBot } from "../agents/bots.js";
import { examples } from "../agents/examples.js";
import { modelSummary } from "../agents/model.js";
import { textField } from "../agents/text-field.js";
import { ChatView } from "../chat/view.js";
import { modelForm } from "../models/form.js";

const t = texts({
  en: {
    intro: "Three steps to an agent that answers.", skip: "Skip all this", done: "done", change: "Change",
    step: "Step {number} of 3: {title}",
    model: "Model", agent: "Agent", hello: "Say hello",
    modelText: "A model is what agents think with. It may run on your own machine or at a provider.",
    there: "Models on this server",
    demoText:
      "The demo model is built in and no language model. It always answers in the same way: enough to look around.",
    onlyOperator: "Only who runs this server can add a model. Until then the demo model answers.",
    goDemo: "Go on with the demo model", go: "Go on", another: "Add another model", add: "Add a model",
    agentText: "An agent is a persona: who it is, what it does, how it talks. Everything can be changed later.",
    existing: "Agents in this workspace", use: "Go on with this agent", start: "Start from an example:", name: "Name",
    prompt: "Persona", promptHint: "In your own words. The agent follows them in every conversation.",
    create: "Create the agent", later: "Later", replace: "Replace what you have written?",
    replaceText: "The example takes the place of your persona.", replaceButton: "Replace",
    helloText: "This is {name}. Only you can talk to it so far: publish it for the others of the workspace.",
    publish: "Publish and open the chat page", edit: "Edit the agent", chat: "Chat",
  },
  zh: {
    intro: "三步得到一个会回答的智能体。", skip: "全部跳过", done: "已完成", change: "更改", step: "第 {number} 步，共 3 步：{title}",
    model: "模型", agent: "智能体", hello: "打个招呼",
    modelText: "智能体靠模型思考。模型可以运行在自己的机器上，也可以由服务商提供。",
    there: "此服务器上的模型", demoText: "演示模型是内置的，并非语言模型，每次都以同样的方式回答，足以四处看看。",
    onlyOperator: "只有服务器管理员可以添加模型。在此之前由演示模型回答。",
    goDemo: "先用演示模型继续", go: "继续", another: "再添加一个模型", add: "添加模型",
    agentText: "智能体就是一个人设：是谁、做什么、怎样说话。之后都可以修改。",
    existing: "此工作空间的智能体", use: "用这个智能体继续", start: "从示例开始：", name: "名称",
    prompt: "人设", promptHint: "用自己的话来写，智能体在每次会话中都会遵循。",
    create: "创建智能体", later: "以后再说", replace: "替换已写的内容？",
    replaceText: "示例将替换您写的人设。", replaceButton: "替换",
    helloText: "这是{name}。目前只有您能与它对话：发布后，工作空间的其他成员也可以使用。",
    publish: "发布并打开对话页", edit: "编辑智能体", chat: "对话",
  },
});

page(async (view) => {
  const space = await workspace();
  if (!space) return location.replace("/agents");
  let [{ models }, { items: bots }] = await Promise.all([
    get("/buckle/v1/models"), get("/v1/bots", { workspace_id: space.id, publish_status: "all", page_size: 100 }),
  ]);
  let bot = bots[0];
  let hasPassedModel = false;
  let chat;

  const isReal = (model) => model.source !== "built_in";

  // 1

  function showModel(body) {
    const hasReal = models.some(isReal);
    const goOn = button(t(hasReal ? "go" : "goDemo"), () => {
      hasPassedModel = true;
      open(1);
    }, { kind: hasReal ? "primary" : "" });
    const adding = isOperator && modelForm({
      isDefault: true, extra: hasReal ? [] : [goOn],
      async onSaved() {
        ({ models } = await get("/buckle/v1/models"));
        open(1);
      },
    });
    fill(body, h("p", t("modelText")), h("h3", t("there")),
      h("ul.plain-list", models.map((model) =>
        h("li", h("strong", model.name), " ", h("span.muted.small", modelSummary(model))))),
      !hasReal && h("p.note", t("demoText")),
      hasReal && h("div.buttons", goOn),
      adding && hasReal && h("details", h("summary", t("another")), h("div.folded", adding)),
      adding && !hasReal && [h("h3", t("add")), adding],
      !adding && !hasReal && [h("p", t("onlyOperator")), h("div.buttons", goOn)]);
  }

  // 2

  function showAgent(body) {
    const name = textField(t("name"), input(), { most: 20, required: true, trims: true });
    const prompt = textField(t("prompt"), textarea({ rows: 9 }), { most: 20_000, hint: t("promptHint") });
    let chosen;
    const choices = examples.map((example) =>
      button(example.name, () => choose(example), { kind: "small", "aria-pressed": "false" }));

    async function choose(example) {
      const isOwn = prompt.value().trim() !== "" && !examples.some((one) => one.prompt === prompt.value());
      if (isOwn && !(await confirm(t("replace"), t("replaceText"), t("replaceButton")))) return;
      chosen = example;
      choices.forEach((one, index) => one.setAttribute("aria-pressed", String(examples[index] === example)));
      prompt.set(example.prompt);
      if (name.value() === "" || examples.some((one) => one.name === name.value())) name.set(example.name);
    }

    const existing = select(bots.map((one) => [one.id, one.name]), { value: bot?.id });
    fill(body, h("p", t("agentText")),
      bots.length > 0 && h("div.row.bottom", field(t("existing"), existing, { kind: "grow" }), button(t("use"), () => {
        bot = bots.find((one) => one.id === existing.value);
        open(2);
      }, { kind: bot ? "primary" : "" })),
      h("div.row", { role: "group", "aria-label": t("start") }, h("span.muted", t("start")), choices),
      form([name.element, prompt.element], t("create"), async () => {
        if (!name.check() || !prompt.check()) return;
        const id = await createBot(space.id, {
          name: name.value(), description: chosen?.description ?? "", prompt_info: { prompt: prompt.value() },
          onboarding_info: { prologue: chosen?.prologue ?? "", suggested_questions: chosen?.questions ?? [] },
        });
        bot = { id, name: name.value() };
        bots = [bot, ...bots];
        open(2);
      }, { extra: [button(t("later"), () => location.assign("/agents"))] }));
  }

  // 3

  function showHello(body) {
    chat = new ChatView({ bot: bot.id, isDraft: true, endUser: userID, compact: true, options: { head: false } });
    fill(body, h("p", t("helloText", { name: bot.name })),
      h("div.hello", { role: "group", "aria-label": t("chat") }, chat.element),
      h("div.buttons",
        button(t("publish"), async () => {
          await publishBot(bot.id, CHANNELS.map(([id]) => id));
          location.assign(`/chat/${bot.id}`);
        }, { kind: "primary" }),
        h("a.button", { href: `/agents/${bot.id}` }, t("edit"))));
  }

  // All

  const steps = [
    {
      title: t("model"), show: showModel, isDone: () => hasPassedModel || models.some(isReal),
      summary: () => models[0].name,
    },
    { title: t("agent"), show: showAgent, isDone: () => bot !== undefined, summary: () => bot.name },
    { title: t("hello"), show: showHello, isDone: () => false },
  ];
  for (const [index, step] of steps.entries()) {
    const label = t("step", { number: index + 1, title: step.title });
    step.heading = h("h2", { tabindex: -1, "aria-label": label }, `${index + 1}. ${step.title}`);
    step.state = h("span.row.grow");
    step.change = button(t("change"), () => open(index), {
      kind: "small", "aria-label": `${t("change")}: ${step.title}`,
    });
    step.body = h("div.stack");
    step.element = h("li.card", h("div.head", step.heading, step.state, step.change), step.body);
  }

  /** Shows one step; those before it are folded up, with what was chosen. */
  function open(current, takesFocus = true) {
    chat?.destroy();
    chat = undefined;
    steps.forEach((step, index) => {
      const isOpen = index === current;
      if (isOpen) step.element.setAttribute("aria-current", "step");
      else step.element.removeAttribute("aria-current");
      fill(step.state, !isOpen && step.isDone() && [h("span.badge.good", t("done")), h("span.muted", step.summary())]);
      step.change.hidden = isOpen || !(step.isDone() || index < current);
      step.body.hidden = !isOpen;
      if (isOpen) step.show(step.body);
      else fill(step.body);
    });
    if (takesFocus) steps[current].heading.focus();
  }

  view.append(h("div.head", h("p.grow.muted.intro", t("intro")), h("a", { href: "/agents" }, t("skip"))),
    h("ol.steps", steps.map((step) => step.element)));
  const first = steps.findIndex((step) => !step.isDone());
  open(first, false);
});
