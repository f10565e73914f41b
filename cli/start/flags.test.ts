import { expect, test } from 'vitest';
import { parseFlags } from './flags.ts';

test('without flags nothing is deleted and the settings decide the rest', () => {
  expect(parseFlags([])).toEqual({ kind: 'run', fresh: false, port: null, seed: null });
});

test('port, seed and fresh are read', () => {
  expect(parseFlags(['--fresh', '--port', '4100', '--seed=7'])).toEqual({
    kind: 'run',
    fresh: true,
    port: 4100,
    seed: '7',
  });
});

test.each([
  [['--frehs'], '--frehs'],
  [['--port', 'web'], '--port web'],
  [['--port', '0'], '--port 0'],
  [['--port', '65536'], '--port 65536'],
  [['--seed', 'a b'], '--seed a b'],
  [['--seed', ''], '--seed'],
  [['now'], 'now'],
])('%j is refused by name', (argv, named) => {
  const flags = parseFlags(argv);
  expect(flags.kind).toBe('wrong');
  expect(flags.kind === 'wrong' && flags.message).toContain(named);
});

test('help wins over everything else', () => {
  expect(parseFlags(['--help', '--fresh']).kind).toBe('help');
});
