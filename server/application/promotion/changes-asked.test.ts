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

function asking(
  found: readonly Change[],
  fields: readonly string[] | null = null,
  keys: readonly string[] | null = null,
) {
  const deps = {
    results: {
      discrepanciesInKeyOrder: async function* () {
        yield found;
      },
    },
  } as unknown as PromotionCommandDeps;
  const request = { replayId: 'r', derivedState: 'shop', keys, fields };
  return changesAsked(deps, {} as Transaction, request, ['name', 'other']);
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

  it('lose no key that was named: where it differs in other fields alone, that is said', async () => {
    const found = [different('K1', 'name', 'right'), different('K2', 'other', 'right')];
    const refused = (sentence: string) => ({ code: 'input-invalid', message: sentence });
    await expect(asking(found, ['name'], ['K1', 'K2'])).rejects.toMatchObject(
      refused('K2: by this replay shop differs there, but not in name.'),
    );
    await expect(asking(found, ['name'], ['K1', 'K2', 'K3'])).rejects.toMatchObject(
      refused('K3: by this replay shop does not differ there.'),
    );
    expect(await asking(found, ['name', 'other'], ['K2'])).toEqual([found[1]]);
    await expect(asking([different('K2', 'other', 'right')], ['name'])).rejects.toMatchObject(
      refused('By this replay no row of shop is to be corrected in name.'),
    );
  });

  it('are of no field that the derived state does not have', async () => {
    await expect(asking([different('K1', 'name', 'right')], ['name', 'nmae'])).rejects.toMatchObject({
      code: 'input-invalid',
      message: 'shop has no field nmae; it has name, other.',
      where: 'fields',
    });
  });

  it('are whole rows where these are missing or extra, whatever fields were named', async () => {
    const missing = { ...different('K1', 'other', 'right'), kind: 'missing' as const };
    expect(await asking([missing], ['name'], ['K1'])).toEqual([missing]);
  });
});
