// What the page brought along: addresses, limits and texts in the officer's language. No text stands in the scripts.

const brought = JSON.parse(document.getElementById("field-brought").textContent);

export const addresses = brought.addresses;
export const limits = brought.limits;
export const language = document.documentElement.lang;

// The text of that name, its {facts} filled in. A text that is missing shows its name instead of nothing.
export function say(name, facts = {}) {
  const text = brought.texts[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, fact) => (fact in facts ? String(facts[fact]) : whole));
}

export function sayDay(moment) {
  return new Date(moment).toLocaleString(language, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
}
