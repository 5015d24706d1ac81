// Which questions are asked, and whether an answer can be right. The server asks the same of every visit once more
// (visits.answers); here it spares the officer a second way up the hill.

export function empty(value) {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && !value.length);
}

// {question: q, is | is_not | at_least | at_most | one_of: …}, or several of them under `all` or `any`. What has not been
// answered meets no condition: an open question opens no other.
export function met(condition, answers) {
  if (!condition) return true;
  if (Array.isArray(condition)) return condition.every((each) => met(each, answers));
  if (condition.all) return condition.all.every((each) => met(each, answers));
  if (condition.any) return condition.any.some((each) => met(each, answers));
  const value = answers[condition.question];
  if (empty(value)) return false;
  const holds = (wanted) => (Array.isArray(value) ? value.map(String).includes(String(wanted)) : String(value) === String(wanted));
  const tests = {
    is: holds,
    is_not: (wanted) => !holds(wanted),
    at_least: (least) => Number(value) >= Number(least),
    at_most: (most) => Number(value) <= Number(most),
    one_of: (wanted) => wanted.some(holds),
  };
  return Object.entries(tests).every(([name, test]) => !(name in condition) || condition[name] === null || test(condition[name]));
}

const NUMBERS = { whole: /^-?\d{1,15}$/, amount: /^-?\d{1,13}(\.\d{1,2})?$/ };

// What is wrong with one answer: the name of a text and its facts, or null.
export function wrong(question, value, photos = 0) {
  if (question.kind === "photo") return wrongPhotos(question, photos);
  if (empty(value)) return question.required ? { text: "must_answer" } : null;
  const { min, max } = question.limits ?? {};
  if (NUMBERS[question.kind]) {
    if (!NUMBERS[question.kind].test(String(value))) return { text: `no_${question.kind}` };
    if (!empty(min) && Number(value) < Number(min)) return { text: "too_small", facts: { min } };
    if (!empty(max) && Number(value) > Number(max)) return { text: "too_large", facts: { max } };
  }
  if (question.kind === "day") {
    if (!empty(min) && value < min) return { text: "too_early", facts: { min } };
    if (!empty(max) && value > max) return { text: "too_late", facts: { max } };
  }
  return null;
}

function wrongPhotos(question, photos) {
  const least = question.photos?.min ?? (question.required ? 1 : 0);
  if (photos < least) return { text: "photos_missing", facts: { min: least } };
  return null;
}
