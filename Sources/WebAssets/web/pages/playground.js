// The playground: every operation of the server, tried from the browser.
import { fill, h } from "../lib/dom.js";
import { page } from "../lib/page.js";
import { makeCode } from "../playground/code.js";
import { fragment, keyOf, makeContents } from "../playground/contents.js";
import { load } from "../playground/document.js";
import { makeHistory } from "../playground/history.js";
import { makeCaller, makeOperationView } from "../playground/operation.js";
import { makeReply } from "../playground/reply.js";
import { setCaller } from "../playground/send.js";
import { t } from "../playground/texts.js";

page(async (view) => {
  const groups = await load();
  const operations = new Map(groups.flatMap((group) => group.operations).map((one) => [one.key, one]));
  const contents = makeContents(groups);
  const place = h("div");
  const code = makeCode();
  const reply = makeReply();
  const caller = makeCaller(setCaller);
  let shown;
  let pending;
  const history = makeHistory((entry) => {
    const operation = operations.get(entry.key);
    if (!operation) return;
    if (location.hash === fragment(operation)) {
      shown.setState(entry.state);
      shown.element.querySelector("h2").focus();
    } else {
      pending = entry.state;
      location.hash = fragment(operation);
    }
  });
  const side = h("div.side.stack", reply.element, code.element);
  const work = h("div.work", place, side, history.element);

  function show({ isFirst = false } = {}) {
    const key = keyOf(location.hash);
    const operation = operations.get(key);
    shown?.leave();
    reply.hide();
    contents.mark(operation);
    side.hidden = !operation;
    const titles = [operation?.title, document.querySelector("main h1").textContent, "Buckle"];
    document.title = titles.filter(Boolean).join(" – ");
    if (!operation) {
      shown = undefined;
      fill(place, h("section.card", h("h2", t("start")), h("p", key ? t("unknown", { key }) : t("startText"))));
      return;
    }
    shown = makeOperationView(operation, { caller, reply, code, history });
    fill(place, shown.element);
    if (pending) shown.setState(pending);
    else shown.restore();
    pending = undefined;
    if (!isFirst) {
      shown.element.querySelector("h2").focus({ preventScroll: true });
      work.scrollIntoView({ block: "start" });
    }
  }
  addEventListener("hashchange", () => show());
  fill(view, h("div.playground", contents.element, work));
  show({ isFirst: true });
});
