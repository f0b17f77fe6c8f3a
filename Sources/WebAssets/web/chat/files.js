// The files of messages: pictures are shown, all others are links with their size.
import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { formatBytes, texts } from "../lib/text.js";
import { icon } from "./icons.js";

const t = texts({
  en: { file: "File", gone: "This file is no longer there", image: "Picture", elsewhere: "Picture at {host}" },
  zh: { file: "文件", gone: "此文件已不存在", image: "图片", elsewhere: "{host} 上的图片" },
});

/** What browsers show as pictures; the server sees to it that nothing else claims to be one. */
const PICTURES = ["png", "jpg", "jpeg", "gif", "webp"];
export const isPicture = (name) => PICTURES.includes(name.split(".").at(-1).toLowerCase());

/** How long links of the server are used, in milliseconds. They work for a day. */
const LIFETIME = 12 * 3600_000;
const known = new Map();

/** @returns a promise of {name, bytes, href} of an upload */
function find(id) {
  const old = known.get(id);
  if (old && Date.now() - old.at < LIFETIME) return old.file;
  const file = get("/v1/files/retrieve", { file_id: id }).then((data) => {
    const address = new URL(data.url);
    // The page may be under another name of the server than the one that links are made with.
    return { name: data.file_name, bytes: data.bytes, href: address.pathname + address.search };
  });
  known.set(id, { file, at: Date.now() });
  file.catch(() => known.delete(id));
  return file;
}

/** The files of a message, by its parts. They fill in when the server has told about them. */
export function fileList(parts) {
  const files = parts.filter((one) => one.type !== "text");
  if (files.length === 0) return null;
  return h("ul.chat-files", files.map((part) => h("li", part.file_id ? upload(part) : elsewhere(part))));
}

function upload(part) {
  const place = h("span.chat-file", icon("file"), h("span", t("file")));
  find(part.file_id).then((file) => {
    const isShown = part.type === "image" || isPicture(file.name);
    place.replaceWith(isShown ? picture(file) : link(file));
  }, () => place.lastChild.replaceWith(t("gone")));
  return place;
}

const link = (file) => h("a.chat-file", { href: file.href, target: "_blank", rel: "noopener" },
  icon("file"), h("span", file.name), h("span.muted", formatBytes(file.bytes)));

function picture(file) {
  const image = h("img", { alt: file.name, src: file.href, loading: "lazy" });
  const frame = h("a.chat-picture", { href: file.href, target: "_blank", rel: "noopener" }, image);
  // What is no picture after all is a file like others.
  image.addEventListener("error", () => frame.replaceWith(link(file)));
  return frame;
}

/** Pictures of other servers are not fetched: that would tell them who reads this. */
function elsewhere(part) {
  let host = "";
  try {
    host = new URL(part.file_url).host;
  } catch {
    return h("span.chat-file", icon("file"), h("span", part.file_url ?? t("file")));
  }
  return h("a.chat-file", { href: part.file_url, target: "_blank", rel: "noopener noreferrer nofollow" },
    icon("file"), h("span", part.type === "image" ? t("elsewhere", { host }) : part.file_url));
}
