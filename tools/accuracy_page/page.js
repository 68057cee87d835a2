// Draws a comparison, a document of schema hwcost-accuracy/1: tiles, charts, tables. Whatever comes from the document
// reaches the page as text, never as markup.
"use strict";

const comparison = JSON.parse(document.getElementById("comparison").textContent);
const compared = comparison.layers.filter((layer) => layer.pairing === "compared");
const byKind = Map.groupBy
  ? Map.groupBy(compared, (layer) => layer.kind)
  : compared.reduce((kinds, layer) => kinds.set(layer.kind, [...(kinds.get(layer.kind) ?? []), layer]), new Map());
const kinds = [...byKind.keys()].sort();
const NEAR = 0.1;

// Colours that the colour-blind tell apart (M. Okabe, K. Ito), and shapes for whoever sees none.
const isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
const COLOURS = [isDark ? "#3d8fd6" : "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6d31", "#7f7f7f"];
const SHAPES = ["circle", "triangle", "rectRot", "rect", "star", "crossRot", "cross", "dash"];
const colourOf = (kind) => COLOURS[kinds.indexOf(kind) % COLOURS.length];
const shapeOf = (kind) => SHAPES[kinds.indexOf(kind) % SHAPES.length];
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// ---- numbers as text ----

const UNITS = { latency_seconds: "s", energy_joules: "J", latency_cycles: "cycles" };
const NAMES = { latency_seconds: "latency", energy_joules: "energy", latency_cycles: "cycles" };
const unit = UNITS[comparison.metric];

function withPrefix(value, of) {
  if (value === 0) return `0 ${of}`;
  const prefixes = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];
  const [factor, prefix] = prefixes.find(([least]) => Math.abs(value) >= least * 0.9999) ?? prefixes.at(-1);
  return `${Number((value / factor).toPrecision(4))} ${prefix}${of}`;
}
const figure = (value) =>
  value === null ? "" : unit === "cycles" ? Math.round(value).toLocaleString("en") : withPrefix(value, unit);
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const signed = (share) => (share < 0 ? "−" : "+") + percent(Math.abs(share));

// ---- elements ----

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function card(parent, title, note) {
  const made = parent.appendChild(element("div", undefined, "card"));
  made.append(element("h2", title));
  if (note) made.append(element("p", note, "note"));
  return made;
}

// Columns are {title, cell(row), text: left-aligned, long: wraps, far(row): to be marked}.
function table(columns, rows) {
  const made = element("table");
  const head = made.createTHead().insertRow();
  for (const column of columns) head.append(element("th", column.title, column.text || column.long ? "text" : ""));
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const column of columns) {
      const marks = [(column.text || column.long) && "text", column.long && "long", column.far?.(row) && "far"];
      line.append(element("td", column.cell(row), marks.filter(Boolean).join(" ")));
    }
  }
  const scroll = element("div", undefined, "scroll");
  scroll.append(made);
  return scroll;
}

// ---- charts ----

Chart.defaults.color = style("--faint");
Chart.defaults.borderColor = style("--line");
Chart.defaults.font.family = "system-ui, sans-serif";
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.animation = false;
Chart.defaults.plugins.legend.labels.usePointStyle = true;
Chart.defaults.plugins.legend.labels.boxHeight = 7;

