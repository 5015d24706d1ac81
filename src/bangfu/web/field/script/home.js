// The first screen: what is still on this phone and what has arrived, and the households.

import { clock } from "./asking.js";
import { make, show, tell } from "./making.js";
import { villagesOf } from "./pack.js";
import { firstPin, takeAgain } from "./pin.js";
import { secure } from "./vault.js";
import { addresses, limits, say, sayDay } from "./words.js";

const SHOWN_AT_ONCE = 50;
const ARRIVED_SHOWN = 20;
const DAY_MS = 86_400_000;

export async function home(desk) {
  const { open } = desk.pack;
  await desk.visits.forgetArrived((open?.wipe_after_days ?? 7) * DAY_MS);
  const now = await parts(desk);
  const typed = desk.screen.querySelector("#search")?.value ?? "";
  show(
    desk.screen,
    make("h1", { class: "visually-hidden" }, say("title")),
    now.standing,
    warnings(),
    now.onPhone,
    open ? households(open, now.rows, typed) : make("p", { class: "told told-info" }, say("no_households_now")),
    foot(desk, open),
  );
}

async function parts(desk) {
  const [counts, rows] = await Promise.all([desk.visits.counts(), desk.visits.list()]);
  return { rows, standing: standing(desk, counts), onPhone: onPhone(desk, rows) };
}

// What sending changes, and nothing else: who is looking for a household is not interrupted.
export async function refreshed(desk) {
  const shown = document.getElementById("standing-part");
  if (!shown) return;
  const now = await parts(desk);
  shown.replaceWith(now.standing);
  document.getElementById("on-phone-part")?.replaceWith(now.onPhone);
}

function standing(desk, counts) {
  const nothing = counts.waiting === 0 && counts.photos === 0;
  return make(
    "section",
    { id: "standing-part", class: `standing ${nothing ? "standing-good" : "standing-waiting"}`, "aria-label": say("standing") },
    make("p", { class: "standing-main", id: "standing" }, nothing ? say("all_arrived") : say("still_on_phone", counts)),
    !nothing && make("p", {}, say("sends_itself")),
    make("p", {}, [say("count_drafts", counts), say("count_arrived", counts)].join(" · ")),
    desk.sender.state === "signed-out" && make("a", { class: "big big-first", href: addresses.sign_in }, say("sign_in_to_send")),
    !nothing && make("button", { class: "big", type: "button", onclick: () => sendNow(desk) }, say("send_now")),
  );
}

async function sendNow(desk) {
  tell("");
  try {
    await desk.sender.now(true);
  } catch (error) {
    desk.fail(error);
  }
}

function warnings() {
  const parts = [];
  if (clock.skew !== null && Math.abs(clock.skew) > limits.skew_told) {
    const minutes = Math.round(Math.abs(clock.skew) / 60);
    parts.push(make("p", { class: "told told-info" }, say(clock.skew > 0 ? "clock_ahead" : "clock_behind", { minutes })));
  }
  if (!secure) parts.push(make("p", { class: "told told-info" }, say("not_secure")));
  return parts;
}

export function nameOf(visit) {
  if (visit.household) return [visit.household.head, visit.household.number].filter(Boolean).join(" ");
  return visit.village?.name ?? "";
}

function stateOf(row) {
  if (row.trouble) return ["bad", say("state_trouble")];
  if (row.state === "arrived") return row.visit.state === "tray" ? ["info", say("state_tray")] : ["good", say("state_arrived")];
  if (row.state === "waiting") return ["waiting", say(row.known ? "state_photos" : "state_waiting")];
  return ["draft", say("state_draft")];
}

function onPhone(desk, rows) {
  if (!rows.length) return make("section", { id: "on-phone-part" });
  const here = rows.filter((row) => row.state !== "arrived");
  const arrived = rows.filter((row) => row.state === "arrived");
  const shown = [...here, ...arrived.slice(0, ARRIVED_SHOWN)];
  return make(
    "section",
    { id: "on-phone-part", "aria-labelledby": "on-phone" },
    make("h2", { id: "on-phone" }, say("on_phone")),
    make("ul", { class: "cards" }, shown.map((row) => visitCard(desk, row))),
    shown.length < rows.length && make("p", { class: "card-more" }, say("more_arrived", { more: rows.length - shown.length })),
  );
}

