// The list of candidates, the surest first, and the threshold that says how far down it goes.

const list = { order: [], rows: new Map(), selected: null, shown: 0 };
const SIGNS = { accepted: "✓", rejected: "✗", open: "·" };

// Candidates by confidence; what the expert has added stands behind, in the order of time.
function sortEntries() {
  list.order = [...decisions.entries.values()].sort((a, b) =>
    (b.confidence ?? -Infinity) - (a.confidence ?? -Infinity) || a.onset - b.onset);
}

function buildList() {
  const slider = byId("threshold");
  slider.max = page.candidates.length;
  slider.addEventListener("input", () => setShown(Number(slider.value)));
  byId("as-spotted").addEventListener("click", () => setShown(spottedCount()));
  byId("list").addEventListener("click", (event) => {
    const row = event.target.closest("li");
    if (row) select(row.dataset.id);
  });
  fillList();
  setShown(spottedCount());
}

// How many candidates are as sure as the least sure one that is spotted.
function spottedCount() {
  return page.candidates.reduce((last, one, i) => (one.spotted ? i + 1 : last), 0);
}

function fillList() {
  sortEntries();
  list.rows.clear();
  byId("list").replaceChildren(...list.order.map((entry) => {
    const row = element("li", "", { role: "option", id: `row-${entry.id}` });
    row.dataset.id = entry.id;
    list.rows.set(entry.id, row);
    fillRow(entry);
    return row;
  }));
}

function fillRow(entry) {
  const row = list.rows.get(entry.id);
  const seconds = timeOf(entry.offset + 1) - timeOf(entry.onset);
  const sure = entry.own ? "added" : entry.confidence.toFixed(2);
  row.className = `${entry.type} ${entry.state} ${entry.spotted || entry.own ? "" : "weak"}`;
  row.setAttribute("aria-selected", String(entry.id === list.selected));
  row.replaceChildren(
    element("span", SIGNS[entry.state], { class: "sign", title: entry.state }),
    element("span", entry.type, { class: "type" }),
    element("span", clock(timeOf(entry.onset)), { class: "time" }),
    element("span", `${Math.round(seconds * 1000)} ms`, { class: "length" }),
    element("span", entry.note ? "✎" : "", { title: entry.note }),
    element("span", sure, { class: "sure" }));
}

// Show the `count` surest candidates. What was decided or added stays in sight.
function setShown(count) {
  list.shown = Math.min(Math.max(count, 0), page.candidates.length);
  byId("threshold").value = list.shown;
  const weakest = page.candidates[list.shown - 1];
  byId("least").textContent = weakest ? weakest.confidence.toFixed(3) : "-";
  byId("shown").textContent = `${list.shown} of ${page.candidates.length} candidates`;
  filterList();
}

function filterList() {
  const ids = new Set(page.candidates.slice(0, list.shown)
    .map((one) => `${one.type}:${one.onset}-${one.offset}`));
  for (const [id, row] of list.rows) {
    const entry = decisions.entries.get(id);
    row.hidden = !(ids.has(id) || entry.own || entry.state !== "open");
  }
}

function shownEntries() {
  return list.order.filter((entry) => !list.rows.get(entry.id)?.hidden);
}

// Go to the next or the one before in the list; with `open`, to one that is undecided.
function move(by, open = false) {
  const shown = shownEntries();
  let place = shown.findIndex((entry) => entry.id === list.selected);
  if (place < 0) place = by > 0 ? -1 : shown.length;
  for (place += by; place >= 0 && place < shown.length; place += by) {
    if (open && shown[place].state !== "open") continue;
    select(shown[place].id);
    return true;
  }
  return false;
}

function markSelected(id) {
  list.rows.get(list.selected)?.setAttribute("aria-selected", "false");
  list.selected = id;
  const row = list.rows.get(id);
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  byId("list").setAttribute("aria-activedescendant", row.id);
}
