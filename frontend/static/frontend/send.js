// Shows the all-in price while one types. Without this script a button does the same.
const amount = document.getElementById("amount_kes");
const price = document.getElementById("price");
let timer, latest = 0;

async function show() {
  const mine = ++latest;
  try {
    const answer = await fetch(`${price.dataset.url}?${new URLSearchParams({ amount_kes: amount.value })}`);
    const text = answer.ok ? await answer.text() : "";
    if (mine === latest && text) {
      price.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    }
  } catch {
    if (mine === latest) price.textContent = "The price cannot be shown: check your connection.";
  }
}

amount.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, 200);
});
// The price moves: show the one of this moment.
setInterval(() => { if (!document.hidden && amount.value) show(); }, 15000);
