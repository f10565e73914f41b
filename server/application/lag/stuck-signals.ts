import { causeOf } from '../../domain/budget/index.ts';
import type { LagBudget } from '../../domain/contract/index.ts';
import type { StuckChange } from '../../domain/lag/index.ts';
import type { IncidentSignals } from '../ports/incident-signals.ts';
import type { LetGo, SubjectRow } from '../ports/lag.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { subjectKey } from './measure-contract.ts';

/** Says to the incident of its budget that it is over: how fast the budget was spent stays true for hours after. */
export async function signalCaughtUp(
  signals: IncidentSignals,
  tx: Transaction,
  subject: Pick<SubjectRow, 'contractId' | 'kind' | 'name'>,
  { since, at }: { readonly since: Date; readonly at: Date },
  budget: LagBudget | null,
): Promise<void> {
  if (budget === null) return;
  const { contractId, name } = subject;
  const seconds = Math.round((at.getTime() - since.getTime()) / 1_000);
  await signals.clear(tx, {
    cause: causeOf({ contractId, indicator: 'lag', subject: subjectKey(subject) }),
    at,
    sentence: `${name} has caught up: it is at most ${budget.overMs / 1_000} s behind again, after ${seconds} s in which it was further.`,
    facts: { 'behind for': `${seconds} s`, since: since.toISOString() },
  });
}

// Without the offset: a consumer that takes minutes for each record is one trouble, and not one for each of them.
const stuckCause = (contractId: string, name: string, partition: number) =>
  `stuck:${contractId}:${name}:${partition}`;

/** Says of offsets that stood still that nobody measures them any more: their incidents would go on for good. */
export async function signalLetGo(
  signals: IncidentSignals,
  tx: Transaction,
  letGo: readonly LetGo[],
  at: Date,
): Promise<void> {
  for (const { contractId, name, topic, partition, offset } of letGo)
    await signals.clear(tx, {
      cause: stuckCause(contractId, name, partition),
      at,
      sentence: `Whether ${name} has come past offset ${offset} of partition ${partition} is not measured any more: the contract does not name it for ${topic}, or its file is gone.`,
      facts: { partition: String(partition), 'offset when last measured': String(offset) },
    });
}

/** Tells of an offset that stands still, and that it has moved on. */
export async function signalStuck(
  signals: IncidentSignals,
  tx: Transaction,
  { contractId, name }: Pick<SubjectRow, 'contractId' | 'name'>,
  topic: string,
  at: Date,
  changes: readonly StuckChange[],
): Promise<void> {
  const cause = (partition: number) => stuckCause(contractId, name, partition);
  for (const change of changes) {
    if (change.kind === 'moved-on') {
      const { partition, offset, committed } = change;
      await signals.clear(tx, {
        cause: cause(partition),
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
      cause: cause(lag.partition),
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
