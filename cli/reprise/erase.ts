import { hostname, userInfo } from 'node:os';
import type { ErasureReport, ErasureRequest } from '../../server/application/erasure/erase.ts';
import { eraseAsOwner } from '../../server/composition/erasure.ts';
import { erasedParts, partNames } from '../../server/domain/erasure/index.ts';
import { counted } from '../../server/domain/shared/counted.ts';
import { RepriseError } from '../../server/domain/shared/errors.ts';
import { readEnvironment } from './open.ts';
import { type ExitCode, exitCodes } from './outcome.ts';
import { json, type Output, table } from './print.ts';

export type EraseFlags = {
  readonly contract?: string;
  readonly key?: readonly string[];
  readonly olderThan?: string;
  readonly reason: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

/** Erases as the owner of the database. Whoever knows the owner's address may do this, without a token. */
export async function eraseEvidence(output: Output, flags: EraseFlags): Promise<ExitCode> {
  const request: ErasureRequest = {
    what: whatToErase(flags),
    reason: flags.reason,
    user: userInfo().username,
    dryRun: flags.dryRun ?? false,
  };
  const report = await eraseAsOwner(readEnvironment(), `command line on ${hostname()}`, request);
  output.out(flags.json ? json(report) : told(report));
  for (const sentence of left(report)) output.err(sentence);
  return report.running.length + report.runningSteps.length > 0 ? exitCodes.notDone : exitCodes.good;
}

const mistaken = (where: string, sentence: string) => new RepriseError('input-invalid', sentence, { where });

/** By key or by age: of both at once it could not be said which was meant. */
export function whatToErase({ contract, key, olderThan }: EraseFlags): ErasureRequest['what'] {
  if (key !== undefined && olderThan !== undefined)
    throw mistaken(
      '--key, --older-than',
      'What is erased is named by --key or by --older-than, and not by both.',
    );
  if (olderThan !== undefined) {
    if (!/^[1-9]\d{0,4}$/.test(olderThan))
      throw mistaken(
        '--older-than',
        `--older-than takes a whole number of days from 1 to 99999, not “${olderThan}”.`,
      );
    return { kind: 'policy', contractId: contract ?? null, days: Number(olderThan) };
  }
  if (key === undefined)
    throw mistaken('--key', 'Say what is to be erased: --contract and --key, or --older-than with days.');
  if (contract === undefined)
    throw mistaken('--contract', 'A key is one of a contract: name it with --contract.');
  if (key.length > 100) throw mistaken('--key', 'At most 100 keys are erased at once.');
  return { kind: 'subject', contractId: contract, keys: key };
}

function told({ counts, replays, steps, dryRun }: ErasureReport): string {
  const rows = erasedParts.filter((part) => (counts[part] ?? 0) > 0);
  if (rows.length === 0 && replays.length === 0 && steps.length === 0)
    return 'Nothing was found that would be erased.';
  const ofSteps = steps.length === 0 ? '' : ` and ${counted(steps.length, 'runbook step')}`;
  const of = `${counted(replays.length, 'replay')}${ofSteps}`;
  const head = dryRun ? `Would erase, of ${of}:` : `Erased, of ${of}:`;
  const lines = table([['ROWS', 'OF'], ...rows.map((part) => [String(counts[part] ?? 0), partNames[part]])]);
  return `${head}\n${lines}`;
}

/** What is not erased by this, and what to do about it. */
export function left({
  skipped,
  running,
  runningSteps,
  promotions,
  auditEntries,
}: ErasureReport): readonly string[] {
  const said: string[] = [];
  if (skipped.length > 0)
    said.push(
      `Left as they are: ${counted(skipped.length, 'replay')}, since something waits or runs on them (${skipped[0]?.replayId}: ${skipped[0]?.why}).`,
    );
  if (running.length > 0)
    said.push(
      `Not looked at: ${running.join(', ')} of the contract ${running.length === 1 ? 'has' : 'have'} not ended. Run this again then.`,
    );
  if (runningSteps.length > 0)
    said.push(
      `Not looked at: ${runningSteps.map(({ runId, step }) => `step ${step} of run ${runId}`).join(', ')} ${runningSteps.length === 1 ? 'was given a key and has' : 'were given a key and have'} not ended. Run this again then.`,
    );
  if (promotions.length > 0)
    said.push(
      `What these promotions wrote over stands in their targets too, where you erase it (docs/erasure.md, "Elsewhere"): ${promotions.join(', ')}.`,
    );
  if (auditEntries > 0)
    said.push(
      `${counted(auditEntries, 'row')} of the audit ${auditEntries === 1 ? 'names' : 'name'} a key, in what people wrote. The audit is never changed.`,
    );
  return said;
}
