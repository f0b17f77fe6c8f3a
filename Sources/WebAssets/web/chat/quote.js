// What somebody says about a part of an answer: the part goes before their words, marked as Markdown marks quotations.

/** Characters of a quotation. */
const LONGEST = 1000;

/** What is selected in an element; if that is nothing, the whole text. */
export function quotation(element, text) {
  const selection = document.getSelection();
  const isInside = selection.rangeCount > 0 && !selection.isCollapsed
    && element.contains(selection.getRangeAt(0).commonAncestorContainer);
  const words = (isInside ? selection.toString() : text).trim().replace(/\n{3,}/g, "\n\n");
  return words.length > LONGEST ? `${words.slice(0, LONGEST).trimEnd()}…` : words;
}

/** A text with what it is about before it. */
export const withQuotation = (quotation, text) =>
  quotation === "" ? text : `${quotation.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n${text}`;

/** @returns [quotation, text]; the quotation is empty if the text begins with none */
export function withoutQuotation(text) {
  const lines = text.split("\n");
  const length = lines.findIndex((line) => !/^>( |$)/.test(line));
  if (length < 1) return ["", text];
  return [lines.slice(0, length).map((line) => line.replace(/^> ?/, "")).join("\n"), lines.slice(length).join("\n").trimStart()];
}
