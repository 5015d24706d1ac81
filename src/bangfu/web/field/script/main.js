// Where the page begins: who is here, what opens, which screen is shown.

import { Refused, SignedOut, Unreachable, ask } from "./asking.js";
import { make, show, tell } from "./making.js";
import { Pack } from "./pack.js";
import { Sender } from "./sending.js";
import { firstPin, knownPin } from "./pin.js";
import { home, refreshed } from "./home.js";
import { household } from "./household.js";
import { writing } from "./writing.js";
import { NoStorage, Register, Store, StorageFull } from "./store.js";
import { Locked, Vault, fromBase64, ready, secure } from "./vault.js";
import { Visits } from "./visits.js";
import { addresses, limits, say } from "./words.js";

const FIRST_PATIENCE_MS = 6000;
const SCREENS = { home, household, visit: writing };

export class Desk {
  constructor() {
    this.screen = document.getElementById("field-screen");
    this.officer = null;
    this.signedIn = false;
    this.locked = false;
  }

  async open() {
    await ready();
    const register = await Register.open();
    await this.#meet(register);
    if (!this.officer) return this.noRight ? this.enter() : this.#askToSignIn();
    this.store = await Store.of(this.officer.id);
    this.vault = new Vault(this.store);
    this.visits = new Visits(this.store, this.vault);
    this.pack = new Pack(this.store, this.vault);
    this.sender = new Sender(this.visits, (state) => this.#senderSaid(state));
    await this.pack.wipeIfOld();
    if (this.signedIn) await this.pack.spoke();
    if (this.noRight) await this.vault.wipe();
    if (this.key) await this.#openWithServer();
    if (this.vault.visits) this.sender.start();
    addEventListener("hashchange", () => this.draw());
    this.#lockWhenLeft();
    return this.enter();
  }

  // Who is signed in; without a network, or signed out, whoever was last on this phone.
  async #meet(register) {
    try {
      const { officer, key } = await ask(addresses.key, { patience: FIRST_PATIENCE_MS });
      this.officer = officer;
      this.key = fromBase64(key);
      this.signedIn = true;
      await register.note(officer);
    } catch (error) {
      // A server that cannot answer is as good as none; one that says no is believed.
      if (![Refused, SignedOut, Unreachable].some((kind) => error instanceof kind)) throw error;
      this.noRight = error instanceof Refused && error.status === 403;
      this.officer = await register.last();
      document.getElementById("field-net").textContent = say(error instanceof SignedOut ? "net_signed-out" : "net_offline");
      this.signedOut = error instanceof SignedOut;
    }
  }

  async #openWithServer() {
    try {
      await this.vault.openWithServer(this.key);
    } catch (error) {
      if (!(error instanceof Locked)) throw error;
      this.locked = true; // a PIN may still open it
    }
  }

  // The way in: by PIN where there is one; else a first PIN, or, where none can be kept, straight on.
  async enter() {
    if (this.noRight) return show(this.screen, make("h1", {}, say("no_right_title")), make("p", { class: "told told-bad" }, say("no_right")));
    if (await this.vault.hasPin()) return knownPin(this);
    if (this.locked) return this.#sayLocked();
    if (!this.signedIn) return this.#askToSignIn();
    if (secure) return firstPin(this);
    await this.withoutPack();
    return this.draw();
  }

  // Households as the server gives them, kept in memory for as long as the page is open.
  async withoutPack() {
    try {
      await this.pack.fetchOnly();
    } catch (error) {
      tell(say(error instanceof SignedOut ? "sign_in_again" : "no_households_now"), "bad");
    }
  }

  async draw() {
    const [name, ...rest] = location.hash.slice(1).split("/");
    const screen = SCREENS[name] ?? home;
    try {
      await screen(this, ...rest);
    } catch (error) {
      this.fail(error);
    }
  }

  go(hash) {
    if (location.hash === `#${hash}`) return this.draw();
    location.hash = hash;
    return undefined;
  }

  // What went wrong, in words; what was written so far stays where it is.
  fail(error) {
    if (error instanceof StorageFull) return tell(say("storage_full"), "bad");
    if (error instanceof NoStorage) return tell(say("no_storage"), "bad");
    if (error instanceof SignedOut) return tell(say("sign_in_again"), "bad");
    if (error instanceof Unreachable) return tell(say("no_network"), "bad");
    tell(say("broken", { reason: error?.message || String(error) }), "bad");
    throw error;
  }

  #senderSaid(state) {
    const place = document.getElementById("field-net");
    place.textContent = say(`net_${state}`);
    place.className = `field-net net-${state}`;
    // Many arrive one after the other: once a second is enough to say so.
    this.redraw ??= setTimeout(() => {
      this.redraw = null;
      refreshed(this).catch((error) => this.fail(error));
    }, state === "sending" ? 1000 : 0);
  }

  async #askToSignIn() {
    const counts = this.visits ? await this.visits.counts() : null;
    show(
      this.screen,
      make("h1", {}, say("sign_in_first")),
      make("p", {}, say(this.signedOut ? "sign_in_why" : "sign_in_needs_network")),
      counts && counts.waiting + counts.draft > 0 && make("p", { class: "told told-info" }, say("still_here", counts)),
      make("a", { class: "big big-first", href: addresses.sign_in }, say("sign_in")),
    );
  }

  #sayLocked() {
    show(this.screen, make("h1", {}, say("locked_title")), make("p", { class: "told told-bad" }, say("locked")));
  }

  // A phone that was put away and taken up again by somebody asks for the PIN.
  #lockWhenLeft() {
    let left = null;
    document.addEventListener("visibilitychange", async () => {
      if (document.hidden) left = Date.now();
      else if (left && Date.now() - left > limits.lock_after_minutes * 60_000 && (await this.vault.hasPin())) {
        this.pack.close();
        this.enter();
      }
    });
  }
}

if (secure && "serviceWorker" in navigator) {
  navigator.serviceWorker.register(addresses.worker).catch(() => {}); // without it the page still works while it is open
}
const desk = new Desk();
desk.open().catch((error) => desk.fail(error));
navigator.storage?.persist?.().catch(() => {}); // asks the browser not to clear what is not sent yet
