import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  composeNotice,
  mailText,
  type NoticeFacts,
  noticeKinds,
  oneLine,
  pauseBeforeNextTry,
  webhookBody,
} from './index.ts';

const facts: NoticeFacts = {
  kind: 'waiting',
  subjectKind: 'replay',
  subjectId: '00000000-0000-4000-8000-000000000001',
  contractTitle: 'Inventory',
  requestedBy: 'Omar',
  reason: 'after the fault of Tuesday',
  why: null,
  approvalsNeeded: 2,
  approvalsGiven: 1,
  eventEstimate: 1842,
  rejection: null,
  end: null,
};
const origin = 'https://reprise.example';
const finished = {
  status: 'finished',
  confidence: 'trusted',
  agreement: 'equal',
  discrepancies: 0,
  failureCode: null,
  written: null,
} as const;

describe('what a notice says', () => {
  it('names contract, who asked, their reason, and the page', () => {
    const message = composeNotice(facts, origin);
    expect(message).toEqual({
      subject: '[Reprise] A replay of Inventory waits for approval',
      lines: [
        'A replay of Inventory waits for approval.',
        'Omar asks for it: “after the fault of Tuesday”',
        'It would read about 1,842 events.',
        'It needs 2 approvals and has 1; nothing is done before.',
      ],
      link: 'https://reprise.example/replays/00000000-0000-4000-8000-000000000001',
    });
    expect(mailText(message)).toContain(message.link);
    expect(webhookBody(message).text).toBe(message.subject);
  });

  it.each<[string, NoticeFacts['end'], RegExp]>([
    ['equal', finished, /every derived state agrees with history; the replay is trusted/],
    [
      'different',
      { ...finished, agreement: 'different', discrepancies: 2 },
      /disagree with history on 2 keys; the replay is trusted/,
    ],
    ['behind', { ...finished, agreement: 'behind' }, /behind history, and right as far as/],
    [
      'untrusted',
      { ...finished, confidence: 'untrusted', agreement: 'equal' },
      /has ended: the replayed state is untrusted$/,
    ],
    ['suspect', { ...finished, confidence: 'suspect' }, /the replay is suspect/],
    [
      'failed',
      { ...finished, status: 'failed', failureCode: 'history-truncated' },
      /failed, so it proves nothing/,
    ],
    ['cancelled', { ...finished, status: 'cancelled' }, /was cancelled/],
  ])('of an end that is %s gives the verdict', (_name, end, words) => {
    const message = composeNotice({ ...facts, kind: 'ended', end }, origin);
    expect(message.subject).toMatch(words);
  });

  it.each([
    ['refused', /was refused, and nothing was written/],
    ['failed', /failed, and nothing was written/],
    ['cancelled', /was withdrawn, and nothing was written/],
  ] as const)('says of a promotion that is %s that nothing was written', (status, words) => {
    const end = { ...finished, status, confidence: null, agreement: null };
    const { subject } = composeNotice({ ...facts, kind: 'ended', subjectKind: 'promotion', end }, origin);
    expect(subject).toMatch(words);
  });

  it('says what a redrive would send, and leads to its page', () => {
    const redrive = {
      ...facts,
      subjectKind: 'redrive',
      subjectId: 'd1',
      contractTitle: '4 dead letters of shelf (Tally)',
      approvalsNeeded: 1,
      approvalsGiven: 0,
      eventEstimate: null,
    } as const;
    expect(composeNotice(redrive, origin)).toMatchObject({
      subject: '[Reprise] A redrive of 4 dead letters of shelf (Tally) waits for approval',
      link: 'https://reprise.example/dead-letters/redrives/d1',
    });
    const ended = composeNotice({ ...redrive, kind: 'ended', stepEnd: 'cancelled' }, origin);
    expect(ended.subject).toBe(
      '[Reprise] The redrive of 4 dead letters of shelf (Tally) has ended: cancelled',
    );
  });

  it('says promotion of a promotion, and leads to its page', () => {
    const message = composeNotice({ ...facts, subjectKind: 'promotion', subjectId: 'p1' }, origin);
    expect(message.subject).toContain('A promotion of Inventory');
    expect(message.link).toBe('https://reprise.example/promotions/p1');
  });

  const words = fc.string({ unit: 'binary', maxLength: 400 });
  it('has no line break and no control character in what becomes a header, whatever people wrote', () => {
    fc.assert(
      fc.property(words, words, words, fc.constantFrom(...noticeKinds), (title, who, reason, kind) => {
        const { subject, lines } = composeNotice(
          { ...facts, kind, contractTitle: title, requestedBy: who, reason, rejection: { by: who, reason } },
          origin,
        );
        for (const text of [subject, ...lines]) expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(subject.length).toBeLessThanOrEqual(160);
      }),
    );
    expect(oneLine('Stock\r\nBcc: eve@example.test', 200)).toBe('Stock Bcc: eve@example.test');
  });

  it('mentions nobody and links nowhere in a chat, whatever people wrote', () => {
    const body = JSON.stringify(
      webhookBody(
        composeNotice(
          { ...facts, reason: '<!channel> <https://evil.example|Approve>', contractTitle: 'A & <B>' },
          origin,
        ),
      ),
    );
    expect(body).not.toContain('<');
    expect(body).toContain('&lt;!channel&gt;');
    expect(body).toContain('A &amp; &lt;B&gt;');
  });
});

