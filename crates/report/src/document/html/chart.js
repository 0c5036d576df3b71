// A chart that tells its values, drawn from the same numbers as the still picture it takes the place of.
class LiveChart {
  constructor(host, data, title) {
    this.host = host;
    this.data = data;
    // What can be seen, in places along the axes.
    const [x, y] = [data.x, data.y];
    this.whole = { x0: along(x, x.min), x1: along(x, x.max), y0: along(y, y.min), y1: along(y, y.max) };
    this.view = { ...this.whole };
    this.off = new Set();
    this.here = null;
    this.clip = `clip-${host.dataset.chart}`;
    this.svg = draw("svg", {
      tabindex: "0", role: "application", "aria-roledescription": "chart", "aria-label": title,
    });
    this.tip = make("div", { className: "tip", hidden: true });
    this.tip.setAttribute("aria-hidden", "true");
    this.said = make("p", { className: "unseen" });
    this.said.setAttribute("aria-live", "polite");
    const hint = make("p", {
      className: "hint", id: `hint-${host.dataset.chart}`,
      textContent: "Point at a line, or tap it, for its values; or use the arrow keys in the chart: left and right along "
        + "a line, up and down between lines. Drag to zoom, sideways for a range of sizes, or + and −; 0 shows all.",
    });
    this.svg.setAttribute("aria-describedby", hint.id);
    host.append(this.lineButtons(), this.svg, this.tip, this.zoomButtons(), hint, this.said);
    this.listen();
    new ResizeObserver(() => { if (host.clientWidth !== this.width) this.redraw(); }).observe(host);
    this.redraw();
  }

  lineButtons() {
    const bar = make("div", { className: "bar" });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Lines");
    const button = (tag, colour, dash) => {
      const swatch = draw("svg", { class: "swatch", viewBox: "0 0 28 10", "aria-hidden": "true" });
      draw("line", { x1: 0, x2: 28, y1: 5, y2: 5, stroke: colour, "stroke-width": 4, "stroke-dasharray": dash }, swatch);
      const node = make("button", { type: "button" }, swatch, tag);
      node.setAttribute("aria-pressed", "true");
      node.addEventListener("click", () => {
        if (!this.off.delete(tag)) this.off.add(tag);
        node.setAttribute("aria-pressed", String(!this.off.has(tag)));
        if (this.here && !this.shown(this.here.t)) this.leave();
        this.redraw();
      });
      for (const event of ["pointerenter", "focus"]) node.addEventListener(event, () => this.stress(tag));
      for (const event of ["pointerleave", "blur"]) node.addEventListener(event, () => this.stress(null));
      bar.append(node);
    };
    // First each line in its colour, then, where there are several, each card in its style.
    const seen = new Set();
    for (const place of [0, 1]) {
      for (const trace of this.data.traces) {
        const tag = trace.tags[place];
        if (tag === undefined || seen.has(tag)) continue;
        seen.add(tag);
        if (place === 0) button(tag, trace.colour, "");
        else button(tag, "currentColor", trace.dash);
      }
    }
    return bar;
  }

  shown(t) { return this.data.traces[t].tags.every((tag) => !this.off.has(tag)); }

  zoomButtons() {
    const bar = make("div", { className: "bar" });
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Zoom");
    const button = (text, act) => {
      const node = make("button", { type: "button", textContent: text });
      node.addEventListener("click", act);
      bar.append(node);
      return node;
    };
    button("Zoom in", () => this.zoom(0.5));
    this.out = button("Zoom out", () => this.zoom(2));
    this.all = button("Show all", () => this.show(this.whole));
    bar.append(saveButton(this.host.closest("figure")));
    return bar;
  }

  // Pixels of a value, and of a place along its axis; and the place of a pixel.
  px(x) { return this.pxOf(along(this.data.x, x)); }
  py(y) { return this.pyOf(along(this.data.y, y)); }
  pxOf(x) { return this.box.left + (x - this.view.x0) / (this.view.x1 - this.view.x0) * this.box.width; }
  pyOf(y) { return this.box.top + (this.view.y1 - y) / (this.view.y1 - this.view.y0) * this.box.height; }
  x(px) { return this.view.x0 + (px - this.box.left) / this.box.width * (this.view.x1 - this.view.x0); }
  y(py) { return this.view.y1 - (py - this.box.top) / this.box.height * (this.view.y1 - this.view.y0); }