function chart(title, note, config) {
  const box = card(document.getElementById("charts"), title, note).appendChild(element("div", undefined, "chart"));
  const canvas = box.appendChild(element("canvas"));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}. ${note}`);
  new Chart(canvas, config);
}

const isPowerOfTen = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-9;
const logarithmic = (title, of, bounds = {}) => ({
  type: "logarithmic",
  title: { display: true, text: title },
  ticks: {
    autoSkip: false,
    maxRotation: 0,
    callback: (value) => (isPowerOfTen(value) ? (of === "" ? value.toLocaleString("en") : withPrefix(value, of)) : null),
  },
  grid: { color: (line) => (isPowerOfTen(line.tick?.value ?? 1) ? style("--line") : "transparent") },
  ...bounds,
});
const linear = (title, tick, bounds = {}) => ({
  type: "linear",
  title: { display: true, text: title },
  ticks: { callback: tick, maxRotation: 0 },
  ...bounds,
});

function line(label, points, options = {}) {
  return {
    type: "line",
    label,
    data: points,
    borderColor: style("--ink"),
    borderWidth: 1.2,
    pointRadius: 0,
    pointHitRadius: 0,
    pointStyle: "line",
    ...options,
  };
}

// A point a compared layer for which `at` gives one, in the colour and shape of its kind.
function clouds(at) {
  const radius = compared.length > 400 ? 2 : 3.5;
  return kinds.map((kind) => ({
    type: "scatter",
    label: kind,
    data: byKind.get(kind).map((layer) => ({ ...at(layer), layer })).filter((point) => Number.isFinite(point.x + point.y)),
    pointStyle: shapeOf(kind),
    pointRadius: radius,
    pointHoverRadius: radius + 2,
    backgroundColor: colourOf(kind) + "99",
    borderColor: colourOf(kind),
    borderWidth: 0.8,
  }));
}

const layerTooltip = {
  callbacks: {
    title: (items) => items.map((item) => item.raw.layer?.name ?? "").join(", "),
    label: ({ raw, dataset }) =>
      raw.layer
        ? [`${raw.layer.kind}: predicted ${figure(raw.layer.predicted)}`,
           `measured ${figure(raw.layer.measured)}, error ${signed(raw.layer.error)}`]
        : dataset.label,
  },
};

const options = (x, y, more = {}) => ({
  scales: { x, y },
  plugins: { tooltip: layerTooltip, legend: { position: "bottom" }, ...more },
});

function ends(values) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  return [10 ** (Math.log10(least) - 0.1), 10 ** (Math.log10(most) + 0.1)];
}

function predictedAgainstMeasured() {
  const [low, high] = ends(compared.flatMap((layer) => [layer.measured, layer.predicted]).filter((value) => value > 0));
  const band = (share) => [low, high].map((value) => ({ x: value, y: value * (1 + share) }));
  const faint = { borderColor: style("--faint"), borderDash: [5, 4] };
  chart("Predicted against measured", "On the line a prediction is right; the band is ±10 %. Every layer is a point.", {
    data: {
      datasets: [
        ...clouds((layer) => ({ x: layer.measured, y: layer.predicted > 0 ? layer.predicted : NaN })),
        line("right", band(0)),
        line("±10 %", band(NEAR), { ...faint, fill: "+1", backgroundColor: style("--faint") + "22" }),
        line("−10 %", band(-NEAR), faint),
      ],
    },
    options: options(
      logarithmic(`measured ${NAMES[comparison.metric]}`, unit, { min: low, max: high }),
      logarithmic(`predicted ${NAMES[comparison.metric]}`, unit, { min: low, max: high }),
      { legend: { position: "bottom", labels: { filter: (item) => item.text !== "−10 %" } } },
    ),
  });
}

const quantile = (ascending, share) => {
  const place = share * (ascending.length - 1);
  const below = ascending[Math.floor(place)];
  return below + (ascending[Math.ceil(place)] - below) * (place - Math.floor(place));
};
const ascending = (values) => values.toSorted?.((a, b) => a - b) ?? [...values].sort((a, b) => a - b);

// Errors beyond these bounds would leave no room for the others.
function errorBounds() {
  const sizes = ascending(compared.map((layer) => Math.abs(layer.error)));
  return Math.max(0.15, Math.ceil(20 * 1.1 * quantile(sizes, 0.98)) / 20);
}

function residualsByKind() {
  const most = errorBounds();
  const cut = (error) => Math.max(-most, Math.min(most, error));
  const spread = (i) => 0.28 * Math.sin(12.9898 * (i + 1) * (i + 7));  // so that points of one kind do not hide each other
  const rows = kinds.map((kind) => ascending(byKind.get(kind).map((layer) => layer.error)));
  const bars = (from, to, width) =>
    rows.map((errors, row) =>
      line("", [{ x: cut(quantile(errors, from)), y: row }, { x: cut(quantile(errors, to)), y: row }],
           { borderWidth: width, borderColor: style("--ink"), borderCapStyle: "butt" }));
  const medians = {
    type: "scatter",
    label: "median",
    data: rows.map((errors, row) => ({ x: cut(quantile(errors, 0.5)), y: row })),
    pointStyle: "rectRot",
    pointRadius: 6,
    backgroundColor: style("--card"),
    borderColor: style("--ink"),
    borderWidth: 2,
  };
  const points = clouds(() => ({ x: 0, y: 0 })).map((cloud, row) => ({
    ...cloud,
    data: cloud.data.map(({ layer }, i) => ({ x: cut(layer.error), y: row + spread(i), layer })),
  }));
  const rule = (at, dash) =>
    line("", [{ x: at, y: -0.6 }, { x: at, y: kinds.length - 0.4 }], { borderColor: style("--faint"), borderDash: dash });
  chart("Errors by kind of layer",
        "Right of 0 predictions are too high. Thick: half of the layers, thin: 80 %, diamond: the median. Beyond the edges counts as on them.", {
    data: {
      datasets: [medians, ...bars(0.25, 0.75, 5), ...bars(0.1, 0.9, 1.5),
                 rule(0, []), rule(NEAR, [5, 4]), rule(-NEAR, [5, 4]), ...points],
    },
    options: options(
      linear("error of the prediction", (value) => `${Math.round(100 * value)} %`, { min: -most, max: most }),
      linear("", (row) => (Number.isInteger(row) ? `${kinds[row] ?? ""}` : null),
             {
               min: -0.6,
               max: kinds.length - 0.4,
               reverse: true,
               grid: { display: false },
               title: { display: false },
               afterBuildTicks: (axis) => {
                 axis.ticks = kinds.map((_, value) => ({ value }));
               },
             }),
      { legend: { display: false } },
    ),
  });
}

function shareOfLayersByError() {
  const most = errorBounds();
  const curve = (layers) => {
    const sizes = ascending(layers.map((layer) => Math.abs(layer.error)));
    const steps = sizes.map((size, i) => ({ x: size, y: (i + 1) / sizes.length })).filter((point) => point.x <= most);
    const last = steps.at(-1)?.y ?? 0;
    return [{ x: 0, y: 0 }, ...steps, { x: most, y: last }];
  };
  chart("How many layers are how far off", "Share of the layers whose error is at most that large, over- and underestimates alike.", {
    data: {
      datasets: [
        line("all", curve(compared), { borderWidth: 3, stepped: "before" }),
        ...(kinds.length > 1 ? kinds : []).map((kind) =>
          line(kind, curve(byKind.get(kind)), { borderColor: colourOf(kind), borderWidth: 1.5, stepped: "before" })),
        line("10 %", [{ x: NEAR, y: 0 }, { x: NEAR, y: 1 }], { borderColor: style("--faint"), borderDash: [5, 4] }),
      ],
    },
    options: options(
      linear("error without its sign", (value) => `${Math.round(100 * value)} %`, { min: 0, max: most }),
      linear("share of layers", (value) => `${Math.round(100 * value)} %`, { min: 0, max: 1 }),
    ),
  });
}

function errorsBySize() {
  const most = errorBounds();
  const cut = (error) => Math.max(-most, Math.min(most, error));
  const [low, high] = ends(compared.map((layer) => layer.measured));
  const rule = (at, dash) =>
    line("", [{ x: low, y: at }, { x: high, y: at }], { borderColor: style("--faint"), borderDash: dash });
  chart("Errors by size of layer", "Above 0 predictions are too high. Beyond the edges counts as on them.", {
    data: {
      datasets: [...clouds((layer) => ({ x: layer.measured, y: cut(layer.error) })),
                 rule(0, []), rule(NEAR, [5, 4]), rule(-NEAR, [5, 4])],
    },
    options: options(
      logarithmic(`measured ${NAMES[comparison.metric]}`, unit, { min: low, max: high }),
      linear("error of the prediction", (value) => `${Math.round(100 * value)} %`, { min: -most, max: most }),
      { legend: { position: "bottom", labels: { filter: (item) => item.text !== "" } } },
    ),
  });
}

// Rates that were measured over MACs a byte that the machine says it moves.
function roofline() {
  if (unit === "J") return;
  const layers = compared.filter((layer) => layer.traffic_bytes > 0 && layer.macs > 0);
  if (layers.length === 0) return;
  const intensity = (layer) => layer.macs / layer.traffic_bytes;
  const rate = (layer) => layer.macs / layer.measured;
  const [low, high] = ends(layers.map(intensity));
  const peak = Math.max(...layers.map(rate));
  const bandwidth = Math.max(...layers.map((layer) => layer.traffic_bytes / layer.measured));
  const ridge = Math.min(Math.max(peak / bandwidth, low), high);
  const of = unit === "s" ? "MAC/s" : "MAC/cycle";
  chart("Roofline", "Measured rates; the roof is the highest rate and the highest bandwidth among them.", {
    data: {
      datasets: [
        ...clouds((layer) => ({ x: layers.includes(layer) ? intensity(layer) : NaN, y: rate(layer) })),
        line("roof", [low, ridge, high].map((x) => ({ x, y: Math.min(peak, bandwidth * x) }))),
      ],
    },
    options: options(logarithmic("MAC per byte moved", "", { min: low, max: high }), logarithmic("measured rate", of)),
  });
}

function learningCurve() {
  const curves = comparison.learning_curves ?? [];
  if (curves.length === 0) return;
  chart("Learning curve", "Median error of layers that a fit had not seen, by the number of layers that it had.", {
    data: {
      datasets: curves.map((curve, i) =>
        line(curve.name, curve.points.map((point) => ({ x: point.layers, y: point.median_error })),
             { borderColor: COLOURS[i], backgroundColor: COLOURS[i], borderWidth: 2, pointRadius: 4, pointStyle: SHAPES[i] })),
    },
    options: {
      scales: {
        x: {
          ...logarithmic("layers measured", ""),
          ticks: { callback: (value) => value.toLocaleString("en") },
          afterBuildTicks: (axis) => {
            const sizes = new Set(curves.flatMap((curve) => curve.points.map((point) => point.layers)));
            axis.ticks = [...sizes].map((value) => ({ value }));
          },
        },
        y: linear("median error", (value) => percent(value), { beginAtZero: true }),
      },
      plugins: { legend: { position: "bottom" }, tooltip: { callbacks: { label: ({ raw }) => `${raw.x} layers: ${percent(raw.y)}` } } },
    },
  });
}

// ---- the page ----

function heading() {
  const title = `${comparison.model} on ${comparison.hardware.name}`;
  document.title = title;
  document.getElementById("title").textContent = title;
  document.getElementById("subtitle").textContent =
    `${NAMES[comparison.metric]} against ${comparison.against} · backend ${comparison.hardware.backend}, ` +
    `${comparison.hardware.file}, SHA-256 ${comparison.hardware.sha256.slice(0, 12)}`;
  const list = document.getElementById("assumptions");
  for (const assumption of comparison.assumptions) list.append(element("li", assumption));
}

function tiles() {
  const { errors, total, pairings } = comparison;
  const whole = comparison.networks.filter((network) => network.layers_left_out === 0);
  const near = whole.filter((network) => Math.abs(network.error) <= NEAR);
  const figures = [
    [pairings.compared.toLocaleString("en"), "layers compared"],
    [total.layers_left_out.toLocaleString("en"), "left out"],
    [percent(errors.median_error), "median error"],
    [percent(errors.p90_error), "error of nine in ten"],
    [percent(errors.within_10_percent), "within 10 %"],
    [signed(errors.bias), "bias"],
    [comparison.kendall_tau.toFixed(3), "Kendall's tau"],
    [signed(total.error), "error of the sum"],
    ...(comparison.in_intervals === null ? [] : [[percent(comparison.in_intervals), "within their intervals"]]),
    ...(whole.length > 0 ? [[`${near.length} of ${whole.length}`, "networks within 10 %"]] : []),
  ];
  for (const [value, name] of figures) {
    const tile = document.getElementById("tiles").appendChild(element("div", undefined, "tile"));
    tile.append(element("b", value), element("span", name));
  }
}

const isFar = (error) => Math.abs(error) > NEAR;
const errorColumn = { title: "error", cell: (row) => (row.error === undefined ? "" : signed(row.error)), far: (row) => isFar(row.error) };
const sumColumns = [
  { title: "network", text: true, cell: (sum) => sum.name },
  { title: "layers", cell: (sum) => `${sum.layers}` },
  { title: "left out", cell: (sum) => (sum.layers_left_out > 0 ? `${sum.layers_left_out}` : "") },
  { title: "predicted", cell: (sum) => figure(sum.predicted) },
  { title: "measured", cell: (sum) => figure(sum.measured) },
  errorColumn,
];
const kindColumns = [
  { title: "kind", text: true, cell: (row) => row.kind },
  { title: "layers", cell: (row) => `${row.layers}` },
  { title: "median", cell: (row) => percent(row.median_error) },
  { title: "mean", cell: (row) => percent(row.mean_error) },
  { title: "nine in ten", cell: (row) => percent(row.p90_error) },
  { title: "largest", cell: (row) => percent(row.largest_error) },
  { title: "within 10 %", cell: (row) => percent(row.within_10_percent) },
  { title: "bias", cell: (row) => signed(row.bias) },
];
const why = ({ causes, remark }) =>
  [causes && `${percent(causes.compute)} compute, ${percent(causes.exposed_memory)} memory, ${percent(causes.overhead)} overhead`, remark]
    .filter(Boolean).join("; ");
const layerColumns = [
  { title: "layer", text: true, cell: (layer) => layer.name },
  { title: "kind", text: true, cell: (layer) => layer.kind },
  { title: "predicted", cell: (layer) => figure(layer.predicted) },
  { title: "measured", cell: (layer) => figure(layer.measured) },
  errorColumn,
  { title: "what the price is made of", long: true, cell: why },
];

function folded(parent, title, content) {
  const details = parent.appendChild(element("div", undefined, "card")).appendChild(element("details"));
  details.append(element("summary", title));
  details.addEventListener("toggle", () => details.childElementCount === 1 && details.append(content()));
}

function tables() {
  const parent = document.getElementById("tables");
  card(parent, "Errors by kind of layer").append(table(kindColumns, [...comparison.errors_by_kind, comparison.errors]));
  const worst = [...compared].sort((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, 10);
  card(parent, `The worst ${worst.length} of ${compared.length} layers`)
    .append(table([...layerColumns, { title: "measurement", text: true, cell: (layer) => layer.origin }], worst));
  const leftOut = comparison.layers.filter((layer) => !["compared", "free"].includes(layer.pairing));
  if (leftOut.length > 0) {
    card(parent, "Left out", "These layers are in no error and in no sum.").append(table([
      { title: "layer", text: true, cell: (layer) => layer.name },
      { title: "operator", text: true, cell: (layer) => layer.op },
      { title: "which is", text: true, cell: (layer) => layer.pairing },
      { title: "why", long: true, cell: (layer) => layer.remark },
    ], leftOut));
  }
  if (comparison.networks.length > 0)
    folded(parent, `Sums of ${comparison.networks.length} networks`, () => table(sumColumns, comparison.networks));
  folded(parent, `All ${compared.length} compared layers`, () => table(layerColumns, compared));
}

heading();
tiles();
predictedAgainstMeasured();
residualsByKind();
shareOfLayersByError();
errorsBySize();
roofline();
learningCurve();
tables();
