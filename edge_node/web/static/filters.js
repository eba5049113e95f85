// What the table is filtered by: a form, the address, and the question to the server.

import { make } from "./dom.js";

const NAMES = ["text", "person", "device", "type", "since", "until"];
const TYPING_MILLISECONDS = 180;

export class Filters {
  /** fixed: filters that the page itself sets. onChange: told whether the change is one of many, as in typing. */
  constructor(form, fixed, onChange) {
    this.form = form;
    this.fixed = fixed;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => onChange(false)));
    form.addEventListener("input", ({ target }) => {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => onChange(target.name === "text"), TYPING_MILLISECONDS);
    });
  }

  get isEmpty() {
    return NAMES.every((name) => !this.form.elements[name].value);
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
    for (const name of NAMES) {
      const field = this.form.elements[name];
      if (field.options) choose(field, query.get(name) ?? "");
      else field.value = query.get(name) ?? "";
    }
  }

  write(query) {
    for (const name of NAMES) if (this.form.elements[name].value) query.set(name, this.form.elements[name].value.trim());
  }

  parameters() {
    const values = Object.fromEntries(NAMES.map((name) => [name, this.form.elements[name].value.trim()]));
    for (const name of ["since", "until"]) {
      const time = new Date(values[name]);
      if (values[name]) values[name] = Number.isNaN(time.getTime()) ? values[name] : time.toISOString();
    }
    return { ...values, ...this.fixed };
  }
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
