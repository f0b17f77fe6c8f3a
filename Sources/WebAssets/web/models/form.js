// The form for a model that operators add or change: where it runs, a try, and which of the server's models it is.
import { ApiError, post, put } from "../lib/api.js";
import { accept, button, checkbox, field, fill, form, h, input, refuse, select, userNameOf } from "../lib/dom.js";
import { formatDuration, formatNumber, texts } from "../lib/text.js";
import { SERVERS, serverOf } from "./servers.js";

const t = texts({
  en: {
    where: "Where does the model run?", custom: "Other (OpenAI-compatible)", url: "Address", key: "API key",
    urlHint:
      "As this server reaches it, up to and with /v1. From inside a container 127.0.0.1 is the container itself.",
    noKey: "Not needed for a server of your own.",
    needsKey: "You get it from the provider. It is stored encrypted, sent to this server alone and not shown again.",
    kept: "Empty keeps the one that ends in {hint}.", keptPlain: "Empty keeps the stored one.",
    removeKey: "Remove the stored key",
    moved: "The stored key is for {server} and is sent to no other server.",
    again: "Put in the key for the new server, or remove the stored one.",
    test: "Test", trying: "Asking the server…", model: "Model", modelHint: "The server's own name for it. A test shows which there are.",
    listed: "Model of the server", other: "Another name…", more: "More", name: "Name that people see",
    nameHint: "Empty: the model's own name.", context: "Context length (tokens)",
    contextHint: "Question and answer together.", tools: "It calls functions", vision: "It sees images",
    standard: "Agents that choose no model answer with it",
    add: "Add the model", addAnyway: "Add it anyway", save: "Save", saveAnyway: "Save anyway",
    found: "The server answers. It has {count} models.", foundOne: "The server answers. It has one model.",
    noList:
      "The server does not tell which models it has. {reason} If it has no such list, put in the name yourself.",
    answered: "The model answers, after {time}: {answer}", failed: "The test has failed. {reason}",
    required: "Please fill this in.",
  },
  zh: {
    where: "模型在哪里运行？", custom: "其他（兼容 OpenAI API）", url: "地址", key: "API 密钥",
    urlHint: "本服务器访问它的地址，以 /v1 结尾。在容器中，127.0.0.1 指容器自身。",
    noKey: "自建服务通常不需要。", needsKey: "由服务商提供，加密保存，仅发送给该服务器，之后不再显示。",
    kept: "留空则沿用以 {hint} 结尾的密钥。", keptPlain: "留空则沿用已保存的密钥。", removeKey: "移除已保存的密钥",
    moved: "已保存的密钥仅用于 {server}，不会发送给其他服务器。", again: "请填写新服务器的密钥，或移除已保存的密钥。",
    test: "测试", trying: "正在请求服务器…", model: "模型", modelHint: "该服务中的模型名称，点击“测试”可查看有哪些模型。",
    listed: "该服务的模型", other: "其他名称…", more: "更多", name: "显示名称", nameHint: "留空则使用模型名。",
    context: "上下文长度（tokens）", contextHint: "输入与输出合计。", tools: "可调用函数", vision: "可识别图片",
    standard: "未指定模型的智能体使用此模型",
    add: "添加模型", addAnyway: "仍然添加", save: "保存", saveAnyway: "仍然保存",
    found: "连接成功，该服务有 {count} 个模型。", foundOne: "连接成功，该服务有 1 个模型。",
    noList: "该服务未列出模型。{reason} 如果它不提供列表，请自行填写模型名称。",
    answered: "模型在 {time} 后回答：{answer}", failed: "测试失败。{reason}",
    required: "请填写此项。",
  },
});

/** What stands for a server that is none of SERVERS. */
const CUSTOM = String(SERVERS.length);
const presetOf = (address) => {
  const index = SERVERS.findIndex(([, one]) => one === address);
  return index < 0 ? CUSTOM : String(index);
};

