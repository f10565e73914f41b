import type { DerivedState, EngineContract } from '../../domain/contract/index.ts';
import { measureLag, type PartitionLag } from '../../domain/lag/index.ts';
import { within } from '../dashboard/time-out.ts';
import type { Clock } from '../ports/clock.ts';
import type { DerivedStateReader } from '../ports/derived-state.ts';
import type {
  EventTableLag,
  GroupStanding,
  LagProbe,
  SubjectFound,
  SubjectName,
  SubjectRow,
} from '../ports/lag.ts';

export type MeasureDeps = {
  readonly clock: Clock;
  /** null: no broker is configured. */
  readonly probe: LagProbe | null;
  readonly derivedStates: Pick<DerivedStateReader, 'positionOf'>;
  readonly eventTable: (history: Extract<EngineContract['history'], { kind: 'postgres' }>) => EventTableLag;
};

export type Measured =
  | {
      readonly ok: true;
      readonly at: Date;
      readonly group: GroupStanding | null;
      readonly partitions: readonly PartitionLag[];
    }
  | { readonly ok: false; readonly problem: string };

export const subjectKey = ({ kind, name }: Pick<SubjectName, 'kind' | 'name'>) => `${kind}:${name}`;

/** Groups that read the history's topic, and states that say themselves what they have applied. */
export function subjectsOf(contract: EngineContract): readonly Omit<SubjectName, 'contractId'>[] {
  const states = Object.entries(contract.derivedStates);
  const groups = states.flatMap(([, { consumerGroup }]) => (consumerGroup === null ? [] : [consumerGroup]));
  return [
    ...(contract.history.kind === 'kafka' ? [...new Set(groups)] : []).map((name) => ({
      kind: 'group' as const,
      name,
    })),
    // What a state in a topic has applied is what its group has committed.
    ...states.filter(([, state]) => saysPosition(state)).map(([name]) => ({ kind: 'state' as const, name })),
  ];
}

/**
 * What the budget of lag counts, each projection once: the state itself where it says how far it is, since that is what
 * its readers see, and else the group that feeds it. Both would spend for the same standstill, and open two incidents.
 */
export function countedSubjects(contract: EngineContract): ReadonlySet<string> {
  const states = Object.values(contract.derivedStates);
  const groups = states.flatMap((state) =>
    state.consumerGroup === null || saysPosition(state) ? [] : [state.consumerGroup],
  );
  return new Set(
    subjectsOf(contract)
      .filter(({ kind, name }) => kind === 'state' || groups.includes(name))
      .map(subjectKey),
  );
}

const saysPosition = (state: DerivedState<unknown>) => state.kind === 'postgres' && state.position !== null;

/**
 * Measures all groups and states of a contract. What could not be measured says why and hides nothing of the others;
 * every question is bounded, so that a slow server makes a gap and no queue.
 */
export async function measureContract(
  deps: MeasureDeps,
  contract: EngineContract,
  before: readonly SubjectRow[],
  boundMs: number,
): Promise<ReadonlyMap<string, Measured>> {
  const { history } = contract;
  const names = subjectsOf(contract);
  const states = names.filter(({ kind }) => kind === 'state').map(({ name }) => name);
  if (history.kind === 'postgres') {
    const table = deps.eventTable(history);
    const measured = await Promise.all(
      states.map(async (name) => {
        const work = unappliedRows(deps, contract, name, table);
        return [`state:${name}`, await settled(within(deps.clock, boundMs, name, work))] as const;
      }),
    );
    return new Map(measured);
  }
  const asked = new Map<string, Measured>();
  const applied: { state: string; at: Date; next: ReadonlyMap<number, bigint> }[] = [];
  await Promise.all(
    states.map(async (name) => {
      try {
        const found = await within(deps.clock, boundMs, name, positionOf(deps, contract, name));
        const at = deps.clock.now();
        if (found.kind === 'per-partition') applied.push({ state: name, at, next: found.next });
        else asked.set(`state:${name}`, failed(`${name} says no position of each partition.`));
      } catch (error) {
        asked.set(`state:${name}`, failed(sentenceOf(error)));
      }
    }),
  );
  const groups = names.filter(({ kind }) => kind === 'group');
  const known = new Map(before.map((row) => [subjectKey(row), row]));
  try {
    if (deps.probe === null)
      throw new Error('No broker is configured: set KAFKA_BROKERS (docs/settings.md).');
    const work = deps.probe.read({
      topic: history.topic,
      groups: groups.map(({ name }) => ({
        group: name,
        unreadFromStart: unreadFromStart(known.get(`group:${name}`)),
      })),
      applied,
    });
    const read = await within(deps.clock, boundMs, 'the broker', work);
    for (const [name, found] of read.groups) asked.set(`group:${name}`, toMeasured(found));
    for (const [name, found] of read.states) asked.set(`state:${name}`, toMeasured(found));
  } catch (error) {
    for (const { kind, name } of names)
      if (!asked.has(`${kind}:${name}`)) asked.set(`${kind}:${name}`, failed(sentenceOf(error)));
  }
  return asked;
}

/**
 * Of a partition without a commit all records are unread where it was seen empty before, or was not there yet: what a
 * group that begins "at the end" would skip was there already when it was first seen.
 */
function unreadFromStart(before: SubjectRow | undefined): (partition: number) => boolean {
  if (before === undefined || before.sampledAt === null) return () => false;
  const known = new Map(before.partitions.map((each) => [each.partition, each]));
  return (partition) => {
    const was = known.get(partition);
    return was === undefined || (was.committed === null && was.records !== null);
  };
}

function positionOf({ derivedStates }: MeasureDeps, contract: EngineContract, name: string) {
  const state = contract.derivedStates[name];
  if (state === undefined) throw new Error(`The contract has no derived state ${name}.`);
  return derivedStates.positionOf(state);
}

async function unappliedRows(
  deps: MeasureDeps,
  contract: EngineContract,
  name: string,
  table: EventTableLag,
): Promise<Measured> {
  const position = await positionOf(deps, contract, name);
  if (position.kind !== 'transaction') return failed(`${name} says no transaction that it has applied.`);
  const at = deps.clock.now();
  const { rows, nextMs } = await table.unapplied(position);
  const age = nextMs === null ? null : Math.max(0, at.getTime() - nextMs);
  const lag: PartitionLag = {
    partition: 0,
    committed: position.transactionId,
    end: null,
    next: null,
    records: BigInt(rows),
    ageMs: rows === 0 ? 0 : age,
  };
  return { ok: true, at, group: null, partitions: [lag] };
}

function toMeasured(found: SubjectFound): Measured {
  if (!found.ok) return found;
  const { at, group, partitions } = found;
  return { ok: true, at, group, partitions: partitions.map((each) => measureLag(at.getTime(), each)) };
}

async function settled(work: Promise<Measured>): Promise<Measured> {
  try {
    return await work;
  } catch (error) {
    return failed(sentenceOf(error));
  }
}

const failed = (problem: string): Measured => ({ ok: false, problem });
const sentenceOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
