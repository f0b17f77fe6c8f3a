// Controls for single values: texts, numbers, choices and free JSON. All have the same face: element, get() (a JSON
// value, or undefined for what is not sent), set(value), fault() (the element in the wrong, if there is one), rename().
import { fill, h, select, textarea, uniqueID } from "../lib/dom.js";
import { JSONFault, Numeral, parse, print } from "./json.js";
import { t } from "./texts.js";

const SECRET = /password|secret|private_key|api_key|^code_verifier$|refresh_token|assertion/;
/** Whether what is typed into a field is nobody's to see. */
export const isSecret = (name) => SECRET.test(name);

/** A button that belongs to one value. */
export const small = (label, onclick, properties) =>
  h("button.small", { type: "button", onclick, ...properties }, label);

/** Where a text is no JSON, in words. */
export function faultText(error) {
  if (!(error instanceof JSONFault)) throw error;
  return t(error.isEnd ? "jsonEnd" : "jsonFault", { line: error.line, column: error.column });
}

/**
 * A control with its name, kind and description.
 * options: name, kind (in words), isRequired, description, choose (called with the control; makes a button)
 */
export function labelled(control, { name, kind, isRequired, description, choose }) {
  control.id ||= uniqueID("value");
  if (isRequired) control.setAttribute("aria-required", "true");
  const error = h("p.field-error", { id: `${control.id}-error`, hidden: true });
  const hint = description && h("p.hint", { id: `${control.id}-hint` }, description);
  control.setAttribute("aria-describedby", `${hint ? `${control.id}-hint ` : ""}${control.id}-error`);
  const label = h("label", { for: control.id }, name);
  const element = h("div.field.value",
    h("div.value-head", label, h("span.kind", kind), isRequired && h("span.required", t("required")),
      choose && small(t("choose"), () => choose(control), { "aria-label": t("chooseFor", { name }) })),
    control, hint, error);
  return {
    element,
    rename(text) { label.textContent = text; },
    /** Shows what is wrong, or that nothing is. */
    tell(message) {
      error.hidden = !message;
      fill(error, message ?? "");
      if (message) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      return message ? control : null;
    },
  };
}

function plainText(schema, options, context) {
  const isHidden = isSecret(options.name);
  const control = isHidden ? h("input", { type: "password", autocomplete: "new-password" })
    : options.isLine || schema.pattern ? h("input", { type: "text", autocomplete: "off", spellcheck: "false" })
      : textarea({ rows: 1, autocomplete: "off", spellcheck: "false" });
  control.addEventListener("input", context.changed);
  const parts = labelled(control, options);
  return {
    ...parts,
    get: () => (control.value === "" && !options.keepsEmpty ? undefined : control.value),
    set(value) { control.value = value ?? ""; },
    fault: () => null,
  };
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

// A text field: browsers' number fields round what is too long, and change under the wheel.
function number(schema, options, context) {
  const isInteger = schema.type === "integer";
  const pattern = isInteger ? INTEGER : NUMBER;
  const control = h("input", { type: "text", inputmode: isInteger ? "numeric" : "decimal", autocomplete: "off" });
  const parts = labelled(control, options);
  const read = () => control.value.trim();
  const fault = t(isInteger ? "noInteger" : "noNumber");
  const check = () => parts.tell(read() === "" || pattern.test(read()) ? null : fault);
  control.addEventListener("input", () => { check(); context.changed(); });
  return {
    ...parts,
    get: () => (pattern.test(read()) ? new Numeral(read()) : undefined),
    set(value) { control.value = value?.text ?? ""; check(); },
    fault: check,
  };
}

function choice(schema, options, context) {
  const values = schema.enum ?? ["true", "false"];
  const isBoolean = !schema.enum;
  const control = select([["", t("notSent")], ...values]);
  control.addEventListener("change", context.changed);
  return {
    ...labelled(control, options),
    get: () => (control.value === "" ? undefined : isBoolean ? control.value === "true" : control.value),
    set(value) { control.value = value === undefined ? "" : String(value); },
    fault: () => null,
  };
}

/** Any JSON value, as text. `back` is called to give the text up for a form. */
export function free(schema, options, context) {
  const control = textarea({ rows: 2, spellcheck: "false", autocomplete: "off", class: "mono" });
  const parts = labelled(control, options);
  const read = () => (control.value.trim() === "" ? undefined : parse(control.value));
  const check = () => {
    try {
      read();
      return parts.tell(null);
    } catch (error) {
      return parts.tell(faultText(error));
    }
  };
  control.addEventListener("input", () => { check(); context.changed(); });
  if (options.back) {
    parts.element.append(h("p.small.muted.row", t("noForm"), small(t("useForm"), options.back)));
  }
  return {
    ...parts,
    get() { try { return read(); } catch { return undefined; } },
    set(value) { control.value = value === undefined ? "" : print(value, 2); check(); },
    fault: check,
  };
}

export const SINGLE = { text: plainText, integer: number, number, boolean: choice, choice, any: free };
