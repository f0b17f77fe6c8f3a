// Markdown to nodes. What models and users write is never trusted: the HTML that Markdown makes is cleaned, and pictures
// of other servers become links, since fetching them would tell those servers who reads what.
import { marked } from "../vendor/marked.js";
import DOMPurify from "../vendor/purify.js";
import { copyButton, h } from "./dom.js";

const TAGS = [
  "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p",
  "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "sub", "sup", "kbd",
];

const TAG = /<[a-z](?:"[^"]*"|'[^']*'|[^'">])*>?/gi;
const HANDLER = /([\s"'/])(?:on\w+|style)(?=\s*=)/gi;

/** HTML in the text goes to the cleaner without code and styles, of which the browser would complain in passing. */
const renderer = new marked.Renderer();
renderer.html = (html) => html.replace(/<(\/?)(style|script)\b/gi, "<$1x-$2")
  .replace(TAG, (tag) => tag.replace(HANDLER, "$1data-dropped"));

/** Marks of emphasis in one paragraph that are looked at: the library takes the square of their number in time. */
const MOST_MARKS = 2000;

class Tokenizer extends marked.Tokenizer {
  #last = "";
  #isDense = false;

  emStrong(source, masked, before) {
    if (masked !== this.#last) {
      this.#last = masked;
      this.#isDense = (masked.match(/[*_]+/g)?.length ?? 0) > MOST_MARKS;
    }
    return this.#isDense ? undefined : super.emStrong(source, masked, before);
  }
}

/** @returns a DocumentFragment; the text as it is, if it nests deeper than the library can read */
export function markdown(text) {
  try {
    return formatted(text);
  } catch {
    const nodes = new DocumentFragment();
    nodes.append(h("p.chat-text", text));
    return nodes;
  }
}

function formatted(text) {
  const html = marked.parse(text, {
    gfm: true, breaks: true, headerIds: false, mangle: false, renderer, tokenizer: new Tokenizer(),
  });
  const nodes = DOMPurify.sanitize(html, {
    ALLOWED_TAGS: TAGS, ALLOWED_ATTR: ["href", "src", "alt", "title", "start", "class", "type", "checked", "disabled", "align"],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/buckle\/|blob:)/i, ALLOW_DATA_ATTR: false, RETURN_DOM_FRAGMENT: true,
  });
  for (const link of nodes.querySelectorAll("a")) {
    if (!link.getAttribute("href")) { link.replaceWith(...link.childNodes); continue; }
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const box of nodes.querySelectorAll("input")) {
    if (box.type !== "checkbox") { box.remove(); continue; }
    box.disabled = true;
  }
  for (const picture of nodes.querySelectorAll("img")) {
    const address = addressOf(picture.getAttribute("src"));
    if (!address) { picture.replaceWith(picture.alt); continue; }
    if (address.origin !== location.origin && address.protocol !== "blob:") {
      picture.replaceWith(h("a", { href: address.href, target: "_blank", rel: "noopener noreferrer nofollow" }, picture.alt || address.href));
    } else picture.loading = "lazy";
  }
  for (const element of nodes.querySelectorAll("[class]")) {
    // Only the language of code is kept.
    const name = [...element.classList].find((one) => one.startsWith("language-"));
    if (element.tagName === "CODE" && name) element.className = name;
    else element.removeAttribute("class");
  }
  for (const block of nodes.querySelectorAll("pre")) {
    const code = block.textContent;
    const kind = block.querySelector("code")?.className.replace("language-", "") ?? "";
    const frame = h("div.code");
    block.replaceWith(frame);
    block.tabIndex = 0;
    frame.append(h("div.code-head", h("span", kind), copyButton(() => code)), block);
  }
  for (const table of nodes.querySelectorAll("table")) {
    const frame = h("div.wide", { tabindex: 0 });
    table.replaceWith(frame);
    frame.append(table);
  }
  return nodes;
}

/** undefined for none, and for what is no web address: models write such ones too */
function addressOf(source) {
  try {
    return source ? new URL(source, location.href) : undefined;
  } catch {
    return undefined;
  }
}
