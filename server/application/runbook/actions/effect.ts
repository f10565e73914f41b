import { RepriseError } from '../../../domain/shared/errors.ts';
import type { ActionContext } from '../../ports/runbook-actions.ts';

type Changing = Pick<ActionContext, 'changing' | 'changedNothing'>;

/** One effect on somebody else: what they decline has changed nothing; of any other error nobody can tell. */
export const outside = <T>(context: Changing, work: () => Promise<T>): Promise<T> =>
  effect(context, work, (error) => error.code === 'runbook-refused' || error.lasting);

/** One effect in Reprise's own database, in one transaction: what the rules refuse there is rolled back. */
export const own = <T>(context: Changing, work: () => Promise<T>): Promise<T> =>
  effect(context, work, () => true);

async function effect<T>(
  { changing, changedNothing }: Changing,
  work: () => Promise<T>,
  declines: (error: RepriseError) => boolean,
): Promise<T> {
  await changing();
  try {
    return await work();
  } catch (error) {
    if (error instanceof RepriseError && declines(error)) changedNothing();
    throw error;
  }
}
