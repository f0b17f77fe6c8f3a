// Controls for values of any schema: lists, maps and objects of others. A value that does not fit the form (null, an
// empty text, a kind that the schema does not name) is kept as JSON, so that nothing gets lost between form and text.
import { fill, h } from "../lib/dom.js";
import { free, labelled, SINGLE, small } from "./controls.js";
import { kindOf, resolve } from "./document.js";
import { isObject, Numeral } from "./json.js";
import { t } from "./texts.js";

const MAKERS = { ...SINGLE, list, map, object };

function fits(kind, schema, value, { keepsEmpty }) {
  switch (kind) {
    case "text": return typeof value === "string" && (value !== "" || keepsEmpty) && !value.includes("\r");
    case "choice": return schema.enum.includes(value);
    case "integer": return value instanceof Numeral && /^-?\d+$/.test(value.text);
    case "number": return value instanceof Numeral;
    case "boolean": return typeof value === "boolean";
    case "list": return Array.isArray(value);
    case "map": return isObject(value) && !("" in value);
    case "object": return isObject(value);
    default: return true;
  }
}

const CONTROLS = "input, select, textarea, button";

const kindText = (kind, schema) => {
  if (kind === "text" && schema.pattern) return t("kindID");
  return t(`kind_${kind}`);
};

/**
 * The control of one value.
 * @param options name, description, isRequired, isRoot, keepsEmpty (an empty text counts), isLine (no line breaks)
 * @param context changed(): called after each change; choose(name): what fills a field from a list, if there is one
 */
export function slot(reference, options, context) {
  const schema = resolve(reference);
  const kind = kindOf(schema);
  const all = {
    ...options, kind: kindText(kind, schema), description: options.description ?? reference.description,
    choose: kind === "text" ? context.choose?.(options.name) : undefined,
  };
  let name = options.name;
  let inner;
  const place = h("div.slot");
  const use = (isFree) => {
    const own = isFree ? { ...all, name, back: toForm, kind: t("kind_any") } : { ...all, name };
    inner = (isFree ? free : MAKERS[kind])(schema, own, context);
    inner.isFree = isFree;
    fill(place, inner.element);
  };
  function set(value) {
    const isFree = value !== undefined && !fits(kind, schema, value, options);
    if (!inner || inner.isFree !== isFree) use(isFree);
    inner.set(value);
  }
  function toForm() {
    set(undefined);
    context.changed();
    place.querySelector(CONTROLS)?.focus();
  }
  use(false);
  return {
    element: place, set, schema,
    get: () => inner.get(),
    fault: () => inner.fault(),
    rename(text) { name = text; inner.rename(text); },
  };
}

/** Says that something empty is sent, and takes that back. */
function emptiness(text, context, unset) {
  const element = h("p.small.muted.row", { hidden: true }, text,
    small(t("doNotSend"), () => { unset(); context.changed(); }));
  return { element, show(isShown) { element.hidden = !isShown; } };
}

const heading = (title, { kind, isRequired }) =>
  h("span.value-head", title, h("span.kind", kind), isRequired && h("span.required", t("required")));

function group(options, ...children) {
  const { name, description } = options;
  const title = h("span.name", name);
  const element = h("fieldset.value.group",
    h("legend", heading(title, options)), description && h("p.hint", description), children);
  return { element, rename(text) { title.textContent = text; } };
}

// There is a list to choose from for a field, not for each of many.
const withoutChoice = (context) => ({ ...context, choose: undefined });

function list(schema, options, context) {
  const rows = [];
  let isSent = false;
  const place = h("div.rows");
  const empty = emptiness(t("emptyList"), context, () => { isSent = false; show(); });
  const add = small(t("addTo", { name: options.name }), () => {
    isSent = true;
    insert().focus();
    context.changed();
  });
  const parts = group(options, place, empty.element, add);
  const title = (number) => `${options.name} ${number + 1}`;
  function show() {
    empty.show(isSent && rows.length === 0);
    rows.forEach((row, number) => row.rename(title(number)));
  }
  function insert(value) {
    const own = { name: title(rows.length), keepsEmpty: true, isOpen: true };
    const control = slot(schema.items, own, withoutChoice(context));
    const remove = small(t("remove"), drop);
    const element = h("div.line", control.element, remove);
    const row = {
      control, element,
      rename(text) { control.rename(text); remove.setAttribute("aria-label", t("removeNamed", { name: text })); },
      focus() { (element.querySelector("input, select, textarea") ?? element.querySelector(CONTROLS))?.focus(); },
    };
    function drop() {
      rows.splice(rows.indexOf(row), 1);
      element.remove();
      show();
      add.focus();
      context.changed();
    }
    control.set(value);
    rows.push(row);
    place.append(element);
    show();
    return row;
  }
  return {
    ...parts,
    get() {
      if (!rows.length && !isSent) return undefined;
      return rows.map(({ control }) => control.get()).filter((one) => one !== undefined);
    },
    set(value) {
      rows.length = 0;
      place.replaceChildren();
      isSent = value !== undefined;
      value?.forEach(insert);
      show();
    },
    fault: () => firstFault(rows.map(({ control }) => control)),
  };
}

