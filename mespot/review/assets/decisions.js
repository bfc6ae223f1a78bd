// What the expert has decided: every change can be undone, and is kept in the browser.

const KEY = `mespot-review:${page.digest}`;
const MOST_UNDONE = 500;
const CHANGED = ["type", "onset", "apex", "offset", "state", "note"];

const decisions = {
  entries: new Map(),
  history: [],
  undone: [],
  kept: true,
  listeners: [],
};

function fresh(id, interval) {
  return { note: "", state: "open", confidence: null, spotted: false, own: false, id, ...interval };
}

function reset() {
  decisions.entries.clear();
  for (const one of page.candidates) {
    const id = `${one.type}:${one.onset}-${one.offset}`;
    decisions.entries.set(id, fresh(id, { ...one }));
  }
}

// Candidates of another run of mespot may be gone; what was decided on them stays, as the coder's.
function load() {
  reset();
  decisions.history = [];
  decisions.undone = [];
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? "null");
    for (const entry of saved?.changed ?? []) put(entry);
    decisions.history = saved?.history ?? [];
  } catch {
    decisions.kept = false;
  }
}

function put(entry) {
  const known = decisions.entries.get(entry.id);
  if (entry.gone) decisions.entries.delete(entry.id);
  else if (known) Object.assign(known, picked(entry));
  else decisions.entries.set(entry.id, fresh(entry.id, { ...entry, own: true }));
}

function picked(entry) {
  return Object.fromEntries(CHANGED.map((name) => [name, entry[name]]));
}

function save() {
  const original = new Map(page.candidates.map(
    (one) => [`${one.type}:${one.onset}-${one.offset}`, one]));
  const changed = [...decisions.entries.values()].filter((entry) => {
    const was = original.get(entry.id);
    return !was || entry.state !== "open" || entry.note !== "" || entry.type !== was.type ||
      ENDS.some((end) => entry[end] !== was[end]);
  });
  try {
    localStorage.setItem(KEY, JSON.stringify({ changed, history: decisions.history }));
    decisions.kept = true;
  } catch {
    decisions.kept = false;
  }
}

function tell(id) {
  for (const listener of decisions.listeners) listener(id);
}

// Change some fields of an entry. Returns whether anything is new.
function change(id, fields) {
  const entry = decisions.entries.get(id);
  if (Object.entries(fields).every(([name, value]) => entry[name] === value)) return false;
  const before = { id, ...picked(entry) };
  Object.assign(entry, fields);
  remember({ before, after: { id, ...picked(entry) } });
  tell(id);
  return true;
}

function add(interval) {
  let number = 1;
  while (decisions.entries.has(`own:${number}`)) number++;
  const entry = fresh(`own:${number}`, { ...interval, own: true, state: "accepted" });
  decisions.entries.set(entry.id, entry);
  remember({ before: { id: entry.id, gone: true }, after: { ...entry } });
  tell(entry.id);
  return entry.id;
}

function remember(step) {
  decisions.history.push(step);
  decisions.history = decisions.history.slice(-MOST_UNDONE);
  decisions.undone = [];
  save();
}

// Take the last change back, or make it again. Returns the id that it was about.
function undo() {
  return step(decisions.history, decisions.undone, "before");
}

function redo() {
  return step(decisions.undone, decisions.history, "after");
}

function step(from, to, which) {
  const last = from.pop();
  if (!last) return null;
  to.push(last);
  put(last[which]);
  save();
  tell(last[which].id);
  return last[which].id;
}

function accepted() {
  return [...decisions.entries.values()].filter((entry) => entry.state === "accepted");
}

// Move an end; the apex gives way, the other end does not.
function moveEnd(entry, end, to) {
  const at = clampFrame(to);
  const ends = { onset: entry.onset, apex: entry.apex, offset: entry.offset };
  if (end === "onset") ends.onset = Math.min(at, ends.offset);
  if (end === "offset") ends.offset = Math.max(at, ends.onset);
  if (end === "apex") ends.apex = at;
  ends.apex = Math.min(Math.max(ends.apex, ends.onset), ends.offset);
  return change(entry.id, ends);
}

// The same page in another tab of this browser.
window.addEventListener("storage", (event) => {
  if (event.key !== KEY) return;
  load();
  tell(null);
});
