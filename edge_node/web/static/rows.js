// Events as rows of a table.

import { badge, make } from "./dom.js";
import { capital, clock, day, number } from "./words.js";

export const COLUMNS = [
  ["time", "Time"],
  ["type", "Type"],
  ["person", "Person"],
  ["device", "Camera"],
  ["zone", "Zone"],
  ["similarity", "Similarity", "right"],
  ["latency", "Latency", "right"],
];
const LARGEST_FIRST = ["time", "similarity", "latency"];

/** fresh: ids of events that have just come. onSort: told by what, and whether the largest comes first. */
export function table(events, { sort, descending, fresh, onSort }) {
  const head = COLUMNS.map(([key, text, side]) => {
    const sorted = key === sort ? (descending ? "descending" : "ascending") : null;
    const turned = key === sort ? !descending : LARGEST_FIRST.includes(key);
    const button = make("button", { type: "button", "data-sort": key, onclick: () => onSort(key, turned) }, text);
    return make("th", { scope: "col", class: side, "aria-sort": sorted }, button);
  });
  const body = events.map((event) => row(event, fresh.has(event.event_id)));
  return make("table", { "aria-label": "Events" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
}

function row(event, fresh) {
  const time = new Date(event.at);
  const person = event.person_id
    ? make("a", { href: `/people/${encodeURIComponent(event.person_id)}` }, event.person ?? event.person_id)
    : make("span", { class: "muted" }, "Nobody known");
  const cells = {
    time: [make("time", { datetime: event.at }, clock(time)), " ", make("small", {}, day(time))],
    type: [badge(event.event_type, capital(event.event_type))],
    person: [person, event.muted && make("small", {}, ` quiet: ${event.muted}`), event.test && make("small", {}, " test")],
    device: [make("a", { href: `/devices/${encodeURIComponent(event.device)}` }, event.device)],
    zone: [event.zone ?? "–"],
    similarity: [event.similarity === null ? "–" : event.similarity.toFixed(2)],
    latency: [event.latency_ms === null ? "–" : `${number(event.latency_ms)} ms`],
  };
  return make(
    "tr",
    { class: fresh && "fresh", "data-key": event.event_id },
    ...COLUMNS.map(([key, , side]) => make("td", { class: side ? `${key} ${side}` : key }, ...cells[key].filter(Boolean))),
  );
}

export const spoken = (event) => `${event.person ?? "Somebody unknown"}, ${event.event_type}, ${event.device}`;
