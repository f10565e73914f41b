/** An audit of deliveries over a topic of its own, turn by turn, with what it counts and raises written down. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Message, Producer } from 'kafkajs';
import { auditContract, auditOf } from '../../server/application/deliveries/audit-contract.ts';
import type { AuditDeliveriesDeps } from '../../server/application/deliveries/deps.ts';
import type { Reading } from '../../server/application/ports/budget-meter.ts';
import type { Signal } from '../../server/application/ports/incident-signals.ts';
import { loadBundle } from '../../server/application/replay/open-contract.ts';
import { auditsOf } from '../../server/composition/audits.ts';
import { compose } from '../../server/composition/compose.ts';
import { readSettings } from '../../server/env.ts';
import { type ReplayWorld, type Tally, toMessage } from './replay-world.ts';

const holder = 'one worker';

export type Delivered = Tally & { readonly at?: Date };

export type AuditedTopic = Awaited<ReturnType<typeof openAuditedTopic>>;

/** The audit of a contract that is registered. */
export async function openAudit(world: ReplayWorld, contractId: string) {
  const composed = compose(readSettings(world.env, resolve('.')), `audit of ${contractId}`, 4);
  const readings: Reading[] = [];
  const raised: Signal[] = [];
  const cleared: string[] = [];
  const takenBack: string[] = [];
  let now = () => new Date();
  let signs = 0;
  const deps: AuditDeliveriesDeps = {
    ...auditsOf(composed).deps,
    clock: { now: () => now(), wait: () => Promise.resolve() },
    meter: {
      count: async (_, counted) => void readings.push(...counted),
      takeBack: async (_, { cause }) => void takenBack.push(cause),
    },
    signals: {
      raise: async (_, signal) => {
        raised.push(signal);
        return { incidentId: randomUUID(), isNew: true };
      },
      clear: async (_, { cause }) => void cleared.push(cause),
    },
  };
  const contract = async () => {
    const stored = await deps.contracts.latest(contractId);
    if (stored === null) throw new Error(`no contract ${contractId}`);
    return loadBundle(deps.loader, { digest: stored.digest, bytes: stored.bundle, file: contractId });
  };
  const turn = async (more: Partial<AuditDeliveriesDeps> = {}, by = holder) => {
    const audited = auditOf(await contract());
    if (audited === null) throw new Error(`${contractId} wants no audit`);
    return auditContract({ ...deps, ...more }, audited, by, new AbortController().signal, () => {
      signs += 1;
    });
  };
  return {
    contractId,
    deps,
    readings,
    raised,
    cleared,
    takenBack,
    turn,
    /** How often its turns have said that they get on. */
    signs: () => signs,
    /** Turns until there is nothing more to read. */
    async audit(more: Partial<AuditDeliveriesDeps> = {}): Promise<void> {
      while (await turn(more));
    },
    /** The clock of what audits stands at this from now on. */
    at: (date: Date) => {
      now = () => date;
    },
    async counts(): Promise<Record<string, number>> {
      const { rows } = await world.pool.query<Record<string, string>>(
        `SELECT sum(events) AS events, sum(redelivered) AS redelivered, sum(conflicting) AS conflicting,
           sum(undecodable) AS undecodable, sum(without_id) AS without_id, sum(missing) AS missing, sum(sent) AS sent,
           sum(lost) AS lost, sum(late) AS late, sum(unsent) AS unsent, sum(untold) AS untold
         FROM delivery_count WHERE contract_id = $1`,
        [contractId],
      );
      return Object.fromEntries(
        Object.entries(rows[0] ?? {}).flatMap(([name, count]) =>
          Number(count) === 0 ? [] : [[name, Number(count)]],
        ),
      );
    },
    async findings(): Promise<readonly Record<string, unknown>[]> {
      const { rows } = await world.pool.query(
        `SELECT kind, event_id AS "eventId", partition, "offset"::int, "to"::int, first_partition AS "firstPartition",
           first_offset::int AS "firstOffset", position::int, arrived_at AS "arrivedAt", detail
         FROM delivery_finding WHERE contract_id = $1 ORDER BY id`,
        [contractId],
      );
      return rows;
    },
    close: () => composed.close(),
  };
}

export async function openAuditedTopic(
  world: ReplayWorld,
  options: {
    readonly partitions: number;
    /** What stands in the contract besides, such as its budgets. */
    readonly contract?: string;
  },
) {
  const contractId = `tally-${randomUUID().slice(0, 8)}`;
  const topic = await world.topic(options.partitions);
  await world.contract('tally', topic, (source) =>
    source
      .replace("id: 'tally'", `id: '${contractId}'`)
      .replace("authors: ['rosa'],", `authors: ['rosa'], ${options.contract ?? ''}`),
  );
  const audit = await openAudit(world, contractId);
  const producer: Producer = world.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return {
    ...audit,
    topic,
    async deliver(...events: readonly Delivered[]): Promise<void> {
      const messages = events.map(
        (event): Message => ({
          ...toMessage(event),
          ...(event.at === undefined ? {} : { timestamp: String(event.at.getTime()) }),
        }),
      );
      for (let at = 0; at < messages.length; at += 500)
        await producer.send({ topic, messages: messages.slice(at, at + 500) });
    },
    close: async () => {
      await producer.disconnect();
      await audit.close();
    },
  };
}
