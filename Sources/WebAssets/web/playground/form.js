// The form of one operation: its parameters, headers and body, and what was typed into it last time.
import { checkbox, fill, h, textarea } from "../lib/dom.js";
import { faultText, isSecret, labelled } from "./controls.js";
import { kindOf, resolve } from "./document.js";
import { isObject, Numeral, parse, print } from "./json.js";
import { chooser } from "./pickers.js";
import { file, slot } from "./schema.js";
import { t } from "./texts.js";

/** A parameter's value as it stands in an address. */
function asText(value) {
  if (value instanceof Numeral) return value.text;
  return Array.isArray(value) ? value.map(asText).join(",") : String(value);
}

/** A value without what is nobody's to see. */
function withoutSecrets(value) {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  const open = Object.entries(value).filter(([name]) => !isSecret(name));
  return Object.fromEntries(open.map(([name, one]) => [name, withoutSecrets(one)]));
}

const part = (title, ...children) => h("fieldset.part", h("legend", title), h("div.stack", children));

/**
 * @param changed called after each change
 * @returns {element, request(), check() (leads to what is wrong), state(), setState(state)}
 */
export function makeForm(operation, changed) {
  const valueOf = (name) => {
    const own = places.map(({ slots }) => slots.get(name)?.get()).find((one) => one !== undefined);
    const value = own ?? body?.get()?.[name];
    return typeof value === "string" ? value : "";
  };
  const context = { changed, choose: chooser(valueOf) };
  const places = ["path", "query", "header"].map((place) => {
    const slots = new Map(operation.parameters(place).map(({ name, description, required, schema }) =>
      [name, slot(schema, { name, description, isRequired: required, isLine: true }, context)]));
    return { place, slots };
  });
  const headers = slot(
    { type: "object", additionalProperties: { type: "string" } }, { name: t("header"), isLine: true }, context);
  const files = new Map();
  const body = operation.body && !operation.isUpload ? makeBody(operation, context) : undefined;
  const texts = new Map();
  if (operation.isUpload) {
    for (const [name, one] of Object.entries(resolve(operation.body.schema).properties ?? {})) {
      const options = { name, description: one.description };
      if (kindOf(resolve(one)) === "file") files.set(name, file(options, context));
      else texts.set(name, slot(one, options, context));
    }
  }
  const all = () =>
    [...places.flatMap(({ slots }) => [...slots.values()]), headers, ...texts.values(), body].filter(Boolean);
  const elements = (slots) => [...slots.values()].map((one) => one.element);
  const isBare = places.every(({ slots }) => slots.size === 0) && !operation.body;
  const element = h("div.stack",
    places.filter(({ slots }) => slots.size > 0)
      .map(({ place, slots }) => part(t(place), h("div.values", elements(slots)))),
    operation.isUpload && part(t("form"), h("div.values", elements(files), elements(texts))),
    body?.element, isBare && h("p.muted", t("noInput")),
    h("details.more", h("summary", t("headers")), h("div.stack", headers.element)));

  const given = (slots) =>
    [...slots].map(([name, one]) => [name, one.get()]).filter(([, value]) => value !== undefined);
  const valuesOf = (place) => Object.fromEntries(
    given(places.find((one) => one.place === place).slots).map(([name, value]) => [name, asText(value)]));
  const request = () => ({
    operation, path: valuesOf("path"), query: valuesOf("query"), headers: { ...valuesOf("header"), ...headers.get() },
    body: operation.isUpload ? collect(texts) : body?.get(),
    files: [...files].map(([name, one]) => ({ name, file: one.get() })).filter((one) => one.file),
  });
  const collect = (slots) => {
    const values = given(slots);
    return values.length ? Object.fromEntries(values) : undefined;
  };

  return {
    element, request,
    /** @returns the control that is in the wrong; null if all is well */
    check() {
      const missing = [...places[0].slots.values()].find((one) => one.get() === undefined);
      const wrong = all().reduce((found, one) => found ?? one.fault(), null);
      const control = wrong ?? missing?.element.querySelector("input, select, textarea") ?? null;
      if (control) unfold(control);
      control?.focus();
      if (!wrong && control) tellMissing(control);
      return control;
    },
    state() {
      const { path, query, headers: sent, body: fields } = request();
      const content = body ? body.given() : fields;
      const isTyped = body?.isJSON();
      const text = isTyped ? body.text() : undefined;
      return {
        path: withoutSecrets(path), query: withoutSecrets(query), headers: withoutSecrets(sent),
        body: content === undefined ? undefined : print(withoutSecrets(content)),
        isJSON: isTyped || undefined,
        // A text that is no JSON yet is kept as it is, unless it may hold a secret.
        text: isTyped && content === undefined && !isSecret(text) ? text : undefined,
      };
    },
    setState(state) {
      for (const { place, slots } of places) {
        const values = (place === "header" ? state?.headers : state?.[place]) ?? {};
        for (const [name, one] of slots) one.set(fromText(values[name], one.schema.type));
      }
      const own = Object.entries(state?.headers ?? {}).filter(([name]) => !places[2].slots.has(name));
      headers.set(own.length ? Object.fromEntries(own) : undefined);
      element.querySelector("details.more").open = own.length > 0;
      const content = state?.body === undefined ? undefined : parse(state.body);
      for (const [name, one] of texts) one.set(content?.[name]);
      for (const one of files.values()) one.set();
      body?.set(content, state?.isJSON === true, state?.text);
    },
  };
}

