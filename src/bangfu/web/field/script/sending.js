// What is finished goes to the server: on `online`, on a timer, when the page opens, when the officer asks.
//
// Whatever happens in between — network cut, window closed, battery empty, server restarted — the next try begins with
// the same UUID, and the server says what it already has: a visit it knows is not written twice, a photo goes on at the
// byte where it stopped.

import { Line, Refused, SignedOut, Unreachable } from "./asking.js";
import { addresses, limits, say } from "./words.js";

const LEASE_MS = 12_000;
const SMALLEST_PART = 16 * 1024;
const PART_PATIENCE_MS = 60_000;
const PAUSE_MS = 15_000;
const LONGEST_PAUSE_MS = 300_000;

export class Sender {
  // `changed(told)` is called whenever there is something new to show.
  constructor(visits, changed) {
    this.visits = visits;
    this.changed = changed;
    this.state = "idle"; // idle, sending, offline, signed-out
    this.pause = PAUSE_MS;
    this.timer = null;
    this.running = null;
    this.part = limits.photo_part;
  }

  start() {
    if (this.started) return;
    this.started = true;
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.#became("offline"));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.now(); });
    this.flush();
  }

  // Asks for a try at once; one that is under way is the answer. `asked`: by the officer, who need not wait for another
  // window that may have been killed.
  now(asked = false) {
    this.pause = PAUSE_MS;
    return this.flush(asked);
  }

  flush(asked = false) {
    clearTimeout(this.timer);
    this.running ??= this.#flush(asked).finally(() => {
      this.running = null;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.flush(), this.pause);
    });
    return this.running;
  }

  #became(state) {
    this.state = state === "idle" && navigator.onLine === false ? "offline" : state;
    this.changed(this.state);
  }

  async #flush(asked) {
    if (!this.visits.vault.visits || !(await this.visits.waiting()).length) return this.#became("idle");
    if (!(await this.#takeLease(asked))) {
      this.pause = LEASE_MS; // another window of this officer is sending, or was until it was closed
      return undefined;
    }
    try {
      this.#became("sending");
      const line = await Line.open();
      let failed = false;
      for (const { uuid } of await this.visits.waiting()) {
        await this.#takeLease();
        failed = !(await this.#sent(line, uuid)) || failed;
        this.changed("sending");
      }
      this.pause = failed ? Math.min(this.pause * 2, LONGEST_PAUSE_MS) : PAUSE_MS;
      return this.#became("idle");
    } catch (error) {
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
      if (error instanceof SignedOut) return this.#became("signed-out");
      if (error instanceof Unreachable) return this.#became("offline");
      if (error instanceof Refused) return this.#became("offline"); // not even a token: the server is not itself
      this.#became("idle");
      throw error;
    } finally {
      await this.#leaveLease();
    }
  }

  // As a rule one window sends at a time. Two do no harm, the server knows each UUID; they only do double work.
  async #takeLease(regardless = true) {
    this.me ??= crypto.getRandomValues(new Uint32Array(2)).join("-");
    const now = Date.now();
    const kept = await this.visits.store.amend("keys", "lease", (row) =>
      !regardless && row && row.owner !== this.me && row.until > now && row.until < now + 2 * LEASE_MS
        ? undefined
        : { name: "lease", owner: this.me, until: now + LEASE_MS });
    return Boolean(kept);
  }

  #leaveLease() {
    return this.visits.store.amend("keys", "lease", (row) => (row?.owner === this.me ? { ...row, until: 0 } : undefined));
  }

  // Whether all of this visit is with the server now. A refusal is noted on the visit and keeps nobody else waiting;
  // no network or no session ends the whole try.
  async #sent(line, uuid) {
    const row = await this.visits.load(uuid);
    if (row?.state !== "waiting") return true;
    try {
      const answer = await line.say(addresses.send, {
        method: "POST",
        body: JSON.stringify(payloadOf(row.visit)),
        headers: { "Content-Type": "application/json" },
      });
      await this.visits.note(uuid, { known: true, trouble: "" });
      const problems = [...(answer.problems ?? [])];
      // A photo that the server does not name is one that it has refused, and keeps as it came.
      for (const photo of row.visit.photos.filter((each) => each.uuid in (answer.photos ?? {}))) {
        const refusal = await this.#sendPhoto(line, photo, answer.photos[photo.uuid]);
        if (refusal) problems.push(refusal);
      }
      await this.visits.arrived(row, { ...answer, problems });
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.visits.note(uuid, { trouble: reasonOf(error) });
      return false;
    }
  }

  // Part by part from where the server stands. What it says of a picture that it will never take (and keeps unread);
  // null when it has all of it.
  async #sendPhoto(line, photo, received) {
    const bytes = received < photo.size ? await this.visits.photoBytes(photo.uuid) : null;
    if (received < photo.size && !bytes) return { message: say("photo_gone", { name: photo.name }) };
    let stuck = 0;
    while (received < photo.size) {
      let here;
      await this.#takeLease();
      try {
        here = (await line.say(`${addresses.photos}${photo.uuid}/`, partOf(bytes, received, this.part))).received;
        this.part = Math.min(this.part * 2, limits.photo_part);
      } catch (error) {
        // A line that carries no part of this size may carry a smaller one.
        if (error instanceof Unreachable) this.part = Math.max(this.part / 2, SMALLEST_PART);
        if (!(error instanceof Refused)) throw error;
        if ([413, 422].includes(error.status)) return error.answer;
        if (error.status !== 409) throw error;
        here = 0; // what came was not what left: from the beginning
      }
      // Now and then a part is to be sent again; a server that never gets on has something against this photo.
      stuck = here > received ? 0 : stuck + 1;
      if (stuck > 3) throw new Refused(409, {});
      received = here;
    }
    return null;
  }
}

function partOf(bytes, from, size) {
  const end = Math.min(from + size, bytes.length);
  return {
    patience: PART_PATIENCE_MS,
    method: "PUT",
    body: bytes.subarray(from, end),
    headers: { "Content-Type": "application/octet-stream", "Content-Range": `bytes ${from}-${end - 1}/${bytes.length}` },
  };
}

// What the server is told. `sent_at` is this phone's clock at this moment: by the difference to its own the server puts
// right the times of a phone whose clock is wrong.
const TOLD = [
  "uuid", "answers", "seen", "photos", "visited_on", "started_at", "ended_at", "met_with", "companions", "summary", "remarks",
  "latitude", "longitude", "accuracy", "about",
];

export function payloadOf(visit) {
  const told = Object.fromEntries(TOLD.filter((name) => visit[name] !== undefined).map((name) => [name, visit[name]]));
  const place = visit.household ? { household: visit.household.id } : { village: visit.village.id };
  return { ...told, ...place, checklist: visit.checklist.id, version: visit.checklist.version, sent_at: new Date().toISOString() };
}

function reasonOf(refused) {
  const { message, problems } = refused.answer ?? {};
  const reasons = [message, ...(problems ?? []).map((problem) => problem.message ?? problem)].filter(Boolean);
  return reasons.join(" ") || say("refused_by_server", { status: refused.status });
}
