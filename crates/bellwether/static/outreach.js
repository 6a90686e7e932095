// Comfort on boards: a card is dragged into a column, which sends the form that stands on it.
(() => {
  "use strict";
  if (!document.querySelector("[data-board]")) return;
  const says = document.querySelector("[data-board-says]");
  const say = (words) => {
    if (says) says.textContent = words;
  };
  let card = null;
  const ready = () => {
    for (const one of document.querySelectorAll("[data-board] [data-card]")) {
      if (!one.querySelector("form.move select")) continue;
      one.draggable = true;
      // A link would be dragged in place of its card.
      for (const link of one.querySelectorAll("a")) link.draggable = false;
    }
  };
  const clear = () => {
    for (const one of document.querySelectorAll("[data-drop].over")) one.classList.remove("over");
  };
  const columnOf = (target) => (card && target instanceof Element ? target.closest("[data-board] [data-drop]") : null);
  const takes = (column) => {
    const choice = column && card.querySelector(`form.move option[value="${CSS.escape(column.dataset.drop)}"]`);
    return Boolean(choice) && !column.contains(card);
  };
  // The page that the form leads to, in place of this one's board; where that fails the form goes its usual way.
  const send = async (form, name, words) => {
    say(`Moving ${name} to ${words} …`);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [next, here] = [page.querySelector("[data-board]"), document.querySelector("[data-board]")];
      if (!answer.ok || !next) throw new Error("no board");
      const [left, top] = [here.scrollLeft, here.scrollTop];
      here.replaceWith(next);
      [next.scrollLeft, next.scrollTop] = [left, top];
      const told = page.querySelector("[data-notice]");
      const before = document.querySelector("[data-notice]");
      if (before) before.remove();
      if (told && says) says.before(told);
      const finding = page.querySelector(".finding");
      if (finding) document.querySelector(".finding").textContent = finding.textContent;
      ready();
      document.dispatchEvent(new Event("rows"));
      say(told ? told.querySelector("p").textContent : `${name} is in ${words}.`);
    } catch {
      form.submit();
    }
  };
  document.addEventListener("dragstart", (event) => {
    card = event.target instanceof Element ? event.target.closest("[data-board] [data-card][draggable=true]") : null;
    if (!card) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.card);
    card.classList.add("dragged");
    say(`${card.dataset.card} is picked up.`);
  });
  document.addEventListener("dragover", (event) => {
    const column = columnOf(event.target);
    clear();
    if (!takes(column)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    column.classList.add("over");
  });
  document.addEventListener("drop", (event) => {
    const column = columnOf(event.target);
    if (!takes(column)) return;
    event.preventDefault();
    const form = card.querySelector("form.move");
    form.querySelector("select").value = column.dataset.drop;
    send(form, card.dataset.card, column.dataset.dropWords);
  });
  document.addEventListener("dragend", () => {
    if (card) card.classList.remove("dragged");
    card = null;
    clear();
  });
  ready();
})();
// Comfort in the inbox: an open conversation is marked as read, and single keys answer it, lay it aside and leave it unread.
// Moving (`j`, `k`), opening (`o`), searching (`/`) and the list of keys (`?`) are those of every list, in app.js.
(() => {
  "use strict";
  // Read is said once somebody has had the conversation in front of them for a moment.
  const reads = document.querySelector("[data-reads]");
  const markRead = async () => {
    if (document.visibilityState !== "visible" || !reads.isConnected) return;
    const form = new URLSearchParams(new FormData(reads.form));
    form.set("as", "read");
    try {
      const answer = await fetch(reads.form.action, { method: "POST", body: form });
      if (!answer.ok) return;
      reads.value = "unread";
      reads.textContent = "Mark unread";
      for (const mark of document.querySelectorAll("[data-here] [data-mark], [data-thread] [data-mark]")) mark.remove();
      for (const row of document.querySelectorAll("[data-here]")) row.classList.remove("unread");
    } catch {
      // The button is still there.
    }
  };
  if (reads) setTimeout(markRead, 1500);

  if (document.documentElement.dataset.shortcuts === "off") return;
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const press = (selector) => {
      const button = document.querySelector(selector);
      if (button) button.click();
      return button;
    };
    switch (event.key) {
      case "r": {
        const field = document.querySelector("[data-reply]");
        if (!field) return;
        field.focus();
        field.scrollIntoView({ block: "nearest" });
        break;
      }
      case "e": if (!press("[data-key-e]")) return; break;
      case "u": if (!press("[data-key-u]")) return; break;
      case "Enter": {
        if (!event.target.matches("[data-row]")) return;
        const link = event.target.querySelector("a.name");
        if (link) link.click();
        break;
      }
      default: return;
    }
    event.preventDefault();
  });
})();
