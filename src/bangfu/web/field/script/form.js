// A checklist as fields. Every change goes into the visit at once and is handed on to be kept; fields whose condition is
// not met are hidden, and what was typed there stays in the draft but is not sent.

import { asked, empty, wrong } from "./conditions.js";
import { make, show } from "./making.js";
import { photoField } from "./photofield.js";
import { say } from "./words.js";

const FEW = 6;

// A visit begins with what the registry says, and with a note of what the officer was shown: `seen`.
export function prefill(visit, household) {
  visit.people = {};
  for (const question of visit.checklist.questions) {
    if (question.kind === "members") {
      const ids = household.asked?.[`${visit.checklist.id}.${question.id}`] ?? household.members.map((member) => member.id);
      const people = household.members.filter((member) => ids.includes(member.id));
      visit.people[question.id] = people.map(({ id, name, relation, age }) => ({ id, name, relation, age }));
      visit.answers[question.id] = people.map((person) => firstAnswers(question.questions, person.facts, visit.seen, { member: person.id }, `${person.id}.`));
    } else firstAnswers([question], household.facts, visit.seen, visit.answers, "");
  }
}

function firstAnswers(questions, facts, seen, answers, prefix) {
  for (const { id, prefill: shown, corrects } of questions) {
    if (shown && !empty(facts?.[shown])) answers[id] = facts[shown];
    for (const column of [shown, corrects]) if (column && column in (facts ?? {})) seen[prefix + column] = facts[column];
  }
  return answers;
}

// Questions that stand together and the answers to them: those of the form, or those of one person.
class Group {
  constructor(questions, answers, prefix) {
    Object.assign(this, { questions, answers, prefix, rows: [] });
  }
}

export class Form {
  // `changed()` is called after every change; `desk` keeps photos.
  constructor(desk, visit, changed) {
    this.desk = desk;
    this.visit = visit;
    this.changed = changed;
    this.groups = [];
  }

  draw() {
    this.groups = [];
    const parts = this.#drawn(new Group(this.visit.checklist.questions, this.visit.answers, "q"));
    this.refresh();
    return parts;
  }

  #drawn(group) {
    this.groups.push(group);
    return group.questions.map((question) => this.#row(group, question));
  }

  // Shows what is asked now, hides what is not.
  refresh() {
    for (const group of this.groups) {
      const now = asked(group.questions, group.answers);
      for (const row of group.rows) row.part.hidden = !now.has(row.question.id);
    }
  }

  #row(group, question) {
    const id = `${group.prefix}-${question.id}`;
    const row = { question, group, fault: make("p", { class: "fault", id: `${id}-fault`, "aria-live": "polite" }) };
    const put = (value) => {
      group.answers[question.id] = value;
      if (row.fault.textContent) this.#sayFault(row);
      this.refresh();
      this.changed();
    };
    const inside = question.kind === "members"
      ? this.#people(question)
      : fieldOf(this, question, id, group.answers[question.id], put);
    row.part = make(
      "div",
      { class: "ask", id: `${id}-part`, "data-question": question.id },
      question.section && make("h2", {}, question.section),
      inside,
      row.fault,
    );
    group.rows.push(row);
    return row.part;
  }

  // The same questions for each person whom they are about.
  #people(question) {
    const lines = this.visit.answers[question.id] ??= [];
    const groups = (this.visit.people?.[question.id] ?? []).map((person) => {
      let line = lines.find((each) => each.member === person.id);
      if (!line) lines.push(line = { member: person.id });
      return make(
        "fieldset",
        { class: "person" },
        make("legend", {}, [person.name, person.relation, person.age !== null && say("years_old", { age: person.age })].filter(Boolean).join(" · ")),
        this.#drawn(new Group(question.questions, line, `q-${question.id}-${person.id}`)),
      );
    });
    const nobody = groups.length === 0 && make("p", { class: "ask-hint" }, say("nobody"));
    return [make("p", { class: "ask-label" }, question.label), hint(question), nobody, groups];
  }

  photosOf(question) {
    return this.visit.photos.filter((photo) => photo.question === question.id);
  }

  #sayFault(row) {
    const { question, group, part } = row;
    const hidden = part.closest("[hidden]") || question.kind === "members";
    const fault = hidden ? null : wrong(question, group.answers[question.id], this.photosOf(question).length, this.visit.visited_on);
    row.fault.textContent = fault ? say(fault.text, fault.facts) : "";
    part.classList.toggle("ask-wrong", Boolean(fault));
    return fault;
  }

  // Says every fault beside its field and goes to the first; whether there was none.
  sound() {
    const faulty = this.groups.flatMap((group) => group.rows).filter((row) => this.#sayFault(row));
    faulty.sort((one, other) => one.part.getBoundingClientRect().top - other.part.getBoundingClientRect().top);
    faulty[0]?.part.scrollIntoView({ block: "center", behavior: "instant" });
    return faulty.length === 0;
  }

  // The questions for photos that are asked.
  photosAsked() {
    const now = asked(this.visit.checklist.questions, this.visit.answers);
    return this.visit.checklist.questions.filter((question) => question.kind === "photo" && now.has(question.id)).map((question) => question.id);
  }

  // The answers to what was asked; what was typed under a condition that no longer holds is left out.
  answers() {
    return given(this.visit.checklist.questions, this.visit.answers);
  }
}

function given(questions, answers) {
  const now = asked(questions, answers);
  const kept = {};
  for (const question of questions.filter((each) => now.has(each.id) && each.kind !== "photo")) {
    const value = answers[question.id];
    if (question.kind === "members") {
      const lines = (value ?? []).map((line) => ({ member: line.member, ...given(question.questions, line) }));
      kept[question.id] = lines.filter((line) => Object.keys(line).length > 1);
    } else if (!empty(value)) kept[question.id] = value;
  }
  return kept;
}

function label(question, id) {
  return make(
    "label",
    { class: "ask-label", for: id },
    question.label,
    question.required && make("span", { class: "must" }, say("must")),
  );
}

function hint(question) {
  return question.hint && make("p", { class: "ask-hint" }, question.hint);
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
    const known = question.choices.map((choice) => [choice.code, choice.label]);
    return known.length <= FEW ? choices(question, id, known, value, put) : select(question, described, known, value, put);
  }
  const typed = TYPED[question.kind];
  const field = typed
    ? make("input", { ...described, ...typed, autocomplete: "off", value: value ?? "" })
    : make("textarea", { ...described, rows: 3, value: value ?? "" });
  field.addEventListener("input", () => put(read(question.kind, field.value)));
  const { unit } = question;
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
    return make("label", { class: "pick", for: box.id }, box, make("span", {}, choice.label));
  });
  return group(question, buttons);
}

function group(question, buttons) {
  return make(
    "fieldset",
    { class: "picks" },
    make("legend", { class: "ask-label" }, question.label, question.required && make("span", { class: "must" }, say("must"))),
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
