// Pictures at the browser's own pace: the next ones are asked for when these are drawn.

import { ask } from "./api.js";
import { $, badge, empty, fault, make, show } from "./dom.js";
import { unpack } from "./pictures.js";
import { capital } from "./words.js";

const COLOURS = { authorised: ["rgb(30 160 80)", "#fff"], restricted: ["rgb(205 40 45)", "#fff"], unknown: ["rgb(255 180 0)", "#000"] };
const LOOK_SECONDS = 5;
const PAUSE_SECONDS = 1;
const cameras = new Map();
const place = $("#cameras");
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Camera {
  constructor(device) {
    this.number = 0;
    this.canvas = make("canvas", { width: 640, height: 360, role: "img", "aria-label": `${device}: no picture yet`, "data-device": device });
    this.names = make("span", {});
    this.status = make("span", { class: "muted" }, "waiting for a picture…");
    this.device = device;
    const caption = make("figcaption", {}, make("a", { href: `/devices/${encodeURIComponent(device)}` }, device), this.names, make("span", { class: "spacer" }), this.status);
    this.figure = make("figure", { class: "camera panel" }, this.canvas, caption);
  }

  say({ status, enabled }) {
    const words = [status === "offline" && "offline", enabled === "OFF" && "recognition is off"].filter(Boolean);
    if (words.length || this.number) this.status.textContent = words.join(", ");
  }

  async draw(caption, jpeg) {
    const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })).catch(() => null);
    this.number = caption.number;
    if (!picture) {
      this.status.textContent = "a picture that cannot be read";
      return;
    }
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    const brush = this.canvas.getContext("2d");
    brush.drawImage(picture, 0, 0);
    const [width, height] = caption.frame_size ?? [picture.width, picture.height];
    const scale = [picture.width / width, picture.height / height];
    for (const face of caption.faces) drawFace(brush, face, scale, Math.min(picture.width, picture.height));
    picture.close();
    this.list(caption.faces);
    this.canvas.dataset.number = caption.number;
    this.canvas.dataset.matched = caption.matched;
    if (this.status.textContent.endsWith("…")) this.status.textContent = "";
  }

  list(faces) {
    const said = faces.map((face) => `${face.event_type} ${face.person ?? ""}`.trim()).join(", ");
    if (said === this.said) return;
    this.said = said;
    this.canvas.setAttribute("aria-label", `${this.device}: ${said || "nobody"}`);
    this.names.replaceChildren(...faces.slice(0, 6).map((face) => badge(face.event_type, face.person ?? capital(face.event_type))));
  }
}

function drawFace(brush, face, [across, down], side) {
  const [colour, ink] = COLOURS[face.event_type] ?? COLOURS.unknown;
  const [left, top, width, height] = face.box.map((value, index) => Math.round(value * (index % 2 ? down : across)));
  brush.lineWidth = 2 * Math.max(1, Math.round(side / 480));
  brush.strokeStyle = colour;
  brush.strokeRect(left, top, width, height);
  const size = Math.max(12, Math.round(side / 28));
  brush.font = `600 ${size}px system-ui, sans-serif`;
  const text = face.person ?? "unknown";
  const strip = brush.measureText(text).width + size * 0.7;
  const above = top >= size * 1.5 ? top - size * 1.4 : top + height;
  brush.fillStyle = colour;
  brush.fillRect(left - brush.lineWidth / 2, above, strip, size * 1.4);
  brush.fillStyle = ink;
  brush.fillText(text, left + size * 0.3, above + size * 1.02);
}

async function look() {
  const system = await ask("/api/system");
  for (const state of system.cameras) {
    if (!cameras.has(state.id)) {
      const camera = new Camera(state.id);
      if (!cameras.size) show(place);
      cameras.set(state.id, camera);
      place.append(camera.figure);
    }
    cameras.get(state.id).say(state);
  }
  if (!cameras.size) show(place, empty("No camera has been heard of", system.broker.connected ? "Start a camera agent, or wait a moment." : `No broker: ${system.broker.failure ?? "connecting"}`));
}

async function watch() {
  const query = new URLSearchParams([...cameras].slice(0, 64).map(([device, camera]) => ["camera", `${device}:${camera.number}`]));
  const answer = await ask(`/api/live?${query}`);
  for (const { caption, jpeg } of unpack(await answer.arrayBuffer())) {
    await cameras.get(caption.device)?.draw(caption, jpeg);
  }
  await new Promise(requestAnimationFrame);
}

async function forever(work, seconds) {
  for (;;) {
    if (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
    try {
      await work();
      $(".fault", place)?.remove();
    } catch (error) {
      if (!$(".fault", place)) place.prepend(fault(error, () => location.reload()));
      await pause(PAUSE_SECONDS * 3);
    }
    await pause(seconds());
  }
}

forever(look, () => (cameras.size ? LOOK_SECONDS : PAUSE_SECONDS));
forever(async () => { if (cameras.size) await watch(); }, () => (cameras.size ? 0 : PAUSE_SECONDS / 5));
