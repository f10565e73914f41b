import type { StuckChange } from '../../domain/lag/index.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { SubjectRow } from '../ports/lag.ts';
import type { Transaction } from '../ports/unit-of-work.ts';

/** Tells of an offset that stands still, and that it has moved on. */
export async function signalStuck(
  signals: IncidentSignals,
  tx: Transaction,
  { contractId, name }: Pick<SubjectRow, 'contractId' | 'name'>,
  topic: string,
  at: Date,
  changes: readonly StuckChange[],
): Promise<void> {
  const cause = (partition: number, offset: bigint) => `stuck:${contractId}:${name}:${partition}:${offset}`;
  for (const change of changes) {
    if (change.kind === 'moved-on') {
      const { partition, offset, committed } = change;
      await signals.clear(tx, {
        cause: cause(partition, offset),
        at,
        sentence:
          committed === null
            ? `${name} has no commit on partition ${partition} any more.`
            : committed === offset
              ? `Nothing is unread behind offset ${offset} of partition ${partition} any more.`
              : `${name} has moved from offset ${offset} of partition ${partition} to ${committed}.`,
        facts: {
          partition: String(partition),
          'offset now': committed === null ? 'none' : String(committed),
        },
      });
      continue;
    }
    const { lag, offset, sinceMs } = change;
    await signals.raise(tx, {
      kind: 'stuck-offset',
      contractId,
      cause: cause(lag.partition, offset),
      suggestedClass: 'P3',
      title: `${name} does not come past offset ${offset} of partition ${lag.partition}.`,
      since: new Date(sinceMs),
      facts: {
        group: name,
        topic,
        partition: String(lag.partition),
        offset: String(offset),
        unread: String(lag.records ?? 0n),
        ...(lag.ageMs === null ? {} : { 'time lag': `${Math.round(lag.ageMs / 1000)} s` }),
      },
      href: `/lag/${encodeURIComponent(contractId)}/${encodeURIComponent(`group:${name}`)}`,
      runbook: null,
      scope: {
        partitions: [{ partition: lag.partition, from: String(offset), to: String(lag.end ?? offset + 1n) }],
      },
    });
  }
}
