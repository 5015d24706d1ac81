"use strict";
// Everything works without this file except adding rows and drawing charts; it hangs on data-attributes only.

// A session that ended sends htmx the sign-in page: show it whole instead of inside a part of the old page.
document.addEventListener("htmx:beforeSwap", (event) => {
  const answer = new URL(event.detail.xhr.responseURL, location.href);
  if (answer.pathname.startsWith("/sign-in/")) {
    event.detail.shouldSwap = false;
    location.reload();
  } else if (event.detail.xhr.status >= 400) {
    // An error page says what to do next; it replaces the page.
    event.detail.target = document.body;
    event.detail.swapOverride = "innerHTML";
    event.detail.shouldSwap = true;
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-print]");
  if (button) window.print();
});

document.addEventListener("submit", (event) => {
  const question = (event.submitter || event.target).dataset.confirm || event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// A drop-down that sends its form at once and loads the page anew (the capture keeps htmx from sending it too).
document.addEventListener("change", (event) => {
  const list = event.target.closest("select[data-submit]");
  if (!list) return;
  event.stopPropagation();
  list.form.submit();
}, true);

// "One more line" in a form of many lines: a copy of the template with the next number, and the count raised.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  const total = document.getElementById(button.dataset.total);
  const holder = document.createElement("tbody");
  holder.innerHTML = document.getElementById(button.dataset.template).innerHTML.replaceAll("__prefix__", total.value);
  const row = holder.firstElementChild;
  document.getElementById(button.dataset.addRow).append(row);
  total.value = Number(total.value) + 1;
  row.querySelector("select, input").focus();
});

// A slider beside a number field: each follows the other. The field is what the form sends, so that without this file,
// where the slider stays hidden, nothing is missing.
for (const slider of document.querySelectorAll("[data-slider-of]")) {
  const field = document.getElementById(slider.dataset.sliderOf);
  slider.hidden = false;
  slider.addEventListener("input", () => { field.value = slider.value; });
  slider.addEventListener("change", () => field.dispatchEvent(new Event("change", { bubbles: true })));
  field.addEventListener("input", () => { slider.value = field.value; });
}

// A form whose answer takes a while says so on its button, and is not sent twice.
document.addEventListener("submit", (event) => {
  if (!event.target.dataset.busy || event.defaultPrevented) return;
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  button.textContent = event.target.dataset.busy;
});

// On a narrow screen a bar of tabs shows the one that one is on; only the bar is moved, never the page.
for (const here of document.querySelectorAll(".tabs [aria-current]")) {
  const bar = here.closest(".tabs");
  bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}
