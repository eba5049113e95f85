import { ask } from "./api.js";
import { measures, stacked, TYPES } from "./chart.js";
import { $, empty, fault, make, show } from "./dom.js";

const form = $("#range");
let later;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOURS_SHOWN = 3;
const label = (options) => new Intl.DateTimeFormat([], { ...options, hourCycle: "h23" });
const ONE_HOUR = label({ hour: "2-digit", minute: "2-digit" });
const ONE_DAY = label({ day: "numeric", month: "short" });
const BOTH = label({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const none = () => ({ authorised: 0, restricted: 0, unknown: 0 });

function add(bars, key, hour) {
  const bar = bars.get(key) ?? none();
  for (const type of TYPES) bar[type] += hour[type];
  bars.set(key, bar);
}

const midnight = (time) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime();

function overTime(hours, days) {
  const byDay = !(days && days <= HOURS_SHOWN);
  const begin = days ? Date.now() - days * DAY : new Date(hours[0].at).getTime();
  const counted = new Map();
  for (const hour of hours) {
    const at = new Date(hour.at);
    add(counted, byDay ? midnight(at) : at.getTime(), hour);
  }
  const bars = [];
  const first = byDay ? midnight(new Date(begin)) : Math.floor(begin / HOUR) * HOUR;
  for (let at = new Date(first); at <= Date.now(); at = byDay ? new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1) : new Date(at.getTime() + HOUR)) {
    bars.push({ label: (byDay ? ONE_DAY : ONE_HOUR).format(at), title: (byDay ? ONE_DAY : BOTH).format(at), ...(counted.get(at.getTime()) ?? none()) });
  }
  $("#over-time").textContent = byDay ? "By day" : "By hour";
  return stacked($("#time"), bars.slice(-400), byDay ? "Events by day" : "Events by hour");
}

function byClock(hours) {
  const counted = new Map();
  for (const hour of hours) add(counted, new Date(hour.at).getHours(), hour);
  const bars = Array.from({ length: 24 }, (_, hour) => ({ label: `${hour}`.padStart(2, "0"), title: `${hour}:00`, ...(counted.get(hour) ?? none()) }));
  return stacked($("#clock"), bars, "Events by hour of the day");
}

async function load() {
  const days = Number(form.elements.days.value);
  const device = form.elements.device.value;
  const query = new URLSearchParams(Object.entries({ days: form.elements.days.value, device }).filter(([, value]) => value));
  history.replaceState(null, "", `?${query}`);
  const since = days ? new Date(Date.now() - days * DAY).toISOString() : "";
  try {
    const { hours } = await ask("/api/hours", { since, device });
    if (!hours.length) {
      for (const id of ["time", "clock", "types"]) show($(`#${id}`), empty("No events in this time", "Choose a longer one."));
      return;
    }
    const total = TYPES.map((type) => [type, hours.reduce((sum, hour) => sum + hour[type], 0)]);
    show($("#time"), overTime(hours, days));
    show($("#clock"), byClock(hours));
    show($("#types"), ...measures(total));
  } catch (error) {
    for (const id of ["clock", "types"]) show($(`#${id}`));
    show($("#time"), fault(error, load));
  }
}

async function start() {
  const query = new URLSearchParams(location.search);
  const names = await ask("/api/names").catch(() => ({ devices: [] }));
  form.elements.device.append(...names.devices.map((one) => make("option", { value: one }, one)));
  if (query.size) {
    form.elements.days.value = query.get("days") ?? "";
    form.elements.device.value = query.get("device") ?? "";
  }
  form.addEventListener("change", load);
  addEventListener("resize", () => { clearTimeout(later); later = setTimeout(load, 200); });
  form.addEventListener("submit", (event) => event.preventDefault());
  await load();
}

start();
