import { describe, expect, it } from 'vitest';
import type { ChannelState } from '../ports/notices.ts';
import { noticesProbe } from './trouble.ts';

const now = new Date('2026-01-01T12:00:00Z');
const channel = (change: Partial<ChannelState> = {}): ChannelState => ({
  channel: 'email',
  configured: true,
  target: 'mail.example:465',
  lastSuccessAt: null,
  lastProblem: 'secret-looking answer',
  lastProblemAt: null,
  waiting: 0,
  oldestWaitingAt: null,
  givenUp: 0,
  givenUpLately: 0,
  ...change,
});

describe('the health of notices', () => {
  it.each<[string, readonly ChannelState[], string, RegExp]>([
    ['configured', [channel()], 'up', /by e-mail$/],
    ['not configured', [channel({ configured: false })], 'not-configured', /REPRISE_SMTP_URL/],
    ['not heard of yet', [channel({ configured: null })], 'not-configured', /pages alone/],
    ['given up within a day', [channel({ givenUp: 3, givenUpLately: 2 })], 'down', /^2 notices could not/],
    ['given up longer ago', [channel({ givenUp: 3 })], 'up', /./],
    ['on its way', [channel({ waiting: 1, oldestWaitingAt: '2026-01-01T11:58:00Z' })], 'up', /./],
    [
      'overdue',
      [channel({ waiting: 1, oldestWaitingAt: '2026-01-01T11:40:00Z' })],
      'down',
      /^1 notice by e-mail waits, the oldest for 20 minutes/,
    ],
  ])('where one is %s', async (_name, states, status, detail) => {
    const answer = await noticesProbe(
      async () => states,
      () => now,
    ).check();
    expect(answer.status).toBe(status);
    expect(answer.detail).toMatch(detail);
    expect(answer.detail).not.toContain('secret');
  });
});
