// What the table is filtered by: a form, the address, and the question to the server.

import { make } from "./dom.js";

const NAMES = ["text", "person", "device", "type", "since", "until"];
const TIMES = ["since", "until"];
const ZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i;
const TYPING_MILLISECONDS = 180;

export class Filters {
  /** fixed: filters that the page itself sets. onChange: told whether the change is one of many, as in typing. */
  constructor(form, fixed, onChange) {
    this.form = form;
    this.fixed = fixed;
    this.unreadable = {};
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => {
      this.unreadable = {};
      setTimeout(() => onChange(false));
    });
    form.addEventListener("input", ({ target }) => {
      delete this.unreadable[target.name];
      clearTimeout(this.pause);
      this.pause = setTimeout(() => onChange(target.name === "text"), TYPING_MILLISECONDS);
    });
  }

  get isEmpty() {
    return NAMES.every((name) => !this.form.elements[name].value);
  }

  get isUnreadable() {
    return Object.keys(this.unreadable).length > 0;
  }

  clear() {
    this.form.reset();
    this.form.elements.text.focus();
  }

  /** Fills the lists to choose from; what is chosen stays. */
  offer({ people, devices }) {
    this.people = new Map(people.map((one) => [one.id, one.name]));
    this.devices = new Map(devices.map((one) => [one, one]));
    fill(this.form.elements.person, [...this.people]);
    fill(this.form.elements.device, [...this.devices]);
  }

  /** Whether somebody or something here is not in the lists yet. */
  misses(events) {
    return events.some((one) => !this.devices?.has(one.device) || (one.person_id && !this.people.has(one.person_id)));
  }

  read(query) {
    this.unreadable = {};
    for (const name of NAMES) {
      const field = this.form.elements[name];
      const value = query.get(name) ?? "";
      if (field.options) choose(field, value);
      else field.value = TIMES.includes(name) && ZONED.test(value) ? local(new Date(value)) : value;
      if (value && !field.value) this.unreadable[name] = value;
    }
  }

  write(query) {
    for (const [name, value] of Object.entries(this.values())) if (value) query.set(name, value);
  }

  parameters() {
    return { ...this.values(), ...this.fixed };
  }

  /** Times with their zone, so that they are the same to everybody. */
  values() {
    const values = Object.fromEntries(NAMES.map((name) => [name, this.form.elements[name].value.trim()]));
    for (const name of TIMES) {
      const time = new Date(values[name]);
      if (!Number.isNaN(time.getTime())) values[name] = time.toISOString();
    }
    return { ...values, ...this.unreadable };
  }
}

/** As a field for times has it: in the browser's zone, without saying so. */
function local(time) {
  const shifted = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return Number.isNaN(shifted.getTime()) ? "" : shifted.toISOString().slice(0, -1);
}

/** What may be chosen behind the first option, which is for all: [[value, text]]. What is chosen stays. */
export function fill(select, known) {
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...known.map(([value, text]) => make("option", { value }, text)));
  choose(select, chosen);
}

/** A link may name whom the lists do not: the filter holds all the same. */
export function choose(select, value) {
  if (![...select.options].some((one) => one.value === value)) select.append(make("option", { value }, value));
  select.value = value;
}
