// Run in a page under test: returns a sentence for everything that does not look right.
(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    const widest = [...document.querySelectorAll("body *")].find((one) => one.getBoundingClientRect().right > innerWidth + 1);
    found.push(`is wider than the screen, by ${widest?.className || widest?.tagName}`);
  }

  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = channels(colour).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, :disabled")) continue;
    const pair = [light(getComputedStyle(element).color), light(behind(element))].sort((one, other) => other - one);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) found.push(`has contrast ${contrast.toFixed(2)} in “${texts.currentNode.data.trim().slice(0, 40)}”`);
  }

  for (const one of document.querySelectorAll(".tile, .tile *, .amount *, .badge, .figure, .button, button, .ledger td, h1, h2")) {
    if (one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline") {
      found.push(`clips “${one.textContent.trim().slice(0, 40)}”`);
    }
  }
  if (matchMedia("(max-width: 500px)").matches) {
    // A link among words is as high as they are, and one of the ledger is as large as its row.
    const targets = "button, input:not([type=hidden]), select, summary, a[href]:not(p a, .ledger a)";
    for (const one of document.querySelectorAll(targets)) {
      const { height, bottom } = one.getBoundingClientRect();
      // Boxes and dots are drawn by the browser: WCAG 2.2 asks for 24 px.
      const least = one.matches("[type=checkbox], [type=radio]") ? 24 : 44;
      if (one.checkVisibility() && bottom > 0 && height < least - 0.5) {
        found.push(`has a small target: ${Math.round(height)} ${one.tagName} ${one.id} ${one.textContent.trim()}`);
      }
    }
  }
  return found;
})()
