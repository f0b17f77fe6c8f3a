// The conversations with one bot: to open, search, rename and delete.
import { button, debounce, fill, h } from "../lib/dom.js";
import { formatAge, formatTime, texts } from "../lib/text.js";
import { deletion } from "../conversations/deletion.js";
import { editName } from "../conversations/rename.js";
import { ConversationStore } from "../conversations/store.js";
import { icon, iconButton } from "./icons.js";

const t = texts({
  en: {
    title: "Conversations", search: "Search conversations", fresh: "New conversation",
    untitled: "Untitled conversation", actions: "Actions for “{name}”", rename: "Rename", remove: "Delete",
    more: "Show more", loading: "Loading…",
    none: "No conversations yet. What you send begins one.", nothing: "Nothing was found.", found: "{count} found",
    foundMore: "{count} found so far", close: "Close the list", again: "Try again",
    failed: "The list could not be loaded: {reason}",
  },
  zh: {
    title: "会话", search: "搜索会话", fresh: "新会话", untitled: "未命名会话", actions: "“{name}”的操作", rename: "重命名",
    remove: "删除", close: "关闭列表", more: "显示更多", loading: "正在加载…", none: "还没有会话。发送消息即可开始。", nothing: "没有找到内容。",
    found: "找到 {count} 个", foundMore: "目前找到 {count} 个", again: "重试", failed: "无法加载列表：{reason}",
  },
});

export class History {
  #store = new ConversationStore();
  #rows = new Map();
  #cursor = undefined;
  #loading = new AbortController();
  #query = "";
  #menu = null;

