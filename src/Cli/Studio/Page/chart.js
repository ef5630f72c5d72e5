import { s, figure } from "./dom.js";

const width = 560, height = 200, left = 56, right = 8, top = 8, bottom = 26, most = 500;

// Lines over steps; logarithmic where a figure spans decades. Of many points the least and the greatest of each stretch are drawn.
export function chart(label, series) {
  const points = series.flatMap(one => one.points).filter(([, y]) => Number.isFinite(y));
  if (points.length === 0) return null;
  const steps = points.map(([x]) => x), values = points.map(([, y]) => y);
  const x0 = Math.min(...extent(steps)), x1 = Math.max(...extent(steps), x0 + 1);
  let y0 = Math.min(...extent(values)), y1 = Math.max(...extent(values));
  const isLog = y0 > 0 && y1 > 20 * y0, scale = isLog ? Math.log10 : y => y;
  [y0, y1] = [scale(y0), scale(y1)];
  if (y1 - y0 < 1e-12) [y0, y1] = [y0 - 0.5, y1 + 0.5];
  const x = step => left + (step - x0) / (x1 - x0) * (width - left - right);
  const y = value => top + (1 - (scale(value) - y0) / (y1 - y0)) * (height - top - bottom);
  const marks = Array.from({ length: 4 }, (_, i) => y0 + (y1 - y0) * i / 3);
  return s("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": `${label}: ${series.map(one => `${one.name} ${figure(one.points.at(-1)?.[1])} at step ${one.points.at(-1)?.[0]}`).join(", ")}` },
    marks.map(mark => {
      const value = isLog ? 10 ** mark : mark, at = y(value);
      return [s("line", { x1: left, x2: width - right, y1: at, y2: at, class: "grid" }), s("text", { x: left - 6, y: at + 4, "text-anchor": "end", class: "tick" }, figure(value))];
    }),
    [x0, x1].map((step, i) => s("text", { x: x(step), y: height - 8, "text-anchor": i === 0 ? "start" : "end", class: "tick" }, String(step))),
    series.map((one, i) => s("path", { d: path(thin(one.points), x, y), class: `line series-${i % 6}` })),
    series.map((one, i) => s("text", { x: width - right - 4, y: top + 14 + 15 * i, "text-anchor": "end", class: `name series-${i % 6}` }, one.name)));
}

function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function thin(points) {
  const finite = points.filter(([, y]) => Number.isFinite(y)), stretch = Math.ceil(finite.length / most);
  if (stretch <= 1) return finite;
  const kept = [];
  for (let i = 0; i < finite.length; i += 2 * stretch) {
    const part = finite.slice(i, i + 2 * stretch);
    let low = part[0], high = part[0];
    for (const point of part) {
      if (point[1] < low[1]) low = point;
      if (point[1] > high[1]) high = point;
    }
    kept.push(...(low[0] < high[0] ? [low, high] : low[0] > high[0] ? [high, low] : [low]));
  }
  kept.push(finite.at(-1));
  return kept;
}

const path = (points, x, y) => points.map(([step, value], i) => `${i ? "L" : "M"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("");
