// Searches while typing: a form around [data-search] shows its results in #results.
import { page, announce } from './page.js';
import { moved } from './card.js';
import { refreshTimes } from './time.js';

const PAUSE_MS = 120;
const ANNOUNCE_MS = 800;

const field = document.querySelector('[data-search]');
const form = field?.form;
let request = null;
let timer = 0;
let announcing = 0;

async function search() {
  const address = new URL(form.action, location.href);
  address.search = '';
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.append(name, value);
  request?.abort();
  request = new AbortController();
  const own = request;
  let fresh;
  try {
    fresh = await page(address.href, own.signal);
  } catch {
    return;
  }
  const next = fresh?.getElementById('results');
  const old = document.getElementById('results');
  if (!next || !old || own.signal.aborted) return;
  old.replaceChildren(...document.importNode(next, true).childNodes);
  refreshTimes(old);
  moved(address.pathname + address.search);
  clearTimeout(announcing);
  announcing = setTimeout(() => announce(next.dataset.announce), ANNOUNCE_MS);
}

if (form && document.getElementById('results')) {
  field.addEventListener('input', (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(search, PAUSE_MS);
  });
  field.addEventListener('compositionend', search);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    search();
  });
}
