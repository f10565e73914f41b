import { z } from 'zod';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { LetterReads, LetterTopics } from '../../ports/dead-letters.ts';
import type { ChosenLetter, RedriveStore } from '../../ports/redrives.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { type ReadingDeps, readerOf, recordOf } from '../open-letter.ts';
import { loadStored } from '../watched-topics.ts';

export type FreezeDeps = ReadingDeps & {
  readonly unitOfWork: UnitOfWork;
  readonly reads: LetterReads;
  readonly redrives: RedriveStore;
  readonly topics: LetterTopics | null;
  readonly sha256: Sha256;
};

export type Wanted = {
  readonly contractId: string;
  readonly state: string;
  /** A group; left out: all that stand there. */
  readonly groupId?: string | undefined;
  /** Letters by place, instead of a group. */
  readonly letters?: readonly { readonly partition: number; readonly offset: string }[] | undefined;
  readonly perSecond: number;
  readonly atMost: number;
};

/** What is approved and sent, and nothing else. */
export const frozenSchema = z.strictObject({
  contract: z.string(),
  state: z.string(),
  topic: z.string(),
  identity: z.string(),
  target: z.string(),
  perSecond: z.number().int().min(1),
  /** `partition/offset`, in the order in which they are sent. */
  letters: z.array(z.string().regex(/^\d{1,10}\/\d{1,19}$/)).min(1),
  /** Of one letter whose value is another: the new event, and SHA-256 of salt, ticket and value, each on a line. */
  edit: z
    .strictObject({
      eventId: z.string(),
      idHeaders: z.array(z.string()),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
    })
    .optional(),
});
export type Frozen = z.output<typeof frozenSchema>;

export type RedrivePreview = {
  readonly frozen: Frozen;
  readonly hash: string;
  readonly chosen: readonly ChosenLetter[];
  /** More stand there than were asked for. */
  readonly isCut: boolean;
  /** Whether they go into the history itself, where each stands once more. */
  readonly intoHistory: boolean;
  /** Of those that were looked at: which the contract itself refuses, with its words; and how many were looked at. */
  readonly looked: number;
  readonly refused: readonly { readonly place: string; readonly sentence: string }[];
  /** Letters that another redrive has reprocessed, or still holds. */
  readonly taken: number;
};

const LOOKED_AT = 100;
const PAGE = 500;

/** Chooses letters as of now. Nothing is changed. Throws RepriseError redrive-conflict where there is nothing to send, or nowhere. */
export async function freezeRedrive(deps: FreezeDeps, wanted: Wanted): Promise<RedrivePreview> {
  const stored = await deps.contracts.latest(wanted.contractId);
  if (stored === null)
    throw new RepriseError('contract-not-found', `There is no contract ${wanted.contractId}.`);
  const contract = await loadStored(deps, stored);
  const state = contract.derivedStates[wanted.state];
  const parked = state?.deadLetters ?? null;
  if (parked === null)
    throw new RepriseError(
      'redrive-conflict',
      `${wanted.state} of ${wanted.contractId} names no topic of dead letters.`,
      { where: wanted.state },
    );
  const { history } = contract;
  const target = parked.redriveTo ?? (history.kind === 'kafka' ? history.topic : null);
  if (target === null)
    throw new RepriseError(
      'redrive-conflict',
      `The history of ${wanted.contractId} is no topic, so its contract has to say where dead letters are sent: deadLetters.redriveTo.`,
      { where: wanted.state },
    );
  if (deps.topics === null)
    throw new RepriseError('history-unavailable', 'No broker is configured: set KAFKA_BROKERS.');
  const { identity } = await deps.topics.describe(parked.topic);
  const found = await choose(deps, parked.topic, identity, wanted);
  const chosen = found.slice(0, wanted.atMost);
  if (chosen.length === 0)
    throw new RepriseError('redrive-conflict', `No dead letter of this choice stands in ${parked.topic}.`, {
      where: parked.topic,
    });
  const frozen: Frozen = {
    contract: wanted.contractId,
    state: wanted.state,
    topic: parked.topic,
    identity,
    target,
    perSecond: wanted.perSecond,
    letters: chosen.map(({ partition, offset }) => `${partition}/${offset}`),
  };
  const read = await readerOf(deps, contract, stored.version);
  const refused: { place: string; sentence: string }[] = [];
  const looked = chosen.slice(0, LOOKED_AT);
  for (const letter of looked) {
    const { record } = await recordOf(deps.topics, { topic: parked.topic, identity, gone: false, ...letter });
    const reading = record === null ? null : await read(record);
    if (reading !== null && reading.outcome !== 'fails') continue;
    const sentence = reading?.sentence ?? 'It is in its topic no more.';
    refused.push({ place: `${letter.partition}/${letter.offset}`, sentence });
  }
  return {
    frozen,
    hash: deps.sha256(canonicalJson(frozen)),
    chosen,
    isCut: found.length > chosen.length,
    intoHistory: history.kind === 'kafka' && target === history.topic,
    looked: looked.length,
    refused,
    taken: await deps.unitOfWork.run((tx) => deps.redrives.taken(tx, parked.topic, identity, chosen)),
  };
}

/** The oldest first; one more than are wanted, so that it can be said that there are. */
async function choose(
  deps: FreezeDeps,
  topic: string,
  identity: string,
  { groupId, letters, atMost }: Wanted,
): Promise<readonly ChosenLetter[]> {
  return deps.unitOfWork.run(async (tx) => {
    if (letters !== undefined) {
      const found: ChosenLetter[] = [];
      for (const { partition, offset } of letters) {
        const row = await deps.reads.find(tx, { topic, partition, offset });
        if (row === null || row.gone || row.identity !== identity)
          throw new RepriseError(
            'dead-letter-not-found',
            `No dead letter stands at ${topic}/${partition}/${offset} any more.`,
            { where: topic },
          );
        found.push({ partition, offset, eventId: row.eventId });
      }
      return found;
    }
    const found: ChosenLetter[] = [];
    let after: ChosenLetter | null = null;
    while (found.length <= atMost) {
      const rows = await deps.reads.standing(
        tx,
        { topic, identity, groupId },
        after,
        Math.min(PAGE, atMost + 1 - found.length),
      );
      found.push(...rows);
      after = rows.at(-1) ?? null;
      if (rows.length < PAGE) break;
    }
    return found;
  });
}
