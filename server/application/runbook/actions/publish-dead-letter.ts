import { letterHeaders } from '../../../domain/deliveries/index.ts';
import { encodeBase64 } from '../../../domain/shared/base64.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DeadLetterWriter, Origin } from '../../ports/dead-letter-writer.ts';
import type { Action } from '../../ports/runbook-actions.ts';
import type { TopicRecords, WholeRecord } from '../../ports/topic-records.ts';
import { newestContract, overtaken, refuse, type StoredContracts, stateOf } from './deps.ts';
import { headerName, recordsTable, shownHeaders } from './masked-records.ts';
import { absenceInWords, beyondEnds } from './words.ts';

export type PublishDeadLetterDeps = StoredContracts & {
  readonly records: Pick<TopicRecords, 'read' | 'ends'>;
  readonly letters: DeadLetterWriter;
  readonly sha256: Sha256;
  readonly clock: Clock;
};

type Params = {
  readonly contract: string;
  readonly state: string;
  readonly partition: number;
  readonly offset: string;
  readonly cause: string;
};

/** Parks a record as it is. A letter of the same origin that is there already is enough. */
export function publishDeadLetter(deps: PublishDeadLetterDeps): Action<'publish-dead-letter'> {
  return {
    async preview(params, { signal }) {
      refuseUnwritable(deps);
      const place = await placeOf(deps, params);
      const { record, topicId } = await readOne(deps, place.origin, signal);
      const { topicId: lettersId } = await deps.records.ends(place.letters, 0);
      const there = await deps.letters.find(place.letters, place.origin, record, signal);
      const { origin } = place;
      const what = `offset ${origin.offset} of ${origin.topic}, partition ${origin.partition}`;
      return {
        sentence:
          there === null
            ? `Copies ${what} as it is to ${place.letters}, with the cause and where it came from in headers.`
            : `${what} stands in ${place.letters} already, at partition ${there.partition}, offset ${there.offset}: nothing would be written.`,
        shown: [
          recordsTable(what, [record], await shownHeaders(deps, origin.topic)),
          addedTable(addedTo(place, params.cause, '(the attempt)', '(when it is written)')),
        ],
        frozen: {
          digest: digestOf(deps.sha256, record),
          topicId,
          letters: place.letters,
          lettersId,
          causeHeader: place.causeHeader,
        },
      };
    },
    async perform(params, frozen, { attemptId, signal, ...context }) {
      refuseUnwritable(deps);
      const place = await placeOf(deps, params);
      const { origin, letters } = place;
      const { record, topicId } = await readOne(deps, origin, signal);
      const { topicId: lettersId } = await deps.records.ends(letters, 0);
      if (frozen.letters !== letters || frozen.causeHeader !== place.causeHeader)
        throw overtaken(`Contract ${params.contract} names other dead letters of ${params.state} by now.`);
      if (frozen.topicId !== topicId || frozen.lettersId !== lettersId)
        throw overtaken(
          `Topic ${origin.topic} or ${letters} was deleted and made again since it was looked at.`,
        );
      if (frozen.digest !== digestOf(deps.sha256, record))
        throw overtaken(
          `The record at offset ${origin.offset} of ${origin.topic}, partition ${origin.partition}, is another one than was shown.`,
        );
      const added = addedTo(place, params.cause, attemptId, deps.clock.now().toISOString());
      signal.throwIfAborted();
      let sending = false;
      const { place: at, already } = await deps.letters
        .writeOnce(
          letters,
          origin,
          { record, added },
          {
            signal,
            sending: async () => {
              await context.changing();
              sending = true;
            },
          },
        )
        .catch((error: unknown) => {
          // Whoever may not write has written nothing.
          if (sending && error instanceof RepriseError && error.lasting) context.changedNothing();
          throw error;
        });
      const stands = `${at.topic}, partition ${at.partition}, offset ${at.offset}`;
      const what = `Offset ${origin.offset} of ${origin.topic}, partition ${origin.partition}`;
      return {
        sentence: !already
          ? `${what} was copied to ${stands}. ${params.state} still has to come past it: nothing of its projector was changed.`
          : `${what} stands in ${stands} already; nothing was written.`,
        outputs: {
          topic: at.topic,
          partition: at.partition,
          offset: at.offset.toString(),
          already,
        },
        shown: [],
        links: [],
      };
    },
  };
}

type Place = { readonly origin: Origin; readonly letters: string; readonly causeHeader: string };

function refuseUnwritable({ letters }: PublishDeadLetterDeps): void {
  if (letters.mayWrite !== null) throw refuse(letters.mayWrite.problem, 'KAFKA_PROMOTER');
}

async function placeOf(deps: PublishDeadLetterDeps, params: Params): Promise<Place> {
  const contract = await newestContract(deps, params.contract);
  const state = stateOf(contract, params.state);
  const { history } = contract;
  if (history.kind !== 'kafka')
    throw refuse(`The history of ${params.contract} is an event table: there are no records to park.`);
  if (state.deadLetters === null)
    throw refuse(
      `Contract ${params.contract} names no dead-letter topic of ${params.state}: add deadLetters to it.`,
      params.contract,
    );
  return {
    origin: {
      topic: history.topic,
      partition: params.partition,
      offset: BigInt(params.offset),
      state: params.state,
    },
    letters: state.deadLetters.topic,
    causeHeader: headerName(state.deadLetters.cause) ?? letterHeaders.cause,
  };
}

async function readOne(
  { records }: PublishDeadLetterDeps,
  { topic, partition, offset }: Origin,
  signal: AbortSignal,
): Promise<{ readonly record: WholeRecord; readonly topicId: string }> {
  const range = { from: offset, to: offset + 1n };
  const { ends, records: found, absences } = await records.read(topic, partition, range, signal);
  const [record] = found;
  if (record !== undefined) return { record, topicId: ends.topicId };
  const why = [...absences.map(absenceInWords), ...beyondEnds(range.from, range.to, ends)].join(' ');
  throw refuse(
    `There is no record at offset ${offset} of ${topic}, partition ${partition}, to copy. ${why}`.trim(),
    `${topic}/${partition}`,
  );
}

/** Over its bytes, so that the record that is copied is the one that was shown. */
function digestOf(sha256: Sha256, { key, value, headers, timestampMs }: WholeRecord): string {
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : encodeBase64(bytes));
  return sha256(
    canonicalJson({
      timestampMs,
      key: text(key),
      value: text(value),
      headers: headers.map(([name, each]) => [name, text(each)]),
    }),
  );
}

const addedTo = (
  { origin, causeHeader }: Place,
  cause: string,
  attemptId: string,
  at: string,
): readonly (readonly [string, string])[] => [
  [causeHeader, cause],
  [letterHeaders.state, origin.state],
  [letterHeaders.topic, origin.topic],
  [letterHeaders.partition, String(origin.partition)],
  [letterHeaders.offset, origin.offset.toString()],
  [letterHeaders.parkedAt, at],
  [letterHeaders.attempt, attemptId],
];

const addedTable = (added: ReturnType<typeof addedTo>) => ({
  kind: 'table' as const,
  title: 'Headers that are added',
  columns: ['Header', 'Value'],
  rows: added.map(([name, value]) => [name, value]),
});
