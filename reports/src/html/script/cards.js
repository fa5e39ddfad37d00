// Sliders in the decision cards. A card with weights of the reader's own says so, and the address keeps them.
ready(() => {
  const grid = document.querySelector('[data-costs]');
  if (!grid) return;
  const costs = JSON.parse(grid.dataset.costs);
  const three = (x) => (x < 1000 ? x.toPrecision(3) : `${Number(x.toPrecision(3))}`);
  const times = ({ times, low, high }) => (times ? `${three(times)} [${three(low)}, ${three(high)}]` : '–');
  for (const card of all('[data-use]', grid)) {
    const { use } = card.dataset, given = costs.uses[use].weights;
    const parts = ['.pick', '.why', '.standings tbody'].map((one) => card.querySelector(one));
    const before = parts.map((part) => [...(part?.childNodes ?? [])]);
    const sliders = all('[data-weight]', card).map((cell) => {
      const label = `Weight of: ${cell.dataset.label}`;
      const slider = make('input', { type: 'range', min: 0, max: 5, 'aria-label': label });
      slider.id = `${use}-${cell.dataset.weight}`;
      slider.addEventListener('input', () => turn(Object.fromEntries(sliders.map(({ id, slider }) => [id, slider.valueAsNumber]))));
      const shown = make('output', { for: slider.id });
      cell.replaceChildren(slider, shown);
      return { id: cell.dataset.weight, slider, shown };
    });
    const reset = make('button', { type: 'button' }, 'Weights as given');
    reset.addEventListener('click', () => turn(given));
    card.querySelector('.weights').append(reset);
    const turn = (own) => {
      state.set(`w-${use}`, weights.format(own, given));
      show(own);
    };
    const show = (own) => {
      for (const { id, slider, shown } of sliders) shown.textContent = slider.value = own[id];
      const same = !weights.format(own, given);
      reset.hidden = same;
      card.classList.toggle('own', !same);
      parts.forEach((part, i) => part?.replaceChildren(...before[i]));
      if (same) return;
      const { order, together } = weights.rank(costs, use, own);
      const sure = together < order.length, [first] = order, next = order[sure ? together : 1];
      const names = order.slice(0, together).map(({ name }) => name).join(' or ');
      parts[0].textContent = sure ? `✓ ${names}` : next ? 'No clear winner' : first?.name ?? 'No candidate';
      parts[1].textContent = !next ? 'With your weights there is nobody to compare with.'
        : `With your weights ${next.name} costs ${times(next)} times what ${first.name} does, n = ${next.n ?? 0}${sure ? '' : ': not surely more'}.`;
      parts[2]?.replaceChildren(...order.map((one, i) => {
        const row = make('tr');
        row.append(make('th', { scope: 'row' }, one.name), make('td', { class: 'n' }, i ? times(one) : '1.00'),
          make('td', {}, sure && i < together ? 'a' : '–'));
        return row;
      }));
    };
    state.on(`w-${use}`, (text) => show(weights.parse(text, given)));
  }
});
