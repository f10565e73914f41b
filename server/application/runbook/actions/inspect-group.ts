import { measureLag, type PartitionLag, totalLag } from '../../../domain/lag/index.ts';
import { counted, grouped } from '../../../domain/shared/counted.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConsumerGroups, GroupFound, StandingStill } from '../../ports/consumer-groups.ts';
import type { Action, ActionResult, Outputs } from '../../ports/runbook-actions.ts';
import { duration, membersTable } from './words.ts';

export type InspectGroupDeps = {
  readonly groups: Pick<ConsumerGroups, 'read'>;
  readonly standingStill: StandingStill;
  readonly clock: Clock;
};

/**
 * An offset that was not seen to move for so long while records wait is said to stand still. One that moves with each
 * batch of a slow consumer is none of these, as long as its batches take less.
 */
const STANDS_MS = 15_000;

type Standing = { readonly partition: number; readonly committed: bigint; readonly forMs: number };

/** Where a group is, who is in it, and where it stands still. */
export function inspectGroup(deps: InspectGroupDeps): Action<'inspect-group'> {
  return {
    preview: async ({ group, topic }) => ({
      sentence: `Reads where group ${group} stands on topic ${topic}, and who is in it. Nothing is changed.`,
      shown: [],
      frozen: {},
    }),
    async perform({ group, topic }, _frozen, { signal, say }) {
      const before = await deps.groups.read(group, topic);
      const known = await deps.standingStill.of(group, topic);
      const waiting = lagsOf(before).filter(waits);
      const unsampled = waiting.some(
        ({ partition, committed }) =>
          !known.some((each) => each.partition === partition && each.committed === committed),
      );
      let found = before;
      if (waiting.length > 0 && unsampled) {
        say(`Looks again in ${STANDS_MS / 1_000} s: no sample says since when it has stood where it is.`);
        await deps.clock.wait(STANDS_MS, signal);
        found = await deps.groups.read(group, topic);
      }
      return tell(group, topic, found, standingOf(found, before, known, deps.clock.now()));
    },
  };
}

const lagsOf = (found: GroupFound): readonly PartitionLag[] =>
  found.partitions.map((each) => measureLag(found.at.getTime(), each));

const waits = ({ records, committed }: PartitionLag) =>
  records !== null && records > 0n && committed !== null;

/** Those that stand still, the longest first. */
function standingOf(
  found: GroupFound,
  before: GroupFound,
  known: Awaited<ReturnType<StandingStill['of']>>,
  now: Date,
): readonly Standing[] {
  const standing = lagsOf(found)
    .filter(waits)
    .flatMap(({ partition, committed }): Standing[] => {
      if (committed === null) return [];
      const sampled = known.find((each) => each.partition === partition && each.committed === committed);
      if (sampled !== undefined)
        return [{ partition, committed, forMs: now.getTime() - sampled.since.getTime() }];
      const earlier = before.partitions.find((each) => each.partition === partition);
      if (earlier?.committed !== committed) return [];
      return [{ partition, committed, forMs: found.at.getTime() - before.at.getTime() }];
    })
    .filter(({ forMs }) => forMs >= STANDS_MS);
  return standing.toSorted((a, b) => b.forMs - a.forMs || a.partition - b.partition);
}

function tell(group: string, topic: string, found: GroupFound, standing: readonly Standing[]): ActionResult {
  const lags = lagsOf(found);
  const { records, ageMs, unknown } = totalLag(lags);
  const [stuck] = standing;
  const outputs: Outputs = {
    ...(found.state === null ? {} : { state: found.state }),
    ...(found.memberCount === null ? {} : { members: found.memberCount }),
    ...(records === null ? {} : { lag: records.toString() }),
    ...(ageMs === null ? {} : { lagMs: ageMs }),
    stuck: stuck !== undefined,
    ...(stuck === undefined
      ? {}
      : { stuckPartition: stuck.partition, stuckOffset: stuck.committed.toString() }),
  };
  const members =
    found.memberCount === null ? 'members that are not told' : counted(found.memberCount, 'member');
  const behind =
    records === null
      ? 'how far it is behind is not known'
      : `it is ${counted(records, 'record')} behind${ageMs === null || records === 0n ? '' : `, the oldest of them ${duration(ageMs)} old`}`;
  const stands =
    stuck === undefined
      ? lags.some(waits)
        ? `No partition is known to stand still: one counts so that has not moved for ${duration(STANDS_MS)}. Look again in some seconds.`
        : 'No partition stands still.'
      : `Partition ${stuck.partition} stands at offset ${stuck.committed} for ${duration(stuck.forMs)}${standing.length > 1 ? `, and ${counted(standing.length - 1, 'other')} too` : ''}.`;
  const left = unknown === 0 ? '' : ` Of ${counted(unknown, 'partition')} that is not known.`;
  return {
    sentence: `Group ${group} is ${found.state ?? 'in a state that is not told'} with ${members}; ${behind} on ${topic}.${left} ${stands}`,
    outputs,
    shown: [
      {
        kind: 'table',
        title: `Group ${group} on ${topic}`,
        columns: ['Partition', 'Committed', 'End', 'Behind', 'Next record waits', 'Stands still'],
        rows: lags.map(({ partition, committed, end, records: of, ageMs: age }) => {
          const still = standing.find((each) => each.partition === partition);
          return [
            String(partition),
            committed === null ? 'none' : String(committed),
            end === null ? 'not known' : String(end),
            of === null ? 'not known' : grouped(of),
            age === null ? 'not known' : of === 0n ? '' : duration(age),
            still === undefined ? '' : `for ${duration(still.forMs)}`,
          ];
        }),
      },
      membersTable(found.members),
    ],
    links: [],
  };
}
