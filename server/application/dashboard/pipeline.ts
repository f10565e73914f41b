import type { DerivedState, EngineContract } from '../../domain/contract/index.ts';
import type { HistoryState } from '../../domain/replay/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { DerivedStateReader } from '../ports/derived-state.ts';
import type {
  DeadLetterReader,
  HistoryOpener,
  HistoryReader,
  TransactionCursor,
  TransactionOrderedReader,
} from '../ports/history.ts';
import type { PipelineView, Standing } from '../ports/page-reads.ts';
import { within } from './time-out.ts';

export type PipelineDeps = {
  readonly clock: Clock;
  readonly histories: HistoryOpener;
  readonly derivedStates: DerivedStateReader;
  readonly deadLetters: DeadLetterReader;
};

/** Each part of the picture answers within this, or is shown as not answering. */
const PART_MS = 4_000;
/** Counted so far: of dead letters the picture then says that there are more, and no lag that it would have to count. */
const DEAD_LETTERS_COUNTED = 1_000;
const LAG_COUNTED = 10_000;

type StateView = PipelineView['derivedStates'][number];

/** The pipeline as it stands now. What can't be reached is named and does not hide the rest. */
export async function readPipeline(
  deps: PipelineDeps,
  contract: EngineContract,
  proof: Standing | null,
): Promise<PipelineView> {
  const history = await openHistory(deps, contract);
  try {
    const states = await Promise.all(
      Object.entries(contract.derivedStates).map(([name, definition]) =>
        readState(deps, { name, definition, proof, history }),
      ),
    );
    return {
      asOf: deps.clock.now().toISOString(),
      offsetsSinceProof: proof === null ? null : offsetsSince(proof.historyEnd, history.state),
      history: historyView(contract, history),
      derivedStates: states,
    };
  } finally {
    await history.reader?.close().catch(() => undefined);
  }
}

type Opened = {
  readonly reader: HistoryReader | null;
  readonly state: HistoryState | null;
  readonly problem: string | null;
};

async function openHistory(deps: PipelineDeps, contract: EngineContract): Promise<Opened> {
  let reader: HistoryReader | null = null;
  try {
    const opened = await within(deps.clock, PART_MS, 'the history', deps.histories.open(contract));
    reader = opened.reader;
    const state = await within(deps.clock, PART_MS, 'the history', reader.describe());
    return { reader, state, problem: null };
  } catch (error) {
    return { reader, state: null, problem: messageOf(error) };
  }
}

function historyView(contract: EngineContract, { state, problem }: Opened): PipelineView['history'] {
  const { history } = contract;
  return {
    kind: history.kind,
    name: history.kind === 'kafka' ? history.topic : history.table,
    reachable: state !== null,
    problem,
    partitions: state?.partitions ?? [],
  };
}

function offsetsSince(proven: Standing['historyEnd'], state: HistoryState | null): string | null {
  if (state === null) return null;
  const ends = new Map(proven.map((each) => [each.partition, BigInt(each.next)]));
  const since = state.partitions.reduce((sum, { partition, logStart, lastStable }) => {
    const written = BigInt(lastStable) - (ends.get(partition) ?? BigInt(logStart));
    return written > 0n ? sum + written : sum;
  }, 0n);
  return since.toString();
}

type Asked = {
  readonly name: string;
  readonly definition: DerivedState<unknown>;
  readonly proof: Standing | null;
  readonly history: Opened;
};

async function readState(
  deps: PipelineDeps,
  { name, definition, proof, history }: Asked,
): Promise<StateView> {
  const [position, letters] = await Promise.all([
    settle(within(deps.clock, PART_MS, name, readPosition(deps, definition, history))),
    settle(within(deps.clock, PART_MS, 'the dead-letter topic', countLetters(deps, definition))),
  ]);
  const compared = proof?.comparisons.find((each) => each.derivedState === name);
  return {
    name,
    title: definition.title,
    reachable: position.problem === null,
    problem: position.problem ?? letters.problem,
    lag: position.value?.lag ?? null,
    positions: position.value?.positions ?? [],
    consumerGroup: definition.consumerGroup,
    deadLetterTopic: definition.deadLetters?.topic ?? null,
    deadLetters: letters.value?.count ?? null,
    moreDeadLetters: letters.value?.more ?? false,
    proof:
      proof === null || compared === undefined
        ? null
        : {
            outcome: compared.outcome,
            differing: compared.missing + compared.extra + compared.different,
            at: compared.comparedAt,
            replayId: proof.replay.id,
          },
  };
}

