// The ranking of reports/src/decide, made again with weights of the reader's own. Pure: a test holds it to what Rust finds.
const weights = (() => {
  const sum = (xs) => xs.reduce((a, b) => a + b, 0);
  const ascending = (xs) => [...xs].sort((a, b) => a - b);
  const median = (xs) => {
    const s = ascending(xs), m = s.length >> 1;
    return s.length % 2 ? s[m] : (s[m - 1] + s[m]) / 2;
  };
  // P(sum of the ranks with a plus sign <= s), for every s.
  const chances = (ranks) => {
    const p = [1, ...Array(sum(ranks)).fill(0)];
    for (const rank of ranks) {
      for (let s = p.length - 1; s >= 0; s--) p[s] = (p[s] + (p[s - rank] ?? 0)) / 2;
    }
    for (let s = 1; s < p.length; s++) p[s] += p[s - 1];
    return p;
  };
  // Wilcoxon's signed-rank test of log ratios, with its estimate and interval (stats/signed_rank.rs).
  const pair = (logs) => {
    const means = ascending(logs.flatMap((a, i) => logs.slice(i).map((b) => (a + b) / 2)));
    const p = chances(logs.map((_, i) => i + 1)), k = Math.max(1, p.findIndex((x) => x >= 0.025));
    const signed = logs.filter((x) => x), size = Math.abs;
    const ranks = signed.map((x) => 1 + sum(signed.map((y) => (size(y) < size(x)) + (size(y) <= size(x)))));
    const plus = sum(ranks.filter((_, i) => signed[i] > 0));
    const [times, low, high] = [median(means), means[k - 1], means[means.length - k]].map(Math.exp);
    const chance = Math.min(1, 2 * chances(ranks)[Math.min(plus, sum(ranks) - plus)]);
    return { times, low, high, n: logs.length, wide: 2 * p[k - 1] > 0.05, chance };
  };
  // Candidates of a use, the least costly first, by weights of its numbers; the first `together` are not told apart.
  const rank = ({ subjects, rows, uses }, use, own) => {
    const counted = rows.filter(([id]) => own[id] > 0), whole = sum(counted.map(([id]) => own[id]));
    const score = (s) => counted[0][2][s].map((_, round) => Math.exp(
      sum(counted.map(([id, , costs]) => own[id] * Math.log(costs[s][round] ?? NaN))) / whole));
    const order = subjects.map((name, s) => ({ name, s }))
      .filter(({ s }) => whole && !uses[use].out.includes(s) && counted.every((row) => row[2][s]));
    for (const one of order) {
      one.score = score(one.s);
      one.middle = median(one.score.filter((x) => x > 0)) || Infinity;
    }
    order.sort((a, b) => a.middle - b.middle || (a.name < b.name ? -1 : 1));
    const [first, ...others] = order;
    for (const one of others) {
      const logs = one.score.map((x, round) => Math.log(x / first.score[round])).filter((x) => !isNaN(x));
      Object.assign(one, logs.length ? pair(logs) : { chance: 1 });
    }
    // Benjamini and Hochberg: the least of p m / rank from there on.
    const byChance = ascending(others.map((one) => one.chance));
    const adjusted = (p) => Math.min(...byChance.map((x, i) => (x < p ? 1 : x * others.length / (i + 1))));
    const limit = Math.exp(sum(counted.map(([id, margin]) => own[id] * Math.log1p(margin))) / whole);
    const at = others.findIndex((one) => !one.wide && one.low > limit && adjusted(one.chance) <= 0.05);
    return { order, together: at < 0 ? order.length : at + 1 };
  };
  // In the address: only what differs from the weights as given.
  const format = (own, given) =>
    Object.keys(given).filter((id) => own[id] !== given[id]).map((id) => `${id}:${own[id]}`).join(',');
  const parse = (text, given) => {
    const own = { ...given };
    for (const [, id, weight] of (text ?? '').matchAll(/([a-z-]+):([0-5])/g)) {
      if (Object.hasOwn(given, id)) own[id] = Number(weight);
    }
    return own;
  };
  return { rank, format, parse };
})();
