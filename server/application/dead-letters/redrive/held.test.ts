import { expect, it } from 'vitest';
import type { Transaction } from '../../ports/unit-of-work.ts';
import { Held, type RunDeps } from './held.ts';

/** A redrive whose lease is held until so many renewals were made. */
function heldFor(renewals: number) {
  const renewed: string[] = [];
  const deps = {
    unitOfWork: { run: <T>(work: (tx: Transaction) => Promise<T>) => work({} as Transaction) },
    leases: {
      hold: async (_tx: Transaction, name: string, holder: string) => {
        renewed.push(`${name} by ${holder}`);
        return renewed.length <= renewals;
      },
    },
  } as unknown as RunDeps;
  return { renewed, held: new Held(deps, {} as NonNullable<RunDeps['broker']>, 'one', 'me') };
}

it('the lease is renewed while a broker is asked many questions, however long they take', async () => {
  const { held, renewed } = heldFor(100);
  for (let asked = 0; asked < 40; asked += 1) await held.keep();
  expect(renewed).toEqual(Array.from({ length: 10 }, () => 'redrive:one by me'));
});

it('the questions end where another worker has the lease', async () => {
  const { held } = heldFor(1);
  const asking = async () => {
    for (let asked = 0; asked < 40; asked += 1) await held.keep();
  };
  await expect(asking()).rejects.toMatchObject({ code: 'lease-lost' });
});
