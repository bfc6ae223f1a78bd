// The player, the face at onset, apex and offset side by side, and the regions that move.

const SPEEDS = [[1, "full speed"], [0.5, "half speed"], [0.1, "a tenth"]];
const GAINS = [4, 8, 16, 32];
const LEAD = 0.3; // s of the loop before the onset and after the offset
const REST = 0.25; // s that the loop stands still at its end

const player = {
  entry: null, frame: 0, seconds: 0, playing: true, speed: 0, gain: 1,
  mode: "face", arrows: true, last: null, listeners: [],
};

// Steps of each region's motion since the frame before, px of the crop; (frame, region, uv).
const steps = page.regions && unpack(page.regions.steps, Int16Array);

// Where each region has gone between two working frames, `[u, v]` px of the crop.
function displacement(from, to) {
  const count = page.regions.names.length;
  const moved = Array.from({ length: count }, () => [0, 0]);
  const sign = from <= to ? 1 : -1;
  const [first, last] = from <= to ? [from, to] : [to, from];
  for (let t = first + 1; t <= last; t++) {
    for (let r = 0; r < count; r++) {
      for (let c = 0; c < 2; c++) moved[r][c] += steps[(t * count + r) * 2 + c];
    }
  }
  return moved.map((uv) => uv.map((value) => sign * value * page.regions.unit));
}

function showEntry(entry) {
  player.entry = entry;
  if (entry && player.playing) seek(timeOf(entry.onset) - LEAD);
  drawExamined();
}

function seek(seconds) {
  player.seconds = Math.min(Math.max(seconds, video.time[0]), video.time[video.frames - 1]);
  const frame = workingAt(player.seconds);
  if (frame !== player.frame) {
    player.frame = frame;
    for (const listener of player.listeners) listener();
  }
  drawPlayer();
}

function seekFrame(working) {
  setPlaying(false);
  seek(video.time[Math.min(Math.max(working, 0), video.frames - 1)]);
}

function setPlaying(playing) {
  player.playing = playing;
  player.last = null;
  byId("play").textContent = playing ? "Pause" : "Play";
}

function tick(now) {
  requestAnimationFrame(tick);
  const { entry } = player;
  if (!player.playing || !entry) return;
  const passed = player.last === null ? 0 : Math.min(0.1, (now - player.last) / 1000);
  player.last = now;
  const speed = SPEEDS[player.speed][0];
  const start = Math.max(video.time[0], timeOf(entry.onset) - LEAD);
  const stop = Math.min(video.time[video.frames - 1], timeOf(entry.offset) + LEAD);
  let seconds = (player.run ?? player.seconds) + passed * speed;
  if (seconds < start - 0.01 || seconds > stop + REST * speed) seconds = start;
  player.run = seconds;
  const at = Math.min(seconds, stop);
  if (workingAt(at) !== player.frame) seek(at);
}

function drawPlayer() {
  const context = byId("face").getContext("2d");
  const { entry, frame } = player;
  const onset = entry ? workingOf(entry.onset) : frame;
  if (!pictures) {
    context.fillStyle = "#f4f4f4";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  } else if (player.mode === "face" || !entry) {
    drawFace(context, frame, drawPlayer);
  } else {
    drawDifference(context, onset, frame, GAINS[player.gain], drawPlayer);
  }
  if (entry && player.arrows && page.regions) drawArrows(context, displacement(onset, frame));
  describePlace(entry, frame);
}

function describePlace(entry, frame) {
  const native = video.native[frame];
  const parts = [`frame ${native}`, `${clock(video.time[frame], 3)} s`];
  if (entry) {
    if (native < entry.onset) parts.push("before onset");
    else if (native > entry.offset) parts.push("after offset");
    else if (workingOf(entry.apex) === frame) parts.push("apex");
    else parts.push(native < entry.apex ? "rising" : "falling");
  }
  if (!video.usable[frame]) parts.push("no usable face");
  else if (pictures && pictureOf(frame).frame !== frame) {
    parts.push(`picture of frame ${video.native[pictureOf(frame).frame]}`);
  }
  byId("where").textContent = parts.join(", ");
}

