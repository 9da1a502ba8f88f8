// Forms: a button with data-more="id" adds another empty row like the last one in the element of that id.

for (const button of document.querySelectorAll('button[data-more]')) button.hidden = false;

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-more]');
  const rows = button && document.getElementById(button.dataset.more);
  if (!rows?.lastElementChild) return;
  const made = rows.lastElementChild.cloneNode(true);
  made.dataset.local = '';
  for (const field of made.querySelectorAll('input')) field.value = '';
  for (const note of made.querySelectorAll('.newer, .wrong')) note.remove();
  rows.append(made);
  made.querySelector('select, input')?.focus();
});