  inView(x, y) {
    const v = this.view, at = along(this.data.y, y);
    return this.isAcross(x) && v.y0 <= at && at <= v.y1;
  }

  // Whether it is between the left end and the right.
  isAcross(x) {
    const at = along(this.data.x, x);
    return this.view.x0 <= at && at <= this.view.x1;
  }

  // The published ticks while all is shown; else, and where labels would touch, round ones.
  ticksOf(axis, min, max, room, each) {
    const most = Math.max(1, Math.floor(room / each));
    if (axis.log) return powers(axis, min, max, most);
    let step = axis.step;
    if (min !== axis.min || max !== axis.max) step = roundStep((max - min) / Math.min(8, most));
    while ((max - min) / step > most + 1e-9) step *= 2;
    return ticks(min, max, step);
  }

  redraw() {
    const width = this.host.clientWidth;
    if (!width) return;
    this.width = width;
    const height = Math.round(Math.max(280, Math.min(520, width * 0.58)));
    const v = this.view;
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    // The label of the vertical axis stands above it, where the longest has room on the smallest screen.
    const above = this.heading(this.data.y.label, width);
    this.box = { left: 50, top: above, width: width - 50 - this.endRoom(width), height: height - above - 48 };
    const { left, top, width: w, height: h } = this.box;
    const clip = draw("clipPath", { id: this.clip }, this.svg);
    draw("rect", { x: left, y: top, width: w, height: h }, clip);
    for (const tick of this.ticksOf(this.data.x, v.x0, v.x1, w, 56)) {
      const x = this.pxOf(tick.value);
      draw("line", { class: "grid", x1: x, x2: x, y1: top, y2: top + h }, this.svg);
      draw("text", { class: "tick x", x, y: top + h + 17, "text-anchor": "middle" }, this.svg, tick.label);
    }
    for (const tick of this.ticksOf(this.data.y, v.y0, v.y1, h, 34)) {
      const y = this.pyOf(tick.value);
      draw("line", { class: "grid", x1: left, x2: left + w, y1: y, y2: y }, this.svg);
      draw("text", { class: "tick y", x: left - 6, y: y + 4, "text-anchor": "end" }, this.svg, tick.label);
    }
    const lines = draw("g", { "clip-path": `url(#${this.clip})` }, this.svg);
    this.lines = this.data.traces.map((trace, t) => {
      if (!this.shown(t)) return null;
      if (trace.band) this.band(trace, lines);
      const d = trace.x.map((x, i) => `${i ? "L" : "M"}${this.px(x).toFixed(1)} ${this.py(trace.y[i]).toFixed(1)}`);
      return draw("path", { class: trace.tags.length ? "line" : "guide", "data-label": trace.tags.join(", "), stroke: trace.colour,
        "stroke-dasharray": trace.dash, d: d.join("") }, lines);
    });
    this.data.traces.forEach((trace, t) => { if (this.shown(t) && trace.tags.length) this.points(trace); });
    this.labelEnds();
    draw("rect", { class: "frame", x: left, y: top, width: w, height: h }, this.svg);
    draw("text", { class: "label", x: left + w / 2, y: height - 8, "text-anchor": "middle" }, this.svg, this.data.x.label);
    this.marks = draw("g", { "pointer-events": "none" }, this.svg);
    const whole = Object.keys(v).every((key) => v[key] === this.whole[key]);
    this.out.disabled = whole;
    this.all.disabled = whole;
    this.mark();
  }

