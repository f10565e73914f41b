import type {
  Checkpoint,
  CommitOutcome,
  FoldStore,
  PartitionWork,
  ReplayControl,
  ReplayIntent,
  ShadowRow,
} from '../../application/ports/replay-store.ts';
import type { Transaction } from '../../application/ports/unit-of-work.ts';
import type { Counters, FindingKind, FoundRange, ReplayStatus } from '../../domain/replay/index.ts';
import { cursorRows } from './cursor-rows.ts';
import { insertFindings } from './findings.ts';
import { writeShadow } from './shadow-rows.ts';

/** A worker that has not been seen for this long is taken to be gone. */
export const workerGoneMs = 10_000;

/** Threads of living workers that hold no partition now, over the whole fleet. */
export const idleThreadsSql = `
  SELECT greatest(
    coalesce((SELECT sum(threads) FROM worker WHERE seen_at > clock_timestamp() - interval '${workerGoneMs} ms'), 0)
    - (SELECT count(DISTINCT lease_owner) FROM replay_partition
       WHERE status = 'folding' AND lease_until > clock_timestamp()), 0)::int`;

async function isApproved(tx: Transaction, replayId: string): Promise<boolean> {
  const [row] = await tx.query<{ approved: boolean }>(
    'SELECT reprise_is_approved(id, plan, plan_hash) AS approved FROM replay WHERE id = $1',
    [replayId],
  );
  return row?.approved === true;
}

type ClaimedRow = {
  partition: number;
  from: string;
  to: string;
  cursor: string;
  counters: Counters;
  block_digests: Uint8Array;
  checkpoints: number;
  fencing_token: string;
};

async function claim(
  tx: Transaction,
  replayId: string,
  owner: string,
  leaseMs: number,
): Promise<readonly PartitionWork[]> {
  // The row's lock makes claims follow each other, so that each sees what the others have left: a fair share.
  const [replay] = await tx.query<{ status: string }>(
    `SELECT status FROM replay WHERE id = $1 AND intent = 'run' AND status IN ('folding', 'queued') FOR UPDATE`,
    [replayId],
  );
  if (replay === undefined) return [];
  // A statement of its own, which sees what stood when the lock was got: somebody who loses the right holds that lock.
  if (replay.status === 'queued' && !(await isApproved(tx, replayId))) return [];
  // An owner that claims holds nothing alive: what is still leased to it was a thread's that it has taken the place of.
  const rows = await tx.query<ClaimedRow>(
    `WITH unclaimed AS (
       SELECT partition, coalesce(lease_owner = $2, false) AS own FROM replay_partition
       WHERE replay_id = $1 AND status <> 'folded'
         AND (lease_until IS NULL OR lease_until <= clock_timestamp() OR lease_owner = $2)
     ), share AS (
       SELECT greatest(ceil(count(*) / greatest((${idleThreadsSql}), 1)::float8),
                       count(*) FILTER (WHERE own))::int AS size FROM unclaimed
     ), taken AS (
       SELECT p.partition FROM replay_partition p JOIN unclaimed u USING (partition)
       WHERE p.replay_id = $1
       ORDER BY u.own DESC, p."to" - p.cursor DESC, p.partition
       LIMIT (SELECT size FROM share)
       FOR UPDATE OF p
     )
     UPDATE replay_partition p
     SET status = 'folding', lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 ms',
       fencing_token = p.fencing_token + 1, updated_at = clock_timestamp(),
       taken_over = p.taken_over + CASE WHEN p.lease_owner IS NULL THEN 0 ELSE 1 END
     FROM taken WHERE p.replay_id = $1 AND p.partition = taken.partition
     RETURNING p.partition, p."from"::text, p."to"::text, p.cursor::text, p.counters, p.block_digests,
       p.checkpoints, p.fencing_token::text`,
    [replayId, owner, leaseMs],
  );
  if (replay.status === 'queued' && rows.length > 0) {
    await tx.query(
      `UPDATE replay SET status = 'folding', started_at = coalesce(started_at, clock_timestamp()),
         updated_at = clock_timestamp() WHERE id = $1`,
      [replayId],
    );
  }
  return rows.map((row) => ({
    replayId,
    partition: row.partition,
    from: BigInt(row.from),
    to: BigInt(row.to),
    cursor: BigInt(row.cursor),
    counters: row.counters,
    blockDigests: row.block_digests,
    checkpoints: row.checkpoints,
    lease: { owner, token: BigInt(row.fencing_token) },
  }));
}

