const SVG = "http://www.w3.org/2000/svg";

function make(name, properties, ...children) {
  const node = document.createElement(name);
  Object.assign(node, properties);
  node.append(...children);
  return node;
}

function draw(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const key of Object.keys(attributes)) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// The width of a text in a chart, in the larger of its two sizes, without the page being laid out.
const measure = document.createElement("canvas").getContext("2d");
measure.font = "13px system-ui, \"DejaVu Sans\", sans-serif";
function textWidth(text) { return measure.measureText(text).width; }

// A file for whoever reads the page.
function saveAs(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  make("a", { href: url, download: name }).click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Four digits, as many as a measurement is good for; whole from 1000 on.
function inWords(value) {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toPrecision(4);
}

// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least * (1 - 1e-9));
}

// Where a value stands along an axis, in units that are equally far apart, and which value stands there.
function along(axis, value) { return axis.log ? Math.log2(Math.max(value, Number.MIN_VALUE)) : value; }
function standing(axis, place) { return axis.log ? 2 ** place : place; }

// The powers of an axis's base between two places, or of a power of it where labels would touch; where less than two
// can be seen, round values.
function powers(axis, min, max, most) {
  let step = Math.log2(axis.step);
  while ((max - min) / step > most + 1e-9) step *= 2;
  const found = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i += 1) {
    const value = 2 ** (i * step);
    // By a base of ten the logarithm is rounded.
    found.push({ value: i * step, label: String(Number(value.toPrecision(12))) });
  }
  if (found.length > 1) return found;
  const [low, high] = [2 ** min, 2 ** max];
  return ticks(low, high, roundStep((high - low) / Math.min(8, most)))
    .filter((tick) => tick.value > 0).map((tick) => ({ value: Math.log2(tick.value), label: tick.label }));
}

// Every multiple of `step` between two values, each with as many decimals as tell them apart.
function ticks(min, max, step) {
  const decimals = Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9)));
  const found = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i += 1) {
    found.push({ value: i * step, label: (i * step).toFixed(decimals) });
  }
  return found;
}
