// Everything that a key does, in one table: it is the help page too.

const acts = {
  end: 0, // the one that is moved: 0 onset, 1 apex, 2 offset
};

function chosen() {
  return decisions.entries.get(list.selected) ?? null;
}

function decide(state) {
  const entry = chosen();
  if (entry) change(entry.id, { state });
}

function chooseEnd(which) {
  acts.end = which;
  showEnds();
  if (chosen()) seekFrame(workingOf(chosen()[ENDS[which]]));
}

function nudge(by) {
  const entry = chosen();
  if (!entry) return;
  moveEnd(entry, ENDS[acts.end], entry[ENDS[acts.end]] + by);
  seekFrame(workingOf(entry[ENDS[acts.end]]));
}

function setEnd(which) {
  const entry = chosen();
  if (!entry) return;
  acts.end = which;
  moveEnd(entry, ENDS[which], video.native[player.frame]);
  showEnds();
}

function insert() {
  const apex = video.native[player.frame];
  const half = Math.max(1, Math.round(0.2 * page.fps));
  const onset = clampFrame(apex - half), offset = clampFrame(apex + half);
  select(add({ type: "micro", onset, apex, offset }));
  say("Added at the moment shown. o, p and f set onset, apex and offset; t changes the type.");
}

function takeBack(step, nothing) {
  const id = step();
  if (id === null) say(nothing);
  else if (decisions.entries.has(id)) select(id);
}

function exportSheet() {
  const seen = new Set();
  const rows = accepted().filter((entry) => {
    const key = `${entry.type}:${entry.onset}-${entry.offset}`;
    return seen.has(key) ? false : seen.add(key);
  });
  const open = [...decisions.entries.values()].filter((e) => e.state === "open" && e.spotted);
  const name = fileName("annotations");
  download(name, writeSheet(rows));
  const twice = accepted().length - rows.length;
  say(`${rows.length} accepted intervals are in ${name}.` +
    (twice ? ` ${twice} that stood twice are there once.` : "") +
    (open.length ? ` ${open.length} spotted ones are undecided, and not in it.` : "") +
    ` For ELAN: mespot export ${name} --videos videos.csv --format elan --out FOLDER`);
}

// Of what is in sight: weaker candidates, which nobody wanted to see, count as no expression.
function exportDecisions() {
  const entries = shownEntries();
  const name = fileName("decisions");
  download(name, writeDecisions(entries));
  const decided = entries.filter((entry) => entry.state !== "open").length;
  say(`${decided} decided and ${entries.length - decided} undecided candidates are in ${name}. ` +
    "All else counts as no expression. For the next model: mespot corpus collect *_decisions.csv " +
    "--videos mespot-results/summary.csv --out FOLDER");
}

function fileName(what) {
  return `${page.video.replace(/[^\p{L}\p{N}._-]+/gu, "_")}_${what}.csv`;
}

