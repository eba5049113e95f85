import { ask, latest } from "./api.js";
import { $, badge, empty, fault, make, say, show } from "./dom.js";
import { capital, plural } from "./words.js";

const REASONS = {
  no_face: "no face found",
  several_faces: "more than one face",
  no_vector: "the face cannot be compared",
  not_jpeg: "not a JPEG",
  empty: "an empty file",
  truncated: "the file is cut off",
  corrupt: "the file is damaged",
  unsupported: "a kind of JPEG that is not read",
  too_large: "the file is too large",
  bad_size: "too small or too wide",
  too_many_pixels: "too many pixels",
  unreadable: "the file cannot be read",
  bad_name: "the name cannot be used",
  too_deep: "in a folder inside a person's folder",
  not_a_file: "not a file",
  also_restricted: "the person is also restricted, and restricted wins",
  shared_photo: "the same picture under two names",
};
const GROUPS = { authorised: "Authorised", restricted: "Restricted" };
const SOON_SECONDS = [1, 3, 8];
const PENDING_SECONDS = 5;
const said = $("#enrolled");
const removed = new Set();
let added = null;
let isUnread = false;

const load = latest(() => ask("/api/gallery"), render, (error) => show($("#people"), fault(error, load)));

function render({ contents, state }) {
  const told = [...contents.problems, ...(state?.problems ?? [])].filter((one) => !removed.has(one.photo));
  const problems = new Map(told.map((one) => [one.photo, REASONS[one.reason] ?? one.reason]));
  const { people, writable } = contents;
  isUnread = contents.fault !== null;
  $("#enrol").hidden = !writable;
  show($("#state"), ...notes(contents, state));
  show($("#known"), ...people.map((one) => make("option", { value: one.name })));
  const groups = Object.entries(GROUPS).map(([group, title]) => [group, title, people.filter((one) => one.group === group)]);
  const parts = groups
    .filter(([, , some]) => some.length)
    .map(([group, title, some]) => make("section", { "data-key": group }, make("h2", {}, title), make("ul", { class: "people" }, ...some.map((one) => card(one, writable, problems)))));
  show($("#people"), ...(parts.length ? parts : [make("div", { class: "panel" }, nobody(writable))]));
  $("#problems").hidden = !problems.size;
  show($("#problems .rows"), ...[...problems].map(([photo, reason]) => problem(photo, reason, writable)));
  follow(contents, state, problems);
}

function nobody(writable) {
  if (isUnread) return empty("The gallery is not read yet", "Who is known is shown as soon as it is.");
  const text = writable ? "Everybody is unknown until there is a photo of them." : "gallery.source in config.yaml says where the photos are: a folder or a bucket. It is not set.";
  return empty("Nobody is known yet", text);
}

function notes(contents, state) {
  const lines = [];
  if (contents.fault) lines.push(make("p", { class: "panel padded fault", role: "alert" }, contents.fault));
  if (state) lines.push(make("p", { class: "muted" }, `The node knows ${plural(state.people, "person", "people")} by ${plural(state.templates, "photo")}.${state.stale ? ` ${state.stale_reason}` : ""}`));
  return lines;
}

/** What the node makes of the photo that was added last; looked for until it says so. */
function follow({ people }, state, problems) {
  if (!added) return;
  const isThere = people.some((person) => person.photos.some((photo) => photo.key === added.key));
  if (added.wasThere && !isThere) {
    tell("");
    added = null;
    return;
  }
  added.wasThere ||= isThere;
  if (problems.has(added.key)) tell(`${added.name} is not known by this photo: ${problems.get(added.key)}.`, "fault");
  else if (isThere && state?.synced_at && state.synced_at !== added.before) tell(`${added.name} is known now.`);
  else return;
  added.isTold = true;
}

function tell(text, kind = "muted") {
  said.className = kind;
  if (said.textContent !== text) said.textContent = text;
}

