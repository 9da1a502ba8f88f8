// Keyboard shortcuts: / search, j k move, Enter open, c card, Esc close, ? help.
import { closePanel } from './card.js';

const KEYS = [
  ['/', 'Search'],
  ['j', 'Next'],
  ['k', 'Previous'],
  ['Enter', 'Open'],
  ['c', 'Card of the open conversation'],
  ['Esc', 'Close'],
  ['?', 'Show these shortcuts'],
];

const isField = (el) => el?.matches?.('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]');

function move(step) {
  const rows = [...document.querySelectorAll('[data-rows] .row-link')].filter((row) => row.getClientRects().length);
  if (!rows.length) return;
  const focused = document.activeElement?.closest('[data-rows] > *');
  let at = rows.findIndex((row) => focused?.contains(row));
  if (at < 0) at = rows.findIndex((row) => row.hasAttribute('aria-current'));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  rows[next].closest('[data-rows] > *')?.scrollIntoView({ block: 'nearest' });
}

function help() {
  let list = document.getElementById('keys');
  if (!list) {
    list = document.createElement('dialog');
    list.id = 'keys';
    list.setAttribute('aria-labelledby', 'keys-title');
    list.innerHTML = '<div class="keys-head"><h2 id="keys-title">Keyboard shortcuts</h2><form method="dialog"><button>Close</button></form></div><dl></dl>';
    for (const [key, action] of KEYS) {
      const row = document.createElement('div');
      const name = document.createElement('dt');
      const cap = document.createElement('dd');
      const kbd = document.createElement('kbd');
      kbd.textContent = key;
      cap.append(kbd);
      name.textContent = action;
      row.append(name, cap);
      list.querySelector('dl').append(row);
    }
    list.addEventListener('click', (event) => { if (event.target === list) list.close(); });
    document.body.append(list);
  }
  if (!list.open) list.showModal();
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === 'Escape') {
    // The browser closes a modal dialog.
    if (document.querySelector('dialog:modal')) return;
    if (isField(document.activeElement)) document.activeElement.blur();
    else if (!closePanel()) document.activeElement?.blur?.();
    return;
  }
  if (isField(event.target) || document.querySelector('dialog:modal')) return;
  const action = {
    '/': () => document.querySelector('[data-search]')?.select(),
    j: () => move(1),
    k: () => move(-1),
    c: () => document.querySelector('[data-card-key]')?.click(),
    '?': help,
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
