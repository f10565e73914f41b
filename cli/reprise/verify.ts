import { writeFile } from 'node:fs/promises';
import { asyncSha256, verifyEd25519 } from '../../server/adapters/evidence-log/node-keys.ts';
import { isKeyName, parseCheckpoint, parseNote } from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { bundleMaxBytes, type Report, verifyBundle } from '../../server/domain/verification/index.ts';
import { checkEvidenceId } from './ids.ts';
import { bytesOf, readKey, readWitness, textOf } from './key-files.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { inOneLine, json, table } from './print.ts';
import type { CommandContext, World } from './world.ts';

/** Writes the bundle of a record, to a file or to stdout as it is. */
export async function exportEvidence(
  context: CommandContext,
  world: World,
  id: string,
  flags: { readonly out?: string; readonly checkpoint?: readonly string[]; readonly cosigned?: boolean },
): Promise<ExitCode> {
  checkEvidenceId(id);
  const kept = await Promise.all(
    (flags.checkpoint ?? []).map(async (file) => sizeOf(file, await textOf(file))),
  );
  const bundle = await world.evidenceBundle(id, kept, flags.cosigned === true);
  if (flags.out === undefined) context.output.bytes(new TextDecoder().decode(bundle));
  else {
    await writeFile(flags.out, bundle, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      throw new RepriseError('input-invalid', `${flags.out} could not be written: ${error.message}.`, {
        where: '--out',
      });
    });
    context.output.out(`${flags.out}: ${bundle.length} bytes`);
  }
  return exitCodes.good;
}

export type VerifyFlags = {
  readonly key: readonly string[];
  readonly origin?: string;
  readonly checkpoint?: string;
  readonly witness?: readonly string[];
  readonly json?: boolean;
};

/**
 * Verifies a bundle with nothing but files: no database, no network. 0 only where everything holds; 2 where something
 * does not, or could not be checked; 1 where the command itself could not be done.
 */
export async function verifyEvidence(
  context: Pick<CommandContext, 'output'>,
  file: string,
  flags: VerifyFlags,
): Promise<ExitCode> {
  const bytes = new Uint8Array(await bytesOf(file, bundleMaxBytes + 1));
  const keys = await Promise.all(flags.key.map(readKey));
  if (keys.length === 0)
    throw new RepriseError('input-invalid', 'Give the key with --key.', { where: '--key' });
  if (flags.origin !== undefined && !isKeyName(flags.origin))
    throw new RepriseError(
      'input-invalid',
      `${inOneLine(JSON.stringify(flags.origin))} is no name of a log.`,
      {
        where: '--origin',
      },
    );
  const named = new Set(
    [flags.origin ?? keys.map(({ origin }) => origin)].flat().filter((each) => each !== null),
  );
  if (named.size > 1)
    throw new RepriseError(
      'input-invalid',
      `The keys are of several logs: ${[...named].map(inOneLine).join(', ')}. Say with --origin which one is meant.`,
      { where: '--key' },
    );
  const witnesses = await Promise.all((flags.witness ?? []).map(readWitness));
  const note = flags.checkpoint === undefined ? null : await textOf(flags.checkpoint);
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const report = await verifyBundle({
    bytes,
    recordKeys: publicKeys,
    checkpointKeys: publicKeys,
    origin: [...named][0] ?? null,
    ...(note === null ? {} : { earlierCheckpoint: { note } }),
    witnesses,
    sha256: asyncSha256,
    verifyEd25519,
  });
  context.output.out(flags.json ? json(report) : reportText(report));
  return report.holds ? exitCodes.good : exitCodes.notGood;
}

function reportText(report: Report): string {
  const { integrity, confidence_status, agreement, coverage, statement } = report;
  const limits = statement === null ? [] : statement.predicate.does_not_prove;
  return [
    table([
      ['CHECK', 'OUTCOME', 'WHAT WAS FOUND'],
      ...report.checks.map((check) => [
        check.name,
        check.outcome === 'pass' ? 'pass' : `${check.outcome} (${check.code})`,
        check.sentence,
      ]),
    ]),
    '',
    `integrity          ${integrity.outcome}${integrity.missing.length === 0 ? '' : `: not checked: ${integrity.missing.join(', ')}`}`,
    `confidence_status  ${inOneLine(confidence_status ?? 'none')}`,
    `agreement          ${inOneLine(agreement ?? 'none')}`,
    `coverage           ${coverage === null ? 'none' : `${coverage.kind}: ${inOneLine(coverage.sentence)}`}`,
    ...(limits.length === 0
      ? []
      : ['', 'It does not prove:', ...limits.map((each) => `- ${inOneLine(each)}`)]),
    '',
    report.holds ? 'All of it holds.' : 'NOT ALL OF IT HOLDS.',
  ].join('\n');
}

function sizeOf(file: string, text: string): number {
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (checkpoint.ok) return checkpoint.value.size;
  throw new RepriseError('input-invalid', `${file} is no checkpoint: ${inOneLine(checkpoint.sentence)}`, {
    where: '--checkpoint',
  });
}
