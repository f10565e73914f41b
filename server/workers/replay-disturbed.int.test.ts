import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayRowView,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';

let world: ReplayWorld;
let undisturbed: Result;

const once: Tally[] = Array.from({ length: 6000 }, (_, i) => ({
  // Every fiftieth is a redelivery of an earlier event, and every thousandth can't be read.
  id: i % 50 === 49 ? `e${i - 40}` : `e${i}`,
  key: `item-${(i % 50 === 49 ? i - 40 : i) % 300}`,
  value: i % 1000 === 999 ? '{poison' : { amount: ((i % 50 === 49 ? i - 40 : i) % 7) + 1 },
}));

/** One of them stands in every partition as well, so that there is something to merge. */
const everywhere = [0, 1, 2, 3].map(
  (partition): Tally => ({ id: 'e10', key: 'item-10', value: { amount: 4 }, partition }),
);
const events = [...once, ...everywhere];

type Result = Pick<
  ReplayRowView,
  'counters' | 'shadow_digest' | 'history_digest' | 'confidence' | 'agreement'
> & {
  readonly findings: unknown;
  readonly diff: unknown;
};

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  const topic = await world.topic(4);
  await world.produce(topic, events);
  await projectShelf(world.pool, events.slice(0, 5990), await world.admin.fetchTopicOffsets(topic));
  const worker = world.startWorker(1);
  const { replayId } = await world.launch('tally');
  undisturbed = await resultOf(replayId);
  await worker.kill();
});
afterAll(() => world.close());

async function resultOf(replayId: string): Promise<Result> {
  const row = await world.ended(replayId, 110_000);
  expect(row).toMatchObject({ status: 'finished', failure: null });
  const findings = await world.pool.query(
    'SELECT partition, kind, count::int FROM replay_finding_count WHERE replay_id = $1 ORDER BY partition, kind',
    [replayId],
  );
  const diff = await world.pool.query(
    `SELECT result->>'diffDigest' AS digest FROM replay_comparison WHERE replay_id = $1`,
    [replayId],
  );
  const { counters, shadow_digest, history_digest, confidence, agreement } = row;
  return {
    counters,
    shadow_digest,
    history_digest,
    confidence,
    agreement,
    findings: findings.rows,
    diff: diff.rows,
  };
}

async function progress(replayId: string): Promise<number> {
  const { rows } = await world.pool.query<{ read: number }>(
    'SELECT sum(cursor)::int AS read FROM replay_partition WHERE replay_id = $1',
    [replayId],
  );
  return rows[0]?.read ?? 0;
}

/** What a phase writes in its one transaction, before it commits; recording has written all by then, the evidence too. */
const writtenIn = {
  merging: 'DELETE ON shadow_state FOR EACH ROW',
  comparing: 'INSERT ON replay_comparison FOR EACH ROW',
  explaining: 'UPDATE ON discrepancy FOR EACH ROW',
  checking: 'INSERT ON replay_invariant FOR EACH ROW',
  recording: `UPDATE ON replay FOR EACH ROW WHEN (NEW.status = 'finished')`,
} as const;
/** Any number that no other advisory lock has. */
const holdNumber = 4_711;

/** From now on a replay of which `held` says so waits in the midst of a phase, until it is let go. */
async function holdPhases() {
  const triggers = Object.entries(writtenIn).map(
    ([phase, write]) =>
      `CREATE TRIGGER hold_${phase} BEFORE ${write} EXECUTE FUNCTION hold_phase('${phase}')`,
  );
  await world.pool.query(
    `CREATE TABLE held (replay_id text PRIMARY KEY, phase text NOT NULL);
     CREATE FUNCTION hold_phase() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
     DECLARE
       written jsonb := to_jsonb(coalesce(NEW, OLD));
     BEGIN
       IF EXISTS (SELECT FROM public.held WHERE phase = TG_ARGV[0]
                  AND replay_id = coalesce(written->>'replay_id', written->>'id')) THEN
         PERFORM pg_advisory_xact_lock_shared(${holdNumber});
       END IF;
       RETURN coalesce(NEW, OLD);
     END $$;
     ${triggers.join(';\n')}`,
  );
  const holding = await world.pool.connect();
  await holding.query('SELECT pg_advisory_lock($1)', [holdNumber]);
  return {
    async letGo() {
      await holding.query('SELECT pg_advisory_unlock($1)', [holdNumber]);
      holding.release();
    },
  };
}

/** Launches a replay that is held in this phase. */
async function launchHeld(phase: string): Promise<string> {
  const { replayId } = await world.launch('tally');
  await world.pool.query('INSERT INTO held VALUES ($1, $2)', [replayId, phase]);
  return replayId;
}