  /**
   * @param settings bot, path(id): a conversation's address, open(id): shows one; "" for one that has not begun,
   *   close(): the list is no longer needed
   */
  constructor({ bot, path, open, close }) {
    this.bot = bot;
    this.path = path;
    this.openConversation = open;
    this.current = "";
    const search = h("input", {
      type: "search", "aria-label": t("search"), placeholder: t("search"), autocomplete: "off",
    });
    const look = debounce(() => this.#look(search.value), 200);
    search.addEventListener("input", look);
    this.list = h("ul.chat-conversations");
    this.status = h("p.muted.small", { role: "status" });
    this.more = button(t("more"), () => this.#load(), { kind: "plain", hidden: true });
    this.element = h("nav.chat-history", { "aria-label": t("title") },
      h("div", h("h2", t("title")), iconButton(t("close"), "remove", close, { class: "chat-closer" })),
      h("button", { type: "button", onclick: () => open("") }, icon("add"), " ", t("fresh")),
      search, this.list, this.status, this.more);
    this.#store.addEventListener("change", ({ detail }) => this.#changed(detail));
    this.remove = deletion(this.#store, (lot) => this.#returned(lot));
    addEventListener("click", (event) => {
      if (this.#menu && !this.#menu.contains(event.target)) this.#closeMenu(false);
    });
    this.#load();
  }

  // Reading

  #look(text) {
    const query = text.trim();
    if (query === this.#query) return;
    this.#query = query;
    this.reload();
  }

  reload() {
    this.#loading.abort();
    this.#loading = new AbortController();
    this.#cursor = undefined;
    return this.#load();
  }

  async #load() {
    const { signal } = this.#loading;
    const isFirst = this.#cursor === undefined;
    const options = { botID: this.bot, signal };
    this.status.textContent = t("loading");
    try {
      const { items, next } = this.#query
        ? await this.#store.search(this.#query, this.#cursor, options) : await this.#store.list(this.#cursor, options);
      if (signal.aborted) return;
      if (isFirst) {
        this.#rows.clear();
        fill(this.list);
      }
      this.#cursor = next;
      for (const item of items) this.#add(item.conversation, item.hits);
    } catch (error) {
      if (signal.aborted) return;
      this.status.textContent = t("failed", { reason: error.message });
      this.more.textContent = t("again");
      this.more.hidden = false;
      return;
    }
    this.more.textContent = t("more");
    this.more.hidden = !this.#cursor;
    this.#count();
  }

  #count() {
    const count = [...this.list.children].filter((one) => !one.hidden).length;
    if (!this.#query) this.status.textContent = count === 0 ? t("none") : "";
    else if (count === 0 && !this.#cursor) this.status.textContent = t("nothing");
    else this.status.textContent = t(this.#cursor ? "foundMore" : "found", { count });
  }

  #add(conversation, hits = [], isOnTop = false) {
    const known = this.#rows.get(conversation.id);
    const row = known ?? this.#makeRow(conversation);
    row.hits.push(...hits);
    if (!known) {
      this.#rows.set(conversation.id, row);
      if (isOnTop) this.list.prepend(row.element);
      else this.list.append(row.element);
    }
    this.#show(row);
  }

  /** Shows a conversation that has just begun, or is open without being in the list. */
  async note(id) {
    if (!id || this.#rows.has(id)) return;
    try {
      const conversation = await this.#store.find(id);
      if (this.#query || this.#rows.has(id)) return;
      // One that was opened by its address may be far down in the list.
      const first = this.#rows.values().next().value?.conversation;
      if (!first || conversation.createdAt >= first.createdAt) this.#add(conversation, [], true);
      this.#count();
    } catch {
      // The conversation itself tells what is wrong with it.
    }
  }

  /** The open conversation's name; empty if it has none, or it is not known. */
  get name() {
    return this.#rows.get(this.current)?.conversation.name ?? "";
  }

  // Rows

  #makeRow(conversation) {
    const row = { conversation, hits: [], title: h("span.chat-title"), about: h("span.chat-hit") };
    row.link = h("a", {
      href: this.path(conversation.id), title: formatTime(conversation.createdAt),
      onclick: (event) => this.#follow(event, conversation.id),
      ondblclick: (event) => { event.preventDefault(); this.#rename(row); },
      onkeydown: (event) => {
        if (event.key === "F2") this.#rename(row);
        else if (event.key === "Delete") this.#delete(row);
      },
    }, row.title, row.about);
    if (conversation.id === this.current) row.link.setAttribute("aria-current", "page");
    row.button = iconButton("", "more", () => this.#openMenu(row), { "aria-expanded": "false" });
    row.element = h("li", row.link, row.button);
    return row;
  }

  /** Brings a row up to date. Its elements stay: somebody may be at work in them. */
  #show(row) {
    const { conversation } = row;
    const name = conversation.name || t("untitled");
    const hit = row.hits.find((one) => one.message_id !== "");
    row.element.hidden = conversation.isGone;
    row.title.textContent = name;
    row.title.classList.toggle("muted", !conversation.name);
    fill(row.about, hit ? marked(hit) : formatAge(conversation.createdAt));
    const label = t("actions", { name });
    row.button.setAttribute("aria-label", label);
    row.button.title = label;
  }

  #follow(event, id) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    // The second click of two is for renaming.
    if (event.detail < 2) this.openConversation(id);
  }

  setCurrent(id) {
    const before = this.#rows.get(this.current);
    this.current = id;
    before?.link.removeAttribute("aria-current");
    this.#rows.get(id)?.link.setAttribute("aria-current", "page");
  }

  #changed(conversation) {
    const row = this.#rows.get(conversation.id);
    if (!row) return;
    const isFocused = row.element.contains(document.activeElement);
    this.#show(row);
    if (isFocused && conversation.isGone) {
      const others = [...this.list.children].filter((one) => !one.hidden || one === row.element);
      const place = others.indexOf(row.element);
      (others[place + 1] ?? others[place - 1])?.querySelector("a").focus();
    }
    this.#count();
    this.onChange?.(conversation);
  }

  // What can be done with one

  #openMenu(row) {
    if (row.element.contains(this.#menu)) return this.#closeMenu();
    this.#closeMenu(false);
    const item = (label, work) => {
      const onclick = () => {
        this.#closeMenu();
        work();
      };
      return h("button.plain", { type: "button", onclick }, label);
    };
    const menu = h("div.chat-menu", { onkeydown: (event) => this.#menuKey(event) },
      item(t("rename"), () => this.#rename(row)), item(t("remove"), () => this.#delete(row)));
    row.button.setAttribute("aria-expanded", "true");
    row.element.append(menu);
    // The click that opened it is still on its way to the window.
    setTimeout(() => (this.#menu = menu));
    menu.firstChild.focus();
  }

  #menuKey(event) {
    const items = [...event.currentTarget.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      this.#closeMenu();
    }
  }

  #closeMenu(isFocused = true) {
    const menu = this.#menu;
    if (!menu) return;
    this.#menu = null;
    const opener = menu.previousElementSibling;
    menu.remove();
    opener?.setAttribute("aria-expanded", "false");
    if (isFocused) opener?.focus();
  }

  #rename(row, text) {
    editName(this.#store, row.conversation, row.link, {
      text, onEnd: (byKey) => byKey && row.link.focus(), again: (typed) => this.#rename(row, typed),
    });
  }

  #delete(row) {
    const { conversation } = row;
    const wasOpen = conversation.id === this.current;
    this.remove([conversation]);
    if (wasOpen) {
      this.openConversation("");
      this.left = conversation.id;
    }
  }

  #returned(lot) {
    const back = lot.find((one) => one.id === this.left);
    if (back && !this.current) this.openConversation(back.id);
    this.#rows.get(lot[0].id)?.link.focus();
  }
}

/** What was found, with its hits marked: places are given in Unicode characters. */
function marked({ snippet, highlights }) {
  const characters = [...snippet];
  const nodes = [];
  let end = 0;
  for (const [start, length] of highlights) {
    nodes.push(characters.slice(end, start).join(""), h("mark", characters.slice(start, start + length).join("")));
    end = start + length;
  }
  return [...nodes, characters.slice(end).join("")];
}
