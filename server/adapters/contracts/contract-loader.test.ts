import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContractBundle, ContractLoader } from '../../application/ports/contracts.ts';
import { createContractLoader } from './contract-loader.ts';
import { evaluateBundle } from './load-bundle.ts';

const repository = resolve('.');

function contract(
  id: string,
  extra: { apply?: string; projection?: string; top?: string; fields?: string } = {},
): string {
  return `
    import { z } from 'zod';
    import { defineContract, event, fromHeader, fromKey, kafkaHistory } from '../server/domain/contract/define.ts';
    ${extra.top ?? ''}
    export default defineContract({
      id: '${id}', title: 'T', authors: ['a'],
      history: kafkaHistory({ topic: 't' }),
      envelope: { id: fromHeader('id'), type: fromHeader('type') },
      ordering: { key: fromKey(), partitioner: 'murmur2' },
      events: { Moved: event(1, z.object({ by: z.number() })) },
      projection: { ${extra.projection ?? `initial: () => ({ sum: 0 }), apply: (state, event) => ${extra.apply ?? '({ sum: state.sum + event.data.by })'}`} },
      derivedStates: {},
      ${extra.fields ?? ''}
    });`;
}

/** A checkout of its own: the repository's code beside a contracts folder. */
function checkout(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'reprise-contracts-'));
  mkdirSync(join(root, 'contracts'));
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  symlinkSync(join(repository, 'server'), join(root, 'server'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'contracts', name), text);
  roots.push(root);
  return root;
}
const roots: string[] = [];
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true });
});
const loaderOf = (root: string) => createContractLoader({ contractsDir: join(root, 'contracts'), root });
const onlyBundle = async (loader: ContractLoader): Promise<ContractBundle> => {
  const { bundles, problems } = await loader.bundleAll();
  expect(problems).toEqual([]);
  const [bundle] = bundles;
  if (bundle === undefined) throw new Error('no bundle');
  return bundle;
};
const loaded = async (source: string) => {
  const loader = loaderOf(checkout({ 'a.ts': source }));
  return loader.load(await onlyBundle(loader));
};
const event = { id: 'e1', type: 'Moved', key: 'k', occurredAt: null, data: { by: 2 } };

describe('a folder of contracts', () => {
  it('is read through links, as those are that a container has mounted', async () => {
    const root = checkout({});
    mkdirSync(join(root, 'mounted'));
    writeFileSync(join(root, 'mounted', 'a.ts'), contract('linked'));
    symlinkSync(join(root, 'mounted', 'a.ts'), join(root, 'contracts', 'a.ts'));
    const loader = loaderOf(root);
    const bundle = await onlyBundle(loader);
    expect(bundle.file).toBe('contracts/a.ts');
    expect(await loader.load(bundle)).toMatchObject({ id: 'linked' });
    expect(await loader.isCurrent(bundle)).toBe(true);
  });

  it('is read anew where a link leads to another file', async () => {
    const root = checkout({});
    mkdirSync(join(root, 'mounted'));
    for (const name of ['one', 'two']) writeFileSync(join(root, 'mounted', `${name}.ts`), contract(name));
    const link = (name: string) => {
      rmSync(join(root, 'contracts', 'a.ts'), { force: true });
      symlinkSync(join(root, 'mounted', `${name}.ts`), join(root, 'contracts', 'a.ts'));
    };
    link('one');
    // Long enough after they were saved for a bundle to be remembered.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const loader = loaderOf(root);
    const before = await onlyBundle(loader);
    expect(await onlyBundle(loader)).toBe(before);
    link('two');
    expect(await loader.isCurrent(before)).toBe(false);
    expect(await loader.load(await onlyBundle(loader))).toMatchObject({ id: 'two' });
  });

  it('names what is no file, and goes on with the others', async () => {
    const root = checkout({ 'a.ts': contract('stands') });
    symlinkSync(join(root, 'nowhere.ts'), join(root, 'contracts', 'dangling.ts'));
    mkdirSync(join(root, 'contracts', 'folder.ts'));
    const { bundles, problems } = await loaderOf(root).bundleAll();
    expect(bundles.map(({ file }) => file)).toEqual(['contracts/a.ts']);
    expect(problems).toEqual([
      expect.objectContaining({ file: 'contracts/dangling.ts', sentence: expect.stringMatching(/link/) }),
      expect.objectContaining({ file: 'contracts/folder.ts', sentence: 'It is no file.' }),
    ]);
  });

  it.each([
    ['is not there', 'nowhere', /no such folder/],
    ['is a file', 'contracts/a.ts', /no folder/],
  ])('that %s is named', async (_, name, sentence) => {
    const root = checkout({ 'a.ts': contract('stands') });
    const loader = createContractLoader({ contractsDir: join(root, name), root });
    expect(await loader.bundleAll()).toEqual({
      bundles: [],
      problems: [{ file: name, field: null, sentence: expect.stringMatching(sentence) }],
    });
  });
});