  // A label in as many lines as it takes; how far down they reach.
  heading(text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && textWidth(longer) > width - 8) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    lines.forEach((line, i) => draw("text", { class: "label y", x: 4, y: 14 + 16 * i }, this.svg, line));
    return 14 + 16 * lines.length;
  }

  // The word that a line's end is labelled by; of a long one its start.
  endText(trace) {
    const word = trace.tags[0].split(" ").pop();
    return word.length > 12 ? `${word.slice(0, 11)}…` : word;
  }

  // Beside the axes, for the longest of those words.
  endRoom(width) {
    const lines = this.data.traces.filter((trace) => trace.tags.length);
    const rooms = lines.map((trace) => textWidth(this.endText(trace)));
    // Half of the last tick's label is beside the axes, too.
    return Math.min(width / 3, Math.max(28, ...rooms.map((room) => room + 10)));
  }

  // A dot on each point that no line can be seen through: alone, or far from its neighbours; a hollow one on what is
  // noisy; a thin line to a ring for the other speed of a point that has two; a triangle at the frame for what is beyond
  // an end that was asked for.
  points(trace) {
    const noisy = new Set(trace.noisy);
    for (const [i, y] of trace.second || []) {
      const x = trace.x[i], px = this.px(x);
      if (!this.isAcross(x)) continue;
      draw("line", { class: "stem", "clip-path": `url(#${this.clip})`, x1: px, x2: px, y1: this.py(trace.y[i]),
        y2: this.py(y), stroke: trace.colour }, this.svg);
      if (this.inView(x, y)) draw("circle", { class: "ring", cx: px, cy: this.py(y), r: 2.5, stroke: trace.colour }, this.svg);
    }
    const seen = trace.x.map((x, i) => i).filter((i) => this.inView(trace.x[i], trace.y[i]));
    const far = seen.length && this.box.width / seen.length >= 40;
    for (const i of seen) {
      const place = { cx: this.px(trace.x[i]), cy: this.py(trace.y[i]) };
      if (noisy.has(i)) draw("circle", { class: "point noisy", ...place, r: 3, stroke: trace.colour }, this.svg);
      else if (far) draw("circle", { class: "point", ...place, r: 3, fill: trace.colour }, this.svg);
    }
    const { left, top, width } = this.box;
    trace.x.forEach((x, i) => {
      if (trace.y[i] <= this.data.y.max || !this.isAcross(x)) return;
      const px = Math.max(left + 4, Math.min(left + width - 4, this.px(x)));
      draw("path", { class: "cut", fill: trace.colour, d: `M${px} ${top + 1}l4 7h-8z` }, this.svg);
    });
  }

  // The last word of each line's label at its right end, so that no colour need be told.
  labelEnds() {
    const ends = [];
    this.data.traces.forEach((trace, t) => {
      if (!this.shown(t) || !trace.tags.length) return;
      let last = -1;
      trace.x.forEach((x, i) => { if (this.inView(x, trace.y[i])) last = i; });
      const text = this.endText(trace);
      // Of several cards the first one's end stands for the line.
      if (last >= 0 && !ends.some((end) => end.text === text)) ends.push({ y: this.py(trace.y[last]), text });
    });
    // From the bottom up, each above the one before; then, where they leave the top, down again.
    ends.sort((a, b) => b.y - a.y);
    const apart = 13;
    ends.forEach((end, i) => { if (i) end.y = Math.min(end.y, ends[i - 1].y - apart); });
    let least = this.box.top;
    for (const end of [...ends].reverse()) {
      end.y = Math.max(end.y, least);
      least = end.y + apart;
    }
    for (const end of ends) {
      draw("text", { class: "end", x: this.box.left + this.box.width + 5, y: end.y + 4 }, this.svg, end.text);
    }
  }

  stress(tag) {
    this.svg.classList.toggle("focus", tag !== null && !this.off.has(tag));
    this.lines.forEach((line, t) => line && line.classList.toggle("on", this.data.traces[t].tags.includes(tag)));
  }

  // The intervals of a line, piece by piece where some are not known.
  band(trace, parent) {
    let piece = [];
    const close = () => {
      const place = (ends) => ([x, y]) => `${this.px(x).toFixed(1)} ${this.py(y[ends]).toFixed(1)}`;
      if (piece.length > 1) {
        const outline = piece.map(place(0)).concat([...piece].reverse().map(place(1)));
        draw("path", { class: "interval", fill: trace.colour, d: `M${outline.join("L")}Z` }, parent);
      }
      piece = [];
    };
    trace.band.forEach((ends, i) => { if (ends) piece.push([trace.x[i], ends]); else close(); });
    close();
  }

  listen() {
    const at = (event) => {
      const box = this.svg.getBoundingClientRect();
      return { px: event.clientX - box.left, py: event.clientY - box.top };
    };
    const inside = ({ px, py }) => ({
      px: Math.max(this.box.left, Math.min(this.box.left + this.box.width, px)),
      py: Math.max(this.box.top, Math.min(this.box.top + this.box.height, py)),
    });
    const isTouch = (event) => event.pointerType === "touch";
    this.svg.addEventListener("pointermove", (event) => {
      if (!this.from) return isTouch(event) ? undefined : this.hover(at(event));
      return this.select(this.span(this.from, inside(at(event)), isTouch(event)));
    });
    // A finger leaves with every tap; what it asked for stays to be read.
    this.svg.addEventListener("pointerleave", (event) => { if (!this.from && !isTouch(event)) this.leave(); });
    this.svg.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      this.from = inside(at(event));
      this.svg.setPointerCapture(event.pointerId);
    });
    this.svg.addEventListener("pointerup", (event) => {
      if (!this.from) return;
      const span = this.span(this.from, inside(at(event)), isTouch(event));
      this.from = null;
      this.mark();
      if (!span) return this.hover(at(event));
      const [x0, x1] = [this.x(span.left), this.x(span.right)], [y0, y1] = [this.y(span.bottom), this.y(span.top)];
      return this.show({ x0, x1, y0, y1 });
    });
    // The browser took the finger to scroll by.
    this.svg.addEventListener("pointercancel", () => { this.from = null; this.mark(); });
    this.svg.addEventListener("dblclick", () => this.show(this.whole));
    this.svg.addEventListener("blur", () => this.leave());
    this.svg.addEventListener("keydown", (event) => {
      const acts = {
        ArrowRight: () => this.along(1), ArrowLeft: () => this.along(-1), Home: () => this.along(-Infinity),
        End: () => this.along(Infinity), ArrowUp: () => this.across(1), ArrowDown: () => this.across(-1),
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
        0: () => this.show(this.whole), Escape: () => this.leave(),
      };
      if (!Object.hasOwn(acts, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      acts[event.key]();
    });
  }

  // Every point that can be seen, as {t, i}.
  visible() {
    const found = [];
    this.data.traces.forEach((trace, t) => {
      if (!this.shown(t) || !trace.tags.length) return;
      trace.x.forEach((x, i) => { if (this.inView(x, trace.y[i])) found.push({ t, i }); });
    });
    return found;
  }

  hover({ px, py }) {
    let nearest = null, least = 60 ** 2;
    for (const point of this.visible()) {
      const trace = this.data.traces[point.t];
      const far = (this.px(trace.x[point.i]) - px) ** 2 + (this.py(trace.y[point.i]) - py) ** 2;
      if (far < least) { least = far; nearest = point; }
    }
    this.here = nearest;
    this.mark();
  }

  leave() {
    this.here = null;
    this.mark();
  }

  go(point) {
    if (!point) return;
    this.here = point;
    this.mark();
    this.said.textContent = this.words().join(", ");
  }

  along(by) {
    const points = this.visible();
    if (!this.here) return this.go(points[0]);
    const line = points.filter((point) => point.t === this.here.t);
    const now = line.findIndex((point) => point.i === this.here.i);
    return this.go(line[Math.max(0, Math.min(line.length - 1, now + by))]);
  }

  // The point nearest along x on the line that is next above or below.
  across(by) {
    const points = this.visible();
    if (!this.here) return this.go(points[0]);
    const traces = this.data.traces, x = this.px(traces[this.here.t].x[this.here.i]);
    const nearest = new Map();
    for (const point of points) {
      const far = Math.abs(this.px(traces[point.t].x[point.i]) - x), known = nearest.get(point.t);
      if (!known || far < known.far) nearest.set(point.t, { far, point, y: traces[point.t].y[point.i] });
    }
    const order = [...nearest.values()].sort((a, b) => a.y - b.y || a.point.t - b.point.t);
    const now = order.findIndex((entry) => entry.point.t === this.here.t);
    const next = order[now + by];
    return this.go(next && next.point);
  }

  words() {
    const trace = this.data.traces[this.here.t], i = this.here.i;
    const size = `${this.data.x.label.toLowerCase()} ${trace.x[i]}`;
    const ends = trace.band && trace.band[i];
    return [trace.tags.join(", "), size, `${inWords(trace.y[i])} ${this.data.unit}`]
      .concat(ends ? `95 % interval ${inWords(ends[0])} to ${inWords(ends[1])}` : [])
      .concat(trace.detail && trace.detail[i] ? trace.detail[i].split("\n") : []);
  }

  mark() {
    this.tip.hidden = !this.here;
    this.marks.replaceChildren();
    if (!this.here) return;
    const trace = this.data.traces[this.here.t];
    const px = this.px(trace.x[this.here.i]), py = this.py(trace.y[this.here.i]);
    const { left, top, width, height } = this.box;
    draw("line", { class: "hair", x1: px, x2: px, y1: top, y2: top + height }, this.marks);
    draw("line", { class: "hair", x1: left, x2: left + width, y1: py, y2: py }, this.marks);
    draw("circle", { class: "dot", cx: px, cy: py, r: 5, fill: trace.colour }, this.marks);
    const [label, ...rest] = this.words();
    this.tip.replaceChildren(make("strong", { textContent: label }),
      ...rest.map((line) => make("div", { textContent: line })));
    const right = px + 14 + this.tip.offsetWidth > this.host.clientWidth;
    this.tip.style.left = `${Math.max(0, right ? px - 14 - this.tip.offsetWidth : px + 14)}px`;
    const above = this.svg.getBoundingClientRect().top - this.host.getBoundingClientRect().top;
    const down = Math.max(0, Math.min(py - 20, top + height - this.tip.offsetHeight));
    this.tip.style.top = `${above + down}px`;
  }

  // What a drag is over: all values where it goes sideways, as a finger's always does; all sizes where it goes up or
  // down. None where it goes nowhere.
  span(from, to, sideways) {
    const { left, top, width, height } = this.box, least = 8;
    const wide = Math.abs(to.px - from.px) >= least, high = !sideways && Math.abs(to.py - from.py) >= least;
    if (!wide && !high) return null;
    return {
      left: wide ? Math.min(from.px, to.px) : left, right: wide ? Math.max(from.px, to.px) : left + width,
      top: high ? Math.min(from.py, to.py) : top, bottom: high ? Math.max(from.py, to.py) : top + height,
    };
  }

  select(span) {
    if (!span) return;
    this.marks.replaceChildren();
    this.tip.hidden = true;
    draw("rect", { class: "band", x: span.left, y: span.top, width: span.right - span.left,
      height: span.bottom - span.top }, this.marks);
  }

  // Around the point that is told of, or else the middle, and never beyond the whole.
  zoom(factor) {
    const v = this.view, trace = this.here && this.data.traces[this.here.t];
    const around = (low, high, least, most, middle) => {
      const span = Math.min(most - least, (high - low) * factor);
      const from = Math.max(least, Math.min(most - span, middle - span / 2));
      return [from, from + span];
    };
    const middle = trace
      ? { x: along(this.data.x, trace.x[this.here.i]), y: along(this.data.y, trace.y[this.here.i]) }
      : { x: (v.x0 + v.x1) / 2, y: (v.y0 + v.y1) / 2 };
    const [x0, x1] = around(v.x0, v.x1, this.whole.x0, this.whole.x1, middle.x);
    const [y0, y1] = around(v.y0, v.y1, this.whole.y0, this.whole.y1, middle.y);
    this.show({ x0, x1, y0, y1 });
  }

  show(view) {
    const w = this.whole;
    // A view of a millionth of the whole has no ticks that can be told apart.
    if ((view.x1 - view.x0) < (w.x1 - w.x0) * 1e-6 || (view.y1 - view.y0) < (w.y1 - w.y0) * 1e-6) return;
    this.view = { ...view };
    if (this.here) {
      const trace = this.data.traces[this.here.t];
      if (!this.inView(trace.x[this.here.i], trace.y[this.here.i])) this.here = null;
    }
    this.redraw();
    const [from, to] = [view.x0, view.x1].map((x) => Math.round(standing(this.data.x, x)));
    this.said.textContent = `${this.data.x.label} ${from} to ${to}`;
  }
}

// The picture that stands still, as a file of its own.
function saveButton(figure) {
  const button = make("button", { type: "button", textContent: "Save as SVG" });
  button.addEventListener("click", () => {
    const svg = new XMLSerializer().serializeToString(figure.querySelector(".still svg"));
    saveAs(figure.dataset.file, "image/svg+xml", svg);
  });
  return button;
}

const charts = JSON.parse(document.getElementById("charts").textContent);
for (const figure of document.querySelectorAll("figure.chart")) {
  const host = figure.querySelector(".live");
  if (!host) {
    figure.append(make("div", { className: "bar" }, saveButton(figure)));
    continue;
  }
  host.hidden = false;
  figure.querySelector(".still").hidden = true;
  host.chart = new LiveChart(host, charts[Number(host.dataset.chart)],
    figure.closest("section").querySelector("h3").textContent);
}
