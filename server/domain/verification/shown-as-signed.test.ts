import { beforeAll, describe, expect, it } from 'vitest';
import { replayRecord, statementText } from '../evidence/index.ts';
import { type Exported, exported } from '../test-kit/bundles.ts';
import { replayFactsOf, sha256Hex } from '../test-kit/records.ts';
import { newKey, sha256 } from '../test-kit/signing.ts';
import { bundleBytes } from './bundle.ts';
import type { Report } from './report.ts';
import { type Shown, withShown } from './shown-as-signed.ts';
import { verifyBundle } from './verify-bundle.ts';

const record = replayRecord(replayFactsOf(), sha256Hex);
let given: Exported;
let report: Report;
beforeAll(async () => {
  given = await exported(record);
  report = await verifyBundle(given.input());
});

/** As a row that nobody has touched has it. */
const shown = (change: Partial<Shown> = {}): Shown => {
  const text = statementText(record.statement);
  return {
    kind: 'replay',
    contractId: 'stock',
    replayId: 'r1',
    digest: sha256Hex(text),
    status: 'finished',
    confidence: 'trusted',
    agreement: 'different',
    coverageKind: 'whole',
    eventsProcessed: 30,
    duplicatesSkipped: 2,
    projectionsChanged: 1,
    reconciliationFailures: 0,
    requestedBy: 'olga',
    approvedBy: ['ada'],
    recordedAt: '2026-11-26T08:00:30.000Z',
    generated: false,
    statementText: text,
    statement: JSON.parse(text),
    ...change,
  };
};
const verified = (page: Shown) => withShown(report, bundleBytes(given.bundle), page, sha256);
const last = async (page: Shown) => (await verified(page)).checks.at(-1);

describe('what the page shows', () => {
  it('holds where it is what was signed', async () => {
    expect(report.holds).toBe(true);
    expect(await last(shown())).toMatchObject({ name: 'shown-as-signed', outcome: 'pass', code: null });
    expect((await verified(shown())).holds).toBe(true);
  });

  it('does not hold where a row holds another statement, with its own digest and verdict', async () => {
    const forged = statementText(
      replayRecord(replayFactsOf({ requestedBy: 'mallory' }), sha256Hex).statement,
    );
    const page = shown({
      statementText: forged,
      statement: JSON.parse(forged),
      digest: sha256Hex(forged),
      requestedBy: 'mallory',
    });
    const { holds, checks } = await verified(page);
    expect(holds).toBe(false);
    expect(checks.at(-1)).toMatchObject({ outcome: 'fail', code: 'shown-otherwise' });
  });

  it('does not hold where what is drawn is read from other bytes than are shown', async () => {
    expect(await last(shown({ statement: { predicate: {} } }))).toMatchObject({ outcome: 'fail' });
  });

  it.each([
    [{ confidence: 'suspect' }, 'confidence_status'],
    [{ agreement: 'equal' }, 'agreement'],
    [{ status: 'failed' }, 'status'],
    [{ projectionsChanged: 0 }, 'projections_changed'],
    [{ eventsProcessed: 31 }, 'events_processed'],
    [{ requestedBy: 'mallory' }, 'by whom'],
    [{ approvedBy: ['ada', 'mallory'] }, 'approved by'],
    [{ contractId: 'other' }, 'contract'],
    [{ kind: 'promotion' }, 'kind'],
    [{ generated: true }, 'generated'],
    [{ recordedAt: '2026-11-26T09:00:30.000Z' }, 'recorded'],
    [{ digest: 'f'.repeat(64) }, 'SHA-256'],
  ] as const)('does not hold where its row says otherwise: %j', async (change, what) => {
    expect(await last(shown(change))).toMatchObject({
      outcome: 'fail',
      sentence: expect.stringContaining(what),
    });
  });

  it('is held against nothing that nobody has signed', async () => {
    const strange = await verifyBundle(given.input(given.bundle, { recordKeys: [newKey().publicKey] }));
    const { checks } = await withShown(strange, bundleBytes(given.bundle), shown(), sha256);
    expect(checks.at(-1)).toMatchObject({ outcome: 'not-run', code: 'prerequisite' });
  });
});
