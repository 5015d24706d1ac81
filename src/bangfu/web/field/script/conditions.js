// Which questions are asked, and whether an answer can be right. The server asks the same of every visit once more
// (visits.checklists, visits.answers); here it spares the officer a second way up the hill.

export function empty(value) {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
}

// {question, is | is_not | at_least | at_most | one_of}. What has not been answered meets no condition. Of several
// answers `is` means that the code is among them.
function met(condition, answers) {
  const value = answers[condition.question];
  if (empty(value)) return false;
  const has = (wanted) => (Array.isArray(value) ? value : [value]).some((each) => String(each) === String(wanted));
  if ("is" in condition) return has(condition.is);
  if ("is_not" in condition) return !has(condition.is_not);
  if ("at_least" in condition) return Number(value) >= Number(condition.at_least);
  if ("at_most" in condition) return Number(value) <= Number(condition.at_most);
  return condition.one_of.some(has);
}

// The ids of the questions that are asked. A condition looks only at answers to questions that are asked themselves.
export function asked(questions, answers) {
  const shown = new Set();
  const given = {};
  for (const question of questions) {
    if (!(question.shown_when ?? []).every((condition) => met(condition, given))) continue;
    shown.add(question.id);
    if (!empty(answers[question.id])) given[question.id] = answers[question.id];
  }
  return shown;
}

const NUMBERS = { whole: /^-?\d{1,9}$/, amount: /^-?\d{1,12}(\.\d{1,2})?$/ };

// What is wrong with one answer, as the name of a text and its facts, or null. `photos`: how many there are of a question
// for photos; `day`: the day of the visit.
export function wrong(question, value, photos, day) {
  const { kind, min, max } = question;
  if (kind === "photo") return photos < (min ?? 0) ? { text: "photos_missing", facts: { min } } : null;
  if (empty(value) || (kind === "text" && !value.trim())) return question.required ? { text: "must_answer" } : null;
  if (NUMBERS[kind]) {
    if (!NUMBERS[kind].test(String(value))) return { text: `no_${kind}` };
    if (min !== undefined && Number(value) < min) return { text: "too_small", facts: { min } };
    if (max !== undefined && Number(value) > max) return { text: "too_large", facts: { max } };
  }
  if (kind === "text" && question.longest && value.trim().length > question.longest) {
    return { text: "too_long", facts: { longest: question.longest, length: value.trim().length } };
  }
  if (kind === "day" && question.past && day && value > day) return { text: "too_late", facts: { max: day } };
  return null;
}
