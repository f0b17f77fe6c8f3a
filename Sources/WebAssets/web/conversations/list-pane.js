// The left half: search, choice of agent, the list itself, and what the keyboard does in it.
import { button, debounce, field, fill, h, showError } from "../lib/dom.js";
import { formatNumber, texts } from "../lib/text.js";
import { agentChoice, choose, loadAgents } from "./agents.js";
import { RowList } from "./list.js";
import { editName } from "./rename.js";
import { importFiles } from "./transfer.js";

const t = texts({
  en: {
    list: "Conversations", found: "Conversations found", search: "Search names and messages", agent: "Agent",
    import: "Import", importFile: "Choose exported conversations (JSON)",
    none: "There are no conversations yet.", begin: "Chat with an agent, or import a conversation.", agents: "Agents",
    noneWith: "There are no conversations with this agent.", nothing: "Nothing was found for “{query}”.",
    count: "{count} conversations found", countOne: "1 conversation found",
    countMore: "{count} conversations found so far",
    selected: "{count} selected", deselect: "Deselect", remove: "Delete",
    keys: "↑ ↓ move · Enter opens · F2 renames · Space selects · Delete deletes, Ctrl+Z undoes",
  },
  zh: {
    list: "会话", found: "找到的会话", search: "搜索名称和消息", agent: "智能体", import: "导入",
    importFile: "选择导出的会话（JSON）", none: "还没有会话。", begin: "与智能体对话，或导入会话。", agents: "智能体",
    noneWith: "没有与此智能体的会话。", nothing: "没有找到“{query}”。", count: "找到 {count} 个会话", countOne: "找到 1 个会话",
    countMore: "目前找到 {count} 个会话", selected: "已选择 {count} 个", deselect: "取消选择", remove: "删除",
    keys: "↑ ↓ 移动 · Enter 打开 · F2 重命名 · 空格键选择 · Delete 删除，Ctrl+Z 撤销",
  },
});

export class ListPane {
  #store;
  #actions;
  #state;
  #selected = new Set();
  /** Where a range begins that is selected with the shift key. */
  #anchor = "";

