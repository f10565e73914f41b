import type { AbsenceCause, HistoryState } from '../../domain/replay/index.ts';
import type { ArchiveReach, HistoryReader } from './history.ts';

/** What one run added to an archive. */
export type WrittenArchive = {
  readonly records: number;
  readonly segments: number;
  readonly bytes: number;
  /** Offsets that hold no record, by cause. What is missing is refused and not written. */
  readonly absent: Readonly<Record<AbsenceCause, number>>;
  /** What the archive holds afterwards. */
  readonly reach: readonly ArchiveReach[];
};

/** Archives by name. An archive only grows, and goes on exactly where it ends. */
export interface ArchiveStore {
  /** Writes what the log holds beyond the archive's end, up to its last stable offset. */
  append(options: {
    readonly reader: HistoryReader;
    readonly state: HistoryState;
    readonly name: string;
    readonly now: Date;
    readonly signal: AbortSignal;
  }): Promise<WrittenArchive>;
}
