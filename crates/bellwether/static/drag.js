// Comfort on boards: a card is dragged to another column. A card is an element with `data-drag-form`: its form is the one of that
// id, or the form within it that has a field with `data-drag-to` (else its first choice). A column has `data-stage`. Dropping
// chooses the column's stage in the form and sends it, so that a drag does nothing that the form does not.
(() => {
  "use strict";
  const formOf = (card) => {
    const named = card.dataset.dragForm;
    if (named) return document.getElementById(named);
    return (card.querySelector("[data-drag-to]") ?? card.querySelector("form select"))?.form ?? null;
  };
  const fieldOf = (form) => form.querySelector("[data-drag-to]") ?? form.querySelector("select");
  const takes = (card, stage) => {
    const form = formOf(card);
    return form && [...fieldOf(form).options].some((option) => option.value === stage);
  };
  let dragged = null;
  const columns = [...document.querySelectorAll("[data-stage]")];
  const clear = () => {
    for (const column of columns) column.classList.remove("drop-here");
    if (dragged) dragged.classList.remove("dragged");
    dragged = null;
  };
  for (const card of document.querySelectorAll("[data-drag-form]")) {
    if (!formOf(card)) continue;
    card.draggable = true;
    card.addEventListener("dragstart", (event) => {
      // Text that is being chosen, and fields, are left to themselves.
      if (event.target !== card) return;
      dragged = card;
      card.classList.add("dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", card.querySelector(".name")?.textContent ?? "");
    });
    card.addEventListener("dragend", clear);
  }
  for (const column of columns) {
    const goes = () => dragged && !column.contains(dragged) && takes(dragged, column.dataset.stage);
    column.addEventListener("dragover", (event) => {
      if (!goes()) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      for (const other of columns) other.classList.toggle("drop-here", other === column);
    });
    column.addEventListener("dragleave", (event) => {
      if (!column.contains(event.relatedTarget)) column.classList.remove("drop-here");
    });
    column.addEventListener("drop", (event) => {
      if (!goes()) return;
      event.preventDefault();
      const form = formOf(dragged);
      fieldOf(form).value = column.dataset.stage;
      clear();
      form.requestSubmit();
    });
  }
})();
