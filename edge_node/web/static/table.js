// The table of events: filters, order and place live in the address, so that a link shows the same.

import { ask, listen } from "./api.js";
import { $, badge, empty, fault, make, say, show } from "./dom.js";
import { capital, clock, day, number } from "./words.js";

const LIMIT = 50;
const FILTERS = ["text", "person", "device", "type", "since", "until"];
const COLUMNS = [
  ["time", "Time"],
  ["type", "Type"],
  ["person", "Person"],
  ["device", "Camera"],
  ["zone", "Zone"],
  ["similarity", "Similarity", "right"],
  ["latency", "Latency", "right"],
];

export class EventTable {
  /** fixed: filters that the page itself sets. */
  constructor(fixed = {}) {
    this.fixed = fixed;
    this.form = $("#filters");
    this.place = $("#events");
    this.known = new Set();
    this.total = 0;
    this.waiting = 0;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("reset", () => setTimeout(() => this.filter()));
    $(".pager").addEventListener("click", (event) => this.turn(event.target.dataset.go));
    $("#news").addEventListener("click", () => this.go({ sort: "time", descending: true, offset: 0 }));
    addEventListener("popstate", () => this.read());
  }

  async start() {
    await this.nameFilters().catch(() => {});
    await this.read();
    listen((news) => this.hear(news), (stands) => this.pulse(stands));
  }

  async nameFilters() {
    const names = await ask("/api/names");
    const add = (name, options) => this.form.elements[name].append(...options);
    add("person", names.people.map((one) => make("option", { value: one.id }, one.name)));
    add("device", names.devices.map((one) => make("option", { value: one }, one)));
  }

  /** Takes filters, order and place from the address. */
  async read() {
    const query = new URLSearchParams(location.search);
    for (const name of FILTERS) this.form.elements[name].value = query.get(name) ?? "";
    this.sort = query.get("sort") ?? "time";
    this.descending = query.get("order") !== "ascending";
    this.offset = Math.max(0, Number(query.get("offset")) || 0);
    await this.load();
  }

  parameters() {
    const values = Object.fromEntries(FILTERS.map((name) => [name, this.form.elements[name].value.trim()]));
    for (const name of ["since", "until"]) {
      if (values[name]) values[name] = new Date(values[name]).toISOString();
    }
    return { ...values, ...this.fixed };
  }

  go(to) {
    Object.assign(this, to);
    const query = new URLSearchParams();
    for (const name of FILTERS) if (this.form.elements[name].value) query.set(name, this.form.elements[name].value.trim());
    if (this.sort !== "time") query.set("sort", this.sort);
    if (!this.descending) query.set("order", "ascending");
    if (this.offset) query.set("offset", this.offset);
    history.pushState(null, "", query.size ? `?${query}` : location.pathname);
    return this.load();
  }

