/** Applies records of one partition: state, applied position and seen ids change in one transaction. */
import type { KafkaMessage } from 'kafkajs';
import type pg from 'pg';
import { dropSeen, isHalting, isStalled, isUpgraded, lockPosition, moveTo } from './applied.ts';
import {
  applyTo,
  checkReadable,
  type Profile,
  type ReadEvent,
  type Row,
  Unusable,
  upgraded,
} from './profiles.ts';
import { readMessage } from './read-message.ts';

export type Parked = { readonly message: KafkaMessage; readonly reason: Unusable };

export type BatchOutcome =
  | { readonly outcome: 'stalled' }
  | {
      readonly outcome: 'applied';
      readonly applied: number;
      readonly skipped: number;
      readonly parked: number;
      /** The last offset that was dealt with, where that is not the batch's last. */
      readonly upTo?: string;
    }
  | { readonly outcome: 'halted'; readonly offset: string; readonly why: string };

type Delivered = { readonly message: KafkaMessage; readonly event: ReadEvent };

/**
 * @param options.checksIds false for a release without an idempotency check: what comes twice is applied twice
 * @param options.position under which name its position is kept, where that is not its own: of another topic
 * @param options.park writes dead letters; called before the commit, so that none is lost (one may be there twice)
 */
export async function applyBatch(
  client: pg.ClientBase,
  released: Profile,
  batch: { partition: number; messages: readonly KafkaMessage[] },
  options: { checksIds: boolean; position?: string; park: (parked: readonly Parked[]) => Promise<void> },
): Promise<BatchOutcome> {
  if (await isStalled(client, released.name)) return { outcome: 'stalled' };
  const profile = (await isUpgraded(client, released.name)) ? upgraded(released) : released;
  const position = options.position ?? profile.name;
  const next = await lockPosition(client, position, batch.partition);
  const unread = batch.messages.filter((message) => BigInt(message.offset) >= next);
  const poison = (await isHalting(client, profile.name))
    ? sortOut(profile, unread).parked.find(isPoison)
    : undefined;
  const fresh = poison === undefined ? unread : unread.slice(0, unread.indexOf(poison.message));
  const last = fresh.at(-1);
  if (poison !== undefined && last === undefined)
    return { outcome: 'halted', offset: poison.message.offset, why: poison.reason.message };
  if (last === undefined) return { outcome: 'applied', applied: 0, skipped: 0, parked: 0 };

  const { readable, parked } = sortOut(profile, fresh);
  const wanted = options.checksIds ? await dropSeen(client, profile.name, readable) : readable;
  const unusable = await applyAll(client, profile, wanted);
  const dead = [...parked, ...unusable];
  if (dead.length > 0) await options.park(dead);
  await moveTo(client, position, batch.partition, last.offset);
  return {
    outcome: 'applied',
    applied: wanted.length - unusable.length,
    skipped: readable.length - wanted.length,
    parked: dead.length,
    ...(poison === undefined ? {} : { upTo: last.offset }),
  };
}

/** What no release can read; a version that is too new is another matter. */
const isPoison = ({ reason }: Parked) => reason.cause === 'undecodable';

function sortOut(
  profile: Profile,
  messages: readonly KafkaMessage[],
): { readable: Delivered[]; parked: Parked[] } {
  const readable: Delivered[] = [];
  const parked: Parked[] = [];
  for (const message of messages) {
    try {
      const event = readMessage(message);
      checkReadable(profile, event);
      readable.push({ message, event });
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      parked.push({ message, reason: error });
    }
  }
  return { readable, parked };
}

async function applyAll(
  client: pg.ClientBase,
  profile: Profile,
  delivered: readonly Delivered[],
): Promise<Parked[]> {
  const rows = await lockRows(client, profile, [...new Set(delivered.map(({ event }) => event.sku))]);
  const changed = new Map<string, Row>();
  const unusable: Parked[] = [];
  for (const { message, event } of delivered) {
    try {
      const before = changed.get(event.sku) ?? rows.get(event.sku) ?? { quantity: 0, reserved: 0 };
      changed.set(event.sku, applyTo(before, event));
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      unusable.push({ message, reason: error });
    }
  }
  await writeRows(client, profile, changed);
  return unusable;
}

async function lockRows(
  client: pg.ClientBase,
  profile: Profile,
  skus: readonly string[],
): Promise<Map<string, Row>> {
  const { rows } = await client.query<{ sku: string; quantity: number; reserved?: number }>(
    `select sku, ${profile.columns.join(', ')} from ${profile.table} where sku = any($1) order by sku for update`,
    [skus],
  );
  return new Map(rows.map((row) => [row.sku, { quantity: row.quantity, reserved: row.reserved ?? 0 }]));
}

async function writeRows(
  client: pg.ClientBase,
  profile: Profile,
  changed: ReadonlyMap<string, Row>,
): Promise<void> {
  if (changed.size === 0) return;
  const { table, columns } = profile;
  const values = columns.map((_, i) => `$${i + 2}::integer[]`).join(', ');
  await client.query(
    `insert into ${table} (sku, ${columns.join(', ')})
     select * from unnest($1::text[], ${values})
     on conflict (sku) do update set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [[...changed.keys()], ...columns.map((name) => [...changed.values()].map((row) => row[name]))],
  );
}
