import { z } from 'zod';
import type { EngineContract, PostgresState } from '../../../domain/contract/index.ts';
import { counted } from '../../../domain/shared/counted.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import type { AppliedPositionMover } from '../../ports/applied-position-mover.ts';
import type { ConsumerGroups } from '../../ports/consumer-groups.ts';
import type { Action, Shown } from '../../ports/runbook-actions.ts';
import type { PartitionEnds, TopicRecords } from '../../ports/topic-records.ts';
import { newestVersion, overtaken, refuse, type StoredContracts, stateOf } from './deps.ts';
import { outside } from './effect.ts';
import { membersInWords } from './words.ts';

export type SetGroupOffsetDeps = StoredContracts & {
  readonly groups: ConsumerGroups;
  readonly records: Pick<TopicRecords, 'ends' | 'count'>;
  readonly positions: AppliedPositionMover;
};

type Params = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly to: string;
  readonly from?: string | undefined;
  readonly contract?: string | undefined;
  readonly state?: string | undefined;
};
type Kept = {
  readonly contract: EngineContract;
  readonly version: number;
  readonly digest: string;
  readonly name: string;
  readonly state: PostgresState<unknown>;
};

/**
 * Commits another offset for a group that nobody is in. With a state that keeps its applied position itself, its row
 * goes first: it is set and stays locked while the offset is committed, and is committed last. So a broker that refuses
 * leaves both as they were, and what is left open is one moment: the offset committed, and the database not answering.
 */
export function setGroupOffset(deps: SetGroupOffsetDeps): Action<'set-group-offset'> {
  return {
    async preview(params, { signal }) {
      if (deps.groups.mayCommit !== null) throw refuse(deps.groups.mayCommit.problem, 'KAFKA_PROMOTER');
      const { group, topic, partition } = params;
      const kept = await keptBy(deps, params);
      const before = await committedOf(deps, params);
      const ends = await deps.records.ends(topic, partition);
      const to = resolved(params, ends);
      const row = kept === null ? null : await rowOf(deps, kept, partition);
      const from = params.from === undefined ? before : BigInt(params.from);
      // The group moved already, and the state did not: an attempt went before that the database did not answer.
      const isHalfDone = before === to && row !== null && row === from;
      if (before !== from && !isHalfDone)
        throw refuse(
          `Group ${group} stands at ${before ?? 'no offset'} in partition ${partition} of ${topic}, and not at ${from}.`,
          `${topic}/${partition}`,
        );
      const between = await betweenOf(deps, params, before, to, signal);
      const ofRow = kept === null || row === null ? null : await betweenOf(deps, params, row, to, signal);
      return {
        sentence: `Group ${group} would go on at offset ${to} of ${topic}, partition ${partition}, and not at ${before ?? 'where it begins without a commit'}${kept === null ? '' : `; so would ${kept.state.title}`}. ${inWords(before, to, between, 'The group')}`,
        shown: [
          moves(params, { before: before, after: to }, kept, { before: row, after: to }),
          ...(kept === null || ofRow === null || row === null
            ? []
            : [{ kind: 'text', text: inWords(row, to, ofRow, kept.state.title) } as const]),
        ],
        frozen: {
          topicId: ends.topicId,
          before: before?.toString() ?? null,
          to: to.toString(),
          row: row?.toString() ?? null,
          contract: kept === null ? null : { version: kept.version, digest: kept.digest },
        },
      };
    },
    async perform(params, frozen, context) {
      if (deps.groups.mayCommit !== null) throw refuse(deps.groups.mayCommit.problem, 'KAFKA_PROMOTER');
      const { group, topic, partition } = params;
      const { topicId, before, to, row, contract } = frozenOf(frozen);
      const kept = await keptBy(deps, params);
      if (kept !== null && kept.digest !== contract?.digest)
        throw overtaken(
          `Contract ${kept.contract.id} is at version ${kept.version} by now, and ${contract === null ? 'another one' : `version ${contract.version}`} was looked at.`,
          kept.contract.id,
        );
      const ends = await deps.records.ends(topic, partition);
      if (ends.topicId !== topicId)
        throw overtaken(`Topic ${topic} was deleted and made again: its offsets mean other records.`, topic);
      if (to < ends.logStart || to > ends.highWatermark)
        throw overtaken(
          `Offset ${to} of ${topic}, partition ${partition}, is not in the log any more, which goes from ${ends.logStart} to ${ends.highWatermark}.`,
          `${topic}/${partition}`,
        );
      const stands = await committedOf(deps, params);
      // `to`: this attempt was here before, and may have been ended before it could say so.
      if (stands !== before && stands !== to)
        throw overtaken(
          `Group ${group} stands at ${stands ?? 'no offset'} in partition ${partition} of ${topic}, and ${before ?? 'none'} was approved.`,
          `${topic}/${partition}`,
        );
      // With a state, its row is set by now, and not committed before this comes back.
      const commit = () =>
        outside(context, async () => {
          if (stands === to) return;
          const answer = await deps.groups.commit(group, topic, { partition, offset: to });
          if (answer === 'committed') return;
          throw refuse(
            `Somebody joined group ${group} meanwhile, and the broker refused the offset. Nothing was changed.`,
            group,
          );
        });
      if (kept === null || row === null) await commit();
      else await moveBoth(deps, kept, { partition, from: row, to }, commit, params, context.say);
      const after = await committedAfter(deps, params, to);
      const what =
        kept === null ? '' : ` ${kept.state.title} was moved from ${row ?? 'none'} to ${to} with it.`;
      return {
        sentence: `Group ${group} goes on at offset ${after} of ${topic}, partition ${partition}; it stood at ${before ?? 'none'}.${what} What its consumer keeps beside that, it keeps.`,
        outputs: { before: before?.toString() ?? 'none', after: after.toString() },
        shown: [moves(params, { before, after }, kept, { before: row, after: to })],
        links: [],
      };
    },
  };
}