describe('a bundle', () => {
  it('has the same bytes in every checkout, and names no folder of a machine', async () => {
    const first = await onlyBundle(loaderOf(checkout({ 'a.ts': contract('a') })));
    const second = await onlyBundle(loaderOf(checkout({ 'a.ts': contract('a') })));
    expect(second.digest).toBe(first.digest);
    expect(first.file).toBe('contracts/a.ts');
    expect(Buffer.from(first.bytes).toString()).not.toContain(tmpdir());
    expect(Buffer.from(first.bytes).toString()).not.toContain(repository);
  });

  it('does not change with a comment, and does with what F computes', async () => {
    const plain = await onlyBundle(loaderOf(checkout({ 'a.ts': contract('a') })));
    const commented = await onlyBundle(loaderOf(checkout({ 'a.ts': `// why\n${contract('a')}` })));
    const other = await onlyBundle(loaderOf(checkout({ 'a.ts': contract('a', { apply: 'state' }) })));
    expect(commented.digest).toBe(plain.digest);
    expect(other.digest).not.toBe(plain.digest);
  });

  it('holds all that F reaches, and runs without the file', async () => {
    const root = checkout({
      'a.ts': contract('a', {
        top: "import { double } from './rules/double.ts';",
        apply: '({ sum: double(event.data.by) })',
      }),
    });
    mkdirSync(join(root, 'contracts', 'rules'));
    writeFileSync(
      join(root, 'contracts', 'rules', 'double.ts'),
      'export const double = (n: number) => 2 * n;',
    );
    const bundle = await onlyBundle(loaderOf(root));
    rmSync(join(root, 'contracts'), { recursive: true });
    const { projection } = await loaderOf(root).load(bundle);
    expect(projection.apply(projection.initial('k'), event)).toEqual({ sum: 4 });
  });

  it('that is broken hides no good one, and is named with its line', async () => {
    const root = checkout({
      'bad.ts': 'export default {\n  id: ;\n};',
      'good.ts': contract('good'),
      'io.ts': contract('io', { top: "import { readFileSync } from 'node:fs';\nreadFileSync;" }),
      'later.ts': contract('later', { apply: '(import(event.id), state)' }),
      'matching.ts': contract('matching', { apply: "(import('./good' + event.id), state)" }),
      'named.ts': contract('named', { apply: "(import('./good.ts'), state)" }),
    });
    const { bundles, problems } = await loaderOf(root).bundleAll();
    expect(bundles.map((bundle) => bundle.file)).toEqual(['contracts/good.ts']);
    const sentences = Object.fromEntries(problems.map(({ file, sentence }) => [file, sentence]));
    expect(sentences['contracts/bad.ts']).toContain('contracts/bad.ts:2');
    expect(sentences['contracts/io.ts']).toContain("can't use node:fs");
    for (const file of ['later', 'matching', 'named'])
      expect(sentences[`contracts/${file}.ts`]).toContain('import()');
  });
});

