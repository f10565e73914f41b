import type { LiveRow } from '../../../../application/ports/derived-state.ts';
import type {
  Fenced,
  PromotionAttempt,
  PromotionTarget,
  Written,
} from '../../../../application/ports/promotion-target.ts';
import type { TopicState } from '../../../../domain/contract/index.ts';
import { RepriseError } from '../../../../domain/shared/errors.ts';
import type { Cluster } from '../../cluster.ts';
import type { KafkaLog, KafkaSettings } from '../../settings.ts';
import type { Questions } from '../questions.ts';
import { type TopicParts, withRows, withSnapshot } from '../snapshot.ts';
import { oneRow, refuseUncommitted } from '../topic-state-reader.ts';
import { fieldsOf, type TopicRow } from '../values.ts';
import { topicMigration } from './migration.ts';
import { refuseInBetween, refuseOpen, refuseSince } from './other-writers.ts';
import { headersOfNew, misplaced, recordsOf, wholeRows } from './outgoing.ts';
import { patternOf } from './pattern.ts';
import { type KeptRow, type Noted, promotionTopic, readNotes } from './promotion-log.ts';
import { callingBack, inTarget, unfit } from './target-errors.ts';
import { checkTopics, checkTransactionalId, type Limits } from './target-rights.ts';
import { recordBytes, type Taken, withTaken } from './writer.ts';

type State = TopicState<unknown>;

/** What promotes: a connection of the user who may write, and where rows and positions are read. */
export type TopicTargetParts = {
  readonly read: TopicParts;
  /** null: no setting lets Reprise write to a topic. */
  readonly promoter: {
    readonly settings: KafkaSettings;
    readonly cluster: Cluster;
    readonly questions: Pick<Questions, 'transaction'>;
  } | null;
  readonly log: KafkaLog;
};

type Promoter = NonNullable<TopicTargetParts['promoter']>;
type Ready = { readonly promoter: Promoter; readonly transactionalId: string };

/**
 * Promotes derived states in compacted topics. Kafka has no compare-and-set, and one thing that serves as one: whoever
 * takes a transactional id ends what its holder has open, and bars it (KIP-98). So everything that writes the rows does
 * it under the projector's own id: taken first, then read, decided, written and committed, a commit succeeds only where
 * nobody has taken the id in between, and before that nobody else can have written. The projector has to be stopped,
 * since it would be barred too; that its group has no members is asked before, and one that joins right after is barred
 * or bars this, so that either way one of the two writes nothing.
 */
export function createTopicTarget(parts: TopicTargetParts): PromotionTarget<State> {
  return {
    migration: topicMigration,
    check: (state, ways, undoing = false) =>
      inTarget(state, async () => {
        const { promoter, transactionalId } = ready(parts, state);
        await checkTopics(promoter.cluster, state);
        // What may not be asked is refused here, before anybody has approved anything.
        await checkTransactionalId(promoter.questions, parts.read.questions, state, transactionalId);
        await parts.read.questions.members(state.consumerGroup);
        if (!ways.has('insert')) return;
        const pattern = await withRows(parts.read, state, (rows) => patternOf(state, rows));
        if (pattern.place.kind !== 'murmur2') throw misplaced(state, pattern.place);
        if (!undoing) headersOfNew(state, pattern);
      }),
    refuseEarly: (state) => inTarget(state, () => refuseRunning(parts, state)),
    fence: (state, promotionId, token) => inTarget(state, () => fence(parts, state, promotionId, token)),
    promote: (state, attempt) => inTarget(state, () => promote(parts, state, attempt)),
  };
}

function ready({ promoter }: TopicTargetParts, state: State): Ready {
  if (promoter === null)
    throw unfit(
      state,
      'no setting lets Reprise write to a topic.',
      'Set KAFKA_PROMOTER, or KAFKA_PROMOTER_USERNAME and KAFKA_PROMOTER_PASSWORD (docs/settings.md).',
    );
  if (state.transactionalId === null)
    throw unfit(
      state,
      'the contract names no transactionalId of its projector, and without it nothing keeps the two from writing over each other.',
      'Have the projector write under one id, and name it.',
    );
  return { promoter, transactionalId: state.transactionalId };
}

