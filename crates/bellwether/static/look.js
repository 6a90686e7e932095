// Labelling by keyboard: one key answers, both answers go on by themselves, and the first of two stays hidden until then.
(() => {
  "use strict";
  const form = document.querySelector("[data-look]");
  if (!form) return;
  const panels = [...form.querySelectorAll("fieldset")];
  const isTwo = form.hasAttribute("data-two");
  const answered = (panel) => panel.querySelector("input:checked");
  let sent = false;
  // Answers that stood here before do not count as given again: whoever came back to correct one is waited for.
  const given = new Set();
  const go = () => {
    if (sent) return;
    for (const panel of panels) {
      const done = given.has(panel);
      panel.classList.toggle("answered", isTwo && done);
      panel.querySelector("[data-waiting]").hidden = !(isTwo && done);
    }
  };
  const finish = (panel) => {
    if (panel) given.add(panel);
    go();
    if (sent || !panels.every((one) => given.has(one) && answered(one))) return;
    sent = true;
    form.requestSubmit();
  };
  go();
  form.addEventListener("change", (event) => finish(event.target.closest("fieldset")));
  if (document.documentElement.dataset.shortcuts === "off") return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input:not([type=radio]), textarea, select")) return;
    if (event.key === "z") {
      const back = document.querySelector("[data-back]");
      if (back) location.assign(back.href);
      return;
    }
    const choice = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    finish(choice.closest("fieldset"));
  });
})();
