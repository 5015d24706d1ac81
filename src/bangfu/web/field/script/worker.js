// The service worker: keeps the page itself on the phone, so that it opens without a network. It keeps nothing else; who
// was visited lies sealed in IndexedDB. `FIELD` stands above: {version, page, code, files}.

const CACHE = `bangfu-field-${FIELD.version}`;
const PATIENCE_MS = 3000;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    // All of one version, the page included, or the version before goes on: signed out, there is no page to be had.
    await cache.addAll(FIELD.files.map((file) => new Request(file, { cache: "reload" })));
    if (!(await keepPage(await fetch(FIELD.page, { cache: "reload", redirect: "manual" })))) throw new Error("no page");
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("bangfu-field-") && name !== CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
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

async function kept(request) {
  return (await caches.open(CACHE)).match(request, { ignoreVary: true });
}

// Whether it was kept. A page of another version waits for the service worker of that version: its scripts are not here.
async function keepPage(response) {
  if (!response.ok || response.type !== "basic" || !(await response.clone().text()).includes(FIELD.code)) return false;
  await (await caches.open(CACHE)).put(FIELD.page, response.clone());
  return true;
}

// The page of now when the network gives it in time. Whoever is signed out gets the kept one, too: what was written on
// the phone must be seen, and the page itself leads to the sign-in.
async function pageOf(request) {
  const old = await kept(FIELD.page);
  try {
    const response = await Promise.race([
      fetch(request),
      new Promise((_, give_up) => { if (old) setTimeout(give_up, PATIENCE_MS); }),
    ]);
    await keepPage(response);
    return response.ok || !old ? response : old;
  } catch (error) {
    if (old) return old;
    throw error;
  }
}

async function fileOf(request) {
  return (await kept(request)) ?? fetch(request);
}
