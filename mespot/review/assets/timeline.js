// The score curves and intervals over time: the whole video above, the part looked at below.

const LANES = ["mespot", "decided", "second"]; // the names stand left of the lanes
const LANE_SHARE = 0.17; // of the height of the curves, for each lane below them
const SHORTEST = 0.5; // s

const timeline = { window: [0, video.end], coder: null, selected: null };

const curves = CLASSES.map((kind) =>
  Array.from(video.scores[kind], (score, i) => (video.usable[i] ? score : null)));
const highest = Math.max(1e-6, ...CLASSES.map(
  (kind) => video.scores[kind].reduce((a, b) => Math.max(a, b), 0)));

function lanes() {
  return timeline.coder ? LANES : LANES.slice(0, 2);
}

function buildTimeline() {
  const times = Array.from(video.time);
  const series = [{}, ...CLASSES.map((kind) => ({
    label: kind, stroke: COLOUR[kind], width: 1, points: { show: false },
    dash: kind === "micro" ? [] : [6, 3],
  }))];
  const axis = {
    font: "12px system-ui, sans-serif", stroke: "#333", grid: { stroke: "#eee", width: 1 },
    ticks: { stroke: "#ccc", width: 1, size: 4 }, gap: 3,
  };
  timeline.overview = new uPlot({
    width: 600, height: 62, padding: [4, 22, 0, 0], legend: { show: false }, series,
    scales: { x: { time: false, range: [0, video.end] }, y: { range: [0, highest * 1.05] } },
    axes: [{ ...axis, size: 22, values: (_, ticks) => ticks.map((t) => clock(t, 0)) },
    { ...axis, size: 54, splits: () => [] }],
    cursor: { drag: { x: true, setScale: false }, points: { show: false }, y: false },
    hooks: {
      setSelect: [(plot) => {
        const { left, width } = plot.select;
        if (width < 3) return;
        showWindow(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      }],
      draw: [drawOverview],
    },
  }, [times, ...curves], byId("overview"));
  timeline.detail = new uPlot({
    width: 600, height: 190, padding: [6, 22, 0, 0], legend: { show: false }, series,
    scales: {
      x: { time: false, range: () => timeline.window },
      y: { range: () => [-lanes().length * LANE_SHARE * highest, highest * 1.05] },
    },
    axes: [{ ...axis, size: 24, values: (_, ticks, __, ___, step) =>
      ticks.map((t) => clock(t, step < 0.1 ? 2 : step < 1 ? 1 : 0)) },
    { ...axis, size: 54, splits: () => [0, highest / 2, highest],
      values: (_, ticks) => ticks.map((t) => t.toPrecision(2)) }],
    cursor: { drag: { x: true, setScale: false }, points: { show: false }, y: false },
    hooks: {
      setSelect: [(plot) => {
        const { left, width } = plot.select;
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        if (width >= 6) showWindow(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
      }],
      drawAxes: [drawBehind],
      draw: [drawIntervals],
    },
  }, [times, ...curves], byId("detail"));
  listenTo(timeline.detail.over);
  timeline.overview.over.addEventListener("click", (event) => {
    const [from, to] = timeline.window;
    const middle = timeline.overview.posToVal(event.offsetX, "x");
    if (to - from < video.end) showWindow(middle - (to - from) / 2, middle + (to - from) / 2);
  });
  new ResizeObserver(fitTimeline).observe(byId("timeline"));
}

function fitTimeline() {
  const width = Math.max(300, byId("timeline").clientWidth);
  const height = Math.max(130, byId("timeline").clientHeight - 66);
  timeline.overview.setSize({ width, height: 62 });
  timeline.detail.setSize({ width, height });
}

function listenTo(over) {
  let pressed = null;
  over.addEventListener("mousedown", (event) => { pressed = event.offsetX; });
  over.addEventListener("mouseup", (event) => {
    if (pressed === null || Math.abs(event.offsetX - pressed) > 4) return;
    const seconds = timeline.detail.posToVal(event.offsetX, "x");
    const hit = entryAt(seconds);
    if (hit) select(hit.id);
    seekFrame(workingAt(seconds));
  });
  over.addEventListener("dblclick", () => showWindow(0, video.end));
  over.addEventListener("wheel", (event) => {
    event.preventDefault();
    const seconds = timeline.detail.posToVal(event.offsetX, "x");
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.shiftKey || sideways) pan(0.1 * Math.sign(sideways ? event.deltaX : event.deltaY));
    else zoom(event.deltaY > 0 ? 1.25 : 0.8, seconds);
  }, { passive: false });
}

// The shortest interval at a moment.
function entryAt(seconds) {
  const slack = 3 * (timeline.window[1] - timeline.window[0]) / timeline.detail.over.clientWidth;
  const near = shownEntries().filter((entry) => timeOf(entry.onset) - slack <= seconds &&
    seconds <= timeOf(entry.offset + 1) + slack);
  near.sort((a, b) => (a.offset - a.onset) - (b.offset - b.onset));
  return near[0];
}

function showWindow(from, to) {
  const length = Math.min(Math.max(to - from, SHORTEST), video.end);
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(middle - length / 2, 0), video.end - length);
  timeline.window = [start, start + length];
  redrawTimeline();
}

function zoom(factor, around = null) {
  const [from, to] = timeline.window;
  const playing = video.time[player.frame];
  const at = around ?? (playing >= from && playing <= to ? playing : (from + to) / 2);
  const length = Math.min(Math.max((to - from) * factor, SHORTEST), video.end);
  const share = (at - from) / (to - from);
  const start = at - share * length;
  showWindow(start, start + length);
}

