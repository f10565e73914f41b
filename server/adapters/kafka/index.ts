export { createKafka, type Kafka } from './create-kafka.ts';
export { openLagProbe } from './lag-probe.ts';
