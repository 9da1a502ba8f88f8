// Searches while one types: a form around [data-search] answers into #results.
import { page, say } from './page.js';
import { moved } from './card.js';
import { refreshTimes } from './time.js';

const PAUSE_MS = 120;
const SAY_MS = 800;

const field = document.querySelector('[data-search]');
const form = field?.form;
let asked = null;
let timer = 0;
let saying = 0;

async function search() {
  const address = new URL(form.action, location.href);
  address.search = '';
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.append(name, value);
  asked?.abort();
  asked = new AbortController();
  const mine = asked;
  let fresh;
  try {
    fresh = await page(address.href, mine.signal);
  } catch {
    return;
  }
  const next = fresh?.getElementById('results');
  const old = document.getElementById('results');
  if (!next || !old || mine.signal.aborted) return;
  old.replaceChildren(...document.importNode(next, true).childNodes);
  refreshTimes(old);
  moved(address.pathname + address.search);
  clearTimeout(saying);
  saying = setTimeout(() => say(next.dataset.said), SAY_MS);
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
