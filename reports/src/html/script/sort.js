// The places of values in ascending (1) or descending (-1) order; null comes last either way, equals stay as they were.
const order = (values, sign) => values
  .map((value, place) => [value, place])
  .sort(([a, i], [b, j]) => (a === null) - (b === null)
    || (a === null ? 0 : sign * (a < b ? -1 : a > b ? 1 : 0)) || i - j)
  .map(([, place]) => place);

// What a click on a column makes of '' (unsorted), '3' (ascending), '-3' (descending).
const nextSort = (now, column) => {
  if (now === `${column}`) return `-${column}`;
  return now === `-${column}` ? '' : `${column}`;
};

// A cell's value: its data-v; of a row's head, its text; else nothing.
const sortValue = (cell) => {
  if (!cell) return null;
  if (cell.dataset.v !== undefined) return Number(cell.dataset.v);
  return cell.localName === 'th' ? cell.textContent : null;
};

// Tables with data-sort (their key in the state; those of one key are sorted alike) get a button in each head.
ready(() => {
  const tables = {};
  for (const table of all('table[data-sort]')) (tables[table.dataset.sort] ??= []).push(table);
  for (const [key, group] of Object.entries(tables)) {
    const sorts = group.map((table) => {
      const rows = [...table.tBodies[0].rows];
      const lines = rows.filter((row) => !row.matches('.group'));
      const heads = [...table.tHead.rows[0].cells];
      heads.forEach((head, column) => {
        const label = `Sort by ${head.innerText.replace(/\s+/g, ' ').trim()}`;
        const button = make('button', { type: 'button', class: 'sort', 'aria-label': label });
        button.addEventListener('click', () => {
          state.set(key, nextSort(state.get(key) ?? '', column));
          sorts.forEach((sort) => sort(state.get(key)));
        });
        (head.querySelector('b') ?? head).append(button);
      });
      return (how) => {
        const column = Math.abs(Number(how || NaN));
        const sign = `${how}`.startsWith('-') ? -1 : 1;
        const known = column < heads.length;
        heads.forEach((head, place) => {
          if (known && place === column) head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
          else head.removeAttribute('aria-sort');
        });
        table.classList.toggle('sorted', known);
        const places = known && order(lines.map((row) => sortValue(row.cells[column])), sign);
        table.tBodies[0].append(...(known ? places.map((place) => lines[place]) : rows));
      };
    });
    state.on(key, (how) => sorts.forEach((sort) => sort(how)));
  }
});
