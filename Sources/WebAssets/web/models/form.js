// The form for a model that operators add or change: a server of /v1/chat/completions, tried out before it is saved.
import { post, put } from "../lib/api.js";
import { button, checkbox, field, fill, form, h, input, select, uniqueID, userNameOf } from "../lib/dom.js";
import { formatDuration, formatNumber, texts } from "../lib/text.js";

const t = texts({
  en: {
    kind: "Where it runs", other: "Another server", address: "Address of the server",
    addressHint: "Up to and with /v1. It must speak the protocol of /v1/chat/completions.", key: "API key",
    keyHint: "Sent to this server alone; stored encrypted and never shown again.", keyKept: "Empty keeps the one that ends in {hint}.",
    keyKeptPlain: "Empty keeps the stored one.", removeKey: "Remove the stored key", model: "Model",
    modelHint: "The server's own name for it. Try it to see which there are.", name: "Name",
    nameHint: "What people choose it by. Empty: the model's name.", context: "Context (tokens)",
    contextHint: "The most tokens of question and answer together.", tools: "It calls functions", vision: "It sees images",
    standard: "Agents that choose no model answer with it", try: "Try it", save: "Save", found: "{count} models found.",
    unreachable: "It did not work: {error}", answered: "It answered “{answer}” after {time}.", trying: "Asking the server…",
    reached: "The server answers. Choose a model and try it.", more: "More",
  },
  zh: {
    kind: "运行位置", other: "其他服务器", address: "服务器地址",
    addressHint: "填写到 /v1 为止，须支持 /v1/chat/completions 协议。", key: "API 密钥",
    keyHint: "仅发送给该服务器，加密保存且不再显示。", keyKept: "留空则沿用以 {hint} 结尾的密钥。",
    keyKeptPlain: "留空则沿用已保存的密钥。", removeKey: "移除已保存的密钥", model: "模型",
    modelHint: "该服务器对模型的命名。点击“测试”可查看有哪些模型。", name: "名称",
    nameHint: "供选择时显示，留空则使用模型名。", context: "上下文长度（tokens）",
    contextHint: "输入与输出合计的最大长度。", tools: "可调用函数", vision: "可识别图片",
    standard: "未指定模型的智能体使用此模型", try: "测试", save: "保存", found: "找到 {count} 个模型。",
    unreachable: "未成功：{error}", answered: "{time} 后回答：“{answer}”。", trying: "正在请求服务器…",
    reached: "服务器可用。请选择模型后测试。", more: "更多",
  },
});

/** Servers that many people have; any other works as well: address, name, whether it asks for a key. */
export const SERVERS = [
  ["http://127.0.0.1:11434/v1", "Ollama", false], ["http://127.0.0.1:1234/v1", "LM Studio", false],
  ["http://127.0.0.1:8080/v1", "llama.cpp", false], ["http://127.0.0.1:8000/v1", "vLLM", false],
  ["https://api.openai.com/v1", "OpenAI", true], ["https://api.deepseek.com/v1", "DeepSeek", true],
  ["https://dashscope.aliyuncs.com/compatible-mode/v1", "Qwen (DashScope)", true],
  ["https://ark.cn-beijing.volces.com/api/v3", "Volcengine Ark (火山方舟)", true],
  ["https://open.bigmodel.cn/api/paas/v4", "GLM (智谱)", true], ["https://api.moonshot.cn/v1", "Kimi", true],
  ["https://openrouter.ai/api/v1", "OpenRouter", true],
];

/**
 * @param model the one to change; undefined for a new one
 * @param onSaved called with the saved model
 * @returns the form
 */
export function modelForm(model, onSaved, { label = t("save") } = {}) {
  const known = SERVERS.find(([address]) => address === model?.base_url);
  const kind = select([...SERVERS, ["", t("other")]], { value: model ? (known?.[0] ?? "") : SERVERS[0][0] });
  const address = input({ type: "url", value: model?.base_url ?? SERVERS[0][0], spellcheck: "false", required: true });
  const key = input({ type: "password", autocomplete: "new-password", maxlength: 4096 });
  const removeKey = checkbox(t("removeKey"));
  const names = h("datalist", { id: uniqueID("models") });
  const upstream = input({ value: model?.model ?? "", list: names.id, spellcheck: "false", autocapitalize: "none", maxlength: 200 });
  const name = input({ value: model?.name ?? "", maxlength: 100 });
  const context = input({ type: "number", min: 256, max: 100_000_000, value: model?.context_length ?? 32768 });
  const tools = checkbox(t("tools"), { checked: model ? model.capabilities.includes("tools") : true });
  const vision = checkbox(t("vision"), { checked: model?.capabilities.includes("vision") ?? false });
  const standard = checkbox(t("standard"), { checked: model?.is_default ?? false });
  const outcome = h("p.note", { role: "status", hidden: true });
  kind.addEventListener("change", () => {
    if (kind.value) address.value = kind.value;
    else address.focus();
  });
  const kept = model?.has_api_key ? (model.api_key_hint ? t("keyKept", { hint: model.api_key_hint }) : t("keyKeptPlain")) : "";

  async function attempt() {
    fill(outcome, t("trying")).hidden = false;
    const tried = await post("/buckle/v1/models/test", {
      base_url: address.value.trim(), model: upstream.value.trim() || undefined, api_key: key.value || undefined,
      model_id: model && !key.value ? model.id : undefined,
    }).catch((error) => ({ error, models: [] }));
    fill(names, tried.models.map((one) => h("option", { value: one })));
    const lines = [];
    if (tried.models.length) lines.push(t("found", { count: formatNumber(tried.models.length) }));
    if (tried.error) lines.push(t("unreachable", { error: tried.error.message }));
    else if (tried.answer) lines.push(t("answered", { answer: tried.answer, time: formatDuration(tried.first_token_ms ?? tried.duration_ms) }));
    else if (!upstream.value) lines.push(t("reached"));
    outcome.className = tried.error ? "alert" : "note";
    fill(outcome, lines.join(" "));
    if (!upstream.value && tried.models.length === 1) upstream.value = tried.models[0];
  }

  return form([
    h("div.fields", field(t("kind"), kind), field(t("address"), address, { required: true, hint: t("addressHint") })),
    userNameOf(model?.name ?? ""), field(t("key"), key, { hint: [t("keyHint"), kept].filter(Boolean).join(" ") }), model?.has_api_key ? removeKey.element : null,
    h("div.fields", field(t("model"), upstream, { required: true, hint: t("modelHint") }), field(t("name"), name, { hint: t("nameHint") })), names,
    h("details", h("summary", t("more")), h("div.stack", field(t("context"), context, { hint: t("contextHint") }),
      tools.element, vision.element, standard.element)),
    outcome,
  ], label, async () => {
    const body = {
      base_url: address.value.trim(), model: upstream.value.trim(), name: name.value.trim() || upstream.value.trim(),
      api_key: key.value || undefined, remove_api_key: removeKey.input.checked || undefined, context_length: Number(context.value),
      capabilities: [tools.input.checked && "tools", vision.input.checked && "vision"].filter(Boolean),
      is_default: standard.input.checked || (model?.is_default ? false : undefined),
    };
    onSaved(model ? await put(`/buckle/v1/models/${model.id}`, body) : await post("/buckle/v1/models", body));
  }, { extra: [button(t("try"), attempt)] });
}
