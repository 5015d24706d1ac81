// IndexedDB, as promises. Every write is asked to reach the disk before it counts: a phone may lose its power any moment.

const VERSION = 1;
const REGISTER = "bangfu-field";
const STORES = {
  keys: { keyPath: "name" },
  pack: { keyPath: "name" },
  visits: { keyPath: "uuid" },
  photos: { keyPath: "uuid", index: "visit" },
};

// The phone has no room left for what was to be kept. What was there before is untouched.
export class StorageFull extends Error {}
// IndexedDB cannot be used at all: private windows of some browsers.
export class NoStorage extends Error {}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function inWords(error) {
  return error?.name === "QuotaExceededError" ? new StorageFull() : error;
}

function opened(name, stores) {
  return new Promise((resolve, reject) => {
    let request;
    try {
      request = indexedDB.open(name, VERSION);
    } catch {
      reject(new NoStorage());
      return;
    }
    request.onupgradeneeded = () => {
      for (const [store, { keyPath, index }] of Object.entries(stores)) {
        const made = request.result.createObjectStore(store, { keyPath });
        if (index) made.createIndex(index, index);
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error?.name === "QuotaExceededError" ? new StorageFull() : new NoStorage());
  });
}

// One officer's database on this phone.
export class Store {
  constructor(database) {
    this.database = database;
    database.onversionchange = () => database.close();
  }

  static async of(officer) {
    return new Store(await opened(`${REGISTER}-${officer}`, STORES));
  }

  get(store, key) {
    return settled(this.database.transaction(store).objectStore(store).get(key));
  }

  all(store) {
    return settled(this.database.transaction(store).objectStore(store).getAll());
  }

  keysOf(store, index, value) {
    return settled(this.database.transaction(store).objectStore(store).index(index).getAllKeys(value));
  }

  // `work` gets the object stores by name and asks them at will; all of it is kept or none.
  change(stores, work) {
    return new Promise((resolve, reject) => {
      let answer;
      const transaction = this.database.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve(answer);
      transaction.onabort = () => reject(inWords(transaction.error));
      transaction.onerror = () => {};
      const asked = Object.fromEntries(stores.map((name) => [name, transaction.objectStore(name)]));
      answer = work(asked);
    });
  }

  put(store, row) {
    return this.change([store], (asked) => { asked[store].put(row); });
  }

  remove(store, key) {
    return this.change([store], (asked) => { asked[store].delete(key); });
  }

  // Reads a row, lets `work` change it, and writes it back, with nobody in between. `work` answers the row to keep, or
  // undefined to leave it as it is; what it answered is the answer.
  amend(store, key, work) {
    let kept;
    return this.change([store], (asked) => {
      asked[store].get(key).onsuccess = (event) => {
        kept = work(event.target.result);
        if (kept !== undefined) asked[store].put(kept);
      };
    }).then(() => kept);
  }
}

// Who has used this phone, and who was last: no more than an id and a name each.
export class Register {
  static async open() {
    const register = new Register();
    register.database = await opened(REGISTER, { officers: { keyPath: "id" } });
    return register;
  }

  async last() {
    const all = await settled(this.database.transaction("officers").objectStore("officers").getAll());
    return all.sort((one, other) => other.used - one.used)[0] ?? null;
  }

  note(officer) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction("officers", "readwrite");
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(inWords(transaction.error));
      transaction.objectStore("officers").put({ ...officer, used: Date.now() });
    });
  }
}