async function renew(
  tx: Transaction,
  works: readonly PartitionWork[],
  leaseMs: number,
): Promise<readonly number[]> {
  const [first] = works;
  if (first === undefined) return [];
  const rows = await tx.query<{ partition: number }>(
    `UPDATE replay_partition p SET lease_until = clock_timestamp() + $4 * interval '1 ms'
     FROM unnest($2::int[], $3::bigint[]) AS held(partition, token)
     WHERE p.replay_id = $1 AND p.partition = held.partition AND p.fencing_token = held.token
       AND p.lease_owner IS NOT NULL
     RETURNING p.partition`,
    [first.replayId, works.map((w) => w.partition), works.map((w) => w.lease.token.toString()), leaseMs],
  );
  return rows.map((row) => row.partition);
}

async function release(tx: Transaction, work: PartitionWork): Promise<void> {
  await tx.query(
    `UPDATE replay_partition SET lease_owner = NULL, lease_until = NULL, events_per_second = NULL,
       status = CASE WHEN status = 'folding' THEN 'waiting' ELSE status END, updated_at = clock_timestamp()
     WHERE replay_id = $1 AND partition = $2 AND fencing_token = $3`,
    [work.replayId, work.partition, work.lease.token.toString()],
  );
}

async function control(tx: Transaction, replayId: string): Promise<ReplayControl | null> {
  const [row] = await tx.query<{
    status: ReplayStatus;
    intent: ReplayIntent;
    rate_limit: number | null;
    folding: number;
  }>(
    `SELECT status, intent, rate_limit,
       (SELECT count(*)::int FROM replay_partition p
        WHERE p.replay_id = r.id AND p.status = 'folding' AND p.lease_until > clock_timestamp()) AS folding
     FROM replay r WHERE id = $1`,
    [replayId],
  );
  if (row === undefined) return null;
  return { status: row.status, intent: row.intent, rateLimit: row.rate_limit, folding: row.folding };
}

async function commit(
  tx: Transaction,
  work: PartitionWork,
  checkpoint: Checkpoint,
  base: string | null,
): Promise<CommitOutcome> {
  // The disk is not waited for. A crash of the server may take the last checkpoints, each as a whole; those that would
  // build upon them are refused below, and the partition is folded again from what is there.
  await tx.query("SELECT set_config('synchronous_commit', 'off', true)");
  // The next statement takes the row's lock and checks the token: from here on nobody else can claim the
  // partition before this transaction has ended, and a worker that was overtaken writes nothing at all.
  const held = await tx.query<{ checkpoints: number }>(
    `UPDATE replay_partition
     SET cursor = $4, counters = $5, block_digests = $6, checkpoints = checkpoints + 1,
       status = CASE WHEN $7 THEN 'folded' ELSE status END,
       lease_owner = CASE WHEN $7 THEN NULL ELSE lease_owner END,
       lease_until = CASE WHEN $7 THEN NULL ELSE lease_until END,
       folded_ms = folded_ms + $8, events_per_second = CASE WHEN $7 THEN NULL ELSE $9::float8 END,
       seam = coalesce($11, seam), updated_at = clock_timestamp()
     WHERE replay_id = $1 AND partition = $2 AND fencing_token = $3 AND status = 'folding'
       AND checkpoints = $10
     RETURNING checkpoints`,
    [
      work.replayId,
      work.partition,
      work.lease.token.toString(),
      checkpoint.cursor.toString(),
      JSON.stringify(checkpoint.counters),
      Buffer.from(checkpoint.blockDigests),
      checkpoint.done,
      Math.round(checkpoint.spentMs),
      checkpoint.eventsPerSecond,
      checkpoint.follows,
      checkpoint.seam === null ? null : JSON.stringify(checkpoint.seam),
    ],
  );
  const [row] = held;
  if (row === undefined) return 'lease-lost';
  const first = row.checkpoints === 1;
  if (first && base !== null) await copyBase(tx, base, work);
  await writeShadow(tx, work.replayId, work.partition, checkpoint.shadow, first && base === null);
  if (checkpoint.seen.length > 0) await appendSeen(tx, work, checkpoint.seen);
  await insertFindings(tx, work.replayId, work.partition, checkpoint.findings, checkpoint.findingCounts);
  return 'committed';
}

