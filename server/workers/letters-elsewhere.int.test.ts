import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openRedriveWorld, type RedriveWorld } from '../../demo/testing/redrive-world.ts';

/** Without a broker these can't run; the set-up has said so, and CI requires one. */
describe.runIf(inject('kafkaBrokers') !== '')('dead letters that are named by their places', () => {
  let letters: RedriveWorld;

  beforeAll(async () => {
    letters = await openRedriveWorld({
      databaseUrl: inject('databaseUrl'),
      kafkaBrokers: inject('kafkaBrokers'),
    });
    await letters.park('refused', [1]);
  });
  afterAll(() => letters.close());

  const first = () => ({ topic: `${letters.topic}.dead`, partition: 0, offset: '0' });
  const shelf = { contractId: 'tally', derivedState: 'shelf' };

  it('are not sent where their topic was made anew since they were looked at', async () => {
    const { identity } = await letters.operator().get(first());
    const asked = (identity: string) =>
      letters.operator().previewRedrive({ ...shelf, letters: [{ ...first(), identity }] });
    expect(await asked(identity)).toMatchObject({ letters: 1, topic: first().topic });
    await expect(asked('another')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('was deleted and made again since'),
    });
  });

  it('are not sent where their state parks in another topic by now, be it that a letter stands there too', async () => {
    const wanted = { ...shelf, letters: [first()] };
    const { hash: planHash } = await letters.operator().previewRedrive(wanted);
    const elsewhere = `${letters.topic}.elsewhere`;
    await letters.world.admin.createTopics({ topics: [{ topic: elsewhere, numPartitions: 1 }] });
    await letters.world.contract('tally', letters.topic, (source) =>
      source.replace(
        `topic: '${first().topic}'`,
        `redriveTo: '${letters.topic}.retry', topic: '${elsewhere}'`,
      ),
    );
    const producer = letters.world.kafka.producer();
    await producer.connect();
    const headers = { id: randomUUID(), type: 'ItemsAdded', version: '2', cause: 'refused' };
    await producer.send({
      topic: elsewhere,
      messages: [{ key: 'K0', value: '{"amount": 1}', headers }],
    });
    await producer.disconnect();
    await letters.step();
    const there = { ...shelf, letters: [{ ...first(), topic: elsewhere }] };
    expect(await letters.operator().previewRedrive(there)).toMatchObject({ letters: 1, topic: elsewhere });
    const gone = {
      code: 'NOT_FOUND',
      message: 'shelf parks in another topic by now than the one that this letter stands in.',
    };
    await expect(letters.operator().previewRedrive(wanted)).rejects.toMatchObject(gone);
    await expect(
      letters.operator().requestRedrive({ ...wanted, planHash, reason: 'mended' }),
    ).rejects.toMatchObject(gone);
    expect(await letters.operator().redrives()).toEqual([]);
  });

  it('are not found of a redrive that there is not', async () => {
    const redriveId = randomUUID();
    const missing = { code: 'NOT_FOUND', message: `There is no redrive ${redriveId}.` };
    const { stopWaiting, cancelRedrive } = letters.operator();
    await expect(stopWaiting({ redriveId, reason: 'Nobody comes.' })).rejects.toMatchObject(missing);
    await expect(cancelRedrive({ redriveId })).rejects.toMatchObject(missing);
    await expect(
      letters.approver().decideRedrive({
        ...{ redriveId, planHash: '0'.repeat(64), verdict: 'approved', reason: 'read it' },
      }),
    ).rejects.toMatchObject(missing);
  });
});
