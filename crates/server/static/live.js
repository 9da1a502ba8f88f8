// Keeps the page current: listens for changes, fetches the page again and updates only what differs.
import { bar, clearBar, page, announce } from './page.js';
import { morph } from './morph.js';
import { refreshTimes } from './time.js';
import { shown } from './card.js';

// After a refresh the page waits three times as long as the refresh took, so that a busy server gets fewer requests.
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
  const start = performance.now();
  try {
    const { own, panel } = shown();
    const [under, card] = await Promise.all([page(own), panel ? page(panel.href) : null]);
    const now = shown();
    const touched = new Set();
    const messages = [];
    if (under && now.own === own) update(liveParts(document).filter((part) => !part.closest('#panel')), under, touched, messages);
    if (card && now.panel?.href === panel.href) update(liveParts(now.panel.element), card, touched, messages);
    for (const part of touched) highlight(part);
    announce([...new Set(messages)].join(' '));
  } finally {
    const now = performance.now();
    next = now + Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, PAUSE * (now - start)));
    isRunning = false;
    if (isWanted) refresh();
  }
}

function update(parts, fresh, touched, messages) {
  for (const part of parts) {
    // A part within a part is updated with it.
    if (part.parentElement?.closest('[id][data-live]')) continue;
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    refreshTimes(next);
    if (!isSameKind(part, next)) {
      const added = document.importNode(next, true);
      part.replaceWith(added);
      touched.add(added);
      messages.push(next.dataset.announce ?? '');
      continue;
    }
    const before = touched.size;
    morph(part, next, touched);
    if (part.dataset.live !== next.dataset.live) part.dataset.live = next.dataset.live ?? '';
    if (touched.size > before) messages.push(next.dataset.announce ?? '');
  }
}

// A list that was empty may have been something else than a list.
function isSameKind(a, b) {
  return a.nodeName === b.nodeName && a.getAttribute('aria-labelledby') === b.getAttribute('aria-labelledby');
}

function highlight(part) {
  if (!part.isConnected) return;
  part.classList.remove('changed');
  void part.offsetWidth;
  part.classList.add('changed');
  setTimeout(() => part.classList.remove('changed'), CHANGED_MS);
}

function open() {
  if (source || !liveParts(document).length) return;
  // Starts after the last entry that the page shows, so that no later change is missed.
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
    // The server refused the stream, perhaps because the session has ended. A refresh shows that.
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

// A hidden page closes its connection, because browsers allow few connections to a server.
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
