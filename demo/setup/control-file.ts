/** Where the launcher that runs the demo can be asked to stop and start its parts; readable by its owner only. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../infra/processes.ts';

const controlFile = z.object({
  url: z.string(),
  /** Where Kafka Connect is asked through it, with the same token. */
  connectUrl: z.string(),
  token: z.string(),
});
export type ControlFile = z.infer<typeof controlFile>;

const fileIn = (stateDir: string) => join(stateDir, 'control.json');

export async function writeControlFile(stateDir: string, control: ControlFile): Promise<void> {
  await writeFileAtomically(fileIn(stateDir), `${JSON.stringify(control, null, 2)}\n`);
}

export async function removeControlFile(stateDir: string): Promise<void> {
  await rm(fileIn(stateDir), { force: true });
}

/** @throws Error that says what to do where no launcher runs. */
export async function readControlFile(stateDir: string): Promise<ControlFile> {
  const text = await readFile(fileIn(stateDir), 'utf8').catch(() => null);
  if (text === null)
    throw new Error(`no launcher of ${stateDir} can be asked: run npm start, and leave it running`);
  return controlFile.parse(JSON.parse(text));
}