const firstFault = (controls) => controls.reduce((found, one) => found ?? one.fault(), null);

function map(schema, options, context) {
  const rows = [];
  let isSent = false;
  const place = h("div.rows");
  const empty = emptiness(t("emptyMap"), context, () => { isSent = false; show(); });
  const add = small(t("addTo", { name: options.name }), () => {
    isSent = true;
    insert("").key.focus();
    context.changed();
  });
  const parts = group(options, place, empty.element, add);
  const show = () => empty.show(isSent && rows.length === 0);
  function insert(name, value) {
    const key = h("input", { type: "text", autocomplete: "off", spellcheck: "false", value: name });
    const label = labelled(key, { name: t("key", { name: options.name }), kind: "" });
    const own = { name: t("valueOf", { name: options.name }), keepsEmpty: true };
    const control = slot(schema.additionalProperties, own, withoutChoice(context));
    const row = { key, control, label };
    const remove = small(t("remove"), drop, { "aria-label": t("removeNamed", { name: `${options.name} ${name}` }) });
    const element = h("div.line.pair", label.element, control.element, remove);
    function drop() {
      rows.splice(rows.indexOf(row), 1);
      element.remove();
      show();
      add.focus();
      context.changed();
    }
    key.addEventListener("input", () => { check(); context.changed(); });
    control.set(value);
    rows.push(row);
    place.append(element);
    show();
    return row;
  }
  /** A name that is there twice, or that is missing beside a value. */
  function check() {
    let wrong = null;
    rows.forEach((row, number) => {
      const isTwice = rows.slice(0, number).some((other) => other.key.value === row.key.value);
      const message = isTwice ? t("sameKey") : row.key.value === "" && row.control.get() ? t("noKey") : null;
      wrong ??= row.label.tell(message);
    });
    return wrong;
  }
  return {
    ...parts,
    get() {
      if (!rows.length && !isSent) return undefined;
      const result = Object.create(null);
      for (const { key, control } of rows) {
        const value = control.get();
        if (key.value !== "" && value !== undefined) result[key.value] = value;
      }
      return result;
    },
    set(value) {
      rows.length = 0;
      place.replaceChildren();
      isSent = value !== undefined;
      for (const [name, one] of Object.entries(value ?? {})) insert(name, one);
      show();
    },
    fault: () => check() ?? firstFault(rows.map(({ control }) => control)),
  };
}

function object(schema, options, context) {
  const properties = Object.entries(schema.properties ?? {});
  const known = new Set(properties.map(([name]) => name));
  const children = new Map();
  let extra;
  let isSent = false;
  const place = h("div.values");
  const empty = emptiness(t("emptyObject"), context, () => { isSent = false; show(); });
  const inner = { ...context, changed: () => { show(); context.changed(); } };
  // Built when it is looked into: schemas can hold themselves.
  const build = () => {
    if (children.size > 0) return;
    for (const [name, one] of properties) {
      const child = slot(one, { name, isRequired: (schema.required ?? []).includes(name) }, inner);
      children.set(name, child);
      place.append(child.element);
    }
  };
  const title = h("span.name", options.name);
  const details = options.isRoot ? h("div.stack", empty.element, place)
    : h("details.value.object", { open: options.isRequired || options.isOpen },
      h("summary", heading(title, options)),
      options.description && h("p.hint", options.description), empty.element, place);
  if (options.isRoot || details.open) build();
  else details.addEventListener("toggle", build);
  const collect = () => {
    const result = Object.create(null);
    for (const [name, child] of children) {
      const value = child.get();
      if (value !== undefined) result[name] = value;
    }
    const others = extra?.get();
    return isObject(others) ? Object.assign(result, others) : result;
  };
  function show() {
    empty.show(isSent && Object.keys(collect()).length === 0);
  }
  function setExtra(value) {
    extra?.element.remove();
    extra = undefined;
    if (!value) return;
    extra = free({}, { name: t("others"), kind: t("kind_any") }, inner);
    extra.set(value);
    place.append(extra.element);
  }
  return {
    element: details,
    rename(text) { title.textContent = text; },
    get() {
      const result = collect();
      return Object.keys(result).length || isSent || options.isOpen ? result : undefined;
    },
    set(value) {
      isSent = value !== undefined;
      if (isSent) build();
      for (const [name, child] of children) child.set(value?.[name]);
      const others = Object.entries(value ?? {}).filter(([name]) => !known.has(name));
      setExtra(others.length > 0 && Object.assign(Object.create(null), Object.fromEntries(others)));
      if (isSent && !options.isRoot) details.open = true;
      show();
    },
    fault: () => firstFault([...children.values(), ...(extra ? [extra] : [])]),
  };
}

/** A file to upload. get() is the File. */
export function file(options, context) {
  const control = h("input", { type: "file" });
  control.addEventListener("change", context.changed);
  return {
    ...labelled(control, { ...options, kind: t("kind_file") }),
    get: () => control.files[0],
    set() { control.value = ""; },
    fault: () => null,
  };
}

