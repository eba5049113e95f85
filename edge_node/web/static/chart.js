// Stacked bars and single bars, as SVG.

import { draw, make } from "./dom.js";
import { capital, number } from "./words.js";

export const TYPES = ["authorised", "restricted", "unknown"];
const [HEIGHT, LEFT, BOTTOM] = [230, 40, 22];
const LABEL_WIDTH = 80;

/** As wide as its place. bars: [{label, title, authorised, restricted, unknown}], in order; as many of the labels are shown as have room. */
export function stacked(place, bars, caption) {
  const across = Math.max(280, place.clientWidth);
  const sum = (bar) => TYPES.reduce((total, type) => total + bar[type], 0);
  const top = niceTop(Math.max(1, ...bars.map(sum)));
  const step = (across - LEFT) / bars.length;
  const width = Math.max(1, Math.min(36, step * 0.76));
  const y = (value) => (HEIGHT - BOTTOM) * (1 - value / top);
  const labelled = bars.filter((bar) => bar.label);
  const every = Math.ceil((labelled.length * LABEL_WIDTH) / across);
  const shown = new Set(labelled.filter((_, index) => index % every === 0));
  const marks = [];
  for (const share of [0, 0.5, 1]) {
    marks.push(draw("line", { x1: LEFT, x2: across, y1: y(top * share), y2: y(top * share) }));
    marks.push(draw("text", { x: LEFT - 8, y: y(top * share) + 4, "text-anchor": "end" }, number(top * share)));
  }
  bars.forEach((bar, index) => {
    const x = LEFT + step * (index + 0.5);
    let height = 0;
    const group = draw("g", {}, draw("title", {}, `${bar.title}: ${TYPES.map((type) => `${number(bar[type])} ${type}`).join(", ")}`));
    for (const type of TYPES) {
      if (!bar[type]) continue;
      group.append(draw("rect", { class: `bar-${type}`, x: x - width / 2, width, y: y(height + bar[type]), height: y(height) - y(height + bar[type]) }));
      height += bar[type];
    }
    marks.push(group);
    if (shown.has(bar)) marks.push(draw("text", { x, y: HEIGHT - 4, "text-anchor": "middle" }, bar.label));
  });
  return make("div", {}, draw("svg", { class: "chart", viewBox: `0 0 ${across} ${HEIGHT}`, role: "img", "aria-label": caption }, ...marks), asTable(bars, caption));
}

function asTable(bars, caption) {
  const head = make("tr", {}, ...["", ...TYPES.map(capital)].map((text) => make("th", { scope: "col" }, text)));
  const rows = bars.filter((bar) => TYPES.some((type) => bar[type]));
  const body = rows.map((bar) => make("tr", {}, make("th", { scope: "row" }, bar.title), ...TYPES.map((type) => make("td", {}, number(bar[type])))));
  return make("details", {}, make("summary", {}, "As a table"), make("div", {}, make("table", { "aria-label": caption }, make("thead", {}, head), make("tbody", {}, ...body))));
}

/** One measure for each: [[type, count]]. */
export function measures(counts) {
  const top = Math.max(1, ...counts.map(([, count]) => count));
  return counts.map(([type, count]) => {
    const bar = draw("rect", { class: `bar-${type}`, width: (100 * count) / top, height: 10, rx: 1 });
    const svg = draw("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" }, bar);
    return make("div", { class: "measure" }, make("span", {}, capital(type)), svg, make("span", { class: "number" }, number(count)));
  });
}

function niceTop(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const top = [1, 2, 4, 5, 10].find((step) => step * power >= value) * power;
  return Math.max(2, top);
}
