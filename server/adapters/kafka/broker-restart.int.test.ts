import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type RunningKafka, startKafka } from '../../../demo/infra/kafka.ts';
import { type BrokerUnderTest, collect, connect } from './broker-under-test.ts';

/** A broker of its own, since it is killed. It needs what the shared one needs: where that is absent, the run has said so. */
describe.runIf(inject('kafkaBrokers') !== '')('a broker that goes away during a read', () => {
  const stateDir = resolve('.reprise/test', `kafka-restart-${crypto.randomUUID().slice(0, 8)}`);
  const start = () => startKafka({ stateDir, log: () => undefined, port: 60_192, heapMb: 320 });
  const small = {
    answerBytes: 64 << 10,
    partitionBytes: 16 << 10,
    shortRead: 0,
    waitMs: 100,
    giveUpAfterMs: 60_000,
  };
  let kafka: RunningKafka;
  let broker: BrokerUnderTest;

  beforeAll(async () => {
    kafka = await start();
    broker = await connect(kafka.brokers, { tuning: small });
  });
  afterAll(async () => {
    await broker.close().catch(() => undefined);
    await kafka.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  it('costs time and nothing else: no record is lost, and none comes twice', async () => {
    const topic = await broker.topic(3);
    const perPartition = 30_000;
    for (let partition = 0; partition < 3; partition++) {
      for (let from = 0; from < perPartition; from += 500) await broker.write(topic, partition, 500, from);
    }
    const reader = await broker.open(topic);
    let restarted: Promise<void> | null = null;
    // collect() itself fails on the first offset that is missing, doubled or out of order.
    const { values, next } = await collect(reader, null, async (seen) => {
      if (seen < perPartition || restarted !== null) return;
      process.kill(kafka.pid, 'SIGKILL');
      restarted = kafka.exited.then(async () => {
        kafka = await start();
      });
    });
    await restarted;
    for (let partition = 0; partition < 3; partition++) {
      expect(next.get(partition)).toBe(perPartition);
      expect(values.get(partition)?.at(-1)).toBe(`{"event_id":"v${perPartition - 1}"}`);
    }
    expect(broker.logged.some((line) => line.sentence.includes('will go on where it was'))).toBe(true);
  });

  it('ends the read with a reason when it does not come back in time', async () => {
    const impatient = await connect(kafka.brokers, { tuning: { ...small, giveUpAfterMs: 1_500 } });
    const topic = await broker.topic(1);
    for (let from = 0; from < 20_000; from += 500) await broker.write(topic, 0, 500, from);
    const reader = await impatient.open(topic);
    let isGone = false;
    const read = collect(reader, null, async () => {
      if (isGone) return;
      isGone = true;
      await kafka.stop();
    });
    await expect(read).rejects.toMatchObject({
      code: 'history-unavailable',
      message: expect.stringMatching(/made no progress for \d+ s: .*ECONNREFUSED/),
    });
    await expect(reader.describe()).rejects.toMatchObject({ code: 'history-unavailable' });
    expect(await impatient.adapter.health()).toMatchObject({ ok: false });
    kafka = await start();
    expect(await impatient.adapter.health()).toMatchObject({ ok: true });
    await impatient.close();
  });
});
