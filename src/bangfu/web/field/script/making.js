// Small helpers for making parts of a page.

// However deep they lie in lists; what is left out by `condition && …` is left out.
function pieces(inside) {
  return inside.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false && each !== "");
}

// make("button", {class: "big", onclick: f, disabled: true}, "text", anotherPart)
export function make(tag, attributes = {}, ...inside) {
  const part = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) part.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") part[name] = value;
    else part.setAttribute(name, value === true ? "" : value);
  }
  part.append(...pieces(inside));
  return part;
}

export function show(screen, ...inside) {
  screen.replaceChildren(...pieces(inside));
}

// A message that stays where it is until the next one; screen readers say it.
export function tell(text, kind = "info") {
  const place = document.getElementById("field-told");
  place.replaceChildren(text ? make("div", { class: `told told-${kind}` }, text) : "");
}

// crypto.randomUUID is there on secure origins only, getRandomValues everywhere.
export function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// The calendar day where the phone is, as 2026-03-05.
export function dayOf(moment) {
  const date = new Date(moment);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}
