// Makes a part of the page equal to a newer one and touches nothing else: scroll, focus, open details and typing stay.

const FIELDS = 'input:not([type="hidden"]), textarea, select';

/** Changes the content of `old` into that of `fresh`; `touched` gathers the nearest elements with an id that changed. */
export function morph(old, fresh, touched) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  const wanted = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    // What a script put here is no part of the newer page.
    while (at?.dataset && 'local' in at.dataset) at = at.nextSibling;
    let match = next.id ? keyed.get(next.id) : null;
    if (!next.id && at && isAlike(at, next) && !wanted.has(at.id)) match = at;
    if (!match) {
      const made = document.importNode(next, true);
      old.insertBefore(made, at);
      if (next.nodeType === Node.ELEMENT_NODE) touched.add(made.id ? made : nearest(old));
      else if (next.data.trim()) touched.add(nearest(old));
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    alter(match, next, touched);
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    if (gone.dataset && 'local' in gone.dataset) continue;
    if (gone.nodeType === Node.ELEMENT_NODE || gone.data?.trim()) touched.add(nearest(old));
    gone.remove();
  }
}

const nearest = (node) => node.closest('[id]') ?? node;
const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? '') === (b.id ?? '');

function alter(old, fresh, touched) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data === fresh.data) return;
    const isWord = old.data.trim() !== fresh.data.trim();
    old.data = fresh.data;
    if (isWord) touched.add(nearest(old.parentElement));
    return;
  }
  if ('local' in old.dataset) return;
  // The words of a time change by themselves.
  if (old.matches('time') && old.dateTime === fresh.dateTime) return;
  if (old.matches(FIELDS)) {
    field(old, fresh, touched);
    return;
  }
  if (attributes(old, fresh)) touched.add(nearest(old));
  morph(old, fresh, touched);
}

/** Makes the attributes equal; says whether one that people notice changed. */
function attributes(old, fresh) {
  let isSeen = false;
  for (const { name, value } of [...fresh.attributes]) {
    const kept = name === 'class' && old.classList.contains('changed') ? `${value} changed`.trim() : value;
    if (old.getAttribute(name) === kept || (name === 'open' && old.matches('details, dialog'))) continue;
    old.setAttribute(name, kept);
    isSeen ||= name === 'href' || name === 'src';
  }
  for (const { name } of [...old.attributes]) {
    const isOurs = name === 'open' || name === 'style' || (name === 'class' && old.className.trim() === 'changed');
    if (!fresh.hasAttribute(name) && !isOurs) old.removeAttribute(name);
  }
  return isSeen;
}

const given = (el) => {
  if (el.type === 'checkbox' || el.type === 'radio') return String(el.defaultChecked);
  if (el.matches('select')) return [...el.options].find((option) => option.defaultSelected)?.value ?? el.options[0]?.value ?? '';
  return el.defaultValue;
};
const held = (el) => (el.type === 'checkbox' || el.type === 'radio' ? String(el.checked) : el.value);

/** A field takes the newer value, unless it is in use: then a note beside it tells the value. */
function field(old, fresh, touched) {
  if (given(old) === given(fresh)) return;
  const isInUse = old === document.activeElement || held(old) !== given(old);
  if (isInUse) {
    note(old, given(fresh));
    return;
  }
  if (old.matches('select')) old.replaceChildren(...[...fresh.options].map((option) => document.importNode(option, true)));
  else if (old.type === 'checkbox' || old.type === 'radio') old.checked = old.defaultChecked = fresh.defaultChecked;
  else old.value = old.defaultValue = fresh.defaultValue;
  touched.add(nearest(old));
}

function note(field, value) {
  const label = field.type === 'checkbox' || field.type === 'radio' ? (value === 'true' ? 'on' : 'off') : value || 'nothing';
  let place = field.nextElementSibling?.matches('.newer') ? field.nextElementSibling : null;
  if (!place) {
    place = document.createElement('p');
    place.className = 'newer';
    place.dataset.local = '';
    place.setAttribute('role', 'status');
    field.after(place);
  }
  const text = document.createElement('bdi');
  text.textContent = label;
  place.replaceChildren('Changed meanwhile: ', text);
}
