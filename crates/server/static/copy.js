// Buttons with data-copy copy their text to the clipboard and confirm it for a moment.
import { announce } from './page.js';

const SHOWN_MS = 1_500;

async function put(text) {
  // Without TLS, as on a local network, browsers give no clipboard: a selection still copies.
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'sr-only';
  (document.querySelector('dialog:modal') ?? document.body).append(field);
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  if (!isDone) throw new Error('The browser did not copy.');
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-copy]');
  if (!button || 'local' in button.dataset) return;
  let message = 'Copied';
  try {
    await put(button.dataset.copy);
  } catch {
    message = 'Not copied: select the text instead';
  }
  const before = [...button.childNodes];
  const name = button.getAttribute('aria-label');
  button.dataset.local = '';
  button.removeAttribute('aria-label');
  button.replaceChildren(message);
  button.focus();
  announce(message);
  setTimeout(() => {
    button.replaceChildren(...before);
    if (name) button.setAttribute('aria-label', name);
    delete button.dataset.local;
  }, SHOWN_MS);
});
