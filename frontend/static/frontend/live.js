// Keeps what is inside [data-live] fresh: fetched again when the stream says that something changed,
// or every few seconds while there is no stream. The page says which of the two it is.
const root = document.querySelector("[data-live]");
const page = document.documentElement.dataset;

if (root?.dataset.live) {
  const address = new URL(location.href);
  address.searchParams.set("part", "");
  const pause = Number(root.dataset.pause);
  let source, timer, feed = "polling", busy = false, again = false;

  const isOver = () => root.firstElementChild?.dataset.over !== undefined;

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(address, { redirect: "manual" });
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(answer.statusText);
      draw(await answer.text());
      page.feed = feed;
    } catch {
      page.feed = "offline";
    }
    setTimeout(() => {
      busy = false;
      if (again) { again = false; refresh(); }
    }, pause);
  }

  function draw(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
    const old = root.firstElementChild;
    if (fresh.dataset.version && fresh.dataset.version === old.dataset.version) return;
    const focused = root.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const unfolded = [...old.querySelectorAll("details")].map((one) => one.open);
    fresh.querySelectorAll("details").forEach((one, number) => { one.open = unfolded[number]; });
    root.replaceChildren(fresh);
    if (focused) root.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    const say = document.getElementById("say");
    if (say && fresh.dataset.say) say.textContent = document.title = fresh.dataset.say;
    if (isOver()) close();
  }

  function poll() {
    feed = page.feed = "polling";
    timer ??= setInterval(refresh, Math.max(pause, 3000));
  }

  function listen() {
    close();
    if (isOver()) return;
    source = new EventSource(root.dataset.live);
    source.addEventListener("changed", refresh);
    source.addEventListener("state", ({ data }) => {
      if (data !== "live") return poll();
      clearInterval(timer);
      timer = undefined;
      feed = "live";
      refresh();
    });
    source.addEventListener("error", poll);
  }

  function close() {
    source?.close();
    clearInterval(timer);
    source = timer = undefined;
    if (isOver()) page.feed = "over";
  }

  document.addEventListener("bridge:refresh", refresh);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    listen();
    if (!isOver()) refresh();
  });
  listen();
}