function card(person, writable, problems) {
  const photos = person.photos.map((photo, index) =>
    make(
      "li",
      { "data-key": photo.key },
      make("img", { src: `/api/gallery/thumbnail?${new URLSearchParams({ key: photo.key, v: photo.version })}`, alt: `${person.name}, photo ${index + 1}`, loading: "lazy" }),
      problems.has(photo.key) && make("span", { class: "badge late" }, problems.get(photo.key)),
      writable && make("button", { type: "button", "aria-label": `Remove photo ${index + 1} of ${person.name}`, onclick: () => removePhoto(photo.key, `this photo of ${person.name}`) }, "×"),
    ),
  );
  const remove = make("button", { type: "button", class: "quiet", onclick: () => removePerson(person) }, "Remove", make("span", { class: "unseen" }, person.name));
  return make(
    "li",
    { class: "panel person-card", "data-person": person.name, "data-key": `${person.group} ${person.name}`, tabindex: "-1" },
    make("header", {}, make("h3", {}, person.name), badge(person.group, capital(person.group))),
    make("ul", { class: "photos" }, ...photos),
    writable && remove,
  );
}

function problem(photo, reason, writable) {
  const remove = make("button", { type: "button", class: "quiet", onclick: () => removePhoto(photo, `the photo ${photo}`) }, "Remove", make("span", { class: "unseen" }, photo));
  return make("li", { "data-key": photo }, make("span", {}, photo), badge("late", reason), make("span", { class: "spacer" }), writable && remove);
}

async function confirmed(question) {
  const dialog = $("#confirm");
  $("#question").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "yes";
}

async function remove(question, path, parameters, done) {
  if (!(await confirmed(question))) return;
  const place = [...document.querySelectorAll(".person-card")].indexOf(document.activeElement.closest(".person-card"));
  try {
    await ask(path, parameters, { method: "DELETE" });
  } catch (error) {
    show($("#refused"), make("p", { class: "panel padded fault", role: "alert" }, error.message));
    if (error.status === 404) await load();
    return;
  }
  show($("#refused"));
  if (parameters.key) removed.add(parameters.key);
  await again();
  say(done);
  if (document.activeElement === document.body) near(place).focus({ preventScroll: true });
}

/** Where somebody goes on who works with the keyboard: at what took the place of what is gone. */
function near(place) {
  const cards = document.querySelectorAll(".person-card");
  return cards[Math.min(Math.max(place, 0), cards.length - 1)] ?? $("h1");
}

const removePhoto = (key, what) => remove(`Remove ${what}?`, "/api/gallery/photos", { key }, "The photo is removed");
const removePerson = ({ name, group, photos }) => remove(`Remove ${name} with ${plural(photos.length, "photo")}?`, "/api/gallery/people", { name, group }, `${name} is removed`);

/** Now, and again when the node has read the gallery. */
async function again() {
  await load();
  for (const seconds of SOON_SECONDS) setTimeout(load, seconds * 1000);
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const button = $("button", form);
  const { name, group, photo } = form.elements;
  button.disabled = true;
  added = null;
  tell("Adding…");
  try {
    const who = name.value.trim();
    if (!who) throw new Error("somebody needs a name.");
    const { key, synced_at: before } = await ask("/api/gallery/photos", { name: who, group: group.value }, { method: "PUT", body: photo.files[0], headers: { "content-type": "image/jpeg" } });
    added = { key, name: who, before };
    removed.delete(key);
    tell(`${who} is added; the node has yet to read the photo.`);
    form.reset();
    await again();
  } catch (error) {
    tell(REASONS[error.error] ? `Not added: ${REASONS[error.error]}. ${error.message}` : `Not added: ${error.message}`, "fault");
  } finally {
    button.disabled = false;
  }
}

$("#enrol").addEventListener("submit", add);
load();
setInterval(() => { if ((isUnread || (added && !added.isTold)) && !document.hidden) load(); }, PENDING_SECONDS * 1000);
