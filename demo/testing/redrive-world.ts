/** Dead letters, those who ask for them to be sent again and approve it, and the consumer that they are sent to. */
import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import { callerOver } from '../../server/api/test-kit.ts';
import { composeDashboard } from '../../server/composition/dashboard.ts';
import { composeWorker } from '../../server/composition/worker.ts';
import { readSettings } from '../../server/env.ts';
import { signIn } from './promotions.ts';
import { createTopic, eventually, openReplayWorld } from './replay-world.ts';

export type RedriveWorld = Awaited<ReturnType<typeof openRedriveWorld>>;

export async function openRedriveWorld(servers: {
  databaseUrl: string;
  kafkaBrokers: string;
  /** How many connections the dashboard has. */
  connections?: number;
}) {
  const group = `redrive-${randomUUID().slice(0, 8)}`;
  const { signal } = new AbortController();
  const world = await openReplayWorld(servers);
  const settings = readSettings(world.env, process.cwd());
  const worker = composeWorker(settings, { name: 'letters' });
  const dashboard = composeDashboard(settings, 'test', servers.connections);
  const topic = await world.topic(1);
  await createTopic(world.admin, {
    topic: `${topic}.retry`,
    numPartitions: 2,
    configEntries: [{ name: 'max.message.bytes', value: '10000' }],
  });
  const release = (title: string) =>
    world.contract('tally', topic, (source) =>
      source
        .replace('Tally of items', title)
        .replace("partitioner: 'murmur2'", "partitioner: 'java-hash'")
        .replace('deadLetters: {', `consumerGroup: '${group}', deadLetters: { redriveTo: '${topic}.retry',`),
    );
  await release('Tally of items');
  const olga = await signIn(world.pool, 'olga', ['operator', 'approver']);
  const ada = await signIn(world.pool, 'ada', ['approver']);
  const consumer = await consumeRetries();

  /** A consumer of the retry topic: it parks what it still can't read, and goes on. */
  async function consumeRetries(): Promise<Consumer> {
    const producer = world.kafka.producer();
    await producer.connect();
    const started = world.kafka.consumer({ groupId: group, sessionTimeout: 30_000 });
    await started.connect();
    await started.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    await started.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ message }) => {
        if (!message.value?.toString().includes('-1')) return;
        const { key, value, headers } = message;
        await producer.send({
          topic: `${topic}.dead`,
          messages: [{ key, value, headers: { ...headers, cause: 'still-refused' } }],
        });
      },
    });
    started.on('consumer.disconnect', () => void producer.disconnect());
    return started;
  }

  const as = (who: typeof olga, roles: Parameters<typeof callerOver>[1]['roles']) =>
    callerOver(dashboard, { id: who.personId, roles, sessionId: who.sessionId }).deadLetters;
  const operator = () => as(olga, ['operator']);
  const approver = () => as(ada, ['approver']);

  async function park(
    cause: string,
    amounts: readonly number[],
    noteOf: (amount: number) => string = () => '',
    idOf: (amount: number) => string = () => randomUUID(),
  ): Promise<string> {
    const producer = world.kafka.producer();
    await producer.connect();
    await producer.send({
      topic: `${topic}.dead`,
      messages: amounts.map((amount, at) => ({
        key: `K${at}`,
        value: JSON.stringify({ amount, note: noteOf(amount) }),
        headers: { id: idOf(amount), type: 'ItemsAdded', version: '2', cause },
      })),
    });
    await producer.disconnect();
    await worker.letters.index('letters', signal);
    const topics = await operator().topics();
    return (
      topics.flatMap(({ groups }) => groups).find(({ exception }) => exception === cause.split(':')[0])
        ?.groupId ?? ''
    );
  }

  const preview = (groupId: string, atMost = 1000) =>
    operator().previewRedrive({ contractId: 'tally', derivedState: 'shelf', groupId, atMost });
  async function ask(groupId: string, perSecond = 1000, atMost = 1000): Promise<string> {
    const wanted = { contractId: 'tally', derivedState: 'shelf', groupId, perSecond, atMost };
    const { hash: planHash } = await operator().previewRedrive(wanted);
    const { redriveId } = await operator().requestRedrive({ ...wanted, planHash, reason: 'mended' });
    return redriveId;
  }
  const approve = async (redriveId: string) => {
    const { hash: planHash } = await operator().redrive({ redriveId });
    await approver().decideRedrive({ redriveId, planHash, verdict: 'approved', reason: 'read them' });
  };

  /** What a worker does of it in one turn. */
  async function step(): Promise<void> {
    await worker.letters.index('letters', signal);
    await worker.letters.redrive('letters', signal);
  }

  async function untilEnded(redriveId: string) {
    return eventually(`redrive ${redriveId} to end`, 90_000, async () => {
      await step();
      const found = await operator().redrive({ redriveId });
      return {
        done: found.endedAt !== null,
        value: found,
        seen: [found.status, found.counts, found.problem],
      };
    });
  }

  /** Keeps whoever sends from writing down that the letters from this number on were sent: that is when it is killed. */
  async function hearNothing(redriveId: string, from: number) {
    const [gate, name] = [await world.pool.connect(), `hold_${randomUUID().slice(0, 8)}`];
    await gate.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    await gate.query(`CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext('${name}')); RETURN NEW; END $$`);
    await gate.query(`CREATE TRIGGER ${name} BEFORE UPDATE ON redrive_letter FOR EACH ROW WHEN (NEW.status = 'sent'
      AND NEW.redrive_id = '${redriveId}' AND NEW.number >= ${from}) EXECUTE FUNCTION ${name}()`);
    return {
      /** What waited belongs to a worker that is gone by now. */
      async again() {
        await gate.query(
          `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND objid = (hashtext($1)::bigint & 4294967295)::oid`,
          [name],
        );
        await gate.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
        await gate.query(`DROP FUNCTION ${name} CASCADE`);
        gate.release();
      },
    };
  }

  /** How often each letter of a redrive stands in the retry topic. */
  async function arrived(redriveId: string): Promise<ReadonlyMap<string, number>> {
    const seen = new Map<string, number>();
    const reader = world.kafka.consumer({ groupId: `look-${randomUUID()}` });
    const ends = await world.admin.fetchTopicOffsets(`${topic}.retry`);
    const left = new Set(ends.filter(({ high }) => high !== '0').map(({ partition }) => partition));
    await reader.connect();
    await reader.subscribe({ topic: `${topic}.retry`, fromBeginning: true });
    await reader.run({
      eachBatch: async ({ batch }) => {
        for (const { headers } of batch.messages)
          if (String(headers?.['redrive.id']) === redriveId) {
            const origin = String(headers?.['redrive.origin']);
            seen.set(origin, (seen.get(origin) ?? 0) + 1);
          }
        // Of a transaction the last offset is its marker, which is no message.
        const end = ends.find(({ partition }) => partition === batch.partition)?.high ?? '0';
        if (BigInt(batch.lastOffset()) + 2n >= BigInt(end)) left.delete(batch.partition);
      },
    });
    await eventually('the retry topic to be read', 30_000, async () => ({
      done: left.size === 0,
      value: null,
      seen: [...left],
    }));
    await reader.disconnect();
    return seen;
  }

  return {
    world,
    settings,
    dashboard,
    worker,
    topic,
    olga,
    ada,
    operator,
    approver,
    /** Who asked, with the rights of somebody who approves. */
    both: () => as(olga, ['operator', 'approver']),
    step,
    /** Another version of the contract, that says the same. */
    release,
    park,
    preview,
    /** Its consumer lags, until it goes on. */
    halt: () => consumer.pause([{ topic: `${topic}.retry` }]),
    goOn: () => consumer.resume([{ topic: `${topic}.retry` }]),
    ask,
    approve,
    untilEnded,
    arrived,
    hearNothing,
    async close() {
      await consumer.disconnect();
      await Promise.all([worker.close(), dashboard.close()]);
      await world.close();
    },
  };
}
