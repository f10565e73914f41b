import { parseSelect } from '../../server/adapters/sql-invariant/parse-select.ts';
import { loadContracts } from '../../server/application/contracts/register-contracts.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { sayContractFiles } from './contract-files.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

type Flags = { readonly json?: boolean };

export async function listContracts(context: CommandContext, world: World, flags: Flags): Promise<ExitCode> {
  const contracts = await world.queries.contracts();
  context.output.out(
    flags.json
      ? json(contracts)
      : table([
          ['CONTRACT', 'VERSION', 'HISTORY', 'DERIVED STATES', 'CONFIDENCE', 'AGREEMENT'],
          ...contracts.map((each) => [
            each.id,
            String(each.version),
            each.history.name,
            each.derivedStates.join(','),
            each.lastProof?.confidence ?? 'never proven',
            each.lastProof?.agreement ?? '',
          ]),
        ]),
  );
  await sayContractFiles(context, world, null);
  return exitCodes.good;
}

export async function showContract(
  context: CommandContext,
  world: World,
  id: string,
  flags: Flags,
): Promise<ExitCode> {
  const contract = await world.queries.contract(id);
  if (!contract)
    throw new RepriseError(
      'contract-not-found',
      `There is no contract ${id}; reprise contracts list names them.`,
    );
  await sayContractFiles(context, world, id);
  if (flags.json) {
    context.output.out(json(contract));
    return exitCodes.good;
  }
  context.output.out(`${contract.title} (${contract.id} v${contract.version}, ${contract.digest})`);
  for (const [part, lines] of Object.entries(contract.answers)) {
    context.output.out(`\n${part}`);
    for (const line of lines) context.output.out(`  ${line.label}: ${line.value}`);
  }
  return exitCodes.good;
}

/** Bundles and checks every file under contracts/, without a database: what registration would refuse is named here. */
export async function checkContracts(context: CommandContext, flags: Flags): Promise<ExitCode> {
  const { loaded, problems: found } = await loadContracts(await context.openLoader(), parseSelect);
  const good = loaded.map(({ bundle, contract }) => ({
    file: bundle.file,
    id: contract.id,
    digest: bundle.digest,
  }));
  if (flags.json) context.output.out(json({ contracts: good, problems: found }));
  else
    for (const each of good)
      context.output.out(`✓ ${each.file}: ${each.id}, bundle ${each.digest.slice(0, 16)}`);
  for (const each of found)
    context.output.err(`✗ ${each.file}${each.field ? `, ${each.field}` : ''}: ${each.sentence}`);
  if (good.length + found.length === 0) context.output.err('There is no contract file to check.');
  return found.length > 0 || good.length === 0 ? exitCodes.notDone : exitCodes.good;
}
