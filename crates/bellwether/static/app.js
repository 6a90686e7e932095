// Comfort on top of pages that work without it: keys in tables, a count of ticked rows, dialogs, following progress.
(() => {
  "use strict";
  const root = document.documentElement;
  root.setAttribute("data-script", "");

  // On narrow screens the filters begin folded away.
  const rail = document.querySelector("[data-rail]");
  if (rail && window.matchMedia("(max-width: 1000px)").matches) rail.open = false;
  // A link to a figure opens its explanation.
  const openTarget = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  openTarget();
  window.addEventListener("hashchange", openTarget);

  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  }

  // The number of ticked rows.
  const form = document.querySelector("[data-rows]");
  const ticked = document.querySelector("[data-ticked]");
  const count = () => {
    if (ticked) ticked.textContent = form.querySelectorAll(".pick input:checked").length;
  };
  if (form) {
    form.addEventListener("change", count);
    form.addEventListener("reset", () => setTimeout(count));
    count();
  }

  // The page of work under way is asked again until the work has ended, then left for its result.
  const follow = document.querySelector("[data-follow]");
  if (follow) {
    const look = async () => {
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.redirected) return location.replace(answer.url);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.querySelector("[data-follow]");
        if (!next) return location.reload();
        if (next.innerHTML !== follow.innerHTML) follow.innerHTML = next.innerHTML;
      } catch {
        // The program may be starting again; the next look will tell.
      }
      setTimeout(look, 1000);
    };
    setTimeout(look, 500);
  }

  // A file may be dropped anywhere on its form.
  for (const form of document.querySelectorAll("form[data-drop]")) {
    const field = form.querySelector("input[type=file]");
    form.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("drop-here");
    });
    form.addEventListener("dragleave", () => form.classList.remove("drop-here"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("drop-here");
      if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
    });
  }

  // A slider writes into the field it belongs to.
  for (const slider of document.querySelectorAll("[data-slides]")) {
    slider.addEventListener("input", () => {
      document.getElementById(slider.dataset.slides).value = `${slider.value} ${slider.dataset.unit}`;
    });
  }

  // Moving a weight shows its effect at once; the address follows, so that it can be kept or sent.
  for (const live of document.querySelectorAll("form[data-live]")) {
    let waiting, asked = 0;
    const ask = async () => {
      const address = `${live.action}?${new URLSearchParams(new FormData(live))}`;
      const turn = ++asked;
      try {
        const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
        const next = page.getElementById(live.dataset.live);
        if (turn !== asked || !next) return;
        document.getElementById(live.dataset.live).replaceWith(next);
        history.replaceState(null, "", address);
      } catch {
        // The button below the weights asks again.
      }
    };
    live.addEventListener("input", (event) => {
      const told = live.querySelector(`output[for="${event.target.id}"]`);
      if (told) told.textContent = event.target.value;
      clearTimeout(waiting);
      waiting = setTimeout(ask, 120);
    });
  }

  if (root.dataset.shortcuts === "off") return;
  let rows = [], here = -1;
  const findRows = () => {
    rows = [...document.querySelectorAll("[data-row]")];
    for (const row of rows) row.tabIndex = -1;
    here = rows.findIndex((row) => row.matches("[data-here]"));
  };
  findRows();
  // A script that draws rows anew says so.
  document.addEventListener("rows", findRows);
  const go = (to) => {
    if (!rows.length) return;
    here = Math.max(0, Math.min(rows.length - 1, to));
    rows[here].focus({ preventScroll: true });
    rows[here].scrollIntoView({ block: "nearest" });
  };
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest && event.target.closest("[data-row]");
    if (row) here = rows.indexOf(row);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const row = rows[here];
    switch (event.key) {
      case "j": go(here + 1); break;
      case "k": go(here - 1); break;
      case "x": {
        const box = row && row.querySelector(".pick input");
        if (!box) return;
        box.checked = !box.checked;
        count();
        break;
      }
      case "Enter": {
        if (event.target !== row) return;
        const closer = row.querySelector("details");
        if (closer) closer.open = !closer.open;
        break;
      }
      case "o": {
        const link = row && row.querySelector("a.name");
        if (!link) return;
        link.click();
        break;
      }
      // The buttons for the ticked: the row that has the focus is ticked first where none is.
      case "l":
      case "c": {
        const button = form && form.querySelector(`[data-key="${event.key}"]`);
        if (!button) return;
        const box = row && row.querySelector(".pick input");
        if (box && !form.querySelector(".pick input:checked")) box.checked = true;
        count();
        const field = event.key === "l" && (form.querySelector("select[name=list]") || form.querySelector("input[name=list_name]"));
        if (field) field.focus();
        else button.click();
        break;
      }
      case "/": {
        const search = document.querySelector("[data-search]");
        if (!search) return;
        const folded = search.closest("details");
        if (folded) folded.open = true;
        search.focus();
        search.select();
        break;
      }
      case "?": document.getElementById("shortcuts").showModal(); break;
      default: return;
    }
    event.preventDefault();
  });
})();
