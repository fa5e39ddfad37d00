// The matrix: of one view a metric, one is shown; rows by workload, and only those in which drivers differ.
ready(() => {
  const [metric, workload, differ] = ['metric', 'workload', 'differ'].map((name) => byId(`matrix-${name}`));
  if (!metric) return;
  const show = () => {
    const time = metric.value === 'time';
    for (const view of all('#matrix .view')) {
      view.hidden = view.dataset.view !== (time ? 'headline' : metric.value);
      view.open = true;
      const shown = new Set();
      const rows = all('tr[data-w]', view);
      for (const row of rows.filter((row) => !row.matches('.group'))) {
        const { w, m, same } = row.dataset;
        row.hidden = (workload.value && w !== workload.value) || (time && m !== 'time') || (differ.checked && same === '');
        if (!row.hidden) shown.add(w);
      }
      for (const group of rows.filter((row) => row.matches('.group'))) group.hidden = !shown.has(group.dataset.w);
    }
  };
  bind(metric, 'metric', show);
  bind(workload, 'workload', show);
  bind(differ, 'differ', show);
});
