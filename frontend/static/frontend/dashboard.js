// Keys for people who live here, and ages that do not stand still.
const rows = () => [...document.querySelectorAll(".ledger a")];

function move(step) {
  const links = rows();
  const here = links.indexOf(document.activeElement);
  links[Math.min(Math.max(here + step, 0), links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  const search = document.getElementById("q");
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  }
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
});

setInterval(() => { if (!document.hidden) document.dispatchEvent(new Event("bridge:refresh")); }, 30000);
