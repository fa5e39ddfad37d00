// What all other files use. `ready` keeps what is to run once the page is parsed.
const starts = [];
const ready = (start) => starts.push(start);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

// A new element with attributes and text.
const make = (tag, attributes = {}, text = '') => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
};
