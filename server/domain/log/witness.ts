import { equalBytes } from '../shared/bytes.ts';
import type { Checkpoint } from './checkpoint.ts';

type Tree = Pick<Checkpoint, 'size' | 'root'>;

/**
 * What a log shows to whoever remembers a checkpoint of it, before any proof is looked at.
 *
 * first         nothing is remembered: it is believed, as there is nothing to hold it against
 * same          the tree that is remembered
 * grown         a larger tree, which has to be proven to go on from the one that is remembered
 * rolled-back   a smaller tree than it has shown already
 * forked        another tree of the same size: two histories, each of them signed
 */
export type Offer = 'first' | 'same' | 'grown' | 'rolled-back' | 'forked';

export function judgeOffer(remembered: Tree | null, offered: Tree): Offer {
  if (remembered === null) return 'first';
  if (offered.size > remembered.size) return 'grown';
  if (offered.size < remembered.size) return 'rolled-back';
  return equalBytes(offered.root, remembered.root) ? 'same' : 'forked';
}
