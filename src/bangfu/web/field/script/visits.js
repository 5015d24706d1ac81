// The visits on this phone: being written, waiting, arrived. All of it sealed, each photo by itself.
//
// State:  draft     being written
//         waiting   finished; the server does not have it, or not all of its photos
//         arrived   the server has all of it; only a line is left here, for a few days
// Photos are rows of their own. A photo leaves the phone only after the server has said that it has every byte.

import { newUuid } from "./making.js";
import { sha256 } from "./vault.js";

export class Visits {
  constructor(store, vault) {
    this.store = store;
    this.vault = vault;
    this.saving = new Map();
    this.opened = new Map(); // for lists: what was opened once, until the row changes
  }

  begin({ checklist, household, village }) {
    const now = new Date().toISOString();
    return {
      uuid: newUuid(),
      checklist,
      household: household && { id: household.id, number: household.number, head: household.head, village: household.village },
      village,
      answers: {},
      seen: {},
      photos: [],
      started_at: now,
    };
  }

  // One after the other, the newest content last; whatever is typed while one is being written goes with the next.
  save(visit, state = "draft") {
    const before = this.saving.get(visit.uuid) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => this.#write(visit, state));
    this.saving.set(visit.uuid, mine);
    const over = () => { if (this.saving.get(visit.uuid) === mine) this.saving.delete(visit.uuid); };
    mine.then(over, over);
    return mine;
  }

  async #write(visit, state) {
    const sealed = await this.vault.visits.sealValue(visit, `visit ${visit.uuid}`);
    await this.store.put("visits", { uuid: visit.uuid, state, updated: Date.now(), sealed });
  }

  async #opened(row) {
    const visit = await this.vault.visits.openValue(row.sealed, `visit ${row.uuid}`);
    return { ...row, visit };
  }

  async load(uuid) {
    const row = await this.store.get("visits", uuid);
    return row && this.#opened(row);
  }

  // Newest first. Rows that do not open are left out of the list and left on the phone.
  async list() {
    const rows = (await this.store.all("visits")).sort((one, other) => other.updated - one.updated);
    const opened = await Promise.all(rows.map((row) => this.#listed(row).catch(() => null)));
    return opened.filter(Boolean);
  }

  async #listed(row) {
    const known = this.opened.get(row.uuid);
    if (known?.updated === row.updated) return { ...row, visit: known.visit };
    const { visit } = await this.#opened(row);
    this.opened.set(row.uuid, { updated: row.updated, visit });
    return { ...row, visit };
  }

  // Counts need no key: they are shown before anything is unlocked.
  async counts() {
    const counts = { draft: 0, waiting: 0, arrived: 0, photos: 0 };
    for (const row of await this.store.all("visits")) counts[row.state] += 1;
    for (const photo of await this.store.all("photos")) counts.photos += photo.state === "draft" ? 0 : 1;
    return counts;
  }

  // The photo is kept before its name enters the visit: a name without a photo would be worse than the reverse.
  async addPhoto(visit, question, { bytes, name, taken_at }) {
    const photo = { uuid: newUuid(), question, sha256: await sha256(bytes), size: bytes.length, taken_at, name };
    const sealed = await this.vault.visits.seal(bytes, `photo ${photo.uuid}`);
    await this.store.put("photos", { uuid: photo.uuid, visit: visit.uuid, state: "draft", sealed });
    visit.photos.push(photo);
    await this.save(visit);
    return photo;
  }

  async removePhoto(visit, uuid) {
    visit.photos = visit.photos.filter((photo) => photo.uuid !== uuid);
    await this.save(visit);
    await this.store.remove("photos", uuid);
  }

  async photoBytes(uuid) {
    const row = await this.store.get("photos", uuid);
    return row ? this.vault.visits.open(row.sealed, `photo ${uuid}`) : null;
  }

  // From here on it is the sender's. Visit and photos change state together.
  async finish(visit) {
    await this.saving.get(visit.uuid)?.catch(() => {});
    const finished = { ...visit, ended_at: new Date().toISOString() };
    const sealed = await this.vault.visits.sealValue(finished, `visit ${visit.uuid}`);
    const photos = await this.store.keysOf("photos", "visit", visit.uuid);
    await this.store.change(["visits", "photos"], (asked) => {
      asked.visits.put({ uuid: visit.uuid, state: "waiting", updated: Date.now(), sealed });
      for (const uuid of photos) {
        asked.photos.get(uuid).onsuccess = (event) => asked.photos.put({ ...event.target.result, state: "waiting" });
      }
    });
  }

  // Back to the desk, as long as the server has not seen it. Whether it went.
  async reopen(uuid) {
    const photos = await this.store.keysOf("photos", "visit", uuid);
    let went = false;
    await this.store.change(["visits", "photos"], (asked) => {
      asked.visits.get(uuid).onsuccess = (event) => {
        const row = event.target.result;
        if (row?.state !== "waiting" || row.known) return;
        went = true;
        asked.visits.put({ ...row, state: "draft", trouble: "" });
        for (const photo of photos) {
          asked.photos.get(photo).onsuccess = (found) => asked.photos.put({ ...found.target.result, state: "draft" });
        }
      };
    });
    return went;
  }

  async discard(uuid) {
    const photos = await this.store.keysOf("photos", "visit", uuid);
    await this.store.change(["visits", "photos"], (asked) => {
      asked.visits.delete(uuid);
      for (const photo of photos) asked.photos.delete(photo);
    });
  }

  async waiting() {
    return (await this.store.all("visits")).filter((row) => row.state === "waiting").sort((one, other) => one.updated - other.updated);
  }

  // What became of a try to send: `known` once the server has the visit itself, `trouble` a sentence or "".
  note(uuid, change) {
    return this.store.amend("visits", uuid, (row) => (row ? { ...row, ...change } : undefined));
  }

  // Everything has arrived: photos and answers leave the phone, a line stays.
  async arrived(row, answer) {
    const { uuid, household, village, checklist } = row.visit;
    const line = {
      uuid,
      household,
      village,
      checklist: { id: checklist.id, label: checklist.label },
      state: answer.state,
      problems: answer.problems ?? [],
    };
    const sealed = await this.vault.visits.sealValue(line, `visit ${uuid}`);
    const photos = await this.store.keysOf("photos", "visit", uuid);
    await this.store.change(["visits", "photos"], (asked) => {
      asked.visits.put({ uuid, state: "arrived", updated: Date.now(), sealed });
      for (const photo of photos) asked.photos.delete(photo);
    });
  }

  async forgetArrived(olderThanMs) {
    const old = (await this.store.all("visits")).filter((row) => row.state === "arrived" && Date.now() - row.updated > olderThanMs);
    for (const row of old) await this.store.remove("visits", row.uuid);
  }
}
