import type { EngineContract } from '../../../domain/contract/index.ts';
import type { HistoryState } from '../../../domain/replay/index.ts';
import type { ActionParams } from '../../../domain/runbook/index.ts';
import { counted, grouped } from '../../../domain/shared/counted.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CallBounded } from '../../ports/contracts.ts';
import type { Correction, CorrectionService, CorrectionsBefore } from '../../ports/corrections.ts';
import type { HistoryOpener } from '../../ports/history.ts';
import type { Action, ActionContext, Preview } from '../../ports/runbook-actions.ts';
import { withHistory } from '../../replay/open-contract.ts';
import { newestContract, overtaken, refuse, type StoredContracts } from './deps.ts';
import { outside } from './effect.ts';
import { type Hit, readAll, Search, totalOf } from './history-search.ts';
import {
  correctionId,
  type FrozenCorrection,
  frozenCorrection,
  knownCorrections,
  othersInWords,
  refuseCorrectedBack,
  refuseCorrectedSince,
  shownOthers,
} from './known-corrections.ts';

export type CompensateDeps = StoredContracts & {
  readonly histories: HistoryOpener;
  readonly callBounded: CallBounded;
  readonly clock: Clock;
  readonly sha256: Sha256;
  readonly before: CorrectionsBefore;
  /** Throws RepriseError runbook-refused where a service has no address. */
  readonly service: (name: string) => CorrectionService;
};

/** A preview is bounded; this leaves room for all but the search. */
const searchMs = 20_000;
const callMs = 10_000;
const lookEveryMs = 500;
/** So often it says that it still waits. */
const sayEvery = 20;

/** Has a new event published that corrects an old one, and waits until the history delivers it. Nothing old is changed. */
export function compensate(deps: CompensateDeps): Action<'compensate'> {
  return {
    async preview(params, { personId, signal }) {
      const contract = await newestContract(deps, params.contract);
      const name = serviceOf(contract);
      const service = deps.service(name);
      const version = versionOf(deps, contract, params.type, params.data);
      return withHistory(deps, contract, async ({ reader, decoder }) => {
        const state = await reader.describe();
        const original = await originalOf(deps, contract, { reader, decoder, state }, params, signal);
        const { originalEventId, originalValue, correctedValue, reason, ticket } = params;
        const known = await knownCorrections(deps.before, params, state.identity);
        refuseCorrectedBack(known, originalEventId);
        const { same, others, attemptIds } = known;
        const correction: Correction = {
          eventId: same?.correction.eventId ?? correctionId(deps.sha256, params, state.identity),
          type: params.type,
          version,
          key: original.key,
          occurredAt: same?.correction.occurredAt ?? deps.clock.now().toISOString(),
          data: params.data,
          corrects: {
            eventId: originalEventId,
            originalValue,
            correctedValue,
            reason,
            correctedBy: personId,
            ticket,
          },
        };
        const frozen: FrozenCorrection = {
          service: name,
          identity: state.identity,
          ends:
            same?.ends ??
            Object.fromEntries(
              state.partitions.map(({ partition, lastStable }) => [String(partition), String(lastStable)]),
            ),
          again: same !== undefined,
          before: [...attemptIds],
          correction,
        };
        return {
          sentence: `Has the ${service.name} publish a ${params.type} of ${original.key} that corrects ${original.type} ${originalEventId} (partition ${original.partition}, offset ${original.offset}), with the values that stand below. The old event stays as it is.${same === undefined ? '' : ' An earlier attempt may have published it: it has the same id, and is published only where the history does not hold it.'}${othersInWords(others)}`,
          shown: [shownEvent(correction), ...shownOthers(others)],
          frozen,
        };
      });
    },
    async perform(params, raw, context) {
      const { service: name, identity, ends, again, before, correction } = frozenCorrection.parse(raw);
      const contract = await newestContract(deps, params.contract);
      if (serviceOf(contract) !== name)
        throw overtaken(`Contract ${contract.id} names another service for corrections by now.`);
      if (correction.corrects.correctedBy !== context.personId)
        throw overtaken(
          'The event names who looked at it as its author, and somebody else asked for it: look at it again.',
        );
      if (versionOf(deps, contract, correction.type, correction.data) !== correction.version)
        throw overtaken(`${correction.type} has a newer version by now than ${correction.version}.`);
      const seen = [context.attemptId, ...before];
      await refuseCorrectedSince(deps.before, params, seen);
      const service = deps.service(name);
      return withHistory(deps, contract, async (history) => {
        if ((await history.reader.describe()).identity !== identity)
          throw overtaken(`The history of ${contract.id} is another one than was looked at.`);
        context.signal.throwIfAborted();
        const from = new Map(
          Object.entries(ends).map(([partition, end]) => [Number(partition), BigInt(end)]),
        );
        const waiting = { from, identity, correction, context };
        const standing = again ? (await lookFor(deps, contract, history, waiting)).hit : undefined;
        if (standing === undefined) {
          await outside(context, async () => {
            // Once more, now that whoever asks next sees this attempt: of two at the same moment none goes unseen.
            await refuseCorrectedSince(deps.before, params, seen, refuse);
            await service.publish(correction, context.signal);
          });
          context.say(`The ${service.name} has taken it as ${correction.eventId}.`);
        }
        const { partition, offset } = standing ?? (await delivered(deps, contract, history, waiting));
        return {
          sentence: `${correction.type} ${correction.eventId} stands in the history of ${contract.id}, at partition ${partition}, offset ${offset}${standing === undefined ? '' : ', from an earlier attempt: nothing was published'}.`,
          outputs: { eventId: correction.eventId, partition, offset: String(offset) },
          shown: [],
          links: [],
        };
      });
    },
  };
}

