// Comfort on the page of links: numbers change in place while the page is looked at. Without it the page is as it was drawn.
(() => {
  "use strict";
  if (!window.EventSource || !document.querySelector("[data-live]")) return;
  const says = document.querySelector("[data-live-says]");
  // Whoever listens to the page is told now and then, not with each click.
  const SAY_EVERY = 15000;
  let line = null;
  let saidAt = 0;
  const put = (name, words) => {
    for (const place of document.querySelectorAll(`[data-live="${CSS.escape(name)}"]`)) {
      if (place.textContent === words) continue;
      place.textContent = words;
      place.classList.remove("fresh");
      // Begun anew where it was fresh already.
      void place.offsetWidth;
      place.classList.add("fresh");
    }
  };
  const say = () => {
    const people = document.querySelector('[data-live="today-people"]');
    if (!says || !people || Date.now() - saidAt < SAY_EVERY) return;
    saidAt = Date.now();
    says.textContent = `Kept up to date: ${people.textContent} clicks by people today.`;
  };
  const end = () => {
    if (line) line.close();
    line = null;
  };
  const begin = () => {
    if (line || document.hidden) return;
    line = new EventSource(`/tracking/live${location.search}`);
    line.onmessage = (event) => {
      for (const [name, words] of Object.entries(JSON.parse(event.data))) put(name, words);
      say();
    };
  };
  // Nobody is told what nobody sees.
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : begin()));
  addEventListener("pagehide", end);
  addEventListener("pageshow", begin);
  begin();
})();
