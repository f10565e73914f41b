import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { ContractBundle } from '../../application/ports/contracts.ts';

type Made = { readonly bundle: ContractBundle; readonly inputs: ReadonlyMap<string, string> };

/** What was saved while it was read has a time within this of the reading: such a file may have been read half way. */
const stillMs = 2_000;

/**
 * Bundles of a folder's files, and what each was made from. When one contract is saved the others are what they were:
 * a bundle takes a tenth of a second of a processor, most of it for zod, and a folder may hold fifty.
 */
export class BundleMemory {
  private readonly made = new Map<string, Made>();
  private readonly settledMs: number;

  constructor(settledMs = stillMs) {
    this.settledMs = settledMs;
  }

  /** The bundle of a file, where making it again would read the same. */
  async recall(path: string): Promise<ContractBundle | null> {
    const made = this.made.get(path);
    if (made === undefined) return null;
    const stamps = await Promise.all(
      [...made.inputs].map(async ([input, stamp]) => (await stampOf(input)) === stamp),
    );
    if (stamps.every(Boolean)) return made.bundle;
    this.made.delete(path);
    return null;
  }

  /** Keeps what was made from files that all lay still when making it began, at `startedMs`. */
  async keep(
    path: string,
    bundle: ContractBundle,
    made: { readonly inputs: Metafile['inputs']; readonly root: string; readonly startedMs: number },
  ): Promise<void> {
    if (Object.values(made.inputs).some(({ imports }) => imports.some(isGuessed))) return;
    const inputs = new Map<string, string>();
    for (const name of Object.keys(made.inputs)) {
      const input = join(made.root, name);
      const found = await statOf(input);
      if (found === null || Number(found.ctimeMs) > made.startedMs - this.settledMs) return;
      inputs.set(input, stamped(found));
    }
    this.made.set(path, { bundle, inputs });
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

async function stampOf(path: string): Promise<string | null> {
  const found = await statOf(path);
  return found === null ? null : stamped(found);
}

const statOf = (path: string): Promise<BigIntStats | null> => stat(path, { bigint: true }).catch(() => null);

const stamped = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');
