// The aligned faces: small pictures in sheets, which are decoded when they are looked at.

const MOST_SHEETS = 24; // decoded at once, about 5 MB each

const pictures = page.pictures && {
  ...page.pictures,
  frames: unpack(page.pictures.frames, Int32Array),
  sheets: new Map(),
};

// The picture nearest to a working frame: its place among all, and the frame that it shows.
function pictureOf(working) {
  const place = nearest(pictures.frames, working);
  return { place, frame: pictures.frames[place] };
}

function sheet(number) {
  const known = pictures.sheets.get(number);
  if (known) { // the latest used goes to the end, the first is given up
    pictures.sheets.delete(number);
    pictures.sheets.set(number, known);
    return known;
  }
  const image = new Image();
  image.src = `data:image/jpeg;base64,${byId(`sheet-${number}`).textContent}`;
  pictures.sheets.set(number, image);
  if (pictures.sheets.size > MOST_SHEETS) {
    pictures.sheets.delete(pictures.sheets.keys().next().value);
  }
  return image;
}

// Draw the face of a working frame over a whole canvas. Says whether it was there; if it still has
// to be decoded, `later` is called when it is.
function drawFace(context, working, later) {
  const { place } = pictureOf(working);
  const number = Math.floor(place / pictures.perSheet);
  const image = sheet(number);
  if (!image.complete) {
    image.addEventListener("load", later, { once: true });
    return false;
  }
  const within = place % pictures.perSheet;
  const side = pictures.side;
  const x = (within % pictures.columns) * side;
  const y = Math.floor(within / pictures.columns) * side;
  const { width, height } = context.canvas;
  context.drawImage(image, x, y, side, side, 0, 0, width, height);
  return true;
}

const scratch = pictures && document.createElement("canvas")
  .getContext("2d", { willReadFrequently: true });

function greys(working, later) {
  scratch.canvas.width = scratch.canvas.height = pictures.side;
  if (!drawFace(scratch, working, later)) return null;
  const { data } = scratch.getImageData(0, 0, pictures.side, pictures.side);
  const grey = new Float32Array(data.length / 4);
  for (let i = 0; i < grey.length; i++) grey[i] = data[4 * i];
  return grey;
}

// Mean over 3 x 3 pixels: the noise of camera and compression is not to be magnified.
function smooth(values, side) {
  const along = (from, step) => {
    const to = new Float32Array(from.length);
    for (let i = 0; i < from.length; i++) {
      const position = step === 1 ? i % side : Math.floor(i / side);
      const before = position > 0 ? from[i - step] : from[i];
      const after = position < side - 1 ? from[i + step] : from[i];
      to[i] = (before + from[i] + after) / 3;
    }
    return to;
  };
  return along(along(values, 1), side);
}

// Draw how one frame differs from another, `gain` times: brighter is orange, darker is blue, what
// stays is a pale picture of the face.
function drawDifference(context, from, to, gain, later) {
  const before = greys(from, later), after = greys(to, later);
  if (!before || !after) return false;
  const side = pictures.side;
  const change = smooth(after.map((value, i) => value - before[i]), side);
  const image = scratch.createImageData(side, side);
  const [up, down] = [[230, 120, 0], [0, 90, 178]];
  for (let i = 0; i < change.length; i++) {
    const share = Math.min(1, (Math.abs(change[i]) * gain) / 255);
    const colour = change[i] > 0 ? up : down;
    const base = 170 + before[i] / 3;
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = base + share * (colour[c] - base);
    image.data[4 * i + 3] = 255;
  }
  scratch.putImageData(image, 0, 0);
  context.drawImage(scratch.canvas, 0, 0, context.canvas.width, context.canvas.height);
  return true;
}
