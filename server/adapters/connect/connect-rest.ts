import { z } from 'zod';
import type { Connectors } from '../../application/ports/connectors.ts';
import { RepriseError } from '../../domain/shared/errors.ts';
import { type JsonAnswer, requestJson, whyUnanswered } from '../json-request.ts';

const status = z.object({
  connector: z.object({ state: z.string() }),
  tasks: z.array(z.object({ id: z.number(), state: z.string(), trace: z.string().optional() })),
});
const message = z.object({ message: z.string().max(2_000) });
const BOUND_MS = 10_000;
/** Each task that failed answers with the whole trace of its exception, and a connector may have hundreds. */
const MOST_BYTES = 64 << 20;

/** Kafka Connect's REST interface; what stands before the host in the address is its basic authentication. */
export function connectRest(address: string): Connectors {
  const base = new URL(address);
  const name = `Kafka Connect at ${base.host}`;
  const urlOf = (connector: string, rest: string) =>
    new URL(`${base.pathname.replace(/\/$/, '')}/connectors/${encodeURIComponent(connector)}/${rest}`, base);

  const ask = async (
    connector: string,
    rest: string,
    method: 'GET' | 'POST',
    signal: AbortSignal,
  ): Promise<JsonAnswer> => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(BOUND_MS)]);
    const url = urlOf(connector, rest);
    url.username = base.username;
    url.password = base.password;
    const answer = await requestJson({ url, method, signal: bound, mostBytes: MOST_BYTES }).catch(
      (error: unknown) => {
        throw new Error(`${name} could not be asked: ${whyUnanswered(error, bound)}.`, { cause: error });
      },
    );
    if (answer.status === 404) throw refused(`${name} has no connector ${connector}.`);
    if (answer.status === 401 || answer.status === 403)
      throw refused(`${name} refuses Reprise with ${answer.status}: put user and password into CONNECT_URL.`);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const said = message.safeParse(answer.body);
    const why = said.success ? firstLine(said.data.message) : 'no reason given';
    if (answer.status >= 400 && answer.status < 500)
      throw refused(`${name} refuses this for ${connector} with ${answer.status}: ${why}`);
    throw new Error(`${name} failed for ${connector} with ${answer.status}: ${why}`);
  };

  return {
    name,
    status: async (connector, signal) => {
      const { body } = await ask(connector, 'status', 'GET', signal);
      const parsed = status.safeParse(body);
      if (!parsed.success) throw new Error(`${name} answered no status of ${connector}.`);
      return {
        state: parsed.data.connector.state,
        tasks: parsed.data.tasks.map(({ id, state, trace }) => ({
          id,
          state,
          problem: trace === undefined ? null : exceptionOf(trace),
        })),
      };
    },
    restartFailed: async (connector, signal) => {
      await ask(connector, 'restart?includeTasks=true&onlyFailed=true', 'POST', signal);
    },
  };
}

const refused = (sentence: string) => new RepriseError('runbook-refused', sentence);
/** Its class alone: what an exception says may quote a record. */
const exceptionOf = (trace: string) => firstLine(trace).split(':')[0] ?? '';
const firstLine = (text: string) => (text.split('\n')[0] ?? '').slice(0, 300);
