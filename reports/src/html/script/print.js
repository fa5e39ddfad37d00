// On paper nothing can be opened: everything is, and closes again afterwards.
ready(() => {
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = all('details:not([open])');
    for (const one of opened) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const one of opened) one.open = false;
  });
});
