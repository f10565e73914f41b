import type { Absence } from '../../../domain/replay/index.ts';
import { counted, grouped } from '../../../domain/shared/counted.ts';
import type { GroupMember } from '../../ports/consumer-groups.ts';
import type { Shown } from '../../ports/runbook-actions.ts';
import type { PartitionEnds } from '../../ports/topic-records.ts';

export const timeText = (ms: number): string =>
  ms < 0 || ms > 8.64e15 ? 'no time' : new Date(ms).toISOString();

/** `3 s`, `4 min`, `2 h`, as exactly as somebody wants to know it. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${grouped(Math.round(seconds / 3_600))} h`;
}

const causes: Readonly<Record<Absence['cause'], string>> = {
  control: 'hold markers of a transaction, and no record',
  aborted: 'belong to a transaction that was aborted: nobody who reads committed records gets them',
  compacted: 'were removed by compaction',
  missing: 'are missing from the log, and nothing says why',
};
const causesOfOne: Readonly<Record<Absence['cause'], string>> = {
  control: 'holds the marker of a transaction, and no record',
  aborted: 'belongs to a transaction that was aborted: nobody who reads committed records gets it',
  compacted: 'was removed by compaction',
  missing: 'is missing from the log, and nothing says why',
};

const span = (from: bigint, to: bigint) =>
  to - from === 1n ? `Offset ${from}` : `Offsets ${from} to ${to - 1n}`;

export function absenceInWords({ from, to, cause }: Absence): string {
  return `${span(BigInt(from), BigInt(to))} ${to - from === 1 ? causesOfOne[cause] : causes[cause]}.`;
}

/** Of `[from, to)` what is not between the ends of the log, each with why. */
export function beyondEnds(from: bigint, to: bigint, ends: PartitionEnds): string[] {
  const sentences: string[] = [];
  const part = (start: bigint, end: bigint, say: (which: string, one: boolean) => string) => {
    const [a, b] = [start > from ? start : from, end < to ? end : to];
    if (a < b) sentences.push(say(span(a, b), b - a === 1n));
  };
  part(
    0n,
    ends.logStart,
    (which, one) =>
      `${which} ${one ? 'was' : 'were'} removed, by retention or by DeleteRecords: the log begins at ${ends.logStart}.`,
  );
  part(
    ends.lastStable,
    ends.highWatermark,
    (which, one) =>
      `${which} ${one ? 'stands' : 'stand'} behind a transaction that is open, and can't be read before it has ended.`,
  );
  part(
    ends.highWatermark,
    to,
    (which, one) => `${which} ${one ? 'is' : 'are'} not written yet: the log ends at ${ends.highWatermark}.`,
  );
  return sentences;
}

export function membersTable(members: readonly GroupMember[]): Shown {
  return {
    kind: 'table',
    title: 'Members',
    columns: ['Member', 'Client', 'Host', 'Partitions'],
    rows: members.map(({ id, clientId, host, partitions }) => [
      id,
      clientId,
      host,
      partitions === null ? 'not told' : partitions.length === 0 ? 'none' : partitions.join(', '),
    ]),
  };
}

/** `2 members: inventory-projector at 127.0.0.1 (partitions 0, 1); …` */
export function membersInWords(members: readonly GroupMember[], count: number | null): string {
  if (members.length === 0) return count === null ? 'members' : counted(count, 'member');
  const named = members
    .slice(0, 5)
    .map(({ clientId, host, partitions }) =>
      partitions === null || partitions.length === 0
        ? `${clientId} at ${host}`
        : `${clientId} at ${host} (${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')})`,
    );
  const more = members.length > 5 ? `; and ${members.length - 5} more` : '';
  return `${counted(members.length, 'member')}: ${named.join('; ')}${more}`;
}
