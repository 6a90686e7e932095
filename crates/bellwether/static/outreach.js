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
