/** What a process that a test starts gets to know: what it is told, and nothing of this machine's own settings. */
export function childEnv(told: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return {
    NODE_ENV: 'test',
    PATH,
    ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
    ...told,
  };
}
