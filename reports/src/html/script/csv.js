// A field after RFC 4180; a leading sign would be a formula to a spreadsheet, unless it is a number's.
const field = (value) => {
  let text = value === null ? '' : `${value}`;
  if (/^[=+\-@\t\r]/.test(text) && typeof value !== 'number') text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = (rows) => rows.map((row) => row.map(field).join(',') + '\r\n').join('');

// The embedded series as rows, one a value. A value is kept as an integer and a power of ten.
const values = ({ names, series }) => {
  const rows = [['subject', 'workload', 'phase', 'metric', 'unit', 'params', 'round', 'value']];
  for (const [subject, workload, phase, metric, unit, params, power, numbers] of series) {
    const head = [subject, workload, phase, metric, unit, params].map((index) => names[index]);
    numbers.forEach((number, round) => {
      if (number === null) return;
      rows.push([...head, round, power < 0 ? number / 10 ** -power : number * 10 ** power]);
    });
  }
  return rows;
};

const save = (name, type, text) => {
  const link = make('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

ready(() => {
  const data = byId('series');
  if (!data) return;
  byId('save-json').addEventListener('click', () => save('layerbench.json', 'application/json', data.textContent));
  byId('save-csv').addEventListener('click', () => save('layerbench.csv', 'text/csv', csv(values(JSON.parse(data.textContent)))));
});
