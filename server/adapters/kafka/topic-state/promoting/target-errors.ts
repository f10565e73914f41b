import type { TopicState } from '../../../../domain/contract/index.ts';
import { RepriseError } from '../../../../domain/shared/errors.ts';
import { inPlace, unavailable } from '../errors.ts';

type State = TopicState<unknown>;

/** promotion-target-unfit, naming the topic: somebody has to mend it before anything can be promoted. */
export function unfit(state: State, problem: string, remedy: string | null, cause?: unknown): RepriseError {
  const sentence = `Derived state ${state.title} (topic ${state.topic}) can't be promoted: ${problem}`;
  return new RepriseError('promotion-target-unfit', remedy === null ? sentence : `${sentence} ${remedy}`, {
    where: state.topic,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What a broker answers to a producer whose transactional id somebody has taken since, or whose transaction it has ended. */
const takenAway =
  /^(INVALID_PRODUCER_EPOCH|PRODUCER_FENCED|INVALID_PRODUCER_ID_MAPPING|INVALID_TXN_STATE|UNKNOWN_PRODUCER_ID)$/;
const refused = /^(TRANSACTIONAL_ID|TOPIC|CLUSTER|GROUP)_AUTHORIZATION_FAILED$/;

/** Keeps what whoever asks for a promotion throws from being told as the target's, however deep it is called. */
class OfCaller extends Error {
  override readonly name = 'OfCaller';
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super('thrown by whoever called');
    this.thrown = thrown;
  }
}

/** Calls back: what that throws is of the history, of Reprise's own database, or of the contract's code. */
export async function callingBack<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new OfCaller(error);
  }
}

/** Gives an error of the target its place, and says whether waiting helps. A mistake in Reprise's own code stays one. */
export async function inTarget<T>(state: State, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OfCaller) throw error.thrown;
    if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError)
      throw error;
    if (error instanceof RepriseError) throw inPlace(state, error);
    const type = protocolType(error);
    if (takenAway.test(type))
      throw unavailable(
        state,
        `its projector, or another worker, took the transactional id ${state.transactionalId} while this was to be written, or the broker ended the transaction since it took more than 30 s: so it was not written.`,
        'Keep the projector stopped: the promotion goes on by itself then. Promote fewer keys at once if it takes that long.',
        { cause: error },
      );
    if (refused.test(type))
      throw unfit(
        state,
        `the broker refuses it to the user that promotes (${type}).`,
        'docs/promotion.md lists what to grant.',
        error,
      );
    if (type === 'MESSAGE_TOO_LARGE')
      throw unfit(
        state,
        'a record is larger than the topic takes.',
        'Promote fewer keys at once, or raise max.message.bytes.',
        error,
      );
    throw inPlace(state, error);
  }
}

/** The name of a protocol's error in what kafkajs throws, however deep it stands. */
function protocolType(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 8) return '';
  if ('type' in error && typeof error.type === 'string' && /^[A-Z_]+$/.test(error.type)) return error.type;
  const inner = 'originalError' in error ? error.originalError : error.cause;
  return protocolType(inner, depth + 1);
}
