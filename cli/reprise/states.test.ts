import { describe, expect, it } from 'vitest';
import type { StatesView } from '../../server/application/views.ts';
import type { Comparison } from '../../server/domain/reconciliation/index.ts';
import { exitCodes } from './outcome.ts';
import { showReplay } from './replays.ts';
import { diffStates } from './states.ts';
import type { CommandContext, World } from './world.ts';

const sound: Comparison = {
  derivedState: 'shop_stock',
  mode: 'at-position',
  appliedPositions: [],
  keys: 48,
  equal: 48,
  missing: 0,
  extra: 0,
  different: 0,
  eventsBehind: '0',
  layerEvents: '0',
  diffDigest: '',
  outcome: 'equal',
  problem: null,
  comparedAt: '2026-01-01T00:00:00.000Z',
};
const behind: Partial<Comparison> = { outcome: 'behind', eventsBehind: '12' };
const unread: Partial<Comparison> = {
  outcome: 'could-not-compare',
  keys: 0,
  equal: 0,
  problem: 'Grant the role SELECT on it.',
};
const differentAndBehind: Partial<Comparison> = { outcome: 'different', equal: 47, eventsBehind: '1' };

const id = '0190a0a0-0000-7000-8000-000000000000';

/** What a command says about one comparison, and the code it ends with. */
async function told(command: typeof diffStates, change: Partial<Comparison>, agreement: string) {
  const comparison = { ...sound, ...change };
  const said: string[] = [];
  const context = {
    output: { out: (text: string) => said.push(text), err: () => undefined },
  } as unknown as CommandContext;
  const replay = {
    id: 'r',
    status: 'finished',
    confidence: 'trusted',
    agreement,
    confidenceReasons: [],
    comparisons: [comparison],
    invariants: [],
  };
  const view = { replay, comparisons: [comparison], keysTotal: comparison.keys } as unknown as StatesView;
  const queries = {
    states: async () => view,
    stateRows: async () => ({ rows: [], next: null }),
    replay: async () => replay,
  };
  const code = await command(context, { queries } as unknown as World, id, {});
  return { said: said.join('\n'), code };
}

describe.each([
  ['states diff', diffStates],
  ['replays show', showReplay],
])('%s', (_, command) => {
  it('says how many events behind a state is', async () => {
    const { said, code } = await told(command, behind, 'behind');
    expect(said).toMatch(/shop_stock: behind, 48 of 48 keys equal, 12 events behind/);
    expect(code).toBe(exitCodes.notGood);
  });

  it('says why a state could not be compared, and not that it has no differences', async () => {
    const { said, code } = await told(command, unread, 'not-compared');
    expect(said).toMatch(/shop_stock: could not be compared: Grant the role SELECT/);
    expect(said).not.toMatch(/No differences|0 of 0/);
    expect(code).toBe(exitCodes.notGood);
  });

  it('says beside the differences that the state is behind too', async () => {
    const { said } = await told(command, differentAndBehind, 'different');
    expect(said).toMatch(/shop_stock: different, 47 of 48 keys equal, 1 event behind/);
  });
});

it('states diff says that nothing differs where all was compared', async () => {
  const { said, code } = await told(diffStates, {}, 'equal');
  expect(said).toBe('Replay r: trusted, equal\nNo differences on 48 keys; the replay is trusted.');
  expect(code).toBe(exitCodes.good);
});

it('states diff says of how much a replay of a part speaks, and gives its coverage as JSON', async () => {
  const part = { kind: 'part', sentence: 'Only 1 key: it proves nothing about any other key.' };
  const ask = async (coverage: object, flags: { json?: boolean }) => {
    const said: string[] = [];
    const replay = { id: 'r', status: 'finished', confidence: 'trusted', agreement: 'equal', coverage };
    const queries = {
      states: async () => ({ replay, comparisons: [sound], keysTotal: 48 }),
      stateRows: async () => ({ rows: [], next: null }),
    };
    const context = { output: { out: (text: string) => said.push(text) } } as unknown as CommandContext;
    await diffStates(context, { queries } as unknown as World, id, flags);
    return said.join('\n');
  };
  expect(await ask(part, {})).toBe(
    `Replay r: trusted, equal\n${part.sentence}\nNo differences on 48 keys; the replay is trusted.`,
  );
  expect(JSON.parse(await ask(part, { json: true }))).toMatchObject({ coverage: part });
  const whole = { kind: 'whole', sentence: 'The whole history at planning.' };
  expect(await ask(whole, {})).not.toContain(whole.sentence);
});

it('states diff says figures in full, and takes their difference exactly', async () => {
  const said: string[] = [];
  const different = { ...sound, outcome: 'different', equal: 47, different: 1 };
  const replay = { id: 'r', status: 'finished', confidence: 'trusted', agreement: 'different' };
  const fields = [
    { field: 'price', history: 10.1211, live: 10.1234, delta: 10.1234 - 10.1211 },
    { field: 'units', history: '9007199254740993', live: 9007199254740992, delta: 0 },
  ];
  const cells = [{ derivedState: 'shop_stock', kind: 'different', fields, explanation: null }];
  const queries = {
    states: async () => ({ replay, comparisons: [different], keysTotal: 48 }),
    stateRows: async () => ({ rows: [{ key: 'A', cells }], next: null }),
  };
  const context = { output: { out: (text: string) => said.push(text) } } as unknown as CommandContext;
  await diffStates(context, { queries } as unknown as World, id, {});
  expect(said.join('\n')).toMatch(/price +10\.1211 +10\.1234 +0\.0023 /);
  expect(said.join('\n')).toMatch(/units +9007199254740993 +9007199254740992 +-1 /);
});

it('states diff does not end with no differences alone where an invariant over a live store failed', async () => {
  const { said } = await told(diffStates, {}, 'different');
  expect(said).toMatch(/No differences on 48 keys.*different/s);
});

it.each([
  ['folding', null, /^Replay r has not ended \(folding\)/],
  ['cancelled', null, /^Replay r is cancelled/],
  ['failed', { code: 'x', sentence: 'The topic is gone.' }, /^Replay r is failed.*The topic is gone\.$/],
])(
  'states diff against a replay that is %s says so, and could not be done',
  async (status, failure, sentence) => {
    const said = { out: [] as string[], err: [] as string[] };
    const output = {
      out: (text: string) => said.out.push(text),
      err: (text: string) => said.err.push(text),
    };
    const replay = { id: 'r', status, failure, confidence: null, agreement: null };
    const queries = {
      states: async () => ({ replay, comparisons: [], keysTotal: 0 }),
      stateRows: async () => ({ rows: [], next: null }),
    };
    const flags = { replay: id };
    const code = await diffStates(
      { output } as unknown as CommandContext,
      { queries } as unknown as World,
      'stock',
      flags,
    );
    expect(code).toBe(exitCodes.notDone);
    expect(said.out).toEqual([]);
    expect(said.err.join('\n')).toMatch(sentence);
  },
);
