import { Admin } from '@platformatic/kafka';
import type { ConsumerGroups, GroupMember } from '../../application/ports/consumer-groups.ts';
import { asUnavailable, code, hasCode, unavailable, unavailableUntilMended } from './failures.ts';
import { openLagProbe } from './lag-probe.ts';
import { clientOptions, type KafkaSettings } from './settings.ts';

/** The broker's answers to an outsider who commits for a group that somebody is in (KIP-211, GroupCoordinator). */
const membersThere: ReadonlySet<number> = new Set([
  22, // ILLEGAL_GENERATION
  25, // UNKNOWN_MEMBER_ID
  27, // REBALANCE_IN_PROGRESS
  113, // STALE_MEMBER_EPOCH
]);

/** `promoter` is who commits; null: nobody. */
export function openConsumerGroups(
  settings: KafkaSettings,
  promoter: KafkaSettings | null,
): ConsumerGroups & { close(): Promise<void> } {
  const admin = new Admin(clientOptions(settings));
  const probe = openLagProbe(settings);
  const writing = promoter === null ? null : new Admin({ ...clientOptions(promoter), retries: 0 });
  const at = settings.brokers.join(', ');

  const membersOf = async (group: string, topic: string): Promise<readonly GroupMember[]> => {
    try {
      const described = (await admin.describeGroups({ groups: [group] })).get(group);
      return [...(described?.members.values() ?? [])].map(({ id, clientId, clientHost, assignments }) => ({
        id,
        clientId,
        host: clientHost.replace(/^\//, ''),
        partitions:
          assignments === undefined
            ? null
            : [...(assignments.get(topic)?.partitions ?? [])].toSorted((a, b) => a - b),
      }));
    } catch (error) {
      if (hasCode(error, code.groupAuthorizationFailed) || hasCode(error, code.groupIdNotFound)) return [];
      throw asUnavailable(error, `Asking ${at} for the members of group ${group}`, group);
    }
  };

  return {
    read: async (group, topic) => {
      const [{ groups }, members] = await Promise.all([
        probe.read({ topic, groups: [{ group, unreadFromStart: () => false }], applied: [] }),
        membersOf(group, topic),
      ]);
      const found = groups.get(group);
      if (found === undefined || !found.ok)
        throw unavailableUntilMended(found?.problem ?? `Nothing was answered for group ${group}.`, group);
      return {
        at: found.at,
        state: found.group?.state ?? null,
        memberCount: found.group?.members ?? null,
        members,
        partitions: found.partitions,
      };
    },
    mayCommit:
      writing === null
        ? {
            problem:
              'No setting lets Reprise write to Kafka: set KAFKA_PROMOTER, or KAFKA_PROMOTER_USERNAME and KAFKA_PROMOTER_PASSWORD (docs/settings.md).',
          }
        : null,
    commit: async (group, topic, { partition, offset }) => {
      if (writing === null) throw unavailable('Nobody may commit.', group);
      try {
        await writing.alterConsumerGroupOffsets({
          groupId: group,
          topics: [{ name: topic, partitionOffsets: [{ partition, offset }] }],
        });
        return 'committed';
      } catch (error) {
        if ([...membersThere].some((each) => hasCode(error, each))) return 'has-members';
        if (hasCode(error, code.groupAuthorizationFailed))
          throw unavailableUntilMended(
            `Committing for group ${group} was refused: the Kafka user that promotes needs READ on the group, and on topic ${topic}.`,
            group,
            error,
          );
        throw asUnavailable(error, `Committing for group ${group} at ${at}`, group);
      }
    },
    close: async () => {
      await Promise.all([admin.close(), probe.close(), writing?.close()]);
    },
  };
}
