// One operation: what it is, its form, and sending it.
import { button, debounce, fill, h, toast } from "../lib/dom.js";
import { badge } from "./contents.js";
import { makeForm } from "./form.js";
import { forgetFormState, formState, keepFormState } from "./history.js";
import { codeOf } from "./reply.js";
import { address } from "./request.js";
import { lacksToken, send } from "./send.js";
import { t } from "./texts.js";

/**
 * @param tools {caller, reply, code, history} that all operations share
 * @returns {element, setState(state), leave()}
 */
export function makeOperationView(operation, { caller, reply, code, history }) {
  let running;
  const refresh = debounce(() => {
    code.show(form.request());
    keepFormState(operation.key, form.state());
  }, 120);
  const form = makeForm(operation, refresh);
  const isRed = operation.isDestructive;
  const submit = h("button", { type: "submit", class: isRed ? "danger send" : "primary send" },
    isRed ? t("sendMethod", { method: operation.method }) : t("send"));
  const clear = button(t("clear"), () => {
    setState(undefined);
    forgetFormState(operation.key);
    toast(t("cleared"));
  });
  const element = h("form.card.stack.operation", { novalidate: true, "aria-labelledby": "operation-title" },
    // Browsers look for a name beside a token, and there is none.
    h("input", { type: "text", autocomplete: "username", hidden: true, tabindex: -1 }),
    head(operation), form.element, caller.element, h("div.buttons", submit, clear));

  function setState(state) {
    form.setState(state);
    code.show(form.request());
  }

  async function call() {
    // What was typed last is not lost, nor does it come late.
    keepFormState(operation.key, form.state());
    if (running || form.check()) return;
    if (lacksToken()) return caller.refuse();
    const request = form.request();
    const state = form.state();
    code.show(request);
    const abort = running = new AbortController();
    let isCanceled = false;
    submit.setAttribute("aria-busy", "true");
    reply.start(() => { isCanceled = true; abort.abort(); });
    const at = Date.now();
    const start = performance.now();
    const entry = { key: operation.key, method: operation.method, address: address(request), at, state, logID: "" };
    const isShown = () => element.isConnected;
    try {
      const result = await send(request, abort.signal, {
        head(one) { entry.logID = one.logID; entry.status = String(one.status); if (isShown()) reply.head(one); },
        event(one) { if (isShown()) reply.event(one); },
      });
      if (isShown()) reply.done(result);
      const code = codeOf(result.text);
      entry.isGood = result.status < 400 && !code;
      if (code) entry.status += ` · ${code}`;
    } catch (error) {
      if (isShown()) reply.failed(error, isCanceled);
      entry.status = isCanceled ? t("canceledCall") : t("failedCall");
      entry.isGood = false;
    } finally {
      running = undefined;
      submit.removeAttribute("aria-busy");
      history.add({ ...entry, milliseconds: performance.now() - start });
    }
  }

  element.addEventListener("submit", (event) => {
    event.preventDefault();
    call().then(() => reply.element.scrollIntoView({ block: "nearest" }));
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      element.requestSubmit();
    }
  });
  return {
    element, setState,
    restore: () => setState(formState(operation.key)),
    leave: () => running?.abort(),
  };
}

function head(operation) {
  const needs = operation.isOpen ? t("open")
    : operation.permissions.length ? t("permissions", { names: operation.permissions.join(", ") }) : t("noPermission");
  return h("header.stack",
    h("div.row", h("h2", { id: "operation-title", tabindex: -1 }, operation.title), operation.isOwn && badge(),
      operation.isDeprecated && h("span.badge.bad", { title: t("deprecatedHint") }, t("deprecated"))),
    h("p.route", h("b.method", { class: operation.method.toLowerCase() }, operation.method), " ",
      h("code", operation.path)),
    operation.description && h("p", operation.description),
    h("p.small.muted", needs), operation.isDeprecated && h("p.small.muted", t("deprecatedHint")));
}

/** Who calls: the session, or who has a token. @returns {element, refuse()} */
export function makeCaller(onChange) {
  const token = h("input", {
    type: "password", id: "caller-token", autocomplete: "off", spellcheck: "false",
    "aria-describedby": "caller-hint caller-error",
  });
  const error = h("p.field-error", { id: "caller-error", hidden: true });
  const field = h("div.field", { hidden: true }, h("label", { for: "caller-token" }, t("tokenLabel")), token,
    h("p.hint", { id: "caller-hint" }, t("tokenHint")), error);
  const choice = (value, label, isChecked) => {
    const input = h("input", { type: "radio", name: "caller", value, checked: isChecked });
    return h("label.option", input, label);
  };
  const options = h("div.row", choice("session", t("session"), true), choice("token", t("token"), false));
  const usesToken = () => options.querySelector("input:checked").value === "token";
  const change = () => {
    field.hidden = !usesToken();
    error.hidden = true;
    onChange(usesToken(), token.value);
  };
  options.addEventListener("change", change);
  token.addEventListener("input", change);
  return {
    element: h("fieldset.part", h("legend", t("caller")), options, field),
    refuse() {
      fill(error, t("noToken")).hidden = false;
      token.focus();
    },
  };
}
