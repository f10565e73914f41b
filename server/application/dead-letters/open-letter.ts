import type { EngineContract } from '../../domain/contract/index.ts';
import {
  EventReader,
  type HistoryRecord,
  type QuarantineReason,
  type ReadOutcome,
} from '../../domain/replay/index.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { hideOutcome, hideWords } from '../dashboard/masking.ts';
import { revealedUntil } from '../dashboard/reveal-values.ts';
import type { CallBounded } from '../ports/contracts.ts';
import type { LetterPlace, LetterRow, LetterTopics } from '../ports/dead-letters.ts';
import type { SubjectKeys } from '../ports/derived-state.ts';
import type { HistoryOpener } from '../ports/history.ts';
import type { PageReads } from '../ports/page-reads.ts';
import type { Correction, CorrectionReads, PastRedrive, RedriveStore } from '../ports/redrives.ts';
import type { Viewer } from '../ports/reveals.ts';
import { correctionsBeside } from '../replay/beside-history.ts';
import { withHistory } from '../replay/open-contract.ts';
import { loadSubjects } from '../replay/subjects.ts';
import type { LetterView, Reading } from './letter-view.ts';
import { type LetterPageDeps, listLetters, maskRow } from './read-letters.ts';
import { toLetterRecord } from './show-record.ts';
import { stillBeside } from './states-since.ts';
import { type ContractDeps, loadStored } from './watched-topics.ts';

/** What asking a contract about a record needs. */
export type ReadingDeps = ContractDeps & {
  readonly histories: HistoryOpener;
  readonly subjectKeys: SubjectKeys;
  readonly callBounded: CallBounded;
};

export type OpenDeps = LetterPageDeps &
  ReadingDeps & {
    readonly redrives: Pick<RedriveStore, 'ofLetter'>;
    readonly corrections: CorrectionReads;
    readonly pages: Pick<PageReads, 'standing'>;
  };

/** What a contract's own code may take of a page. */
const READ_MS = 2_000;
const SAME_SHOWN = 20;

/** One letter, read from its topic now, with what the contract's newest version makes of it. */
export async function openLetter(
  deps: OpenDeps,
  place: LetterPlace,
  viewer: Viewer,
): Promise<LetterView | null> {
  const row = await deps.unitOfWork.run((tx) => deps.reads.find(tx, place));
  if (row === null) return null;
  const until = await revealedUntil(deps, row.contractId, viewer);
  const stored = await deps.contracts.latest(row.contractId);
  const contract = stored === null ? null : await loadStored(deps, stored).catch(() => null);
  const isRevealed = until !== null;
  const { record, problem } = await recordOf(deps.topics, row);
  const reading =
    record === null || contract === null || stored === null
      ? null
      : await (await readerOf(deps, contract, stored.version))(record);
  const same =
    row.eventId === null
      ? []
      : (await listLetters(deps, { eventId: row.eventId }, { limit: SAME_SHOWN + 1 }, viewer)).rows;
  const redrives = await deps.unitOfWork.run((tx) => deps.redrives.ofLetter(tx, row));
  const corrections = await correctionsOf(deps, contract, row, redrives);
  return {
    ...(isRevealed ? row : maskRow(row)),
    record:
      record === null || deps.topics === null
        ? null
        : toLetterRecord(record, deps.topics, contract, isRevealed),
    problem,
    // A schema's own words may quote the value that it refuses.
    reading: reading === null || isRevealed ? reading : { ...reading, sentence: hideWords(reading.sentence) },
    same: same
      .filter(
        (each) => each.partition !== row.partition || each.offset !== row.offset || each.topic !== row.topic,
      )
      .slice(0, SAME_SHOWN),
    redrives: redrives.map((each) =>
      !isRevealed && each.cause !== null ? { ...each, cause: hideOutcome(each.cause) } : each,
    ),
    ...(await compared(deps, row, reading?.key ?? null, corrections)),
    revealedUntil: until,
  };
}

/** Edited events that went out in the place of the letter, or of another one of its event, and not into the history. */
async function correctionsOf(
  deps: OpenDeps,
  contract: EngineContract | null,
  { eventId, state }: Pick<LetterRow, 'eventId' | 'state'>,
  redrives: readonly PastRedrive[],
): Promise<readonly Correction[]> {
  const redriveIds = redrives.flatMap((each) => (each.editedAs === null ? [] : [each.redriveId]));
  if (contract === null) return [];
  const all = await correctionsBeside(deps, contract, { keys: [], redriveIds, originalEventId: eventId });
  return all.filter(({ derivedState }) => derivedState === state);
}

