// The annotation sheet: reading a coder's file, writing the expert's decisions.

const SHEET = ["subject", "video", "onset", "apex", "offset", "type", "confidence", "note"];
// Seconds before the onset and after the offset that have pictures, and are decided on, too.
const DECIDED = 0.4;

// Rows of cells of a table with commas, semicolons or tabs; cells may be quoted.
function parseCells(text) {
  const plain = text.replace(/^\uFEFF/, "");
  const header = plain.split(/\r?\n/, 1)[0];
  const counts = [",", ";", "\t"].map((mark) => [header.split(mark).length, mark]);
  const mark = counts.sort((a, b) => b[0] - a[0])[0][1];
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < plain.length; i++) {
    const c = plain[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (plain[i + 1] === '"') { cell += '"'; i++; }
      else quoted = false;
    } else if (c === '"' && cell.trim() === "") { quoted = true; cell = ""; }
    else if (c === mark) { row.push(cell); cell = ""; }
    else if (c === "\n" || c === "\r") {
      if (c === "\r" && plain[i + 1] === "\n") i++;
      row.push(cell); rows.push(row); row = []; cell = "";
    } else cell += c;
  }
  if (cell !== "" || row.length) { row.push(cell); rows.push(row); }
  return rows.map((cells) => cells.map((one) => one.trim())).filter((cells) => cells.some(Boolean));
}

// The intervals of this video in a coder's file. Throws an Error that says what is wrong.
function readSheet(text) {
  const [header, ...rows] = parseCells(text);
  if (!header) throw new Error("The file is empty.");
  const names = header.map((name) => name.toLowerCase());
  const missing = [["video"], ["type"], ["onset", "onset_s"], ["offset", "offset_s"]]
    .filter((either) => !either.some((name) => names.includes(name)));
  if (missing.length) {
    throw new Error(`The file has no column ${missing[0].join(" or ")}. ` +
      "It must have the columns video, onset, offset and type.");
  }
  const intervals = [], faults = [], others = new Map();
  // Umlauts of another system are the same in another spelling.
  const own = page.video.trim().normalize();
  rows.forEach((cells, i) => {
    const row = Object.fromEntries(names.map((name, k) => [name, cells[k] ?? ""]));
    const name = row.video.normalize();
    if (name !== own) {
      others.set(name, (others.get(name) ?? 0) + 1);
      return;
    }
    const type = row.type.toLowerCase();
    const [onset, apex, offset] = ENDS.map((end) => frameIn(row, end));
    if (!CLASSES.includes(type)) faults.push(`row ${i + 2}: type '${row.type}'`);
    else if (!(onset <= offset)) faults.push(`row ${i + 2}: onset or offset`);
    else if (onset < page.first || offset > page.last) {
      faults.push(`row ${i + 2}: ${onset} to ${offset} is outside frames ${page.first} to ${page.last}`);
    } else intervals.push({ type, onset, offset, apex: Number.isFinite(apex) ? apex : null });
  });
  return { intervals, others, faults };
}

function frameIn(row, end) {
  if (row[end]) return /^\d+(\.0*)?$/.test(row[end]) ? Number(row[end]) : NaN;
  const seconds = row[`${end}_s`];
  return seconds ? nativeAt(Number(seconds.replace(",", "."))) : NaN;
}

function quoted(cell) {
  const text = String(cell);
  return /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// The sheet of some intervals of this video, in the order of time.
function writeSheet(entries) {
  const rows = [...entries].sort((a, b) => a.onset - b.onset || a.offset - b.offset).map(cellsOf);
  return joined([SHEET, ...rows]);
}

function cellsOf(e) {
  return [page.subject, page.video, e.onset, e.apex, e.offset, e.type,
    e.confidence === null ? "" : e.confidence.toFixed(6), e.note.replace(/\s+/g, " ").trim()];
}

function joined(rows) {
  return rows.map((cells) => cells.map(quoted).join(",")).join("\n") + "\n";
}

// Candidates with the decision on each, and the frames that were looked at for it.
function writeDecisions(entries) {
  const words = { accepted: "accepted", rejected: "rejected", open: "undecided" };
  const rows = [...entries].sort((a, b) => a.onset - b.onset || a.offset - b.offset).map((e) => [
    ...cellsOf(e), words[e.state],
    nativeAt(timeOf(e.onset) - DECIDED), nativeAt(timeOf(e.offset) + DECIDED),
  ]);
  return joined([[...SHEET, "decision", "first", "last"], ...rows]);
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
