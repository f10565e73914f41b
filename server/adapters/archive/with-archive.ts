import type {
  ArchiveBackedReader,
  ArchiveReach,
  ComparedSeam,
  HistoryReader,
  ReadinessCheck,
  ReadOptions,
  ReadRange,
} from '../../application/ports/history.ts';
import type { HistoryState, RecordBatch } from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { passed } from '../checks.ts';
import { type Archive, refuseBeyond, refuseOtherIdentity } from './archive-reader.ts';
import { compareShared, isTruncated, startOf } from './seam.ts';

/** How many offsets of an overlap readiness looks at, from the log start on. A replay compares all of them. */
const SAMPLED_OFFSETS = 2_000n;

/** What of a partition an opened reader has compared already: once is enough. */
type Compared = Map<number, ComparedSeam>;

type OnBatch = (batch: RecordBatch) => Promise<void>;

/**
 * A history whose beginning retention has removed from the log and an archive still holds. Offsets below the log
 * start come from the archive, all others from the log. `describe` tells the log alone: what the archive adds is
 * `archiveReach`, of those partitions whose archive joins the log.
 * Errors besides the log's: archive-seam-broken, archive-invalid, and history-truncated for what neither holds.
 */
export function withArchive(log: HistoryReader, archive: Archive): ArchiveBackedReader {
  const compared: Compared = new Map();
  return {
    describe: () => log.describe(),
    groupLag: (group) => log.groupLag(group),
    sizes: () => log.sizes(),
    close: () => log.close(),
    archiveReach: async () => joined(archive, await log.describe()),
    seamOf: (partition) => compared.get(partition) ?? null,
    read: (ranges, options, onBatch) => read(log, archive, compared, ranges, options, onBatch),
    offsetsAt: async (instantMs) => {
      const state = await log.describe();
      const held = new Map(joined(archive, state).map((reach) => [reach.partition, reach]));
      return Promise.all(
        (await log.offsetsAt(instantMs)).map(async ({ partition, offset }) => {
          const first = held.has(partition) ? await archive.firstAt(partition, instantMs) : null;
          return { partition, offset: first !== null && first < offset ? first : offset };
        }),
      );
    },
    readiness: async () => [
      ...(await log.readiness()),
      await archive.checkWhole(),
      await checkSeam(log, archive),
    ],
  };
}

/** What the archive holds of partitions whose log begins at or before the archive's end. */
function joined(archive: Archive, state: HistoryState): ArchiveReach[] {
  if (archive.history.identity !== state.identity) return [];
  return archive.reach.filter((reach) =>
    state.partitions.some((p) => p.partition === reach.partition && BigInt(p.logStart) <= reach.to),
  );
}

async function read(
  log: HistoryReader,
  archive: Archive,
  compared: Compared,
  ranges: readonly ReadRange[],
  options: ReadOptions,
  onBatch: OnBatch,
): Promise<void> {
  const cursors = new Map(ranges.map((range) => [range.partition, range.from]));
  const deliver: OnBatch = async (batch) => {
    await onBatch(batch);
    cursors.set(batch.partition, BigInt(batch.next));
  };
  for (;;) {
    const state = await log.describe();
    for (const range of rest(ranges, cursors)) {
      const end = least(startOf(state, range.partition), range.to);
      if (range.from >= end) continue;
      refuseOtherIdentity(archive, { identity: state.identity });
      refuseOtherIdentity(archive, options);
      refuseBeyond(archive, { ...range, to: end });
      const done = compared.get(range.partition);
      const seam = done ?? (await compareShared(archive, log, range.partition, options.signal));
      compared.set(range.partition, seam);
      // The comparison may have found that retention went on: up to there only the archive can have it.
      const part = { ...range, to: least(most(seam.from, end), range.to) };
      refuseBeyond(archive, part);
      await archive.read(part, options.signal, deliver);
    }
    try {
      await log.read(rest(ranges, cursors), options, deliver);
      return;
    } catch (error) {
      // Retention goes on while a replay reads. What it has just removed may stand in the archive.
      if (!isTruncated(error) || !(await canGoOn(log, archive, rest(ranges, cursors)))) throw error;
    }
  }
}

function rest(ranges: readonly ReadRange[], cursors: ReadonlyMap<number, bigint>): ReadRange[] {
  return ranges
    .map((range) => ({ ...range, from: cursors.get(range.partition) ?? range.from }))
    .filter((range) => range.from < range.to);
}

/** Whether the log start has passed a cursor, and the archive holds everything that it has passed. */
async function canGoOn(log: HistoryReader, archive: Archive, ranges: readonly ReadRange[]): Promise<boolean> {
  const state = await log.describe();
  const passedBy = ranges.filter((range) => startOf(state, range.partition) > range.from);
  return (
    passedBy.length > 0 &&
    passedBy.every((range) => {
      const reach = archive.reachOf(range.partition);
      const end = least(startOf(state, range.partition), range.to);
      return reach !== null && reach.from <= range.from && end <= reach.to;
    })
  );
}

async function checkSeam(log: HistoryReader, archive: Archive): Promise<ReadinessCheck> {
  const name = `Archive ${archive.name} continues into its log`;
  const failed = (found: string): ReadinessCheck => ({
    name,
    outcome: 'failed',
    found,
    consequence: 'A replay that needs what retention has removed is refused.',
    remedy: 'Write the archive again, more often than retention removes, or replay from a base.',
  });
  try {
    const state = await log.describe();
    refuseOtherIdentity(archive, { identity: state.identity });
    const found: string[] = [];
    const unchecked: string[] = [];
    for (const { partition } of state.partitions) {
      const to = archive.reachOf(partition)?.to ?? 0n;
      const { signal } = new AbortController();
      const overlap = await compareShared(archive, log, partition, signal, (shared) => ({
        ...shared,
        to: least(shared.to, shared.from + SAMPLED_OFFSETS),
      }));
      if (to < overlap.from)
        return failed(`Partition ${partition}: offsets [${to}, ${overlap.from}) are in neither.`);
      const both = overlap.to > overlap.from ? overlap.to - overlap.from : 0n;
      const looked = both > SAMPLED_OFFSETS ? SAMPLED_OFFSETS : both;
      found.push(
        `${partition}: up to ${to}, log from ${overlap.from}, ${looked} of ${both} shared offsets compared`,
      );
      if (both === 0n && overlap.from > 0n) unchecked.push(String(partition));
    }
    if (unchecked.length === 0) return passed(name, `Partition ${found.join('; ')}.`);
    return {
      name,
      outcome: 'warning',
      found: `Partition ${unchecked.join(', ')}: archive and log meet and share no offset. ${found.join('; ')}.`,
      consequence: 'Nothing but the identity of the topic shows that one goes on where the other ends.',
      remedy:
        'Write the archive more often than retention removes, so that both hold some of the same offsets.',
    };
  } catch (error) {
    if (!(error instanceof RepriseError)) throw error;
    return failed(error.message);
  }
}

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const most = (a: bigint, b: bigint) => (a < b ? b : a);
