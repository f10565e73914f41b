import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningRegistry, startRegistry, whyNoRegistry } from '../../demo/infra/registry.ts';
import {
  expectedCounters,
  parcelStates,
  parcelsInTwoPartitions,
  partitionsAfter,
  partitionsBefore,
  redelivered,
  unreadableFacts,
  writeParcelStory,
} from '../../demo/testing/parcel-story.ts';
import { openParcelTopic, type ParcelTopic } from '../../demo/testing/parcel-topic.ts';
import {
  eventually,
  openReplayWorld,
  type ReplayWorld,
  type WorkerProcess,
} from '../../demo/testing/replay-world.ts';

const absent = inject('kafkaBrokers') === '' ? 'no broker' : whyNoRegistry();
if (absent !== null) process.stdout.write(`NOT RUN: a replay of Avro in zstd and transactions: ${absent}.\n`);

const trackingTables = `
  CREATE TABLE tracking (parcel text PRIMARY KEY, scans int NOT NULL, grams int NOT NULL, depot text);
  CREATE TABLE tracking_position (partition int PRIMARY KEY, next_offset bigint NOT NULL)`;

describe.runIf(absent === null)(
  'a topic of Avro in zstd, with transactions and more partitions than it began with',
  () => {
    let registry: RunningRegistry;
    let world: ReplayWorld;
    let topic: ParcelTopic;
    let workers: readonly [WorkerProcess, WorkerProcess];
    let undisturbed: Awaited<ReturnType<typeof resultOf>>;

    beforeAll(async () => {
      registry = await startRegistry({
        stateDir: resolve('.reprise/test/registry-second-topic'),
        log: console.log,
      });
      world = await openReplayWorld({
        databaseUrl: inject('databaseUrl'),
        kafkaBrokers: inject('kafkaBrokers'),
        registryUrl: registry.url,
      });
      await world.pool.query(trackingTables);
      const name = await world.topic(partitionsBefore, 'parcels');
      topic = await openParcelTopic({
        brokers: inject('kafkaBrokers'),
        registryUrl: registry.url,
        topic: name,
        partitions: partitionsBefore,
      });
      workers = [world.startWorker(1), world.startWorker(1)];
      await writeParcelStory(topic, () => raise(partitionsAfter));
      await untilWhole();
      await project();
      await untilWorkers(2);
    }, 400_000);
    afterAll(async () => {
      await topic?.close();
      await world?.close();
      await registry?.stop();
    });

    async function raise(count: number): Promise<void> {
      await world.admin.createPartitions({ topicPartitions: [{ topic: topic.topic, count }] });
      await world.producerFor(topic.topic, count);
    }

    /** Markers are written behind a commit: until the last one stands, its transaction is not yet history. */
    async function untilWhole(): Promise<void> {
      const expected = topic.ends().map(({ partition, end }) => ({ partition, offset: String(end) }));
      await eventually('every marker to stand in the log', 20_000, async () => {
        const seen = (await world.admin.fetchTopicOffsets(topic.topic))
          .map(({ partition, offset }) => ({ partition, offset }))
          .toSorted((a, b) => a.partition - b.partition);
        return { done: JSON.stringify(seen) === JSON.stringify(expected), value: seen, seen };
      });
    }

    /** Puts the read model where a consumer would have: right behind the last committed record, before aborted tails. */
    async function project(): Promise<void> {
      const states = [...parcelStates(topic)];
      const ends = new Map<number, number>();
      for (const { partition, offset, ending } of topic.written)
        if (ending === 'commit') ends.set(partition, offset + 1);
      await world.pool.query('TRUNCATE tracking, tracking_position');
      await world.pool.query(
        'INSERT INTO tracking SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::text[])',
        [
          states.map(([parcel]) => parcel),
          states.map(([, state]) => state.scans),
          states.map(([, state]) => state.grams),
          states.map(([, state]) => state.depot),
        ],
      );
      await world.pool.query('INSERT INTO tracking_position SELECT * FROM unnest($1::int[], $2::bigint[])', [
        [...ends.keys()],
        [...ends.values()],
      ]);
    }

    async function untilWorkers(count: number): Promise<void> {
      await eventually(`${count} workers to be there`, 60_000, async () => {
        const { rows } = await world.pool.query('SELECT id FROM worker');
        return { done: rows.length >= count, value: rows, seen: rows };
      });
    }

    async function resultOf(replayId: string) {
      const row = await world.ended(replayId);
      expect(row).toMatchObject({ status: 'finished', failure: null });
      const { counters, shadow_digest, history_digest, confidence, confidence_reasons, agreement } = row;
      const counts = await world.pool.query(
        'SELECT partition, kind, count::int FROM replay_finding_count WHERE replay_id = $1 ORDER BY partition, kind',
        [replayId],
      );
      const diff = await world.pool.query(
        `SELECT result->>'diffDigest' AS digest FROM replay_comparison WHERE replay_id = $1`,
        [replayId],
      );
      return {
        counters,
        shadow_digest,
        history_digest,
        confidence,
        confidence_reasons,
        agreement,
        findings: counts.rows,
        diff: diff.rows,
      };
    }

    type Place = { readonly partition: number; readonly offset: number; readonly key: string };
    async function placesOf(replayId: string, kind: string): Promise<Place[]> {
      const { rows } = await world.pool.query<Place>(
        `SELECT partition, "offset"::int AS offset, key FROM replay_finding WHERE replay_id = $1 AND kind = $2
       ORDER BY partition, "offset"`,
        [replayId, kind],
      );
      return rows;
    }

    type Held = {
      readonly partition: number;
      readonly status: string;
      readonly owner: string | null;
      readonly checkpoints: number;
      readonly taken: number;
    };
    async function held(replayId: string): Promise<readonly Held[]> {
      const { rows } = await world.pool.query<Held>(
        `SELECT partition, status, lease_owner AS owner, checkpoints, taken_over AS taken FROM replay_partition
       WHERE replay_id = $1 ORDER BY partition`,
        [replayId],
      );
      return rows;
    }
    const isHeldBy = ({ owner }: Held, worker: WorkerProcess) => owner?.includes(`:${worker.pid}:`) === true;

    /** The workers that held each partition until it was folded, as the leases say. One alone has folded it. */
    async function watchWorkers(replayId: string): Promise<readonly (readonly number[])[]> {
      const seen = new Map<number, Set<number>>();
      return eventually('every partition to be folded', 60_000, async () => {
        const partitions = await held(replayId);
        for (const partition of partitions) {
          for (const worker of workers) {
            if (!isHeldBy(partition, worker)) continue;
            seen.set(partition.partition, (seen.get(partition.partition) ?? new Set()).add(worker.pid));
          }
        }
        const value = [...seen.values()].map((pids) => [...pids]);
        return { done: partitions.every(({ status }) => status === 'folded'), value, seen: partitions };
      });
    }

    it('is folded by two workers, and every offset of it is accounted for', async () => {
      expect(topic.compressedBatches).toBeGreaterThan(100);
      const { replayId } = await world.launch('parcels', { rateLimit: 700 });
      const holders = await watchWorkers(replayId);
      for (const { pid } of workers) expect(holders).toContainEqual([pid]);

      undisturbed = await resultOf(replayId);
      const { counters } = undisturbed;
      expect(counters).toMatchObject(expectedCounters(topic));
      const { applied = 0, duplicates = 0, filtered = 0, quarantined = 0 } = counters ?? {};
      const { absentAborted = 0, absentControl = 0 } = counters ?? {};
      const offsets = topic.ends().reduce((sum, { end }) => sum + end, 0);
      expect(applied + duplicates + filtered + quarantined + absentAborted + absentControl).toBe(offsets);

      expect(undisturbed).toMatchObject({
        confidence: 'suspect',
        confidence_reasons: ['key-in-two-partitions'],
        agreement: 'equal',
      });
      const spread = await placesOf(replayId, 'key-in-two-partitions');
      expect(spread.map(({ key }) => key).toSorted()).toEqual(parcelsInTwoPartitions(topic).toSorted());
      const again = redelivered(topic).map(({ fact, partition, offset }) => ({
        partition,
        offset,
        key: fact.parcel,
      }));
      expect(await placesOf(replayId, 'duplicate')).toEqual(
        again.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset),
      );

      const { rows } = await world.pool.query<{ key: string; state: unknown }>(
        'SELECT key, state FROM shadow_state WHERE replay_id = $1',
        [replayId],
      );
      expect(new Map(rows.map(({ key, state }) => [key, state]))).toEqual(parcelStates(topic));
    });

    it('comes out the same when one worker is killed midway, and the partitions are raised again meanwhile', async () => {
      const [survivor, victim] = workers;
      // So slow that a partition has checkpoints before its last one: a thread folds one after the other.
      const { replayId } = await world.launch('parcels', { rateLimit: 150 });
      await eventually('both workers to be midway', 60_000, async () => {
        const partitions = await held(replayId);
        const isMidway = (worker: WorkerProcess) =>
          partitions.some((each) => isHeldBy(each, worker) && each.checkpoints > 0);
        return { done: isMidway(survivor) && isMidway(victim), value: null, seen: partitions };
      });
      await victim.kill();
      // The dead keep their leases until these run out.
      const left = (await held(replayId)).filter((each) => isHeldBy(each, victim));
      expect(left).not.toEqual([]);
      await raise(8);
      await topic.raised(8);
      await world.commands.setRateLimit(replayId, null, 'operator');
      expect(await resultOf(replayId)).toEqual(undisturbed);
      const taken = (await held(replayId)).filter((each) => each.taken > 0);
      expect(taken.map(({ partition }) => partition)).toEqual(
        expect.arrayContaining(left.map(({ partition }) => partition)),
      );
    });

    it('counts what the registry can not read apart, by reason, and is untrusted then', async () => {
      await topic.write(unreadableFacts(), 'commit');
      await topic.write(unreadableFacts(), 'abort');
      await untilWhole();
      await project();
      const { replayId } = await world.launch('parcels');
      const { counters, ...row } = await resultOf(replayId);
      expect(row).toMatchObject({
        confidence: 'untrusted',
        confidence_reasons: ['quarantined', 'key-in-two-partitions'],
        agreement: 'equal',
        shadow_digest: undisturbed.shadow_digest,
      });
      expect(await placesOf(replayId, 'undecodable')).toHaveLength(3);
      expect(await placesOf(replayId, 'unknown-version')).toHaveLength(1);
      expect(counters).toMatchObject(expectedCounters(topic));
      expect(counters).toMatchObject({ applied: undisturbed.counters?.applied, quarantined: 4 });
    });
  },
);
