import { z } from 'zod';
import type { DependencyProbe } from '../../application/ports/page-reads.ts';
import { requestJson, whyUnanswered } from '../json-request.ts';

const BOUND_MS = 3_000;
/** What a worker of Kafka Connect says of itself at the root of its REST interface. */
const root = z.object({ version: z.string().max(100) });

/** Whether Kafka Connect answers, as itself. What its connectors do is asked by steps of runbooks. */
export function connectProbe(address: string): DependencyProbe {
  const url = new URL(address.endsWith('/') ? address : `${address}/`);
  return {
    name: 'kafka connect',
    check: async () => {
      const bound = AbortSignal.timeout(BOUND_MS);
      try {
        const { status, body } = await requestJson({ url, method: 'GET', signal: bound });
        if (status !== 200) return { status: 'down', detail: `${url.host} answers ${status}` };
        const said = root.safeParse(body);
        if (said.success) return { status: 'up', detail: `${said.data.version} at ${url.host}` };
        return { status: 'down', detail: `what answers at ${url.host} is not Kafka Connect` };
      } catch (error) {
        // Without the error's own words: the address may be among them, and with it a password.
        return { status: 'down', detail: `${url.host}: ${whyUnanswered(error, bound)}` };
      }
    },
  };
}
