// Uploads that go on where they stopped: a file is sent in portions, and what has arrived is remembered by this browser, so that
// choosing the same file again after the line was cut sends only the rest. Without this script the form sends the file whole.
(() => {
  "use strict";
  const PORTION = 1 << 20;
  const TRIES = 5;
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const [choice, field, bar, said] = ["[name=file]", "[name=upload]", "progress", "[data-said]"].map((of) => form.querySelector(of));
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    const ask = async (address, options) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const answer = await fetch(address, options);
          const told = await answer.json();
          if (answer.ok) return told;
          throw Object.assign(new Error(told.problem ?? "it was not taken"), { final: true });
        } catch (error) {
          if (error.final || attempt === TRIES) throw error;
          said.textContent = "The line was cut; trying again …";
          await pause(500 * 2 ** attempt);
        }
      }
    };
    const sent = async (file) => {
      const key = `upload ${form.dataset.upload} ${file.name} ${file.size} ${file.lastModified}`;
      let held = null;
      const known = localStorage.getItem(key);
      if (known) held = await ask(`${form.dataset.uploads}/${known}`).catch(() => null);
      held ??= await ask(form.dataset.upload, { method: "POST", body: new URLSearchParams({ name: file.name, bytes: file.size }) });
      localStorage.setItem(key, held.upload);
      const address = `${form.dataset.uploads}/${held.upload}`;
      bar.hidden = false;
      while (held.at < held.bytes) {
        const portion = file.slice(held.at, held.at + PORTION);
        held = await ask(`${address}?at=${held.at}`, { method: "POST", body: portion });
        bar.value = held.at / held.bytes;
        said.textContent = `${Math.floor((100 * held.at) / held.bytes)} % has arrived`;
      }
      localStorage.removeItem(key);
      return held.upload;
    };
    form.addEventListener("submit", async (event) => {
      const file = choice.files[0];
      if (!file || field.value) return;
      event.preventDefault();
      const button = event.submitter ?? form.querySelector("button");
      button.disabled = true;
      try {
        field.value = await sent(file);
        choice.disabled = true;
        button.disabled = false;
        form.requestSubmit(button);
      } catch (error) {
        button.disabled = false;
        said.textContent = error.final
          ? `Not handed in: ${error.message}.`
          : "The line was cut. What has arrived is kept: choose the same file and hand it in again, and it goes on from there.";
      }
    });
  }
})();