function unfold(control) {
  for (let around = control.closest("details"); around; around = around.parentElement.closest("details")) {
    around.open = true;
  }
}

function tellMissing(control) {
  const error = document.getElementById(`${control.id}-error`);
  error.hidden = false;
  fill(error, t("missing"));
  control.setAttribute("aria-invalid", "true");
  control.addEventListener("input", () => {
    error.hidden = true;
    control.removeAttribute("aria-invalid");
  }, { once: true });
}

/** A parameter's text as the value its control shows. */
function fromText(text, type) {
  if (text === undefined) return undefined;
  if (type === "integer" || type === "number") return new Numeral(text);
  if (type === "boolean") return text === "true";
  return type === "array" ? text.split(",") : text;
}

/** The body, as a form or as one text of JSON; each follows the other. */
function makeBody(operation, context) {
  const root = slot(operation.body.schema, { name: t("body"), isRoot: true }, context);
  const box = checkbox(t("asJSON"));
  const control = textarea({ rows: 12, spellcheck: "false", autocomplete: "off", class: "mono" });
  const parts = labelled(control, { name: t("bodyJSON"), kind: "" });
  parts.element.hidden = true;
  const read = () => (control.value.trim() === "" ? undefined : parse(control.value));
  const check = () => {
    if (parts.element.hidden) return root.fault();
    try {
      read();
      return parts.tell(null);
    } catch (error) {
      return parts.tell(faultText(error));
    }
  };
  const typed = () => { try { return read(); } catch { return undefined; } };
  const value = () => (parts.element.hidden ? root.get() : typed());
  const show = (isJSON) => {
    parts.element.hidden = !isJSON;
    root.element.hidden = isJSON;
    box.input.checked = isJSON;
  };
  const write = (content) => { control.value = content === undefined ? "" : print(content, 2); };
  control.addEventListener("input", () => { if (!check()) root.set(typed()); context.changed(); });
  box.input.addEventListener("change", () => {
    if (box.input.checked) {
      write(root.get());
      show(true);
      check();
    } else if (check()) {
      // What is wrong would get lost.
      box.input.checked = true;
      control.focus();
    } else {
      root.set(typed());
      show(false);
    }
    context.changed();
  });
  // An operation that needs a body takes an empty object for one without fields.
  const empty = () => (operation.body.isRequired && !check() ? Object.create(null) : undefined);
  return {
    element: h("fieldset.part", h("legend", t("body")), h("div.stack", box.element, root.element, parts.element)),
    get: () => value() ?? empty(),
    given: value,
    isJSON: () => !parts.element.hidden,
    text: () => control.value,
    fault: check,
    set(content, isJSON, text) {
      root.set(content);
      write(content);
      if (text !== undefined) control.value = text;
      show(isJSON);
      check();
    },
  };
}
