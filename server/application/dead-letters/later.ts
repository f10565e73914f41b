import type { EngineContract } from '../../domain/contract/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { LetterPlace, LetterRow } from '../ports/dead-letters.ts';
import type { DerivedStateReader } from '../ports/derived-state.ts';
import type { ReadOptions, ReadRange } from '../ports/history.ts';
import { correctionsBeside } from '../replay/beside-history.ts';
import { withHistory } from '../replay/open-contract.ts';
import { loadSubjects } from '../replay/subjects.ts';
import { type Hit, Search } from '../runbook/actions/history-search.ts';
import { type OpenDeps, readerOf, recordOf } from './open-letter.ts';
import { type StateSince, stateSince, stillBeside, withBeside } from './states-since.ts';
import { loadStored } from './watched-topics.ts';

export type LaterDeps = OpenDeps & {
  readonly derivedStates: Pick<DerivedStateReader, 'positionOf'>;
  readonly clock: Pick<Clock, 'now'>;
};

/** Whether something newer has taken the letter's place. That says nothing of whether the letter's own change is missing. */
export type Superseded =
  | { readonly by: 'edited'; readonly eventId: string; readonly redriveId: string }
  | {
      readonly by: 'newer';
      readonly eventId: string;
      readonly partition: number;
      readonly offset: number;
      readonly type: string;
    }
  | { readonly by: 'nothing'; readonly sentence: string }
  /** Nobody has asked for the history to be read. */
  | { readonly by: 'not-looked' }
  | { readonly by: 'not-known'; readonly sentence: string };

export type LetterLater = { readonly superseded: Superseded; readonly states: readonly StateSince[] };

/** So long a page waits for what stands in the history after a letter. */
const SEARCH_MS = 3_000;

/**
 * What has become of a letter's key since: by positions and the newest comparison, and never by guessing. The history is
 * read only for somebody who asks for it.
 */
export async function readLater(
  deps: LaterDeps,
  place: LetterPlace,
  search: boolean,
): Promise<LetterLater | null> {
  const row = await deps.unitOfWork.run((tx) => deps.reads.find(tx, place));
  if (row === null) return null;
  const stored = await deps.contracts.latest(row.contractId);
  const contract = stored === null ? null : await loadStored(deps, stored).catch(() => null);
  if (stored === null || contract === null) {
    const sentence = `Contract ${row.contractId} can’t be loaded now.`;
    return { superseded: { by: 'not-known', sentence }, states: [] };
  }
  const { record, problem } = await recordOf(deps.topics, row);
  const key = record === null ? null : (await (await readerOf(deps, contract, stored.version))(record)).key;
  const why = problem ?? 'Its ordering key can’t be read.';
  return {
    superseded: await supersededBy(deps, row, contract, key === null ? { why } : { key }, search),
    states: await statesSince(deps, row, contract, key === null ? { why } : { key }),
  };
}

type Key = { readonly key: string } | { readonly why: string };

async function supersededBy(
  deps: LaterDeps,
  row: LetterRow,
  contract: EngineContract,
  known: Key,
  search: boolean,
): Promise<Superseded> {
  const redrives = await deps.unitOfWork.run((tx) => deps.redrives.ofLetter(tx, row));
  for (const { editedAs, status, redriveId } of redrives)
    if (editedAs !== null && status === 'reprocessed') return { by: 'edited', eventId: editedAs, redriveId };
  if ('why' in known) return { by: 'not-known', sentence: known.why };
  if (!search) return { by: 'not-looked' };
  try {
    return await newerOf(deps, row, contract, known.key);
  } catch (error) {
    if (error instanceof RepriseError) return { by: 'not-known', sentence: error.message };
    throw error;
  }
}

