import { basename, relative } from 'node:path';
import { readRunbook, runbookFiles } from '../../server/adapters/runbooks/runbook-files.ts';
import { parseSelect } from '../../server/adapters/sql-invariant/parse-select.ts';
import { loadContracts } from '../../server/application/contracts/register-contracts.ts';
import type { ContractLoader } from '../../server/application/ports/contracts.ts';
import { oneFileEach } from '../../server/application/runbooks/register-runbooks.ts';
import { type Against, latestDay, sectionTitles } from '../../server/domain/runbook/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output, table } from './print.ts';
import { runbooksFolder } from './source-folders.ts';
import type { CommandContext, World } from './world.ts';

type Flags = { readonly json?: boolean };

export async function listRunbooks({ out, err }: Output, world: World, flags: Flags): Promise<ExitCode> {
  const list = await world.runbooks.list();
  if (flags.json) out(json(list));
  else
    out(
      table([
        ['RUNBOOK', 'FAILURE MODE', 'CLASS', 'CONTRACTS', 'OWNER', 'LAST REHEARSED', 'VERSION'],
        ...list.rows.map((each) => [
          each.id,
          each.failureMode,
          each.severity,
          each.contracts.join(',') || 'any',
          each.owner,
          each.lastRehearsed ?? 'never',
          each.digest.slice(0, 12) + (each.goneAt === null ? '' : ' (no longer there)'),
        ]),
      ]),
    );
  for (const { file, line, sentence } of list.problems) err(`${file}:${line}: ${sentence}`);
  if (list.without.length > 0) err(`No runbook for ${list.without.join(', ')}.`);
  return list.problems.length > 0 ? exitCodes.notGood : exitCodes.good;
}

export async function showRunbook(
  { out, err }: Output,
  world: World,
  id: string,
  flags: Flags & { readonly version?: string },
): Promise<ExitCode> {
  const digest = flags.version === undefined ? null : await wholeDigest(world, id, flags.version);
  const page = await world.runbooks.get(id, digest);
  if (page === null)
    throw new RepriseError(
      'runbook-not-found',
      `There is no runbook ${id}; reprise runbooks list names them.`,
    );
  const { shown, problems, summary } = page;
  if (flags.json) out(json(page));
  else {
    const { runbook } = shown;
    out(`${runbook.title} (${id}, ${shown.file}, version ${shown.digest})`);
    out(`${runbook.failureMode}, ${runbook.severity}, owner ${runbook.owner}`);
    out(`last rehearsed: ${runbook.lastRehearsed ?? 'never'}`);
    for (const { name, type, title, required } of runbook.parameters)
      out(`  \${${name}}: ${title} (${type}${required ? '' : ', may be left out'})`);
    let section: string | null = null;
    for (const step of runbook.steps) {
      if (step.section !== section) out(`\n${sectionTitles[step.section]}`);
      section = step.section;
      const when = step.when === null ? '' : `, when ${step.when.text}`;
      out(`  ${step.id}: ${step.title} (${step.action?.name ?? 'by hand'}${when})`);
    }
  }
  if (summary.goneAt !== null) err(`Its file is no longer there, since ${summary.goneAt}.`);
  for (const { file, line, sentence } of problems) err(`${file}:${line}: ${sentence}`);
  return exitCodes.good;
}

/** A version by the beginning of its digest, as lists show it. */
async function wholeDigest(world: World, id: string, beginning: string): Promise<string> {
  const page = await world.runbooks.get(id, null);
  const fitting = page?.versions.filter(({ digest }) => digest.startsWith(beginning.toLowerCase())) ?? [];
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.digest;
  throw new RepriseError(
    'runbook-not-found',
    `${fitting.length === 0 ? 'No version' : 'More than one version'} of ${id} begins with ${beginning}.`,
  );
}

/** Checks files without a database, against the contracts as their files are now: each mistake as `file:line: reason`, as compilers and editors know it. */
export async function checkRunbooks(
  { output: { out, err }, openLoader }: CommandContext,
  files: readonly string[],
  flags: Flags,
): Promise<ExitCode> {
  const folder = runbooksFolder();
  const shown = (file: string) =>
    files.length > 0 ? file : `${relative(process.cwd(), folder) || '.'}/${file}`;
  const { against, unread } = await filesAgainst(await openLoader());
  const read =
    files.length > 0
      ? await Promise.all(files.map((file) => readRunbook(file, file, against)))
      : await runbookFiles(folder).readAll(against);
  const { right, problems } = oneFileEach(read);
  if (flags.json)
    out(
      json({
        runbooks: right.map(({ file, digest, runbook }) => ({ file: shown(file), id: runbook.id, digest })),
        problems: problems.map((each) => ({ ...each, file: shown(each.file) })),
      }),
    );
  else
    for (const { file, digest, runbook } of right)
      out(`✓ ${shown(file)}: ${runbook.id}, ${runbook.steps.length} steps, version ${digest.slice(0, 16)}`);
  for (const { file, line, sentence } of problems) err(`${shown(file)}:${line}: ${sentence}`);
  for (const file of unread)
    err(`${file} is no contract that can be read, so that runbooks can't name it: see contracts check.`);
  if (read.length === 0) err(`There is no runbook to check in ${basename(folder)}.`);
  return problems.length > 0 || right.length === 0 ? exitCodes.notDone : exitCodes.good;
}

async function filesAgainst(
  loader: ContractLoader,
): Promise<{ readonly against: Against; readonly unread: readonly string[] }> {
  const { loaded, problems } = await loadContracts(loader, parseSelect);
  const ids = loaded.map(({ contract }) => contract.id);
  return {
    against: { today: latestDay(new Date()), contracts: { ids, where: 'files of contracts' } },
    unread: [...new Set(problems.map(({ file }) => file))],
  };
}
