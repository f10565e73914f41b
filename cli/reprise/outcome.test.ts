import { describe, expect, it } from 'vitest';
import { replayExitCode } from './outcome.ts';

describe('the exit code of a replay', () => {
  it.each([
    ['finished', 'trusted', 'equal', 0],
    ['finished', 'trusted', 'behind', 2],
    ['finished', 'trusted', 'different', 2],
    ['finished', 'trusted', 'not-compared', 2],
    ['finished', 'suspect', 'equal', 2],
    ['finished', 'untrusted', 'equal', 2],
    ['refused', null, null, 1],
    ['failed', 'untrusted', null, 1],
    ['cancelled', null, null, 1],
  ] as const)('of a %s, %s, %s one is %i', (status, confidence, agreement, code) => {
    expect(replayExitCode({ status, confidence, agreement })).toBe(code);
  });
});
