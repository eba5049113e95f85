import { ask, latest } from "./api.js";
import { measures, stacked, TYPES } from "./chart.js";
import { $, empty, fault, show } from "./dom.js";
import { choose, fill } from "./filters.js";
import { listen, seldom } from "./news.js";

const form = $("#range");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOURS_SHOWN = 7;
const NARROW_PIXELS = 700;
const BARS_AT_MOST = 400;
const NEWS_SECONDS = 5;
const label = (options) => new Intl.DateTimeFormat([], { ...options, hourCycle: "h23" });
const ONE_HOUR = label({ hour: "2-digit", minute: "2-digit" });
const ONE_DAY = label({ day: "numeric", month: "short" });
const BOTH = label({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const none = () => ({ authorised: 0, restricted: 0, unknown: 0 });
let counted = null;
let later;

/** Minutes by which hours begin here before they do in UTC. */
const shift = () => ((-new Date().getTimezoneOffset() % 60) + 60) % 60;

function add(bars, key, hour) {
  const bar = bars.get(key) ?? none();
  for (const type of TYPES) bar[type] += hour[type];
  bars.set(key, bar);
}

const midnight = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();
const fullHour = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate(), time.getHours()).getTime();

function overTime(hours, days) {
  const byDay = !days || days > HOURS_SHOWN || (days > 1 && innerWidth < NARROW_PIXELS);
  const [begins, format] = byDay ? [midnight, ONE_DAY] : [fullHour, BOTH];
  const counts = new Map();
  for (const hour of hours) add(counts, begins(new Date(hour.at)), hour);
  const first = begins(days ? new Date(Date.now() - days * DAY) : new Date(hours[0].at));
  const below = (at) => (byDay || (days > 1 && at.getHours() === 0) ? ONE_DAY.format(at) : days > 1 ? "" : ONE_HOUR.format(at));
  const bars = [];
  for (let at = new Date(first); at <= Date.now(); at = byDay ? new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1) : new Date(at.getTime() + HOUR)) {
    bars.push({ label: below(at), title: format.format(at), ...(counts.get(at.getTime()) ?? none()) });
  }
  $("#over-time").textContent = byDay ? "By day" : "By hour";
  return stacked($("#time"), bars.slice(-BARS_AT_MOST), byDay ? "Events by day" : "Events by hour");
}

function byClock(hours) {
  const counts = new Map();
  for (const hour of hours) add(counts, new Date(hour.at).getHours(), hour);
  const bars = Array.from({ length: 24 }, (_, hour) => ({ label: `${hour}`.padStart(2, "0"), title: `${hour}:00`, ...(counts.get(hour) ?? none()) }));
  return stacked($("#clock"), bars, "Events by hour of the day");
}

const days = () => Number(form.elements.days.value);

function draw() {
  if (!counted) return;
  if (!counted.length) {
    for (const id of ["time", "clock", "types"]) show($(`#${id}`), empty("No events in this time", "Choose a longer one."));
    return;
  }
  const total = TYPES.map((type) => [type, counted.reduce((sum, hour) => sum + hour[type], 0)]);
  show($("#time"), overTime(counted, days()));
  show($("#clock"), byClock(counted));
  show($("#types"), ...measures(total));
}

function count() {
  const since = days() ? new Date(Date.now() - days() * DAY).toISOString() : "";
  return ask("/api/hours", { since, device: form.elements.device.value, shift: shift() });
}

function refuse(error) {
  for (const id of ["clock", "types"]) show($(`#${id}`));
  show($("#time"), fault(error, load));
}

const load = latest(count, ({ hours }) => { counted = hours; draw(); }, refuse);

function change() {
  const query = new URLSearchParams({ days: form.elements.days.value, device: form.elements.device.value });
  if (!form.elements.device.value) query.delete("device");
  history.replaceState(null, "", `?${query}`);
  return load();
}

async function offer() {
  const names = await ask("/api/names").catch(() => null);
  if (names) fill(form.elements.device, names.devices.map((one) => [one, one]));
}

async function start() {
  const query = new URLSearchParams(location.search);
  await offer();
  if (query.has("days")) form.elements.days.value = query.get("days");
  choose(form.elements.device, query.get("device") ?? "");
  form.addEventListener("change", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("resize", () => { clearTimeout(later); later = setTimeout(draw, 200); });
  await load();
  const heard = seldom(() => { load(); offer(); }, NEWS_SECONDS);
  listen(heard, (stands) => { if (stands) heard(); });
}

start();
