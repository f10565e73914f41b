import type { EngineContract } from '../../domain/contract/index.ts';
import {
  EventReader,
  type HistoryRecord,
  type PlanRange,
  type ReadOutcome,
  refuseImpure,
  SeenTable,
} from '../../domain/replay/index.ts';
import type { Phase } from './phase.ts';
import type { OpenHistory } from './state-overlay.ts';

/** Reads records of one partition as what a fold of the plan's scope takes them for, without F. */
export class ScopedEvents {
  /** What was read last: the envelope of it, and the keys in scope that it touches where it is an event. */
  readonly reader: EventReader;
  keys: readonly string[] = [];
  private readonly contract: EngineContract;
  private readonly only: ReadonlySet<string> | null;

  constructor({ running }: Pick<Phase, 'running'>, history: OpenHistory, partition: number) {
    const { plan, contract } = running;
    this.contract = contract;
    this.only = plan.scope.kind === 'keys' ? new Set(plan.scope.keys) : null;
    this.reader = new EventReader({
      contract,
      decode: (record) => history.decoder.decode(record),
      keys: this.only,
      subjects: history.subjects,
      partition,
    });
  }

  read(record: HistoryRecord): ReadOutcome {
    this.keys = [];
    const outcome = this.reader.read(record);
    if (outcome !== 'event') return outcome;
    const { event } = this.reader;
    const { route } = this.contract.projection;
    let touched: unknown = [event.key];
    try {
      if (route !== undefined) touched = route(event) ?? [];
    } catch (error) {
      refuseImpure(error, 'The projection', event.type, record.offset);
      touched = null;
    }
    // The fold quarantines what can't be routed, and no key has it.
    if (!Array.isArray(touched) || !touched.every((key) => typeof key === 'string' && key !== ''))
      return 'quarantined';
    this.keys = touched.filter((key) => this.only === null || this.only.has(key));
    return this.keys.length === 0 ? 'filtered' : 'event';
  }
}

/** What of a stretch of history a fold of the scope would take in, and the ids that stand there, packed. */
type Missed = { readonly events: number; readonly seen: Uint8Array };

/**
 * Counts the events in scope of a stretch whose beginning no state stands at. F has no part in it: it would start from
 * its initial state in the middle of the history, where an honest one may fail, or never end.
 */
export async function readMissed(
  phase: Pick<Phase, 'running' | 'signal'>,
  history: OpenHistory,
  { partition }: Pick<PlanRange, 'partition'>,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Promise<Missed> {
  const { identity, visibleBefore } = phase.running.plan.history;
  const scoped = new ScopedEvents(phase, history, partition);
  const ids = new SeenTable();
  let events = 0;
  const options = { identity, visibleBefore, signal: phase.signal };
  await history.reader.read([{ partition, from, to }], options, async (batch) => {
    await history.decoder.prepare(batch);
    for (const record of batch.records) {
      if (record.offset < from || record.offset >= to) continue;
      const outcome = scoped.read(record);
      if (outcome === 'filtered') continue;
      events += 1;
      if (outcome === 'quarantined') continue;
      const { event, keyApart, content, contentFrom, contentTo } = scoped.reader;
      ids.add(event.id, keyApart, content, record.offset, contentFrom, contentTo);
    }
  });
  return { events, seen: ids.takeNew() };
}
