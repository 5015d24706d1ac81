"use strict";
// On the reading desk: what is marked in the text goes into the form for what the reader missed, with its place. Without
// this file one copies the sentence into the form.
document.addEventListener("selectionchange", () => {
  const words = document.querySelector(".desk-words[data-start]");
  const form = document.getElementById("add-by-hand");
  const selection = document.getSelection();
  if (!words || !form || selection.isCollapsed || !selection.rangeCount) return;
  const range = selection.getRangeAt(0);
  if (!words.contains(range.startContainer) || !words.contains(range.endContainer)) return;
  const before = document.createRange();
  before.setStart(words, 0);
  before.setEnd(range.startContainer, range.startOffset);
  form.elements.quote.value = textOf(range).trim();
  // The server counts characters, not the halves in which a script counts rare ones.
  form.elements.near.value = Number(words.dataset.start) + [...textOf(before)].length;
  form.closest("details").open = true;
});

// The text of a stretch without the numbers that lead to the cards.
function textOf(range) {
  const part = range.cloneContents();
  for (const number of part.querySelectorAll("a.ref")) number.remove();
  return part.textContent;
}