/** Events of the key that stand behind it in its partition, before the position that the state has applied up to. */
async function newerOf(
  deps: LaterDeps,
  row: LetterRow,
  contract: EngineContract,
  key: string,
): Promise<Superseded> {
  const unknown = (sentence: string): Superseded => ({ by: 'not-known', sentence });
  const { origin, state: name } = row;
  const { history } = contract;
  const state = contract.derivedStates[name];
  if (history.kind !== 'kafka' || state?.kind !== 'postgres' || state.position?.kind !== 'per-partition')
    return unknown(
      `${name} keeps no position for each partition of a topic, so what it has applied is not known.`,
    );
  if (origin === null || origin.topic !== history.topic)
    return unknown('Its headers don’t say where in the history it stood.');
  const applied = await deps.derivedStates.positionOf(state);
  const next = applied.kind === 'per-partition' ? (applied.next.get(origin.partition) ?? 0n) : 0n;
  const subjects = await loadSubjects(deps, contract);
  return withHistory(deps, contract, async ({ reader, decoder }) => {
    const { identity, visibleBefore, partitions } = await reader.describe();
    const found = partitions.find(({ partition }) => partition === origin.partition);
    if (found === undefined) return unknown(`${origin.topic} has no partition ${origin.partition} now.`);
    const after = BigInt(origin.offset) + 1n;
    const [start, end] = [BigInt(found.logStart), BigInt(found.lastStable)];
    const [from, to] = [after > start ? after : start, next < end ? next : end];
    const search = new Search(deps, contract, decoder, { by: 'key', value: key, keep: 'last' }, subjects);
    const isWhole =
      from >= to ||
      (await scan(deps, { reader, decoder }, search, {
        range: { partition: origin.partition, from, to },
        of: { identity, visibleBefore },
      }));
    const newest = (await appliedOf(deps, row, search.hits)).at(-1);
    if (newest !== undefined)
      return {
        by: 'newer',
        eventId: newest.id,
        partition: newest.partition,
        offset: newest.offset,
        type: newest.type,
      };
    if (search.found > search.hits.length)
      return unknown(`The last ${search.hits.length} events of its key were parked too, and there are more.`);
    if (isWhole && start <= after && search.unreadable === 0)
      return {
        by: 'nothing',
        sentence: `${name} has applied no newer event of its key, up to offset ${to} of partition ${origin.partition}.`,
      };
    return unknown(
      search.unreadable > 0
        ? `${search.unreadable} records behind it can’t be read, so whether they are of its key is not known.`
        : 'Not all that stands behind it in the history could be read: some is deleted, or there was too little time.',
    );
  });
}

/** Answers whether all of it was read in time. */
async function scan(
  { clock }: Pick<LaterDeps, 'clock'>,
  { reader, decoder }: Awaited<ReturnType<LaterDeps['histories']['open']>>,
  search: Search,
  { range, of }: { readonly range: ReadRange; readonly of: Omit<ReadOptions, 'signal'> },
): Promise<boolean> {
  const until = clock.now().getTime() + SEARCH_MS;
  const stop = new AbortController();
  try {
    await reader.read([range], { ...of, signal: stop.signal }, async (batch) => {
      await decoder.prepare(batch);
      search.take(batch);
      if (clock.now().getTime() > until) stop.abort();
    });
    return !stop.signal.aborted;
  } catch (error) {
    if (stop.signal.aborted) return false;
    throw error;
  }
}

/** Without those that were parked themselves, and what was sent of the letter itself. In the order of their offsets. */
async function appliedOf(deps: LaterDeps, row: LetterRow, hits: readonly Hit[]): Promise<readonly Hit[]> {
  const others = hits.filter(({ id }) => id !== '' && id !== row.eventId);
  const ids = others.map(({ id }) => id);
  const parked = await deps.unitOfWork.run((tx) => deps.reads.parkedOf(tx, row.topic, row, ids));
  return others.filter(({ id }) => !parked.has(id)).sort((a, b) => a.offset - b.offset);
}

async function statesSince(
  deps: LaterDeps,
  row: LetterRow,
  contract: EngineContract,
  known: Key,
): Promise<readonly StateSince[]> {
  const names = Object.keys(contract.derivedStates);
  const redrives = await deps.unitOfWork.run((tx) => deps.redrives.ofLetter(tx, row));
  const corrections = await correctionsBeside(deps, contract, {
    keys: 'why' in known ? [] : [known.key],
    redriveIds: redrives.map(({ redriveId }) => redriveId),
    originalEventId: row.eventId,
  });
  const of = <T extends { readonly derivedState: string }>(name: string, all: readonly T[]) =>
    all.filter(({ derivedState }) => derivedState === name);
  const none = (sentence: string) =>
    names.map((derivedState): StateSince => {
      const said = withBeside(sentence, of(derivedState, corrections));
      return { derivedState, standing: 'not-known', sentence: said };
    });
  const standing = await deps.pages.standing(row.contractId, undefined);
  const { id, requestedAt, endedAt } = standing?.replay ?? {};
  if (id === undefined || requestedAt === undefined || endedAt == null || endedAt <= row.at)
    return none('Nothing was compared with the history since it was parked.');
  if ('why' in known) return none(known.why);
  const rows = await deps.unitOfWork.run((tx) => deps.reads.comparedAt(tx, id, known.key, row.eventId));
  const beside = stillBeside(corrections, rows, requestedAt);
  return names.map((name) => stateSince(name, of(name, rows)[0], of(name, beside)));
}
