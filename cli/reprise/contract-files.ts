import type { CommandContext, World } from './world.ts';

/**
 * Says what stands between the files of contracts and what is registered: replays run what was registered before. Of
 * one contract, or of all.
 */
export async function sayContractFiles(
  { output }: Pick<CommandContext, 'output'>,
  world: Pick<World, 'queries'>,
  contractId: string | null,
): Promise<void> {
  const [contracts, problems] = await Promise.all([
    world.queries.contracts(),
    world.queries.contractProblems(),
  ]);
  for (const { id, version, goneAt } of contracts)
    if (goneAt !== null && (contractId === null || contractId === id))
      output.err(
        `The file of ${id} is no longer there, since ${goneAt}: version ${version} is what was registered last.`,
      );
  for (const { file, field, sentence } of problems)
    output.err(
      `✗ ${file}${field === null ? '' : `, ${field}`}: ${sentence} Until it is mended, what was registered before stands.`,
    );
}
