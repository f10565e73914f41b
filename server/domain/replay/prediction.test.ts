import { describe, expect, it } from 'vitest';
import { predictReplay } from './prediction.ts';

describe('the prediction of a replay', () => {
  it('is the pace of the earlier ones together, so that a tiny one does not weigh as much as a large one', () => {
    const prediction = predictReplay(1_000, [
      { events: 10_000, ms: 10_000 },
      { events: 10, ms: 1_000 },
    ]);
    expect(prediction.seconds).toBeCloseTo(1.0989, 3);
    expect(prediction.basis).toBe('the last 2 replays of this contract, 910 events/s');
  });

  it('is not known where nothing was ever replayed, and never zero', () => {
    expect(predictReplay(1_000, [])).toEqual({ events: 1_000, seconds: null, basis: null });
    expect(predictReplay(1_000, [{ events: 0, ms: 20 }]).seconds).toBeNull();
  });

  it('is the limit where the limit is slower than the pace', () => {
    const past = [{ events: 1_000, ms: 1_000 }];
    expect(predictReplay(1_000, past, 100)).toEqual({
      events: 1_000,
      seconds: 10,
      basis: 'its own limit of 100 events/s',
    });
    expect(predictReplay(1_000, past, 5_000).seconds).toBe(1);
    expect(predictReplay(1_000, [], 100).seconds).toBe(10);
  });
});
