import { describe, expect, it } from 'vitest';
import { readCode, writeRecoveryCode } from './ways-in.ts';

describe('a code as it is typed', () => {
  it.each([
    ['123456', { kind: 'digits', code: '123456' }],
    [' 123 456 ', { kind: 'digits', code: '123456' }],
    ['ABCD-EFGH-ij23-4567', { kind: 'recovery', code: 'abcdefghij234567' }],
    ['12345', null],
    ['1234567', null],
    ['１２３４５６', null],
    ['abcd-efgh-ij23-456', null],
    ['abcd-efgh-ij23-4560', null],
    ['', null],
  ])('%s is %o', (typed, given) => expect(readCode(typed)).toEqual(given));

  it('is read back as it was written', () => {
    expect(writeRecoveryCode('abcdefghij234567')).toBe('abcd-efgh-ij23-4567');
    expect(readCode(writeRecoveryCode('abcdefghij234567'))?.code).toBe('abcdefghij234567');
  });
});
