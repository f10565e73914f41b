import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { ContractBundle } from '../../application/ports/contracts.ts';

type Inputs = ReadonlyMap<string, string | null>;
type Made = { readonly bundle: ContractBundle; readonly inputs: Inputs };

/** What was saved while it was read has a time within this of the reading: such a file may have been read half way. */
const stillMs = 2_000;

/**
 * Bundles of a folder's files, and what each was made from. When one contract is saved the others are what they were:
 * a bundle takes a tenth of a second of a processor, most of it for zod, and a folder may hold fifty.
 */
export class BundleMemory {
  private readonly made = new Map<string, Made>();
  /** Of every bundle, kept or not; null: something was saved while it was made. */
  private readonly madeFrom = new WeakMap<ContractBundle, Inputs | null>();
  private readonly settledMs: number;

  constructor(settledMs = stillMs) {
    this.settledMs = settledMs;
  }

  /** The bundle of a file, where making it again would read the same. */
  async recall(path: string): Promise<ContractBundle | null> {
    const made = this.made.get(path);
    if (made === undefined) return null;
    if (await areSame(made.inputs)) return made.bundle;
    this.made.delete(path);
    return null;
  }

  /** Notes what a bundle was made from, and keeps it where those files all lay still when making it began, at `startedMs`. */
  async keep(
    path: string,
    bundle: ContractBundle,
    made: { readonly inputs: Metafile['inputs']; readonly root: string; readonly startedMs: number },
  ): Promise<void> {
    const inputs = new Map<string, string | null>();
    let newestMs = 0;
    // Its own path too: the inputs are what a link led to, and it may lead to another file by and by.
    for (const input of new Set([path, ...Object.keys(made.inputs).map((name) => join(made.root, name))])) {
      const found = await statOf(input);
      inputs.set(input, found === null ? null : stamped(found));
      newestMs = Math.max(newestMs, found === null ? Number.POSITIVE_INFINITY : Number(found.ctimeMs));
    }
    this.madeFrom.set(bundle, newestMs > made.startedMs ? null : inputs);
    if (newestMs > made.startedMs - this.settledMs) return;
    if (Object.values(made.inputs).some(({ imports }) => imports.some(isGuessed))) return;
    this.made.set(path, { bundle, inputs });
  }

  /** Whether a bundle made here is still what its files say. */
  async isCurrent(bundle: ContractBundle): Promise<boolean> {
    const inputs = this.madeFrom.get(bundle);
    return inputs === undefined || (inputs !== null && (await areSame(inputs)));
  }

  /** Forgets what lies in the folder no longer. */
  retain(paths: readonly string[]): void {
    const there = new Set(paths);
    for (const path of this.made.keys()) if (!there.has(path)) this.made.delete(path);
  }
}

/** Which file './helper' is may change without any that was read: by another that comes first. */
const isGuessed = ({ path, original }: Metafile['inputs'][string]['imports'][number]) =>
  original?.startsWith('.') === true && basename(original) !== basename(path);

async function areSame(inputs: Inputs): Promise<boolean> {
  const same = await Promise.all([...inputs].map(async ([path, stamp]) => (await stampOf(path)) === stamp));
  return same.every(Boolean);
}

async function stampOf(path: string): Promise<string | null> {
  const found = await statOf(path);
  return found === null ? null : stamped(found);
}

const statOf = (path: string): Promise<BigIntStats | null> => stat(path, { bigint: true }).catch(() => null);

const stamped = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');
