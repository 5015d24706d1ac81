// The service worker: keeps the page itself on the phone, so that it opens without a network. It keeps nothing else; who
// was visited lies sealed in IndexedDB. `FIELD` stands above: {version, page, files}.

const CACHE = `bangfu-field-${FIELD.version}`;
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // All of one version, or the old one stays. The page last: it is what makes the version usable.
    await cache.addAll(FIELD.files.map((file) => new Request(file, { cache: "reload" })));
    await keepPage(await fetch(FIELD.page, { cache: "reload", redirect: "manual" }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("bangfu-field-") && name !== CACHE);
    // Until the new version has its page, the old one may still be needed.
    if (await (await caches.open(CACHE)).match(FIELD.page)) await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.pathname === FIELD.page) event.respondWith(pageOf(request));
  else if (FIELD.files.includes(address.pathname)) event.respondWith(fileOf(request));
});

async function keepPage(response) {
  if (response.ok && response.type === "basic") await (await caches.open(CACHE)).put(FIELD.page, response.clone());
}

// The page of now when the network gives it in time. Whoever is signed out gets the kept one, too: what was written on
// the phone must be seen, and the page itself leads to the sign-in.
async function pageOf(request) {
  const kept = await caches.match(FIELD.page);
  try {
    const response = await Promise.race([
      fetch(request),
      new Promise((_, give_up) => { if (kept) setTimeout(give_up, PATIENCE_MS); }),
    ]);
    await keepPage(response);
    return response.ok || !kept ? response : kept;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

async function fileOf(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}
