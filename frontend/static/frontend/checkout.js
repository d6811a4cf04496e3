// The ring that empties as the price ages, and the buttons that need a script.
const ends = new WeakMap();

function tick() {
  const ring = document.querySelector("[data-left]");
  if (!ring) return;
  if (!ends.has(ring)) ends.set(ring, Date.now() + ring.dataset.left * 1000);
  const left = Math.max(0, Math.round((ends.get(ring) - Date.now()) / 1000));
  const clock = ring.querySelector("strong");
  const shown = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  if (clock.textContent === shown) return;
  clock.textContent = shown;
  ring.querySelector("circle + circle").setAttribute("stroke-dashoffset", 100 - (100 * left) / ring.dataset.total);
  if (left === 0) setTimeout(() => document.dispatchEvent(new Event("bridge:refresh")), 1000);
}

function say(button, words) {
  const before = button.textContent;
  button.textContent = words;
  document.getElementById("say").textContent = words;
  setTimeout(() => { button.textContent = before; }, 2000);
}

document.addEventListener("click", async ({ target }) => {
  if (target.matches("[data-print]")) window.print();
  if (!target.matches("[data-copy]")) return;
  const invoice = document.getElementById("invoice");
  try {
    await navigator.clipboard.writeText(invoice.value);
    say(target, "Copied");
  } catch {
    invoice.select();
    say(target, "Press copy now");
  }
});

setInterval(tick, 250);
document.documentElement.classList.add("scripted");
