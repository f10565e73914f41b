import { optionalNumber } from './number-flag.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, sayOlder, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

export async function listPromotions(
  context: CommandContext,
  world: World,
  flags: { readonly contract?: string; readonly limit?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const limit = optionalNumber(flags.limit, '--limit') ?? 50;
  const page = await world.queries.promotions({ contractId: flags.contract }, { limit });
  context.output.out(
    flags.json
      ? json(page)
      : table([
          ['PROMOTION', 'CONTRACT', 'DERIVED STATE', 'KEYS', 'STATUS', 'WRITTEN', 'REQUESTED'],
          ...page.rows.map((each) => [
            each.id,
            each.contractId,
            each.derivedState,
            String(each.keys),
            each.undoneBy === null ? each.status : `${each.status}, undone`,
            each.written === null ? '' : String(each.written),
            each.requestedAt,
          ]),
        ]),
  );
  sayOlder(context.output, page);
  return exitCodes.good;
}

/** For whoever owns the derived state: SQL, or Kafka's commands. It is printed and not run: Reprise makes no table and no topic of anybody else's. */
export async function printMigration(
  context: CommandContext,
  world: World,
  contractId: string,
  derivedState: string,
  flags: { readonly role: string; readonly json?: boolean },
): Promise<ExitCode> {
  const migration = await world.queries.promotionMigration(contractId, derivedState, flags.role);
  context.output.out(flags.json ? json({ migration }) : migration);
  return exitCodes.good;
}
