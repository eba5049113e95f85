import { ask, latest } from "./api.js";
import { $, badge, empty, fault, make, say, show } from "./dom.js";
import { ago, bytes, lasting, number } from "./words.js";

const SECONDS = 3;
const LATE_SECONDS = 90;
let wasConnected = true;
const ms = (value) => (value === null || value === undefined ? "–" : `${Math.round(value)} ms`);

function facts(pairs) {
  const kept = pairs.filter(([, value]) => value !== null && value !== undefined);
  return make("dl", { class: "facts" }, ...kept.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value)))));
}

/** Without a broker nobody can say who is online. */
function state({ status, heard_seconds: heard }, isConnected) {
  if (!isConnected) return badge("late", status ? `was ${status}` : "not heard");
  if (status === "online" && heard > LATE_SECONDS) return badge("late", `silent for ${lasting(heard)}`);
  return badge(status === "online" ? "good" : status === "offline" ? "bad" : "late", status ?? "not heard");
}

function toggle(kind, { id, enabled }) {
  if (enabled === null) return null;
  const on = enabled === "ON";
  const words = [on ? "Recognition on" : "Recognition off", make("span", { class: "unseen" }, `(${id})`)];
  return make("button", { type: "button", class: "quiet", onclick: () => flip(kind, id, on ? "OFF" : "ON") }, ...words);
}

async function flip(kind, id, to) {
  try {
    await ask(`/api/switches/${kind}/${id}`, { to }, { method: "POST" });
    say(`Recognition of ${id}: ${to}`);
    show($("#refused"));
    setTimeout(load, 300);
  } catch (error) {
    show($("#refused"), fault(error, () => flip(kind, id, to)));
  }
}

function paces({ stats, heard_seconds: heard }) {
  if (!stats) return [];
  const dropped = Object.entries(stats.rejected).map(([reason, count]) => `${reason} ${number(count)}`).join(", ");
  return [
    ["Frames a second", stats.fps.toFixed(1)],
    ["Latency, median", ms(stats.latency_p50_ms)],
    ["Latency, 95 %", ms(stats.latency_p95_ms)],
    ["Frames answered", number(stats.processed)],
    ["Replaced by newer", number(stats.replaced)],
    ["Rejected", dropped || "none"],
    ["Heard", `${lasting(heard)} ago`],
  ];
}

function card(key, title, mark, control, pairs) {
  return make("article", { class: "panel padded", "data-key": key }, make("div", { class: "strip bare" }, make("h3", {}, title), mark, make("span", { class: "spacer" }), control ?? ""), facts(pairs));
}

function outbox({ outbox: said, stats }) {
  if (!said) return null;
  const waiting = stats?.outbox?.waiting ?? said.waiting;
  const lost = said.dropped ? `, ${number(said.dropped)} given up` : "";
  return `${number(waiting)} waiting${said.level === "ok" ? "" : `, ${said.level}`}${lost}`;
}

const node = (isConnected) => (one) => card(`node ${one.id}`, one.id, state(one, isConnected), toggle("nodes", one), [["Up", one.stats && lasting(one.stats.uptime_seconds)], ["Outbox", outbox(one)], ...paces(one)]);

const camera = (isConnected) => (one) => {
  const link = make("a", { href: `/devices/${encodeURIComponent(one.id)}` }, one.id);
  const sends = one.settings && `${one.settings.fps} fps${one.settings.width ? `, ${one.settings.width} px` : ""}`;
  const here = one.people && (one.people.count ? `${one.people.count}${one.people.names.length ? `: ${one.people.names.join(", ")}` : ""}` : "nobody");
  return card(`camera ${one.id}`, link, state(one, isConnected), toggle("devices", one), [["Before it", here], ["Sends", sends], ...paces(one)]);
};

function gallery(one) {
  const mark = one.stale ? badge("bad", "cannot be read") : badge("good", "up to date");
  return card("gallery", "Gallery", mark, null, [["People", number(one.people)], ["Photos", number(one.templates)], ["Problems", number(one.problem_count)], ["Read", one.synced_at && ago(new Date(one.synced_at))], ["Model", one.model], ["Why", one.stale_reason]]);
}

function section(title, cards, otherwise) {
  const content = cards.length ? make("div", { class: "cards" }, ...cards) : make("div", { class: "panel" }, otherwise);
  return make("section", {}, make("h2", { class: "above" }, title), content);
}

function render(system) {
  const { broker } = system;
  if (broker.connected && !wasConnected) show($("#refused"));
  wasConnected = broker.connected;
  const top = [
    card("broker", "Broker", badge(broker.connected ? "good" : "bad", broker.connected ? "connected" : "not connected"), null, [["Where", broker.place], ["Why", broker.failure]]),
    card("log", "Event log", badge(system.log_bytes === null ? "late" : "good", system.log_bytes === null ? "no file yet" : "there"), null, [["Size", system.log_bytes === null ? null : bytes(system.log_bytes)]]),
  ];
  if (system.gallery) top.push(gallery(system.gallery));
  show(
    $("#system"),
    section("This installation", top),
    section("Nodes", system.nodes.map(node(broker.connected)), empty("No node has been heard of", "edge-node run starts one.")),
    section("Cameras", system.cameras.map(camera(broker.connected)), empty("No camera has been heard of", "camera-agent sends what this machine's cameras see.")),
  );
}

const load = latest(() => ask("/api/system"), render, (error) => show($("#system"), fault(error, load)));

load();
setInterval(() => { if (!document.hidden) load(); }, SECONDS * 1000);
