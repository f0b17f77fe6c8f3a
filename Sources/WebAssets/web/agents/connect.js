// Adding a model: where it runs, a try, and which of the server's models it shall be.
import { ApiError, post } from "../lib/api.js";
import { button, checkbox, field, fill, form, h, input, select } from "../lib/dom.js";
import { formatDuration, formatNumber, texts } from "../lib/text.js";
import { SERVERS } from "../models/form.js";
import { fault } from "./text-field.js";

const t = texts({
  en: {
    where: "Where does the model run?", custom: "Another server with OpenAI's API", url: "Address", key: "Key",
    urlHint:
      "As this server reaches it, up to and with /v1. From inside a container 127.0.0.1 is the container itself.",
    noKey: "Not needed for a server of your own.",
    needsKey: "You get it from the provider. It is stored encrypted and not shown again.",
    test: "Test", model: "Model", modelHint: "The name that the server knows it by.", listed: "Model of the server",
    other: "Another name…", more: "More", name: "Name that people see", context: "Context length (tokens)",
    tools: "It calls functions", vision: "It sees images", add: "Add the model", anyway: "Add it anyway",
    found: "The server answers. It has {count} models.", foundOne: "The server answers. It has one model.",
    noList:
      "The server does not tell which models it has. {reason} If it has no such list, put in the name yourself.",
    answered: "The model answers, after {time}: {answer}", failed: "The test has failed. {reason}",
    required: "Please fill this in.",
  },
  zh: {
    where: "模型在哪里运行？", custom: "其他兼容 OpenAI API 的服务", url: "地址", key: "密钥",
    urlHint: "本服务器访问它的地址，以 /v1 结尾。在容器中，127.0.0.1 指容器自身。",
    noKey: "自建服务通常不需要。", needsKey: "由服务商提供，加密保存，之后不再显示。",
    test: "测试", model: "模型", modelHint: "该服务中的模型名称。", listed: "该服务的模型",
    other: "其他名称…", more: "更多", name: "显示名称", context: "上下文长度（tokens）",
    tools: "可调用函数", vision: "可识别图片", add: "添加模型", anyway: "仍然添加",
    found: "连接成功，该服务有 {count} 个模型。", foundOne: "连接成功，该服务有 1 个模型。",
    noList: "该服务未列出模型。{reason} 如果它不提供列表，请自行填写模型名称。",
    answered: "模型在 {time} 后回答：{answer}", failed: "测试失败。{reason}",
    required: "请填写此项。",
  },
});

/** name, address, whether it asks for a key */
const PRESETS = [...SERVERS.map(([address, name, needsKey]) => [name, address, needsKey]), ["", "", true]];

/** @param onAdded is told the new model. @param extra further buttons. @returns the element */
export function connectForm({ onAdded, extra = [] }) {
  const preset = select(PRESETS.map(([name], index) => [String(index), name || t("custom")]));
  const url = input({ type: "url", value: PRESETS[0][1], required: true, spellcheck: "false" });
  const key = input({ type: "password", autocomplete: "off" });
  const keyField = field(t("key"), key, { hint: t("noKey") });
  const name = input({ spellcheck: "false" });
  const listed = select([]);
  const listedField = field(t("listed"), listed);
  const nameField = field(t("model"), name, { hint: t("modelHint") });
  const shownName = input({ maxlength: 100 });
  const context = input({ type: "number", min: 256, max: 100_000_000, value: 32_768, required: true });
  const tools = checkbox(t("tools"), { checked: true });
  const vision = checkbox(t("vision"), { checked: false });
  const good = h("p.note", { hidden: true });
  const bad = h("p.alert", { hidden: true });
  const anyway = button(t("anyway"), () => add(), { hidden: true });

  /** The names that the server told, with the choice to put in another one. */
  function offer(names) {
    const was = model();
    fill(listed, names.map((one) => h("option", { value: one }, one)), h("option", { value: "" }, t("other")));
    listedField.hidden = names.length === 0;
    listed.value = names.includes(was) ? was : (was === "" && names[0]) || "";
    showName();
  }
  const model = () => (listed.value || name.value.trim());
  const showName = () => { nameField.hidden = listed.value !== ""; };

  function forget() {
    good.hidden = bad.hidden = anyway.hidden = true;
  }

  const server = () => ({ base_url: url.value.trim(), api_key: key.value.trim() || undefined });

  /** Runs a call; what is wrong with the address or the key is shown there. */
  async function called(work) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 4000) throw error;
      const place = [["base_url", url], ["api_key", key], ["context_length", context], ["model", name]]
        .find(([one, control]) => new RegExp(`\\b${one}\\b`).test(error.message) && control.checkVisibility());
      if (!place) throw error;
      fault(place[1], error.message);
      return undefined;
    }
  }

  function tell(report, asked) {
    forget();
    const { error, models, answer, first_token_ms: time } = report;
    if (error) {
      fill(bad, t(report.reachable && asked === "" ? "noList" : "failed", { reason: error.message })).hidden = false;
      return;
    }
    fill(good, answer === undefined
      ? t(models.length === 1 ? "foundOne" : "found", { count: formatNumber(models.length) })
      : t("answered", { time: formatDuration(time ?? report.duration_ms), answer })).hidden = false;
  }

  async function test() {
    if (!url.value.trim()) return fault(url, t("required"));
    const asked = model();
    const report = await called(() => post("/buckle/v1/models/test", { ...server(), model: asked || undefined }));
    if (!report) return false;
    offer(report.models);
    tell(report, asked);
    if (report.reachable && asked === "") (listedField.hidden ? name : listed).focus();
    return !report.error;
  }

  async function add() {
    const made = await called(() => post("/buckle/v1/models", {
      ...server(), model: model(), name: shownName.value.trim() || undefined, context_length: Number(context.value),
      capabilities: [tools.input.checked && "tools", vision.input.checked && "vision"].filter(Boolean),
      is_default: true,
    }));
    if (made) await onAdded(made);
  }

  preset.addEventListener("change", () => {
    const [, address, needsKey] = PRESETS[Number(preset.value)];
    url.value = address;
    keyField.querySelector(".hint").textContent = t(needsKey ? "needsKey" : "noKey");
    offer([]);
    forget();
    (address === "" ? url : needsKey ? key : preset).focus();
  });
  listed.addEventListener("change", () => { showName(); forget(); if (listed.value === "") name.focus(); });
  for (const control of [url, key, name]) control.addEventListener("input", forget);
  // Another server's models are not this one's.
  url.addEventListener("input", () => offer([]));
  offer([]);

  return form([
    h("div.fields", field(t("where"), preset), keyField), field(t("url"), url, { hint: t("urlHint"), required: true }),
    listedField, nameField,
    h("details", h("summary", t("more")), h("div.stack.folded", h("div.fields",
      field(t("name"), shownName), field(t("context"), context)), tools.element, vision.element)),
    h("div", { role: "status" }, good), h("div", { role: "alert" }, bad),
  ], t("add"), async () => {
    if (model() === "") return fault(name, t("required"));
    if (await test()) return add();
    // Whoever knows better is not kept from it.
    anyway.hidden = bad.hidden;
    return undefined;
  }, { extra: [button(t("test"), test), anyway, extra] });
}
