import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { fuelExport, meterWasm } from './meter-wasm.ts';

/** A JavaScript engine of its own: QuickJS in a WebAssembly instance, which shares nothing with any other. */
export interface PacEngine {
  readonly context: QuickJSContext;
  /** How much the engine may still do; it traps below zero. A `while (true) {}` takes about 250 million units a second. */
  readonly fuel: { value: number };
}

// Node's type declarations leave it out.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

// Enough for a script of 1 MiB, the largest that is fetched.
const maxMemoryBytes = 32 * 1024 * 1024;
const maxStackBytes = 128 * 1024;

// Its declarations are those of a CommonJS module, so TypeScript looks for the default in the wrong place.
const sync = variant as unknown as QuickJSSyncVariant;
const wasmFile = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
// Compiled once for the process, when the first script comes: this file is only imported then.
const metered = await WebAssembly.compile(meterWasm(await readFile(wasmFile)));

/** Makes an engine. Nothing need be closed: it goes with its last reference. */
export async function newPacEngine(): Promise<PacEngine> {
  let fuel: { value: number } | undefined;
  const instantiateWasm = (imports: object, done: (instance: object) => void): object => {
    const instance = new WebAssembly.Instance(metered, imports);
    fuel = instance.exports[fuelExport] as { value: number };
    done(instance);
    return instance.exports;
  };
  const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(sync, { emscriptenModule: { instantiateWasm } }));
  const runtime = quickjs.newRuntime({ memoryLimitBytes: maxMemoryBytes, maxStackSizeBytes: maxStackBytes });
  return { context: runtime.newContext(), fuel: fuel! };
}
