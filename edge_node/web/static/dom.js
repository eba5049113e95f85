// Elements, and text in them: nothing that comes from outside ever becomes markup.

export const $ = (selector, within = document) => within.querySelector(selector);

export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  fill(element, attributes);
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  fill(element, attributes);
  element.append(...children);
  return element;
}

function fill(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
}

/** Replaces what is in an element, which is no longer busy. */
export function show(element, ...children) {
  element.replaceChildren(...children);
  element.removeAttribute("aria-busy");
}

export const badge = (kind, text = kind) => make("span", { class: `badge ${kind}` }, text);

export function empty(title, text, ...more) {
  return make("div", { class: "empty" }, make("strong", {}, title), text, ...more);
}

export function fault(error, again) {
  return make(
    "div",
    { class: "empty fault", role: "alert" },
    make("strong", {}, "This did not work"),
    error.message,
    make("div", {}, make("button", { class: "quiet", onclick: again }, "Try again")),
  );
}

/** For screen readers. */
export function say(text) {
  $("#said").textContent = text;
}
