import * as sojourn from 'sojourn';
import { scenario } from './scenario.mjs';

await scenario(sojourn, process.argv[4]);
