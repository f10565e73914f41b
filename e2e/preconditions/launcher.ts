import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../../demo/infra/processes.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Of the journeys alone: what somebody has in `.reprise` itself is left as it is. */
export const stateDir = join(root, '.reprise', 'e2e');
const readyLine = /Reprise is ready: (\S+)/;
const endWithinMs = 90_000;

/** One `npm start`, with all that it says. */
export class Launcher {
  private readonly child: ChildProcess;
  said = '';

  constructor(...flags: readonly string[]) {
    this.child = spawn(process.execPath, ['cli/start.ts', '--port', '3300', ...flags], {
      cwd: root,
      // The address of the run that went before is no setting of this one.
      env: { ...process.env, REPRISE_URL: undefined, REPRISE_STATE_DIR: stateDir },
      // The last is for nothing but its end: a launcher whose tests are gone stops what it has started.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const hear = (chunk: Buffer) => {
      this.said += chunk.toString();
    };
    this.child.stdout?.on('data', hear);
    this.child.stderr?.on('data', hear);
  }

  /** Its exit code, or the signal that ended it; null while it runs. */
  get end(): number | NodeJS.Signals | null {
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** The address of its page. Where it comes to none it is ended, and all that it said is told. */
  async ready(withinMs: number): Promise<string> {
    const address = () => readyLine.exec(this.said)?.[1] ?? null;
    await waitUntil(() => address() !== null || this.end !== null, withinMs);
    const found = address();
    if (found !== null && this.end === null) return found;
    const how = this.end === null ? 'was not ready in time' : `ended with ${this.end} before it was ready`;
    await this.signal('SIGTERM');
    throw new Error(`npm start ${how}:\n${this.said}`);
  }

  /** Sends a signal and waits for its end. Answers as `end` does; one that does not end in time is killed, and answers null. */
  async signal(name: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (this.end === null) this.child.kill(name);
    if (await waitUntil(() => this.end !== null, endWithinMs)) return this.end;
    this.child.kill('SIGKILL');
    return null;
  }
}
