import { ask } from "./api.js";
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

async function load() {
  try {
    render(await ask("/api/gallery"));
  } catch (error) {
    show($("#people"), fault(error, load));
  }
}

function render({ contents, state }) {
  $("#enrol").hidden = !contents.writable;
  show($("#state"), ...notes(contents, state));
  $("#known").replaceChildren(...contents.people.map((one) => make("option", { value: one.name })));
  const groups = Object.entries(GROUPS).map(([group, title]) => [title, contents.people.filter((one) => one.group === group)]);
  const parts = groups
    .filter(([, people]) => people.length)
    .map(([title, people]) => make("section", {}, make("h2", {}, title), make("ul", { class: "people" }, ...people.map((one) => card(one, contents.writable)))));
  show($("#people"), ...(parts.length ? parts : [make("div", { class: "panel" }, empty("Nobody is known yet", "Everybody is unknown until there is a photo of them."))]));
  const problems = [...new Map([...contents.problems, ...(state?.problems ?? [])].map((one) => [one.photo, one])).values()];
  $("#problems").hidden = !problems.length;
  show($("#problems .rows"), ...problems.map((one) => problem(one, contents.writable)));
}

function notes(contents, state) {
  const said = [];
  if (contents.fault) said.push(make("p", { class: "panel padded fault", role: "alert" }, contents.fault));
  if (state) said.push(make("p", { class: "muted" }, `The node knows ${plural(state.people, "person", "people")} by ${plural(state.templates, "photo")}.${state.stale ? ` ${state.stale_reason}` : ""}`));
  return said;
}

function card(person, writable) {
  const photos = person.photos.map((photo, index) =>
    make(
      "li",
      {},
      make("img", { src: `/api/gallery/thumbnail?${new URLSearchParams({ key: photo.key, v: photo.version })}`, alt: `${person.name}, photo ${index + 1}`, loading: "lazy" }),
      writable && make("button", { type: "button", "aria-label": `Remove photo ${index + 1} of ${person.name}`, onclick: () => removePhoto(photo.key, person.name) }, "×"),
    ),
  );
  return make(
    "li",
    { class: "panel person-card", "data-person": person.name },
    make("header", {}, make("h3", {}, person.name), badge(person.group, capital(person.group))),
    make("ul", { class: "photos" }, ...photos),
    writable && make("button", { type: "button", class: "quiet", onclick: () => removePerson(person) }, `Remove ${person.name}`),
  );
}

const problem = ({ photo, reason }, writable) =>
  make("li", {}, make("span", {}, photo), badge("late", REASONS[reason] ?? reason), make("span", { class: "spacer" }), writable && make("button", { type: "button", class: "quiet", "aria-label": `Remove ${photo}`, onclick: () => removePhoto(photo, photo) }, "Remove"));

async function confirmed(question) {
  const dialog = $("#confirm");
  $("#question").textContent = question;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  return dialog.returnValue === "yes";
}

async function remove(question, path, parameters, name) {
  if (!(await confirmed(question))) return;
  try {
    await ask(path, parameters, { method: "DELETE" });
    say(`${name} is removed`);
  } catch (error) {
    $("#state").append(make("p", { class: "panel padded fault", role: "alert" }, error.message));
    return;
  }
  await again();
}

const removePhoto = (key, name) => remove(`Remove this photo of ${name}?`, "/api/gallery/photos", { key }, name);
const removePerson = ({ name, group, photos }) => remove(`Remove ${name} with ${plural(photos.length, "photo")}?`, "/api/gallery/people", { name, group }, name);

/** Now, and again when the node has read the gallery. */
async function again() {
  await load();
  for (const seconds of SOON_SECONDS) setTimeout(load, seconds * 1000);
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const [button, said] = [$("button", form), $("#enrolled")];
  const { name, group, photo } = form.elements;
  button.disabled = true;
  said.className = "muted";
  said.textContent = "Adding…";
  try {
    const who = name.value.trim();
    await ask("/api/gallery/photos", { name: who, group: group.value }, { method: "PUT", body: photo.files[0], headers: { "content-type": "image/jpeg" } });
    said.textContent = `${who} is added.`;
    form.reset();
    await again();
  } catch (error) {
    said.className = "fault";
    said.textContent = REASONS[error.error] ? `Not added: ${REASONS[error.error]}. ${error.message}` : `Not added: ${error.message}`;
  } finally {
    button.disabled = false;
  }
}

$("#enrol").addEventListener("submit", add);
load();
