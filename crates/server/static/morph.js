// Updates a part of the page to a newer one. Scroll, focus, open details and unsaved input stay.

const FIELDS = 'input:not([type="hidden"]), textarea, select';

/** Changes the content of `old` into that of `fresh`; `touched` gathers the nearest elements with an id that changed. */
export function morph(old, fresh, touched) {
  const keyed = new Map();
  for (const child of old.children) if (child.id) keyed.set(child.id, child);
  const wanted = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    // Elements that a script added are not on the newer page.
    while (at?.dataset && 'local' in at.dataset) at = at.nextSibling;
    let match = next.id ? keyed.get(next.id) : null;
    if (!next.id && at && isSameElement(at, next) && !wanted.has(at.id)) match = at;
    if (!match) {
      const added = document.importNode(next, true);
      old.insertBefore(added, at);
      if (next.nodeType === Node.ELEMENT_NODE) touched.add(added.id ? added : nearest(old));
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
const isSameElement = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? '') === (b.id ?? '');

function alter(old, fresh, touched) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data === fresh.data) return;
    const isWord = old.data.trim() !== fresh.data.trim();
    old.data = fresh.data;
    if (isWord) touched.add(nearest(old.parentElement));
    return;
  }
  if ('local' in old.dataset) return;
  // time.js updates the text of a time.
  if (old.matches('time') && old.dateTime === fresh.dateTime) return;
  if (old.matches(FIELDS)) {
    field(old, fresh, touched);
    return;
  }
  if (attributes(old, fresh)) touched.add(nearest(old));
  morph(old, fresh, touched);
}

/** Updates the attributes. Returns whether a visible one changed. */
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

/** Updates a field, unless it is in use: then a note beside it shows the newer value. */
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
  let element = field.nextElementSibling?.matches('.newer') ? field.nextElementSibling : null;
  if (!element) {
    element = document.createElement('p');
    element.className = 'newer';
    element.dataset.local = '';
    element.setAttribute('role', 'status');
    field.after(element);
  }
  const text = document.createElement('bdi');
  text.textContent = label;
  element.replaceChildren('Changed meanwhile: ', text);
}