  /**
   * @param state what the page shows: {id, botID, query}
   * @param actions open(id, byKey), remove(conversations), choose({botID, query}), address(id)
   */
  constructor(store, state, actions) {
    this.#store = store;
    this.#state = state;
    this.#actions = actions;
    const shown = (conversation) => ({
      href: actions.address(conversation.id), isOpen: conversation.id === this.#state.id,
      isSelected: this.#selected.has(conversation),
    });
    this.all = new RowList(t("list"),
      (cursor, signal) => store.list(cursor, { botID: this.#state.botID, signal }), shown,
      () => this.#state.botID ? t("noneWith")
        : [h("p", t("none")), h("p", t("begin")), h("a.button", { href: "/agents" }, t("agents"))]);
    this.found = new RowList(t("found"),
      (cursor, signal) => store.search(this.#state.query, cursor, { botID: this.#state.botID, signal }), shown,
      () => t("nothing", { query: this.#state.query }), () => this.#showCount());
    this.search = h("input", {
      type: "search", autocomplete: "off", enterkeyhint: "search", spellcheck: "false", value: state.query,
    });
    this.choice = agentChoice({
      onchange: () => this.#actions.choose({ botID: this.choice.value, query: this.#state.query }),
    });
    choose(this.choice, state.botID);
    this.#takeKeys();
    this.count = h("p.muted.small", { role: "status" });
    this.bar = h("div.selection", { hidden: true });
    this.scroller = h("div.pane-scroll", this.all.element, this.found.element);
    this.element = h("section.list-pane", { "aria-label": t("list") },
      h("div.list-tools", field(t("search"), this.search),
        h("div.list-filter", field(t("agent"), this.choice), this.#importButton())),
      this.count, this.bar, this.scroller, h("p.keys.muted", t("keys")));
    for (const list of [this.all, this.found]) this.#listen(list.rows);
    store.addEventListener("change", ({ detail }) => this.#update(detail));
    this.show(state);
  }

  /** The list that is in sight. */
  get list() {
    return this.#state.query ? this.found : this.all;
  }

  /** Shows what the page's address says. */
  show(state, isNew = true) {
    const before = this.#state;
    this.#state = state;
    this.all.element.hidden = state.query !== "";
    this.found.element.hidden = state.query === "";
    if (this.search.value.trim() !== state.query) this.search.value = state.query;
    choose(this.choice, state.botID);
    const isOther = before.botID !== state.botID;
    if (isNew || isOther) this.all.reload();
    if (state.query && (isNew || isOther || before.query !== state.query)) this.#find();
    if (!state.query) this.count.textContent = "";
    if (before.query !== state.query || isOther) this.#select([]);
    for (const list of [this.all, this.found]) list.markOpen(state.id);
  }

  #find() {
    this.scroller.scrollTop = 0;
    this.found.reload();
  }

  #showCount() {
    const { count, isWhole, failed } = this.found;
    const name = !isWhole ? "countMore" : count === 1 ? "countOne" : "count";
    this.count.textContent = !this.#state.query || failed || count === 0 ? "" : t(name, { count: formatNumber(count) });
  }

  #takeKeys() {
    const look = () => this.#actions.choose({ botID: this.#state.botID, query: this.search.value.trim() });
    const lookSoon = debounce(look, 150);
    // What an input method shows on its way to a word is not looked for.
    this.search.addEventListener("input", (event) => {
      if (!event.isComposing) lookSoon();
    });
    this.search.addEventListener("compositionend", lookSoon);
    this.search.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter") look();
      if (event.key === "ArrowDown" && this.list.first) {
        event.preventDefault();
        this.list.focus(this.list.first);
      }
    });
  }

  watch(scroller) {
    this.all.watch(scroller);
    this.found.watch(scroller);
  }

  /** Agents to choose from, once the list itself is on its way. */
  loadAgents() {
    return loadAgents(this.choice);
  }

  #update(conversation) {
    for (const list of [this.all, this.found]) list.update(conversation);
    if (conversation.isGone && this.#selected.delete(conversation)) this.#showSelection();
  }

  // Rows

  #listen(rows) {
    const at = (event) => {
      const element = event.target.closest("[data-id]");
      return element ? [element.dataset.id, this.list.find(element.dataset.id)] : [];
    };
    rows.addEventListener("focusin", (event) => {
      const [id] = at(event);
      if (id) this.list.setCurrent(id);
    });
    rows.addEventListener("click", (event) => {
      const [id, conversation] = at(event);
      if (!id || event.target.closest(".rename")) return;
      const action = event.target.closest("button")?.dataset.action;
      if (action === "rename") this.rename(id);
      else if (action === "remove") this.#remove([conversation]);
      else if (event.target.matches("input[type=checkbox]")) this.#tick(id, event.target.checked, event.shiftKey);
      else if (event.target.closest("a") && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
        event.preventDefault();
        // A second click begins to rename.
        if (event.detail < 2) this.#actions.open(id, event.detail === 0);
      }
    });
    rows.addEventListener("dblclick", (event) => {
      const [id] = at(event);
      if (id && event.target.closest("a")) this.rename(id);
    });
    rows.addEventListener("keydown", (event) => {
      const [id, conversation] = at(event);
      if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
      const isOnRow = event.target.matches("a");
      const work = {
        ArrowDown: () => this.list.moveDown(id),
        ArrowUp: () => {
          const above = this.list.neighbour(id, -1);
          if (above) this.list.focus(above);
          else this.search.focus();
        },
        Home: () => this.list.focus(this.list.first),
        End: () => this.list.focus(this.list.last),
        F2: () => this.rename(id),
        Delete: () => this.#remove(this.#selected.has(conversation) ? [...this.#selected] : [conversation]),
        " ": isOnRow && (() => this.#tick(id, !this.#selected.has(conversation), event.shiftKey)),
        Escape: this.#selected.size > 0 && (() => this.#select([])),
      }[event.key];
      if (!work) return;
      event.preventDefault();
      work();
    });
  }

  /** @param text what to begin with; the name if absent */
  rename(id, text) {
    const { list } = this;
    const conversation = list.find(id);
    const row = conversation && list.rowElement(id);
    if (!row) return;
    editName(this.#store, conversation, row.querySelector("a"), {
      text, again: (typed) => this.rename(id, typed),
      onEnd: (byKey) => {
        list.update(conversation);
        if (byKey) list.focus(id);
      },
    });
  }

  #remove(conversations) {
    // The focus goes on to what stays next to them.
    const { list } = this;
    const hadFocus = this.element.contains(document.activeElement);
    const ids = new Set(conversations.map((one) => one.id));
    const next = (step) => {
      let id = conversations.at(step > 0 ? -1 : 0).id;
      do id = list.neighbour(id, step); while (id && ids.has(id));
      return id;
    };
    const place = list.find(conversations[0].id) ? next(1) ?? next(-1) : undefined;
    this.#actions.remove(conversations);
    if (!hadFocus) return;
    if (place) list.focus(place);
    else this.search.focus();
  }

  // Several at once

  #tick(id, isOn, isRange) {
    const { list } = this;
    const range = isRange && list.find(this.#anchor) ? list.between(this.#anchor, id) : [list.find(id)];
    const chosen = new Set(this.#selected);
    for (const one of range) {
      if (isOn) chosen.add(one);
      else chosen.delete(one);
    }
    this.#anchor = id;
    this.#select(chosen);
  }

  #select(conversations) {
    const before = this.#selected;
    this.#selected = new Set(conversations);
    for (const one of new Set([...before, ...this.#selected])) {
      const box = this.list.rowElement(one.id)?.querySelector("input[type=checkbox]");
      if (box) box.checked = this.#selected.has(one);
    }
    this.#showSelection();
  }

  #showSelection() {
    const count = this.#selected.size;
    this.bar.hidden = count === 0;
    if (count === 0) return;
    fill(this.bar, h("span", { role: "status" }, t("selected", { count: formatNumber(count) })),
      button(t("deselect"), () => this.#select([]), { kind: "small" }),
      button(t("remove"), () => this.#remove([...this.#selected]), { kind: "small danger" }));
  }

  // Import

  #importButton() {
    const file = h("input", {
      type: "file", accept: ".json,application/json", multiple: true, hidden: true, "aria-label": t("importFile"),
    });
    const element = button(t("import"), () => file.click(), { kind: "small", title: t("importFile") });
    file.addEventListener("change", async () => {
      const files = [...file.files];
      file.value = "";
      element.disabled = true;
      try {
        const made = await importFiles(files);
        for (const one of made) this.all.prepend(await this.#store.find(one.id));
        if (made.length > 0) this.#actions.open(made.at(-1).id, true);
      } catch (error) {
        showError(error);
      } finally {
        element.disabled = false;
      }
    });
    return [element, file];
  }
}
