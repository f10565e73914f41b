import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type Tally,
} from '../../demo/testing/replay-world.ts';

type Step = { outcome: string; duplicateOf: string | null; after: { total: number } };

let world: ReplayWorld;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  world.startWorker(2);
});
afterAll(() => world.close());

const added = (count: number, from = 0): Tally[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `e${from + i}`,
    key: `item-${(from + i) % 20}`,
    value: { amount: ((from + i) % 7) + 1 },
  }));

async function replayOf(topic: string, request: Parameters<ReplayWorld['launch']>[1] = {}) {
  await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
  const { replayId } = await world.launch('tally', request);
  return { replayId, ...(await world.ended(replayId)) };
}

async function findings(replayId: string): Promise<Record<string, number>> {
  const { rows } = await world.pool.query<{ kind: string; count: number }>(
    'SELECT kind, sum(count)::int AS count FROM replay_finding_count WHERE replay_id = $1 GROUP BY kind',
    [replayId],
  );
  return Object.fromEntries(rows.map((row) => [row.kind, row.count]));
}

async function stateOf(replayId: string, key: string): Promise<unknown> {
  const { rows } = await world.pool.query<{ state: unknown }>(
    'SELECT state FROM shadow_state WHERE replay_id = $1 AND key = $2',
    [replayId, key],
  );
  expect(rows).toHaveLength(1);
  return rows[0]?.state;
}

/** A key's trace, asked for: each event's outcome, what it is a duplicate of, and the total after it. */
async function outcomesOf(replayId: string, key: string) {
  await world.commands.requestTrace(replayId, key, 'test');
  const steps = await eventually('the trace to be ready', 20_000, async () => {
    const { rows } = await world.pool.query<{ status: string; steps: readonly Step[] | null }>(
      'SELECT status, steps FROM key_trace WHERE replay_id = $1 AND key = $2',
      [replayId, key],
    );
    const [row] = rows;
    return { done: row?.status === 'ready', value: row?.steps ?? [], seen: row?.status };
  });
  return steps.map(({ outcome, duplicateOf, after }) => [outcome, duplicateOf, after.total] as const);
}

async function evidence(replayId: string) {
  const { rows } = await world.pool.query<{ status: string; confidence: string | null; text: string }>(
    `SELECT status, confidence, convert_from(statement, 'UTF8') AS text FROM evidence_record WHERE replay_id = $1`,
    [replayId],
  );
  expect(rows).toHaveLength(1);
  const [row] = rows;
  return { ...row, predicate: JSON.parse(row?.text ?? '{}').predicate };
}

