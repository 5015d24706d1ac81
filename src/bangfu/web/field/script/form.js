// A checklist as fields. Every change goes into the visit at once and is handed on to be kept; fields whose condition is
// not met are hidden, and what was typed there stays in the draft but is not sent.

import { empty, met, wrong } from "./conditions.js";
import { make, show } from "./making.js";
import { photoField } from "./photofield.js";
import { say, sayLabel } from "./words.js";

const FEW = 6;

// The values the form begins with: what the registry says, noted as what the officer was shown.
export function prefill(visit, facts = {}, members = []) {
  for (const question of visit.checklist.questions) {
    const column = question.prefill;
    if (question.kind === "members") visit.answers[question.id] = members.map((member) => ({ member: member.id, ...valuesOf(question, member) }));
    else if (column && column in facts) visit.answers[question.id] = facts[column];
    const shown = column ?? question.corrects;
    if (shown && shown in facts) visit.seen[shown] = facts[shown];
  }
}

function valuesOf(question, member) {
  const known = member.facts ?? member;
  return Object.fromEntries((question.questions ?? []).filter((each) => each.prefill in known).map((each) => [each.id, known[each.prefill]]));
}

export class Form {
  // `changed()` is called after every change; `desk` keeps photos.
  constructor(desk, visit, changed) {
    this.desk = desk;
    this.visit = visit;
    this.changed = changed;
    this.rows = [];
  }

  draw() {
    this.rows = [];
    const parts = this.visit.checklist.questions.map((question) => this.#question(question, this.visit.answers, "q"));
    this.refresh();
    return parts;
  }

  // Shows what is asked now, hides what is not.
  refresh() {
    for (const row of this.rows) row.part.hidden = !met(row.question.shown_when, { ...this.visit.answers, ...row.answers });
  }

  #question(question, answers, prefix) {
    if (question.kind === "members") return this.#members(question);
    const id = `${prefix}-${question.id}`;
    const row = { question, answers, id };
    const fault = make("p", { class: "fault", id: `${id}-fault`, "aria-live": "polite" });
    const put = (value) => {
      answers[question.id] = value;
      if (fault.textContent) this.#sayFault(row);
      this.refresh();
      this.changed();
    };
    const inside = fieldOf(this, question, id, answers[question.id], put);
    row.part = make("div", { class: "ask", id: `${id}-part`, "data-question": question.id }, inside, fault);
    row.fault = fault;
    this.rows.push(row);
    return row.part;
  }

  // The same questions for every person of the household.
  #members(question) {
    const people = this.visit.household?.members ?? [];
    const lines = this.visit.answers[question.id] ??= [];
    const groups = people.map((member) => {
      let line = lines.find((each) => each.member === member.id);
      if (!line) lines.push(line = { member: member.id });
      return make(
        "fieldset",
        { class: "person" },
        make("legend", {}, member.name),
        (question.questions ?? []).map((each) => this.#question(each, line, `q-${question.id}-${member.id}`)),
      );
    });
    const row = { question: { ...question, required: false }, answers: this.visit.answers, id: `q-${question.id}` };
    row.fault = make("p", { class: "fault" });
    row.part = make("div", { class: "ask", "data-question": question.id }, make("h2", {}, sayLabel(question.label)), groups, row.fault);
    this.rows.push(row);
    return row.part;
  }

  photosOf(question) {
    return this.visit.photos.filter((photo) => photo.question === question.id);
  }

  #sayFault(row) {
    const photos = row.question.kind === "photo" ? this.photosOf(row.question).length : 0;
    const fault = row.part.hidden ? null : wrong(row.question, row.answers[row.question.id], photos);
    row.fault.textContent = fault ? say(fault.text, fault.facts) : "";
    row.part.classList.toggle("ask-wrong", Boolean(fault));
    return fault;
  }

  // Says every fault beside its field and goes to the first; whether there was none.
  sound() {
    const faulty = this.rows.filter((row) => this.#sayFault(row));
    faulty[0]?.part.scrollIntoView({ block: "center" });
    return faulty.length === 0;
  }

  // The answers to what was asked; what was typed under a condition that no longer holds is left out.
  answers() {
    const asked = (row) => met(row.question.shown_when, { ...this.visit.answers, ...row.answers });
    const given = {};
    for (const row of this.rows.filter((each) => each.answers === this.visit.answers && asked(each))) {
      const value = row.answers[row.question.id];
      if (row.question.kind === "members") given[row.question.id] = this.#people(row.question, asked);
      else if (row.question.kind !== "photo" && !empty(value)) given[row.question.id] = value;
    }
    return given;
  }

  #people(question, asked) {
    const lines = this.visit.answers[question.id] ?? [];
    return lines.map((line) => {
      const rows = this.rows.filter((row) => row.answers === line && asked(row) && !empty(line[row.question.id]));
      return { member: line.member, ...Object.fromEntries(rows.map((row) => [row.question.id, line[row.question.id]])) };
    });
  }
}