async function untilHeld(wanted: ReadonlyMap<string, string>): Promise<void> {
  await eventually(`replays to be held: ${[...wanted.keys()].join(', ')}`, 90_000, async () => {
    const { rows: waiting } = await world.pool.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`,
      [holdNumber],
    );
    const { rows } = await world.pool.query<{ id: string; status: string }>(
      'SELECT id, status FROM replay WHERE id = ANY ($1)',
      [[...wanted.values()]],
    );
    const isThere = rows.every(({ id, status }) => wanted.get(status) === id);
    return { done: isThere && waiting.length >= wanted.size, value: null, seen: [waiting.length, rows] };
  });
}

it('an undisturbed replay of this history counts what it should', () => {
  expect(undisturbed.counters).toMatchObject({
    duplicates: 118,
    quarantined: 6,
    applied: 5880,
    conflictingDuplicates: 0,
  });
  expect(undisturbed).toMatchObject({ confidence: 'untrusted', agreement: 'different' });
});

it('a worker killed at random moments changes nothing of the result', async () => {
  const { replayId } = await world.launch('tally', { rateLimit: 1500 });
  for (let life = 0; life < 2; life++) {
    const before = await progress(replayId);
    const worker = world.startWorker(1);
    await eventually('some progress', 90_000, async () => {
      const seen = await progress(replayId);
      return { done: seen > before, value: seen, seen };
    });
    await sleep(Math.random() * 900);
    await worker.kill();
  }
  await world.commands.setRateLimit(replayId, null, 'operator').catch(() => undefined);
  const last = world.startWorker(1);
  expect(await resultOf(replayId)).toEqual(undisturbed);
  await last.kill();
  const { rows } = await world.pool.query(
    'SELECT max(taken_over) AS taken FROM replay_partition WHERE replay_id = $1',
    [replayId],
  );
  expect(rows[0].taken).toBeGreaterThan(0);
});

it('a worker killed in the midst of every phase, each with what it has written, changes nothing either', async () => {
  const { letGo } = await holdPhases();
  const replays = new Map<string, string>();
  try {
    for (const phase of ['merging', 'comparing', 'explaining', 'checking'])
      replays.set(phase, await launchHeld(phase));
    const worker = world.startWorker(5);
    await untilHeld(replays);
    // Last: while it is held its row is locked, and its lease can't be renewed.
    replays.set('recording', await launchHeld('recording'));
    await untilHeld(replays);
    await worker.kill();
  } finally {
    await letGo();
  }
  const other = world.startWorker(2);
  for (const [phase, replayId] of replays) {
    expect(await resultOf(replayId), phase).toEqual(undisturbed);
    const { rows } = await world.pool.query(
      `SELECT r.status, (SELECT count(*)::int FROM log_entry WHERE evidence_id = r.id) AS entries,
         replay.fencing_token > 1 AS "takenOver"
       FROM evidence_record r JOIN replay ON replay.id = replay_id WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows, phase).toEqual([{ status: 'finished', entries: 1, takenOver: true }]);
  }
  await other.kill();
});

it('two workers share the partitions, and one takes over what the other leaves when it is killed', async () => {
  const [first, second] = [world.startWorker(1), world.startWorker(1)];
  await eventually('both workers to be there', 90_000, async () => {
    const { rows } = await world.pool.query(
      `SELECT id FROM worker WHERE seen_at > clock_timestamp() - interval '5 s'`,
    );
    return { done: rows.length >= 2, value: rows, seen: rows };
  });
  const { replayId } = await world.launch('tally', { rateLimit: 1500 });
  await eventually('both workers to fold', 90_000, async () => {
    const { rows } = await world.pool.query(
      'SELECT DISTINCT lease_owner FROM replay_partition WHERE replay_id = $1 AND lease_owner IS NOT NULL',
      [replayId],
    );
    return { done: rows.length === 2, value: rows, seen: rows };
  });
  await sleep(Math.random() * 1500);
  await second.kill();
  await world.commands.setRateLimit(replayId, null, 'operator').catch(() => undefined);
  expect(await resultOf(replayId)).toEqual(undisturbed);
  await first.kill();
});

it('cutting every connection to the database only delays a replay', async () => {
  const worker = world.startWorker(2);
  const { replayId } = await world.launch('tally', { rateLimit: 2000 });
  await eventually('some progress', 90_000, async () => {
    const seen = await progress(replayId);
    return { done: seen > 0, value: seen, seen };
  });
  for (let cut = 0; cut < 3; cut++) {
    await world.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await sleep(Math.random() * 700);
  }
  expect(await resultOf(replayId)).toEqual(undisturbed);
  expect(worker.running).toBe(true);
  await worker.kill();
});
