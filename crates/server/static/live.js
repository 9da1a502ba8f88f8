// Keeps the page true: listens for changes, fetches the page anew and alters only what differs.
import { bar, clearBar, page, say } from './page.js';
import { morph } from './morph.js';
import { refreshTimes } from './time.js';
import { shown } from './card.js';

// A page that was just renewed waits for more news three times as long as renewing it took: a server with much to do
// is asked less.
const PAUSE = 3;
const PAUSE_MIN_MS = 40;
const PAUSE_MAX_MS = 1_000;
const CHANGED_MS = 1_300;
const RETRY_MS = 5_000;
const HIDDEN_MS = 5_000;

let source = null;
let isBehind = false;
let next = -Infinity;
let timer = 0;
let isRunning = false;
let isWanted = false;

const liveParts = (root) => [...root.querySelectorAll('[id][data-live]')];
const topics = (part) => part.dataset.live.split(/\s+/);

/** Refreshes at once, or soon after the last time. */
export function refresh() {
  isWanted = true;
  if (isRunning || timer) return;
  timer = setTimeout(run, Math.max(0, next - performance.now()));
}

async function run() {
  timer = 0;
  isWanted = false;
  isRunning = true;
  const began = performance.now();
  try {
    const { own, panel } = shown();
    const [under, card] = await Promise.all([page(own), panel ? page(panel.href) : null]);
    const now = shown();
    const touched = new Set();
    const said = [];
    if (under && now.own === own) renew(liveParts(document).filter((part) => !part.closest('#panel')), under, touched, said);
    if (card && now.panel?.href === panel.href) renew(liveParts(now.panel.element), card, touched, said);
    for (const part of touched) mark(part);
    say([...new Set(said)].join(' '));
  } finally {
    const now = performance.now();
    next = now + Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, PAUSE * (now - began)));
    isRunning = false;
    if (isWanted) refresh();
  }
}

function renew(parts, fresh, touched, said) {
  for (const part of parts) {
    // A part within a part is renewed with it.
    if (part.parentElement?.closest('[id][data-live]')) continue;
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    refreshTimes(next);
    if (!isSameKind(part, next)) {
      const made = document.importNode(next, true);
      part.replaceWith(made);
      touched.add(made);
      said.push(next.dataset.said ?? '');
      continue;
    }
    const before = touched.size;
    morph(part, next, touched);
    if (part.dataset.live !== next.dataset.live) part.dataset.live = next.dataset.live ?? '';
    if (touched.size > before) said.push(next.dataset.said ?? '');
  }
}

// A list that was empty may have been something else than a list.
function isSameKind(a, b) {
  return a.nodeName === b.nodeName && a.getAttribute('aria-labelledby') === b.getAttribute('aria-labelledby');
}

function mark(part) {
  if (!part.isConnected) return;
  part.classList.remove('changed');
  void part.offsetWidth;
  part.classList.add('changed');
  setTimeout(() => part.classList.remove('changed'), CHANGED_MS);
}

function open() {
  if (source || !liveParts(document).length) return;
  // From what the page shows on: nothing that was written since is missed.
  source = new EventSource(`/app/live?after=${document.body.dataset.seen ?? ''}`);
  source.addEventListener('open', () => {
    clearBar();
    if (isBehind) refresh();
    isBehind = false;
  });
  source.addEventListener('change', (event) => {
    const changed = new Set(JSON.parse(event.data).topics);
    if (liveParts(document).some((part) => topics(part).some((topic) => changed.has(topic)))) refresh();
  });
  source.addEventListener('error', () => {
    isBehind = true;
    const failed = source;
    setTimeout(() => {
      if (source === failed && failed.readyState !== EventSource.OPEN && !document.hidden) bar('No connection. Trying again.');
    }, RETRY_MS);
    if (failed.readyState !== EventSource.CLOSED) return;
    // The server refused: perhaps the session has ended, which a page tells.
    source = null;
    refresh();
    setTimeout(() => { if (!document.hidden) open(); }, RETRY_MS);
  });
}

function close() {
  source?.close();
  source = null;
  isBehind = true;
}

// A hidden page gives its connection back, so that many tabs do not use up what a browser grants a server.
let hiding = 0;
document.addEventListener('visibilitychange', () => {
  clearTimeout(hiding);
  if (document.hidden) {
    hiding = setTimeout(close, HIDDEN_MS);
  } else {
    open();
    refreshTimes();
    refresh();
  }
});
window.addEventListener('pagehide', close);
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  open();
  refresh();
});
open();
