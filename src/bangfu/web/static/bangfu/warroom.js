"use strict";
// The war room works without this file: it adds the slider, the playing of days, and the turning of pictures on the wall.

const DAY = 86_400_000;

class SignedOut extends Error {}

async function fetched(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (new URL(answer.url).pathname.startsWith("/sign-in/")) throw new SignedOut();
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// --- the slider over days ---------------------------------------------------------------------------------------------

const holder = document.querySelector("[data-war-slider]");
if (holder) {
  const form = document.getElementById("war-form");
  const field = document.getElementById("id_day");
  const slider = document.getElementById("war-day");
  const button = holder.querySelector("[data-war-play]");
  const first = Date.parse(`${holder.dataset.first}T00:00:00Z`);
  const STEPS = 40;
  let turn = 0;
  let playing = false;
  holder.hidden = false;

  const dayOf = (number) => new Date(first + Number(number) * DAY).toISOString().slice(0, 10);

  // The latest wish wins: an answer to an older one is thrown away.
  async function show(number) {
    const mine = ++turn;
    field.value = dayOf(number);
    slider.value = number;
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    try {
      const page = await fetched(address);
      if (mine !== turn) return;
      document.getElementById("war-board").innerHTML = page.getElementById("war-board").innerHTML;
      history.replaceState(null, "", address);
    } catch {
      if (mine === turn) form.submit();
    }
  }

  function stop() {
    playing = false;
    button.setAttribute("aria-pressed", "false");
    holder.querySelector("[data-war-play-on]").hidden = false;
    holder.querySelector("[data-war-play-off]").hidden = true;
  }

  async function play() {
    playing = true;
    button.setAttribute("aria-pressed", "true");
    holder.querySelector("[data-war-play-on]").hidden = true;
    holder.querySelector("[data-war-play-off]").hidden = false;
    const most = Number(slider.max);
    const step = Math.max(1, Math.ceil(most / STEPS));
    let number = Number(slider.value) >= most ? 0 : Number(slider.value);
    while (playing) {
      await show(number);
      if (number >= most) break;
      number = Math.min(number + step, most);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    stop();
  }

  slider.addEventListener("input", () => { field.value = dayOf(slider.value); });
  slider.addEventListener("change", () => { stop(); show(slider.value); });
  button.addEventListener("click", () => (playing ? stop() : play()));
}

// --- the wall ---------------------------------------------------------------------------------------------------------

const wall = document.getElementById("wall");
if (wall) {
  let timer = 0;
  const now = () => document.getElementById("wall");

  async function turnTo(address, shown = address) {
    clearTimeout(timer);
    try {
      const page = await fetched(address);
      now().replaceWith(page.getElementById("wall"));
      document.title = page.title;
      history.replaceState(null, "", shown);
    } catch (error) {
      // The last picture stays and says that it does. Whoever was signed out is asked to sign in again when somebody
      // comes: asking on and on would only be refused.
      if (error instanceof SignedOut) return ended();
      now().querySelector("[data-wall-lost]").hidden = false;
    }
    wait();
  }

  function ended() {
    const notice = now().querySelector("[data-wall-ended]");
    notice.hidden = false;
    notice.querySelector("[data-wall-sign-in]").focus();
  }

  // Turned by itself the address says so, which is no click of anybody; the page then bears the address without that.
  function wait() {
    timer = setTimeout(() => turnTo(now().dataset.turning, now().dataset.next), Number(now().dataset.seconds) * 1000);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") turnTo(now().dataset.next);
    else if (event.key === "ArrowLeft") turnTo(now().dataset.before);
    else if (event.key === "Escape") location.assign(now().dataset.back);
  });
  wait();
}