const KEYS = [
  ["Candidates"],
  [["j", "ArrowDown"], "next candidate", () => move(1)],
  [["k", "ArrowUp"], "candidate before", () => move(-1)],
  [["Enter"], "next undecided candidate", () => move(1, true) || say("None below is undecided.")],
  [["b"], "ten weaker candidates more", () => setShown(list.shown + 10)],
  [["B"], "ten fewer", () => setShown(list.shown - 10)],
  ["Decide"],
  [["a"], "accept", () => decide("accepted")],
  [["r"], "reject", () => decide("rejected")],
  [["u"], "undecided again", () => decide("open")],
  [["t"], "micro or macro", () => chosen() &&
    change(list.selected, { type: chosen().type === "micro" ? "macro" : "micro" })],
  [["i"], "add an interval at the moment shown", insert],
  [["e"], "write a note (Enter or Esc ends it)", () => chosen() && byId("note").focus()],
  [["z", "ctrl+z"], "undo", () => takeBack(undo, "Nothing to undo.")],
  [["y", "ctrl+y"], "redo", () => takeBack(redo, "Nothing to redo.")],
  ["Onset, apex, offset"],
  [["1"], "go to the onset; it is moved now", () => chooseEnd(0)],
  [["2"], "the same for the apex", () => chooseEnd(1)],
  [["3"], "the same for the offset", () => chooseEnd(2)],
  [[","], "move it one frame earlier", () => nudge(-1)],
  [["."], "move it one frame later", () => nudge(1)],
  [["shift+Comma"], "ten frames earlier", () => nudge(-10)],
  [["shift+Period"], "ten frames later", () => nudge(10)],
  [["o"], "the onset is here, at the moment shown", () => setEnd(0)],
  [["p"], "the apex (peak) is here", () => setEnd(1)],
  [["f"], "the offset (finish) is here", () => setEnd(2)],
  ["Face"],
  [[" "], "play or pause", () => setPlaying(!player.playing)],
  [["ArrowLeft"], "one frame back", () => seekFrame(player.frame - 1)],
  [["ArrowRight"], "one frame on", () => seekFrame(player.frame + 1)],
  [["s"], "full, half, a tenth of the speed", () => cycleSpeed()],
  [["d"], "face, or its difference to the onset", () => switchMode()],
  [["m"], "magnify the difference more", () => magnify()],
  [["v"], "arrows of the regions on or off", () => switchArrows()],
  ["Timeline"],
  [["+", "="], "zoom in", () => zoom(0.5)],
  [["-"], "zoom out", () => zoom(2)],
  [["w"], "zoom to the candidate", () => chosen() && zoomTo(chosen())],
  [["Home", "0"], "the whole video", () => showWindow(0, video.end)],
  [["PageUp"], "earlier", () => pan(-0.5)],
  [["PageDown"], "later", () => pan(0.5)],
  ["File"],
  [["x"], "save what is accepted as annotations.csv", exportSheet],
  [["n"], "save all decisions for the next model", exportDecisions],
  [["c"], "lay the annotations.csv of a second coder beside", () => byId("coder-file").click()],
  [["?"], "this help", () => byId("help-box").showModal()],
];

const NAMES = {
  " ": "space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", B: "shift b",
  "shift+Comma": "shift ,", "shift+Period": "shift .", "ctrl+z": "ctrl z", "ctrl+y": "ctrl y",
};

const byKey = new Map(KEYS.filter((row) => row.length > 1)
  .flatMap(([keys, , act]) => keys.map((key) => [key, act])));

function nameOf(event) {
  if (event.ctrlKey || event.metaKey) return `ctrl+${event.key.toLowerCase()}`;
  const moved = `shift+${event.code}`;
  if (event.shiftKey && byKey.has(moved)) return moved;
  if (event.shiftKey && event.key === "B") return "B";
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

function pressed(event) {
  if (event.altKey || byId("help-box").open) return;
  const { target } = event;
  if (target.id === "note") {
    if (event.key === "Enter" || event.key === "Escape") target.blur();
    return;
  }
  // A button and the slider keep the keys that are their own.
  if (target.tagName === "BUTTON" && (event.key === " " || event.key === "Enter")) return;
  if (target.id === "threshold" && /^(Arrow|Page|Home|End)/.test(event.key)) return;
  const act = byKey.get(nameOf(event));
  if (!act) return;
  event.preventDefault();
  act();
}

function buildHelp() {
  const box = byId("help-box");
  box.append(element("h2", "Keys"));
  const table = element("div", "", { class: "keys" });
  let part;
  for (const row of KEYS) {
    if (row.length === 1) {
      part = element("section");
      part.append(element("h3", row[0]));
      table.append(part);
      continue;
    }
    const line = element("div");
    for (const key of row[0]) line.append(element("kbd", NAMES[key] ?? key), " ");
    line.append(row[1]);
    part.append(line);
  }
  const close = element("button", "Close (Esc)");
  close.addEventListener("click", () => box.close());
  const words = [
    "Mouse: click an interval to choose it, drag in the timeline to zoom, turn the wheel to zoom, " +
    "with shift to move, double-click for the whole video.",
    "What you decide is kept in this browser on this machine alone. Export it before you clear " +
    "the browser's data, and to hand it on.",
    "The export is an annotation sheet. It goes to other programs: " +
    "mespot export annotations.csv --videos videos.csv --format elan --out FOLDER (or boris). " +
    "The decisions train the next model: mespot corpus collect *_decisions.csv " +
    "--videos mespot-results/summary.csv --out FOLDER.",
    "Left and right are the person's own. In the difference, orange has become brighter and blue " +
    "darker. Grey stretches of the timeline have no usable face.",
  ];
  box.append(table, ...words.map((text) => element("p", text)), close);
}
