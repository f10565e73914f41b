import { writeFile } from 'node:fs/promises';
import { asyncSha256, verifyEd25519 } from '../../server/adapters/evidence-log/node-keys.ts';
import { parseCheckpoint, parseNote } from '../../server/domain/log/index.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { parseBundle, type Report, verifyBundle } from '../../server/domain/verification/index.ts';
import { checkEvidenceId } from './ids.ts';
import { bytesOf, readKey, readWitness, textOf } from './key-files.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, table } from './print.ts';
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
  const bytes = new Uint8Array(await bytesOf(file));
  const keys = await Promise.all(flags.key.map(readKey));
  const named = flags.origin ?? keys.find(({ origin }) => origin !== null)?.origin ?? originIn(bytes);
  const [signer] = keys;
  if (signer === undefined)
    throw new RepriseError('input-invalid', 'Give the key with --key.', { where: '--key' });
  if (flags.origin === undefined && keys.every(({ origin }) => origin === null))
    context.output.err(
      `What the log is called is taken from the bundle itself: ${named ?? 'it names none'}. A verifier key says it, or --origin.`,
    );
  const witnesses = await Promise.all((flags.witness ?? []).map(readWitness));
  const note = flags.checkpoint === undefined ? null : await textOf(flags.checkpoint);
  // A bundle names no key, so after a rotation the checkpoint may be by another of those given than the record.
  const reports: Report[] = [];
  for (const { publicKey } of keys) {
    reports.push(
      await verifyBundle({
        bytes,
        recordKeys: keys.map((key) => key.publicKey),
        checkpointKey: named === null ? null : { origin: named, publicKey },
        ...(note === null ? {} : { earlierCheckpoint: { note } }),
        witnesses,
        sha256: asyncSha256,
        verifyEd25519,
      }),
    );
  }
  const report = reports.find(({ holds }) => holds) ?? reports[0];
  if (report === undefined) throw new Error('nothing was verified');
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
    `confidence_status  ${confidence_status ?? 'none'}`,
    `agreement          ${agreement ?? 'none'}`,
    `coverage           ${coverage === null ? 'none' : `${coverage.kind}: ${coverage.sentence}`}`,
    ...(limits.length === 0 ? [] : ['', 'It does not prove:', ...limits.map((each) => `- ${each}`)]),
    '',
    report.holds ? 'All of it holds.' : 'NOT ALL OF IT HOLDS.',
  ].join('\n');
}

/** What the bundle's own checkpoint calls the log: a key in PEM says no name, and signs for one log. */
function originIn(bytes: Uint8Array): string | null {
  const bundle = parseBundle(bytes);
  const note = bundle.ok ? parseNote(bundle.value.checkpoint) : null;
  const checkpoint = note?.ok ? parseCheckpoint(note.value.text) : null;
  return checkpoint?.ok ? checkpoint.value.origin : null;
}

function sizeOf(file: string, text: string): number {
  const note = parseNote(text);
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : note;
  if (checkpoint.ok) return checkpoint.value.size;
  throw new RepriseError('input-invalid', `${file} is no checkpoint: ${checkpoint.sentence}`, {
    where: '--checkpoint',
  });
}
