// Checks of the script's pure functions: `node reports/tests/script/checks.js`.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const dir = path.join(__dirname, '../../src/html/script');

// The given files as one function body that returns the given names.
const load = (files, names) => {
  const text = files.map((file) => fs.readFileSync(path.join(dir, file), 'utf8')).join('\n');
  return new Function(`'use strict';${text}\nreturn { ${names.join(', ')} };`)();
};

// Every file together is a program: no name twice, no slip of syntax.
const every = fs.readdirSync(dir).sort((a, b) => (a === 'start.js') - (b === 'start.js'));
new Function(every.map((file) => fs.readFileSync(path.join(dir, file), 'utf8')).join('\n'));

{
  const { readHash, writeHash } = load(['page.js', 'state.js'], ['readHash', 'writeHash']);
  const { anchor, values } = readHash('#w-start?metric=cpu&sort=-2&x=a%26b%3F');
  assert.equal(anchor, 'w-start');
  assert.deepEqual([...values], [['metric', 'cpu'], ['sort', '-2'], ['x', 'a&b?']]);
  assert.equal(writeHash(anchor, values), '#w-start?metric=cpu&sort=-2&x=a%26b%3F');
  assert.equal(writeHash('', new URLSearchParams('b=1&a=2')), '#?a=2&b=1');
  assert.equal(writeHash('data', new URLSearchParams()), '#data');
  assert.equal(readHash('').anchor, '');
  assert.equal(readHash('#?a=1?2').values.get('a'), '1?2');
  assert.equal(readHash('#?__proto__=1').values.get('__proto__'), '1');
}

{
  const { order, nextSort } = load(['page.js', 'state.js', 'sort.js'], ['order', 'nextSort']);
  assert.deepEqual(order([3, null, 1, 2, 1], 1), [2, 4, 3, 0, 1]);
  assert.deepEqual(order([3, null, 1, 2, 1], -1), [0, 3, 2, 4, 1]);
  assert.deepEqual(order([1, Infinity, 0], -1), [1, 0, 2]);
  assert.deepEqual(order(['b', 'a', 'b'], 1), [1, 0, 2]);
  assert.deepEqual(order([null, null], -1), [0, 1]);
  assert.deepEqual(['', '2', '-2', '3'].map((now) => nextSort(now, 2)), ['2', '-2', '', '2']);
}

{
  const { markdown } = load(['page.js', 'markdown.js'], ['markdown']);
  assert.equal(
    markdown([['a|b', 'n'], ['<i>', '1.00']]),
    '| a\\|b | n |\n| --- | ---: |\n| \\<i\\> | 1.00 |\n',
  );
}

{
  const { csv, values } = load(['page.js', 'csv.js'], ['csv', 'values']);
  assert.equal(csv([['a,b', 'say "x"'], ['=1+1', -1], [null, 'l\n']]), '"a,b","say ""x"""\r\n\'=1+1,-1\r\n,"l\n"\r\n');
  const data = {
    names: ['d', 'w', 'p', 'time', 's', 'size=1'],
    series: [[0, 1, 2, 3, 4, 5, -7, [12346, null, 1230000]], [0, 1, 2, 3, 4, 5, 2, [3]]],
  };
  assert.deepEqual(values(data).slice(1), [
    ['d', 'w', 'p', 'time', 's', 'size=1', 0, 0.0012346],
    ['d', 'w', 'p', 'time', 's', 'size=1', 2, 0.123],
    ['d', 'w', 'p', 'time', 's', 'size=1', 0, 300],
  ]);
}

{
  const { caseShown } = load(['page.js', 'conformance.js'], ['caseShown']);
  const columns = ['a@x', 'b:c', 'd'];
  const shown = (show, letters, changed = false) => caseShown(show, columns, letters, changed);
  for (const letters of ['ppp', 'pdf', '---']) assert.equal(shown('', letters), true);
  assert.deepEqual(['ppp', 'pp-', 'pdp'].map((l) => shown('open', l)), [false, true, true]);
  assert.deepEqual(['ppd', 'ppf', 'ppb'].map((l) => shown('bad', l)), [false, true, true]);
  assert.deepEqual(['ppp', 'pp-', 'ddd', 'ppd'].map((l) => shown('differ', l)), [false, false, false, true]);
  assert.deepEqual([true, false].map((changed) => shown('changed', 'ppp', changed)), [true, false]);
  assert.deepEqual(['fpp', 'fpd', 'fpf', 'pfp'].map((l) => shown('fail:a@x', l)), [true, true, false, false]);
  assert.deepEqual(['pdn', 'pdd', 'dpp', 'pfp'].map((l) => shown('odd:b:c', l)), [true, false, false, true]);
  assert.equal(shown('odd:nobody', 'ppd'), false);
}