function visitCard(desk, row) {
  const [kind, word] = stateOf(row);
  const problems = (row.visit.problems ?? []).map((problem) => problem.message ?? String(problem));
  return make(
    "li",
    { class: "card-line", "data-uuid": row.uuid, "data-state": row.state },
    make("div", { class: "card-name" }, nameOf(row.visit), make("span", { class: `chip chip-${kind}` }, word)),
    make("div", { class: "card-more" }, row.visit.checklist.label, " · ", sayDay(row.updated)),
    row.trouble && make("p", { class: "told told-bad" }, row.trouble),
    row.visit.state === "tray" && make("p", { class: "told told-info" }, [say("tray_why"), ...problems].join(" ")),
    row.state === "draft" && make("a", { class: "big", href: `#visit/${row.uuid}` }, say("go_on")),
    row.state === "waiting" && !row.known &&
      make("button", { class: "big", type: "button", onclick: () => reopen(desk, row.uuid) }, say("take_back")),
  );
}

async function reopen(desk, uuid) {
  await desk.visits.reopen(uuid);
  return desk.go(`visit/${uuid}`);
}

function households(pack, rows, typed) {
  const list = make("ul", { class: "cards", id: "households" });
  const more = make("p", { class: "card-more", role: "status" });
  const search = make("input", { id: "search", type: "search", class: "line", value: typed, autocomplete: "off" });
  const draw = () => {
    const words = search.value.trim().toLowerCase();
    const found = pack.households.filter((each) => !words || textOf(each).includes(words));
    show(list, found.slice(0, SHOWN_AT_ONCE).map((each) => householdCard(each, rows)));
    more.textContent = found.length > SHOWN_AT_ONCE
      ? say("shown_first", { shown: SHOWN_AT_ONCE, all: found.length })
      : say("shown_all", { all: found.length });
  };
  search.addEventListener("input", draw);
  draw();
  return make(
    "section",
    { "aria-labelledby": "my-households" },
    make("h2", { id: "my-households" }, say("households")),
    make("label", { class: "ask-label", for: "search" }, say("search")),
    search,
    more,
    list,
    villages(pack),
  );
}

function textOf(household) {
  return [household.head, household.number, household.village, household.address, household.initials]
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
}

function householdCard(household, rows) {
  const mine = rows.filter((row) => row.visit.household?.id === household.id);
  return make(
    "li",
    {},
    make(
      "a",
      { class: "card-line card-link", href: `#household/${household.id}` },
      make("div", { class: "card-name" }, household.head, mine.length > 0 && make("span", { class: `chip chip-${stateOf(mine[0])[0]}` }, stateOf(mine[0])[1])),
      make("div", { class: "card-more" }, [household.number, household.village, household.address].filter(Boolean).join(" · ")),
      make("div", { class: "card-more" }, household.last_visit ? say("last_visit", { day: household.last_visit }) : say("never_visited")),
    ),
  );
}

function villages(pack) {
  const about = pack.checklists.filter((checklist) => checklist.about === "village");
  if (!about.length) return null;
  return [
    make("h2", {}, say("villages")),
    make("ul", { class: "cards" }, villagesOf(pack).map((village) =>
      make("li", {}, make("a", { class: "card-line card-link", href: `#household/village/${village.id}` }, make("div", { class: "card-name" }, village.name))))),
  ];
}

function foot(desk, pack) {
  return make(
    "section",
    { class: "field-foot" },
    make("p", {}, say("who", { name: desk.officer.name })),
    pack && make("p", {}, say(desk.vault.pack ? "pack_kept" : "pack_not_kept", { day: sayDay(pack.made_at), days: pack.wipe_after_days })),
    make("button", { class: "big", type: "button", onclick: () => takeAgain(desk) }, say("take_again")),
    secure && make("button", { class: "big", type: "button", onclick: () => changePin(desk) }, say(desk.vault.pack ? "pin_change" : "pin_choose")),
    desk.vault.pack && make("button", { class: "big", type: "button", onclick: () => wipe(desk) }, say("wipe")),
    make("a", { class: "big", href: addresses.home }, say("whole_site")),
  );
}

function changePin(desk) {
  tell("");
  return firstPin(desk);
}

async function wipe(desk) {
  if (!confirm(say("wipe_sure"))) return;
  await desk.vault.wipe();
  desk.pack.close();
  await desk.enter();
  tell(say("wiped"), "good");
}
