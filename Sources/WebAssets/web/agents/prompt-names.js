// The names that a prompt takes values from: prompts are templates with Jinja2's marks.

const WORDS = new Set([
  "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop",
]);

/** The names in an expression, without attributes, filters, tests and texts in quotation marks. */
function namesIn(expression) {
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, " 0 ").replace(/\|\s*[\p{L}\p{N}_]+/gu, " ")
    .replace(/\bis\s+(not\s+)?[\p{L}\p{N}_]+/gu, " ").replace(/\.\s*[\p{L}\p{N}_]+/gu, " ");
  return (bare.match(/[\p{L}\p{N}_]+/gu) ?? []).filter((word) => !/^\p{Nd}/u.test(word) && !WORDS.has(word));
}

/** The names that a prompt needs values for, each once, in their order. */
export function promptNames(prompt) {
  const text = prompt.replace(/\{#[^]*?#\}/g, "")
    .replace(/\{%[-+]?\s*raw\s*[-+]?%\}[^]*?\{%[-+]?\s*endraw\s*[-+]?%\}/g, "");
  const found = new Set();
  const own = new Set();
  for (const [, output, statement] of text.matchAll(/\{\{([^]*?)\}\}|\{%([^]*?)%\}/g)) {
    if (output !== undefined) {
      namesIn(output.replace(/^[-+]|[-+]$/g, "")).forEach((name) => found.add(name));
      continue;
    }
    const [, word = "", rest = ""] = /^[-+]?\s*(\w+)([^]*?)[-+]?$/.exec(statement) ?? [];
    const binding = { for: /^([^]*?)\sin\s([^]*)$/, set: /^([^=]*)=([^]*)$/ }[word];
    const [, bound = "", taken = ""] = binding?.exec(rest) ?? [];
    namesIn(bound).forEach((name) => own.add(name));
    namesIn(["for", "set"].includes(word) ? taken : ["if", "elif"].includes(word) ? rest : "")
      .forEach((name) => found.add(name));
  }
  return [...found].filter((name) => !own.has(name));
}
