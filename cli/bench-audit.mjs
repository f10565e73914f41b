#!/usr/bin/env node
import { runOnNode24 } from './bootstrap.mjs';

await runOnNode24('bench/audit-log.ts');
