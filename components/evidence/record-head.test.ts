import { describe, expect, it } from 'vitest';
import type { EvidenceView } from '@/server/application/views.ts';
import { recordHead, type Verification } from './record-head.ts';

const view = (change: object = {}) =>
  ({
    kind: 'replay',
    contractId: 'inventory',
    status: 'finished',
    confidence: 'trusted',
    agreement: 'equal',
    generated: false,
    check: { outcome: 'passed', sentence: 'It follows.' },
    ...change,
  }) as unknown as EvidenceView;
const check = (outcome: 'pass' | 'fail' | 'not-run') => ({
  name: 'shown-as-signed' as const,
  outcome,
  code: null,
  sentence: '',
});
const made = (holds: boolean, outcome: 'pass' | 'fail' | 'not-run'): Verification => ({
  state: 'made',
  report: { holds, checks: [check(outcome)] },
});

describe('the head of a record’s page', () => {
  const claim = 'The replayed state of inventory is trusted; every live state agreed with it.';

  it('says what the record says once it was verified', () => {
    expect(recordHead(view(), made(true, 'pass'))).toMatchObject({
      tone: 'verified',
      verdict: claim,
      tabTitle: 'trusted · evidence of inventory',
    });
  });

  it.each<[string, Verification, string, string]>([
    ['runs', { state: 'running' }, 'Being verified in this browser.', 'being verified'],
    [
      'could not be made',
      { state: 'not-made', why: 'This server names no key.' },
      'Not verified. This server names no key.',
      'not verified',
    ],
    ['was made in part', made(false, 'not-run'), 'Verified in part in this browser.', 'verified in part'],
  ])('claims nothing while the verification %s', (_how, verification, said, word) => {
    expect(recordHead(view(), verification)).toMatchObject({
      tone: 'unknown',
      verdict: `${said} It says: ${claim}`,
      tabTitle: `${word} · evidence of inventory`,
    });
  });

  it('says that the verification failed, and what that makes of what the page shows', () => {
    const head = recordHead(view(), made(false, 'fail'));
    expect(head).toMatchObject({
      tone: 'failed',
      verdict: 'Verification failed in this browser. Not all of it holds: shown as signed.',
      tabTitle: 'verification failed · evidence of inventory',
    });
    expect(head.next).toMatch(/^Rely on nothing that this page shows of it\./);
  });

  it.each<[Verification]>([[{ state: 'running' }], [made(true, 'pass')]])(
    'says where the verdict does not follow, whatever the browser has found: %j',
    (verification) => {
      const check = { outcome: 'failed', sentence: 'A check failed, and it says trusted.' };
      expect(recordHead(view({ check }), verification)).toMatchObject({
        tone: 'failed',
        verdict: 'Its verdict does not follow from what it lists: A check failed, and it says trusted.',
        tabTitle: 'does not follow · evidence of inventory',
      });
    },
  );

  it.each([
    ['promotion', 'promotion unknown'],
    ['runbook-step', 'unknown'],
  ])('names a %s whose outcome nobody knows unknown, and not failed', (kind, word) => {
    const record = view({ kind, status: 'failed', confidence: null, outcomeUnknown: true });
    expect(recordHead(record, made(true, 'pass'))).toMatchObject({
      tone: 'unknown',
      tabTitle: `${word} · evidence of inventory`,
    });
  });

  it('keeps a bad verdict bad while it is being verified', () => {
    expect(recordHead(view({ confidence: 'untrusted' }), { state: 'running' }).tone).toBe('failed');
  });
});
