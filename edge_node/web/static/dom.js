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
    if (name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
}

/** Makes an element hold these, and no longer busy. What stays the same stays in place, with its focus, its
selection and its pictures; what has the same `data-key` is the same, whatever is in it. */
export function show(element, ...children) {
  update(element, children.map((child) => (typeof child === "string" ? new Text(child) : child)));
  element.removeAttribute("aria-busy");
}

function update(place, fresh) {
  const keys = new Set(fresh.map(keyOf).filter(Boolean));
  const kept = new Map();
  for (const child of [...place.children]) {
    if (keys.has(keyOf(child))) kept.set(keyOf(child), child);
    else if (keyOf(child)) child.remove();
  }
  let at = place.firstChild;
  for (const node of fresh) {
    const twin = kept.get(keyOf(node)) ?? at;
    if (!twin || twin.nodeName !== node.nodeName || keyOf(twin) !== keyOf(node)) {
      place.insertBefore(node, at);
      continue;
    }
    if (twin === at) at = at.nextSibling;
    else place.insertBefore(twin, at);
    become(twin, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const keyOf = (node) => node.dataset?.key;
const KEPT = ["open"];

function become(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !KEPT.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  old.onclick = fresh.onclick;
  update(old, [...fresh.childNodes]);
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
    make("div", {}, make("button", { type: "button", class: "quiet", onclick: again }, "Try again")),
  );
}

/** For screen readers. */
export function say(text) {
  $("#said").textContent = text;
}
