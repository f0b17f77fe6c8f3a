// What came of a call: state, time, headers and body; events of a stream while they come.
import { button, copyButton, fill, h } from "../lib/dom.js";
import { formatBytes, formatDuration } from "../lib/text.js";
import { small } from "./controls.js";
import { pretty } from "./json.js";
import { t } from "./texts.js";

const UNTYPED = "application/octet-stream";
/** How much of a body is shown at first, and how many events. */
const SHOWN = 200_000;
const EVENTS = 1000;
/** Longer bodies are shown as they came. */
const LAID_OUT = 5_000_000;

/** @returns {element, start(cancel), head(head), event(event), done(result), failed(error, isCanceled)} */
export function makeReply() {
  const state = h("p", { role: "status" });
  const facts = h("dl.facts");
  const body = h("div.stack");
  const actions = h("div.row");
  let preview;
  const element = h("section.card.stack.reply", { "aria-labelledby": "reply-title", hidden: true, tabindex: -1 },
    h("div.head", h("h2.grow", { id: "reply-title" }, t("reply")), actions), state, facts, body);
  let stream;
  const fact = (name, ...value) => h("div", h("dt", name), h("dd", value));

  function showHead(head, { milliseconds, size, code }) {
    const isGood = head.status < 400 && !code;
    fill(facts,
      fact(t("status"), h("span.badge", { class: isGood ? "good" : "bad" }, `${head.status} ${head.statusText}`.trim()),
        code ? [" ", h("span.badge.bad", t("code", { code }))] : null),
      milliseconds === undefined ? null : fact(t("time"), formatDuration(milliseconds)),
      size === undefined ? null : fact(t("size"), formatBytes(size)),
      head.logID && fact(t("logID"), h("code", head.logID), " ", smallCopy(head.logID, t("copyLogID"))));
  }

  const headers = (head) => h("details", h("summary", t("replyHeaders", { count: head.headers.length })),
    h("dl.headers", head.headers.map(([name, value]) => [h("dt", name), h("dd", value)])));

  return {
    element,
    start(cancel, label) {
      element.hidden = false;
      stream = undefined;
      URL.revokeObjectURL(preview);
      state.textContent = t("waiting");
      state.classList.remove("unseen");
      fill(facts);
      fill(body);
      fill(actions, button(label ?? t("cancel"), cancel, { class: "small" }));
    },
    head(head) {
      if (!head.isStream) return;
      showHead(head, {});
      stream = makeStream(head);
      fill(body, headers(head), stream.element);
      actions.firstElementChild.textContent = t("stop");
      state.textContent = t("streaming", { count: 0 });
    },
    event(event) {
      stream.add(event);
      // A screen reader is told now and then, not of each of them.
      if (stream.count() % 25 === 0) state.textContent = t("streaming", { count: stream.count() });
    },
    done(result) {
      fill(actions);
      const code = codeOf(result.text);
      showHead(result, { ...result, code });
      if (stream) {
        stream.end();
        state.textContent = t("streamEnd", { count: stream.count() });
        return;
      }
      // What can be seen below is also said.
      state.textContent = result.url ? t("redirected", { url: result.url }) : t("arrived", { status: result.status });
      state.classList.toggle("unseen", !result.url);
      fill(body, headers(result), content(result, (address) => { preview = address; }));
    },
    failed(error, isCanceled) {
      fill(actions);
      stream?.end();
      state.textContent = !isCanceled ? t("noReply", { message: error.message })
        : stream ? t("stopped", { count: stream.count() }) : t("canceled");
    },
    hide() { element.hidden = true; },
  };
}

/** The error's number in an envelope; 0 for what is none. A long reply is no error's. */
export function codeOf(text) {
  if (!text || text.length > SHOWN) return 0;
  try {
    return JSON.parse(text).code ?? 0;
  } catch {
    return 0;
  }
}

const smallCopy = (text, label) => {
  const element = copyButton(text, label);
  element.classList.add("small");
  return element;
};

/** `keep` gets the address of what is shown of the reply, to be given back. */
function content(result, keep) {
  if (result.size === 0) return h("p.muted", t("emptyBody"));
  const saving = () => save(result);
  if (result.text === undefined) {
    const address = URL.createObjectURL(result.blob);
    keep(address);
    return [
      h("p.row", t("bytes", { type: result.type || UNTYPED, size: formatBytes(result.size) }), saving()),
      /^image\/(png|jpeg|gif|webp|bmp|avif)/.test(result.type) && h("img.picture", { src: address, alt: t("picture") }),
    ];
  }
  const text = result.text.length > LAID_OUT ? result.text : pretty(result.text);
  const code = h("pre", { tabindex: 0, role: "group", "aria-label": t("body") }, text.slice(0, SHOWN));
  const isCut = text.length > SHOWN;
  const all = small(t("showAll", { size: formatBytes(text.length) }), () => {
    code.textContent = text;
    more.remove();
    code.focus();
  });
  const more = h("p.row.small", t("cut"), all);
  const actions = h("div.row", saving(), copyButton(() => text, t("copyBody")));
  return [
    h("div.code", h("div.code-head", h("span", result.type.split(";")[0]), actions), code), isCut && more,
  ];
}

function save(result) {
  const disposition = new Map(result.headers).get("content-disposition") ?? "";
  const [, coded] = /filename\*=UTF-8''([^;]+)/i.exec(disposition) ?? [];
  const [, plain] = /filename="?([^";]+)"?/i.exec(disposition) ?? [];
  const ending = result.type.startsWith("application/json") ? ".json" : result.type.startsWith("text/") ? ".txt" : "";
  const name = coded ? decodeURIComponent(coded) : plain ?? `reply${ending}`;
  return button(t("save"), () => {
    const address = URL.createObjectURL(result.blob);
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }, { class: "small plain" });
}

/** The events of a stream, the newest last. Those that come within one frame are shown together. */
function makeStream() {
  const list = h("ol.events");
  const older = h("p.small.muted", { hidden: true });
  const frame = h("div.event-frame", { tabindex: 0, role: "group", "aria-label": t("eventList") }, older, list);
  let total = 0;
  let waiting = [];
  let isPlanned = false;
  const flush = () => {
    isPlanned = false;
    const isAtEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < 40;
    list.append(...waiting);
    waiting = [];
    while (list.children.length > EVENTS) list.firstElementChild.remove();
    older.hidden = total <= EVENTS;
    older.textContent = t("older", { count: total - EVENTS });
    if (isAtEnd) frame.scrollTop = frame.scrollHeight;
  };
  return {
    element: frame,
    add(event) {
      total += 1;
      waiting.push(h("li",
        h("div.event-head", h("span.when", `+${formatDuration(event.milliseconds)}`), h("b", event.name),
          event.id && h("span.muted", `id ${event.id}`)),
        h("pre", pretty(event.data))));
      if (isPlanned) return;
      isPlanned = true;
      requestAnimationFrame(flush);
    },
    end: flush,
    count: () => total,
  };
}
