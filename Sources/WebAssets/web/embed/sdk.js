// The chat for any page: one script, then `new CozeWebSDK.WebChatClient({config, auth, userInfo, ui})`, with the names of
// the platform's own Chat SDK. The chat is a page of the server's in a frame; this script places it and hands it the token.
(() => {
  "use strict";
  const source = new URL(document.currentScript.src);
  const server = source.origin;
  const LANGUAGES = { en: "en", "zh-CN": "zh-CN", zh: "zh-CN" };
  const LABELS = { en: { open: "Open the chat", close: "Close the chat", chat: "Chat" }, "zh-CN": { open: "打开聊天", close: "关闭聊天", chat: "聊天" } };
  const SVG = "http://www.w3.org/2000/svg";

  const pageLanguage = () => (/^zh/i.test(document.documentElement.lang || navigator.language) ? "zh-CN" : "en");

  /** An element with styles, which the page's own rules cannot reach and its Content-Security-Policy does not mind. */
  function make(name, styles, properties = {}) {
    const element = document.createElement(name);
    for (const [rule, value] of Object.entries(styles)) element.style.setProperty(rule, value, "important");
    for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
    return element;
  }

  function bubble() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("width", "26");
    svg.setAttribute("height", "26");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z");
    path.setAttribute("fill", "#ffffff");
    svg.append(path);
    return svg;
  }

  class WebChatClient {
    #options;
    #frame;
    #panel;
    #button;
    #isShown = false;
    /** Whether it was opened before the page had a body to show it in. */
    #isDue = false;
    #labels;
    #isMobile;
    #token;
    #onMessage = (event) => this.#take(event);
    #start = () => {
      const { asstBtn, chatBot } = this.#options.ui;
      if (asstBtn?.isNeed !== false && !chatBot?.el) this.#makeButton();
      if (chatBot?.el || this.#isDue) this.showChatBot();
    };

    /**
     * config: {type: "bot", bot_id, botInfo: {parameters}}; auth: {type: "token", token, onRefreshToken};
     * userInfo: {id, nickname, url}; ui: {base, asstBtn, header, footer, chatBot, conversations}.
     */
    constructor({ config = {}, auth = {}, userInfo = {}, ui = {} } = {}) {
      const bot = config.bot_id ?? config.botId;
      if ((config.type ?? "bot") !== "bot") throw new Error(`CozeWebSDK: config.type ${config.type} is not supported`);
      if (!bot) throw new Error("CozeWebSDK: config.bot_id is missing");
      const language = LANGUAGES[ui.base?.lang] ?? pageLanguage();
      this.#options = { config: { ...config, bot_id: String(bot) }, auth, userInfo, ui, language };
      this.#token = auth.token;
      this.#labels = LABELS[language];
      this.#isMobile = ui.base?.layout ? ui.base.layout === "mobile" : matchMedia("(max-width: 600px)").matches;
      window.addEventListener("message", this.#onMessage);
      if (document.body) this.#start();
      else document.addEventListener("DOMContentLoaded", this.#start, { once: true });
    }

    showChatBot() {
      this.#isDue = !document.body;
      if (this.#isShown || this.#isDue) return;
      const { chatBot = {} } = this.#options.ui;
      if (chatBot.onBeforeShow?.() === false) return;
      if (!this.#panel) this.#makePanel();
      this.#isShown = true;
      this.#panel.style.setProperty("display", "block", "important");
      this.#label();
      this.#frame.focus();
      chatBot.onShow?.();
    }

    hideChatBot() {
      this.#isDue = false;
      if (!this.#isShown) return;
      const { chatBot = {} } = this.#options.ui;
      if (chatBot.onBeforeHide?.() === false) return;
      this.#isShown = false;
      this.#panel.style.setProperty("display", "none", "important");
      this.#label();
      this.#button?.focus();
      chatBot.onHide?.();
    }

    /** Takes everything away again. */
    destroy() {
      window.removeEventListener("message", this.#onMessage);
      document.removeEventListener("DOMContentLoaded", this.#start);
      this.#panel?.remove();
      this.#button?.remove();
      this.#panel = this.#button = this.#frame = undefined;
      this.#isShown = false;
    }

    get #zIndex() { return String(this.#options.ui.base?.zIndex ?? 1000); }

    #makeButton() {
      const { icon } = this.#options.ui.base ?? {};
      this.#button = make("button", {
        position: "fixed", right: "24px", bottom: "24px", width: "56px", height: "56px", padding: "0", border: "0", margin: "0",
        "border-radius": "50%", background: "#0a58ca", cursor: "pointer", "z-index": this.#zIndex, display: "grid",
        "place-items": "center", "box-shadow": "0 4px 16px rgba(0, 0, 0, .3)", overflow: "hidden",
      }, { type: "button", "aria-label": this.#labels.open, "aria-expanded": "false" });
      this.#button.append(icon ? make("img", { width: "100%", height: "100%", "object-fit": "cover" }, { src: icon, alt: "" }) : bubble());
      this.#button.addEventListener("click", () => (this.#isShown ? this.hideChatBot() : this.showChatBot()));
      document.body.append(this.#button);
    }

    #label() {
      this.#button?.setAttribute("aria-expanded", String(this.#isShown));
      this.#button?.setAttribute("aria-label", this.#isShown ? this.#labels.close : this.#labels.open);
      // On a phone the chat fills the window, and has its own way to close it.
      if (this.#isMobile) this.#button?.style.setProperty("display", this.#isShown ? "none" : "grid", "important");
    }

    #makePanel() {
      const { ui, language } = this.#options;
      const place = typeof ui.chatBot?.el === "string" ? document.querySelector(ui.chatBot.el) : ui.chatBot?.el;
      const base = { border: "0", background: "transparent", "z-index": this.#zIndex, "color-scheme": "normal" };
      const width = `${Number(ui.chatBot?.width) || 460}px`;
      const inPage = { width: "100%", height: "100%", "min-height": "20rem" };
      const full = { position: "fixed", inset: "0", width: "100%", height: "100%" };
      const floating = {
        position: "fixed", right: "24px", bottom: "96px", width, "max-width": "calc(100vw - 48px)", height: "min(700px, calc(100vh - 120px))",
        "border-radius": "12px", overflow: "hidden", "box-shadow": "0 8px 40px rgba(0, 0, 0, .3)",
      };
      this.#panel = make("div", { ...base, ...(place ? inPage : this.#isMobile ? full : floating), display: "none" });
      this.#frame = make("iframe", { border: "0", width: "100%", height: "100%", display: "block" }, {
        src: `${server}/sdk/frame?language=${language}`, title: ui.chatBot?.title || this.#labels.chat,
        allow: "clipboard-write; microphone", referrerpolicy: "origin",
      });
      this.#panel.append(this.#frame);
      (place ?? document.body).append(this.#panel);
    }

    #send(message) { this.#frame?.contentWindow?.postMessage(message, server); }

    async #take(event) {
      if (!this.#frame || event.source !== this.#frame.contentWindow || event.origin !== server) return;
      const { type, id } = event.data ?? {};
      if (type === "buckle:ready") {
        const { config, userInfo, ui } = this.#options;
        const isClosable = !ui.chatBot?.el && ui.header?.isNeedClose !== false;
        this.#send({
          type: "buckle:start", token: this.#token, bot: config.bot_id, parameters: plain(config.botInfo?.parameters), isClosable,
          user: { id: text(userInfo.id), nickname: text(userInfo.nickname), url: text(userInfo.url) },
          ui: plain({
            icon: ui.base?.icon, header: ui.header, footer: ui.footer, conversations: ui.conversations,
            chatBot: { ...ui.chatBot, el: undefined },
          }),
        });
      } else if (type === "buckle:close") this.hideChatBot();
      else if (type === "buckle:renew") {
        let token;
        try {
          token = await this.#options.auth.onRefreshToken?.(this.#token);
        } catch (error) {
          console.error("CozeWebSDK: onRefreshToken failed", error);
        }
        if (token) this.#token = token;
        this.#send({ type: "buckle:token", id, token: token || null });
      }
    }
  }

  const text = (value) => (value === undefined || value === null ? "" : String(value));
  /** Without functions and elements, which cannot be sent to the frame. */
  const plain = (value) => JSON.parse(JSON.stringify(value ?? {}));

  window.CozeWebSDK = { ...window.CozeWebSDK, WebChatClient };
})();
