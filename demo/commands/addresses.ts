import type { DemoFile } from '../setup/demo-file.ts';

export type ShopAddress = { readonly url: string; readonly kafkaBrokers: string; readonly topic: string };

/** @throws Error where the demo runs without a broker or a connector, so that there is no shop. */
export function shopOf({ shopUrl, kafkaBrokers, topic }: DemoFile): ShopAddress {
  if (shopUrl === null || kafkaBrokers === null) {
    throw new Error(
      'the demo runs without Kafka or without Debezium, so there is only the bank: this command needs the shop',
    );
  }
  return { url: shopUrl, kafkaBrokers, topic };
}
