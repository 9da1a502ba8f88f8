// Shared by the other modules: fetching pages, announcements for screen readers, the bar at the bottom.

const SIGN_IN = '/app/sign-in';
const SLOW_MS = 150;
let working = 0;

/** Fetches and parses a page. Returns null if that fails, and throws only if it was aborted. */
export async function page(href, signal) {
  working += 1;
  const slow = setTimeout(() => document.documentElement.setAttribute('aria-busy', 'true'), SLOW_MS);
  try {
    const response = await fetch(href, { signal, headers: { Accept: 'text/html' }, credentials: 'same-origin' });
    if (response.redirected && new URL(response.url).pathname === SIGN_IN) {
      bar('You are signed out.', 'Sign in again', SIGN_IN);
      return null;
    }
    if (!response.ok && response.status !== 404) return null;
    return new DOMParser().parseFromString(await response.text(), 'text/html');
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return null;
  } finally {
    clearTimeout(slow);
    working -= 1;
    if (working === 0) document.documentElement.removeAttribute('aria-busy');
  }
}

/** Announces a text politely to screen readers. */
export function announce(text) {
  const element = document.getElementById('announce');
  if (!element || !text) return;
  element.textContent = '';
  setTimeout(() => { element.textContent = text; }, 50);
}

/** Shows the bar at the bottom, with an optional link. A bar with a link stays. */
export function bar(text, label, href) {
  const old = document.getElementById('bar');
  if (old?.dataset.stays || old?.dataset.text === text) return;
  old?.remove();
  const shown = document.createElement('p');
  shown.id = 'bar';
  shown.setAttribute('role', 'status');
  shown.dataset.text = text;
  if (href) {
    const link = document.createElement('a');
    link.href = href;
    link.textContent = label;
    shown.dataset.stays = '1';
    shown.append(`${text} `, link, '.');
  } else {
    shown.append(text);
  }
  (document.querySelector('dialog[open]') ?? document.body).append(shown);
}

/** Removes the bar, unless it is about a lost session. */
export function clearBar() {
  const shown = document.getElementById('bar');
  if (shown && !shown.dataset.stays) shown.remove();
}