  typed() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.filter(), 180);
  }

  filter() {
    return this.go({ offset: 0 });
  }

  turn(way) {
    const last = Math.max(0, Math.ceil(this.total / LIMIT) - 1) * LIMIT;
    const places = { first: 0, previous: Math.max(0, this.offset - LIMIT), next: Math.min(last, this.offset + LIMIT), last };
    if (way in places) this.go({ offset: places[way] });
  }

  async load({ quietly = false } = {}) {
    this.request?.abort();
    this.request = new AbortController();
    if (!quietly) this.place.setAttribute("aria-busy", "true");
    try {
      const order = { sort: this.sort, descending: this.descending, offset: this.offset, limit: LIMIT };
      const page = await ask("/api/events", { ...this.parameters(), ...order }, { signal: this.request.signal });
      this.render(page, quietly);
    } catch (error) {
      if (error.name === "AbortError") return;
      $("#count").textContent = "";
      show(this.place, fault(error, () => this.load()));
    }
  }

  render(page, quietly) {
    const { total, rows } = page;
    this.total = total;
    this.waiting = 0;
    $("#news").hidden = true;
    $("#count").textContent = total === 1 ? "1 event" : `${number(total)} events`;
    const query = new URLSearchParams(Object.entries(this.parameters()).filter(([, value]) => value));
    for (const kind of ["csv", "json"]) $(`#${kind}`).href = `/api/events.${kind}?${query}`;
    const focused = document.activeElement?.dataset?.sort;
    show(this.place, rows.length ? this.table(rows, quietly) : this.nothing());
    if (focused) $(`[data-sort="${focused}"]`)?.focus();
    $("#place").textContent = rows.length ? `${number(this.offset + 1)}–${number(this.offset + rows.length)}` : "";
    const [atFirst, atLast] = [this.offset === 0, this.offset + rows.length >= total];
    for (const button of document.querySelectorAll(".pager button")) {
      button.disabled = ["first", "previous"].includes(button.dataset.go) ? atFirst : atLast;
    }
    for (const row of rows) this.known.add(row.event_id);
  }

  nothing() {
    const filtered = FILTERS.some((name) => this.form.elements[name].value);
    if (!filtered) return empty("Nothing has happened yet", "Events appear here as they come.");
    return empty("No event matches", "Try fewer filters.", make("div", {}, make("button", { class: "quiet", onclick: () => this.form.reset() }, "Clear the filters")));
  }

  table(rows, quietly) {
    const head = COLUMNS.map(([key, text, side]) => {
      const sorted = key === this.sort ? (this.descending ? "descending" : "ascending") : null;
      const turned = key === this.sort ? !this.descending : ["time", "similarity", "latency"].includes(key);
      const button = make("button", { type: "button", "data-sort": key, onclick: () => this.go({ sort: key, descending: turned, offset: 0 }) }, text);
      return make("th", { scope: "col", class: side, "aria-sort": sorted }, button);
    });
    const body = rows.map((row) => this.row(row, quietly && !this.known.has(row.event_id)));
    return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
  }

  row(event, fresh) {
    const time = new Date(event.captured_at);
    const person = event.person_id
      ? make("a", { href: `/people/${encodeURIComponent(event.person_id)}` }, event.person ?? event.person_id)
      : make("span", { class: "muted" }, "Nobody known");
    const cells = {
      time: [make("time", { datetime: event.captured_at }, clock(time)), make("small", {}, day(time))],
      type: [badge(event.event_type, capital(event.event_type))],
      person: [person, event.muted && make("small", {}, `quiet: ${event.muted}`), event.test && make("small", {}, "test")],
      device: [make("a", { href: `/devices/${encodeURIComponent(event.device)}` }, event.device)],
      zone: [event.zone ?? "–"],
      similarity: [event.similarity === null ? "–" : event.similarity.toFixed(2)],
      latency: [`${number(event.latency_ms)} ms`],
    };
    return make(
      "tr",
      { class: fresh && "fresh", "data-event": event.event_id },
      ...COLUMNS.map(([key, , side]) => make("td", { class: `${key} ${side ?? ""}` }, ...cells[key].filter(Boolean))),
    );
  }

  hear({ rows }) {
    const latest = rows.at(-1);
    say(`${latest.person ?? "Somebody unknown"}, ${latest.event_type}, ${latest.device}`);
    if (this.sort === "time" && this.descending && this.offset === 0) {
      this.load({ quietly: true });
      return;
    }
    this.waiting += rows.length;
    $("#news").hidden = false;
    $("#news").textContent = this.waiting === 1 ? "1 new event" : `${number(this.waiting)} new events`;
  }

  pulse(stands) {
    const pulse = $("#pulse");
    pulse.hidden = false;
    pulse.className = stands ? "pulse on" : "pulse";
    pulse.textContent = stands ? "live" : "reconnecting…";
    if (stands && this.broken) this.load({ quietly: true });
    this.broken = !stands;
  }
}
