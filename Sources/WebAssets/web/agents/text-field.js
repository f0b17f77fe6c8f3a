// Controls for texts whose length the API limits.
import { field, h, refuse } from "../lib/dom.js";
import { formatNumber, texts } from "../lib/text.js";

const t = texts({
  en: { count: "{count} of {most} characters", long: "At most {most} characters.", blank: "Please fill this in." },
  zh: { count: "{count} / {most} 字", long: "最多 {most} 个字符。", blank: "请填写此项。" },
});

/** How many characters the API counts in a text. */
export const length = (text) => [...text].length;

/**
 * A labelled text of at most `most` characters, with their count once half of them are used up.
 * @returns {element, control, value(), set(text), check()}; check() shows what is wrong and is false then
 */
export function textField(label, control, { most, required = false, hint, trims = false } = {}) {
  const count = h("p.hint.count", { "aria-hidden": "true" });
  const element = field(label, control, { hint, required });
  element.append(count);
  const update = () => {
    const used = length(control.value);
    count.hidden = used <= most / 2;
    count.textContent = t("count", { count: formatNumber(used), most: formatNumber(most) });
    count.classList.toggle("over", used > most);
  };
  control.addEventListener("input", update);
  update();
  const value = () => (trims ? control.value.trim() : control.value);
  return {
    element, control, value,
    set(text) {
      control.value = text;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    },
    check() {
      if (required && !control.value.trim()) return refuse(control, t("blank"));
      if (length(value()) > most) return refuse(control, t("long", { most: formatNumber(most) }));
      return true;
    },
  };
}
