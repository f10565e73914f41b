import type { EngineContract } from '../../domain/contract/index.ts';
import type { Subjects } from '../../domain/replay/index.ts';
import type { RunnerDeps } from './deps.ts';

/** The keys of a contract's subjects as they stand now; null where the contract encrypts nothing. */
export async function loadSubjects(
  deps: Pick<RunnerDeps, 'subjectKeys'>,
  contract: EngineContract,
): Promise<Subjects | null> {
  if (contract.erasure === null) return null;
  const keyOf = await deps.subjectKeys.load(contract.erasure);
  return { keyOf, decrypt: (key, base64) => deps.subjectKeys.decrypt(key, base64) };
}