/** The event that is corrected: at its place where that is known, and else looked for, as long as a preview may take. */
async function originalOf(
  deps: CompensateDeps,
  contract: EngineContract,
  history: Pick<History, 'reader' | 'decoder'> & { readonly state: HistoryState },
  { originalEventId, partition, offset }: ActionParams<'compensate'>,
  signal: AbortSignal,
): Promise<Hit> {
  if ((partition === undefined) !== (offset === undefined))
    throw new RepriseError('input-invalid', 'partition and offset go together.', { where: 'with' });
  const at = partition === undefined || offset === undefined ? null : { partition, offset: BigInt(offset) };
  const wanted = { by: 'eventId', value: originalEventId } as const;
  const search = new Search(deps, contract, history.decoder, wanted, null);
  const reading = { signal, say: () => undefined, withinMs: searchMs, enough: 1, at };
  const finished = await readAll(deps, history, search, reading);
  const [original] = search.hits;
  if (original !== undefined) return original;
  if (at !== null)
    throw refuse(
      `Event ${originalEventId} does not stand at offset ${at.offset} of partition ${at.partition} of the history of ${contract.id}: look for it again.`,
      contract.id,
    );
  const total = counted(totalOf(history.state), 'offset');
  throw refuse(
    finished
      ? `There is no event ${originalEventId} in the history of ${contract.id}: all ${total} were read.`
      : `Event ${originalEventId} was not found in the ${grouped(search.read)} of ${total} that were read of the history of ${contract.id} before the time was up: say its partition and offset, as the step that searches the history gives them.`,
    contract.id,
  );
}

function serviceOf({ id, corrections }: EngineContract): string {
  if (corrections === null)
    throw refuse(
      `Contract ${id} names no place where corrections are published: it takes \`corrections\` (docs/contracts.md).`,
      id,
    );
  return corrections.service;
}

