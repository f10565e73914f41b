import { EventReader, type HistoryRecord, type QuarantineReason } from '../../../domain/replay/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { exactNumber } from '../../../domain/shared/positions.ts';
import { hideWords } from '../../dashboard/masking.ts';
import type { CallBounded } from '../../ports/contracts.ts';
import type { SubjectKeys } from '../../ports/derived-state.ts';
import type { HistoryOpener } from '../../ports/history.ts';
import type { Action, ActionResult } from '../../ports/runbook-actions.ts';
import { withHistory } from '../../replay/open-contract.ts';
import { loadSubjects } from '../../replay/subjects.ts';
import { newestContract, refuse, type StoredContracts } from './deps.ts';
import { absenceInWords } from './words.ts';

export type DecodeRecordDeps = StoredContracts & {
  readonly histories: HistoryOpener;
  readonly subjectKeys: SubjectKeys;
  readonly callBounded: CallBounded;
};

/** A contract's code that takes longer for one record does something else than decode. */
const CALL_MS = 5_000;

const steps = ['decode', 'type', 'key', 'version', 'idempotency key', 'schema', 'upcast'] as const;
type Step = (typeof steps)[number];

const stepOf: Readonly<Record<QuarantineReason, Step>> = {
  undecodable: 'decode',
  'unknown-type': 'type',
  'no-key': 'key',
  'unknown-version': 'version',
  'no-idempotency-key': 'idempotency key',
  'invalid-data': 'schema',
  'upcast-failed': 'upcast',
  'projection-failed': 'upcast',
};

const stepTitles: Readonly<Record<Step, string>> = {
  decode: 'Decode the value',
  type: 'Know the event type',
  key: 'Find the ordering key',
  version: 'Know the version',
  'idempotency key': 'Find the idempotency key',
  schema: 'Fit the schema of its own version',
  upcast: 'Become the newest version, and fit its schema',
};

/**
 * What the decoders of this product say in fixed words. All others may quote a value, such as a contract's own: from
 * the first colon on they are hidden, as on every page.
 */
const ownWords =
  /^Its value of \d+ bytes can't be decoded: The value is (not UTF-8\.|empty, and JSON is not\.|not JSON(\.|: it starts with the magic byte .*))$/;

type Read = {
  readonly outcome: 'event' | 'filtered' | 'quarantined';
  readonly id: string | null;
  readonly type: string | null;
  readonly version: number | null;
  readonly reason: QuarantineReason;
  readonly detail: string;
};

/** Reads one record as a replay would, and says at which step that ends. Its values are in no answer. */
export function decodeRecord(deps: DecodeRecordDeps): Action<'decode-record'> {
  return {
    preview: async ({ contract, partition, offset }) => ({
      sentence: `Decodes offset ${offset} of partition ${partition} as contract ${contract} says. Nothing is changed.`,
      shown: [],
      frozen: {},
    }),
    async perform({ contract: contractId, partition, offset }, _frozen, { signal }) {
      const contract = await newestContract(deps, contractId);
      const subjects = await loadSubjects(deps, contract);
      const place = `offset ${offset} of partition ${partition}`;
      if (BigInt(offset) > BigInt(Number.MAX_SAFE_INTEGER) - 1n)
        throw refuse(`There is no record at ${place}: no history reaches that far.`, contractId);
      const read = await withHistory(deps, contract, async ({ reader, decoder }) => {
        const { identity, visibleBefore } = await reader.describe();
        const from = BigInt(offset);
        let found: HistoryRecord | null = null;
        let absent = '';
        await reader
          .read([{ partition, from, to: from + 1n }], { identity, visibleBefore, signal }, async (batch) => {
            await decoder.prepare(batch);
            found = batch.records[0] ?? found;
            absent = batch.absences.map(absenceInWords).join(' ') || absent;
          })
          .catch((error: unknown) => {
            throw notThere(error);
          });
        const record: HistoryRecord | null = found;
        if (record === null) throw refuse(`There is no record at ${place}. ${absent}`.trim(), contractId);
        const events = new EventReader({
          contract,
          decode: (each) => decoder.decode(each),
          keys: null,
          subjects,
          partition,
        });
        return deps.callBounded(`reading ${place}`, CALL_MS, (): Read => {
          const outcome = events.read(record);
          const { id, type, version, reason, detail } = events;
          return { outcome, id, type, version, reason, detail };
        });
      });
      return tell(place, exactNumber(BigInt(offset)), read);
    },
  };
}

/** What the history does not hold is an answer to whoever asked for it, and no failure of the history. */
function notThere(error: unknown): unknown {
  if (!(error instanceof RepriseError)) return error;
  return error.code === 'history-truncated' || error.code === 'history-missing'
    ? refuse(error.message, error.where ?? undefined)
    : error;
}

function tell(place: string, offset: number, read: Read): ActionResult {
  const { outcome, id, type, version, reason } = read;
  const failedAt = outcome === 'quarantined' ? steps.indexOf(stepOf[reason]) : steps.length;
  const detail = ownWords.test(read.detail) ? read.detail : hideWords(read.detail);
  const what = type === null ? 'A record' : version === null ? type : `${type} version ${version}`;
  const sentence =
    outcome === 'event'
      ? `${what} at ${place} decodes.`
      : outcome === 'filtered'
        ? `${what} at ${place} is passed over: ${detail}.`
        : `${what} at ${place} does not decode (${reason}). ${detail}`;
  return {
    sentence,
    outputs: {
      decodes: outcome !== 'quarantined',
      ...(outcome === 'quarantined' ? { reason } : {}),
      ...(id === null ? {} : { eventId: id }),
      ...(type === null ? {} : { eventType: type }),
      ...(version === null ? {} : { eventVersion: version }),
    },
    shown: [
      {
        kind: 'table',
        title: `Offset ${offset}, step by step`,
        columns: ['Step', 'Outcome'],
        rows: steps.map((step, at) => [
          stepTitles[step],
          outcome === 'filtered'
            ? 'not needed'
            : at < failedAt
              ? 'done'
              : at === failedAt
                ? `failed: ${detail}`
                : 'not reached',
        ]),
      },
    ],
    links: [],
  };
}
