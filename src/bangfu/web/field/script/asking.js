// Questions to the server. Each answer also tells how far the phone's clock is off.

import { addresses } from "./words.js";

const PATIENCE_MS = 30_000;
// A server that many phones speak to at once says when to come again; so often, and no longer than this, we wait here.
const TURNS = 12;
const LONGEST_TURN_S = 30;

// Nothing came back: no network, or the server is away.
export class Unreachable extends Error {}
// The server is busy and named a number of seconds.
class Later extends Unreachable {
  constructor(seconds) {
    super();
    this.seconds = seconds;
  }
}
// The session is over; what is on the phone waits until the officer has signed in again.
export class SignedOut extends Error {}
// The server answered, and not with a yes.
export class Refused extends Error {
  constructor(status, answer) {
    super();
    this.status = status;
    this.answer = answer;
  }
}

// Seconds by which the phone's clock is ahead of the server's; null before the server has answered. The server's Date
// header has whole seconds, so a difference of a second or two is none.
export const clock = { skew: null };

function noteClock(response, asked, answered) {
  const told = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(told)) return;
  // The header drops what is beyond the whole second: half a second on average.
  const skew = Math.round(((asked + answered) / 2 - (told + 500)) / 1000);
  clock.skew = Math.abs(skew) <= 1 ? 0 : skew;
}

async function readable(response) {
  try {
    return (response.headers.get("Content-Type") ?? "").includes("json") ? await response.json() : {};
  } catch {
    throw new Unreachable(); // cut off in the middle of the answer
  }
}

export async function ask(address, { method = "GET", body, headers = {}, patience = PATIENCE_MS } = {}) {
  const given_up = new AbortController();
  const alarm = setTimeout(() => given_up.abort(), patience);
  const asked = Date.now();
  try {
    const response = await fetch(address, {
      method,
      body,
      headers: { Accept: "application/json", ...headers },
      credentials: "same-origin",
      cache: "no-store",
      // The gate sends whoever is not signed in to another page.
      redirect: "manual",
      signal: given_up.signal,
    });
    noteClock(response, asked, Date.now());
    if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
    // A server that is starting, or too busy, has not said anything about what it was sent.
    const seconds = Number(response.headers.get("Retry-After"));
    if (response.status === 503 && seconds > 0 && seconds <= LONGEST_TURN_S) throw new Later(seconds);
    if ([429, 502, 503, 504].includes(response.status)) throw new Unreachable();
    const answer = await readable(response);
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  } catch (error) {
    if (error instanceof SignedOut || error instanceof Refused || error instanceof Unreachable) throw error;
    throw new Unreachable();
  } finally {
    clearTimeout(alarm);
  }
}

// The same until it is our turn.
async function askInTurn(address, given) {
  for (let turn = 1; ; turn += 1) {
    try {
      return await ask(address, given);
    } catch (error) {
      if (!(error instanceof Later) || turn === TURNS) throw error;
      await new Promise((go_on) => { setTimeout(go_on, error.seconds * 1000); });
    }
  }
}

// A line to the server with a token of now: one that has slept in an open page for a day may be of another session.
export class Line {
  static async open() {
    const line = new Line();
    await line.renew();
    return line;
  }

  async renew() {
    this.token = (await askInTurn(addresses.token)).csrf;
  }

  async say(address, given) {
    const said = () => askInTurn(address, { ...given, headers: { ...given.headers, "X-CSRFToken": this.token } });
    try {
      return await said();
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 403) throw error;
      await this.renew(); // the token may have changed since; a refusal for another reason comes again
      return said();
    }
  }
}