/** The newest version of a type, whose schema the data fits. */
function versionOf(
  { callBounded }: Pick<CompensateDeps, 'callBounded'>,
  contract: EngineContract,
  type: string,
  data: unknown,
): number {
  const newest = Object.hasOwn(contract.events, type) ? contract.events[type]?.versions.at(-1) : undefined;
  if (newest === undefined) {
    const known = Object.keys(contract.events).join(', ');
    throw refuse(`Contract ${contract.id} has no event type ${type}: it has ${known}.`, 'type');
  }
  const sealed = contract.erasure?.fields.find((field) => holds(data, field.split('.')));
  if (sealed !== undefined)
    throw refuse(
      `${sealed} is encrypted for each subject, and Reprise encrypts nothing: leave it out, or have the event published by the service’s own means.`,
      'data',
    );
  const problem = callBounded(`checking data of ${type} of ${contract.id}`, callMs, () => {
    const parsed = newest.schema.safeParse(data);
    const issue = parsed.success ? undefined : parsed.error.issues[0];
    if (parsed.success) return null;
    return `${issue?.path.map(String).join('.') || 'data'}: ${issue?.message ?? 'does not fit'}`;
  });
  if (problem !== null)
    throw refuse(`The data is no ${type} of version ${newest.version}: ${problem}.`, 'data');
  return newest.version;
}

function holds(data: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return data !== null && data !== undefined;
  if (typeof data !== 'object' || data === null || !Object.hasOwn(data, name)) return false;
  return holds((data as Readonly<Record<string, unknown>>)[name], rest);
}

function shownEvent({ corrects, data, ...event }: Correction): Preview['shown'][number] {
  return {
    kind: 'table',
    title: 'The event',
    values: true,
    columns: ['Field', 'Value'],
    rows: [
      ['Event', event.eventId],
      ['Type', `${event.type}, version ${event.version}`],
      ['Ordering key', event.key],
      ['Occurred', event.occurredAt],
      ['Data', JSON.stringify(data)],
      ['Corrects', corrects.eventId],
      ['Original value', corrects.originalValue],
      ['Corrected value', corrects.correctedValue],
      ['Reason', corrects.reason],
      ['Corrected by', corrects.correctedBy],
      ['Ticket', corrects.ticket],
    ],
  };
}

type History = Awaited<ReturnType<HistoryOpener['open']>>;
type Wait = {
  readonly from: ReadonlyMap<number, bigint>;
  readonly identity: string;
  readonly correction: Correction;
  readonly context: Pick<ActionContext, 'signal' | 'say'>;
};

/** Reads once what there is of the history by now. */
async function lookFor(
  deps: CompensateDeps,
  contract: EngineContract,
  { reader, decoder }: History,
  { correction, context, from }: Wait,
) {
  const state = await reader.describe();
  const search = new Search(deps, contract, decoder, { by: 'eventId', value: correction.eventId }, null);
  const reading = { ...context, withinMs: Number.POSITIVE_INFINITY, enough: 1, from };
  const finished = await readAll(deps, { reader, decoder, state }, search, reading);
  context.signal.throwIfAborted();
  return { state, finished, hit: search.hits[0] };
}

/** Reads on until the history delivers the event. */
async function delivered(deps: CompensateDeps, contract: EngineContract, history: History, wait: Wait) {
  const { correction, context } = wait;
  const late = (cause?: unknown) =>
    // No refusal: it was published, and may still arrive.
    new Error(
      `${correction.eventId} was taken, and the history had not delivered it when the time was up: look whether what carries the outbox runs.`,
      { cause },
    );
  let { from } = wait;
  for (let looks = 1; ; looks += 1) {
    const { state, finished, hit } = await lookFor(deps, contract, history, { ...wait, from }).catch(
      (error: unknown) => {
        throw context.signal.aborted ? late(error) : error;
      },
    );
    if (state.identity !== wait.identity) throw late();
    if (hit !== undefined) return hit;
    // Rows of an event table may become readable below where it was read to.
    if (finished && state.kind === 'kafka')
      from = new Map(state.partitions.map(({ partition, lastStable }) => [partition, BigInt(lastStable)]));
    await deps.clock.wait(lookEveryMs, context.signal).catch((error: unknown) => {
      throw late(error);
    });
    if (looks % sayEvery === 0) context.say(`The history has not delivered ${correction.eventId} yet.`);
  }
}
