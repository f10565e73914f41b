export { createKafka, type Kafka } from './create-kafka.ts';
export type { KafkaLog, KafkaSettings, ReadTuning } from './settings.ts';
