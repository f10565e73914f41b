import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { HistoryReader, ReadRange } from '../../application/ports/history.ts';
import { type BrokerUnderTest, collect, connect } from '../kafka/broker-under-test.ts';
import { archiveReader, openArchive } from './archive-reader.ts';
import { openArchives } from './archive-store.ts';
import { withArchive } from './with-archive.ts';
import { continuationOf, type WriteArchive, writeArchive } from './write-archive.ts';

const brokers = inject('kafkaBrokers');

describe.runIf(brokers !== '')('an archive of a topic', () => {
  let broker: BrokerUnderTest;
  let dir: string;
  let topic: string;
  let log: HistoryReader;
  beforeAll(async () => {
    broker = await connect(brokers);
  });
  afterAll(() => broker?.close());
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'reprise-archive-'));
    topic = await broker.topic(2);
    log = await broker.open(topic);
    return () => rm(dir, { recursive: true, force: true });
  });

  const NAME = 'inventory';
  const signal = new AbortController().signal;
  const manifestOf = async () => JSON.parse(await readFile(join(dir, NAME, 'manifest.json'), 'utf8'));
  const filesOf = async () => (await readdir(join(dir, NAME))).sort();
  const reachNow = async () => (await openArchive(dir, NAME).catch(() => null))?.reach ?? [];

  async function write(change: Partial<WriteArchive> = {}) {
    const state = await log.describe();
    return writeArchive({
      reader: log,
      ranges: continuationOf(state, await reachNow()),
      dir,
      name: NAME,
      identity: state.identity,
      compression: 'zstd',
      now: new Date('2026-03-01T10:00:00Z'),
      signal,
      ...change,
    });
  }
  /** What retention does, by hand. */
  async function truncate(partition: number, offset: number) {
    // kafkajs looks for the leader before it has asked for the topic; asking for offsets makes it known.
    await broker.admin.fetchTopicOffsets(topic);
    await broker.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  }
  const backed = async () => withArchive(log, await openArchive(dir, NAME));
  const read = async (reader: HistoryReader, ranges: readonly ReadRange[]) => collect(reader, ranges);
  const whole = (to: number): ReadRange[] => [{ partition: 0, from: 0n, to: BigInt(to) }];

  it.each(['zstd', 'gzip'] as const)(
    'holds with %s every record of it, byte for byte',
    async (compression) => {
      await broker.producer.send({
        topic,
        messages: [
          { partition: 0, key: 'a', value: 'ü', headers: { trace: 'x', ['__proto__']: 'y' } },
          { partition: 0, key: null, value: null },
          { partition: 0, key: '', value: '' },
        ],
      });
      await broker.write(topic, 1, 500);
      const written = await write({ compression });
      expect(written).toMatchObject({
        records: 503,
        segments: 2,
        reach: [
          { partition: 0, from: 0n, to: 3n },
          { partition: 1, from: 0n, to: 500n },
        ],
      });
      const [fromLog, fromArchive] = [
        await collect(log),
        await collect(archiveReader(await openArchive(dir, NAME))),
      ];
      expect(plain(fromArchive.records)).toEqual(plain(fromLog.records));
      expect((await manifestOf()).segments[0]).toMatchObject({
        records: 3,
        writtenAt: '2026-03-01T10:00:00.000Z',
      });
    },
  );

  it('tells absent offsets with their causes, as the topic did', async () => {
    await broker.transaction(topic, 0, ['a', 'b'], 'commit');
    await broker.transaction(topic, 0, ['c'], 'abort');
    await broker.transaction(topic, 0, ['d'], 'commit');
    await write();
    const [fromLog, fromArchive] = [
      await collect(log),
      await collect(archiveReader(await openArchive(dir, NAME))),
    ];
    expect(spread(fromArchive.absences.get(0))).toEqual(spread(fromLog.absences.get(0)));
    expect(fromArchive.values.get(0)).toEqual(['a', 'b', 'd']);
    expect((await manifestOf()).segments[0].absent).toMatchObject({ aborted: 1, missing: 0 });
  });

  it('goes on where it ended, in segments of a bounded size, and is read in any part', async () => {
    await broker.write(topic, 0, 300);
    await write({ segmentBytes: 1 });
    await broker.write(topic, 0, 200, 300);
    expect(await write({ compression: 'gzip' })).toMatchObject({ records: 200, segments: 1 });
    expect(await write()).toMatchObject({ records: 0, segments: 0 });
    const reader = archiveReader(await openArchive(dir, NAME));
    const all = Array.from({ length: 500 }, (_, i) => `{"event_id":"v${i}"}`);
    expect((await read(reader, whole(500))).values.get(0)).toEqual(all);
    const part = await read(reader, [{ partition: 0, from: 290n, to: 310n }]);
    expect(part.values.get(0)).toEqual(all.slice(290, 310));
    const { records } = await read(reader, [{ partition: 0, from: 499n, to: 500n }]);
    const later = Number(records.get(0)?.[0]?.timestampMs);
    expect(await reader.offsetsAt(later + 1)).toEqual([{ partition: 0, offset: 500n }]);
    expect(await reader.offsetsAt(0)).toEqual([{ partition: 0, offset: 0n }]);
  });

  it('refuses an overlap, a hole and another topic, and stays as it was', async () => {
    await broker.write(topic, 0, 10);
    await write({ ranges: whole(5) });
    const before = await manifestOf();
    const range = (from: bigint) => ({ ranges: [{ partition: 0, from, to: 10n }] });
    await expect(write(range(4n))).rejects.toThrow('would overlap');
    await expect(write(range(6n))).rejects.toThrow('would leave a hole');
    await expect(write({ ...range(5n), identity: 'another' })).rejects.toMatchObject({
      code: 'history-recreated',
    });
    await expect(write({ name: '../elsewhere' })).rejects.toMatchObject({ code: 'input-invalid' });
    await truncate(0, 8);
    await expect(write()).rejects.toMatchObject({ code: 'history-truncated', where: `${topic}/0@5-8` });
    expect(await manifestOf()).toEqual(before);
    expect(await filesOf()).toEqual(['00000-00000000000000000000.ndjson.zst', 'manifest.json']);
  });

  it('loses nothing to a writer that is interrupted, and lets no second one in', async () => {
    await broker.write(topic, 0, 100);
    const stop = new AbortController();
    const interrupted: HistoryReader = {
      ...log,
      read: (ranges, options, onBatch) =>
        log.read(ranges, options, async (batch) => {
          await onBatch(batch);
          await expect(write()).rejects.toThrow('is writing this archive');
          stop.abort(new Error('interrupted'));
          stop.signal.throwIfAborted();
        }),
    };
    await expect(write({ reader: interrupted, segmentBytes: 1, signal: stop.signal })).rejects.toThrow(
      'interrupted',
    );
    await writeFile(join(dir, NAME, '.writing'), `99999999 ${hostname()}`);
    await write();
    expect((await read(archiveReader(await openArchive(dir, NAME)), whole(100))).values.get(0)).toHaveLength(
      100,
    );
    expect((await filesOf()).filter((file) => file.startsWith('.'))).toEqual([]);
  });

  /** A log of which the broker says nothing from `from` to `to`. */
  const losing = (from: number, to: number): HistoryReader => ({
    ...log,
    read: (ranges, options, onBatch) =>
      log.read(ranges, options, (batch) =>
        onBatch(
          batch.partition !== 0
            ? batch
            : {
                ...batch,
                records: batch.records.filter(({ offset }) => offset < from || offset >= to),
                absences: [{ from, to, cause: 'missing' as const }],
              },
        ),
      ),
  });

  it('is not written past offsets that are missing, up to which it is kept, and other partitions to their end', async () => {
    await broker.write(topic, 0, 100);
    await broker.write(topic, 1, 100);
    await expect(write({ reader: losing(40, 50) })).rejects.toMatchObject({
      code: 'history-missing',
      where: `${topic}/0@40-50`,
      message: expect.stringContaining('[40, 50)'),
    });
    expect(await reachNow()).toEqual([
      { partition: 0, from: 0n, to: 40n },
      { partition: 1, from: 0n, to: 100n },
    ]);
    await write();
    expect((await read(archiveReader(await openArchive(dir, NAME)), whole(100))).values.get(0)).toHaveLength(
      100,
    );
  });

  it('says what it added by cause, and is told where it holds what is missing', async () => {
    await broker.transaction(topic, 0, ['a', 'b'], 'abort');
    expect(await write()).toMatchObject({
      records: 0,
      absent: { aborted: 2, control: 1, compacted: 0, missing: 0 },
    });
    const manifest = await manifestOf();
    manifest.segments[0].absent = { aborted: 0, control: 1, compacted: 0, missing: 2 };
    await writeFile(join(dir, NAME, 'manifest.json'), JSON.stringify(manifest));
    const [check] = await archiveReader(await openArchive(dir, NAME)).readiness();
    expect(check).toMatchObject({
      outcome: 'warning',
      found: expect.stringContaining('2 offsets of partition 0 are missing in it'),
    });
  });

  describe('that is made longer from a log that was cut off and has grown again under the same id', () => {
    /** As after an unclean leader election: from `from` on the log holds other records. */
    const regrown = (from: number): HistoryReader => ({
      ...log,
      read: (ranges, options, onBatch) =>
        log.read(ranges, options, (batch) =>
          onBatch({
            ...batch,
            records: batch.records.map((record) =>
              record.offset < from
                ? record
                : {
                    offset: record.offset,
                    timestampMs: record.timestampMs,
                    key: record.key,
                    value: Buffer.from('other'),
                    headers: record.headers,
                  },
            ),
          }),
        ),
    });
    beforeEach(async () => {
      await broker.write(topic, 0, 100);
      await write();
      await broker.write(topic, 0, 20, 100);
    });

    it('is refused where its last records are not those of the log any more', async () => {
      const before = await manifestOf();
      await expect(write({ reader: regrown(95) })).rejects.toMatchObject({
        code: 'archive-seam-broken',
        where: `${topic}/0@95`,
      });
      expect(await manifestOf()).toEqual(before);
      expect(await write()).toMatchObject({ records: 20 });
    });

    it('is refused where the log ends before it', async () => {
      const state = await log.describe();
      const cut = {
        ...state,
        partitions: state.partitions.map((each) =>
          each.partition === 0 ? { ...each, lastStable: '90', highWatermark: '90' } : each,
        ),
      };
      const reader = { ...log, describe: async () => cut };
      await expect(write({ reader, ranges: continuationOf(cut, await reachNow()) })).rejects.toMatchObject({
        code: 'archive-seam-broken',
        where: `${topic}/0@90`,
      });
    });

    it('is made longer where the log holds nothing of it any more', async () => {
      await truncate(0, 100);
      expect(await write()).toMatchObject({ records: 20 });
    });
  });

  describe('whose files were damaged', () => {
    const file = '00000-00000000000000000000.ndjson.gz';
    const path = () => join(dir, NAME, file);
    const refused = async () => {
      const reader = archiveReader(await openArchive(dir, NAME));
      return read(reader, whole(50)).then(
        () => 'read',
        (error: { code: string; where: string; message: string }) => `${error.code}: ${error.message}`,
      );
    };
    /** Rewrites the segment with lines changed and digests that fit, as somebody would who means it. */
    async function forge(change: (lines: string[]) => string[]) {
      const lines = gunzipSync(await readFile(path()))
        .toString()
        .split('\n');
      const text = Buffer.from(change(lines).join('\n'));
      const packed = gzipSync(text);
      await writeFile(path(), packed);
      const manifest = await manifestOf();
      const digest = (data: Buffer) => ({
        bytes: data.length,
        sha256: createHash('sha256').update(data).digest('hex'),
      });
      manifest.segments[0].compressed = digest(packed);
      manifest.segments[0].uncompressed = digest(text);
      await writeFile(join(dir, NAME, 'manifest.json'), JSON.stringify(manifest));
    }
    beforeEach(async () => {
      await broker.write(topic, 0, 50);
      await write({ compression: 'gzip' });
    });

    it('is refused for a digest that does not fit, a file cut short, and one that is gone', async () => {
      const bytes = await readFile(path());
      const changed = Buffer.from(bytes);
      changed[20] = (changed[20] ?? 0) ^ 1;
      await writeFile(path(), changed);
      expect(await refused()).toMatch(new RegExp(`^archive-invalid: .*${file}: its SHA-256 is`));
      await writeFile(path(), bytes.subarray(0, 30));
      expect(await refused()).toContain('it has 30 bytes where');
      await rm(path());
      expect(await refused()).toContain('ENOENT');
      const [check] = await archiveReader(await openArchive(dir, NAME)).readiness();
      expect(check).toMatchObject({ outcome: 'failed', found: expect.stringContaining(file) });
    });

    it('is refused for garbage, at its line', async () => {
      await forge((lines) => lines.with(2, 'garbage'));
      expect(await refused()).toContain(`${file}, line 3: `);
    });

    it('is refused for an offset that is missing, at its line', async () => {
      await forge((lines) => lines.toSpliced(10, 1));
      expect(await refused()).toContain(`${file}, line 11: offset 11 where 10 is due`);
    });

    it('is refused for records that are missing at the end', async () => {
      await forge((lines) => lines.toSpliced(49, 1));
      expect(await refused()).toContain('49 records up to offset 49');
    });

    it('is refused for a manifest that is none, or leaves a hole, or names another folder', async () => {
      const manifest = await manifestOf();
      const [segment] = manifest.segments;
      const put = (value: unknown) => writeFile(join(dir, NAME, 'manifest.json'), JSON.stringify(value));
      const invalid = (words: string) =>
        expect(openArchive(dir, NAME)).rejects.toMatchObject({
          code: 'archive-invalid',
          message: expect.stringContaining(words),
        });
      await put({ ...manifest, segments: [{ ...segment, file: '../../etc/passwd' }] });
      await invalid('segments.0.file');
      await put({ ...manifest, segments: [segment, { ...segment, from: '60', to: '70' }] });
      await invalid('after one that ends at 50');
      await put({ ...manifest, extra: 1 });
      await invalid('manifest.json');
      await writeFile(join(dir, NAME, 'manifest.json'), '{"format":');
      await invalid('it is not JSON');
      await expect(openArchive(dir, 'none')).rejects.toThrow('there is no archive');
    });
  });

  describe('as the beginning of a topic that retention has truncated', () => {
    beforeEach(async () => {
      await broker.write(topic, 0, 100);
      await broker.write(topic, 1, 10);
    });
    const all = (count: number) => Array.from({ length: count }, (_, i) => `{"event_id":"v${i}"}`);

    it('is told by readiness where it is named and not there: a warning at first, and failed once records are gone', async () => {
      const check = async () => {
        const reader = await openArchives(dir).continueBackwards(log, NAME);
        return (await reader.readiness()).find((each) => each.name === `Archive ${NAME} is there`);
      };
      expect(await check()).toMatchObject({ outcome: 'warning', found: expect.stringContaining(dir) });
      await truncate(0, 2);
      expect(await check()).toMatchObject({
        outcome: 'failed',
        remedy: expect.stringContaining('Bring the files'),
      });
    });

    it('is read on into the log, every offset once', async () => {
      await write();
      await truncate(0, 60);
      await broker.write(topic, 0, 20, 100);
      const reader = await backed();
      expect((await reader.describe()).partitions[0]).toMatchObject({ logStart: '60' });
      expect(await reader.archiveReach()).toContainEqual({ partition: 0, from: 0n, to: 100n });
      expect(reader.seamOf(0)).toBeNull();
      const found = await read(reader, [...whole(120), { partition: 1, from: 0n, to: 10n }]);
      expect(found.values.get(0)).toEqual(all(120));
      expect(found.values.get(1)).toEqual(all(10));
      expect(reader.seamOf(0)).toMatchObject({ from: 60n, to: 100n, events: 40 });
      expect(reader.seamOf(1)).toBeNull();
      expect((await reader.offsetsAt(0)).find((each) => each.partition === 0)).toEqual({
        partition: 0,
        offset: 0n,
      });
      const checks = (await reader.readiness()).filter((check) => check.name.startsWith('Archive'));
      expect(checks.map((check) => check.outcome)).toEqual(['passed', 'passed']);
    });

    it('may end exactly where the log begins', async () => {
      await write({ ranges: whole(60) });
      await truncate(0, 60);
      const reader = await backed();
      expect((await read(reader, whole(100))).values.get(0)).toEqual(all(100));
      const check = (await reader.readiness()).find((each) => each.name.endsWith('continues into its log'));
      expect(check).toMatchObject({
        outcome: 'warning',
        found: expect.stringMatching(/Partition 0: .*share no offset/),
      });
    });

    it('is compared with the whole of what the log holds too, and not with its beginning alone', async () => {
      await broker.write(topic, 0, 5_000, 100);
      const changed: HistoryReader = {
        ...log,
        read: (ranges, options, onBatch) =>
          log.read(ranges, options, (batch) =>
            onBatch({
              ...batch,
              records: batch.records.map((record) =>
                record.offset === 4_321
                  ? { ...record, key: record.key, value: Buffer.from('{"event_id":"other"}') }
                  : record,
              ),
            }),
          ),
      };
      await write({ reader: changed });
      await truncate(0, 60);
      await expect(read(await backed(), whole(5_100))).rejects.toMatchObject({
        code: 'archive-seam-broken',
        where: `${topic}/0@4321`,
        message: expect.stringContaining('values differ'),
      });
    });

    it('is refused where a hole lies between, with the exact range', async () => {
      await write({ ranges: whole(60) });
      await truncate(0, 70);
      const reader = await backed();
      await expect(read(reader, whole(100))).rejects.toMatchObject({
        code: 'history-truncated',
        where: `${topic}/0@60-70`,
      });
      expect(await reader.archiveReach()).toEqual([]);
      const check = (await reader.readiness()).find((each) => each.name.endsWith('continues into its log'));
      expect(check).toMatchObject({ outcome: 'failed', found: expect.stringContaining('[60, 70)') });
      expect((await read(reader, whole(60))).values.get(0)).toEqual(all(60));
    });

    it('is refused where it begins too late', async () => {
      await write({ ranges: [{ partition: 0, from: 20n, to: 80n }] });
      await truncate(0, 60);
      await expect(read(await backed(), whole(100))).rejects.toMatchObject({ where: `${topic}/0@0-20` });
    });

    /** Another topic under this one's name and id: what a forged or mixed-up archive would be written from. */
    async function disguised(count: number): Promise<HistoryReader> {
      const twin = await broker.topic(2);
      await broker.write(twin, 0, count);
      const other = await broker.open(twin);
      const own = await other.describe();
      const { identity } = await log.describe();
      return {
        ...other,
        describe: async () => ({ ...own, identity, name: topic }),
        read: (ranges, options, onBatch) =>
          other.read(ranges, { ...options, identity: own.identity }, onBatch),
      };
    }

    it('is refused where archive and log differ at the seam, though only in a timestamp', async () => {
      await write({ reader: await disguised(100), ranges: whole(100) });
      await truncate(0, 60);
      await expect(read(await backed(), whole(100))).rejects.toMatchObject({
        code: 'archive-seam-broken',
        where: `${topic}/0@60`,
        message: expect.stringContaining('timestamps differ'),
      });
    });

    it('is refused where the archive goes on beyond the end of the log', async () => {
      await write({ reader: await disguised(120), ranges: whole(120) });
      await truncate(0, 60);
      await expect(read(await backed(), whole(100))).rejects.toMatchObject({
        code: 'archive-seam-broken',
        where: `${topic}/0@100`,
      });
    });

    it('is refused where the topic was made again under its name', async () => {
      await write();
      await broker.admin.deleteTopics({ topics: [topic] });
      await broker.admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
      const hasLeaders = async () => {
        const [made] = (await broker.admin.fetchTopicMetadata({ topics: [topic] })).topics;
        return made?.partitions.length === 2 && made.partitions.every(({ leader }) => leader >= 0);
      };
      await expect.poll(() => hasLeaders().catch(() => false), { timeout: 20_000 }).toBe(true);
      await broker.write(topic, 0, 100);
      await truncate(0, 60);
      log = await broker.open(topic);
      const reader = await backed();
      await expect(read(reader, whole(100))).rejects.toMatchObject({ code: 'history-recreated' });
      expect(await reader.archiveReach()).toEqual([]);
    });

    it('is compared from the new log start on where retention overtakes a comparison', async () => {
      await broker.write(topic, 1, 5_000, 10);
      await write();
      await truncate(0, 60);
      await truncate(1, 1_000);
      let deleted = false;
      const overtaken: HistoryReader = {
        ...log,
        read: async (ranges, options, onBatch) => {
          if (!deleted && ranges.some(({ partition }) => partition === 1)) {
            deleted = true;
            await truncate(1, 3_000);
          }
          return log.read(ranges, options, onBatch);
        },
      };
      const reader = withArchive(overtaken, await openArchive(dir, NAME));
      const found = await read(reader, [...whole(100), { partition: 1, from: 0n, to: 5_010n }]);
      expect(deleted).toBe(true);
      expect(found.values.get(1)).toEqual(all(5_010));
      expect(reader.seamOf(1)).toMatchObject({ from: 3_000n, to: 5_010n, events: 2_010 });
    });

    it('names what neither holds where retention overtakes a comparison and the archive’s end', async () => {
      await write();
      await broker.write(topic, 0, 100, 100);
      await truncate(0, 60);
      let deleted = false;
      const overtaken: HistoryReader = {
        ...log,
        read: async (ranges, options, onBatch) => {
          if (!deleted) await truncate(0, 150);
          deleted = true;
          return log.read(ranges, options, onBatch);
        },
      };
      const reader = withArchive(overtaken, await openArchive(dir, NAME));
      await expect(read(reader, whole(200))).rejects.toMatchObject({
        code: 'history-truncated',
        where: `${topic}/0@100-150`,
      });
    });

    it('takes over where retention overtakes a replay that reads', async () => {
      await broker.write(topic, 0, 5_000, 100);
      await write();
      let deleted = false;
      const overtaken: HistoryReader = {
        ...log,
        read: async (ranges, options, onBatch) => {
          if (!deleted && options.signal === signal) {
            deleted = true;
            await truncate(0, 3_000);
          }
          return log.read(ranges, options, onBatch);
        },
      };
      const values: number[] = [];
      const reader = withArchive(overtaken, await openArchive(dir, NAME));
      const { identity } = await log.describe();
      await reader.read(whole(5_100), { identity, visibleBefore: null, signal }, async (batch) => {
        values.push(...batch.records.map((record) => record.offset));
      });
      expect(deleted).toBe(true);
      expect(values).toEqual(Array.from({ length: 5_100 }, (_, i) => i));
    });
  });
});

type Records = Awaited<ReturnType<typeof collect>>['records'];
function plain(records: Records) {
  const text = (bytes: Uint8Array | string | null | undefined) =>
    typeof bytes === 'object' && bytes !== null ? Buffer.from(bytes).toString('hex') : (bytes ?? null);
  return [...records]
    .sort(([a], [b]) => a - b)
    .map(([partition, list]) => [
      partition,
      list.map((record) => ({
        offset: record.offset,
        timestampMs: record.timestampMs,
        key: text(record.key),
        value: text(record.value),
        headers: Object.entries(record.headers ?? {}).map(([name, value]) => [name, text(value)]),
      })),
    ]);
}
function spread(
  absences: Awaited<ReturnType<typeof collect>>['absences'] extends ReadonlyMap<number, infer A>
    ? A | undefined
    : never,
) {
  return (absences ?? []).flatMap(({ from, to, cause }) =>
    Array.from({ length: to - from }, (_, i) => `${from + i} ${cause}`),
  );
}
