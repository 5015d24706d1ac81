// Photos of a question: taken, shrunk, kept, shown small, taken away again.

import { make, show, tell } from "./making.js";
import { NoPicture, shrunk } from "./photos.js";
import { say } from "./words.js";

export function photoField(form, question, id, put) {
  const strip = make("ul", { class: "photos" });
  const { min, max: most } = question;
  const input = make("input", { id, type: "file", accept: "image/*", capture: "environment", class: "visually-hidden" });
  const button = make("label", { class: "big big-photo", for: id }, say("take_photo", { label: question.label }));
  const draw = async () => {
    const photos = form.photosOf(question);
    button.hidden = Boolean(most) && photos.length >= most;
    show(strip, await Promise.all(photos.map((photo) => thumbnail(form, photo, draw))));
    put(photos.map((photo) => photo.uuid));
  };
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (file) await add(form, question, file, draw);
  });
  draw().catch((error) => form.desk.fail(error));
  const rule = photosWanted(min, most);
  return [make("p", { class: "ask-label" }, question.label, rule && make("span", { class: "must" }, rule)), question.hint && make("p", { class: "ask-hint" }, question.hint), strip, input, button];
}

function photosWanted(min, max) {
  if (min && max) return say("photos_between", { min, max });
  if (min) return say("photos_at_least", { min });
  return max ? say("photos_at_most", { max }) : "";
}

async function add(form, question, file, draw) {
  try {
    tell(say("shrinking"), "info");
    await form.desk.visits.addPhoto(form.visit, question.id, await shrunk(file));
    tell("");
    await draw();
  } catch (error) {
    if (error instanceof NoPicture) tell(say("no_picture", { name: file.name }), "bad");
    else form.desk.fail(error);
  }
}

async function thumbnail(form, photo, draw) {
  const bytes = await form.desk.visits.photoBytes(photo.uuid);
  const picture = make("img", { alt: photo.name, width: 96, height: 96 });
  if (bytes) {
    picture.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
  }
  const away = make("button", { class: "small", type: "button", onclick: async () => {
    if (!confirm(say("photo_away_sure"))) return;
    await form.desk.visits.removePhoto(form.visit, photo.uuid);
    await draw();
  } }, say("photo_away"));
  return make("li", { "data-photo": photo.uuid }, picture, away);
}
