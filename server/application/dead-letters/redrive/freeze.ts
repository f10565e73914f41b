import { z } from 'zod';
import type { EngineContract } from '../../../domain/contract/index.ts';
import { canonicalJson } from '../../../domain/shared/canonical-json.ts';
import type { Sha256 } from '../../../domain/shared/digests.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { LetterReads, LetterTopics } from '../../ports/dead-letters.ts';
import type { ChosenLetter, RedriveStore } from '../../ports/redrives.ts';
import type { UnitOfWork } from '../../ports/unit-of-work.ts';
import { type ReadingDeps, readerOf, recordOf } from '../open-letter.ts';
import { loadStored } from '../watched-topics.ts';
import {
  type Choice,
  choose,
  type LeftOut,
  leftOutWords,
  refuseElsewhere,
  type StoodLetter,
} from './choose.ts';

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
  readonly letters?: readonly StoodLetter[] | undefined;
  readonly perSecond: number;
  readonly atMost: number;
};

/** What is approved and sent, and nothing else. */
export const frozenSchema = z.strictObject({
  contract: z.string(),
  /** Of the contract, by which letters are placed and their outcome is told; older plans have none. */
  version: z.number().int().min(1).optional(),
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
  /** Of the group, those that it does not send. */
  readonly leftOut: LeftOut;
  /** Whether they go into the history itself, where each stands once more. */
  readonly intoHistory: boolean;
  /** Of those that were looked at: which the contract itself refuses, with its words; and how many were looked at. */
  readonly looked: number;
  readonly refused: readonly { readonly place: string; readonly sentence: string }[];
  /** Of letters that were named by place: those of which another redrive has reprocessed the event, or still holds one. */
  readonly taken: number;
};

const LOOKED_AT = 100;

/** Chooses letters as of now. Nothing is changed. Throws RepriseError redrive-conflict where there is nothing to send, or nowhere. */
export async function freezeRedrive(deps: FreezeDeps, wanted: Wanted): Promise<RedrivePreview> {
  const stored = await deps.contracts.latest(wanted.contractId);
  if (stored === null)
    throw new RepriseError('contract-not-found', `There is no contract ${wanted.contractId}.`);
  const contract = await loadStored(deps, stored);
  const { topic, target } = pathOf(contract, wanted);
  refuseElsewhere(topic, wanted);
  if (deps.topics === null)
    throw new RepriseError('history-unavailable', 'No broker is configured: set KAFKA_BROKERS.');
  const { identity } = await deps.topics.describe(topic);
  const choice = await choose(deps, topic, identity, wanted);
  const { chosen } = choice;
  if (chosen.length === 0) throw nothingLeft(topic, choice);
  const frozen: Frozen = {
    contract: wanted.contractId,
    version: stored.version,
    state: wanted.state,
    topic,
    identity,
    target,
    perSecond: wanted.perSecond,
    letters: chosen.map(({ partition, offset }) => `${partition}/${offset}`),
  };
  const read = await readerOf(deps, contract, stored.version);
  const refused: { place: string; sentence: string }[] = [];
  const looked = chosen.slice(0, LOOKED_AT);
  for (const letter of looked) {
    const { record } = await recordOf(deps.topics, { topic, identity, gone: false, ...letter });
    const reading = record === null ? null : await read(record);
    if (reading !== null && reading.outcome !== 'fails') continue;
    const sentence = reading?.sentence ?? 'It is in its topic no more.';
    refused.push({ place: `${letter.partition}/${letter.offset}`, sentence });
  }
  const { history } = contract;
  return {
    frozen,
    hash: deps.sha256(canonicalJson(frozen)),
    chosen,
    isCut: choice.isCut,
    leftOut: choice.leftOut,
    intoHistory: history.kind === 'kafka' && target === history.topic,
    looked: looked.length,
    refused,
    taken:
      wanted.letters === undefined
        ? 0
        : await deps.unitOfWork.run((tx) => deps.redrives.taken(tx, { ...wanted, topic, identity }, chosen)),
  };
}

/** Where a state's letters stand, and where they are sent. */
function pathOf(
  { derivedStates, history }: Pick<EngineContract, 'derivedStates' | 'history'>,
  { contractId, state }: Pick<Wanted, 'contractId' | 'state'>,
): { readonly topic: string; readonly target: string } {
  const parked = derivedStates[state]?.deadLetters ?? null;
  if (parked === null)
    throw new RepriseError('redrive-conflict', `${state} of ${contractId} names no topic of dead letters.`, {
      where: state,
    });
  const target = parked.redriveTo ?? (history.kind === 'kafka' ? history.topic : null);
  if (target === null)
    throw new RepriseError(
      'redrive-conflict',
      `The history of ${contractId} is no topic, so its contract has to say where dead letters are sent: deadLetters.redriveTo.`,
      { where: state },
    );
  return { topic: parked.topic, target };
}

function nothingLeft(topic: string, { leftOut }: Choice): RepriseError {
  const words = leftOutWords(leftOut);
  return new RepriseError(
    'redrive-conflict',
    words === null
      ? `No dead letter of this choice stands in ${topic}.`
      : `Nothing of this choice is left to send in ${topic}. ${words}`,
    { where: topic },
  );
}
