import type { ArchiveStore } from '../../application/ports/archive-store.ts';
import type { HistoryReader, ReadinessCheck } from '../../application/ports/history.ts';
import { openArchive } from './archive-reader.ts';
import { folderOf, readManifest } from './manifest.ts';
import { withArchive } from './with-archive.ts';
import { continuationOf, writeArchive } from './write-archive.ts';

export type Archives = ArchiveStore & {
  /** The log with its archive before it; the log alone where there is none yet, which its readiness says. */
  continueBackwards(log: HistoryReader, name: string): Promise<HistoryReader>;
};

/** Archives as folders below one folder. */
export function openArchives(dir: string): Archives {
  const exists = async (name: string) => (await readManifest(folderOf(dir, name))) !== null;
  return {
    async continueBackwards(log, name) {
      return (await exists(name)) ? withArchive(log, await openArchive(dir, name)) : missing(log, dir, name);
    },
    async append({ reader, state, name, now, signal }) {
      const reach = (await exists(name)) ? (await openArchive(dir, name)).reach : [];
      const ranges = continuationOf(state, reach);
      return writeArchive({
        reader,
        ranges,
        dir,
        name,
        identity: state.identity,
        compression: 'zstd',
        now,
        signal,
      });
    },
  };
}

/** Nothing written yet is a warning; where retention has removed something, it is in neither. */
function missing(log: HistoryReader, dir: string, name: string): HistoryReader {
  return {
    describe: () => log.describe(),
    offsetsAt: (instantMs) => log.offsetsAt(instantMs),
    read: (ranges, options, onBatch) => log.read(ranges, options, onBatch),
    groupLag: (group) => log.groupLag(group),
    sizes: () => log.sizes(),
    close: () => log.close(),
    readiness: async () => {
      const { partitions } = await log.describe();
      const isCut = partitions.some(({ logStart }) => BigInt(logStart) > 0n);
      const check: ReadinessCheck = {
        name: `Archive ${name} is there`,
        outcome: isCut ? 'failed' : 'warning',
        found: `There is no manifest of it in ${folderOf(dir, name)}.`,
        consequence: isCut
          ? 'What retention has removed is in neither: a replay of everything is refused.'
          : 'What retention removes before it is written is lost.',
        remedy: isCut
          ? 'Bring the files of the archive back into that folder.'
          : 'Write it: npm run -s reprise -- archive write <contract>.',
      };
      return [...(await log.readiness()), check];
    },
  };
}