async function keptBy(deps: SetGroupOffsetDeps, params: Params): Promise<Kept | null> {
  if (params.contract === undefined && params.state === undefined) return null;
  if (params.contract === undefined || params.state === undefined)
    throw new RepriseError('input-invalid', 'contract and state go together.', { where: 'with' });
  const { contract, version, digest } = await newestVersion(deps, params.contract);
  const state = stateOf(contract, params.state);
  const { history } = contract;
  if (history.kind !== 'kafka' || history.topic !== params.topic)
    throw refuse(`Contract ${contract.id} does not have topic ${params.topic} as its history.`, contract.id);
  if (state.consumerGroup !== null && state.consumerGroup !== params.group)
    throw refuse(
      `Derived state ${params.state} is kept by group ${state.consumerGroup}, and not by ${params.group}.`,
      contract.id,
    );
  if (state.kind !== 'postgres' || state.position?.kind !== 'per-partition')
    throw refuse(
      `Derived state ${params.state} keeps no applied position of its own by partition (perPartition), so there is none to move: leave contract and state out.`,
      contract.id,
    );
  return { contract, version, digest, name: params.state, state };
}

/** Refuses while anybody is in the group. */
async function committedOf(deps: SetGroupOffsetDeps, params: Params): Promise<bigint | null> {
  const { group, topic, partition } = params;
  const found = await deps.groups.read(group, topic);
  if (found.memberCount !== 0)
    throw refuse(
      `Group ${group} has ${membersInWords(found.members, found.memberCount)}. Stop them first: the broker takes an offset from others only for a group that nobody is in.`,
      group,
    );
  return found.partitions.find((each) => each.partition === partition)?.committed ?? null;
}

function resolved({ to, topic, partition }: Params, ends: PartitionEnds): bigint {
  const wanted = to === 'earliest' ? ends.logStart : to === 'latest' ? ends.lastStable : BigInt(to);
  if (wanted >= ends.logStart && wanted <= ends.highWatermark) return wanted;
  throw refuse(
    `Offset ${wanted} is not in ${topic}, partition ${partition}, whose log goes from ${ends.logStart} to ${ends.highWatermark}.`,
    `${topic}/${partition}`,
  );
}

