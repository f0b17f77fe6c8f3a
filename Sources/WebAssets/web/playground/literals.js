// Texts and values as the languages write them.
import { isObject, Numeral } from "./json.js";

const control = (escape) => (mark) => escape(mark.charCodeAt(0));
const hex = (width) => (number) => number.toString(16).padStart(width, "0");
const NAMED = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
// What is invisible or has no meaning outside a pair is written as its number.
const UNSEEN = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

const quoted = (text, number) =>
  `"${text.replace(/[\\"]/g, "\\$&").replace(UNSEEN, (mark) => NAMED[mark] ?? control(number)(mark))}"`;

/** A word of a shell's line. */
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const pythonText = (text) =>
  quoted(text, (number) => (number < 256 ? `\\x${hex(2)(number)}` : `\\u${hex(4)(number)}`));
export const nodeText = (text) => quoted(text, (number) => `\\u${hex(4)(number)}`);
// Half a pair cannot be written in Go.
export const goText = (text) => quoted(text.toWellFormed(), (number) => `\\u${hex(4)(number)}`);
// Java reads \u before anything else, so that a quotation mark or a line's end must not be written so.
export const javaText = (text) =>
  quoted(text, (number) => (number < 256 ? `\\${number.toString(8).padStart(3, "0")}` : `\\u${hex(4)(number)}`));

/** A text of several lines: Go's raw strings hold all but their own quotation mark. */
export const goBlock = (text) => (/[`\r\ufeff]/.test(text) ? goText(text) : `\`${text}\``);

/** Java's text block, for texts that begin and end in no space. */
export const javaBlock = (text) => {
  if (text.endsWith('"') || !text.includes("\n")) return javaText(text);
  const lines = text.replaceAll("\\", "\\\\").replaceAll('"""', '\\"""').split("\n");
  return `"""\n${lines.map((line) => `    ${line}`).join("\n")}"""`;
};

export const indent = (text, by = "    ") => text.replaceAll("\n", `\n${by}`);

/** Parts between brackets: on one line if they fit, else one on each. */
export function bracketed(open, parts, close, { by = "    ", last = ",", width = 76 } = {}) {
  const line = open + parts.join(", ") + close;
  if (line.length <= width && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => by + indent(part, by)).join(`,\n`)}${parts.length ? last : ""}\n${close}`;
}

export function pythonValue(value) {
  if (typeof value === "string") return pythonText(value);
  if (value instanceof Numeral) return value.text;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return bracketed("[", value.map(pythonValue), "]");
  return bracketed("{", Object.entries(value).map(([key, one]) => `${pythonText(key)}: ${pythonValue(one)}`), "}");
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export function nodeValue(value) {
  if (typeof value === "string") return nodeText(value);
  if (value instanceof Numeral) return value.text;
  if (!Array.isArray(value) && !isObject(value)) return String(value);
  if (Array.isArray(value)) return bracketed("[", value.map(nodeValue), "]", { by: "  " });
  // An object that is written as __proto__ would become another's prototype.
  const name = (key) => (key === "__proto__" ? '["__proto__"]' : IDENTIFIER.test(key) ? key : nodeText(key));
  const parts = Object.entries(value).map(([key, one]) => `${name(key)}: ${nodeValue(one)}`);
  // On one line there is space inside the braces.
  const made = bracketed("{ ", parts, " }", { by: "  " });
  return parts.length ? made.replace(/^\{ \n/, "{\n").replace(/\n \}$/, "\n}") : "{}";
}

/** Whether a script's numbers hold all of a value's numbers exactly. */
export function isExact(value) {
  if (value instanceof Numeral) return String(Number(value.text)) === value.text;
  if (Array.isArray(value)) return value.every(isExact);
  return !isObject(value) || Object.values(value).every(isExact);
}

/** A value of any kind in Go. */
export function goValue(value) {
  if (typeof value === "string") return goText(value);
  if (value instanceof Numeral) return value.text;
  if (value === null) return "nil";
  const style = { by: "\t" };
  if (Array.isArray(value)) return bracketed("[]any{", value.map(goValue), "}", style);
  if (!isObject(value)) return String(value);
  const entries = Object.entries(value).map(([key, one]) => `${goText(key)}: ${goValue(one)}`);
  return bracketed("map[string]any{", entries, "}", style);
}

/** A value of any kind but null in Java. */
export function javaValue(value) {
  if (typeof value === "string") return javaText(value);
  if (value instanceof Numeral) return /[.eE]/.test(value.text) ? value.text : `${value.text}L`;
  const style = { last: "" };
  if (Array.isArray(value)) return bracketed("List.of(", value.map(javaValue), ")", style);
  if (!isObject(value)) return String(value);
  const entries = Object.entries(value).map(([key, one]) => `Map.entry(${javaText(key)}, ${javaValue(one)})`);
  return bracketed("Map.ofEntries(", entries, ")", style);
}
