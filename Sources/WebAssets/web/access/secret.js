// Secrets that are shown once.
import { button, copyButton, dialog, h, input, uniqueID } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { once: "Copy it now: it is not shown again.", done: "I have copied it", label: "Secret" },
  zh: { once: "请立即复制：此内容不会再次显示。", done: "我已复制", label: "密钥" },
});

/** Shows secrets in a dialog. @param secrets [[label, text], …] */
export async function showSecrets(title, secrets) {
  const lines = secrets.map(([label, text]) => {
    const id = uniqueID("secret");
    const control = text.includes("\n")
      ? h("textarea", { id, rows: 8, readonly: true, value: text })
      : input({ id, readonly: true, value: text, onfocus: (event) => event.target.select() });
    return h("div.field", h("label", { for: id }, label || t("label")), control, copyButton(text));
  });
  const shown = dialog(title, [h("p.note", t("once")), lines], [
    button(t("done"), () => shown.close(true), { kind: "primary" }),
  ]);
  await shown.done;
}
