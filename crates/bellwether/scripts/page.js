// Tells Bellwether of leads and sales on a site's own pages, with the click that brought them. Sets no cookie and keeps nothing on the
// visitor's device unless told to: the click's token travels in the addresses of the site's own links and forms.
//
//   <script src="https://go.example/t/page.js" data-shop="…" async></script>
//
// data-keep="page"     (usual) the token goes on in the site's own links and forms alone
// data-keep="session"  it is kept in this tab until it is closed
// data-keep="consent"  it is kept 30 days once bellwether.consent(true) was called by the site's consent tool
(() => {
  const own = document.currentScript;
  if (!own) return;
  const base = new URL(own.src).origin;
  const shop = own.dataset.shop;
  const keep = own.dataset.keep || "page";
  const name = "bw";
  const store = `bellwether-${shop}`;
  const days = 30;
  const isToken = (text) => typeof text === "string" && /^[\w-]{24}$/.test(text);
  const drawn = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const kept = (place) => {
    try {
      const all = JSON.parse(place.getItem(store) || "[]");
      return all.filter(([token, at]) => isToken(token) && Date.now() - at < days * 864e5).slice(-20);
    } catch {
      return [];
    }
  };
  const put = (place, all) => {
    try {
      place.setItem(store, JSON.stringify(all.slice(-20)));
    } catch {
      // Storage is full or forbidden: the token still travels in links.
    }
  };
  let consents = false;
  // A browser that keeps sites from storing anything throws when asked for its storage.
  const storage = (name) => {
    try {
      return window[name];
    } catch {
      return null;
    }
  };
  const place = () => {
    if (keep === "session") return storage("sessionStorage");
    const lasting = keep === "consent" ? storage("localStorage") : null;
    return lasting && (consents || kept(lasting).length > 0) ? lasting : null;
  };

  const here = new URLSearchParams(location.search).get(name);
  const current = isToken(here) ? here : null;
  const note = () => {
    const where = place();
    if (!where || !current) return;
    const all = kept(where);
    if (!all.some(([token]) => token === current)) put(where, [...all, [current, Date.now()]]);
  };
  const tokens = () => {
    const where = place();
    const all = where ? kept(where).map(([token]) => token) : [];
    return current && !all.includes(current) ? [...all, current] : all;
  };

  // The token goes on to the site's own pages, and nowhere else.
  const carry = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !current || keep !== "page") return;
    const to = new URL(link.href, location.href);
    if (to.origin === location.origin && !to.searchParams.has(name) && to.protocol.startsWith("http")) {
      to.searchParams.set(name, current);
      link.href = to.href;
    }
  };
  document.addEventListener("click", carry, true);
  document.addEventListener("auxclick", carry, true);

  const tell = (kind, given = {}) => {
    const body = { kind, order: String(given.order || drawn()), clicks: tokens() };
    for (const key of ["amount", "currency", "code", "heard_from"]) if (given[key]) body[key] = String(given[key]);
    const text = JSON.stringify(body);
    const address = `${base}/t/in/${shop}`;
    // Survives the page being left; a body of plain text asks no other site for leave beforehand.
    if (navigator.sendBeacon?.(address, new Blob([text], { type: "text/plain" }))) return body.order;
    fetch(address, { method: "POST", body: text, keepalive: true, mode: "no-cors", credentials: "omit" }).catch(() => {});
    return body.order;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (current && keep === "page" && form.method === "get" && new URL(form.action, location.href).origin === location.origin && !form.elements[name]) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value: current });
      form.append(field);
    }
    if (form.dataset.bellwether === "lead" && !event.defaultPrevented) tell("lead", { heard_from: form.elements.heard_from?.value });
  });

  note();
  window.bellwether = {
    lead: (given) => tell("lead", given),
    sale: (given) => tell("sale", given),
    // For Stripe's client_reference_id and the like.
    click: () => tokens().at(-1) ?? null,
    consent: (given) => {
      consents = given === true;
      if (consents) note();
      else storage("localStorage")?.removeItem(store);
    },
  };
})();
