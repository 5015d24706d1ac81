// The households of the officer's area that are taken along, with the checklists.

import { ask } from "./asking.js";
import { addresses } from "./words.js";

const DAY_MS = 86_400_000;

export class Pack {
  constructor(store, vault) {
    this.store = store;
    this.vault = vault;
    this.open = null;
  }

  // What the server gives now; it stays in memory.
  async fetchOnly() {
    this.open = await ask(addresses.pack, { patience: 60_000 });
    return this.open;
  }

  // The server's pack, sealed on the phone under the pack key.
  async takeAlong() {
    const pack = await this.fetchOnly();
    await this.keep(pack);
  }

  async keep(pack) {
    const sealed = await this.vault.pack.sealValue(pack, "pack");
    const now = Date.now();
    await this.store.put("pack", { name: "pack", days: pack.wipe_after_days, spoke: now, newest: now, sealed });
  }

  // After the PIN: what was taken along. Null when nothing is there.
  async unlock() {
    const row = await this.store.get("pack", "pack");
    this.open = row ? await this.vault.pack.openValue(row.sealed, "pack") : null;
    return this.open;
  }

  close() {
    this.open = null;
    this.vault.pack = null;
  }

  // The officer is here, signed in, and the server still says so: the days begin anew.
  spoke() {
    return this.store.amend("pack", "pack", (row) => (row ? { ...row, spoke: Date.now(), newest: Math.max(row.newest, Date.now()) } : undefined));
  }

  // Households stay for so many days after the last word with the server. A clock that is set back does not lengthen them: the newest moment ever seen counts.
  async wipeIfOld() {
    let old = false;
    await this.store.amend("pack", "pack", (row) => {
      if (!row) return undefined;
      const newest = Math.max(row.newest, Date.now());
      old = newest - row.spoke > row.days * DAY_MS;
      return { ...row, newest };
    });
    if (old) await this.vault.wipe();
    this.wiped = old;
  }
}

// The villages of the households, each once, as they follow each other.
export function villagesOf(pack) {
  const villages = new Map(pack.households.map((each) => [each.village_id, { id: each.village_id, name: each.village }]));
  for (const village of pack.villages ?? []) villages.set(village.id, village);
  return [...villages.values()];
}
