import { invalidRange } from '../util/errors.ts';
import { OptionsReader, didYouMean } from '../util/options.ts';

/** What `enableNetworkEmulation` takes; what is absent is no limit. */
export interface NetworkEmulationInput {
  offline?: boolean;
  /** Milliseconds. */
  latency?: number;
  /** Bytes per second. */
  downloadThroughput?: number;
  /** Bytes per second. */
  uploadThroughput?: number;
}

/** A network by its name. */
export type NetworkPreset = 'GPRS' | 'Slow 3G' | 'Fast 3G' | 'Slow 4G' | 'DSL';

/** How slow the network is made to look. */
export interface NetworkConditions {
  /** Nothing gets through; the rest does not matter then. */
  readonly offline: boolean;
  /** Least time from the end of a request to the beginning of its response. */
  readonly latencyMs: number;
  /** Shared by all transfers; 0: no limit. */
  readonly downBytesPerSecond: number;
  /** Shared by all transfers; 0: no limit. */
  readonly upBytesPerSecond: number;
}

/** The network as it is. */
export const noEmulation: NetworkConditions = {
  offline: false,
  latencyMs: 0,
  downBytesPerSecond: 0,
  upBytesPerSecond: 0,
};

const slow4g = preset(562.5, (1_600_000 / 8) * 0.9, (750_000 / 8) * 0.9);

/**
 * Chrome DevTools' presets by name. GPRS and DSL are those of its first years (the seed's example is its GPRS); "Fast 3G" is
 * called "Slow 4G" since 2024.
 *
 * @see devtools-frontend front_end/core/sdk/NetworkManager.ts, NetworkConditionsSelector.js (2017)
 */
export const networkPresets: Readonly<Record<NetworkPreset, NetworkConditions>> = {
  GPRS: preset(500, (50 * 1024) / 8, (20 * 1024) / 8),
  'Slow 3G': preset(2000, (500_000 / 8) * 0.8, (500_000 / 8) * 0.8),
  'Fast 3G': slow4g,
  'Slow 4G': slow4g,
  DSL: preset(5, (2 * 1024 * 1024) / 8, (1024 * 1024) / 8),
};

const action = 'enable network emulation';

/**
 * Reads the argument of `enableNetworkEmulation`: `{ offline, latency, downloadThroughput, uploadThroughput }` in
 * milliseconds and bytes per second, or the name of a preset. What is absent is 0 or false, that is, no limit.
 *
 * @throws {TypeError | RangeError} If a field is no finite number of its range, or there is no such preset.
 */
export function readEmulation(input: unknown): NetworkConditions {
  if (typeof input === 'string') return requirePreset(input);
  const options = new OptionsReader(action, input, ['offline', 'latency', 'downloadThroughput', 'uploadThroughput']);
  const number = (key: string, unit: string): number =>
    options.number(key, 0, { min: 0, max: Number.MAX_SAFE_INTEGER, unit });
  return {
    offline: options.boolean('offline', false),
    latencyMs: number('latency', 'milliseconds'),
    downBytesPerSecond: number('downloadThroughput', 'bytes per second'),
    upBytesPerSecond: number('uploadThroughput', 'bytes per second'),
  };
}

function requirePreset(name: string): NetworkConditions {
  const found = Object.hasOwn(networkPresets, name) ? networkPresets[name as NetworkPreset] : undefined;
  if (found) return found;
  const names = Object.keys(networkPresets);
  const hint = didYouMean(name, names);
  throw invalidRange(`Cannot ${action}: there is no preset "${name}"${hint}; there are ${names.join(', ')}`);
}

function preset(latencyMs: number, downBytesPerSecond: number, upBytesPerSecond: number): NetworkConditions {
  return { offline: false, latencyMs, downBytesPerSecond, upBytesPerSecond };
}
