// Opens a contact's card beside the page: links with data-card; Back, Esc and the cross close it.
import { page, announce } from './page.js';
import { refreshTimes } from './time.js';

const WIDE = matchMedia('(min-width: 1100px)');
const CROSS = '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>';

let own = here();
let ownTitle = document.title;
let panel = null;
let from = null;
let request = null;

function here() {
  return location.pathname + location.search;
}

/** Returns the address of the page, and the panel if it is open. */
export function shown() {
  return { own, panel: panel?.open ? { href: panel.dataset.href, element: panel } : null };
}

/** Changes the address of the page, as after a search. */
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
  const dialog = document.createElement('dialog');
  dialog.id = 'panel';
  dialog.setAttribute('aria-label', 'Contact');
  dialog.innerHTML = `<button id="panel-close" class="quiet icon" type="button" aria-label="Close">${CROSS}</button><div id="panel-body"></div>`;
  document.body.append(dialog);
  dialog.querySelector('#panel-close').addEventListener('click', closePanel);
  // The browser closes a modal dialog on Esc, so the address has to follow.
  dialog.addEventListener('close', () => {
    if (!dialog.open && history.state?.card) history.back();
  });
  dialog.addEventListener('click', (event) => {
    const edge = dialog.getBoundingClientRect();
    if (event.target === dialog && event.clientX < edge.left) closePanel();
  });
  return dialog;
}

async function show(href) {
  request?.abort();
  request = new AbortController();
  let fresh;
  try {
    fresh = await page(href, request.signal);
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
  announce(`Contact: ${card.querySelector('h1')?.textContent.trim() ?? ''}`);
  return true;
}

function hide() {
  request?.abort();
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
  // The contact's own page needs no panel.
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
