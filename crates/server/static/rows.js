// Forms: a button with data-more="id" adds another empty row like the last one in the element of that id.

for (const button of document.querySelectorAll('button[data-more]')) button.hidden = false;

document.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-more]');
  const rows = button && document.getElementById(button.dataset.more);
  if (!rows?.lastElementChild) return;
  const row = rows.lastElementChild.cloneNode(true);
  row.dataset.local = '';
  for (const field of row.querySelectorAll('input')) field.value = '';
  for (const note of row.querySelectorAll('.newer, .wrong')) note.remove();
  rows.append(row);
  row.querySelector('select, input')?.focus();
});
