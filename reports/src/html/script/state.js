// State in the URL's fragment, `#anchor?key=value&key=value`: a link carries what its sender saw.
const readHash = (hash) => {
  const [anchor, ...rest] = hash.replace(/^#/, '').split('?');
  return { anchor, values: new URLSearchParams(rest.join('?')) };
};
const writeHash = (anchor, values) => {
  const sorted = new URLSearchParams(values);
  sorted.sort();
  const text = sorted.toString();
  return '#' + anchor + (text && '?' + text);
};

// Opens whatever hides the element with this id, and goes there.
const reveal = (id) => {
  const target = id && byId(id);
  if (!target) return;
  for (let up = target; up; up = up.parentElement) {
    if (up.localName === 'details') up.open = true;
    if (up.localName === 'tr') up.hidden = false;
  }
  target.scrollIntoView({ behavior: 'instant' });
};

const state = (() => {
  let anchor = '';
  let values = new URLSearchParams();
  let timer = 0;
  const watchers = [];
  const write = () => {
    // Browsers limit how often this may be done; the state is only a convenience then.
    try {
      history.replaceState(null, '', writeHash(anchor, values));
    } catch { /* the page works on */ }
  };
  return {
    // The value of a key, or null.
    get: (key) => values.get(key),
    // Sets a key, or removes it when the value is null or ''; the URL follows soon.
    set(key, value) {
      if (value === null || value === '') values.delete(key);
      else values.set(key, value);
      clearTimeout(timer);
      timer = setTimeout(write, 100);
    },
    // Calls `change` with the value (or null) now and whenever the URL changes it; not after `set`.
    on(key, change) {
      watchers.push([key, change]);
      change(values.get(key));
    },
    // Reads the URL. A link within the page has no state of its own: what was set stays.
    load(hash, inPage = false) {
      const read = readHash(hash);
      anchor = read.anchor;
      if (inPage && !hash.includes('?')) {
        if (values.toString()) write();
      } else {
        values = read.values;
        for (const [key, change] of watchers) change(values.get(key));
      }
      reveal(anchor);
    },
  };
})();

// Ties a select, a slider, a text field or a checkbox to a key. `apply` runs now and at each change.
const bind = (control, key, apply) => {
  const box = control.type === 'checkbox';
  const standard = box ? '' : control.value;
  state.on(key, (value) => {
    if (box) control.checked = value === 'on';
    else {
      control.value = value ?? standard;
      if (control.value === '') control.value = standard;
    }
    apply();
  });
  control.addEventListener('input', () => {
    const value = box ? (control.checked ? 'on' : '') : control.value;
    state.set(key, value === standard ? null : value);
    apply();
  });
};