async function copyBase(tx: Transaction, base: string, work: PartitionWork): Promise<void> {
  await tx.query(
    `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events, spread)
     SELECT $1, partition, key, state, last_offset, events, spread FROM shadow_state
     WHERE replay_id = $2 AND partition = $3`,
    [work.replayId, base, work.partition],
  );
  await tx.query(
    `INSERT INTO seen_block (replay_id, partition, sequence, entries)
     SELECT $1, partition, sequence, entries FROM seen_block WHERE replay_id = $2 AND partition = $3`,
    [work.replayId, base, work.partition],
  );
}

async function appendSeen(tx: Transaction, work: PartitionWork, entries: Uint8Array): Promise<void> {
  await tx.query(
    `INSERT INTO seen_block (replay_id, partition, sequence, entries)
     SELECT $1, $2, coalesce((SELECT max(sequence) + 1 FROM seen_block
                              WHERE replay_id = $1 AND partition = $2), 0), $3`,
    [work.replayId, work.partition, Buffer.from(entries.buffer, entries.byteOffset, entries.byteLength)],
  );
}

async function* shadow(
  tx: Transaction,
  replayId: string,
  partition: number,
): AsyncGenerator<readonly ShadowRow[]> {
  const batches = cursorRows<{ key: string; state: string; last_offset: string; events: string }>(
    tx,
    `SELECT key, state::text, last_offset::text, events::text FROM shadow_state
     WHERE replay_id = $1 AND partition = $2`,
    [replayId, partition],
    5000,
  );
  for await (const batch of batches) {
    yield batch.map((row) => ({
      key: row.key,
      state: row.state,
      lastOffset: BigInt(row.last_offset),
      events: BigInt(row.events),
    }));
  }
}

async function* seen(tx: Transaction, replayId: string, partition: number): AsyncGenerator<Uint8Array> {
  const batches = cursorRows<{ entries: Uint8Array }>(
    tx,
    'SELECT entries FROM seen_block WHERE replay_id = $1 AND partition = $2 ORDER BY sequence',
    [replayId, partition],
    1,
  );
  for await (const batch of batches) for (const row of batch) yield row.entries;
}

async function seenBytes(tx: Transaction, replayId: string): Promise<number> {
  const [row] = await tx.query<{ bytes: string }>(
    'SELECT coalesce(sum(octet_length(entries)), 0)::text AS bytes FROM seen_block WHERE replay_id = $1',
    [replayId],
  );
  return Number(row?.bytes ?? 0);
}

async function findingCounts(
  tx: Transaction,
  replayId: string,
  partition: number,
): Promise<ReadonlyMap<FindingKind, number>> {
  const rows = await tx.query<{ kind: FindingKind; count: string }>(
    'SELECT kind, count::text FROM replay_finding_count WHERE replay_id = $1 AND partition = $2',
    [replayId, partition],
  );
  return new Map(rows.map((row) => [row.kind, Number(row.count)]));
}

async function foundRanges(
  tx: Transaction,
  replayId: string,
  partition: number,
): Promise<readonly FoundRange[]> {
  const rows = await tx.query<{ kind: FindingKind; from: string; to: string }>(
    `SELECT kind, "offset"::text AS "from", "to"::text AS "to" FROM replay_finding
     WHERE replay_id = $1 AND partition = $2 AND "to" IS NOT NULL ORDER BY kind, "offset"`,
    [replayId, partition],
  );
  return rows.map(({ kind, from, to }) => ({ kind, from: Number(from), to: Number(to) }));
}

async function finishFolding(tx: Transaction, replayId: string): Promise<boolean> {
  const rows = await tx.query<{ id: string }>(
    `UPDATE replay SET status = 'merging', updated_at = clock_timestamp(),
       started_at = coalesce(started_at, clock_timestamp()), problem = NULL, retries = 0, lasting = 0,
       retry_at = NULL
     WHERE id = $1 AND status IN ('queued', 'folding') AND intent = 'run'
       AND NOT EXISTS (SELECT FROM replay_partition p WHERE p.replay_id = $1 AND p.status <> 'folded')
     RETURNING id`,
    [replayId],
  );
  return rows.length > 0;
}

export const foldStore: FoldStore = {
  claim,
  renew,
  release,
  control,
  commit,
  shadow,
  seen,
  seenBytes,
  findingCounts,
  foundRanges,
  finishFolding,
};
