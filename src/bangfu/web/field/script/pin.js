// The PIN: choosing one, giving it, forgetting it.

import { SignedOut } from "./asking.js";
import { make, show, tell } from "./making.js";
import { PinWrong, Wiped } from "./vault.js";
import { addresses, limits, say } from "./words.js";

const PAGE_PATIENCE_MS = 15_000;

function pinField(id, label, autocomplete) {
  return make(
    "div",
    { class: "ask" },
    make("label", { class: "ask-label", for: id }, label),
    make("input", { id, type: "password", inputmode: "numeric", autocomplete, class: "line", required: true }),
  );
}

// 111111 and 123456 are what a thief tries first.
function easy(pin) {
  const steps = [...pin].slice(1).map((digit, at) => Number(digit) - Number(pin[at]));
  return new Set(steps).size === 1 && Math.abs(steps[0]) <= 1;
}

function faultOf(pin, again) {
  if (!/^\d+$/.test(pin) || pin.length < limits.pin_digits) return say("pin_too_short", { digits: limits.pin_digits });
  if (easy(pin)) return say("pin_too_easy");
  return pin === again ? "" : say("pin_differs");
}

function submitting(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

export function firstPin(desk) {
  const form = make(
    "form",
    { novalidate: true },
    pinField("pin", say("pin_new", { digits: limits.pin_digits }), "new-password"),
    pinField("pin-again", say("pin_again"), "new-password"),
    make("button", { class: "big big-first", type: "submit" }, say("take_along")),
    make("button", { class: "big", type: "button", onclick: () => withoutTaking(desk) }, say("without_taking")),
  );
  submitting(form, async () => {
    const pin = form.querySelector("#pin").value;
    const fault = faultOf(pin, form.querySelector("#pin-again").value);
    if (fault) return tell(fault, "bad");
    return takeAlong(desk, pin);
  });
  show(
    desk.screen,
    make("h1", {}, say("pin_title")),
    desk.pack.wiped && make("p", { class: "told told-info" }, say("wiped_old")),
    make("p", {}, say("pin_why")),
    form,
  );
}

async function withoutTaking(desk) {
  tell("");
  await desk.withoutPack();
  return desk.draw();
}

// "You can go off-line now" is said when the page itself is kept, too; not for ever, should a browser refuse to.
function pageKept() {
  const given_up = new Promise((done) => { setTimeout(done, PAGE_PATIENCE_MS); });
  return Promise.race([navigator.serviceWorker?.ready, given_up]);
}

async function takeAlong(desk, pin) {
  try {
    tell(say("taking"), "info");
    const pack = await desk.pack.fetchOnly();
    await desk.vault.choosePin(pin, pack.wrong_pins);
    await desk.pack.keep(pack);
    await pageKept();
    tell(say("taken", { households: pack.households.length, days: pack.wipe_after_days }), "good");
    return desk.go("home");
  } catch (error) {
    return desk.fail(error);
  }
}

export function knownPin(desk) {
  const form = make(
    "form",
    { novalidate: true },
    pinField("pin", say("pin_known"), "current-password"),
    make("button", { class: "big big-first", type: "submit" }, say("open")),
    make("button", { class: "big", type: "button", onclick: () => forgotten(desk) }, say("pin_forgotten")),
  );
  submitting(form, () => tryPin(desk, form.querySelector("#pin")));
  show(desk.screen, make("h1", {}, say("pin_give", { name: desk.officer.name })), form);
}

async function tryPin(desk, field) {
  try {
    await desk.vault.openWithPin(field.value);
  } catch (error) {
    field.value = "";
    if (error instanceof PinWrong) return tell(say("pin_wrong", { left: error.left }), "bad");
    if (error instanceof Wiped) return afterWiping(desk, "wiped_pins");
    return desk.fail(error);
  }
  tell("");
  await desk.pack.unlock();
  desk.locked = false;
  desk.sender.start();
  if (!desk.pack.open) await desk.withoutPack();
  return desk.draw();
}

async function forgotten(desk) {
  if (!confirm(say("pin_forget_sure"))) return;
  await desk.vault.wipe();
  await afterWiping(desk, "wiped_forgotten");
}

async function afterWiping(desk, why) {
  await desk.enter();
  tell(say(why), "bad");
}

// Fresh households under the same PIN; the pack key is at hand while the page is open.
export async function takeAgain(desk) {
  try {
    tell(say("taking"), "info");
    if (desk.vault.pack) await desk.pack.takeAlong();
    else await desk.pack.fetchOnly();
    tell(say(desk.vault.pack ? "taken" : "fetched", { households: desk.pack.open.households.length, days: desk.pack.open.wipe_after_days }), "good");
    return desk.draw();
  } catch (error) {
    if (error instanceof SignedOut) location.href = addresses.sign_in;
    return desk.fail(error);
  }
}
