// A list that is read page by page as one scrolls. Each page is a lot of rows; only the lots near the window are in the
// document, so that ten thousand conversations weigh as much as a few hundred.
import { button, fill, h, showError } from "../lib/dom.js";
import { texts } from "../lib/text.js";
import { rowOf } from "./row.js";

const t = texts({
  en: { more: "Show more", loading: "Loading…", again: "Try again", failed: "The list could not be loaded: {reason}" },
  zh: { more: "显示更多", loading: "正在加载…", again: "重试", failed: "无法加载列表：{reason}" },
});

/** How far beyond the window lots are kept, and the next page is asked for. */
const MARGIN = "1500px 0px";

export class RowList {
  #load;
  #shown;
  #entries = new Map();
  #order = [];
  #lots = [];
  #cursor;
  #isLoading = false;
  #abort = new AbortController();
  #near;
  #end;
  /** The conversation that the Tab key comes to. */
  current = "";

  /**
   * @param label the list's name
   * @param load resolves to a page: load(cursor, signal) -> {items: [{conversation, hits}], next}
   * @param shown what rows depend on: shown(conversation) -> {href, isOpen, isSelected}
   * @param empty what is shown if there is nothing: empty() -> nodes
   * @param loaded called after each page
   */
  constructor(label, load, shown, empty, loaded = () => {}) {
    this.#load = load;
    this.#shown = shown;
    this.rows = h("div.rows", { role: "list", "aria-label": label });
    this.empty = empty;
    this.loaded = loaded;
    this.nothing = h("div.empty", { hidden: true });
    this.status = h("p.muted.small", { role: "status" });
    const goOn = () => (this.failed && this.#cursor === undefined ? this.reload() : this.loadMore());
    this.more = button(t("more"), goOn, { hidden: true });
    this.bottom = h("div");
    this.element = h("div.row-list", this.rows, this.nothing, this.status, this.bottom, this.more);
  }

  /** Watches what is near the window, or near the sight of an element that scrolls by itself. */
  watch(scroller) {
    this.#near?.disconnect();
    this.#end?.disconnect();
    const options = { root: scroller, rootMargin: MARGIN };
    this.#near = new IntersectionObserver((seen) => {
      const lots = new Map(this.#lots.map((lot) => [lot.element, lot]));
      for (const one of seen) if (lots.has(one.target)) lots.get(one.target).isNear = one.isIntersecting;
      this.#tidy();
    }, options);
    this.#end = new IntersectionObserver((seen) => {
      if (seen.at(-1).isIntersecting) this.#loadAtEnd();
    }, options);
    for (const lot of this.#lots) this.#near.observe(lot.element);
    this.#end.observe(this.bottom);
  }

  /** Reads the list anew from its beginning. What is shown stays until the first page is there. */
  async reload() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#isLoading = false;
    this.#cursor = undefined;
    await this.#step(true);
  }

  async loadMore() {
    if (this.#isLoading || !this.#cursor) return;
    await this.#step(false);
  }

  #loadAtEnd() {
    // After a failure only the button asks again.
    if (!this.failed && this.element.checkVisibility()) this.loadMore();
  }

  async #step(isFirst) {
    const { signal } = this.#abort;
    this.#isLoading = true;
    this.failed = undefined;
    this.status.textContent = t("loading");
    try {
      const { items, next } = await this.#load(isFirst ? undefined : this.#cursor, signal);
      if (signal.aborted) return;
      if (isFirst) this.#clear();
      this.#cursor = next;
      this.#add(items);
      this.status.textContent = "";
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      if (isFirst) this.#clear();
      this.failed = error;
      this.status.textContent = t("failed", { reason: error.message });
    }
    this.#isLoading = false;
    this.more.textContent = this.failed ? t("again") : t("more");
    this.more.hidden = !this.#cursor && !this.failed;
    this.loaded();
    this.#showNothing();
    // An observer tells of changes only; the end may still be near.
    this.#end?.unobserve(this.bottom);
    this.#end?.observe(this.bottom);
  }

  #showNothing() {
    const isEmpty = this.count === 0 && !this.#cursor && !this.#isLoading && !this.failed;
    if (isEmpty) fill(this.nothing, this.empty());
    this.nothing.hidden = !isEmpty;
    this.rows.hidden = this.count === 0;
  }

  /** How many conversations are listed so far. */
  get count() {
    return this.#order.reduce((sum, entry) => sum + (entry.conversation.isGone ? 0 : 1), 0);
  }

  get isWhole() {
    return !this.#cursor && !this.failed;
  }

  #clear() {
    this.#near?.disconnect();
    this.#entries.clear();
    this.#order = [];
    this.#lots = [];
    this.rows.replaceChildren();
  }

  #add(items, isOnTop = false) {
    const lot = { element: h("div.lot", { role: "presentation" }), entries: [], isHere: false, isNear: true };
    for (const { conversation, hits } of items) {
      const known = this.#entries.get(conversation.id);
      if (known) {
        if (hits.length > 0) known.hits.push(...hits);
        if (known.lot !== lot && hits.length > 0) this.update(conversation);
        continue;
      }
      const entry = { conversation, hits: [...hits], lot };
      this.#entries.set(conversation.id, entry);
      lot.entries.push(entry);
    }
    if (lot.entries.length === 0) return;
    if (isOnTop) {
      this.#lots.unshift(lot);
      this.#order.unshift(...lot.entries);
      this.rows.prepend(lot.element);
    } else {
      this.#lots.push(lot);
      this.#order.push(...lot.entries);
      this.rows.append(lot.element);
    }
    if (!this.#entries.has(this.current)) this.current = this.#order[0].conversation.id;
    this.#fill(lot);
    this.#near?.observe(lot.element);
  }

  /** Puts a conversation on top that was made just now. */
  prepend(conversation) {
    this.#add([{ conversation, hits: [] }], true);
    this.#showNothing();
  }

  #row(entry) {
    const { conversation } = entry;
    return rowOf(entry, { ...this.#shown(conversation), isCurrent: conversation.id === this.current });
  }

  #fill(lot) {
    lot.isHere = true;
    lot.element.style.removeProperty("height");
    fill(lot.element, lot.entries.filter((entry) => !entry.conversation.isGone).map((entry) => this.#row(entry)));
  }

  /** Puts the lots that are near into the document, and takes the others out. */
  #tidy() {
    for (const lot of this.#lots) {
      if (lot.isHere === lot.isNear) continue;
      if (lot.isNear) this.#fill(lot);
      else this.#drop(lot);
    }
  }

  #drop(lot) {
    // What somebody works at stays.
    if (lot.element.contains(document.activeElement) || lot.element.querySelector(".rename")) return;
    const { height } = lot.element.getBoundingClientRect();
    // A hidden list has no heights.
    if (height === 0 && lot.element.childElementCount > 0) return;
    lot.isHere = false;
    lot.element.style.setProperty("height", `${height}px`);
    lot.element.replaceChildren();
  }

  rowElement(id) {
    return this.rows.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }

  /** Shows what has changed about a conversation. The focus stays where it is. */
  update(conversation) {
    const entry = this.#entries.get(conversation.id);
    if (!entry) return;
    if (!entry.lot.isHere) return this.#showNothing();
    const { id } = conversation;
    if (conversation.isGone && this.current === id) this.setCurrent(this.neighbour(id, 1) ?? this.neighbour(id, -1));
    const old = this.rowElement(id);
    if (conversation.isGone || !old) {
      this.#refresh(entry.lot);
      return this.#showNothing();
    }
    if (old.querySelector(".rename")) return;
    const place = [...old.querySelectorAll("a, button, input")].indexOf(document.activeElement);
    const row = this.#row(entry);
    old.replaceWith(row);
    if (place >= 0) row.querySelectorAll("a, button, input")[place].focus();
  }

  /** Marks the conversation that is open. */
  markOpen(id) {
    for (const row of this.rows.querySelectorAll(".conversation")) {
      const isOpen = row.dataset.id === id;
      row.classList.toggle("open", isOpen);
      const link = row.querySelector("a");
      if (isOpen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  #refresh(lot) {
    const focused = document.activeElement?.closest?.("[data-id]");
    const id = lot.element.contains(focused) ? focused.dataset.id : "";
    this.#fill(lot);
    if (id) this.focus(id);
  }

  find(id) {
    return this.#entries.get(id)?.conversation;
  }

  /** The conversations from one to another, both included. */
  between(one, other) {
    const places = [one, other].map((id) => this.#order.indexOf(this.#entries.get(id))).sort((a, b) => a - b);
    return this.#order.slice(places[0], places[1] + 1)
      .map((entry) => entry.conversation).filter((each) => !each.isGone);
  }

  /** The conversation so many places further; the last one at the end, undefined if there is none that way. */
  neighbour(id, step) {
    let index = this.#order.indexOf(this.#entries.get(id)) + step;
    while (this.#order[index]?.conversation.isGone) index += step;
    return this.#order[index]?.conversation.id;
  }

  get first() {
    return this.#order.find((entry) => !entry.conversation.isGone)?.conversation.id;
  }

  get last() {
    return this.#order.findLast((entry) => !entry.conversation.isGone)?.conversation.id;
  }

  /** Moves the focus to a conversation's row. */
  focus(id) {
    const entry = this.#entries.get(id);
    if (!entry || entry.conversation.isGone) return;
    if (!entry.lot.isHere) this.#fill(entry.lot);
    this.setCurrent(id);
    this.rowElement(id)?.querySelector("a")?.focus();
  }

  /** Makes a conversation the one that the Tab key comes to. */
  setCurrent(id) {
    if (id === this.current || !this.#entries.has(id)) return;
    for (const [one, index] of [[this.current, "-1"], [id, "0"]]) {
      for (const control of this.rowElement(one)?.querySelectorAll("a, button, input") ?? []) {
        control.setAttribute("tabindex", index);
      }
    }
    this.current = id;
  }

  /** Goes on to the row after the last: loads it first. */
  async moveDown(id) {
    if (this.neighbour(id, 1) === undefined) {
      await this.loadMore().catch(showError);
      const isStillThere = document.activeElement?.closest("[data-id]")?.dataset.id === id;
      if (!isStillThere) return;
    }
    this.focus(this.neighbour(id, 1) ?? id);
  }
}
