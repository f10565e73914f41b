import { mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256Hex } from '../../domain/shared/ids.ts';
import { bundleFolder } from './bundle.ts';
import { BundleMemory } from './bundle-memory.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'reprise-bundles-'));
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

const save = (name: string, text: string) => writeFileSync(join(root, name), text);
/** Longer than a file's time is coarse. */
const later = () => sleep(30);
async function bundles(memory: BundleMemory) {
  await later();
  const made = await bundleFolder(root, root, memory);
  expect(made.problems).toEqual([]);
  return Object.fromEntries(made.bundles.map((bundle) => [bundle.file, bundle]));
}
const textOf = (bundle: { readonly bytes: Uint8Array } | undefined) =>
  Buffer.from(bundle?.bytes ?? []).toString();

describe('a bundle', () => {
  it('is made again for the file that was saved, and for no other', async () => {
    const memory = new BundleMemory(0);
    save('a.ts', 'export default 1;');
    save('b.ts', 'export default 2;');
    const before = await bundles(memory);
    save('b.ts', 'export default 3;');
    const after = await bundles(memory);
    expect(after['a.ts']).toBe(before['a.ts']);
    expect(textOf(after['b.ts'])).toContain('3');
  });

  it('is made again when something that it imports was saved, and when that was put in the place of another', async () => {
    const memory = new BundleMemory(0);
    save('a.ts', "import { n } from './n.mts'; export default n;");
    save('n.mts', 'export const n = 10;');
    expect(textOf((await bundles(memory))['a.ts'])).toContain('10');
    const { atime, mtime } = statSync(join(root, 'n.mts'));
    save('n.mts', 'export const n = 20;');
    // As long as it was, and of the same time.
    utimesSync(join(root, 'n.mts'), atime, mtime);
    expect(textOf((await bundles(memory))['a.ts'])).toContain('20');
  });

  it('is made again where a new file may come before one that it imports', async () => {
    const memory = new BundleMemory(0);
    save('a.ts', "import { n } from './n'; export default n;");
    save('n.js', 'export const n = 10;');
    expect(textOf((await bundles(memory))['a.ts'])).toContain('10');
    save('n.ts', 'export const n = 20;');
    expect(textOf((await bundles(memory))['a.ts'])).toContain('20');
  });

  it('is not kept of a file that was saved just now: it may have been read half way', async () => {
    const memory = new BundleMemory();
    save('a.ts', 'export default 1;');
    const before = await bundles(memory);
    const after = await bundles(memory);
    expect(after['a.ts']).not.toBe(before['a.ts']);
    expect(after['a.ts']).toEqual(before['a.ts']);
  });

  it('goes with its file, and is there again with it', async () => {
    const memory = new BundleMemory(0);
    save('a.ts', 'export default 1;');
    save('b.ts', 'export default 2;');
    await bundles(memory);
    rmSync(join(root, 'b.ts'));
    expect(Object.keys(await bundles(memory))).toEqual(['a.ts']);
    save('b.ts', 'export default 4;');
    expect(textOf((await bundles(memory))['b.ts'])).toContain('4');
  });

  it('is current until something that it was made from is saved, or goes', async () => {
    const memory = new BundleMemory();
    save('a.ts', "import { n } from './n.mts'; export default n;");
    save('b.ts', 'export default 2;');
    save('n.mts', 'export const n = 10;');
    const { 'a.ts': a, 'b.ts': b } = await bundles(memory);
    if (a === undefined || b === undefined) throw new Error('not bundled');
    expect(await Promise.all([a, b].map((each) => memory.isCurrent(each)))).toEqual([true, true]);
    await later();
    save('n.mts', 'export const n = 20;');
    rmSync(join(root, 'b.ts'));
    expect(await Promise.all([a, b].map((each) => memory.isCurrent(each)))).toEqual([false, false]);
  });

  it('is not current where something was saved while it was made', async () => {
    const memory = new BundleMemory();
    const inputs = { 'a.ts': { bytes: 1, imports: [] } };
    save('a.ts', 'export default 1;');
    const bundle = { file: 'a.ts', bytes: new Uint8Array(), digest: '' as Sha256Hex };
    await memory.keep(join(root, 'a.ts'), bundle, { inputs, root, startedMs: Date.now() - 1_000 });
    expect(await memory.isCurrent(bundle)).toBe(false);
    await memory.keep(join(root, 'a.ts'), bundle, { inputs, root, startedMs: Date.now() + 1_000 });
    expect(await memory.isCurrent(bundle)).toBe(true);
  });

  it('that is broken is told of each time', async () => {
    const memory = new BundleMemory(0);
    save('a.ts', 'export default ;;(');
    await later();
    for (const _ of [1, 2]) expect((await bundleFolder(root, root, memory)).problems).toHaveLength(1);
  });
});
