import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { showEvidence } from '../../cli/reprise/evidence.ts';
import { exitCodes } from '../../cli/reprise/outcome.ts';
import type { CommandContext, World } from '../../cli/reprise/world.ts';
import { projectShelf, shelfTables } from '../../demo/testing/projector.ts';
import { openReplayWorld, type ReplayWorld, type Tally } from '../../demo/testing/replay-world.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { statementMaxBytes } from '../domain/evidence/index.ts';
import { readSettings } from '../env.ts';

const partitions = 400;
const poisonous = 3_000;

let world: ReplayWorld;
let dashboard: ReturnType<typeof composeDashboard>;

beforeAll(async () => {
  world = await openReplayWorld({ databaseUrl: inject('databaseUrl'), kafkaBrokers: inject('kafkaBrokers') });
  await world.pool.query(shelfTables);
  dashboard = composeDashboard(readSettings(world.env, resolve(import.meta.dirname, '../..')), 'test');
  world.startWorker(2);
});
afterAll(async () => {
  await dashboard.close();
  await world.close();
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What the command prints, with its exit code. */
async function shown(id: string, attachment?: string) {
  const out: string[] = [];
  const err: string[] = [];
  const context = {
    output: { bytes: (text: string) => out.push(text), err: (text: string) => err.push(text) },
  } as unknown as CommandContext;
  const opened = { queries: dashboard.queries } as unknown as World;
  const exit = await showEvidence(context, opened, id, { json: true, attachment });
  return { exit, out: out.join(''), err: err.join('\n') };
}

it('records many partitions and many findings within the bound, and keeps beside it what is too long', async () => {
  const topic = await world.topic(partitions);
  const events = Array.from(
    { length: partitions + poisonous },
    (_, at): Tally => ({
      id: `e${at}`,
      key: `item-${at}`,
      partition: at % partitions,
      value: at < partitions ? { amount: 1 } : '{not json',
    }),
  );
  await world.produce(topic, events);
  await projectShelf(world.pool, events.slice(0, partitions), await world.admin.fetchTopicOffsets(topic));
  const { replayId } = await world.launch('tally');
  const row = await world.ended(replayId);
  expect(row).toMatchObject({ status: 'finished', confidence: 'untrusted' });

  const { exit, out } = await shown(row.evidence_id ?? '');
  expect(exit).toBe(exitCodes.good);
  expect(Buffer.byteLength(out)).toBeLessThanOrEqual(statementMaxBytes);
  const { predicate } = JSON.parse(out);
  expect(predicate).toMatchObject({
    events_processed: partitions + poisonous,
    findings: { undecodable: poisonous },
    plan: { history: { partitionCount: partitions } },
  });
  const cut = predicate.attachments.find((each: { of: string }) => each.of === 'plan.ranges');
  expect(cut).toMatchObject({ count: partitions, shown: predicate.plan.ranges.length });

  const whole = await shown(row.evidence_id ?? '', 'plan.ranges');
  expect(whole).toMatchObject({ exit: exitCodes.good, err: expect.stringContaining(cut.sha256) });
  expect(sha256(whole.out)).toBe(cut.sha256);
  expect(JSON.parse(whole.out)).toHaveLength(partitions);
  const remarks = await shown(row.evidence_id ?? '', 'remarks');
  expect(remarks.exit).toBe(exitCodes.good);
  expect(JSON.parse(remarks.out)).toMatchObject({ reason: 'a test' });
  await expect(shown(row.evidence_id ?? '', 'nothing')).rejects.toThrow(/has no attachment nothing/);
});

it('says of an attachment that is not what was recorded that it is not, and ends with 2', async () => {
  const { rows } = await world.pool.query('SELECT evidence_id AS id FROM evidence_attachment LIMIT 1');
  // Whoever owns the database can put other bytes under another digest; the record still names the true one.
  await world.pool.query('ALTER TABLE evidence_attachment DISABLE TRIGGER evidence_attachment_is_final');
  await world.pool.query(
    `UPDATE evidence_attachment SET content = '[]', digest = $1 WHERE name = 'plan.ranges'`,
    [sha256('[]')],
  );
  expect(await shown(rows[0].id, 'plan.ranges')).toMatchObject({
    exit: exitCodes.notGood,
    out: '[]',
    err: expect.stringMatching(/not what was recorded/),
  });
});
