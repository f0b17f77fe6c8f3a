// JSON without loss. A number keeps the digits it was written with: ids of 64 bits are larger than what a script's
// numbers hold exactly.

/** A number as it was written. */
export class Numeral {
  constructor(text) {
    this.text = text;
  }
}

/** What is wrong with a text, and where: line and column from 1. */
export class JSONFault extends Error {
  constructor(text, at) {
    const lines = text.slice(0, at).split("\n");
    super(at >= text.length ? "end" : "character");
    this.isEnd = at >= text.length;
    this.line = lines.length;
    this.column = lines.at(-1).length + 1;
  }
}

export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Numeral);

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// Up to the end of the line: what may stand between the quotation marks is left to JSON.parse.
const STRING = /"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y;
const WORDS = { true: true, false: false, null: null };
const DEEPEST = 400;

/** @throws JSONFault  @returns a value whose numbers are Numerals and whose objects have no prototype */
export function parse(text) {
  let at = 0;
  const space = () => { while (" \t\n\r".includes(text[at] || "x")) at += 1; };
  const fail = () => { throw new JSONFault(text, at); };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) fail();
    return found[0];
  };
  const string = () => {
    const token = match(STRING);
    let value;
    try { value = JSON.parse(token); } catch { fail(); }
    at += token.length;
    return value;
  };
  const expect = (mark) => { space(); if (text[at] !== mark) fail(); at += 1; };
  const members = (end, member) => {
    at += 1;
    space();
    if (text[at] === end) { at += 1; return; }
    for (;;) {
      member();
      space();
      if (text[at] === end) { at += 1; return; }
      expect(",");
    }
  };
  function value(depth) {
    if (depth > DEEPEST) fail();
    space();
    const first = text[at];
    if (first === "{") {
      const object = Object.create(null);
      members("}", () => { space(); const key = string(); expect(":"); object[key] = value(depth + 1); });
      return object;
    }
    if (first === "[") {
      const array = [];
      members("]", () => array.push(value(depth + 1)));
      return array;
    }
    if (first === '"') return string();
    for (const [word, meaning] of Object.entries(WORDS)) {
      if (text.startsWith(word, at)) { at += word.length; return meaning; }
    }
    const token = match(NUMBER);
    at += token.length;
    return new Numeral(token);
  }
  const result = value(0);
  space();
  if (at < text.length) fail();
  return result;
}

/** A value as text; `indent` spaces a level, or on one line. */
export function print(value, indent = 0, before = "") {
  if (value instanceof Numeral) return value.text;
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) return JSON.stringify(value);
  const inner = before + " ".repeat(indent);
  const colon = indent ? ": " : ":";
  const parts = isList
    ? value.map((one) => print(one, indent, inner))
    : Object.entries(value).map(([key, one]) => JSON.stringify(key) + colon + print(one, indent, inner));
  const [open, close] = isList ? "[]" : "{}";
  if (parts.length === 0) return open + close;
  return indent ? `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${before}${close}` : open + parts.join(",") + close;
}

/** Lays a text of JSON out in lines without reading its values, so that each stays as it came; other texts stay. */
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let line = "\n";
  const parts = [];
  tokens.forEach((token, number) => {
    if (token === "{" || token === "[") {
      const isEmpty = ["}", "]"].includes(tokens[number + 1]);
      if (!isEmpty) line += "  ";
      parts.push(token, isEmpty ? "" : line);
    } else if (token === "}" || token === "]") {
      const isEmpty = ["{", "["].includes(tokens[number - 1]);
      if (!isEmpty) line = line.slice(0, -2);
      parts.push(isEmpty ? "" : line, token);
    } else if (token === ",") parts.push(token, line);
    else if (token === ":") parts.push(": ");
    else parts.push(token);
  });
  return parts.join("");
}
