// Charts as SVG: bars that are stacked, or lines. A table with the same figures stands below for who cannot see them.
import { h, table } from "../lib/dom.js";
import { texts } from "../lib/text.js";

const t = texts({ en: { figures: "Show as a table" }, zh: { figures: "以表格显示" } });

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 56;
const BOTTOM = 24;
const TOP = 10;

/** The next round number: what the axis ends with. */
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.9999);
}

/**
 * @param title what is shown
 * @param points [{label, values: {name: number}}] in order
 * @param series [{name, title, kind: "bar"|"line", color: 1…4}]; bars are stacked in this order
 * @param format how a number is written
 */
export function chart(title, points, series, format) {
  const bars = series.filter((one) => one.kind === "bar");
  const lines = series.filter((one) => one.kind === "line");
  const top = ceiling(Math.max(0, ...points.map((point) => Math.max(
    bars.reduce((sum, one) => sum + (point.values[one.name] ?? 0), 0), ...lines.map((one) => point.values[one.name] ?? 0)))));
  const step = (WIDTH - LEFT) / Math.max(1, points.length);
  const x = (index) => LEFT + index * step;
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const svg = h("svg.chart", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const height = y(top * part);
    svg.append(h("line", { x1: LEFT, x2: WIDTH, y1: height, y2: height, class: "grid" }),
      h("text", { x: LEFT - 6, y: height + 4, "text-anchor": "end" }, format(top * part)));
  }
  const every = Math.max(1, Math.ceil(points.length / 8));
  points.forEach((point, index) => {
    if (index % every === 0) svg.append(h("text", { x: x(index) + step / 2, y: HEIGHT - 6, "text-anchor": "middle" }, point.label));
    let below = 0;
    for (const one of bars) {
      const value = point.values[one.name] ?? 0;
      if (value === 0) continue;
      const bar = h("rect", {
        x: x(index) + step * 0.12, width: step * 0.76, y: y(below + value), height: Math.max(1, y(below) - y(below + value)),
        class: `fill-${one.color}`,
      }, h("svgtitle", `${point.label} · ${one.title}: ${format(value)}`));
      svg.append(bar);
      below += value;
    }
  });
  for (const one of lines) {
    const known = points.map((point, index) => [x(index) + step / 2, point.values[one.name]]).filter(([, value]) => value !== undefined);
    svg.append(h("polyline", { points: known.map(([left, value]) => `${left},${y(value)}`).join(" "), class: `line-${one.color}` }));
    points.forEach((point, index) => {
      const value = point.values[one.name];
      if (value === undefined) return;
      svg.append(h("circle", { cx: x(index) + step / 2, cy: y(value), r: 3, class: `fill-${one.color}` },
        h("svgtitle", `${point.label} · ${one.title}: ${format(value)}`)));
    });
  }
  const figures = table([
    { title: "", cell: (point) => point.label },
    ...series.map((one) => ({
      title: one.title, kind: "number", cell: (point) => (point.values[one.name] === undefined ? "–" : format(point.values[one.name])),
    })),
  ]);
  figures.set(points);
  return h("figure.card", h("figcaption", h("h2", title), series.length > 1 && h("ul.legend", series.map((one) =>
    h("li", h("span.mark", { class: `mark-${one.color}` }), one.title)))), svg,
  h("details", h("summary.small", t("figures")), figures.element));
}