// How many times longer than the motion the arrows of an entry are: the longest at its apex is to
// be well seen, and not to cross the face.
function arrowGain(entry) {
  const moved = displacement(workingOf(entry.onset), workingOf(entry.apex));
  const longest = Math.max(...moved.map(([u, v]) => Math.hypot(u, v)));
  const wanted = (0.15 * page.regions.size) / Math.max(longest, 1e-6);
  return [40, 30, 20, 15, 10, 7, 5, 3, 2].find((gain) => gain <= wanted) ?? 1;
}

// Arrows at the middle of each region.
function drawArrows(context, moved) {
  const { centres, size } = page.regions;
  if (!centres || !size) return;
  const { width } = context.canvas;
  const scale = (width / size) * arrowGain(player.entry);
  context.lineCap = "round";
  for (const [line, colour] of [[7, "#000"], [3.5, COLOUR.orange]]) {
    context.strokeStyle = colour;
    context.lineWidth = line * (width / 432);
    moved.forEach(([u, v], r) => {
      const length = Math.min(Math.hypot(u, v) * scale, 0.25 * width);
      if (length < 0.03 * width) return;
      const x = centres[r][0] * width, y = centres[r][1] * width;
      const angle = Math.atan2(v, u), head = Math.min(10 * (width / 432), length / 2);
      const endX = x + Math.cos(angle) * length, endY = y + Math.sin(angle) * length;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(endX, endY);
      for (const turn of [2.6, -2.6]) {
        context.moveTo(endX, endY);
        context.lineTo(endX + Math.cos(angle + turn) * head, endY + Math.sin(angle + turn) * head);
      }
      context.stroke();
    });
  }
}

// ------------------------------------------------------------------ side by side

function buildExamined() {
  const names = [...ENDS, "difference"];
  for (const name of names) {
    const figure = element("figure");
    const side = pictures ? 2 * pictures.side : 2;
    figure.append(element("canvas", "", { width: side, height: side, id: `at-${name}` }),
      element("figcaption", name, { id: `caption-${name}` }));
    byId("trio").append(figure);
  }
  byId("trio").hidden = !pictures;
}

function drawExamined() {
  const { entry } = player;
  const nothing = !entry;
  byId("examine").classList.toggle("empty", nothing);
  drawPlayer();
  if (nothing) return;
  const at = Object.fromEntries(ENDS.map((end) => [end, workingOf(entry[end])]));
  for (const end of ENDS) {
    byId(`caption-${end}`).textContent = `${end} ${entry[end]}, ${clock(timeOf(entry[end]))} s`;
    if (pictures) drawFace(byId(`at-${end}`).getContext("2d"), at[end], drawExamined);
  }
  byId("caption-difference").textContent = `difference × ${GAINS[player.gain]}`;
  if (pictures) {
    const context = byId("at-difference").getContext("2d");
    const drawn = drawDifference(context, at.onset, at.apex, GAINS[player.gain], drawExamined);
    if (drawn && player.arrows && page.regions) {
      drawArrows(context, displacement(at.onset, at.apex));
    }
  }
  drawRegions(at);
}

const COMPASS = ["→", "↘", "↓", "↙", "←", "↖", "↑", "↗"];

// The regions that have moved most at the apex.
function drawRegions({ onset, apex }) {
  const box = byId("regions");
  box.replaceChildren();
  if (!page.regions) return;
  const moved = displacement(onset, apex)
    .map(([u, v], r) => ({ r, u, v, length: Math.hypot(u, v) }))
    .sort((a, b) => b.length - a.length)
    .slice(0, 6);
  const arrows = page.regions.centres ? `; arrows × ${arrowGain(player.entry)}` : "";
  box.append(element("div", `moved most, onset to apex${arrows}`, { class: "caption" }));
  for (const { r, u, v, length } of moved) {
    const row = element("div", "", { class: "region" });
    const way = COMPASS[(Math.round(Math.atan2(v, u) / (Math.PI / 4)) + 8) % 8];
    const bar = element("span", "", { class: "bar" });
    bar.style.width = `${(60 * length) / Math.max(moved[0].length, 1e-6)}px`;
    row.append(element("span", page.regions.names[r].replaceAll("_", " ")), element("b", way), bar,
      element("span", `${length.toFixed(2)}${page.regions.size ? " px" : ""}`));
    box.append(row);
  }
}
