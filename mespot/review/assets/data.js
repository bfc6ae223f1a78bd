// What the page holds, unpacked once, and the way between native frames, working frames and time.

const CLASSES = ["micro", "macro"];
const ENDS = ["onset", "apex", "offset"];
// Okabe and Ito (2008): the colour-blind can tell them apart.
const COLOUR = {
  micro: "#D55E00", macro: "#0072B2", grey: "#777777", light: "#DDDDDD", orange: "#E69F00",
  black: "#000000",
};

const page = JSON.parse(byId("data").textContent);

function byId(id) {
  return document.getElementById(id);
}

function unpack(text, Kind) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return new Kind(bytes.buffer);
}

const video = {
  time: unpack(page.time, Float64Array),
  native: unpack(page.native, Int32Array),
  usable: unpack(page.usable, Uint8Array),
  scores: Object.fromEntries(
    CLASSES.map((kind) => [kind, unpack(page.scores[kind], Float32Array)])),
};
video.frames = video.time.length;
video.end = timeOf(page.last) + 1 / page.fps;

// The last place of a sorted array whose value is at most `value`; 0 if there is none.
function lastAtMost(sorted, value) {
  let low = 0, high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sorted[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function nearest(sorted, value) {
  const before = lastAtMost(sorted, value);
  const after = Math.min(before + 1, sorted.length - 1);
  return Math.abs(sorted[after] - value) < Math.abs(sorted[before] - value) ? after : before;
}

function workingOf(native) {
  return nearest(video.native, native);
}

function workingAt(seconds) {
  return lastAtMost(video.time, seconds + 1e-6);
}

// Seconds of a native frame: between working frames evenly, beyond them at the native rate.
function timeOf(native) {
  const before = lastAtMost(video.native, native);
  const after = before + 1;
  const since = native - video.native[before];
  if (since <= 0 || after >= video.native.length) return video.time[before] + since / page.fps;
  const share = since / Math.max(1, video.native[after] - video.native[before]);
  return video.time[before] + share * (video.time[after] - video.time[before]);
}

function nativeAt(seconds) {
  const before = lastAtMost(video.time, seconds);
  const after = before + 1;
  let native = video.native[before];
  if (after < video.time.length && seconds > video.time[before]) {
    const share = (seconds - video.time[before]) / (video.time[after] - video.time[before]);
    native += share * (video.native[after] - video.native[before]);
  } else {
    native += (seconds - video.time[before]) * page.fps;
  }
  return clampFrame(Math.round(native));
}

function clampFrame(native) {
  return Math.min(Math.max(native, page.first), page.last);
}

function clock(seconds, digits = 2) {
  const sign = seconds < 0 ? "-" : "";
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - 60 * minutes).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const hours = Math.floor(minutes / 60);
  const shown = hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : String(minutes);
  return `${sign}${shown}:${rest}`;
}

// An element with text and attributes. Names of videos are only ever put in as text.
function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
