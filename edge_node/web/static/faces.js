// A face on a picture: a box in the colour of what it is, and whose.

import { capital } from "./words.js";

const COLOURS = { authorised: ["rgb(30 160 80)", "#fff"], restricted: ["rgb(205 40 45)", "#fff"], unknown: ["rgb(255 180 0)", "#000"] };

/** In words as well as in colour, for not everybody tells red from green. */
export const named = ({ event_type, person }) => (person ? `${person}, ${event_type}` : capital(event_type));

/** scale: pixels of the picture for one of the frame that the box is of. */
export function drawFace(brush, face, scale) {
  const { width: across, height: down } = brush.canvas;
  const [colour, ink] = COLOURS[face.event_type] ?? COLOURS.unknown;
  const [left, top, width, height] = face.box.map((value, index) => Math.round(value * scale[index % 2]));
  const side = Math.min(across, down);
  brush.lineWidth = 2 * Math.max(1, Math.round(side / 480));
  brush.strokeStyle = colour;
  brush.strokeRect(left, top, width, height);
  const size = Math.max(12, Math.round(side / 28));
  brush.font = `600 ${size}px system-ui, sans-serif`;
  const text = shortened(brush, named(face), across - size * 0.7);
  const strip = brush.measureText(text).width + size * 0.7;
  const above = top >= size * 1.5 ? top - size * 1.4 : Math.min(top + height, down - size * 1.4);
  const begin = Math.max(0, Math.min(left - brush.lineWidth / 2, across - strip));
  brush.fillStyle = colour;
  brush.fillRect(begin, above, strip, size * 1.4);
  brush.fillStyle = ink;
  brush.textAlign = "center";
  brush.fillText(text, begin + strip / 2, above + size * 1.02);
}

function shortened(brush, text, room) {
  const letters = [...text];
  let short = text;
  while (letters.length > 1 && brush.measureText(short).width > room) {
    letters.pop();
    short = `${letters.join("")}…`;
  }
  return short;
}
