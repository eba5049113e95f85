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
const DATE = { day: "numeric", month: "short" };
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

/** By instants: in the hour that a clock shows twice, the time of day does not say which one is meant. */
const fullHour = (time) => new Date(time.getTime() - (time.getMinutes() * 60 + time.getSeconds()) * 1000 - time.getMilliseconds());
const day = (time, more = 0) => new Date(time.getFullYear(), time.getMonth(), time.getDate() + more);
const monday = (time) => day(time, -((time.getDay() + 6) % 7));
const month = (time, more = 0) => new Date(time.getFullYear(), time.getMonth() + more);
const year = (time, more = 0) => new Date(time.getFullYear() + more, 0);

/** What a bar is for: when it begins and when the next does, and what is said of it. */
const STEPS = [
  { name: "hour", begin: fullHour, next: (time) => new Date(time.getTime() + HOUR), title: { weekday: "short", ...DATE, hour: "2-digit", minute: "2-digit" } },
  { name: "day", begin: day, next: (time) => day(time, 1), title: DATE },
  { name: "week", begin: monday, next: (time) => day(time, 7), title: DATE, prefix: "Week of " },
  { name: "month", begin: month, next: (time) => month(time, 1), title: { month: "short" } },
  { name: "year", begin: year, next: (time) => year(time, 1), title: {} },
];

function begins({ begin, next }, since) {
  const times = [];
  for (let at = begin(since); at <= Date.now(); at = next(at)) times.push(at);
  return times;
}

function overTime(hours, days) {
  const since = days ? new Date(Date.now() - days * DAY) : new Date(hours[0].at);
  const isLong = !days || days > HOURS_SHOWN || (days > 1 && innerWidth < NARROW_PIXELS);
  const steps = STEPS.slice(isLong ? 1 : 0);
  const step = steps.find((one) => begins(one, since).length <= BARS_AT_MOST) ?? steps.at(-1);
  const inYear = since.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  const [title, date] = [label({ ...step.title, ...inYear }), label({ ...DATE, ...inYear })];
  const counts = new Map();
  for (const hour of hours) add(counts, step.begin(new Date(hour.at)).getTime(), hour);
  const ofHour = (at) => (days === 1 ? ONE_HOUR.format(at) : at.getHours() === 0 ? date.format(at) : "");
  const below = step.name === "hour" ? ofHour : (at) => title.format(at);
  const bars = begins(step, since).map((at) => ({ label: below(at), title: `${step.prefix ?? ""}${title.format(at)}`, ...(counts.get(at.getTime()) ?? none()) }));
  $("#over-time").textContent = `By ${step.name}`;
  return stacked($("#time"), bars, `Events by ${step.name}`);
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
