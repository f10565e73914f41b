import { describe, expect, it } from 'vitest';
import { askEach } from './ask-each.ts';

describe('asking for a promotion of each state', () => {
  it('goes on after a refusal, and tells by name what was asked for and what was not', async () => {
    const ask = async (state: string) => {
      if (state === 'loans') throw new Error('loans says no applied position.');
      return { promotionId: `of-${state}` };
    };
    expect(await askEach(new Set(['shelf', 'loans', 'till']), ask)).toEqual({
      asked: [
        { derivedState: 'shelf', promotionId: 'of-shelf' },
        { derivedState: 'till', promotionId: 'of-till' },
      ],
      refused: [{ derivedState: 'loans', message: 'loans says no applied position.' }],
    });
  });
});
