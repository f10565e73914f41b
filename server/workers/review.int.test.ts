import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openReplayWorld, type ReplayWorld } from '../../demo/testing/replay-world.ts';
import { composeDashboard } from '../composition/dashboard.ts';
import { readSettings } from '../env.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
const suite = describe.runIf(inject('kafkaBrokers') !== '');

let world: ReplayWorld;
let dashboard: ReturnType<typeof composeDashboard>;
beforeAll(async () => {
  if (inject('kafkaBrokers') === '') return;
  world = await openReplayWorld({
    databaseUrl: inject('databaseUrl'),
    kafkaBrokers: inject('kafkaBrokers'),
  });
  dashboard = composeDashboard(readSettings(world.env, process.cwd()), 'test');
});
afterAll(async () => {
  await dashboard?.close();
  await world?.close();
});

async function person(name: string, roles: readonly ('approver' | 'operator' | 'viewer')[]) {
  const id: string = randomUUID();
  const sessionId: string = randomUUID();
  const email = `${name}@${id.slice(0, 8)}.example.test`;
  await world.pool.query('INSERT INTO person (id, name, email, roles) VALUES ($1, $2, $3, $4)', [
    id,
    name,
    email,
    roles,
  ]);
  await world.pool.query(
    `INSERT INTO person_session (id, person_id, token, expires_at) VALUES ($1, $2, $1, now() + interval '1 hour')`,
    [sessionId, id],
  );
  return { id, sessionId, email, roles };
}
type Someone = Awaited<ReturnType<typeof person>>;

const needing = (more: string) => (source: string) =>
  source.replace("authors: ['rosa'],", `authors: ['rosa'],\n  approvals: { replay: 2 },${more}`);
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `e${from + i}`, key: `K${i % 3}`, value: { amount: 1 } }));

async function waiting() {
  const topic = await world.topic(2);
  await world.contract('tally', topic, needing(''));
  await world.produce(topic, events(0, 300));
  const { replayId, planHash } = await world.launch('tally', { rateLimit: 100 });
  return { replayId, planHash: planHash ?? '', topic };
}

const review = async ({ replayId }: { replayId: string }, who: Someone) => {
  const found = await dashboard.queries.review(replayId, who);
  if (found === null) throw new Error('it does not wait');
  return found;
};
const look = ({ replayId }: { replayId: string }, { id }: Someone, behind: string | null = null) =>
  dashboard.desk('test').commands.look({ replayId, personId: id, behind });
/** As if so much time had passed since they looked. */
const later = (minutes: number) =>
  world.pool.query('UPDATE approval_look SET looked_at = looked_at - make_interval(mins => $1)', [minutes]);

suite('what an approver reads', () => {
  it('has figures from the broker and the plan, and says which are not known', async () => {
    const what = await waiting();
    const ada = await person('ada', ['approver']);
    const { radius, proof, since } = await review(what, ada);
    expect(radius).toMatchObject({
      partitions: { read: 2, of: 2 },
      events: '300',
      behind: { value: '0' },
      keys: { value: null, basis: expect.stringContaining('No replay of this contract') },
      rows: [
        { derivedState: 'shelf', rows: { value: null, basis: expect.stringContaining('never compared') } },
      ],
    });
    // 300 records of some 80 bytes and their batches.
    expect(Number(radius.bytes.value)).toBeGreaterThan(300 * 20);
    expect(Number(radius.bytes.value)).toBeLessThan(300 * 500);
    expect(proof).toBeNull();
    expect(since).toEqual({ lookedAt: null, changes: [] });
    await world.produce(what.topic, events(300, 40));
    expect((await review(what, ada)).radius.behind.value).toBe('40');
  });

  it('is told to nobody who does not approve as news, and of nothing that does not wait', async () => {
    const what = await waiting();
    expect((await review(what, await person('vito', ['viewer']))).since).toBeNull();
    await world.commands.cancel(what.replayId, 'operator', 'not wanted');
    expect(await dashboard.queries.review(what.replayId, await person('ada', ['approver']))).toBeNull();
    await look(what, await person('lin', ['approver']));
    const { rows } = await world.pool.query('SELECT FROM approval_look WHERE subject_id = $1', [
      what.replayId,
    ]);
    expect(rows).toHaveLength(0);
  });

  it('says what is new since they looked the visit before, also when the page is loaded again', async () => {
    const what = await waiting();
    const [ada, lin] = [await person('ada', ['approver']), await person('lin', ['approver'])];
    await look(what, ada, '0');
    await later(90);
    await world.commands.decide({
      replayId: what.replayId,
      planHash: what.planHash,
      verdict: 'approved',
      reason: 'read it',
      personId: lin.id,
      sessionId: lin.sessionId,
    });
    await world.produce(what.topic, events(300, 7));
    const news = [
      { kind: 'decision', personId: lin.id, verdict: 'approved' },
      { kind: 'expiry', personId: lin.id },
      { kind: 'behind', before: '0', now: '7' },
    ];
    expect((await review(what, ada)).since?.changes).toMatchObject(news);
    const inList = async () =>
      (await dashboard.queries.waiting(ada)).find(({ replayId }) => replayId === what.replayId)?.since;
    expect((await inList())?.changes.map(({ kind }) => kind)).toEqual(['decision', 'expiry']);

    await look(what, ada, '7');
    expect((await review(what, ada)).since?.changes).toMatchObject(news);
    expect((await inList())?.changes).toEqual([]);

    await later(20);
    await world.contract('tally', what.topic, needing("\n  description: 'changed',"));
    expect((await review(what, ada)).since?.changes).toMatchObject([
      { kind: 'version' },
      { kind: 'void', personId: lin.id },
    ]);
  });

  it('puts the first look of a visit on record, and not each time that the page is loaded', async () => {
    const what = await waiting();
    const ada = await person('ada', ['approver']);
    const looks = async () => {
      const { rows } = await world.pool.query(
        `SELECT actor FROM audit_entry WHERE action = 'replay.looked-at' AND subject = $1`,
        [`replay:${what.replayId}`],
      );
      return rows;
    };
    await look(what, ada);
    await look(what, ada);
    expect(await looks()).toEqual([{ actor: ada.id }]);
    await later(20);
    await look(what, ada);
    expect(await looks()).toHaveLength(2);
  });
});

suite('the authors of a contract', () => {
  it('who are nobody here are warned of, on its page and by readiness, until they are somebody', async () => {
    const topic = await world.topic(1);
    await world.contract('tally', topic);
    const onPage = async () => (await dashboard.queries.contract('tally'))?.authorsProblem;
    const checked = async () =>
      (await dashboard.desk('test').commands.checkReadiness('tally', 'operator')).find(({ name }) =>
        name.startsWith('The authors'),
      );
    const words = 'The author rosa matches nobody, so nobody is excluded as author.';
    expect(await onPage()).toBe(words);
    expect(await checked()).toMatchObject({ outcome: 'warning', found: words });
    await person('rosa', ['viewer']);
    expect(await onPage()).toBeNull();
    expect(await checked()).toMatchObject({ outcome: 'passed' });
  });
});
