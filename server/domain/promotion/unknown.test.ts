import { describe, expect, it } from 'vitest';
import { whyNotUnknown } from './unknown.ts';

const now = new Date('2026-11-26T12:00:00.000Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

describe('what nobody could ask its target about', () => {
  it.each<[string, Partial<Parameters<typeof whyNotUnknown>[0]>, RegExp | null]>([
    ['for an hour', { problemSince: ago(60) }, null],
    ['for less', { problemSince: ago(59) }, /less than 60/],
    ['and which does not fail', { problem: null, problemSince: null }, /Nothing is the matter/],
    ['but which waits for something else', { problemSince: null }, /Its target can be asked/],
    ['and which is in hand', { problemSince: ago(90), held: true }, /at this moment/],
    ['and which has not begun', { status: 'queued', problemSince: ago(90) }, /withdrawn/],
    ['and which has ended', { status: 'promoted', problemSince: ago(90) }, /recorded/],
  ])('%s', (_name, change, why) => {
    const promotion = { status: 'running', problem: 'it fails', problemSince: null, held: false } as const;
    const said = whyNotUnknown({ ...promotion, ...change }, now);
    if (why === null) expect(said).toBeNull();
    else expect(said).toMatch(why);
  });
});
