// Fits the frame of a formatted message to the height of its content. No script runs in the frame.

const HEIGHT_MAX = 20_000;

function fit(frame) {
  const inside = frame.contentDocument?.documentElement;
  if (!inside) return;
  // A frame's document is never lower than the frame: measure it in a low one.
  frame.style.height = '40px';
  frame.style.height = `${Math.min(HEIGHT_MAX, inside.scrollHeight + 2)}px`;
}

document.addEventListener('load', (event) => {
  if (event.target.matches?.('iframe.mail')) fit(event.target);
}, true);

let timer = 0;
const all = () => document.querySelectorAll('iframe.mail').forEach(fit);
window.addEventListener('resize', () => {
  clearTimeout(timer);
  timer = setTimeout(all, 100);
});
all();
