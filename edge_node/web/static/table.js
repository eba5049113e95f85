// The table of events: filters, order and place live in the address, so that a link shows the same.

import { ask, Refused } from "./api.js";
import { $, empty, fault, make, say, show } from "./dom.js";
import { Filters } from "./filters.js";
import { listen, seldom } from "./news.js";
import { COLUMNS, spoken, table } from "./rows.js";
import { number, plural } from "./words.js";

const LIMIT = 50;
const REFRESH_SECONDS = 1;
const SAY_SECONDS = 5;

export class EventTable {
  /** fixed: filters that the page itself sets. onNews: told when something was logged, whoever it is about. */
  constructor(fixed = {}, onNews = () => {}) {
    this.filters = new Filters($("#filters"), fixed, (isTyping) => this.go({ offset: 0 }, isTyping));
    this.place = $("#events");
    this.total = 0;
    this.known = null;
    this.fresh = new Set();
    this.unsaid = [];
    this.refreshSoon = seldom(() => this.refresh(), REFRESH_SECONDS);
    this.hear = () => { this.refreshSoon(); onNews(); };
    this.sayNews = seldom(() => this.speak(), SAY_SECONDS);
    $(".pager").addEventListener("click", (event) => this.turn(event.target));
    $("#news").addEventListener("click", () => this.go({ sort: "time", descending: true, offset: 0 }));
    addEventListener("popstate", () => this.read());
  }

  async start() {
    await Promise.all([this.read(), this.offer()]);
    listen(this.hear, (stands) => this.pulse(stands));
  }

  async offer() {
    this.offering ??= ask("/api/names").then((names) => this.filters.offer(names), () => {});
    await this.offering;
    this.offering = null;
  }

  get isNewest() {
    return this.sort === "time" && this.descending && this.offset === 0;
  }

  /** Takes filters, order and place from the address. */
  async read() {
    const query = new URLSearchParams(location.search);
    this.filters.read(query);
    this.sort = COLUMNS.some(([key]) => key === query.get("sort")) ? query.get("sort") : "time";
    this.descending = query.get("order") !== "ascending";
    this.offset = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.floor(Number(query.get("offset")) || 0)));
    await this.load();
  }

  go(to, isSmall = false) {
    Object.assign(this, to);
    const query = new URLSearchParams();
    this.filters.write(query);
    if (this.sort !== "time") query.set("sort", this.sort);
    if (!this.descending) query.set("order", "ascending");
    if (this.offset) query.set("offset", this.offset);
    history[isSmall ? "replaceState" : "pushState"](null, "", query.size ? `?${query}` : location.pathname);
    return this.load();
  }

  get lastOffset() {
    return Math.max(0, Math.ceil(this.total / LIMIT) - 1) * LIMIT;
  }

  turn(button) {
    const places = { first: 0, previous: Math.max(0, this.offset - LIMIT), next: Math.min(this.lastOffset, this.offset + LIMIT), last: this.lastOffset };
    const offset = places[button.dataset.go];
    if (offset !== undefined && button.getAttribute("aria-disabled") !== "true") this.go({ offset });
  }

  /** What somebody asked for goes before news, which never end a load. */
  async load({ quietly = false } = {}) {
    if (quietly && this.request) {
      this.refreshSoon();
      return;
    }
    this.request?.abort();
    const request = (this.request = new AbortController());
    if (!quietly) this.place.setAttribute("aria-busy", "true");
    try {
      if (this.filters.isUnreadable) throw new Refused(400, { error: "bad_parameter", detail: "a time that cannot be read" });
      const order = { sort: this.sort, descending: this.descending, offset: this.offset, limit: LIMIT };
      const page = await ask("/api/events", { ...this.filters.parameters(), ...order }, { signal: request.signal });
      this.total = page.total;
      if (page.rows.length || !this.offset) this.render(page.rows, quietly);
      else this.go({ offset: this.lastOffset }, true);
    } catch (error) {
      if (error.name === "AbortError" || quietly) return;
      $("#count").textContent = "";
      this.known = null;
      show(this.place, error.status === 400 ? this.impossible() : fault(error, () => this.load()));
    } finally {
      if (this.request === request) this.request = null;
    }
  }

  render(events, quietly) {
    const came = quietly && this.known ? events.filter((one) => !this.known.has(one.event_id)) : [];
    if (came.length || !quietly) this.fresh = new Set(came.map((one) => one.event_id));
    this.known = new Set(events.map((one) => one.event_id));
    const shape = { sort: this.sort, descending: this.descending, fresh: this.fresh, onSort: (sort, descending) => this.go({ sort, descending, offset: 0 }) };
    show(this.place, events.length ? table(events, shape) : this.nothing());
    this.count(events.length);
    if (this.filters.misses(events)) this.offer();
    if (!quietly) say($("#count").textContent);
    if (!came.length) return;
    this.unsaid.push(...came.map(spoken));
    this.sayNews();
  }

  count(shown) {
    $("#news").hidden = true;
    $("#count").textContent = plural(this.total, "event");
    $("#place").textContent = shown ? `${number(this.offset + 1)}–${number(this.offset + shown)}` : "";
    const query = new URLSearchParams(Object.entries(this.filters.parameters()).filter(([, value]) => value));
    for (const kind of ["csv", "json"]) $(`#${kind}`).href = `/api/events.${kind}?${query}`;
    const [atFirst, atLast] = [this.offset === 0, this.offset + shown >= this.total];
    for (const button of document.querySelectorAll(".pager button")) {
      button.setAttribute("aria-disabled", ["first", "previous"].includes(button.dataset.go) ? atFirst : atLast);
    }
  }

  nothing() {
    if (this.filters.isEmpty) return empty("Nothing has happened yet", "Events appear here as they come.");
    return empty("No event matches", "Try fewer filters.", this.clearing());
  }

  impossible() {
    return empty("There is no such filter", "This link asks for something that cannot be.", this.clearing());
  }

  clearing() {
    return make("div", {}, make("button", { type: "button", class: "quiet", onclick: () => this.filters.clear() }, "Clear the filters"));
  }

  async refresh() {
    if (this.isNewest) {
      await this.load({ quietly: true });
      return;
    }
    const { total } = await ask("/api/events", { ...this.filters.parameters(), limit: 0 }).catch(() => this);
    const waiting = total - this.total;
    if (waiting <= 0) return;
    $("#news").hidden = false;
    $("#news").textContent = plural(waiting, "new event");
    this.unsaid = Array(waiting).fill(plural(waiting, "new event"));
    this.sayNews();
  }

  speak() {
    if (this.unsaid.length) say(this.unsaid.length === 1 ? this.unsaid[0] : plural(this.unsaid.length, "new event"));
    this.unsaid = [];
  }

  pulse(stands) {
    const pulse = $("#pulse");
    pulse.hidden = false;
    pulse.className = stands ? "pulse on" : "pulse";
    pulse.textContent = stands ? "live" : "reconnecting…";
    if (stands && this.broken) this.hear();
    this.broken = !stands;
  }
}
