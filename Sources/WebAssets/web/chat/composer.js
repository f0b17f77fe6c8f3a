// Where the next message is written. What was not sent yet is kept for each conversation.
import { fill, h } from "../lib/dom.js";
import { formatBytes, texts } from "../lib/text.js";
import { Attachments, LIMITS } from "./attachments.js";
import { icon, iconButton } from "./icons.js";
import { withQuotation } from "./quote.js";

const t = texts({
  en: {
    message: "Message", placeholder: "Write a message", send: "Send", stop: "Stop", attach: "Attach files",
    limits: "Attach up to {count} files: pictures up to {picture}, texts up to {text}", drop: "Drop files here",
    uploading: "Sent as soon as the files are uploaded.", textNeeded: "Write something about the files.",
    running: "Wait until the answer is complete, or stop it.",
    unquote: "Remove the quotation",
    failed: "Not sent, since a file was not uploaded. Remove it, or send without it.",
  },
  zh: {
    message: "消息", placeholder: "输入消息", send: "发送", stop: "停止", attach: "添加文件",
    limits: "最多添加 {count} 个文件：图片不超过 {picture}，文本不超过 {text}", drop: "将文件拖到此处",
    uploading: "文件上传完成后自动发送。", textNeeded: "请为文件写点说明。", running: "请等待回答完成，或先停止。",
    unquote: "移除引用",
    failed: "有文件未能上传，消息未发送。请移除该文件，或不带它发送。",
  },
});

/** Whether a key belongs to an input method, which people write Chinese with. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Makes a field as high as its text, up to what the style sheet allows. */
export function grow(control) {
  control.style.setProperty("height", "auto");
  control.style.setProperty("height", `${control.scrollHeight + 2}px`);
}

export class Composer {
  #draft = "";
  /** What else belongs to the drafts of conversations that are not open now, by their keys: {files, quotation}. */
  #left = new Map();
  #isComposing = false;
  #isRunning = false;
  /** Whether the message goes as soon as its files are there. */
  #isDue = false;
  #quotation = "";

  /** @param options send({text, parts, unsent}), stop(), say(text) */
  constructor({ send, stop, say }) {
    this.send = send;
    this.stop = stop;
    this.control = h("textarea", {
      rows: 1, "aria-label": t("message"), placeholder: t("placeholder"), enterkeyhint: "send", autocomplete: "off",
      onkeydown: (event) => this.#key(event),
      oninput: () => this.#typed(),
      onpaste: (event) => this.#paste(event),
      oncompositionstart: () => (this.#isComposing = true),
      oncompositionend: () => (this.#isComposing = false),
    });
    this.about = h("div.chat-about", { hidden: true });
    this.hint = h("p.field-error", { role: "alert", hidden: true });
    this.attachments = new Attachments({ changed: () => this.#attached(), removed: () => this.#hold(), say });
    this.button = h("button.icon-button.primary", { type: "submit" });
    this.files = this.#filePicker();
    this.allow({ files: false, pictures: false });
    this.element = h("form.chat-composer", { onsubmit: (event) => this.#submit(event) },
      this.about, this.attachments.element, h("div.chat-write", this.files, this.control, this.button), this.hint);
    this.#show();
  }

  #filePicker() {
    const picker = h("input", { type: "file", multiple: true, hidden: true, tabindex: -1 });
    picker.addEventListener("change", () => {
      this.attachments.add([...picker.files]);
      picker.value = "";
      this.control.focus();
    });
    const limits = t("limits", {
      count: LIMITS.files, picture: formatBytes(LIMITS.picture), text: formatBytes(LIMITS.text),
    });
    return [picker, iconButton(t("attach"), "attach", () => picker.click(), { title: limits })];
  }

  /** @param options files: whether there may be any; pictures: whether the model sees them */
  allow({ files, pictures }) {
    this.uploadable = files;
    this.attachments.takesPictures = pictures;
    for (const control of this.files) control.hidden = !files || control.type === "file";
  }

  /** Lets files be dropped onto an element. */
  takeDrops(element) {
    const veil = h("div.chat-drop", { hidden: true }, t("drop"));
    element.append(veil);
    const hasFiles = (event) => this.uploadable && [...(event.dataTransfer?.types ?? [])].includes("Files");
    element.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      veil.hidden = false;
    });
    element.addEventListener("dragleave", (event) => {
      if (!element.contains(event.relatedTarget)) veil.hidden = true;
    });
    element.addEventListener("drop", (event) => {
      veil.hidden = true;
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.attachments.add([...event.dataTransfer.files]);
      this.control.focus();
    });
  }

  #key(event) {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || this.#isComposing) return;
    event.preventDefault();
    if (this.#isRunning) this.tellRunning();
    else this.#submit(event);
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!this.uploadable || files.length === 0) return;
    event.preventDefault();
    this.attachments.add(files);
  }

  #attached() {
    this.#show();
    if (!this.#isDue || this.attachments.isUploading) return;
    this.#isDue = false;
    // Who sent it meant all of its files to go.
    if (this.attachments.hasFailed) this.tell(t("failed"));
    else this.#send();
  }

  /** Whoever writes on or removes a file has not finished the message yet. */
  #hold() {
    this.#isDue = false;
    this.hint.hidden = true;
  }

