// Lists whose pages are addressed by number, read with "show more" or all at once.
import { get } from "../lib/api.js";
import { pages } from "../lib/dom.js";

/**
 * @param list a table of lib/dom.js  @param query more of the address, a function or an object
 * @param options items: the reply's field of them; id: the field that tells one from another; size: of a page
 */
export function numbered(list, path, query = {}, { items = "items", id = "id", size = 50 } = {}) {
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
  }, (rows) => {
    // What came on top since the last page was read has moved others on to this one.
    const shown = new Set(list.rows.map((row) => row[id]));
    list.add(rows.filter((row) => !shown.has(row[id])));
  });
}

/** All items of such a list, to choose one of them; of more than `most`, the first ones. */
export async function everything(path, query = {}, { size = 50, most = 5000 } = {}) {
  const all = [];
  for (let number = 1; ; number += 1) {
    const { items, total } = await get(path, { ...query, page_num: number, page_size: size });
    all.push(...items);
    if (items.length === 0 || all.length >= Math.min(total, most)) return all;
  }
}