/**
 * @param model the one to change; undefined for a new one
 * @param onSaved is told the saved model
 * @param isDefault whether a new one shall answer for agents that choose none, unless somebody says otherwise
 * @param extra further buttons
 * @returns the element
 */
export function modelForm({ model, onSaved, isDefault = false, extra = [] }) {
  const own = model?.base_url ?? SERVERS[0][1];
  const preset = select([...SERVERS.map(([name], index) => [String(index), name]), [CUSTOM, t("custom")]],
    { value: presetOf(own) });
  const url = input({ type: "url", value: own, required: true, spellcheck: "false" });
  const key = input({ type: "password", autocomplete: "new-password", maxlength: 4096 });
  const keyField = field(t("key"), key, { hint: t("noKey") });
  const removeKey = checkbox(t("removeKey"));
  removeKey.element.hidden = !model?.has_api_key;
  const moved = h("p.note", { hidden: true }, t("moved", { server: serverOf(own) }));
  const name = input({ value: model?.model ?? "", spellcheck: "false", autocapitalize: "none", maxlength: 200 });
  const listed = select([]);
  const listedField = field(t("listed"), listed);
  const nameField = field(t("model"), name, { hint: t("modelHint") });
  const shownName = input({ value: model?.name ?? "", maxlength: 100 });
  const context = input({
    type: "number", min: 256, max: 100_000_000, value: model?.context_length ?? 32_768, required: true,
  });
  const tools = checkbox(t("tools"), { checked: model?.capabilities.includes("tools") ?? true });
  const vision = checkbox(t("vision"), { checked: model?.capabilities.includes("vision") ?? false });
  const standard = checkbox(t("standard"), { checked: model?.is_default ?? isDefault });
  const good = h("p.note", { hidden: true });
  const bad = h("p.alert", { hidden: true });
  const anyway = button(t(model ? "saveAnyway" : "addAnyway"), () => isReady() && save(), { hidden: true });

  // The server and its key

  const address = () => url.value.trim();
  const newKey = () => (removeKey.input.checked ? "" : key.value.trim());
  const isStored = () => model?.has_api_key && !removeKey.input.checked;

  /** Says what holds for the key at this address: one that is stored does not move to another server. */
  function showKey() {
    const hasMoved = serverOf(address()) !== serverOf(own);
    key.disabled = removeKey.input.checked;
    key.required = isStored() && hasMoved;
    const plain = SERVERS[Number(preset.value)]?.[2] === false ? "noKey" : "needsKey";
    const kept = model?.api_key_hint ? "kept" : "keptPlain";
    keyField.querySelector(".hint").textContent =
      t(key.required ? "again" : isStored() ? kept : plain, { hint: model?.api_key_hint });
    key.setCustomValidity(key.required && newKey() === "" ? t("required") : "");
    moved.hidden = !key.required;
    if (!key.required) accept(key);
  }

  /** Whether the server can be asked; if not, what is missing is shown. */
  function isReady() {
    if (address() === "") return refuse(url, t("required"));
    return key.checkValidity() || refuse(key, key.validationMessage);
  }

  // The model

  const chosen = () => listed.value || name.value.trim();
  const showName = () => { nameField.hidden = listed.value !== ""; };

  /** Offers the names that the server told, with the choice to put in another one. */
  function offer(names) {
    const was = chosen();
    fill(listed, names.map((one) => h("option", { value: one }, one)), h("option", { value: "" }, t("other")));
    listedField.hidden = names.length === 0;
    listed.value = names.includes(was) ? was : (was === "" && names[0]) || "";
    showName();
  }

  // Trying and saving

  const connection = () => ({
    base_url: address(), model: chosen() || undefined, api_key: newKey() || undefined,
    model_id: isStored() && newKey() === "" ? model.id : undefined,
  });
  /** What was tried last and answered. What is only renamed need not be tried. */
  let proven = model && JSON.stringify(connection());

  function forget() {
    good.hidden = bad.hidden = anyway.hidden = true;
  }

  /** Runs a call; what it finds wrong with a field is shown there. */
  async function called(work) {
    try {
      return await work();
    } catch (error) {
      forget();
      const [, wrong] = (error instanceof ApiError && error.code === 4000 && /: (\w+): /.exec(error.message)) || [];
      const control = {
        base_url: url, api_key: key, model: nameField.hidden ? listed : name, name: shownName, context_length: context,
      }[wrong];
      if (!control) throw error;
      // There may be a stored key that the server cannot open, and tells nothing of.
      if (control === key && model && newKey() === "") removeKey.element.hidden = false;
      refuse(control, error.message);
      return undefined;
    }
  }

  function tell({ error, reachable, models, answer, first_token_ms: time, duration_ms: whole }, asked) {
    forget();
    if (error) {
      fill(bad, t(reachable && asked === undefined ? "noList" : "failed", { reason: error.message })).hidden = false;
      return;
    }
    fill(good, answer === undefined
      ? t(models.length === 1 ? "foundOne" : "found", { count: formatNumber(models.length) })
      : t("answered", { time: formatDuration(time ?? whole), answer })).hidden = false;
  }

  /** @returns whether all is well */
  async function test() {
    if (!isReady()) return false;
    const tried = connection();
    forget();
    fill(good, t("trying")).hidden = false;
    const report = await called(() => post("/buckle/v1/models/test", tried));
    if (!report) return false;
    offer(report.models);
    tell(report, tried.model);
    if (report.reachable && tried.model === undefined) (listedField.hidden ? name : listed).focus();
    if (!report.error) proven = JSON.stringify(tried);
    return !report.error;
  }

  async function save() {
    const body = {
      base_url: address(), model: chosen(), api_key: newKey() || undefined,
      remove_api_key: removeKey.input.checked || undefined,
      name: shownName.value.trim() || [...chosen()].slice(0, 100).join(""), context_length: Number(context.value),
      capabilities: [tools.input.checked && "tools", vision.input.checked && "vision"].filter(Boolean),
      is_default: standard.input.checked === (model?.is_default ?? false) ? undefined : standard.input.checked,
    };
    const saved = await called(() =>
      (model ? put(`/buckle/v1/models/${model.id}`, body) : post("/buckle/v1/models", body)));
    if (saved) await onSaved(saved);
  }

  preset.addEventListener("input", () => {
    const known = SERVERS[Number(preset.value)]?.[1];
    // Whoever has a server of their own comes back to it.
    url.value = known ?? (presetOf(own) === CUSTOM ? own : "");
    offer([]);
    // Whoever goes through the list by arrow keys stays in it.
    if (url.value === "") url.focus();
  });
  // Another server's models are not this one's.
  url.addEventListener("input", () => { preset.value = presetOf(address()); offer([]); });
  listed.addEventListener("input", () => { showName(); if (listed.value === "") name.focus(); });
  for (const control of [preset, url, key, removeKey.input, listed, name]) {
    control.addEventListener("input", () => { forget(); showKey(); });
  }
  offer([]);
  showKey();

  return form([
    h("div.fields", field(t("where"), preset), field(t("url"), url, { hint: t("urlHint"), required: true })),
    h("div", { role: "status" }, moved), userNameOf(model?.name ?? ""), keyField, model && removeKey.element,
    listedField, nameField,
    h("details", { open: Boolean(model) }, h("summary", t("more")), h("div.stack.folded",
      h("div.fields", field(t("name"), shownName, { hint: t("nameHint") }),
        field(t("context"), context, { hint: t("contextHint") })),
      tools.element, vision.element, standard.element)),
    h("div", { role: "status" }, good), h("div", { role: "alert" }, bad),
  ], t(model ? "save" : "add"), async () => {
    if (chosen() === "") return refuse(name, t("required"));
    if (JSON.stringify(connection()) === proven || await test()) return save();
    // Whoever knows better is not kept from it.
    anyway.hidden = bad.hidden;
    return undefined;
  }, { extra: [button(t("test"), test), anyway, extra] });
}
