// What the other modules share: pages fetched and parsed, words for screen readers, the bar at the bottom.

const SIGN_IN = '/app/sign-in';
const SLOW_MS = 150;
let working = 0;

/** The parsed page at an address, or null if it cannot be had now. Throws only when it was aborted. */
export async function page(href, signal) {
  working += 1;
  const slow = setTimeout(() => document.documentElement.setAttribute('aria-busy', 'true'), SLOW_MS);
  try {
    const answer = await fetch(href, { signal, headers: { Accept: 'text/html' }, credentials: 'same-origin' });
    if (answer.redirected && new URL(answer.url).pathname === SIGN_IN) {
      bar('You are signed out.', 'Sign in again', SIGN_IN);
      return null;
    }
    if (!answer.ok && answer.status !== 404) return null;
    return new DOMParser().parseFromString(await answer.text(), 'text/html');
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return null;
  } finally {
    clearTimeout(slow);
    working -= 1;
    if (working === 0) document.documentElement.removeAttribute('aria-busy');
  }
}

/** Says something politely to screen readers. */
export function say(text) {
  const place = document.getElementById('announce');
  if (!place || !text) return;
  place.textContent = '';
  setTimeout(() => { place.textContent = text; }, 50);
}

/** Shows the bar at the bottom, perhaps with a link. What signs out stays. */
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

/** Takes the bar away, unless it says that one is signed out. */
export function clearBar() {
  const shown = document.getElementById('bar');
  if (shown && !shown.dataset.stays) shown.remove();
}