/** What the newest comparison says of the event: by its key, since a comparison may have found very much. */
async function compared(
  deps: OpenDeps,
  { contractId, eventId, at }: LetterRow,
  key: string | null,
  corrections: readonly Correction[],
): Promise<Pick<LetterView, 'comparison' | 'beside'>> {
  const toBeside = (all: readonly Correction[]) => all.map(({ key: _, at: __, ...shown }) => shown);
  const beside = toBeside(corrections);
  const standing = await deps.pages.standing(contractId, undefined);
  if (standing === null)
    return {
      comparison: { replayId: null, at: null, isSince: false, key, isKeyReplayed: false, missing: [] },
      beside,
    };
  const { id: replayId, requestedAt, endedAt } = standing.replay;
  const of = { replayId, at: endedAt, isSince: endedAt !== null && endedAt > at, key };
  if (key === null) return { comparison: { ...of, isKeyReplayed: false, missing: [] }, beside };
  return deps.unitOfWork.run(async (tx) => {
    const states = await deps.reads.comparedAt(tx, replayId, key, eventId);
    const isKeyReplayed = states.some(
      ({ isCompared, isInScope, differs }) => isCompared && (isInScope || differs),
    );
    const missing = eventId === null ? [] : await deps.reads.explainedBy(tx, replayId, key, eventId);
    return {
      comparison: { ...of, isKeyReplayed, missing },
      beside: toBeside(stillBeside(corrections, states, requestedAt)),
    };
  });
}

export async function recordOf(
  topics: LetterTopics | null,
  row: LetterPlace & Pick<LetterRow, 'identity' | 'gone'>,
): Promise<{ readonly record: HistoryRecord | null; readonly problem: string | null }> {
  if (row.gone)
    return {
      record: null,
      problem: 'It is in its topic no more: retention has deleted it, or the topic was made anew.',
    };
  if (topics === null) return { record: null, problem: 'No broker is configured: set KAFKA_BROKERS.' };
  try {
    const { records } = await topics.read(row.topic, row.identity, row.partition, BigInt(row.offset));
    const found = records.find(({ offset }) => String(offset) === row.offset);
    if (found !== undefined) return { record: found, problem: null };
    return {
      record: null,
      problem: 'It is in its topic no more: retention has deleted it since it was indexed.',
    };
  } catch (error) {
    if (error instanceof RepriseError) return { record: null, problem: error.message };
    throw error;
  }
}

const steps: Readonly<Record<QuarantineReason, Reading['step']>> = {
  undecodable: 'decode',
  'unknown-type': 'envelope',
  'unknown-version': 'envelope',
  'no-key': 'envelope',
  'no-idempotency-key': 'envelope',
  'invalid-data': 'validate',
  'upcast-failed': 'upcast',
  'projection-failed': null,
};

/** Decodes, upcasts and validates by the stored bundle, as a replay would. What can't be asked now is said so. */
export async function readerOf(
  deps: ReadingDeps,
  contract: EngineContract,
  version: number,
): Promise<(record: HistoryRecord) => Promise<Reading>> {
  const none = { version, step: null, eventType: null, eventVersion: null, key: null };
  const asReading = (error: unknown): Reading => {
    if (!(error instanceof RepriseError)) throw error;
    return { ...none, outcome: 'not-tried', sentence: error.message };
  };
  try {
    const subjects = await loadSubjects(deps, contract);
    const decoder = await withHistory(deps, contract, async (history) => history.decoder);
    const reader = new EventReader({
      contract,
      decode: (each) => decoder.decode(each),
      keys: null,
      subjects,
    });
    return async (record) => {
      try {
        await decoder.prepare({ partition: 0, records: [record], absences: [], next: record.offset + 1 });
        const outcome = deps.callBounded('a dead letter', READ_MS, () => reader.read(record));
        return toReading(version, reader, outcome);
      } catch (error) {
        return asReading(error);
      }
    };
  } catch (error) {
    const reading = asReading(error);
    return async () => reading;
  }
}

function toReading(version: number, reader: EventReader, outcome: ReadOutcome): Reading {
  const known = { version, eventType: reader.type, eventVersion: reader.version, key: reader.key };
  switch (outcome) {
    case 'event':
      return { ...known, outcome: 'reads', step: null, sentence: 'The contract reads it.' };
    case 'filtered':
      return { ...known, outcome: 'filtered', step: null, sentence: `It is filtered: ${reader.detail}.` };
    case 'quarantined':
      return { ...known, outcome: 'fails', step: steps[reader.reason], sentence: reader.detail };
  }
}
