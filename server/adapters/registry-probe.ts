import type { DependencyProbe } from '../application/ports/page-reads.ts';

/** Asks a Confluent-compatible schema registry for its subjects, with the credentials of its address. */
export function registryProbe(registryUrl: string | null): DependencyProbe {
  return {
    name: 'schema registry',
    check: async () => {
      if (registryUrl === null)
        return {
          status: 'not-configured',
          detail: 'SCHEMA_REGISTRY_URL is not set; only contracts that need it miss it',
        };
      const url = new URL('subjects', registryUrl.endsWith('/') ? registryUrl : `${registryUrl}/`);
      const { username, password } = url;
      url.username = '';
      url.password = '';
      const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      const headers: Record<string, string> =
        username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(3_000) });
      if (!response.ok) return { status: 'down', detail: `${url.host} answers ${response.status}` };
      return { status: 'up', detail: url.host };
    },
  };
}
