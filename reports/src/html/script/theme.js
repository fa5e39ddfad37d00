// Light, dark, or what the system says. Kept in the URL, and where the browser allows it, for the next visit.
const theme = {
  kept() {
    try {
      return localStorage.getItem('layerbench-theme');
    } catch {
      return null;
    }
  },
  keep(value) {
    try {
      localStorage.setItem('layerbench-theme', value);
    } catch { /* not from every origin */ }
  },
  show(value) {
    document.documentElement.dataset.theme = value;
  },
};

ready(() => {
  const control = byId('theme');
  if (!control) return;
  state.on('theme', (value) => {
    control.value = value ?? theme.kept() ?? 'system';
    if (!control.value) control.value = 'system';
    theme.show(control.value);
  });
  control.addEventListener('input', () => {
    theme.show(control.value);
    theme.keep(control.value);
    state.set('theme', control.value);
  });
});
