// The models that agents answer with. Operators add, change and try them.
import { get, put, remove } from "../lib/api.js";
import { button, confirm, dialog, h, table, toast } from "../lib/dom.js";
import { isOperator, page } from "../lib/page.js";
import { formatNumber, texts } from "../lib/text.js";
import { modelForm } from "../models/form.js";

const t = texts({
  en: {
    about: "Agents answer with these. Any server that speaks the protocol of /v1/chat/completions will do.", make: "Add a model",
    name: "Name", id: "Model ID", model: "Model", server: "Server", abilities: "Abilities", context: "Context", source: "From",
    configuration: "configuration file", database: "added here", built_in: "built in", actions: "Actions", edit: "Edit", delete: "Remove",
    deleteTitle: "Remove the model {name}?", deleteText: "Agents that have chosen it cannot answer until another is chosen.",
    deleted: "The model is removed.", saved: "Saved.", standard: "default", makeStandard: "Make it the default", tools: "functions",
    vision: "images", demo: "This model says what it is and needs no network. It goes when you add one.",
  },
  zh: {
    about: "智能体使用以下模型回答。任何支持 /v1/chat/completions 协议的服务器均可接入。", make: "添加模型",
    name: "名称", id: "模型 ID", model: "模型", server: "服务器", abilities: "能力", context: "上下文", source: "来源",
    configuration: "配置文件", database: "在此添加", built_in: "内置", actions: "操作", edit: "编辑", delete: "移除",
    deleteTitle: "移除模型“{name}”？", deleteText: "选用它的智能体在改选其他模型之前无法回答。",
    deleted: "模型已移除。", saved: "已保存。", standard: "默认", makeStandard: "设为默认", tools: "函数调用",
    vision: "图片识别", demo: "此模型仅作演示，无需网络。添加模型后它会自动消失。",
  },
});

page(async (view) => {
  const list = table([
    { title: t("name"), cell: (one) => [one.name, one.is_default ? [" ", h("span.badge.good", t("standard"))] : null] },
    { title: t("id"), cell: (one) => h("code.small", one.id) },
    isOperator && { title: t("server"), cell: (one) => [h("div", one.model ?? ""), h("div.small.muted", one.base_url ?? "")] },
    { title: t("abilities"), cell: (one) => one.capabilities.map((ability) => [h("span.badge", t(ability)), " "]) },
    { title: t("context"), kind: "number", cell: (one) => formatNumber(one.context_length) },
    { title: t("source"), cell: (one) => t(one.source) },
    isOperator && {
      title: t("actions"), kind: "actions",
      cell: (one) => [
        !one.is_default && one.source !== "built_in" && [button(t("makeStandard"), async () => {
          await put(`/buckle/v1/models/${one.id}`, { is_default: true });
          await show();
        }, { kind: "small" }), " "],
        one.source === "database" && [
          button(t("edit"), () => ask(one), { kind: "small" }), " ",
          button(t("delete"), async () => {
            if (!(await confirm(t("deleteTitle", { name: one.name }), t("deleteText"), t("delete")))) return;
            await remove(`/buckle/v1/models/${one.id}`);
            await show();
            toast(t("deleted"));
          }, { kind: "danger small" }),
        ],
      ],
    },
  ].filter(Boolean));
  const demo = h("p.note", t("demo"));

  async function show() {
    const { models } = await get("/buckle/v1/models");
    list.set(models);
    demo.hidden = !models.every((one) => one.source === "built_in");
  }

  async function ask(model) {
    const shown = dialog(model ? model.name : t("make"), modelForm({ model, onSaved: () => shown.close(true) }));
    if (!(await shown.done)) return;
    await show();
    toast(t("saved"));
  }

  view.append(h("div.head", h("p.grow.muted", t("about")), isOperator && button(t("make"), () => ask(), { kind: "primary" })),
    demo, list.element);
  await show();
});
