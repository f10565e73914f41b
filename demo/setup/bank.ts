import type { Layout } from '../layout.ts';
import { createDatabase, createTables, dropDatabase, ensurePromotable } from './roles.ts';
import { runToEnd } from './run-service.ts';
import { finishAll, finishStage, openStages, readBuilt } from './stages.ts';

type Dates = { readonly startsAt: Date; readonly endsAt: Date };

export type BankOptions = {
  adminUrlFor: (database: string) => string;
  serviceUrl: string;
  layout: Layout;
  stateDir: string;
  seed: string;
  dates: Dates;
  log: (line: string) => void;
};

/** The bank: its event table seeded through the account service, its balances projected to the end. */
export async function prepareBank(options: BankOptions): Promise<void> {
  await buildBank(options);
  await ensurePromotable(options.serviceUrl, options.layout, {
    states: ['account_balances'],
    positions: 'applied_cursor',
  });
}

async function buildBank(options: BankOptions): Promise<void> {
  const { adminUrlFor, serviceUrl, layout, seed, dates, stateDir, log } = options;
  const admin = adminUrlFor('postgres');
  const built = await readBuilt(admin, layout.bankDatabase, serviceUrl);
  if (built?.seed === seed) return;
  log('accounts: building the database');
  await dropDatabase(admin, layout.bankDatabase);
  await createDatabase(admin, layout.bankDatabase, layout);
  await openStages(serviceUrl, { seed, generation: String(Date.now()) });
  await createTables(serviceUrl, new URL('../schema/bank.sql', import.meta.url), layout);
  await finishStage(serviceUrl, 'tables');
  const env = { DEMO_DATABASE_URL: serviceUrl };
  const withinMs = 120_000;
  const period = ['--from', dates.startsAt.toISOString(), '--to', dates.endsAt.toISOString()];
  log('accounts: feeding the history');
  await runToEnd({
    stateDir,
    file: 'demo/services/account-service.ts',
    args: ['story', '--seed', seed, ...period],
    env,
    withinMs,
  });
  await finishStage(serviceUrl, 'history');
  await runToEnd({ stateDir, file: 'demo/services/account-projector.ts', args: ['--drain'], env, withinMs });
  await finishAll(serviceUrl, null);
}
