// The pictures of agents.
import { upload } from "../lib/api.js";
import { button, busy, fill, h, uniqueID } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({
  en: { icon: "Icon", choose: "Choose a picture", clear: "Remove the picture" },
  zh: { icon: "图标", choose: "选择图片", clear: "移除图片" },
});

/** An agent's picture, or the first letter of its name. It says nothing that the name beside it does not. */
export function picture(name, address) {
  const letter = h("span.picture", { "aria-hidden": "true" }, [...name.trim()][0]?.toUpperCase() ?? "?");
  if (!address) return letter;
  const url = new URL(address, location.href);
  // The page may have been opened under another name of the server than the one that links are made with.
  const own = url.protocol === "blob:" ? address : url.pathname + url.search;
  return h("img.picture", { src: own, alt: "", onerror: (event) => event.target.replaceWith(letter) });
}

/**
 * The choice of a picture, which is uploaded at once.
 * @param draft has `name`, `icon_url` and `icon_file_id`
 * @returns {element, value(): the upload's id}
 */
export function pictureChoice(draft) {
  let id = draft.icon_file_id;
  let shown = draft.icon_url;
  const place = h("span");
  const clear = button(t("clear"), () => { id = undefined; show(""); changed(); file.focus(); }, { kind: "small" });
  const file = h("input", {
    type: "file", id: uniqueID("picture"), accept: "image/png,image/jpeg,image/gif,image/webp",
  });
  const element = h("div.picture-choice", place,
    h("div.grow", h("label", { for: file.id }, t("choose")), h("div.row", file, clear)));
  const changed = () => element.dispatchEvent(new Event("input", { bubbles: true }));
  function show(address) {
    if (shown.startsWith("blob:")) URL.revokeObjectURL(shown);
    shown = address;
    fill(place, picture(draft.name, address));
    clear.hidden = !address;
  }
  // The choice itself is no change: the upload is.
  file.addEventListener("input", (event) => event.stopPropagation());
  file.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    const made = await busy(element, () => upload(chosen));
    file.value = "";
    if (!made) return;
    id = made.id;
    show(URL.createObjectURL(chosen));
    changed();
  });
  show(shown);
  return { element, value: () => id };
}