async function rowOf(deps: SetGroupOffsetDeps, { state, name }: Kept, partition: number): Promise<bigint> {
  const row = await deps.positions.read(state, partition);
  if (row !== null) return row;
  throw refuse(
    `Derived state ${name} has no applied position for partition ${partition} yet: its projector makes it with the first event that it applies.`,
    name,
  );
}

async function betweenOf(
  { records }: SetGroupOffsetDeps,
  { topic, partition }: Params,
  before: bigint | null,
  to: bigint,
  signal: AbortSignal,
): Promise<number | null> {
  if (before === null || before === to) return before === null ? null : 0;
  const range = before < to ? { from: before, to } : { from: to, to: before };
  return records.count(topic, partition, range, signal);
}

function inWords(before: bigint | null, to: bigint, between: number | null, who: string): string {
  if (before === null) return `${who} has no commit yet.`;
  if (before === to) return `${who} stands there already.`;
  const offsets = before < to ? to - before : before - to;
  const events = between === null ? `at most ${counted(offsets, 'event')}` : counted(between, 'event');
  return before < to
    ? `${who} does not get what is between: ${events} will not be applied.`
    : `${who} gets what is between once more: ${events}.`;
}

function frozenOf(frozen: Readonly<Record<string, unknown>>) {
  const { topicId, before, to, row, contract } = frozen;
  const offset = (text: unknown) => (typeof text === 'string' ? BigInt(text) : null);
  const target = offset(to);
  if (target === null) throw new RepriseError('internal', 'What was approved names no offset.');
  const version = z.object({ version: z.number(), digest: z.string() }).safeParse(contract).data ?? null;
  return { topicId, before: offset(before), to: target, row: offset(row), contract: version };
}

async function moveBoth(
  deps: SetGroupOffsetDeps,
  { state }: Kept,
  place: { readonly partition: number; readonly from: bigint; readonly to: bigint },
  commit: () => Promise<void>,
  { group, topic }: Params,
  say: (line: string) => void,
): Promise<void> {
  const moved = await deps.positions.move(state, place, async () => {
    say(`The position of ${state.title} is set to ${place.to}, and not committed yet.`);
    await commit();
    say(`Group ${group} is committed at ${place.to}.`);
  });
  if (moved.kind === 'moved') return;
  if (moved.kind === 'overtaken')
    throw overtaken(
      `${state.title} stands at ${moved.at ?? 'no position'} in partition ${place.partition}, and ${place.from} was approved. Nothing was changed.`,
      state.table,
    );
  // No refusal: something was changed outside.
  throw new RepriseError(
    'derived-state-unavailable',
    `Group ${group} stands at ${place.to} of ${topic}, partition ${place.partition}, now. Whether the position of ${state.title} was moved from ${place.from} to ${place.to} too is not known (${moved.problem}). Asking for the same once more finishes it.`,
    { where: state.table },
  );
}

async function committedAfter(deps: SetGroupOffsetDeps, params: Params, to: bigint): Promise<bigint> {
  const found = await deps.groups.read(params.group, params.topic);
  const at = found.partitions.find(({ partition }) => partition === params.partition)?.committed ?? null;
  // Somebody may have started already, and moved on.
  return at ?? to;
}

function moves(
  { group, partition }: Params,
  ofGroup: { readonly before: bigint | null; readonly after: bigint },
  kept: Kept | null,
  ofState: { readonly before: bigint | null; readonly after: bigint },
): Shown {
  const text = (offset: bigint | null) => offset?.toString() ?? 'none';
  return {
    kind: 'table',
    title: `Partition ${partition}`,
    columns: ['Whose', 'Before', 'After'],
    rows: [
      [`Group ${group}`, text(ofGroup.before), text(ofGroup.after)],
      ...(kept === null
        ? []
        : [[`Position of ${kept.state.title}`, text(ofState.before), text(ofState.after)]]),
    ],
  };
}
