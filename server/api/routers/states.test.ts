import { describe, expect, it } from 'vitest';
import type { DashboardQueries } from '../../application/ports/dashboard.ts';
import { callerFor } from '../root.ts';
import { contextOf, passing } from '../test-kit.ts';

const rows = (given: object) =>
  callerFor({
    ...contextOf(['viewer']),
    queries: passing<DashboardQueries>({ stateRows: async () => ({ rows: [], next: null }) }),
  }).states.rows({ contractId: 'inventory', ...given });

describe('the keys of a replay', () => {
  it.each([{ derivedState: 'selling' }, { kind: 'missing' }, { cause: 'unexplained' }])(
    'are not all of them and only some by their difference: %j',
    async (chosen) => {
      await expect(rows({ ...chosen, differingOnly: false })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        message: expect.stringContaining('are of differences'),
      });
      expect(await rows(chosen)).toEqual({ rows: [], next: null });
    },
  );

  it('may be searched among all', async () => {
    expect(await rows({ search: 'JAR', differingOnly: false })).toEqual({ rows: [], next: null });
  });
});
