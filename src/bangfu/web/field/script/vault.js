// What is kept on a phone is kept sealed.
//
// Two keys, both random. The *visits* key seals what the officer wrote and photographed; it is itself sealed by a key
// that the server derives for this officer and tells nobody else, and, once there is a PIN, by the PIN as well. The
// *pack* key seals the households taken along; it is sealed by the PIN alone. So a PIN that is forgotten, or wrong too
// often, costs the households taken along, which can be fetched again, and never a visit, which cannot.
//
// Where the origin is secure the browser's own AES-GCM does the sealing and PBKDF2 makes a key from the PIN. Elsewhere a
// browser lends no cipher: XChaCha20-Poly1305 of noble-ciphers seals the visits, and there is no pack and no PIN.

import { limits } from "./words.js";

export const secure = Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle);

// Fetched while there is a network: what is needed first when a photo is taken must not be asked for then.
const lent = secure ? null : Promise.all([import("./noble-ciphers/chacha.js"), import("./noble-hashes/sha2.js")]);

// Throws when the ciphers could not be fetched.
export async function ready() {
  await lent;
}

// The PIN was wrong; so many tries are left.
export class PinWrong extends Error {
  constructor(left) {
    super();
    this.left = left;
  }
}
// Wrong once too often: households and PIN are gone from the phone.
export class Wiped extends Error {}
// Neither the server's key nor a PIN opens what is kept.
export class Locked extends Error {}

const bytesOf = (text) => new TextEncoder().encode(text);
const textOf = (bytes) => new TextDecoder().decode(bytes);

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// Seals and opens bytes with one key. `about` is bound to them: what was sealed for one purpose opens for no other.
export class Sealer {
  constructor(raw) {
    this.raw = raw;
    this.ready = secure
      ? crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"])
      : lent.then(([ciphers]) => ciphers);
  }

  static random() {
    return new Sealer(crypto.getRandomValues(new Uint8Array(32)));
  }

  async seal(bytes, about) {
    const nonce = crypto.getRandomValues(new Uint8Array(secure ? 12 : 24));
    const with_ = await this.ready;
    const data = secure
      ? new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: bytesOf(about) }, with_, bytes))
      : with_.xchacha20poly1305(this.raw, nonce, bytesOf(about)).encrypt(bytes);
    return { nonce, data };
  }

  // Throws when the key is another one or a bit was changed.
  async open({ nonce, data }, about) {
    const with_ = await this.ready;
    return secure
      ? new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: bytesOf(about) }, with_, data))
      : with_.xchacha20poly1305(this.raw, nonce, bytesOf(about)).decrypt(data);
  }

  async sealValue(value, about) {
    return this.seal(bytesOf(JSON.stringify(value)), about);
  }

  async openValue(sealed, about) {
    return JSON.parse(textOf(await this.open(sealed, about)));
  }
}

async function sealerOfPin(pin, salt, rounds) {
  const word = await crypto.subtle.importKey("raw", bytesOf(pin), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, word, 256);
  return new Sealer(new Uint8Array(bits));
}

async function tried(sealer, sealed, about) {
  try {
    return new Sealer(await sealer.open(sealed, about));
  } catch {
    return null;
  }
}

export class Vault {
  constructor(store) {
    this.store = store;
    this.visits = null;
    this.pack = null;
    this.server = null;
  }

  async hasPin() {
    return secure && Boolean(await this.store.get("keys", "pin"));
  }

  // With the server's key: what the officer wrote on this phone opens, whatever became of the PIN. The first time the
  // visits key is made. Throws Locked when the server's key is not the one of then (its secret was replaced).
  async openWithServer(key) {
    this.server = new Sealer(key);
    const kept = await this.store.get("keys", "visits");
    if (kept) {
      this.visits ??= await tried(this.server, kept.sealed, "visits by server");
      if (!this.visits) throw new Locked();
      return;
    }
    const visits = this.visits ?? Sealer.random();
    const sealed = await this.server.seal(visits.raw, "visits by server");
    // Two windows that start together must agree on one key: the first to write wins.
    const first = await this.store.amend("keys", "visits", (row) => (row ? undefined : { name: "visits", sealed }));
    this.visits = first ? visits : null;
    if (!first) await this.openWithServer(key);
  }

  // A first or a new PIN, with a new pack key: what an old one sealed is worthless from then on.
  async choosePin(pin, allowed) {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const byPin = await sealerOfPin(pin, salt, limits.pin_rounds);
    const pack = Sealer.random();
    const row = {
      name: "pin",
      salt,
      rounds: limits.pin_rounds,
      allowed,
      tries: 0,
      pack: await byPin.seal(pack.raw, "pack by pin"),
      visits: await byPin.seal(this.visits.raw, "visits by pin"),
    };
    await this.store.change(["keys", "pack"], (asked) => {
      asked.keys.put(row);
      asked.pack.clear();
    });
    this.pack = pack;
  }

  // The try is counted before the PIN is looked at, so that pulling the battery gains nothing. Throws PinWrong or Wiped.
  async openWithPin(pin) {
    const row = await this.store.amend("keys", "pin", (kept) => (kept ? { ...kept, tries: kept.tries + 1 } : undefined));
    if (!row) throw new Wiped();
    const byPin = row.tries <= row.allowed ? await sealerOfPin(pin, row.salt, row.rounds) : null;
    const pack = byPin && (await tried(byPin, row.pack, "pack by pin"));
    if (!pack) {
      if (row.tries < row.allowed) throw new PinWrong(row.allowed - row.tries);
      await this.wipe();
      throw new Wiped();
    }
    await this.store.amend("keys", "pin", (kept) => (kept ? { ...kept, tries: 0 } : undefined));
    this.pack = pack;
    this.visits ??= await tried(byPin, row.visits, "visits by pin");
    if (this.visits && this.server) await this.sealAnewForServer();
  }

  // After the server's secret was replaced its old key opens nothing any more; the PIN still does.
  async sealAnewForServer() {
    const kept = await this.store.get("keys", "visits");
    if (kept && (await tried(this.server, kept.sealed, "visits by server"))) return;
    await this.store.put("keys", { name: "visits", sealed: await this.server.seal(this.visits.raw, "visits by server") });
  }

  // The households taken along and the PIN go; what the officer wrote stays, under the server's key.
  async wipe() {
    await this.store.change(["keys", "pack"], (asked) => {
      asked.keys.delete("pin");
      asked.pack.clear();
    });
    this.pack = null;
  }
}

export async function sha256(bytes) {
  const digest = secure
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : (await lent)[1].sha256(bytes);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
