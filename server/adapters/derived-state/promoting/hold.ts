import type { ClientBase } from 'pg';
import type { PostgresState } from '../../../domain/contract/index.ts';
import { RepriseError } from '../../../domain/shared/errors.ts';
import { errorCode } from '../../connections.ts';
import { unavailable } from '../errors.ts';

/** Beyond what a decision may take: the server itself ends a transaction whose worker has stopped in the middle. */
export const IDLE_SLACK_MS = 2_000;

/** The time for which a projector's position rows may be held, over all that is done while they are. */
export class Hold {
  private readonly client: ClientBase;
  private readonly state: PostgresState<unknown>;
  private readonly ms: number;
  private readonly since = performance.now();

  constructor(client: ClientBase, state: PostgresState<unknown>, ms: number) {
    this.client = client;
    this.state = state;
    this.ms = ms;
  }

  get heldMs(): number {
    return Math.round(performance.now() - this.since);
  }

  private get leftMs(): number {
    return Math.ceil(this.since + this.ms - performance.now());
  }

  /** Aborts when it is over. */
  signal(): AbortSignal {
    return AbortSignal.timeout(Math.max(1, this.leftMs));
  }

  /** Has the server end the next statement, or a worker that stands still before it, when the time is over. */
  async bound(): Promise<void> {
    const left = this.leftMs;
    if (left <= 0)
      throw unavailable(this.state, 'the worker stood still while it held the position rows.', null);
    await this.client.query(
      `SET LOCAL statement_timeout = ${left}; SET LOCAL idle_in_transaction_session_timeout = ${left + IDLE_SLACK_MS}`,
    );
  }

  /** What a statement was ended for: the same would make the projector wait as long another time. */
  explain(error: unknown): unknown {
    if (errorCode(error) !== '57014' || this.leftMs > 0) return error;
    return new RepriseError(
      'promotion-overtaken',
      `The rows could not be locked, written and read again within the ${this.ms / 1000} s that a projector may be made to wait. Promote fewer keys at once.`,
      { cause: error },
    );
  }
}
