// What of this page has colours that were not looked at yet: `known` holds the keys of what was, parted by blanks.
// Everything else is marked `data-colours-known`, and the keys of what is new are given back in the same way.
//
// Two things look the same when they and everything around them, up to the root, are written the same: element, classes,
// styles and states, whether they stand first, last, at an odd or an even place, under the same style sheets. Only what
// says something (texts, addresses, numbers of things) may differ.
(known) => {
  const SAYS = /^(href|src|id|name|value|for|title|action|alt|datetime|content|placeholder|hx-.*|aria-(label|labelledby|describedby|controls)|data-colours-known|min|max|step|maxlength|minlength|pattern|autocomplete|inputmode|enctype|method|d|viewBox)$/;
  const hash = (text) => {
    let a = 0xdeadbeef, b = 0x41c6ce57;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      a = Math.imul(a ^ c, 2654435761);
      b = Math.imul(b ^ c, 1597334677);
    }
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
  };
  const seen = new Set(known.split(" ")), fresh = new Set();
  const sheets = [...document.styleSheets].map((sheet) => sheet.href || sheet.ownerNode.textContent).join(" ");
  const written = (element, at, among) => {
    const told = [...element.attributes].filter((each) => !SAYS.test(each.name)).map((each) => `${each.name}=${each.value}`);
    const states = [element.checked, element.disabled, element.open, element.selected].join();
    return [element.localName, told.sort(), states, at === 0, at === among - 1, at % 2].join("|");
  };
  // Marks the largest parts that hold nothing new; gives back whether the element is such a part.
  const look = (element, at, among, above) => {
    const key = hash(`${above}>${written(element, at, among)}`);
    let old = seen.has(key);
    if (!old) fresh.add(key);
    const children = [...element.children];
    children.forEach((child, number) => { old = look(child, number, children.length, key) && old; });
    if (old) element.setAttribute("data-colours-known", "");
    return old;
  };
  for (const each of document.querySelectorAll("[data-colours-known]")) each.removeAttribute("data-colours-known");
  look(document.body, 1, 2, `${innerWidth} ${sheets} ${written(document.documentElement, 0, 1)}`);
  return [...fresh].join(" ");
}
