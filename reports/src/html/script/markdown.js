// Tables as text: rows of cells, then Markdown or CSV.
const escapeMarkdown = (text) => text.replace(/[\\|*_\x60[\]<>#~]/g, '\\$&');
const markdown = (rows) => {
  const line = (cells) => `| ${cells.map(escapeMarkdown).join(' | ')} |\n`;
  const [head, ...body] = rows;
  return line(head) + `| ${head.map((_, i) => (i ? '---:' : '---')).join(' | ')} |\n` + body.map(line).join('');
};

// The rows of a table that are shown, as plain text; what spans columns is followed by empty cells.
const cells = (table) => [...table.rows]
  .filter((row) => getComputedStyle(row).display !== 'none')
  .map((row) => [...row.cells].flatMap((cell) => [
    cell.innerText.replace(/\s+/g, ' ').trim(),
    ...Array(cell.colSpan - 1).fill(''),
  ]));

// Where the clipboard is closed to the page, the text is shown, selected.
const copy = async (text, button) => {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = button.title; }, 2000);
  } catch {
    const field = make('textarea', { readonly: '', 'aria-label': 'Markdown', rows: '6' }, text);
    button.after(field);
    field.select();
    field.addEventListener('blur', () => field.remove());
  }
};

ready(() => {
  for (const table of all('main table:not(.card *)')) {
    const tools = make('p', { class: 'tools copy' });
    const name = table.caption?.textContent ?? table.closest('section').id;
    const title = 'Copy as Markdown';
    const button = make('button', { type: 'button', title }, title);
    button.addEventListener('click', () => copy(markdown(cells(table)), button));
    const file = make('button', { type: 'button', title: `CSV: ${name}` }, 'CSV');
    file.addEventListener('click', () => save('table.csv', 'text/csv', csv(cells(table))));
    tools.append(button, file);
    (table.closest('.scroll') ?? table).after(tools);
  }
});
