// A person or a camera: in short, and their events.

import { ask, latest } from "./api.js";
import { $, fault, make, show } from "./dom.js";
import { seldom } from "./news.js";
import { EventTable } from "./table.js";
import { ago, capital, clock, day, number } from "./words.js";

const { kind, id } = $("#subject").dataset;
const filter = kind === "person" ? { person: id } : { device: id };
const other = kind === "person" ? "by_device" : "by_person";
const NEWS_SECONDS = 5;
const AGO_SECONDS = 10;
let known;

const load = latest(
  () => Promise.all([ask("/api/span", filter), ask("/api/names")]),
  (answers) => {
    known = answers;
    inShort();
  },
  (error) => { if (!known) show($("#span"), fault(error, load)); },
);

function inShort() {
  const [span, names] = known;
  const name = names.people.find((one) => one.id === id)?.name;
  if (kind === "person" && name) {
    $("#subject").textContent = name;
    document.title = `${name} · Edge node`;
  }
  const tiles = [tile(span.last ? ago(new Date(span.last)) : "never", "Last seen", "small")];
  if (span.last) tiles.push(tile(`${clock(new Date(span.last))}, ${day(new Date(span.last))}`, "Last event", "small"));
  for (const type of ["authorised", "restricted", "unknown"]) {
    if (span.types[type]) tiles.push(tile(number(span.types[type]), capital(type)));
  }
  const [most] = span[other];
  if (most) {
    const called = names.people.find((one) => one.id === most[0])?.name ?? most[0];
    tiles.push(tile(called, kind === "person" ? "Most often at" : "Most often here", "small"));
  }
  show($("#span"), ...tiles);
}

const tile = (value, text, size) => make("div", { class: "tile" }, make("b", { class: size }, value), make("span", {}, text));

load();
setInterval(() => { if (known && !document.hidden) inShort(); }, AGO_SECONDS * 1000);
new EventTable(filter, seldom(load, NEWS_SECONDS)).start();
