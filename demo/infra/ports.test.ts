import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { freePort, isPortFree, PortTakenError, saysPortTaken, startOnFreePorts } from './ports.ts';

const quiet = () => undefined;

describe('a server whose port is taken between choosing and binding', () => {
  it('is started again on others', async () => {
    const shifts: number[] = [];
    const running = await startOnFreePorts('Kafka', quiet, async (shift) => {
      shifts.push(shift);
      if (shifts.length < 3) throw new PortTakenError('Kafka ended at once.');
      return 'runs';
    });
    expect(running).toBe('runs');
    expect(shifts[0]).toBe(0);
    expect(shifts.slice(1).every((shift) => shift > 0)).toBe(true);
  });

  it('is given up after a few times, with what it said', async () => {
    let starts = 0;
    const start = async () => {
      starts += 1;
      throw new PortTakenError('Kafka ended at once.');
    };
    await expect(startOnFreePorts('Kafka', quiet, start)).rejects.toThrow('Kafka ended at once.');
    expect(starts).toBe(5);
  });

  it('is not started again for another reason', async () => {
    let starts = 0;
    const start = async () => {
      starts += 1;
      throw new Error('no memory');
    };
    await expect(startOnFreePorts('Kafka', quiet, start)).rejects.toThrow('no memory');
    expect(starts).toBe(1);
  });

  it.each([
    'org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:59092: Address already in use.',
    'Caused by: java.net.BindException: Address already in use',
    'java.io.IOException: Failed to bind to /127.0.0.1:58083',
    'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000',
    'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
  ])('is known by its log: %s', (line) => {
    expect(saysPortTaken(['starting', line])).toBe(true);
    expect(saysPortTaken(['starting'])).toBe(false);
  });
});

/** An address of this machine other than 127.0.0.1; on Linux all of 127.0.0.0/8 are. */
const elsewhere =
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.2';

describe('a free port', () => {
  it('is one of the address that will be listened on', async () => {
    const other = createServer().listen(0, elsewhere);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    expect(await isPortFree(port, elsewhere)).toBe(false);
    expect(await freePort(port, [], elsewhere)).not.toBe(port);
    other.close();
  });

  it('is not looked for where nothing can listen', async () => {
    await expect(freePort(3_000, [], 'nowhere.invalid')).rejects.toThrow('nowhere.invalid');
  });
});