describe('a replay in which nothing is wrong with the history', () => {
  it('is trusted, counts redeliveries apart, and names the event that accounts for a difference', async () => {
    const topic = await world.topic(3);
    const events = added(400);
    await world.produce(topic, [...events, ...events.slice(10, 27)]);
    await projectShelf(world.pool, events, await world.admin.fetchTopicOffsets(topic));
    // The shelf has missed e105 (item-5, amount 1) and has applied e146 (item-6, amount 7) twice.
    await world.pool.query(`UPDATE shelf SET total = total - 1 WHERE item = 'item-5'`);
    await world.pool.query(`UPDATE shelf SET total = total + 7 WHERE item = 'item-6'`);
    const dead = { id: 'e105', key: 'item-5', value: { amount: 1 } };
    await world.produce(`${topic}.dead`, [dead]);
    const { replayId } = await world.launch('tally');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'different' });
    expect(row.counters).toMatchObject({ applied: 400, duplicates: 17, quarantined: 0, absentMissing: 0 });
    const { rows } = await world.pool.query(
      'SELECT key, fields, explanation FROM discrepancy WHERE replay_id = $1 ORDER BY magnitude DESC',
      [replayId],
    );
    expect(rows.map((each) => [each.key, each.fields[0].delta])).toEqual([
      ['item-6', 7],
      ['item-5', -1],
    ]);
    expect(rows[1].explanation.candidates[0]).toMatchObject({
      cause: 'never-applied',
      eventId: 'e105',
      certainty: 'proven',
      deadLetter: { topic: `${topic}.dead` },
    });
    expect(rows[0].explanation.candidates).toContainEqual(
      expect.objectContaining({ cause: 'applied-twice', eventId: 'e146' }),
    );
    const record = await evidence(replayId);
    expect(record.predicate).toMatchObject({
      events_processed: 417,
      duplicates_skipped: 17,
      projections_changed: { total: 2 },
      reconciliation_failures: 0,
      confidence_status: 'trusted',
    });
  });

  it('counts aborted transactions and control records as absent, and not as missing', async () => {
    const topic = await world.topic(1);
    const producer = world.kafka.producer({
      transactionalId: topic,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const write = async (events: readonly Tally[], end: 'commit' | 'abort') => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: events.map(world.toMessage) });
      await transaction[end]();
    };
    await write(added(50), 'commit');
    await write(added(30, 50), 'abort');
    await write(added(50, 80), 'commit');
    await producer.disconnect();
    const row = await replayOf(topic);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(row.counters).toMatchObject({
      applied: 100,
      absentAborted: 30,
      absentControl: 3,
      absentMissing: 0,
    });
  });

  it('reports a shelf that is merely behind as behind, and follows one that is ahead of the plan', async () => {
    const topic = await world.topic(1);
    const events = added(200);
    await world.produce(topic, events);
    await projectShelf(world.pool, events.slice(0, 150), [{ partition: 0, offset: '150' }]);
    const behind = await world.launch('tally');
    expect(await world.ended(behind.replayId)).toMatchObject({ confidence: 'trusted', agreement: 'behind' });

    await projectShelf(world.pool, events, [{ partition: 0, offset: '200' }]);
    const ahead = await world.launch('tally', {
      scope: { kind: 'offsets', ranges: [{ partition: 0, from: '0', to: '120' }] },
    });
    expect(await world.ended(ahead.replayId)).toMatchObject({ confidence: 'trusted', agreement: 'equal' });
    const { rows } = await world.pool.query(
      `SELECT replay_id, result->>'eventsBehind' AS behind, result->>'layerEvents' AS layer FROM replay_comparison
       WHERE replay_id = ANY($1)`,
      [[behind.replayId, ahead.replayId]],
    );
    expect(rows).toEqual(
      expect.arrayContaining([
        { replay_id: behind.replayId, behind: '50', layer: '0' },
        { replay_id: ahead.replayId, behind: '0', layer: '80' },
      ]),
    );
  });

  it('compares no shelf that says a position which its history does not have, and trusts what it has read all the same', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(20));
    await projectShelf(world.pool, added(20), [{ partition: 0, offset: '500' }]);
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'not-compared',
    });
    const { rows } = await world.pool.query(
      `SELECT outcome, result->>'problem' AS why FROM replay_comparison WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows).toEqual([
      { outcome: 'could-not-compare', why: expect.stringMatching(/up to offset 500, .* ends at 20\./) },
    ]);
  });

  it('says how far behind a shelf is without a projection that needs what came before', async () => {
    const topic = await world.topic(1);
    await world.contract('tally', topic, (source) =>
      source
        .replace("id: 'tally'", "id: 'in-place'")
        .replace('({ total: 0, changes: 0 })', '({ total: 0, changes: 0, of: {} as Record<string, number> })')
        .replace('changes: number }', 'changes: number; of: Record<string, number> }')
        .replace(
          'return { total: item.total + e.data.amount, changes: item.changes + 1 };',
          'item.of.a ??= e.data.amount; item.of.b = item.of.a; return { ...item, total: item.total + e.data.amount, changes: item.changes + 1 };',
        )
        .replace(
          'return { total: item.total - e.data.amount, changes: item.changes + 1 };',
          'item.of.b = item.of.a! - e.data.amount; return { ...item, total: item.total - e.data.amount, changes: item.changes + 1 };',
        ),
    );
    const events = [
      ...added(20),
      ...added(20, 20).map((each) => ({ ...each, type: 'ItemsRemoved', version: 1 })),
    ];
    await world.produce(topic, events);
    await projectShelf(world.pool, events.slice(0, 20), [{ partition: 0, offset: '20' }]);
    const { replayId } = await world.launch('in-place');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'behind',
    });
    const { rows } = await world.pool.query(
      `SELECT result->>'eventsBehind' AS behind FROM replay_comparison WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows).toEqual([{ behind: '20' }]);
  });

  it('builds a later scope on an earlier trusted replay that ends there, and is refused without one', async () => {
    const topic = await world.topic(1);
    const events = added(200);
    await world.produce(topic, [...events.slice(0, 120), events[3] as Tally, ...events.slice(120)]);
    const later = { kind: 'offsets' as const, ranges: [{ partition: 0, from: '100', to: '201' }] };
    const refused = await replayOf(topic, { scope: later });
    expect(refused).toMatchObject({ status: 'refused', failure_code: 'base-required' });
    const first = { kind: 'offsets' as const, ranges: [{ partition: 0, from: '0', to: '100' }] };
    await replayOf(topic, { scope: first });
    const built = await replayOf(topic, { scope: later });
    const whole = await replayOf(topic);
    expect(built).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(built.counters).toMatchObject({ applied: 100, duplicates: 1 });
    expect(built.shadow_digest).toBe(whole.shadow_digest);
    expect(built.history_digest).not.toBe(whole.history_digest);
  });

  it('builds a scope by time on an earlier one that ends at its first instant, whatever each partition holds of it', async () => {
    const topic = await world.topic(3, 'tally', {}, (source) =>
      source.replace("partitioner: 'murmur2'", "partitioner: 'none'"),
    );
    await world.producerFor(topic, 3);
    const start = Date.now() - 3_600_000;
    const minute = (at: number) => start + at * 60_000;
    const between = (from: number, to: number) => ({
      scope: {
        kind: 'time' as const,
        from: new Date(minute(from)).toISOString(),
        to: new Date(minute(to)).toISOString(),
      },
    });
    /** An event at each of these minutes. */
    const within = (partition: number, from: number, to: number) =>
      added(to - from, 100 * partition + from).map((event, i) => ({
        ...world.toMessage({ ...event, key: `${partition}-${(from + i) % 3}`, partition }),
        timestamp: String(minute(from + i)),
      }));
    const [again] = within(0, 2, 3);
    const messages = [
      ...within(0, 0, 20),
      { ...again, value: again?.value ?? null, timestamp: String(minute(20)) },
      // All before minute 10, and all from it on.
      ...within(1, 0, 10),
      ...within(2, 10, 20),
    ];
    const producer = world.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();

    expect(await replayOf(topic, between(10, 30))).toMatchObject({
      status: 'refused',
      failure_code: 'base-required',
    });
    const first = await replayOf(topic, between(0, 10));
    expect(first).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(first.counters).toMatchObject({ applied: 20, duplicates: 0 });
    const built = await replayOf(topic, between(10, 30));
    expect(built).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(built.counters).toMatchObject({ applied: 20, duplicates: 1 });
    const { rows } = await world.pool.query(
      `SELECT plan::json->'ranges' AS ranges, plan::json->'base'->>'replayId' AS base FROM replay WHERE id = $1`,
      [built.replayId],
    );
    expect(rows).toEqual([
      {
        base: first.replayId,
        ranges: [
          expect.objectContaining({ partition: 0, from: '10', to: '21' }),
          expect.objectContaining({ partition: 2, from: '0', to: '10' }),
        ],
      },
    ]);
    const whole = await replayOf(topic);
    for (const key of ['0-0', '0-1', '0-2', '2-0'])
      expect([key, await stateOf(built.replayId, key)]).toEqual([key, await stateOf(whole.replayId, key)]);
    expect((await evidence(built.replayId)).predicate.coverage).toMatchObject({ kind: 'part' });
  });

  it('fails where a state was added to the base after it had ended', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(200));
    const upTo = (from: string, to: string) => ({
      scope: { kind: 'offsets' as const, ranges: [{ partition: 0, from, to }] },
    });
    const base = await replayOf(topic, upTo('0', '100'));
    await world.pool.query(
      `INSERT INTO shadow_state (replay_id, partition, key, state, last_offset, events)
       VALUES ($1, 0, 'smuggled', '{"total":1000000}', 99, 1)`,
      [base.replayId],
    );
    const built = await replayOf(topic, upTo('100', '200'));
    expect(built).toMatchObject({ status: 'failed', failure_code: 'base-unfit', confidence: null });
    expect(built.failure).toContain(base.replayId);
    expect(built.evidence_id).not.toBeNull();
  });

  it('compares a shelf that has not come to the end of the base as one that is behind', async () => {
    const topic = await world.topic(1);
    const events = added(200);
    await world.produce(topic, events);
    const upTo = (from: string, to: string) => ({
      scope: { kind: 'offsets' as const, ranges: [{ partition: 0, from, to }] },
    });
    await replayOf(topic, upTo('0', '100'));
    await projectShelf(world.pool, events.slice(0, 55), [{ partition: 0, offset: '55' }]);
    const { replayId } = await world.launch('tally', upTo('100', '200'));
    expect(await world.ended(replayId)).toMatchObject({ confidence: 'trusted', agreement: 'behind' });
    const { rows } = await world.pool.query(
      `SELECT result->>'eventsBehind' AS behind FROM replay_comparison WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows).toEqual([{ behind: '145' }]);
  });

  it('is no worse for a base whose own history is gone: what would need it is left open, and said', async () => {
    const topic = await world.topic(1);
    const events = added(200);
    await world.produce(topic, events);
    const upTo = (from: string, to: string) => ({
      scope: { kind: 'offsets' as const, ranges: [{ partition: 0, from, to }] },
    });
    await replayOf(topic, upTo('0', '100'));
    await world.truncate(topic, 0, '100');
    await projectShelf(world.pool, events.slice(0, 199), [{ partition: 0, offset: '200' }]);
    const ahead = await world.launch('tally', upTo('100', '200'));
    expect(await world.ended(ahead.replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'different',
    });
    const { rows } = await world.pool.query('SELECT explanation FROM discrepancy WHERE replay_id = $1', [
      ahead.replayId,
    ]);
    expect(rows.map((row) => row.explanation)).toEqual([
      expect.objectContaining({
        outcome: 'not-searched',
        sentence: expect.stringMatching(/offsets 0 to 99 were removed/),
      }),
    ]);

    await projectShelf(world.pool, events.slice(0, 55), [{ partition: 0, offset: '55' }]);
    const behind = await world.launch('tally', upTo('100', '200'));
    expect(await world.ended(behind.replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'not-compared',
    });
  });

  it('filters and counts what a scope by keys leaves out, and proves nothing about it', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, added(100));
    const row = await replayOf(topic, { scope: { kind: 'keys', keys: ['item-1', 'item-2'] } });
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(row.counters).toMatchObject({ applied: 10, filtered: 90 });
    expect((await evidence(row.replayId)).predicate.coverage.kind).toBe('part');
  });

  it('launches the plan of some keys with the salt that it was shown with, and records none of it', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(20));
    const scope = { kind: 'keys' as const, keys: ['item-1'] };
    const { plan, planHash } = await world.commands.previewPlan('tally', scope);
    const salt = plan?.salt ?? 'none';
    expect(salt).toMatch(/^[0-9a-f-]{36}$/);
    const row = await replayOf(topic, { scope, planHash: planHash ?? '' });
    expect(row.status).toBe('finished');
    const { predicate, text } = await evidence(row.replayId);
    expect(predicate.plan_hash).toBe(planHash);
    expect(text).not.toContain(salt);
  });

  it('took what the next one is predicted from, since nothing held it up', async () => {
    const topic = await world.topic(3);
    await world.contract('tally', topic, (source) => source.replace("id: 'tally'", "id: 'paced'"));
    await world.produce(topic, added(60));
    await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
    const { replayId } = await world.launch('paced');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished' });
    const { estimateBasis } = await world.commands.previewPlan('paced', { kind: 'all' });
    expect(estimateBasis).toMatch(/the last replay of this contract/);
  });

  it('agrees with nothing where no key of the scope is anywhere, and names the keys', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, added(40));
    const row = await replayOf(topic, { scope: { kind: 'keys', keys: ['NOPE'] } });
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'not-compared' });
    const { predicate, text } = await evidence(row.replayId);
    expect(text).not.toContain('NOPE');
    expect(predicate.comparisons).toEqual([
      expect.objectContaining({ outcome: 'could-not-compare', keys: 0 }),
    ]);
    const { rows } = await world.pool.query(
      `SELECT result->>'problem' AS problem FROM replay_comparison WHERE replay_id = $1`,
      [row.replayId],
    );
    expect(rows).toEqual([{ problem: expect.stringMatching(/Nothing was compared.*NOPE/) }]);
    const invariants = await world.pool.query(
      `SELECT name FROM replay_invariant WHERE replay_id = $1 AND outcome = 'passed' AND result->>'over' = 'key'`,
      [row.replayId],
    );
    expect(invariants.rows).toEqual([]);
  });

  it('reads one key event by event when it is asked for', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, [...added(60), ...added(1)]);
    const { replayId } = await replayOf(topic);
    const steps = await outcomesOf(replayId, 'item-0');
    expect(steps.map(([outcome, , total]) => [outcome, total])).toEqual([
      ['applied', 1],
      ['applied', 8],
      ['applied', 14],
      ['duplicate', 14],
    ]);
  });
});

describe('what is wrong with records is counted, named, and takes trust away', () => {
  it('sets poison, unknown types and versions, invalid data and records without key aside, each with its reason', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [
      ...added(20),
      { id: 'p1', key: 'item-1', value: '{not json' },
      { id: 'p2', key: 'item-1', type: 'ItemsEaten', value: { amount: 1 } },
      { id: 'p3', key: 'item-1', version: 9, value: { amount: 1 } },
      { id: 'p4', key: 'item-1', value: { amount: 'many' } },
      { id: 'p5', key: null, value: { amount: 1 } },
      { id: 'p6', key: 'item-1', version: 1, value: { n: 4 } },
      { id: 'p7', key: 'item-1', type: 'ItemsLookedAt', value: {} },
    ]);
    const row = await replayOf(topic);
    expect(row).toMatchObject({
      status: 'finished',
      confidence: 'untrusted',
      confidence_reasons: ['quarantined'],
    });
    expect(row.counters).toMatchObject({ applied: 21, quarantined: 5, filtered: 1 });
    expect(await findings(row.replayId)).toEqual({
      undecodable: 1,
      'unknown-type': 1,
      'unknown-version': 1,
      'invalid-data': 1,
      'no-key': 1,
    });
  });

  it('counts a redelivery with other content as a conflict, and is suspect', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, [...added(20), { id: 'e3', key: 'item-3', value: { amount: 100 } }]);
    const row = await replayOf(topic);
    expect(row).toMatchObject({ confidence: 'suspect', confidence_reasons: ['conflicting-duplicate'] });
    expect(row.counters).toMatchObject({ applied: 20, duplicates: 1, conflictingDuplicates: 1 });
  });

  it('finds a redelivery in another partition when partitions are merged, and folds its key without it', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, [
      { id: 'a', key: 'k', value: { amount: 5 }, partition: 0 },
      { id: 'b', key: 'k', value: { amount: 7 }, partition: 0 },
    ]);
    await world.produce(topic, [{ id: 'a', key: 'k', value: { amount: 5 }, partition: 1 }]);
    const row = await replayOf(topic);
    expect(row.counters).toMatchObject({ applied: 2, duplicates: 1, conflictingDuplicates: 0 });
    expect(await stateOf(row.replayId, 'k')).toEqual({ changes: 2, total: 12 });
  });

  it('takes an id that comes again under another key for a conflict, and gives the event to the first key alone', async () => {
    const topic = await world.topic(2);
    const first = { id: 'a', value: { amount: 5 }, key: 'k', partition: 1 };
    await world.produce(topic, [first, { id: 'b', key: 'm', value: { amount: 7 }, partition: 0 }]);
    // Between partitions time decides which was the first, and records carry it in milliseconds.
    await sleep(2);
    await world.produce(topic, [
      { ...first, key: 'm', partition: 0 },
      { ...first, key: 'n', partition: 0 },
    ]);
    const row = await replayOf(topic);
    expect(row).toMatchObject({ confidence: 'suspect', confidence_reasons: ['conflicting-duplicate'] });
    expect(row.counters).toMatchObject({ applied: 2, duplicates: 2, conflictingDuplicates: 2 });
    expect(await stateOf(row.replayId, 'k')).toEqual({ changes: 1, total: 5 });
    expect(await stateOf(row.replayId, 'm')).toEqual({ changes: 1, total: 7 });
    const { rows } = await world.pool.query(
      `SELECT partition, "offset"::int, key, detail FROM replay_finding
       WHERE replay_id = $1 AND kind = 'conflicting-duplicate' ORDER BY "offset"`,
      [row.replayId],
    );
    expect(rows).toEqual([
      {
        partition: 0,
        offset: 1,
        key: 'm',
        detail: 'Its id was delivered in partition 1 too, at offset 0, with other content.',
      },
      { partition: 0, offset: 2, key: 'n', detail: 'First delivered at offset 1, with other content.' },
    ]);
    expect(await outcomesOf(row.replayId, 'm')).toEqual([
      ['applied', null, 7],
      ['conflicting-duplicate', 'p1:0', 7],
    ]);
  });

  it('calls a conflicting redelivery in another partition so in the trace of its key too', async () => {
    const topic = await world.topic(2);
    await world.produce(topic, [{ id: 'a', key: 'k', value: { amount: 5 }, partition: 0 }]);
    await sleep(2);
    await world.produce(topic, [{ id: 'a', key: 'k', value: { amount: 6 }, partition: 1 }]);
    const row = await replayOf(topic);
    expect(row.counters).toMatchObject({ applied: 1, duplicates: 1, conflictingDuplicates: 1 });
    expect(await outcomesOf(row.replayId, 'k')).toEqual([
      ['applied', null, 5],
      ['conflicting-duplicate', 'p0:0', 5],
    ]);
  });

  it('names the later delivery as the duplicate where that stands in the lower partition', async () => {
    const topic = await world.topic(2);
    const delivery = { id: 'a', key: 'k', value: { amount: 5 } };
    await world.produce(topic, [
      { id: 'b', key: 'k', value: { amount: 7 }, partition: 1 },
      { ...delivery, partition: 1 },
    ]);
    // Between partitions time decides which was the first, and records carry it in milliseconds.
    await sleep(2);
    await world.produce(topic, [{ ...delivery, partition: 0 }]);
    const { replayId } = await replayOf(topic);
    const { rows } = await world.pool.query(
      `SELECT partition, "offset"::int, key, event_id, event_type, detail FROM replay_finding
       WHERE replay_id = $1 AND kind = 'duplicate'`,
      [replayId],
    );
    expect(rows).toEqual([
      {
        partition: 0,
        offset: 0,
        key: 'k',
        event_id: 'a',
        event_type: 'ItemsAdded',
        detail: 'Its id was delivered in partition 1 too, at offset 1, with the same content.',
      },
    ]);
  });

  it('finds a key in two partitions after their number was raised midway, and folds it across them', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(100));
    await world.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await world.producerFor(topic, 3);
    await world.produce(topic, added(100, 100));
    const row = await replayOf(topic);
    expect(row).toMatchObject({ status: 'finished', confidence: 'suspect' });
    expect(row.confidence_reasons).toEqual(['key-in-two-partitions']);
    expect(row.counters?.applied).toBe(200);
    const expected = added(200).filter((e) => e.key === 'item-7');
    expect(await stateOf(row.replayId, 'item-7')).toEqual({
      changes: 10,
      total: expected.reduce((sum, e) => sum + (e.value as { amount: number }).amount, 0),
    });
    expect((await findings(row.replayId))['key-in-two-partitions']).toBeGreaterThan(0);
  });
});

describe('a replay by the bundle that was stored', () => {
  const doubling = (source: string) =>
    source.replace('item.total + e.data.amount', 'item.total + 2 * e.data.amount');
  /** Under an id of its own, so that its first version is the one that adds, whenever a worker reads its file. */
  const named = (id: string) => (source: string) => source.replace("id: 'tally'", `id: '${id}'`);
  async function digestOf(id: string, version: number): Promise<string | undefined> {
    const { rows } = await world.pool.query<{ digest: string }>(
      'SELECT digest FROM contract_version WHERE contract_id = $1 AND version = $2',
      [id, version],
    );
    return rows[0]?.digest;
  }
  /** The digests of its bundle: in its plan, and in its record once it has one. */
  async function digestsOf(replayId: string) {
    const { rows } = await world.pool.query<{ planned: string; recorded: string | null }>(
      `SELECT r.plan::json->'contract'->>'bundleDigest' AS planned,
         convert_from(e.statement, 'UTF8')::json->'predicate'->'contract'->>'bundleDigest' AS recorded
       FROM replay r LEFT JOIN evidence_record e ON e.replay_id = r.id WHERE r.id = $1`,
      [replayId],
    );
    return rows;
  }
  const totalsOf = async (replayId: string) => {
    const { rows } = await world.pool.query<{ key: string; total: number }>(
      `SELECT key, (state->>'total')::int AS total FROM shadow_state WHERE replay_id = $1`,
      [replayId],
    );
    return new Map(rows.map(({ key, total }) => [key, total]));
  };
  const totals = (events: readonly Tally[], times: number) => {
    const sums = new Map<string, number>();
    for (const { key, value } of events)
      sums.set(key ?? '', (sums.get(key ?? '') ?? 0) + times * (value as { amount: number }).amount);
    return sums;
  };

  it('ends where an old version of the contract ends, and where a newer one does, each by its own', async () => {
    const topic = await world.topic(1, 'tally', {}, named('two-tallies'));
    const events = added(60);
    await world.produce(topic, events);
    await world.contract('tally', topic, (source) => doubling(named('two-tallies')(source)));
    await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
    for (const version of [1, 2]) {
      const { replayId } = await world.launch('two-tallies', { version });
      expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
      const digest = await digestOf('two-tallies', version);
      expect(await digestsOf(replayId)).toEqual([{ planned: digest, recorded: digest }]);
      expect(await totalsOf(replayId)).toEqual(totals(events, version));
    }
  });

  it('goes on by the bundle that it began with where another version is registered midway', async () => {
    const topic = await world.topic(1, 'tally', {}, named('changed-tally'));
    const adds = await digestOf('changed-tally', 1);
    const events = added(2000);
    await world.produce(topic, events);
    await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
    const { replayId } = await world.launch('changed-tally', { rateLimit: 200 });
    await world.until(replayId, ['folding']);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    await world.contract('tally', topic, (source) => doubling(named('changed-tally')(source)));
    expect(await digestOf('changed-tally', 2)).toEqual(expect.stringMatching(/^[0-9a-f]{64}$/));
    expect(await digestOf('changed-tally', 2)).not.toBe(adds);
    expect(await digestsOf(replayId)).toEqual([{ planned: adds, recorded: null }]);
    await world.commands.resume(replayId, 'operator');
    expect(await world.ended(replayId)).toMatchObject({ status: 'finished', confidence: 'trusted' });
    expect(await digestsOf(replayId)).toEqual([{ planned: adds, recorded: adds }]);
    expect(await totalsOf(replayId)).toEqual(totals(events, 1));
  });
});

describe('what is wrong with the history or with F ends a replay, with evidence', () => {
  it('refuses a truncated history with the exact range that is missing', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(100));
    await world.truncate(topic, 0, '40');
    const row = await replayOf(topic);
    expect(row).toMatchObject({
      status: 'refused',
      failure_code: 'history-truncated',
      confidence: 'untrusted',
    });
    expect(row.failure).toContain('offsets 0 to 39');
    expect(await evidence(row.replayId)).toMatchObject({ status: 'refused', confidence: 'untrusted' });
  });

  it('replays the days that a contract needs while an older record shows them to be whole, and says where it began', async () => {
    const topic = await world.topic(1, 'tally', { 'retention.ms': '-1' });
    await world.contract('tally', topic, (source) =>
      source.replace(`{ topic: '${topic}' }`, `{ topic: '${topic}', retention: { days: 7 } }`),
    );
    const producer = world.kafka.producer();
    await producer.connect();
    const monthAgo = String(Date.now() - 30 * 86_400_000);
    const old = added(50).map((event) => ({ ...world.toMessage(event), timestamp: monthAgo }));
    await producer.send({ topic, messages: old });
    await producer.disconnect();
    await world.produce(topic, added(100).slice(50));
    await world.truncate(topic, 0, '49');
    const row = await replayOf(topic);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted' });
    const { coverage, does_not_prove } = (await evidence(row.replayId)).predicate;
    expect(coverage.sentence).toMatch(/All that was left .*partition 0 at offset 49/);
    expect(does_not_prove).toContainEqual(expect.stringMatching(/partition 0 at offset 49/));
    const instants = [-40, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
    const byTime = { scope: { kind: 'time' as const, from: instants[0] ?? '', to: instants[1] ?? '' } };
    expect(await replayOf(topic, byTime)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      shadow_digest: row.shadow_digest,
    });
    await world.truncate(topic, 0, '50');
    expect(await replayOf(topic)).toMatchObject({ status: 'refused', failure_code: 'history-truncated' });
  });

  it('fails with the missing range when history is truncated after it was planned', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(2000));
    const { replayId } = await world.launch('tally', { rateLimit: 200 });
    await world.until(replayId, ['folding']);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    await world.truncate(topic, 0, '1900');
    await world.commands.resume(replayId, 'operator');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({
      status: 'failed',
      failure_code: 'history-truncated',
      confidence: 'untrusted',
    });
    expect(row.failure).toMatch(/to 1899/);
    expect((await evidence(replayId)).predicate.confidence_reasons).toEqual(['history-missing']);
  });

  it('fails when the topic was recreated under the same name', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(500));
    const { replayId } = await world.launch('tally', { rateLimit: 50 });
    await world.until(replayId, ['folding']);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    await world.recreate(topic, 1);
    await world.produce(topic, added(500));
    await world.commands.resume(replayId, 'operator');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({
      status: 'failed',
      failure_code: 'history-recreated',
      confidence: 'untrusted',
    });
  });

  it('fails a projection that calls the clock, and names the event type', async () => {
    const topic = await world.topic(2, 'clock-calling');
    // Nothing in the first partition, so that the place which is named is none by accident.
    await world.produce(
      topic,
      added(10).map((each) => ({ ...each, partition: 1 })),
    );
    const { replayId } = await world.launch('clock-calling');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({
      status: 'failed',
      failure_code: 'projection-impure',
      confidence: 'untrusted',
    });
    expect(row.failure).toContain('ItemsAdded');
    const { rows } = await world.pool.query(
      `SELECT partition, "offset"::int FROM replay_finding WHERE replay_id = $1 AND kind = 'not-deterministic'`,
      [replayId],
    );
    expect(rows).toEqual([{ partition: 1, offset: expect.any(Number) }]);
    expect(await evidence(replayId)).toMatchObject({ status: 'failed', confidence: 'untrusted' });
  });

  it('fails a projection that leaves something for later, and names the event type', async () => {
    const topic = await world.topic(1);
    await world.contract('tally', topic, (source) =>
      source
        .replace('type Item', 'const later = async () => Promise.reject(new Error("too late"));\ntype Item')
        .replace("case 'ItemsRemoved':", "case 'ItemsRemoved':\n          void later();"),
    );
    await world.produce(topic, [
      ...added(10),
      { id: 'r', key: 'item-1', type: 'ItemsRemoved', version: 1, value: { amount: 1 } },
    ]);
    const row = await replayOf(topic);
    expect(row).toMatchObject({
      status: 'failed',
      failure_code: 'projection-impure',
      confidence: 'untrusted',
    });
    expect(row.failure).toMatch(/reading ItemsRemoved at offset 10 it called Promise \(an async function/);
    expect((await evidence(row.replayId)).predicate.findings).toEqual({ 'not-deterministic': 1 });
  });

  it('outlives a rejection that a contract has made by code in a text', async () => {
    const topic = await world.topic(1);
    const smuggled = "Function('return (async () => { throw new Error(1) })()')();";
    await world.contract('tally', topic, (source) =>
      source.replace('switch (e.type) {', `${smuggled}\n      switch (e.type) {`),
    );
    await world.produce(topic, added(10));
    const row = await replayOf(topic);
    expect(row).toMatchObject({ status: 'finished', counters: expect.objectContaining({ applied: 10 }) });
    const { rows } = await world.pool.query('SELECT taken_over FROM replay_partition WHERE replay_id = $1', [
      row.replayId,
    ]);
    expect(rows).toEqual([{ taken_over: 0 }]);
  });

  it('compares no derived state whose expected value can not be computed, and explains the others', async () => {
    const topic = await world.topic(1);
    const shelf = / {4}shelf: postgresState[\s\S]*?\n {4}}\),\n/;
    await world.contract('tally', topic, (source) =>
      source.replace(
        shelf,
        (one) =>
          one +
          one
            .replace('shelf:', 'rack:')
            .replace(
              '(item) => item.total',
              '(item) => (item.total > 5 ? item.total : [item.total].map(Math.random)[0] ?? 0)',
            ),
      ),
    );
    await world.produce(topic, added(10));
    await projectShelf(world.pool, added(9), await world.admin.fetchTopicOffsets(topic));
    const { replayId } = await world.launch('tally');
    const row = await world.ended(replayId);
    expect(row).toMatchObject({ status: 'finished', confidence: 'trusted', agreement: 'different' });
    const { comparisons } = (await evidence(replayId)).predicate;
    expect(comparisons).toEqual([
      expect.objectContaining({ derivedState: 'rack', outcome: 'could-not-compare' }),
      expect.objectContaining({ derivedState: 'shelf', outcome: 'different', missing: 1 }),
    ]);
    const words = await world.pool.query(
      `SELECT result->>'problem' AS why FROM replay_comparison WHERE replay_id = $1 AND derived_state = 'rack'`,
      [replayId],
    );
    expect(words.rows[0]?.why).toMatch(/derivedStates\.rack .*Math\.random/);
    const { rows } = await world.pool.query(
      `SELECT d.explanation->>'outcome' AS outcome, t.status FROM discrepancy d
       JOIN key_trace t USING (replay_id, key) WHERE replay_id = $1`,
      [replayId],
    );
    expect(rows).toEqual([{ outcome: 'one', status: 'ready' }]);
  });

  it('finishes without a comparison where a connection has no address or a table may not be read, and says so before', async () => {
    const topic = await world.topic(1);
    const shelf = / {4}shelf: postgresState[\s\S]*?\n {4}}\),\n/;
    const edited = (one: string) =>
      one.replace('shelf:', 'elsewhere:').replace("connection: 'shop'", "connection: 'nowhere'") +
      one.replace('shelf:', 'locked:').replace("table: 'shelf'", "table: 'locked_shelf'");
    await world.contract('tally', topic, (source) => source.replace(shelf, edited));
    await world.pool.query(
      'CREATE TABLE locked_shelf (LIKE shelf INCLUDING ALL); REVOKE ALL ON locked_shelf FROM PUBLIC',
    );
    await world.pool.query(`REVOKE SELECT ON locked_shelf FROM ${world.reader}`);
    await world.produce(topic, added(10));
    await projectShelf(world.pool, [], await world.admin.fetchTopicOffsets(topic));
    const { warnings } = await world.commands.previewPlan('tally', { kind: 'all' });
    expect(warnings).toContainEqual(
      expect.stringMatching(/elsewhere can't be read now.*REPRISE_CONNECTION_NOWHERE/),
    );
    expect(warnings).toContainEqual(expect.stringMatching(/locked can't be read now.*SELECT/));
    const { replayId } = await world.launch('tally');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'not-compared',
    });
    const { rows } = await world.pool.query(
      `SELECT outcome, result->>'problem' AS why FROM replay_comparison WHERE replay_id = $1 ORDER BY derived_state`,
      [replayId],
    );
    expect(rows).toEqual([
      { outcome: 'could-not-compare', why: expect.stringContaining('REPRISE_CONNECTION_NOWHERE') },
      { outcome: 'could-not-compare', why: expect.stringContaining('SELECT') },
    ]);
  });

  it('holds a plan that needs approvals back, and runs nothing', async () => {
    const topic = await world.topic(1);
    await world.contract('tally', topic, (source) =>
      source.replace("authors: ['rosa'],", "authors: ['rosa'],\n  approvals: { replay: 1 },"),
    );
    await world.produce(topic, added(10));
    const launched = await world.launch('tally');
    expect(launched.status).toBe('awaiting-approval');
    await world.commands.cancel(launched.replayId, 'operator', 'nobody approves it');
    expect(await world.ended(launched.replayId)).toMatchObject({
      status: 'cancelled',
      counters: expect.objectContaining({ applied: 0 }),
    });
  });
});

describe('a comparison that history or the contract leaves open', () => {
  async function comparisonOf(replayId: string) {
    const { predicate } = await evidence(replayId);
    const { rows } = await world.pool.query<{ why: string | null }>(
      `SELECT result->>'problem' AS why FROM replay_comparison WHERE replay_id = $1`,
      [replayId],
    );
    return {
      shelf: predicate.comparisons[0],
      proves: predicate.does_not_prove.join('\n'),
      why: rows[0]?.why,
    };
  }
  const upTo = (to: string) => ({
    scope: { kind: 'offsets' as const, ranges: [{ partition: 0, from: '0', to }] },
  });

  it('calls nothing equal where events beyond the plan could not be folded, and says how many', async () => {
    const topic = await world.topic(1);
    const odd = { ...(added(1, 40)[0] as Tally), type: 'NobodyKnows' };
    await world.produce(topic, [...added(40), odd, odd, ...added(20, 41)]);
    const known = [...added(40), ...added(20, 41)];
    await projectShelf(world.pool, known, [{ partition: 0, offset: '62' }]);
    const agreeing = await world.launch('tally', upTo('20'));
    expect(await world.ended(agreeing.replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'not-compared',
    });
    const open = await comparisonOf(agreeing.replayId);
    expect(open.shelf).toMatchObject({ outcome: 'could-not-compare', keys: 20, equal: 20 });
    expect(open.shelf.layerDoubts).toEqual({ quarantined: 2 });
    expect(open.why).toMatch(/2 records could not be folded.*20 keys agree/);
    expect(open.proves).toMatch(/beyond the plan's end.*2 records could not be folded/);

    await projectShelf(world.pool, added(40), [{ partition: 0, offset: '62' }]);
    const differing = await world.launch('tally', upTo('20'));
    expect(await world.ended(differing.replayId)).toMatchObject({ agreement: 'different' });
    expect((await comparisonOf(differing.replayId)).proves).toMatch(/2 records could not be folded/);
  });

  it('says how many rows it could not tell from those of partitions outside the scope', async () => {
    const topic = await world.topic(2);
    await world.contract('tally', topic, (source) =>
      source.replace("partitioner: 'murmur2'", "partitioner: 'none'"),
    );
    const of = (partition: number) =>
      added(10, 10 * partition).map((each) => ({ ...each, key: `${partition}-${each.key}`, partition }));
    await world.produce(topic, [...of(0), ...of(1)]);
    await projectShelf(world.pool, [...of(0), ...of(1)], await world.admin.fetchTopicOffsets(topic));
    await world.pool.query(`INSERT INTO shelf VALUES ('ghost', 1)`);
    const part = await world.launch('tally', { scope: { kind: 'partitions', partitions: [0] } });
    expect(await world.ended(part.replayId)).toMatchObject({ status: 'finished', agreement: 'equal' });
    const found = await comparisonOf(part.replayId);
    expect(found.shelf).toMatchObject({ keys: 10, equal: 10, extra: 0, unplaced: 11 });
    expect(found.why).toMatch(/11 rows of shelf were not compared/);
    expect(found.proves).toMatch(/no rows too many: 11 rows/);

    const whole = await world.launch('tally');
    expect(await world.ended(whole.replayId)).toMatchObject({ agreement: 'different' });
    const all = await comparisonOf(whole.replayId);
    expect(all.shelf).toMatchObject({ keys: 21, extra: 1 });
    expect(all.shelf).not.toHaveProperty('unplaced');
    expect(all.why).toBeNull();
  });

  it('compares nothing where the topic has got more partitions since it was planned, and says so', async () => {
    const topic = await world.topic(1);
    await world.produce(topic, added(400));
    const { replayId } = await world.launch('tally', { rateLimit: 200 });
    await world.until(replayId, ['folding']);
    await world.commands.pause(replayId, 'operator');
    await world.until(replayId, ['paused']);
    await world.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await world.producerFor(topic, 3);
    const fresh = Array.from({ length: 6 }, (_, i) => ({
      id: `fresh-${i}`,
      key: `fresh-${i}`,
      value: { amount: 1 },
      partition: i % 3,
    }));
    await world.produce(topic, fresh);
    await projectShelf(world.pool, [...added(400), ...fresh], await world.admin.fetchTopicOffsets(topic));
    await world.commands.resume(replayId, 'operator');
    expect(await world.ended(replayId)).toMatchObject({
      status: 'finished',
      confidence: 'trusted',
      agreement: 'not-compared',
    });
    const open = await comparisonOf(replayId);
    expect(open.shelf).toMatchObject({ outcome: 'could-not-compare', keys: 0, extra: 0 });
    expect(open.why).toMatch(/had 1 partition when this replay was planned and has 3 now/);
  });

  it('takes no row for one too many whose events may stand in a partition that was not read', async () => {
    const grown = await world.topic(1);
    await world.produce(grown, added(20));
    await world.admin.createPartitions({ topicPartitions: [{ topic: grown, count: 2 }] });
    await world.producerFor(grown, 2);
    const fresh = [{ id: 'fresh', key: 'fresh', value: { amount: 1 }, partition: 1 }];
    await world.produce(grown, fresh);
    await projectShelf(world.pool, [...added(20), ...fresh], await world.admin.fetchTopicOffsets(grown));
    const newOnly = await world.launch('tally', { scope: { kind: 'partitions', partitions: [1] } });
    expect(await world.ended(newOnly.replayId)).toMatchObject({ status: 'finished', agreement: 'equal' });
    const { shelf } = await comparisonOf(newOnly.replayId);
    expect(shelf).toMatchObject({ keys: 1, extra: 0 });
    // By murmur2 over two partitions about half of the older keys belong in the new one.
    expect(shelf.unplaced).toBeGreaterThan(0);
    expect(shelf.unplaced).toBeLessThan(20);

    const several = await world.topic(2);
    await world.contract('tally', several, (source) =>
      source.replace("partitioner: 'murmur2'", "partitioner: 'single'"),
    );
    const of = (partition: number) => ({
      id: `s${partition}`,
      key: `k${partition}`,
      value: { amount: 1 },
      partition,
    });
    await world.producerFor(several, 2);
    await world.produce(several, [of(0), of(1)]);
    await projectShelf(world.pool, [of(0), of(1)], await world.admin.fetchTopicOffsets(several));
    const part = await world.launch('tally', { scope: { kind: 'partitions', partitions: [0] } });
    expect(await world.ended(part.replayId)).toMatchObject({ status: 'finished', agreement: 'equal' });
    expect((await comparisonOf(part.replayId)).shelf).toMatchObject({ keys: 1, extra: 0, unplaced: 1 });
  });
});