async function fence(
  parts: TopicTargetParts,
  state: State,
  promotionId: string,
  token: bigint,
): Promise<Fenced> {
  const { promoter, transactionalId } = ready(parts, state);
  const notes = () => readNotes(promoter.cluster, parts.log, state, new Set([promotionId]));
  // What is over is told without taking the id from whoever goes on with it.
  const before = standing((await notes()).get(promotionId), token);
  if (before.kind !== 'held') return before;
  await refuseRunning(parts, state);
  const limits = await checkTopics(promoter.cluster, state);
  await checkTransactionalId(promoter.questions, parts.read.questions, state, transactionalId);
  return withTaken(promoter.settings, transactionalId, async (taken) => {
    const found = (await notes()).get(promotionId);
    const now = standing(found, token);
    if (now.kind !== 'held' || found?.token === token.toString()) return now;
    await note(taken, state, promotionId, limits, {
      token: token.toString(),
      appliedAt: null,
      outcome: null,
      deleted: {},
    });
    await taken.commit();
    return now;
  });
}

/** What stands of a promotion, for whoever comes with this token. */
function standing(found: Noted | undefined, token: bigint): Fenced {
  if (found === undefined) return { kind: 'held' };
  if (found.appliedAt !== null) return { kind: 'written', written: writtenOf(found, found.appliedAt) };
  return BigInt(found.token) > token ? { kind: 'stale' } : { kind: 'held' };
}

function writtenOf({ token, outcome }: Noted, appliedAt: string): Written {
  return { appliedAt, token, outcome };
}

/** It may be stopped by somebody who reads this: then the promotion goes on by itself. */
async function refuseRunning({ read }: TopicTargetParts, state: State): Promise<void> {
  const members = await read.questions.members(state.consumerGroup);
  if (members === 0) return;
  const counted = members === null ? 'members' : members === 1 ? '1 member' : `${members} members`;
  throw new RepriseError(
    'projector-running',
    `Derived state ${state.title} (topic ${state.topic}): its projector runs: group ${state.consumerGroup} has ${counted}. Stop it: the promotion goes on by itself then. Start it again once the promotion is done.`,
    { where: state.topic },
  );
}

async function promote(
  parts: TopicTargetParts,
  state: State,
  attempt: PromotionAttempt,
): ReturnType<PromotionTarget['promote']> {
  const { promoter, transactionalId } = ready(parts, state);
  const { promotionId, token, undoes } = attempt;
  const ids = new Set([promotionId, ...(undoes === null ? [] : [undoes])]);
  const notes = () => readNotes(promoter.cluster, parts.log, state, ids);
  // Until the id is taken, a token that was just committed may not be readable yet: only what is there tells something.
  const before = standing((await notes()).get(promotionId), token);
  if (before.kind === 'stale') return before;
  if (before.kind === 'written') return { ...before, heldMs: 0 };
  await refuseRunning(parts, state);
  const limits = await checkTopics(promoter.cluster, state);
  // What takes long for the first time is done before the id is taken.
  await withRows(parts.read, state, () => undefined);
  return withTaken(promoter.settings, transactionalId, async (taken) => {
    const since = performance.now();
    const found = await notes();
    const over = ended(found.get(promotionId), token);
    if (over !== null) return over;
    const undone = undoes === null ? null : (found.get(undoes)?.deleted ?? {});
    const written = await whileTaken(parts, { state, attempt, limits, taken, undone });
    return { kind: 'written', written, heldMs: Math.round(performance.now() - since) };
  });
}

