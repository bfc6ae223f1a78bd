// How two coders agree: arrays of { type, onset, offset } with both ends inside.

const LEAST_IOU = 0.5;

function iou(one, other) {
  const shared = Math.min(one.offset, other.offset) - Math.max(one.onset, other.onset) + 1;
  const joint = Math.max(one.offset, other.offset) - Math.min(one.onset, other.onset) + 1;
  return Math.max(0, shared) / joint;
}

// Pairs of one class with an IoU of at least LEAST_IOU, the best first, each interval once.
function pairs(mine, theirs) {
  const all = [];
  mine.forEach((a, i) => theirs.forEach((b, j) => {
    const fit = a.type === b.type ? iou(a, b) : 0;
    if (fit >= LEAST_IOU) all.push({ i, j, fit });
  }));
  all.sort((a, b) => b.fit - a.fit);
  const usedI = new Set(), usedJ = new Set();
  return all.filter(({ i, j }) => {
    if (usedI.has(i) || usedJ.has(j)) return false;
    usedI.add(i);
    usedJ.add(j);
    return true;
  });
}

// What each native frame is called: 0 for none, else the class; micro where both are.
function frameCodes(intervals) {
  const codes = new Uint8Array(page.last - page.first + 1);
  for (const kind of ["macro", "micro"]) {
    for (const one of intervals.filter((interval) => interval.type === kind)) {
      codes.fill(1 + CLASSES.indexOf(kind), clampFrame(one.onset) - page.first,
        clampFrame(one.offset) - page.first + 1);
    }
  }
  return codes;
}

// Cohen's kappa (1960) over frames; NaN where both call every frame the same.
function kappa(mine, theirs) {
  const a = frameCodes(mine), b = frameCodes(theirs);
  const size = CLASSES.length + 1;
  const table = new Float64Array(size * size);
  for (let i = 0; i < a.length; i++) table[a[i] * size + b[i]]++;
  let observed = 0, expected = 0;
  for (let k = 0; k < size; k++) {
    let row = 0, column = 0;
    for (let m = 0; m < size; m++) {
      row += table[k * size + m];
      column += table[m * size + k];
    }
    observed += table[k * size + k] / a.length;
    expected += (row / a.length) * (column / a.length);
  }
  return expected < 1 ? (observed - expected) / (1 - expected) : NaN;
}

function agreement(mine, theirs) {
  const both = pairs(mine, theirs);
  const mean = both.reduce((sum, pair) => sum + pair.fit, 0) / both.length;
  return {
    mine: mine.length, theirs: theirs.length, both: both.length, iou: mean,
    f1: (2 * both.length) / (mine.length + theirs.length), kappa: kappa(mine, theirs),
  };
}
