// Puts the parts together: what is told when something is chosen, decided or loaded.

let messageTimer;

function say(text) {
  byId("message").textContent = text;
  byId("message").classList.add("seen");
  clearTimeout(messageTimer);
  messageTimer = setTimeout(() => byId("message").classList.remove("seen"), 9000);
}

function select(id) {
  commitNote();
  const entry = decisions.entries.get(id);
  markSelected(id);
  timeline.selected = entry;
  reveal(entry);
  showEntry(entry);
  describe();
  redrawTimeline();
}

function describe() {
  const entry = chosen();
  byId("note").disabled = !entry;
  byId("note").value = entry?.note ?? "";
  byId("what").replaceChildren();
  if (entry) {
    const milliseconds = Math.round(1000 * (timeOf(entry.offset + 1) - timeOf(entry.onset)));
    const words = { open: "undecided", accepted: "accepted", rejected: "rejected" };
    const source = entry.own ? "added by you"
      : `confidence ${entry.confidence.toFixed(3)}${entry.spotted ? "" : ", not spotted"}`;
    byId("what").append(
      element("b", entry.type, { class: `chip ${entry.type}` }),
      ` ${milliseconds} ms, ${source}, `,
      element("b", `${SIGNS[entry.state]} ${words[entry.state]}`, { class: entry.state }));
  } else {
    byId("what").textContent = page.candidates.length
      ? "No candidate is chosen: j chooses the first."
      : "mespot has no candidate in this video. i adds an interval at the moment shown.";
  }
  showEnds();
}

function showEnds() {
  const entry = chosen();
  byId("ends").replaceChildren();
  if (!entry) return;
  ENDS.forEach((end, i) => {
    const button = element("button", `${i + 1} ${end} ${entry[end]}`, {
      "aria-pressed": String(i === acts.end), title: `Move the ${end} with , and .`,
    });
    button.addEventListener("click", () => chooseEnd(i));
    byId("ends").append(button);
  });
  const back = element("button", "◂", { title: "One frame earlier (,)" });
  const on = element("button", "▸", { title: "One frame later (.)" });
  back.addEventListener("click", () => nudge(-1));
  on.addEventListener("click", () => nudge(1));
  byId("ends").append(back, on);
}

function commitNote() {
  const entry = chosen();
  if (entry) change(entry.id, { note: byId("note").value });
}

function count() {
  const states = { accepted: 0, rejected: 0, open: 0 };
  for (const entry of decisions.entries.values()) {
    if (entry.state !== "open" || entry.spotted) states[entry.state]++;
  }
  const parts = [`${states.accepted} accepted`, `${states.rejected} rejected`,
    `${states.open} undecided`];
  if (!decisions.kept) parts.push("NOT KEPT by this browser: export before you close the page");
  if (timeline.coder) {
    const { mine, theirs, both, iou: fit, f1, kappa: k } = agreement(accepted(), timeline.coder);
    const number = (value) => (Number.isFinite(value) ? value.toFixed(2) : "-");
    parts.push(`you ${mine}, second coder ${theirs}, both ${both} (F1 ${number(f1)}, ` +
      `mean IoU ${number(fit)}), kappa ${number(k)} over frames`);
  }
  byId("counts").textContent = parts.join(" · ");
}

// After a change: one row where that is enough, everything where rows come or go.
function changed(id) {
  const entry = decisions.entries.get(id);
  if (entry && list.rows.has(id)) {
    fillRow(entry);
    filterList();
  } else {
    fillList();
    filterList();
  }
  if (!decisions.entries.has(list.selected)) {
    list.selected = timeline.selected = null;
    showEntry(null);
  } else if (id === list.selected || id === null) {
    timeline.selected = chosen();
    player.entry = chosen();
    drawExamined();
  }
  count();
  describe();
  redrawTimeline();
}

function cycleSpeed() {
  player.speed = (player.speed + 1) % SPEEDS.length;
  byId("speed").textContent = SPEEDS[player.speed][1];
  setPlaying(true);
}

function switchMode() {
  player.mode = player.mode === "face" ? "difference" : "face";
  byId("mode").textContent = player.mode;
  drawPlayer();
}

function magnify() {
  player.gain = (player.gain + 1) % GAINS.length;
  drawExamined();
}

function switchArrows() {
  player.arrows = !player.arrows;
  drawExamined();
}

// Of a sheet that has rows of other videos.
function rowsOf(others) {
  const rows = [...others.values()].reduce((sum, one) => sum + one, 0);
  const names = [...others.keys()].slice(0, 3).map((name) => name || "no name");
  const more = others.size > names.length ? ` and ${others.size - names.length} more` : "";
  return `${rows} ${rows === 1 ? "row is" : "rows are"} of other videos: ${names.join(", ")}${more}`;
}

async function readCoder(file) {
  if (!file) return;
  try {
    const { intervals, others, faults } = readSheet(await file.text());
    timeline.coder = intervals;
    say(`${intervals.length} intervals of this video are in ${file.name}.` +
      (others.size ? ` ${rowsOf(others)}.` : "") +
      (faults.length ? ` Left out: ${faults.slice(0, 5).join("; ")}.` : ""));
  } catch (error) {
    say(`${file.name}: ${error.message}`);
  }
  count();
  redrawTimeline();
}

function describeVideo() {
  byId("video").textContent = page.video;
  const parts = [`subject ${page.subject}`, `${clock(video.end, 1)}`,
    `${Number(page.fps.toFixed(2))} fps`, page.method];
  if (!pictures) parts.push("no pictures: no face was at hand");
  else if (pictures.candidates < page.candidates.length) {
    parts.push(`pictures of the ${pictures.candidates} surest candidates`);
  }
  byId("about").textContent = parts.join(" · ");
  byId("video").parentElement.title = byId("video").parentElement.textContent;  // if it is cut off
}

function start() {
  load();
  describeVideo();
  buildExamined();
  buildHelp();
  buildTimeline();
  buildList();
  decisions.listeners.push(changed);
  player.listeners.push(() => timeline.detail.redraw(false));
  for (const [id, act] of [["undo", () => takeBack(undo, "Nothing to undo.")],
    ["export", exportSheet], ["second", () => byId("coder-file").click()],
    ["help", () => byId("help-box").showModal()], ["play", () => setPlaying(!player.playing)],
    ["speed", cycleSpeed], ["mode", switchMode]]) {
    byId(id).addEventListener("click", act);
  }
  // After a click with the mouse the keys are the page's again.
  document.addEventListener("click", (event) => {
    if (event.detail && event.target.tagName === "BUTTON") event.target.blur();
  });
  byId("note").addEventListener("blur", commitNote);
  window.addEventListener("pagehide", commitNote);
  byId("coder-file").addEventListener("change", (event) => {
    readCoder(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("keydown", pressed);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) setPlaying(false);
  count();
  describe();
  if (!move(1)) drawExamined();
  requestAnimationFrame(tick);
}

start();