describe('what a notice says of an incident', () => {
  const incident = {
    class: 'P1',
    title: 'An event is lost.',
    beganAt: new Date('2026-11-26T10:00:00Z'),
    respondBy: new Date('2026-11-26T10:15:00Z'),
    isAcknowledged: false,
    isProven: true,
    asked: 'Ada',
  } as const;
  const of = (kind: NoticeFacts['kind'], own: Partial<typeof incident> | { isAcknowledged: boolean } = {}) =>
    composeNotice(
      { ...facts, kind, subjectKind: 'incident', subjectId: 'i1', incident: { ...incident, ...own } },
      origin,
    );

  it.each([
    [
      'incident-opened',
      '[Reprise] P1 incident of Inventory: An event is lost',
      /Acknowledge it by 2026-11-26 10:15 UTC: after that the next person is asked/,
    ],
    [
      'incident-escalated',
      '[Reprise] Nobody has acknowledged a P1 incident of Inventory: An event is lost',
      /should have been acknowledged by 2026-11-26 10:15 UTC\. Asked: Ada\./,
    ],
    [
      'incident-recovered',
      '[Reprise] P1 incident of Inventory recovered: An event is lost',
      /trusted record of evidence proves it/,
    ],
  ] as const)('%s', (kind, subject, words) => {
    const message = of(kind);
    expect(message.subject).toBe(subject);
    expect(message.lines.join(' ')).toMatch(words);
    expect(message.link).toBe('https://reprise.example/incidents/i1');
  });

  it('asks nobody to acknowledge what somebody has meanwhile', () => {
    expect(of('incident-opened', { isAcknowledged: true }).lines.join(' ')).not.toMatch(/Acknowledge/);
  });
});

describe('the pause before the next try', () => {
  it('doubles from five seconds to half an hour, and ends after about four hours', () => {
    const pauses: number[] = [];
    for (let tries = 1; ; tries += 1) {
      const pause = pauseBeforeNextTry(tries, false);
      if (pause === null) break;
      pauses.push(pause / 1000);
    }
    expect(pauses.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(Math.max(...pauses)).toBe(1800);
    const hours = pauses.reduce((sum, each) => sum + each, 0) / 3600;
    expect(hours).toBeGreaterThan(4);
    expect(hours).toBeLessThan(5);
  });

  it('ends sooner where waiting does not mend it', () => {
    expect(pauseBeforeNextTry(3, true)).toBe(20_000);
    expect(pauseBeforeNextTry(4, true)).toBeNull();
  });
});
