import { type ExitCode, exitCodes } from './outcome.ts';
import { json, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

export async function listPromotions(
  context: CommandContext,
  world: World,
  flags: { readonly contract?: string; readonly json?: boolean },
): Promise<ExitCode> {
  const { rows } = await world.queries.promotions({ contractId: flags.contract }, { limit: 50 });
  context.output.out(
    flags.json
      ? json(rows)
      : table([
          ['PROMOTION', 'CONTRACT', 'DERIVED STATE', 'KEYS', 'STATUS', 'WRITTEN', 'REQUESTED'],
          ...rows.map((each) => [
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
  return exitCodes.good;
}

/** For whoever owns the derived state: SQL, or Kafka's commands. It is printed and not run: Reprise makes no table and no topic of anybody else's. */
export async function printMigration(
  context: CommandContext,
  world: World,
  contractId: string,
  derivedState: string,
  flags: { readonly role: string },
): Promise<ExitCode> {
  context.output.out(await world.queries.promotionMigration(contractId, derivedState, flags.role));
  return exitCodes.good;
}
