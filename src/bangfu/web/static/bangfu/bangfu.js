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
