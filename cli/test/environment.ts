import { isSetting } from '../../server/env.ts';

/**
 * What every phase gets. The user's own servers are for `npm start`: tests bring theirs (or take REPRISE_TEST_…), and
 * steps of runbooks that they run must reach nobody's consumers. Misspelt settings, and what libraries read by
 * themselves, are left out too.
 */
export function testEnvironment(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOfUser = (name: string) =>
    isSetting(name) || /^(KAFKA_|OTEL_|REPRISE_(?!TEST_|BROWSER))/.test(name);
  const entries = Object.entries(given).filter(([name]) => !isOfUser(name));
  return { ...Object.fromEntries(entries), NODE_ENV: 'test', NEXT_TELEMETRY_DISABLED: '1' };
}
