import { describe, expect, it } from 'vitest';
import { whyNotUnknown } from './unknown.ts';

const now = new Date('2026-11-26T12:00:00.000Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

describe('what nobody could ask its target about', () => {
  it.each<[string, Parameters<typeof whyNotUnknown>[0], RegExp | null]>([
    ['has failed for an hour', { status: 'running', problemSince: ago(60), held: false }, null],
    ['has failed for less', { status: 'running', problemSince: ago(59), held: false }, /less than 60/],
    ['does not fail', { status: 'running', problemSince: null, held: false }, /Nothing is the matter/],
    ['is in hand', { status: 'running', problemSince: ago(90), held: true }, /at this moment/],
    ['has not begun', { status: 'queued', problemSince: ago(90), held: false }, /withdrawn/],
    ['has ended', { status: 'promoted', problemSince: ago(90), held: false }, /recorded/],
  ])('%s', (_name, promotion, why) => {
    const said = whyNotUnknown(promotion, now);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });
});
