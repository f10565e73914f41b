import { describe, expect, it } from 'vitest';
import type { ChannelState } from '@/server/application/ports/notices.ts';
import { channelStanding } from './channel-state.ts';

const state = (change: Partial<ChannelState>): ChannelState => ({
  channel: 'webhook',
  configured: true,
  target: 'hooks.example',
  lastSuccessAt: null,
  lastProblem: null,
  lastProblemAt: null,
  waiting: 0,
  oldestWaitingAt: null,
  givenUp: 0,
  givenUpLately: 0,
  ...change,
});
const at = (hour: number) => `2026-01-01T${hour}:00:00.000Z`;

describe('how a channel stands', () => {
  it.each<[string, Partial<ChannelState>, string]>([
    ['no worker has said so', { configured: null }, 'not known'],
    ['nothing is set', { configured: false }, 'not configured'],
    ['nothing was ever sent', {}, 'not used yet'],
    ['the last try arrived', { lastSuccessAt: at(11), lastProblemAt: at(10) }, 'works'],
    ['the last try failed', { lastSuccessAt: at(10), lastProblemAt: at(11) }, 'failing'],
    ['something was given up of late', { lastSuccessAt: at(11), givenUpLately: 1 }, 'given up'],
    ['something was given up long ago', { lastSuccessAt: at(11), givenUp: 1 }, 'works'],
  ])('where %s', (_name, change, word) => {
    expect(channelStanding(state(change)).word).toBe(word);
  });
});
