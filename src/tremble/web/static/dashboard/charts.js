// Charts over uPlot, in the page's colours; and sparklines.

const SVG = "http://www.w3.org/2000/svg";
const dark = matchMedia("(prefers-color-scheme: dark)");
const all = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const font = "11px system-ui, sans-serif";

function times(_, at, __, ___, step) {
  const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (step < 60) parts.second = "2-digit";
  return at.map((t) => new Date(t * 1000).toLocaleTimeString([], parts));
}

function options(element, series, most, height) {
  const axis = { stroke: () => colour("faint"), grid: { stroke: () => colour("rule"), width: 1 }, ticks: { show: false }, font };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 22, 0, 0],
    cursor: { y: false, points: { size: 6 } },
    legend: { live: true },
    scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(most, (high || 0) * 1.15)] } },
    axes: [{ ...axis, size: 26, space: 70, values: times }, { ...axis, size: 40, space: 32 }],
    series: [
      { value: (_, at) => (at ? new Date(at * 1000).toLocaleTimeString([], { hourCycle: "h23" }) : "") },
      ...series.map((line) => ({
        label: line.label,
        stroke: () => colour(line.colour),
        width: line.width ?? 1.75,
        dash: line.dash,
        fill: line.fill ? () => `color-mix(in srgb, ${colour(line.colour)} 14%, transparent)` : undefined,
        points: { show: false },
        value: (_, value) => (value === null || value === undefined ? "–" : value.toFixed(line.places ?? 0)),
      })),
    ],
  };
}

/** Draw a chart into element; data is [[seconds...], [values...], ...]. Returns what shows new data. */
export function chart(element, series, { most = 1, height = 170 } = {}) {
  const plot = new uPlot(options(element, series, most, height), [[], ...series.map(() => [])], element);
  all.push(plot);
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height })).observe(element);
  return (data) => {
    plot.setData(data);
    // While nobody points at a moment the legend tells the last one.
    if (plot.cursor.idx == null && data[0].length) plot.setLegend({ idx: data[0].length - 1 });
  };
}

dark.addEventListener("change", () => all.forEach((plot) => plot.redraw(false, true)));

/** Show values as a line in an <svg viewBox="0 0 100 24">. */
export function spark(svg, values) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 1e-9);
  const step = 100 / Math.max(values.length - 1, 1);
  const points = values.map((value, i) => (value === null ? null : `${(i * step).toFixed(1)},${(22 - (20 * value) / most).toFixed(1)}`));
  let line = svg.querySelector("polyline");
  if (!line) {
    line = document.createElementNS(SVG, "polyline");
    svg.append(line);
  }
  line.setAttribute("points", points.filter(Boolean).join(" "));
}
