// Pictures at the browser's own pace: the next ones are asked for when these are drawn.

import { ask } from "./api.js";
import { $, badge, empty, fault, make, show } from "./dom.js";
import { drawFace, named } from "./faces.js";
import { unpack } from "./pictures.js";
import { lasting } from "./words.js";

const LOOK_SECONDS = 5;
const PAUSE_SECONDS = 1;
const OLD_SECONDS = 5;
const AT_ONCE = 64;
const NAMES_SHOWN = 6;
const cameras = new Map();
const place = $("#cameras");
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

class Camera {
  constructor(device) {
    this.device = device;
    this.number = 0;
    this.isSeen = false;
    this.canvas = make("canvas", { width: 640, height: 360, role: "img", "aria-label": `${device}: no picture yet`, "data-device": device });
    this.names = make("span", { class: "names" });
    this.status = make("span", { class: "muted" }, "waiting for a picture…");
    const caption = make("figcaption", {}, make("a", { href: `/devices/${encodeURIComponent(device)}` }, device), this.names, make("span", { class: "spacer" }), this.status);
    this.figure = make("figure", { class: "camera panel" }, this.canvas, caption);
  }

  async draw(caption, jpeg) {
    const picture = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })).catch(() => null);
    this.number = caption.number;
    if (!picture) {
      this.trouble = "a picture that cannot be read";
      return;
    }
    this.trouble = null;
    this.drawn = performance.now();
    Object.assign(this.canvas, { width: picture.width, height: picture.height });
    const brush = this.canvas.getContext("2d");
    brush.drawImage(picture, 0, 0);
    const [width, height] = caption.frame_size ?? [picture.width, picture.height];
    const scale = [picture.width / width, picture.height / height];
    for (const face of caption.faces) drawFace(brush, face, scale);
    picture.close();
    this.list(caption.faces);
    this.age();
    this.canvas.dataset.number = caption.number;
    this.canvas.dataset.matched = caption.matched;
  }

  list(faces) {
    const said = faces.map(named).join("; ");
    if (said === this.said) return;
    this.said = said;
    this.canvas.setAttribute("aria-label", `${this.device}: ${said || "nobody"}`);
    show(this.names, ...faces.slice(0, NAMES_SHOWN).map((face) => badge(face.event_type, named(face))));
  }

  /** An old picture is not to be taken for the present. */
  age() {
    const seconds = this.number ? (performance.now() - this.drawn) / 1000 : 0;
    const isOld = seconds > OLD_SECONDS;
    this.figure.classList.toggle("old", isOld);
    if (isOld) {
      this.said = null;
      show(this.names);
      this.canvas.setAttribute("aria-label", `${this.device}: no new picture`);
    }
    const { status, enabled } = this.state ?? {};
    const words = [
      this.trouble,
      !this.number && status !== "offline" && "waiting for a picture…",
      isOld && `${lasting(seconds)} ago`,
      status === "offline" && "offline",
      enabled === "OFF" && "recognition is off",
    ];
    this.status.textContent = words.filter(Boolean).join(", ");
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const camera = cameras.get(target.dataset.key);
    if (camera) camera.isSeen = isIntersecting;
  }
}, { rootMargin: "200px" });

async function look() {
  const { cameras: states, nodes, broker } = await ask("/api/system");
  const isOff = nodes.length > 0 && nodes.every((one) => one.enabled === "OFF");
  const known = new Set(states.map((one) => one.id));
  for (const [device, { figure }] of [...cameras]) {
    if (known.has(device)) continue;
    seen.unobserve(figure);
    cameras.delete(device);
  }
  for (const state of states) {
    if (!cameras.has(state.id)) {
      const camera = new Camera(state.id);
      camera.figure.dataset.key = state.id;
      cameras.set(state.id, camera);
      seen.observe(camera.figure);
    }
    cameras.get(state.id).state = isOff ? { ...state, enabled: "OFF" } : state;
  }
  const unreached = broker.connected ? null : `No broker: ${broker.failure ?? "connecting"}`;
  show($("#notice"), ...(unreached && cameras.size ? [make("p", { class: "panel padded fault above", role: "alert" }, unreached)] : []));
  if (cameras.size) show(place, ...states.map((one) => cameras.get(one.id).figure));
  else show(place, empty("No camera has been heard of", unreached ?? "Start a camera agent, or wait a moment."));
}

async function watch() {
  const asked = [...cameras.values()].filter((one) => one.isSeen).slice(0, AT_ONCE);
  if (!asked.length) {
    await pause(PAUSE_SECONDS / 5);
    return;
  }
  const answer = await ask(`/api/live?${new URLSearchParams(asked.map((one) => ["camera", `${one.device}:${one.number}`]))}`);
  for (const { caption, jpeg } of unpack(await answer.arrayBuffer())) {
    await cameras.get(caption.device)?.draw(caption, jpeg);
  }
  await new Promise(requestAnimationFrame);
}

async function forever(work, seconds) {
  for (;;) {
    if (document.hidden) await new Promise((back) => document.addEventListener("visibilitychange", back, { once: true }));
    try {
      await work();
    } catch (error) {
      show($("#notice"), fault(error, () => location.reload()));
      await pause(PAUSE_SECONDS * 3);
    }
    await pause(seconds());
  }
}

forever(look, () => (cameras.size ? LOOK_SECONDS : PAUSE_SECONDS));
forever(watch, () => 0);
setInterval(() => { for (const camera of cameras.values()) camera.age(); }, PAUSE_SECONDS * 1000);
