// Markdown that grows while it is read. Only what may still change is made anew: the last two blocks. Whoever has
// selected something in them is not disturbed.
import { marked } from "../vendor/marked.js";
import { h } from "../lib/dom.js";
import { markdown } from "../lib/markdown.js";

const OPTIONS = { ...marked.getDefaults(), gfm: true, breaks: true };
const DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;

/** As the library itself reads texts, so that the lengths of its blocks can be added up. */
const normalized = (text) =>
  text.replace(/\r\n?/g, "\n").replace(/^( *)(\t+)/gm, (_, start, tabs) => start + "    ".repeat(tabs.length));

export class Prose {
  element = h("div.markdown");
  #tail = h("div.chat-tail");
  /** The text of the blocks that stay as they are. */
  #settled = "";
  #text = "";
  #isComplete = false;
  #waits = false;

  constructor() {
    this.element.append(this.#tail);
  }

  /** @param isComplete whether nothing more comes */
  set(text, isComplete) {
    if (text === this.#text && isComplete === this.#isComplete) return;
    this.#text = text;
    this.#isComplete = isComplete;
    if (this.#isSelected()) this.#renderLater();
    else this.#render();
  }

  #render() {
    const text = normalized(this.#text);
    // References may stand before what they refer to.
    const isWhole = this.#isComplete && DEFINITION.test(text);
    if (isWhole || !text.startsWith(this.#settled)) {
      this.#settled = "";
      this.element.replaceChildren(this.#tail);
    }
    let rest = text.slice(this.#settled.length);
    if (!isWhole && !this.#isComplete) {
      const settled = settledPart(rest);
      if (settled) {
        this.#tail.before(markdown(settled));
        this.#settled += settled;
        rest = rest.slice(settled.length);
      }
    }
    this.#tail.replaceChildren(markdown(rest));
  }

  #isSelected() {
    const selection = document.getSelection();
    return Boolean(selection) && !selection.isCollapsed && selection.containsNode(this.#tail, true);
  }

  #renderLater() {
    if (this.#waits) return;
    this.#waits = true;
    const check = () => {
      if (this.element.isConnected && this.#isSelected()) return;
      document.removeEventListener("selectionchange", check);
      this.#waits = false;
      this.#render();
    };
    document.addEventListener("selectionchange", check);
  }
}

/** The blocks at the beginning of a text that what follows cannot change any more. */
function settledPart(text) {
  let blocks;
  try {
    blocks = new marked.Lexer(OPTIONS).blockTokens(text, []);
  } catch {
    // It nests deeper than the library can read.
    return "";
  }
  if (blocks.reduce((sum, one) => sum + one.raw.length, 0) !== text.length) return "";
  const solid = blocks.map((one, index) => (one.type === "space" ? -1 : index)).filter((index) => index >= 0);
  if (solid.length < 3) return "";
  return blocks.slice(0, solid[solid.length - 2]).map((one) => one.raw).join("");
}
