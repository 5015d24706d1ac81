// The form of a visit shows a question when it is asked. Without this file every question is there, each with the words
// "to be answered when …"; what was answered and is not asked is not kept by the server either way.
//
// Which questions are asked is told by the same module that the phone in the field uses.

const given = JSON.parse(document.getElementById("visit-questions").textContent);
const form = document.getElementById("visit-form");
const { asked } = await import(given.conditions);

// What a question has been answered with so far; of several boxes those that are ticked.
function answer(name) {
  const controls = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)];
  if (controls.some((control) => control.type === "checkbox")) {
    return controls.filter((control) => control.checked).map((control) => control.value);
  }
  return controls[0]?.type === "file" ? "" : (controls[0]?.value ?? "").trim();
}

// The fields of a question: one, or of a question about members one for each person and inner question.
function fieldsOf(name) {
  const found = form.querySelectorAll(`[name="${CSS.escape(name)}"], [name^="${CSS.escape(name)}-"]`);
  return new Set([...found].map((control) => control.closest(".field")));
}

// What the server has something against stays in sight.
function show(fields, wanted) {
  for (const field of fields) field.hidden = !wanted && !field.classList.contains("has-error");
}

function settle(questions, prefix) {
  const answers = Object.fromEntries(questions.map(({ id }) => [id, answer(`${prefix}${id}`)]));
  const shown = asked(questions, answers);
  for (const { id } of questions) show(fieldsOf(`${prefix}${id}`), shown.has(id));
  return shown;
}

function settleAll() {
  const shown = settle(given.questions, "q-");
  for (const { id, questions } of given.questions) {
    if (!questions || !shown.has(id)) continue;
    for (const person of given.people) settle(questions, `q-${id}-${person}-`);
  }
  for (const part of form.querySelectorAll(".question-group, .question-section")) {
    const fields = [...part.querySelectorAll(".field")];
    part.hidden = fields.length > 0 && fields.every((field) => field.hidden);
  }
}

form.addEventListener("input", settleAll);
form.addEventListener("change", settleAll);
settleAll();