describe('a loaded contract', () => {
  it('folds', async () => {
    const loader = loaderOf(checkout({ 'a.ts': contract('a') }));
    const { projection, events } = await loader.load(await onlyBundle(loader));
    expect(projection.apply({ sum: 1 }, event)).toEqual({ sum: 3 });
    expect(events.Moved?.versions[0]?.schema.safeParse({ by: 'x' }).success).toBe(false);
  });

  it('with a wrong value is refused with file and field', async () => {
    const loader = loaderOf(checkout({ 'a.ts': contract('a', { fields: 'approvals: { promotion: 0 },' }) }));
    const bundle = await onlyBundle(loader);
    await expect(loader.load(bundle)).rejects.toMatchObject({
      code: 'contract-invalid',
      where: 'approvals.promotion',
      message: expect.stringContaining('contracts/a.ts'),
    });
  });

  it('with an async function is refused with file and field, however it is written', async () => {
    const initial = 'initial: () => ({ sum: 0 })';
    for (const [apply, field] of [
      [`${initial}, apply: async (state) => state`, 'projection.apply'],
      [
        `${initial}, async apply({ sum }, e = { data: (1) }) { return { sum: sum + e.data }; }`,
        'projection.apply',
      ],
      [
        `${initial}, apply: async function named(state) { return arguments[0] ?? state; }`,
        'projection.apply',
      ],
      [`${initial}, *apply(state) { yield state; }`, 'projection.apply'],
      [`${initial}, async *apply(state) { yield state; }`, 'projection.apply'],
      ['initial: async () => ({ sum: 0 }), apply: (state) => state', 'projection.initial'],
    ] as const) {
      await expect(loaded(contract('a', { projection: apply }))).rejects.toMatchObject({
        code: 'contract-invalid',
        where: field,
        message: expect.stringMatching(/contracts\/a\.ts: .*has to answer at once/),
      });
    }
    const refined = contract('a').replace('z.number()', 'z.number().refine(async (by) => by > 0)');
    await expect(loaded(refined)).rejects.toMatchObject({ where: 'events.Moved.versions.0.schema' });
  });

  it('can make no promise, so that nothing happens after F has answered', async () => {
    const hidden = 'const later = (state) => [1].map(async () => state)[0];';
    const { projection } = await loaded(contract('a', { top: hidden, apply: '(later(state), state)' }));
    expect(() => projection.apply({ sum: 1 }, event)).toThrow(
      expect.objectContaining({ name: 'ImpureCall', message: expect.stringContaining('async') }),
    );
  });

  it('whose schema checks later is stopped at its first event', async () => {
    const { events } = await loaded(
      contract('a').replace('z.number()', 'z.number().superRefine(async () => undefined)'),
    );
    expect(() => events.Moved?.versions[0]?.schema.safeParse({ by: 1 })).toThrow(
      expect.objectContaining({ name: 'ImpureCall', message: expect.stringContaining('async') }),
    );
  });

  it('that never ends loading is refused within its bound', () => {
    const endless = new TextEncoder().encode('for (;;);');
    expect(() => evaluateBundle(endless, 'contracts/endless.ts', 50)).toThrow(
      expect.objectContaining({
        code: 'contract-invalid',
        message: expect.stringMatching(/contracts\/endless\.ts was still being loaded after 50 ms/),
      }),
    );
  });

  it('that exports nothing is told to', async () => {
    const loader = loaderOf(checkout({ 'a.ts': 'export const x = 1;' }));
    const bundle = await onlyBundle(loader);
    await expect(loader.load(bundle)).rejects.toMatchObject({ code: 'contract-invalid' });
  });

  it('that calls the clock while it is loaded is refused as impure', async () => {
    const loader = loaderOf(checkout({ 'a.ts': contract('a', { top: 'const now = Date.now(); now;' }) }));
    const bundle = await onlyBundle(loader);
    await expect(loader.load(bundle)).rejects.toMatchObject({
      code: 'projection-impure',
      message: expect.stringContaining('Date.now()'),
    });
  });
});

