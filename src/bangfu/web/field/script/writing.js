// The form of one visit. Whatever is typed is on the phone the moment after; there is nothing to save by hand.

import { Form } from "./form.js";
import { nameOf } from "./home.js";
import { dayOf, make, show, tell } from "./making.js";
import { StorageFull } from "./store.js";
import { secure } from "./vault.js";
import { say } from "./words.js";

const AROUND = [
  ["met_with", "input"],
  ["companions", "input"],
  ["summary", "textarea"],
  ["remarks", "textarea"],
];

export async function writing(desk, uuid) {
  tell("");
  const row = desk.vault.visits && (await desk.visits.load(uuid));
  if (row?.state !== "draft") return desk.go("home");
  const { visit } = row;
  visit.visited_on ??= dayOf(Date.now());
  const kept = make("p", { class: "kept", role: "status", id: "kept" }, say("kept_on_phone"));
  const keep = () => desk.visits.save(visit).then(
    () => { kept.textContent = say("kept_on_phone"); kept.className = "kept"; },
    (error) => {
      kept.textContent = say(error instanceof StorageFull ? "storage_full" : "not_kept");
      kept.className = "kept kept-not";
      if (!(error instanceof StorageFull)) desk.fail(error);
    },
  );
  const form = new Form(desk, visit, keep);
  show(
    desk.screen,
    make("a", { class: "back", href: "#home" }, say("back_kept")),
    make("h1", {}, nameOf(visit)),
    make("p", { class: "card-more" }, visit.checklist.label),
    kept,
    make("form", { novalidate: true, id: "visit-form" },
      day(visit, keep),
      form.draw(),
      AROUND.map(([name, tag]) => around(visit, name, tag, keep)),
      place(visit, keep),
      make("button", { class: "big big-first", type: "submit", id: "finish" }, say("finish")),
      make("button", { class: "big big-away", type: "button", onclick: () => discard(desk, visit) }, say("discard")),
    ),
  );
  desk.screen.querySelector("#visit-form").addEventListener("submit", (event) => {
    event.preventDefault();
    finish(desk, visit, form).catch((error) => desk.fail(error));
  });
  scrollTo({ top: 0, behavior: "instant" });
  return undefined;
}

function day(visit, keep) {
  const field = make("input", { id: "visited_on", type: "date", class: "line", value: visit.visited_on, required: true });
  field.addEventListener("input", () => { visit.visited_on = field.value; keep(); });
  return make("div", { class: "ask" }, make("label", { class: "ask-label", for: "visited_on" }, say("visited_on")), field);
}

function around(visit, name, tag, keep) {
  const field = make(tag, { id: name, class: "line", value: visit[name] ?? "", rows: tag === "textarea" ? 3 : null });
  field.addEventListener("input", () => { visit[name] = field.value; keep(); });
  return make("div", { class: "ask" }, make("label", { class: "ask-label", for: name }, say(name)), field);
}

// Where the phone is, when the officer asks: only secure origins are told by the browser.
function place(visit, keep) {
  if (!secure) return make("p", { class: "ask-hint" }, say("no_position_here"));
  const told = make("p", { class: "ask-hint", role: "status" }, visit.latitude ? say("position_known", visit) : say("position_unknown"));
  const ask = () => navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      visit.latitude = Number(coords.latitude.toFixed(6));
      visit.longitude = Number(coords.longitude.toFixed(6));
      visit.accuracy = Math.round(coords.accuracy);
      told.textContent = say("position_known", visit);
      keep();
    },
    () => { told.textContent = say("position_failed"); },
    { enableHighAccuracy: true, timeout: 30_000 },
  );
  return make("div", { class: "ask" }, make("button", { class: "big", type: "button", onclick: ask }, say("take_position")), told);
}

async function finish(desk, visit, form) {
  if (!visit.visited_on || !form.sound()) return tell(say("not_finished"), "bad");
  const asked = form.photosAsked();
  for (const photo of visit.photos.filter((each) => !asked.includes(each.question))) await desk.visits.removePhoto(visit, photo.uuid);
  await desk.visits.finish({ ...visit, answers: form.answers() });
  tell("");
  desk.sender.now().catch((error) => desk.fail(error));
  return desk.go("home");
}

async function discard(desk, visit) {
  if (!confirm(say("discard_sure"))) return;
  await desk.visits.discard(visit.uuid);
  desk.go("home");
}
