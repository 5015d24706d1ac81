// One household, or one village: what is known of it, and which form is to be filled in.

import { prefill } from "./form.js";
import { villagesOf } from "./pack.js";
import { make, show, tell } from "./making.js";
import { addresses, say } from "./words.js";

export async function household(desk, id, village) {
  tell("");
  const pack = desk.pack.open;
  if (!pack) return desk.go("home");
  if (id === "village") return choose(desk, pack, { village: villagesOf(pack).find((each) => String(each.id) === village) }, "village");
  const found = pack.households.find((each) => String(each.id) === id);
  return choose(desk, pack, { household: found }, "household");
}

function choose(desk, pack, about, kind) {
  const subject = about.household ?? about.village;
  if (!subject) return desk.go("home");
  const checklists = pack.checklists.filter((checklist) => checklist.about === kind);
  show(
    desk.screen,
    make("a", { class: "back", href: "#home" }, say("back")),
    make("h1", {}, subject.head ?? subject.name),
    about.household && known(about.household),
    make("h2", {}, say("which_form")),
    checklists.map((checklist) =>
      make("button", { class: "big", type: "button", onclick: () => begin(desk, checklist, about) }, checklist.label)),
  );
  scrollTo({ top: 0, behavior: "instant" });
  return undefined;
}

function known(household) {
  const lines = [
    ["number", household.number],
    ["village", household.village],
    ["address", [household.group, household.address].filter(Boolean).join(" ")],
    ["phone", household.phone_masked],
    ["last_visit_label", household.last_visit],
    ["measures", (household.measures ?? []).map((measure) => `${measure.label} (${measure.state})`).join(", ")],
  ].filter(([, value]) => value);
  const members = household.members ?? [];
  return [
    make("dl", { class: "known" }, lines.map(([label, value]) => make("div", {}, make("dt", {}, say(label)), make("dd", {}, value)))),
    members.length > 0 && make("p", { class: "card-more" }, say("members", { names: members.map((member) => [member.name, member.relation].filter(Boolean).join(" ")).join(", ") })),
  ];
}

async function begin(desk, checklist, about) {
  if (!desk.vault.visits) {
    location.href = addresses.sign_in;
    return;
  }
  const visit = desk.visits.begin({ checklist, ...about });
  if (about.household) prefill(visit, about.household);
  try {
    await desk.visits.save(visit);
    desk.go(`visit/${visit.uuid}`);
  } catch (error) {
    desk.fail(error);
  }
}
