// Which cases are shown. A row has a letter a column: p pass, d deviates, n not applicable, f fail, b broken, - not asked.
const caseKinds = {
  open: (letters) => /[^p]/.test(letters),
  bad: (letters) => /[fb]/.test(letters),
  differ: (letters) => new Set(letters.replaceAll('-', '')).size > 1,
  changed: (letters, changed) => changed,
};
const caseShown = (show, columns, letters, changed) => {
  const [kind, ...name] = show.split(':');
  if (kind !== 'fail' && kind !== 'odd') return caseKinds[kind]?.(letters, changed) ?? true;
  const short = kind === 'fail' ? /[fb]/ : /[dfb]/;
  const at = columns.indexOf(name.join(':'));
  return at >= 0 && [...letters].every((letter, place) => short.test(letter) === (place === at));
};

ready(() => {
  const [show, theme, level, text] = ['show', 'theme', 'level', 'text'].map((name) => byId(`cases-${name}`));
  if (!show) return;
  byId('only-differing').closest('label').remove();
  const columns = all('option[value^="odd:"]', show).map((option) => option.value.slice(4));
  const rows = all('.cases tr[data-o]');
  const apply = () => {
    const words = text.value.toLowerCase().split(/\s+/);
    const themes = new Set();
    let shown = 0;
    for (const row of rows) {
      const { o, theme: own, level: owed, changed } = row.dataset;
      const said = () => row.cells[0].textContent.toLowerCase();
      row.hidden = !(caseShown(show.value, columns, o, changed !== undefined)
        && (!theme.value || own === theme.value) && (!level.value || owed === level.value)
        && words.every((word) => said().includes(word)));
      if (row.hidden) continue;
      shown += 1;
      themes.add(own);
    }
    for (const group of all('.cases tr.group')) group.hidden = !themes.has(group.dataset.theme);
    byId('cases-shown').textContent = `${shown} of ${rows.length} cases`;
  };
  bind(show, 'cases', apply);
  bind(theme, 'case-theme', apply);
  bind(level, 'case-level', apply);
  bind(text, 'case-text', apply);
});
