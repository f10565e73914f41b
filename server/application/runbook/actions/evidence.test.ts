import { expect, it } from 'vitest';
import { replayRecord } from '../../../domain/evidence/index.ts';
import { exported } from '../../../domain/test-kit/bundles.ts';
import { planOf, replayFactsOf, sha256Hex } from '../../../domain/test-kit/records.ts';
import { verifyBundle } from '../../../domain/verification/index.ts';
import { cameTo } from './evidence.ts';

it('a record is verified where all of it holds, and not where its meaning could not be checked', async () => {
  const { statement, attachments } = replayRecord(
    replayFactsOf({ plan: planOf({ kind: 'all' }, 2_000) }),
    sha256Hex,
  );
  expect(attachments.length).toBeGreaterThan(0);
  const { bundle, input } = await exported({ statement, attachments });
  expect(cameTo(await verifyBundle(input()))).toMatchObject({ outputs: { verified: true, failed: 0 } });
  expect(cameTo(await verifyBundle(input({ ...bundle, attachments: [] })))).toEqual({
    sentence: expect.stringMatching(/^Not verified: meaning could not be checked/),
    outputs: { verified: false, failed: 0 },
  });
  const [first, ...rest] = bundle.attachments;
  if (first === undefined) throw new Error('an attachment');
  const spoiled = { ...bundle, attachments: [{ ...first, content: new Uint8Array(3) }, ...rest] };
  expect(cameTo(await verifyBundle(input(spoiled)))).toMatchObject({
    outputs: { verified: false, failed: 1 },
  });
});

it('a record whose own conclusion does not follow is not called another than was signed and logged', async () => {
  const { statement, attachments } = replayRecord(replayFactsOf(), sha256Hex);
  const lying = structuredClone(statement);
  lying.predicate.events_processed += 1;
  const { bundle, input } = await exported({ statement: lying, attachments });
  expect(cameTo(await verifyBundle(input()))).toEqual({
    sentence: '1 check failed: what the record concludes does not follow from what it lists.',
    outputs: { verified: false, failed: 1 },
  });
  const elsewhere = { ...bundle, inclusion: { ...bundle.inclusion, index: 0 } };
  expect(cameTo(await verifyBundle(input(elsewhere)))).toEqual({
    sentence: '2 checks failed: it is not the record that was signed and logged.',
    outputs: { verified: false, failed: 2 },
  });
});
