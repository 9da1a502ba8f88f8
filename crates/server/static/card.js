// Opens a contact's card beside the page: links with data-card; Back, Esc and the cross close it.
import { page, say } from './page.js';
import { refreshTimes } from './time.js';

const WIDE = matchMedia('(min-width: 1100px)');
const CROSS = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>';

let own = here();
let ownTitle = document.title;
let panel = null;
let from = null;
let asked = null;

function here() {
  return location.pathname + location.search;
}

/** The address of the page itself, and the panel if it is open. */
export function shown() {
  return { own, panel: panel?.open ? { href: panel.dataset.href, element: panel } : null };
}

/** The page goes by another address from now on, as after a search. */
export function moved(href) {
  own = href;
  history.replaceState(history.state, '', href);
}

/** Closes the panel, if it is open. */
export function closePanel() {
  if (!panel?.open) return false;
  history.back();
  return true;
}

function build() {
  const made = document.createElement('dialog');
  made.id = 'panel';
  made.setAttribute('aria-label', 'Contact');
  made.innerHTML = `<button id="panel-close" class="quiet icon" type="button" aria-label="Close">${CROSS}</button><div id="panel-body"></div>`;
  document.body.append(made);
  made.querySelector('#panel-close').addEventListener('click', closePanel);
  // Esc closes a modal dialog by itself: the address follows.
  made.addEventListener('close', () => {
    if (!made.open && history.state?.card) history.back();
  });
  made.addEventListener('click', (event) => {
    const edge = made.getBoundingClientRect();
    if (event.target === made && event.clientX < edge.left) closePanel();
  });
  return made;
}

async function show(href) {
  asked?.abort();
  asked = new AbortController();
  let fresh;
  try {
    fresh = await page(href, asked.signal);
  } catch {
    return false;
  }
  const card = fresh?.querySelector('article.card');
  if (!card) return null;
  panel ??= build();
  panel.dataset.href = href;
  panel.querySelector('#panel-body').replaceChildren(document.importNode(card, true));
  refreshTimes(panel);
  if (!panel.open) {
    if (WIDE.matches) panel.show();
    else panel.showModal();
  }
  panel.scrollTop = 0;
  document.title = fresh.title;
  panel.querySelector('#panel-close').focus({ preventScroll: true });
  say(`Contact: ${card.querySelector('h1')?.textContent.trim() ?? ''}`);
  return true;
}

function hide() {
  asked?.abort();
  if (!panel?.dataset.href) return;
  delete panel.dataset.href;
  panel.close();
  document.title = ownTitle;
  const back = from?.isConnected ? from : from?.id && document.getElementById(from.id);
  back?.focus({ preventScroll: true });
}

document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-card]');
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const isWithin = Boolean(panel?.contains(link));
  const href = link.pathname + link.search;
  // On the contact's own page there is nothing to put beside.
  if (href === own) return;
  const done = await show(href);
  if (done === null) location.href = link.href;
  if (!done) return;
  if (!isWithin) from = link;
  if (history.state?.card) history.replaceState({ card: href }, '', href);
  else history.pushState({ card: href }, '', href);
});

window.addEventListener('popstate', async (event) => {
  if (event.state?.card && event.state.card !== own) {
    if (!(await show(event.state.card))) location.reload();
  } else {
    hide();
    if (here() !== own) location.reload();
  }
});

WIDE.addEventListener('change', () => {
  if (!panel?.open) return;
  panel.close();
  if (WIDE.matches) panel.show();
  else panel.showModal();
});
