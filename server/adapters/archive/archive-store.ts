import type { ArchiveStore } from '../../application/ports/archive-store.ts';
import type { HistoryReader } from '../../application/ports/history.ts';
import { openArchive } from './archive-reader.ts';
import { folderOf, readManifest } from './manifest.ts';
import { withArchive } from './with-archive.ts';
import { continuationOf, writeArchive } from './write-archive.ts';

export type Archives = ArchiveStore & {
  /** The log with its archive before it; the log alone where nothing has been archived yet. */
  continueBackwards(log: HistoryReader, name: string): Promise<HistoryReader>;
};

/** Archives as folders below one folder. */
export function openArchives(dir: string): Archives {
  const exists = async (name: string) => (await readManifest(folderOf(dir, name))) !== null;
  return {
    async continueBackwards(log, name) {
      return (await exists(name)) ? withArchive(log, await openArchive(dir, name)) : log;
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