function pan(share) {
  const [from, to] = timeline.window;
  showWindow(from + share * (to - from), to + share * (to - from));
}

// Bring an interval into the window, without a change of the zoom where it fits.
function reveal(entry) {
  const [from, to] = timeline.window;
  const start = timeOf(entry.onset), stop = timeOf(entry.offset + 1);
  if (start >= from && stop <= to) return;
  const length = Math.max(to - from, 2 * (stop - start));
  showWindow((start + stop - length) / 2, (start + stop + length) / 2);
}

function zoomTo(entry) {
  const start = timeOf(entry.onset), stop = timeOf(entry.offset + 1);
  const length = Math.max(3, 3 * (stop - start));
  showWindow((start + stop - length) / 2, (start + stop + length) / 2);
}

function redrawTimeline() {
  timeline.detail.setScale("x", { min: timeline.window[0], max: timeline.window[1] });
  timeline.overview.redraw(false);
}

// ---------------------------------------------------------------------- drawing

function drawOverview(plot) {
  const { ctx } = plot;
  const { top, height } = plot.bbox;
  const x = (seconds) => plot.valToPos(seconds, "x", true);
  const [from, to] = timeline.window.map(x);
  ctx.save();
  ctx.fillStyle = "rgba(0, 0, 0, 0.08)";
  ctx.fillRect(plot.bbox.left, top, from - plot.bbox.left, height);
  ctx.fillRect(to, top, plot.bbox.left + plot.bbox.width - to, height);
  ctx.strokeStyle = "#333";
  ctx.setLineDash([]);
  ctx.lineWidth = devicePixelRatio;
  ctx.strokeRect(from, top + 0.5, Math.max(2, to - from), height - 1);
  for (const entry of accepted()) {
    ctx.fillStyle = COLOUR[entry.type];
    ctx.fillRect(x(timeOf(entry.onset)), top, Math.max(2, x(timeOf(entry.offset + 1)) -
      x(timeOf(entry.onset))), 0.15 * height);
  }
  ctx.restore();
}

// What lies behind the curves: stretches without a face, the thresholds, the selected interval.
function drawBehind(plot) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const x = (seconds) => plot.valToPos(seconds, "x", true);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.fillStyle = "#e4e4e4";
  for (const [from, to] of unusable) ctx.fillRect(x(from), top, x(to) - x(from), height);
  const chosen = timeline.selected;
  if (chosen) {
    const [from, to] = [x(timeOf(chosen.onset)), x(timeOf(chosen.offset + 1))];
    ctx.fillStyle = "rgba(240, 228, 66, 0.45)";
    ctx.fillRect(from, top, Math.max(2, to - from), height);
    ctx.fillStyle = "#333";
    ctx.fillRect(x(timeOf(chosen.apex)), top, devicePixelRatio, height);
  }
  ctx.setLineDash([4, 4]);
  for (const kind of CLASSES.filter((name) => page.thresholds[name] !== null)) {
    ctx.strokeStyle = COLOUR[kind];
    const y = plot.valToPos(page.thresholds[kind], "y", true);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
  }
  ctx.restore();
}

const unusable = (() => {
  const parts = [];
  for (let i = 0; i < video.frames; i++) {
    if (video.usable[i]) continue;
    const from = video.time[i];
    while (i < video.frames && !video.usable[i]) i++;
    parts.push([from, i < video.frames ? video.time[i] : video.end]);
  }
  return parts;
})();

function drawIntervals(plot) {
  const { ctx } = plot;
  const { left, top, width, height } = plot.bbox;
  const zero = plot.valToPos(0, "y", true);
  const lane = (top + height - zero) / lanes().length;
  const x = (seconds) => plot.valToPos(seconds, "x", true);
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.fillStyle = "#333";
  lanes().forEach((name, row) => {
    ctx.fillText(name, left - 6 * devicePixelRatio, zero + (row + 0.5) * lane);
  });
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  const draw = (row, one, look) => {
    const from = x(timeOf(one.onset));
    const to = x(timeOf(one.offset + 1));
    if (to < left || from > left + width) return;
    // Micro in the upper half of a lane, macro in the lower: position repeats the colour.
    const y = zero + row * lane + (one.type === "micro" ? 0.08 : 0.54) * lane;
    bar(ctx, from, y, Math.max(2, to - from), 0.38 * lane, COLOUR[one.type], look);
  };
  for (const one of page.candidates) draw(0, one, one.spotted ? "full" : "faint");
  for (const entry of decisions.entries.values()) {
    if (entry.state === "accepted") draw(1, entry, "full");
    else if (entry.state === "rejected") draw(1, entry, "crossed");
    else if (entry.spotted) draw(1, entry, "hollow");
  }
  for (const one of timeline.coder ?? []) draw(2, one, "full");
  ctx.fillStyle = "#bbb";
  lanes().forEach((_, row) => ctx.fillRect(left, zero + row * lane, width, 1));
  const now = x(video.time[player.frame]);
  ctx.fillStyle = COLOUR.black;
  ctx.fillRect(now - 1, top, 2, height);
  ctx.restore();
}

function bar(ctx, x, y, width, height, colour, look) {
  ctx.globalAlpha = look === "faint" ? 0.35 : 1;
  ctx.fillStyle = ctx.strokeStyle = look === "crossed" ? COLOUR.grey : colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  if (look === "full" || look === "faint") ctx.fillRect(x, y, width, height);
  else ctx.strokeRect(x, y, width, height);
  if (look === "crossed") ctx.fillRect(x, y + height / 2 - 1, width, 2);
  ctx.globalAlpha = 1;
}
