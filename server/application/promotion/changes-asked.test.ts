import { describe, expect, it } from 'vitest';
import type { Change } from '../../domain/promotion/index.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { changesAsked } from './changes-asked.ts';
import type { PromotionCommandDeps } from './deps.ts';

const different = (key: string, field: string, history: string): Change & { readonly magnitude: number } => ({
  key,
  partition: 0,
  kind: 'different',
  fields: [{ field, history, live: 'x', delta: null }],
  magnitude: 1,
});

function asking(found: readonly Change[], fields: readonly string[] | null = null) {
  const deps = {
    results: {
      discrepanciesInKeyOrder: async function* () {
        yield found;
      },
    },
  } as unknown as PromotionCommandDeps;
  return changesAsked(deps, {} as Transaction, {
    replayId: 'r',
    derivedState: 'shop',
    keys: null,
    fields,
  });
}

describe('the changes that somebody asks for', () => {
  it.each(['a\0b', '\ud800'])(
    'hold no value that no column keeps, and say where it stands',
    async (value) => {
      const found = [different('K1', 'name', 'right'), different('K2', 'name', value)];
      await expect(asking(found)).rejects.toMatchObject({
        code: 'input-invalid',
        message: expect.stringContaining('K2: what history says of name'),
      });
    },
  );

  it('are those of the fields that were named', async () => {
    const found = [different('K1', 'name', 'right'), different('K2', 'other', 'a\0b')];
    expect(await asking(found, ['name'])).toEqual([found[0]]);
  });
});
