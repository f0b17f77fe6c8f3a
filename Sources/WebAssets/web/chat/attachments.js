// Files that go with the next message: they are uploaded as soon as they are chosen.
import { remove, upload } from "../lib/api.js";
import { h, toast } from "../lib/dom.js";
import { formatBytes, texts } from "../lib/text.js";
import { isPicture } from "./files.js";
import { icon, iconButton } from "./icons.js";

const t = texts({
  en: {
    list: "Files that go with the message", uploading: "Uploading…", remove: "Remove {name}",
    failed: "Not uploaded: {reason}", tooMany: "A message takes at most {count} files.", uploaded: "{name} is uploaded",
    tooLarge: "{name} is too large ({size}): pictures may have {picture}, other files {text}.",
    empty: "{name} is empty.", blind: "{name} cannot be sent: this agent's model does not see pictures.",
  },
  zh: {
    list: "随消息发送的文件", uploading: "正在上传…", remove: "移除 {name}", failed: "上传失败：{reason}",
    tooMany: "一条消息最多可带 {count} 个文件。", uploaded: "{name} 已上传",
    tooLarge: "{name} 过大（{size}）：图片不超过 {picture}，其他文件不超过 {text}。", empty: "{name} 是空文件。",
    blind: "无法发送 {name}：该智能体所用的模型看不了图片。",
  },
});

/** What the server hands to models. */
export const LIMITS = { files: 10, picture: 20 * 1024 * 1024, text: 1024 * 1024 };

export class Attachments {
  element = h("ul.chat-files", { "aria-label": t("list"), hidden: true });
  #items = [];
  /** Whether the model sees pictures. */
  takesPictures = false;

  /**
   * @param changed called when files come, go, or are ready  @param removed called before when somebody removed one
   * @param say tells screen readers something
   */
  constructor({ changed, removed, say }) {
    this.changed = changed;
    this.removed = removed;
    this.say = say;
  }

  get count() {
    return this.#items.length;
  }

  get isUploading() {
    return this.#items.some((one) => !one.id && !one.failure);
  }

  get hasFailed() {
    return this.#items.some((one) => one.failure);
  }

  /** The files as parts of a message; those that could not be uploaded are left out. */
  get parts() {
    return this.#items.filter((one) => one.id)
      .map((one) => ({ type: isPicture(one.name) ? "image" : "file", file_id: one.id }));
  }

  add(files) {
    for (const file of files) {
      const limit = isPicture(file.name) ? LIMITS.picture : LIMITS.text;
      if (this.count >= LIMITS.files) {
        toast(t("tooMany", { count: LIMITS.files }), { kind: "bad" });
        return;
      }
      if (isPicture(file.name) && !this.takesPictures) {
        toast(t("blind", { name: file.name }), { kind: "bad", seconds: 12 });
      } else if (file.size > limit) {
        toast(t("tooLarge", {
          name: file.name, size: formatBytes(file.size), picture: formatBytes(LIMITS.picture),
          text: formatBytes(LIMITS.text),
        }), { kind: "bad", seconds: 12 });
      } else if (file.size === 0) {
        toast(t("empty", { name: file.name }), { kind: "bad" });
      } else {
        this.#upload(file);
      }
    }
  }

  #upload(file) {
    const aborter = new AbortController();
    const state = h("span.muted", t("uploading"));
    const item = { name: file.name, id: "", aborter };
    item.element = h("li", h("span.chat-file", this.#face(file), h("span", file.name), state,
      iconButton(t("remove", { name: file.name }), "remove", () => this.#drop(item))));
    this.#items.push(item);
    this.#show(item.element);
    item.element.setAttribute("aria-busy", "true");
    upload(file, { signal: aborter.signal }).then((stored) => {
      item.id = stored.id;
      state.textContent = formatBytes(stored.bytes);
      this.say(t("uploaded", { name: file.name }));
    }, (error) => {
      if (aborter.signal.aborted) return;
      item.failure = error;
      state.textContent = t("failed", { reason: error.message });
      item.element.firstChild.classList.add("bad");
      this.say(state.textContent);
    }).finally(() => {
      item.element.removeAttribute("aria-busy");
      this.changed();
    });
  }

  #face(file) {
    if (!isPicture(file.name)) return icon("file");
    const address = URL.createObjectURL(file);
    const image = h("img", { alt: "", src: address });
    const free = () => URL.revokeObjectURL(address);
    image.addEventListener("load", free);
    image.addEventListener("error", () => {
      free();
      image.replaceWith(icon("file"));
    });
    return image;
  }

  #drop(item) {
    item.aborter.abort();
    this.#items = this.#items.filter((one) => one !== item);
    item.element.remove();
    this.removed();
    this.#show();
    // Nobody else knows of it. If it stays, it does no harm.
    if (item.id) remove(`/buckle/v1/files/${item.id}`).catch(() => {});
  }

  #show(added) {
    if (added) this.element.append(added);
    this.element.hidden = this.count === 0;
    this.changed();
  }

  /** Takes the files out, for the message that was sent. @returns what `restore` puts back */
  take() {
    const taken = this.#items;
    this.#items = [];
    this.element.replaceChildren();
    this.#show();
    return taken;
  }

  restore(items) {
    for (const item of items) {
      this.#items.push(item);
      this.#show(item.element);
    }
  }
}