function label(question, id) {
  return make(
    "label",
    { class: "ask-label", for: id },
    sayLabel(question.label),
    question.required && make("span", { class: "must" }, say("must")),
  );
}

function hint(question) {
  const text = sayLabel(question.hint ?? "");
  return text && make("p", { class: "ask-hint" }, text);
}

const TYPED = {
  whole: { type: "text", inputmode: "numeric" },
  amount: { type: "text", inputmode: "decimal" },
  day: { type: "date" },
};

function fieldOf(form, question, id, value, put) {
  const described = { id, "aria-describedby": `${id}-fault`, class: "line" };
  if (question.kind === "photo") return photoField(form, question, id, put);
  if (question.kind === "flag") return choices(question, id, [[true, say("yes")], [false, say("no")]], value, put);
  if (question.kind === "many") return boxes(question, id, value ?? [], put);
  if (question.kind === "choice") {
    const known = question.choices.map((choice) => [choice.code, sayLabel(choice.label)]);
    return known.length <= FEW ? choices(question, id, known, value, put) : select(question, described, known, value, put);
  }
  const typed = TYPED[question.kind];
  const field = typed
    ? make("input", { ...described, ...typed, autocomplete: "off", value: value ?? "" })
    : make("textarea", { ...described, rows: 3, value: value ?? "" });
  field.addEventListener("input", () => put(read(question.kind, field.value)));
  const unit = sayLabel(question.unit ?? "");
  return [label(question, id), hint(question), unit ? make("div", { class: "with-unit" }, field, make("span", {}, unit)) : field];
}

// Whole numbers go as numbers, amounts as they are written: 12.10 must not become 12.1 or 12.09999.
function read(kind, text) {
  const typed = kind === "text" ? text : text.trim().replace(/[\uff10-\uff19]/g, (digit) => digit.charCodeAt(0) - 0xff10);
  return kind === "whole" && /^-?\d{1,15}$/.test(typed) ? Number(typed) : typed;
}

function choices(question, id, known, value, put) {
  const same = (code) => String(code) === String(value);
  const buttons = known.map(([code, text], at) => {
    const box = make("input", { type: "radio", name: id, id: `${id}-${at}`, checked: !empty(value) && same(code) });
    box.addEventListener("change", () => put(code));
    // A second touch takes the answer back: "not known" must stay sayable.
    box.addEventListener("click", () => {
      if (box.dataset.was) { box.checked = false; put(null); }
      for (const other of box.closest("fieldset").querySelectorAll("input")) other.dataset.was = other.checked ? "1" : "";
    });
    box.dataset.was = box.checked ? "1" : "";
    return make("label", { class: "pick", for: box.id }, box, make("span", {}, text));
  });
  return group(question, buttons);
}

function boxes(question, id, value, put) {
  const chosen = new Set(value.map(String));
  const buttons = question.choices.map((choice, at) => {
    const box = make("input", { type: "checkbox", id: `${id}-${at}`, checked: chosen.has(String(choice.code)) });
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(String(choice.code));
      else chosen.delete(String(choice.code));
      put(question.choices.map((each) => each.code).filter((code) => chosen.has(String(code))));
    });
    return make("label", { class: "pick", for: box.id }, box, make("span", {}, sayLabel(choice.label)));
  });
  return group(question, buttons);
}

function group(question, buttons) {
  return make(
    "fieldset",
    { class: "picks" },
    make("legend", { class: "ask-label" }, sayLabel(question.label), question.required && make("span", { class: "must" }, say("must"))),
    hint(question),
    buttons,
  );
}

function select(question, described, known, value, put) {
  const list = make("select", described);
  show(list, make("option", { value: "" }, say("choose")), known.map(([code, text]) => make("option", { value: code }, text)));
  list.value = value ?? "";
  list.addEventListener("change", () => put(list.value));
  return [label(question, described.id), hint(question), list];
}