type Position = Pick<StateView, 'lag' | 'positions'>;

async function readPosition(
  deps: PipelineDeps,
  definition: DerivedState<unknown>,
  history: Opened,
): Promise<Position> {
  const appliedAt = await deps.derivedStates.positionOf(definition);
  switch (appliedAt.kind) {
    case 'per-partition':
      return perPartition(appliedAt.next, history.state);
    case 'transaction':
      return { lag: await countUnapplied(appliedAt, history), positions: [] };
    case 'none':
      return groupPosition(definition.consumerGroup, history);
  }
}

function perPartition(next: ReadonlyMap<number, bigint>, state: HistoryState | null): Position {
  if (state === null) {
    // The position is the store's own and stands, whether or not the history can be asked how far that is.
    const own = [...next].map(([partition, applied]) => ({
      partition,
      next: applied.toString(),
      end: null,
      lag: null,
    }));
    return { lag: null, positions: own.sort((a, b) => a.partition - b.partition) };
  }
  const positions = state.partitions.map(({ partition, logStart, lastStable }) => {
    const end = BigInt(lastStable);
    const applied = next.get(partition) ?? BigInt(logStart);
    return {
      partition,
      next: applied.toString(),
      end: lastStable,
      lag: (end > applied ? end - applied : 0n).toString(),
    };
  });
  return { lag: totalLag(positions), positions };
}

/** A store without a position of its own: its consumer group is the next best witness. */
async function groupPosition(group: string | null, { reader, state }: Opened): Promise<Position> {
  const lags = group === null || reader === null ? null : await reader.groupLag(group);
  if (lags === null || state === null) return { lag: null, positions: [] };
  const next = new Map(
    lags.flatMap(({ partition, committed }) => (committed === null ? [] : [[partition, committed]])),
  );
  return perPartition(next, state);
}

function totalLag(positions: Position['positions']): string {
  return positions.reduce((sum, { lag }) => sum + BigInt(lag ?? 0), 0n).toString();
}

class CountedEnough extends Error {}

/** Rows of an event table that the derived state has not applied, up to a bound; null beyond it. */
async function countUnapplied(cursor: TransactionCursor, { reader, state }: Opened): Promise<string | null> {
  if (reader === null || state?.visibleBefore == null || !isTransactionOrdered(reader)) return null;
  let rows = 0;
  try {
    await reader.readUnapplied(BigInt(state.visibleBefore), cursor, async (batch) => {
      rows += batch.records.length;
      if (rows > LAG_COUNTED) throw new CountedEnough();
    });
  } catch (error) {
    if (error instanceof CountedEnough) return null;
    throw error;
  }
  return String(rows);
}

function isTransactionOrdered(reader: HistoryReader): reader is HistoryReader & TransactionOrderedReader {
  return 'readUnapplied' in reader && typeof reader.readUnapplied === 'function';
}

async function countLetters(
  deps: PipelineDeps,
  { deadLetters }: DerivedState<unknown>,
): Promise<{ readonly count: number; readonly more: boolean } | null> {
  if (deadLetters === null) return null;
  const { topic, id, cause } = deadLetters;
  const { letters, truncated } = await deps.deadLetters.list(topic, id, cause, DEAD_LETTERS_COUNTED);
  return { count: letters.length, more: truncated };
}

async function settle<T>(work: Promise<T>): Promise<{ value: T | null; problem: string | null }> {
  try {
    return { value: await work, problem: null };
  } catch (error) {
    return { value: null, problem: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
