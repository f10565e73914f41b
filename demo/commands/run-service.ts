import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serviceEnv } from '../setup/run-service.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs one of the demo's services in the foreground: what it says is printed line by line, and a signal to this
 * process ends it.
 * @throws Error with its last line when it fails.
 */
export async function runInForeground(options: {
  file: string;
  args: readonly string[];
  databaseUrl: string;
  say: (line: string) => void;
}): Promise<void> {
  const { file, args, databaseUrl, say } = options;
  const child = spawn(process.execPath, [file, ...args], {
    cwd: root,
    env: { ...process.env, ...serviceEnv, DEMO_DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let failure = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { sentence, isError } = readLogLine(line);
    if (isError) failure = sentence;
    else say(sentence);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  if (code !== 0) throw new Error(failure === '' ? `${file} ended with ${code}` : failure);
}

const errorLevel = 50;

/** The sentence of a log line, without the fields around it. */
function readLogLine(line: string): { sentence: string; isError: boolean } {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry === 'object' && entry !== null && 'msg' in entry && 'level' in entry) {
      return { sentence: String(entry.msg), isError: Number(entry.level) >= errorLevel };
    }
  } catch {
    // Not one of ours: shown as it is.
  }
  return { sentence: line, isError: false };
}
