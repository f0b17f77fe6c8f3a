// Lists whose pages are addressed by number, read with "show more".
import { get } from "../lib/api.js";
import { pages } from "../lib/dom.js";

/** @param list a table of lib/dom.js  @param query more of the address, a function or an object */
export function numbered(list, path, query = {}, { items = "items", size = 50 } = {}) {
  let count = 0;
  return pages(list.element, async (number = 1) => {
    const found = await get(path, { ...(typeof query === "function" ? query() : query), page_num: number, page_size: size });
    if (number === 1) {
      list.set([]);
      count = 0;
    }
    count += found[items].length;
    const total = found.total ?? found.total_count;
    return { items: found[items], next: found[items].length > 0 && count < total ? number + 1 : undefined };
  }, (rows) => list.add(rows));
}