  #typed() {
    this.#hold();
    grow(this.control);
    this.#keep();
    this.#show();
  }

  #submit(event) {
    event.preventDefault();
    if (this.#isRunning) return this.stop();
    if (this.control.value.trim() === "") {
      return this.attachments.count > 0 ? this.tell(t("textNeeded")) : this.control.focus();
    }
    this.#isDue = this.attachments.isUploading;
    if (this.#isDue) this.tell(t("uploading"));
    else this.#send();
  }

  #send() {
    const text = withQuotation(this.#quotation, this.control.value.trim());
    const { parts } = this.attachments;
    const unsent = { text: this.control.value, files: this.attachments.take(), quotation: this.#quotation };
    this.#write("");
    this.#setQuotation("");
    this.send({ text, parts, unsent });
  }

  /** Says below the field what keeps the message from being sent; a text or nodes. */
  tell(...content) {
    fill(this.hint, ...content).hidden = false;
  }

  /** Says that nothing can be sent before the answer is complete. */
  tellRunning() {
    this.tell(t("running"));
  }

  /** Puts back what could not be sent. What was written meanwhile is kept. */
  restore({ text, files, quotation = "" }) {
    const written = this.control.value;
    this.#write(written.trim() === "" ? text : `${text}\n${written}`);
    this.attachments.restore(files);
    if (quotation) this.#setQuotation(quotation);
  }

  /** Takes what the message is about, which goes before it. */
  quote(text) {
    this.#hold();
    this.#setQuotation(text);
    this.control.focus();
  }

  #setQuotation(text) {
    this.#quotation = text;
    this.about.hidden = text === "";
    fill(this.about, h("blockquote", text), iconButton(t("unquote"), "remove", () => this.quote("")));
  }

  #write(text) {
    this.control.value = text;
    this.#typed();
  }

  /** While an answer is written, the button stops it. */
  setRunning(isRunning) {
    this.#isRunning = isRunning;
    if (!isRunning) this.hint.hidden = true;
    this.#show();
  }

  #show() {
    if (!this.button) return;
    const name = this.#isRunning ? "stop" : "send";
    if (this.button.dataset.does !== name) {
      this.button.dataset.does = name;
      this.button.setAttribute("aria-label", t(name));
      this.button.title = t(name);
      fill(this.button, icon(name));
    }
    const isEmpty = this.control.value.trim() === "" && this.attachments.count === 0;
    this.button.setAttribute("aria-disabled", String(!this.#isRunning && isEmpty));
  }

  focus() {
    this.control.focus();
  }

  /** Shows what was begun and not sent in a conversation, and keeps what was in the last one. @param key names it */
  open(key) {
    this.#hold();
    this.#left.set(this.#draft, { files: this.attachments.take(), quotation: this.#quotation });
    const { files = [], quotation = "" } = this.#left.get(key) ?? {};
    this.#left.delete(key);
    this.#draft = key;
    this.attachments.restore(files);
    this.#setQuotation(quotation);
    this.control.value = read(key);
    this.#show();
    requestAnimationFrame(() => grow(this.control));
  }

  /** The conversation has got an id: what is written belongs to it from now on. */
  move(key) {
    write(this.#draft, "");
    this.#draft = key;
    this.#keep();
  }

  #keep() {
    write(this.#draft, this.control.value);
  }
}

// A frame in another site may have no storage, and storage may be full.
function read(key) {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

function write(key, text) {
  try {
    if (text.trim() === "") localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Then it is not kept.
  }
}
