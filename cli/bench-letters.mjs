#!/usr/bin/env node
import { runOnNode24 } from './bootstrap.mjs';

await runOnNode24('bench/letters-speed.ts');