/** Whether it is over, or is not this worker's to write any more. */
function ended(
  found: Noted | undefined,
  token: bigint,
): { kind: 'stale' } | { kind: 'written'; written: Written; heldMs: number } | null {
  if (found !== undefined && found.appliedAt !== null)
    return { kind: 'written', written: writtenOf(found, found.appliedAt), heldMs: 0 };
  return found?.token === token.toString() ? null : { kind: 'stale' };
}

type Writing = {
  readonly state: State;
  readonly attempt: PromotionAttempt;
  readonly limits: Limits;
  readonly taken: Taken;
  /** Rows that the promotion which is undone has deleted; null where none is undone. */
  readonly undone: Readonly<Record<string, KeptRow>> | null;
};

async function whileTaken(
  parts: TopicTargetParts,
  { state, attempt, limits, taken, undone }: Writing,
): Promise<Written> {
  const { next, ends, current, pattern } = await standingRows(parts, state, attempt.keys);
  const at = (step: Parameters<PromotionAttempt['at']>[0]) => callingBack(() => attempt.at(step));
  await at('locked');
  const fields = new Map<string, LiveRow['fields']>(
    [...current].map(([key, row]) => [key, fieldsOf(state, row)]),
  );
  // Nothing is kept waiting by the reading before: the projector is stopped.
  const bound = AbortSignal.timeout(attempt.holdMs);
  const decided = await callingBack(() => attempt.decide({ kind: 'per-partition', next }, fields, bound));
  await at('decided');
  const records = recordsOf(state, decided.writes, { current, undone, pattern });
  refuseTooLarge(state, records, limits);
  const noted: Noted & { readonly appliedAt: string } = {
    token: attempt.token.toString(),
    appliedAt: new Date().toISOString(),
    outcome: decided.outcome,
    deleted: wholeRows(decided.writes, current),
  };
  const landed = await taken.send(state.topic, records, batchBytes(limits.rows));
  const endsThen = refuseInBetween(state, ends, landed);
  await note(taken, state, attempt.promotionId, limits, noted);
  await at('written');
  await refuseSince(parts.read, state, endsThen);
  await taken.commit();
  return writtenOf(noted, noted.appliedAt);
}

/** Position and rows, once nothing moves them any more; and what they tell of a new row. */
async function standingRows({ read }: TopicTargetParts, state: State, keys: readonly string[]) {
  await refuseOpen(read, state);
  return withSnapshot(read, state, (snapshot) => {
    refuseUncommitted(state, snapshot);
    const current = new Map<string, TopicRow>();
    for (const key of keys) {
      const row = oneRow(state, snapshot.rows, key);
      if (row !== null) current.set(key, row);
    }
    const { next, ends, rows } = snapshot;
    return { next, ends, current, pattern: patternOf(state, rows) };
  });
}

function refuseTooLarge(state: State, records: ReturnType<typeof recordsOf>, limits: Limits): void {
  const large = records.find((record) => recordBytes(record) > limits.rows);
  if (large !== undefined)
    throw unfit(
      state,
      `the row of ${large.key} would be larger than max.message.bytes, ${limits.rows}.`,
      'Raise it, or promote the other keys.',
    );
}

async function note(
  taken: Taken,
  state: State,
  promotionId: string,
  limits: Limits,
  noted: Noted,
): Promise<void> {
  const value = JSON.stringify(noted);
  const record = { partition: 0, key: promotionId, value, headers: [] };
  if (recordBytes(record) > limits.notes)
    throw new RepriseError(
      'promotion-overtaken',
      `The rows before and after come to ${Buffer.byteLength(value)} bytes, and ${promotionTopic(state)} takes records of ${limits.notes} bytes at most. Promote fewer keys at once, or raise its max.message.bytes.`,
    );
  await taken.send(promotionTopic(state), [record], batchBytes(limits.notes));
}

/** Well below what the broker takes, since a batch has a head of its own. */
function batchBytes(limit: number): number {
  return Math.min(limit / 2, 256 << 10);
}