describe('out of reach of F', () => {
  const run = (expression: string): unknown => {
    const source = `"use strict"; module.exports = { default: () => (${expression}) };`;
    const f = evaluateBundle(new TextEncoder().encode(source), 'x.ts') as () => unknown;
    return f();
  };
  const impure: [string, string][] = [
    ['Date.now()', 'Date.now()'],
    ['new Date()', 'new Date()'],
    ['Date()', 'Date()'],
    ['new (new Date(0).constructor)()', 'new Date()'],
    ['new (class extends Date {})()', 'new Date()'],
    ['new Date(2026, 0, 1)', 'local time'],
    ["new Date('2026-01-01T00:00')", 'time zone'],
    ["Date.parse('1 May 2026')", 'time zone'],
    ['new Date(0).getHours()', 'getHours'],
    ["'' + new Date(0)", 'toString'],
    ['Math.random()', 'Math.random()'],
    ['performance.now()', 'performance.now'],
    ['crypto.randomUUID()', 'crypto.randomUUID'],
    ['process.env.HOME', 'process.env'],
    ['console.log(1)', 'console.log'],
    ['setTimeout(() => 1, 1)', 'setTimeout()'],
    ["fetch('http://localhost')", 'fetch()'],
    ["require('node:fs')", 'require()'],
    ['new Promise(() => 1)', 'Promise'],
    ['Promise.resolve(1)', 'Promise'],
    ['Promise.all([])', 'Promise'],
    ['new Promise.prototype.constructor(() => 1)', 'Promise'],
    ['new (class extends Promise {})(() => 1)', 'Promise'],
    ['Array.fromAsync([])', 'Array.fromAsync()'],
    ['new WeakRef({})', 'WeakRef'],
    ['new FinalizationRegistry(() => 1)', 'FinalizationRegistry'],
    ["'a'.localeCompare('b')", 'localeCompare'],
    ['(1).toLocaleString()', 'toLocaleString'],
    ['new Intl.NumberFormat()', 'Intl.NumberFormat'],
    ["Function('return Date.now()')()", 'Date.now()'],
    ["[].constructor.constructor('return process')().env", 'process.env'],
  ];
  it.each(impure)('%s is an ImpureCall that names it', (expression, named) => {
    let thrown: unknown;
    try {
      run(expression);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ name: 'ImpureCall', message: expect.stringContaining(named) });
  });

  it('is giving every object a member, which no state would hold and every state would seem to', () => {
    const source = `Object.prototype.foo = 7; module.exports = { default: 1 };`;
    expect(() => evaluateBundle(new TextEncoder().encode(source), 'x.ts')).toThrow(
      'x.ts failed while it was loaded: TypeError: it gives every object a member, foo',
    );
  });

  const intrinsics = [
    'Array.prototype',
    'Object.prototype',
    'String.prototype',
    'Number.prototype',
    'Date.prototype',
  ];
  it.each([...intrinsics, 'Math', 'Date', 'Array'])('%s can be changed by no call', (what) => {
    expect(run(`Object.isFrozen(${what})`)).toBe(true);
  });

  it.each([...intrinsics, 'Math'])('what F looks up in %s is where V8 finds it at once', (what) => {
    // Kept as a dictionary, as after redefining one of its properties, Array.prototype makes every loop over a list
    // ten times as slow.
    setFlagsFromString('--allow-natives-syntax');
    try {
      expect(run(`%HasFastProperties(${what})`)).toBe(true);
    } finally {
      setFlagsFromString('--no-allow-natives-syntax');
    }
  });

  const pure: [string, unknown][] = [
    ["new Date('2026-01-01T00:00:00+02:00').toISOString()", '2025-12-31T22:00:00.000Z'],
    ['new Date(new Date(5)).getTime()', 5],
    ['Date.UTC(2026, 0, 1)', 1767225600000],
    ["Date.parse('2026-01-01')", 1767225600000],
    ["(() => { const e = new TypeError('a'); e.message = 'b'; e.name = 'C'; return String(e); })()", 'C: b'],
    ["new Error('x').stack", 'Error: x'],
    ['({}) instanceof Promise', false],
    ["(/(a)/.test('a'), RegExp.$1)", undefined],
    ['[3, 1, 2].toSorted((a, b) => a - b).join()', '1,2,3'],
  ];
  it.each(pure)('%s is data, and gives the same everywhere', (expression, value) => {
    expect(run(expression)).toEqual(value);
  });

  it.each([
    'globalThis.kept = 1',
    'Array.prototype.kept = 1',
    'Object.prototype.kept = 1',
    'Math.kept = 1',
    'globalThis.Date = 1',
    '(function () {}).prototype.constructor.constructor.kept = 1',
    'delete JSON.parse',
  ])('%s is refused: no call leaves anything to the next', (expression) => {
    expect(() => run(expression)).toThrow();
  });
});

describe('the speed of F', () => {
  let bundle: ContractBundle;
  let loader: ContractLoader;
  beforeAll(async () => {
    loader = loaderOf(checkout({ 'a.ts': contract('a') }));
    bundle = await onlyBundle(loader);
  });

  it('keeps the compiled schemas of zod: at least 200,000 checked events a second', async () => {
    const { events, projection } = await loader.load(bundle);
    const schema = events.Moved?.versions[0]?.schema;
    let state = projection.initial('k');
    const startedAt = performance.now();
    for (let i = 0; i < 200_000; i += 1) {
      const parsed = schema?.safeParse({ by: i });
      state = projection.apply(state, { ...event, data: parsed?.data });
    }
    expect(state).toEqual({ sum: (200_000 * 199_999) / 2 });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
